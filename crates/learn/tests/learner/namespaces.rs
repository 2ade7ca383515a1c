//! Namespaces: what is read apart, and what is common.

use attractor_learn::{Config, Error, Forget, Learner, Look, Observed, Slow};
use attractor_store::storage::Ram;

use crate::streams::*;

const ROOMS: [&str; 3] = ["", "kitchen", "office"];

/// A stream whose looks go round the rooms.
fn furnished(config: &Config, stream: &Stream) -> (Learner, Ram) {
    let ram = Ram::new();
    let mut learner = open(&ram, config);
    let looks: Vec<Look<'_>> = stream
        .iter()
        .zip(ROOMS.iter().cycle())
        .map(|((pattern, label), namespace)| Look { namespace, ..Look::new(pattern, label) })
        .collect();
    learner.observe_looks(&looks).unwrap();
    (learner, ram)
}

#[test]
fn looks_at_once_are_as_one_by_one() {
    let (stream, probes) = (clusters(300, 3), clusters(20, 4));
    let config = config(Slow::Ridge);
    let (mut many, ram) = furnished(&config, &stream);
    let other = Ram::new();
    let mut one = open(&other, &config);
    for ((pattern, label), namespace) in stream.iter().zip(ROOMS.iter().cycle()) {
        one.observe_with(Look { namespace, ..Look::new(pattern, label) }).unwrap();
    }
    assert_eq!(answers(&many, &probes), answers(&one, &probes));
    assert!(mind(&mut many, &ram) == mind(&mut one, &other));
}

/// With no slow system there is nothing in common but names: a room answers as a learner that saw this room alone.
#[test]
fn a_room_is_read_as_if_it_were_alone() {
    let (stream, probes) = (clusters(15, 3), clusters(20, 4));
    // Before encoders are learned: those are common to all rooms.
    let config = Config { fits: vec![16], ..config(Slow::None) };
    let (whole, _) = furnished(&config, &stream);
    for (at, room) in ROOMS.iter().enumerate() {
        let ram = Ram::new();
        let mut alone = open(&ram, &config);
        for (pattern, label) in stream.iter().skip(at).step_by(3) {
            alone.observe(pattern, label).unwrap();
        }
        let reader = whole.reader().within(room);
        for (probe, _) in &probes {
            let (a, b) = (reader.predict(probe).unwrap(), alone.predict(probe).unwrap());
            assert_eq!((a.label, a.effective, a.novelty.energy), (b.label, b.effective, b.novelty.energy));
            assert!(a.episodes.iter().all(|episode| episode.namespace == *room));
            let said = |episodes: &[attractor_learn::Evidence]| -> Vec<_> {
                episodes.iter().map(|e| (e.label.clone(), e.weight, e.similarity)).collect()
            };
            assert_eq!(said(&a.episodes), said(&b.episodes));
            let known: Vec<bool> = (0..8).map(|j| j % 2 == 0).collect();
            let completed = (reader.recall(probe, &known).unwrap(), alone.recall(probe, &known).unwrap());
            assert_eq!(completed.0.pattern, completed.1.pattern);
            assert_eq!(reader.novelty(probe).unwrap().energy, alone.novelty(probe).unwrap().energy);
        }
    }
    // A reader that was not told reads all rooms.
    let rooms = |probe: &[f32]| -> Vec<String> {
        whole.predict(probe).unwrap().episodes.into_iter().map(|e| e.namespace).collect()
    };
    let found: std::collections::BTreeSet<String> =
        probes.iter().flat_map(|(probe, _)| rooms(probe)).collect();
    assert_eq!(found.len(), 3);
}

#[test]
fn the_same_thing_in_another_room_is_another_episode() {
    let mut learner = Learner::builder().ephemeral().unwrap();
    let pattern = [0.25, 0.5, 0.75];
    let mut see = |namespace| learner.observe_with(Look { namespace, ..Look::new(&pattern, "cup") }).unwrap();
    assert_eq!(see("kitchen"), Observed::Stored(0));
    assert_eq!(see("office"), Observed::Stored(1));
    assert_eq!(see("kitchen"), Observed::Merged(0));
    assert_eq!(see(""), Observed::Stored(2));
}

#[test]
fn the_slow_system_is_common_to_all_rooms() {
    let (stream, probes) = (clusters(240, 3), clusters(40, 4));
    let (whole, _) = furnished(&config(Slow::Ridge), &stream);
    for (probe, _) in &probes {
        let said = ROOMS.map(|room| whole.reader().within(room).predict(probe).unwrap().slow);
        assert!(said[0].is_some() && said.iter().all(|one| *one == said[0]));
    }
}

#[test]
fn a_room_is_cleared_alone_and_stays_so() {
    let stream = clusters(240, 3);
    let (mut learner, ram) = furnished(&config(Slow::Ridge), &stream);
    let episodes = |learner: &Learner| -> Vec<usize> {
        learner.stats().namespaces.iter().map(|namespace| namespace.episodes).collect()
    };
    let before = episodes(&learner);
    assert!(before.iter().all(|&n| n > 10) && before.iter().sum::<usize>() == learner.stats().episodes);
    learner.forget(Forget::Namespace("kitchen".into())).unwrap();
    assert_eq!(episodes(&learner), [before[0], 0, before[2]]);
    for (pattern, _) in &stream {
        let all = learner.predict(pattern).unwrap();
        assert!(all.episodes.iter().all(|episode| episode.namespace != "kitchen"));
        assert!(learner.reader().within("kitchen").predict(pattern).unwrap().episodes.is_empty());
    }
    drop(learner);
    assert_eq!(episodes(&open(&ram, &config(Slow::Ridge))), [before[0], 0, before[2]]);
}

#[test]
fn rooms_that_nobody_entered_are_refused() {
    let (mut learner, _) = furnished(&config(Slow::Mean), &clusters(20, 3));
    let lost = learner.reader().within("cellar");
    let unknown =
        |error: Error| matches!(&error, Error::UnknownNamespace { namespace } if namespace == "cellar");
    assert!(lost.predict(&[0.0; 8]).is_err_and(unknown));
    assert!(lost.novelty(&[0.0; 8]).is_err_and(unknown));
    assert!(lost.recall(&[0.0; 8], &[true; 8]).is_err_and(unknown));
    assert!(learner.forget(Forget::Namespace("cellar".into())).is_err_and(unknown));
    let long = "x".repeat(257);
    let look = Look { namespace: &long, ..Look::new(&[0.0; 8], "cup") };
    assert!(matches!(
        learner.observe_with(look),
        Err(Error::Parameter { name: "length of the namespace", .. })
    ));
    assert_eq!(learner.stats().observations, 20);
}

#[test]
fn a_small_room_is_not_crowded_out() {
    let config = Config { memory_bytes: 460_000, fits: vec![16], ..config(Slow::Mean) };
    let mut learner = Learner::builder().config(config).ephemeral().unwrap();
    let stream = clusters(900, 3);
    let mut kept = 0;
    for (i, (pattern, label)) in stream.iter().enumerate() {
        let namespace = if i % 50 == 0 { "attic" } else { "" };
        learner.observe_with(Look { namespace, ..Look::new(pattern, label) }).unwrap();
        kept += usize::from(namespace == "attic");
    }
    let stats = learner.stats();
    assert!(stats.episodes < 700 && stats.episodes >= stats.room, "{stats:?}");
    assert!(stats.namespaces[1].episodes + 3 > kept, "{} of {kept} left", stats.namespaces[1].episodes);
}
