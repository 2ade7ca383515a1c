//! New encoders are taken up without a pause, and take over at once.

use attractor_learn::{Budget, Config, Slow};
use attractor_store::storage::Ram;

use crate::streams::*;

#[test]
fn old_encoders_answer_until_the_new_ones_are_through() {
    let stream = clusters(420, 3);
    let config = Config { fits: vec![16, 300], ..config(Slow::Ridge) };
    let mut learner = open(&Ram::new(), &config);
    let mut versions = Vec::new();
    let mut widths = std::collections::BTreeSet::new();
    for (pattern, label) in &stream {
        learner.observe(pattern, label).unwrap();
        let stats = learner.stats();
        let renewing = stats.memory_bytes.iter().any(|(part, bytes)| *part == "new encoders" && *bytes > 0);
        versions.push((stats.observations, stats.encoder_version, renewing));
        // Similarities of two encoders never meet: the nearest episode of what was just seen is itself.
        let answer = learner.predict(pattern).unwrap();
        let nearest = answer.episodes.iter().map(|e| -e.similarity).fold(f64::INFINITY, f64::min);
        widths.insert((nearest * 100.0) as u64);
    }
    let at = |seen: u64| versions[seen as usize - 1];
    assert_eq!((at(15).1, at(16).1, at(299).1), (0, 1, 1));
    // Of some 280 episodes 65 are taken up after each observation.
    assert_eq!((at(300).1, at(300).2), (1, true));
    assert_eq!((at(305).1, at(305).2), (2, false));
    assert!(widths.iter().all(|&w| w < 100), "{widths:?}");
}

#[test]
fn a_sleep_waits_for_no_renewal() {
    let stream = clusters(320, 3);
    let config = Config { fits: vec![16, 300], ..config(Slow::Ridge) };
    let mut learner = open(&Ram::new(), &config);
    for (pattern, label) in &stream[..300] {
        learner.observe(pattern, label).unwrap();
    }
    assert_eq!(learner.stats().encoder_version, 1);
    learner.sleep(Budget::updates(10)).unwrap();
    assert_eq!(learner.stats().encoder_version, 2);
}

/// What the new slow system learned is what a learner knows that learned all at once.
#[test]
fn nothing_is_lost_on_the_way() {
    let (stream, probes) = (clusters(400, 3), clusters(200, 4));
    for slow in [Slow::Ridge, Slow::Mean, Slow::Discriminant] {
        let late = Config { fits: vec![16, 330], ..config(slow) };
        let mut learner = open(&Ram::new(), &late);
        let mut early = open(&Ram::new(), &config(slow));
        for (pattern, label) in &stream {
            learner.observe(pattern, label).unwrap();
            early.observe(pattern, label).unwrap();
        }
        let (late, early) = (accuracy(&learner, &probes), accuracy(&early, &probes));
        assert!(late > 0.9 * early && early > 0.7, "{slow:?}: {late} {early}");
    }
}

/// Keys that are made beside the old ones take room, and nothing that is known gives way to them.
#[test]
fn nothing_is_evicted_for_keys_that_are_on_their_way() {
    let stream = clusters(320, 3);
    let mut beside = Vec::new();
    for kib in (416..1_056).step_by(16) {
        let config = Config { fits: vec![16, 300], memory_bytes: kib << 10, ..config(Slow::Mean) };
        let mut learner = open(&Ram::new(), &config);
        let mut most = 0;
        for (i, (pattern, label)) in stream.iter().enumerate() {
            learner.observe(pattern, label).unwrap();
            let episodes = learner.stats().episodes;
            // The first encoders may make wider keys than there were; the second ones do not. What is new may take
            // the place of one that is old.
            let widths_stay = i >= 300;
            assert!(!widths_stay || episodes >= most, "{kib} KiB, observation {i}: {episodes} of {most}");
            most = episodes;
            if i + 1 == 300 {
                beside.push(learner.stats().encoder_version == 1);
            }
        }
    }
    println!("beside the old ones in {} of {}", beside.iter().filter(|&&b| b).count(), beside.len());
    assert!(beside.contains(&true) && beside.contains(&false));
}
