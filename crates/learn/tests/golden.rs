//! A learner as an earlier version of its files left it, killed with a journal.

use std::path::Path;

use attractor_learn::{Learner, Look};

const SEEN: u64 = 40;

fn look(i: u64) -> ([f32; 3], &'static str) {
    let x = (i % 8) as f32 / 8.0;
    ([x, 1.0 - x, 0.5], if x < 0.5 { "low" } else { "high" })
}

#[test]
fn version_1_opens_and_goes_on() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/learner-1");
    let directory = tempfile::tempdir().expect("a folder");
    for file in std::fs::read_dir(golden).expect("the golden learner") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), directory.path().join(file.file_name())).expect("copied");
    }
    let check = |learner: &Learner| {
        let answer = learner.predict(&look(1).0).expect("an answer");
        assert_eq!(answer.label.as_deref(), Some("low"));
        assert_eq!(answer.episodes[0].namespace, "");
    };
    let mut learner = Learner::open(directory.path()).expect("opened");
    let stats = learner.stats();
    assert_eq!((stats.observations, stats.episodes, stats.encoder_version), (SEEN, 8, 1));
    assert_eq!(stats.classes.iter().map(|class| class.observations).sum::<u64>(), SEEN);
    assert_eq!((stats.namespaces.len(), stats.namespaces[0].episodes), (1, 8));
    check(&learner);
    // From here on it is of this version.
    let (pattern, label) = look(2);
    learner.observe_with(Look { namespace: "new", ..Look::new(&pattern, label) }).expect("observed");
    learner.close().expect("closed");
    let again = Learner::open(directory.path()).expect("opened");
    assert_eq!((again.stats().observations, again.stats().namespaces.len()), (SEEN + 1, 2));
    check(&again);
}
