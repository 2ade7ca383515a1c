//! Files that were damaged, cut, or written by somebody newer; and disks that are full.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

#[path = "../../store/tests/common/mod.rs"]
mod common;
mod streams;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use attractor_learn::{Budget, Config, Error, Learner, Slow};
use attractor_store::ledger::{Durability, Manifest};
use attractor_store::storage::{Ram, Storage};
use common::{Fault, Recorder};
use streams::*;

fn files(storage: &dyn Storage) -> BTreeMap<String, Vec<u8>> {
    storage.list().unwrap().into_iter().map(|name| (name.clone(), storage.read(&name).unwrap())).collect()
}

fn ram(files: &BTreeMap<String, Vec<u8>>) -> Ram {
    common::ram(files)
}

/// A learner with files of every kind, events in its journal, and an encoder still to be learned.
fn brain(config: &Config) -> BTreeMap<String, Vec<u8>> {
    let ram = Ram::new();
    let mut learner = open(&ram, config);
    for (i, (pattern, label)) in clusters(120, 3).iter().enumerate() {
        learner.observe(pattern, label).unwrap();
        if i == 60 {
            learner.checkpoint().unwrap();
        }
    }
    learner.checkpoint().unwrap();
    for (pattern, label) in &clusters(3, 4) {
        learner.observe(pattern, label).unwrap();
    }
    // Names an episode that damage may take away.
    learner.forget(attractor_learn::Forget::Episode(5)).unwrap();
    drop(learner);
    files(&ram)
}

fn named<'a>(files: &'a BTreeMap<String, Vec<u8>>, end: &'a str) -> impl Iterator<Item = &'a String> {
    files.keys().filter(move |name| name.ends_with(end))
}

/// Whatever was lost, a learner goes on with the rest: past the next fit, through a sleep and a restart.
fn goes_on(ram: &Ram, mut learner: Learner, config: &Config, story: &str) {
    let probes = clusters(10, 5);
    let before = learner.stats().observations;
    for (pattern, _) in &probes {
        learner.predict(pattern).expect(story);
        learner.novelty(pattern).expect(story);
        if learner.stats().episodes > 0 {
            let half: Vec<bool> = (0..8).map(|i| i < 4).collect();
            learner.recall(pattern, &half).expect(story);
        }
    }
    for (pattern, label) in &clusters(30, 6) {
        learner.observe(pattern, label).expect(story);
    }
    learner.sleep(Budget::updates(30)).expect(story);
    let ids: Vec<u64> = learner.predict(&probes[0].0).expect(story).episodes.iter().map(|e| e.id).collect();
    for id in ids {
        learner.forget(attractor_learn::Forget::Episode(id)).expect(story);
    }
    learner.observe(&probes[1].0, "after").expect(story);
    let said = answers(&learner, &probes);
    drop(learner);
    let mut learner = try_open(ram, config).expect(story);
    assert!(answers(&learner, &probes) == said, "{story}: another learner after a restart");
    learner.checkpoint().expect(story);
    learner.close().expect(story);
    let learner = try_open(ram, config).expect(story);
    assert!(answers(&learner, &probes) == said, "{story}: another learner after a checkpoint");
    assert_eq!(learner.stats().observations, before + 31, "{story}");
}

#[test]
fn a_damaged_segment_costs_what_lay_there() {
    for (slow, samples) in [(Slow::Ridge, 25), (Slow::None, 12)] {
        let config = Config { fits: vec![16, 140], ..config(slow) };
        let whole = brain(&config);
        let probes = clusters(20, 7);
        let expected = answers(&open(&ram(&whole), &config), &probes);
        let segments: Vec<String> = named(&whole, ".segment").cloned().collect();
        assert!(!segments.is_empty());
        let (mut named_damage, mut harmless) = (0, 0);
        for name in &segments {
            let length = whole[name].len();
            let flips = (0..length).step_by(length / samples + 1).map(|at| (at, false));
            let cuts = [0, 1, length / 3, length / 2, length - 1].map(|at| (at, true));
            for (at, cut) in flips.chain(cuts) {
                let mut files = whole.clone();
                let content = files.get_mut(name).unwrap();
                if cut {
                    content.truncate(at);
                } else {
                    content[at] ^= 1 << (at % 8);
                }
                let story = format!("{slow:?}: {name}, {} at {at}", if cut { "cut" } else { "flipped" });
                let ram = ram(&files);
                let learner = try_open(&ram, &config).expect(&story);
                if learner.damage().is_empty() {
                    assert!(
                        answers(&learner, &probes) == expected,
                        "{story}: unnamed, and something is lost"
                    );
                    harmless += 1;
                } else {
                    let told: Vec<String> = learner.damage().iter().map(ToString::to_string).collect();
                    assert!(told.iter().any(|told| told.contains(name.as_str())), "{story}: {told:?}");
                    assert!(learner.stats().episodes <= 123);
                    named_damage += 1;
                }
                assert_eq!(learner.stats().observations, 123, "{story}");
                goes_on(&ram, learner, &config, &story);
            }
        }
        println!("{slow:?}: {named_damage} named, {harmless} without harm");
        assert!(named_damage > harmless);
    }
}

#[test]
fn a_segment_that_is_missing_is_named() {
    let config = config(Slow::Ridge);
    let mut files = brain(&config);
    let name = named(&files, ".segment").next().unwrap().clone();
    files.remove(&name);
    let ram = ram(&files);
    let learner = try_open(&ram, &config).unwrap();
    assert!(learner.damage()[0].to_string().contains(&name), "{:?}", learner.damage());
    goes_on(&ram, learner, &config, "missing segment");
}

#[test]
fn a_damaged_state_is_an_error_that_names_it() {
    let config = config(Slow::Ridge);
    let whole = brain(&config);
    for role in [".mind", ".catalogue"] {
        let name = named(&whole, role).next().unwrap().clone();
        let length = whole[&name].len();
        for at in (0..length).step_by(length / 60 + 1) {
            for cut in [false, true] {
                let mut files = whole.clone();
                let content = files.get_mut(&name).unwrap();
                if cut {
                    content.truncate(at);
                } else {
                    content[at] ^= 1 << (at % 8);
                }
                let ram = ram(&files);
                match try_open(&ram, &config) {
                    Err(error) => assert!(error.to_string().contains(&name), "{name} {at} {cut}: {error}"),
                    Ok(_) => panic!("{name} {at} {cut}: opened"),
                }
                assert_eq!(self::files(&ram), files, "nothing was changed");
            }
        }
    }
    let mut files = whole.clone();
    files.retain(|name, _| !is_mind(name));
    assert!(matches!(
        try_open(&ram(&files), &config),
        Err(Error::Store(attractor_store::Error::Damaged { .. }))
    ));
    let mut files = whole.clone();
    files.remove("MANIFEST");
    assert!(try_open(&ram(&files), &config).is_err());
}

#[test]
fn a_newer_learner_is_not_touched() {
    let config = config(Slow::Ridge);
    let mut files = brain(&config);
    let mut manifest = Manifest::parse(&files["MANIFEST"], "MANIFEST").unwrap();
    let known = manifest.owner_version;
    manifest.owner_version += 1;
    files.insert("MANIFEST".to_owned(), manifest.encode());
    let ram = ram(&files);
    let error = try_open(&ram, &config).expect_err("newer");
    assert!(
        matches!(&error, Error::Store(attractor_store::Error::Newer { found, known: to, .. })
            if (*found, *to) == (known + 1, known)),
        "{error}"
    );
    assert_eq!(self::files(&ram), files);
    manifest.owner_version = known;
    manifest.owner = "somebody else".to_owned();
    files.insert("MANIFEST".to_owned(), manifest.encode());
    let error = try_open(&common::ram(&files), &config).expect_err("another owner");
    assert!(matches!(error, Error::Store(attractor_store::Error::Owner { .. })), "{error}");
}

#[test]
fn a_journal_that_was_cut_has_the_beginning_of_what_happened() {
    for durability in [Durability::System, Durability::Always] {
        let config = config(Slow::Ridge);
        let stream = clusters(60, 3);
        let probes = clusters(4, 4);
        let ram = Ram::new();
        let builder = || Learner::builder().config(config.clone()).durability(durability);
        let mut learner = builder().open_in(Arc::new(ram.clone())).unwrap();
        // What may be found: the first observations, so many bytes of journal, these answers.
        let mut states = vec![(answers(&learner, &probes), numbers(&learner))];
        for (i, (pattern, label)) in stream.iter().enumerate() {
            learner.observe(pattern, label).unwrap();
            if i == 19 {
                learner.checkpoint().unwrap();
            }
            states.push((answers(&learner, &probes), numbers(&learner)));
        }
        let whole = files(&copy(&ram));
        drop(learner);
        let name = named(&whole, ".journal").next().unwrap().clone();
        let length = whole[&name].len();
        let (mut last, mut opened) = (20, 0);
        for cut in (0..=length).filter(|cut| cut % 47 == 0 || *cut + 40 > length || *cut < 60) {
            let mut files = whole.clone();
            files.get_mut(&name).unwrap().truncate(cut);
            match try_open(&common::ram(&files), &config) {
                Ok(learner) => {
                    let found = learner.stats().observations as usize;
                    assert!(found >= last && found <= 60, "{cut}: {found} after {last}");
                    last = found;
                    opened += 1;
                    let state = (answers(&learner, &probes), numbers(&learner));
                    assert!(state == states[found], "{cut}: half of something");
                }
                Err(error) => {
                    assert!(cut < 32 && error.to_string().contains(&name), "{cut}: {error}");
                }
            }
        }
        assert!(last == 60 && opened > 60, "{last} {opened}");
        // A flip is a shorter beginning, or an error with the name of the file.
        for at in (0..length).step_by(61) {
            let mut files = whole.clone();
            files.get_mut(&name).unwrap()[at] ^= 1 << (at % 8);
            match try_open(&common::ram(&files), &config) {
                Ok(learner) => {
                    let found = learner.stats().observations as usize;
                    assert!((20..=60).contains(&found) && learner.cut().is_some(), "{at}: {found}");
                    assert!((answers(&learner, &probes), numbers(&learner)) == states[found]);
                }
                Err(error) => assert!(error.to_string().contains(&name), "{at}: {error}"),
            }
        }
    }
}

/// Goes through a stream on a disk that fills up again and again.
fn through_full_disks(config: &Config, count: usize, room: usize) {
    let probes = clusters(4, 4);
    let steps = steps(&clusters(count, 3));
    let smooth = Ram::new();
    let mut expected = open(&smooth, config);
    let recorder = Recorder::new();
    let mut learner = open(&recorder, config);
    let mut refused = 0;
    let mut more = room;
    for (i, one) in steps.iter().enumerate() {
        step(&mut expected, one);
        // A sleep is many events, and what was done of it stays: it gets its room.
        let sleep = matches!(one, Step::Sleep(_));
        recorder.set_room((!sleep).then_some(more));
        let before = (answers(&learner, &probes), numbers(&learner));
        let attempt = match one {
            Step::See(pattern, label) => {
                let utility = if label.ends_with('1') { 5.0 } else { 1.0 };
                let look = attractor_learn::Look {
                    utility,
                    meta: label.as_bytes(),
                    namespace: home(label),
                    ..attractor_learn::Look::new(pattern, label)
                };
                learner.observe_with(look).map(drop)
            }
            other => {
                recorder.set_room(None);
                step(&mut learner, other);
                Ok(())
            }
        };
        match attempt {
            Ok(()) => more = more.saturating_sub(200),
            Err(error) => {
                refused += 1;
                assert!(matches!(&error, Error::Store(attractor_store::Error::Io { .. })), "{i}: {error}");
                let after = (answers(&learner, &probes), numbers(&learner));
                assert!(after == before, "{i}: {error}: and yet something changed");
                // It stays refused, and what is known can be asked for.
                assert!(learner.checkpoint().is_err());
                assert!((answers(&learner, &probes), numbers(&learner)) == before);
                recorder.set_room(None);
                step(&mut learner, one);
                more = room + 977 * (refused % 11);
            }
        }
    }
    recorder.set_room(None);
    assert!(refused > 2, "{refused}");
    assert!(answers(&learner, &probes) == answers(&expected, &probes));
    assert!(numbers(&learner) == numbers(&expected));
    drop(learner);
    let mut learner = open(&recorder, config);
    assert!(answers(&learner, &probes) == answers(&expected, &probes));
    learner.checkpoint().unwrap();
    let of = |storage: &dyn Storage| files(storage).into_iter().find(|(name, _)| is_mind(name)).unwrap().1;
    expected.checkpoint().unwrap();
    assert!(of(&recorder) == of(&smooth));
}

#[test]
fn a_full_disk_refuses_and_harms_nothing() {
    for slow in [Slow::Ridge, Slow::Mean] {
        through_full_disks(&config(slow), 420, 1_000);
    }
}

#[test]
fn a_disk_that_is_full_for_checkpoints_harms_nothing() {
    // Checkpoints come by themselves, every ten kilobytes of journal.
    for room in [2_000, 9_000, 16_000] {
        through_full_disks(&Config { disk_bytes: 120_000, ..config(Slow::None) }, 420, room);
    }
}

#[test]
fn a_disk_that_does_not_sync_is_trusted_no_more() {
    let recorder = Recorder::new();
    let builder = || Learner::builder().config(config(Slow::Mean)).durability(Durability::Always);
    let mut learner = builder().open_in(Arc::new(recorder.clone())).unwrap();
    for (pattern, label) in &clusters(20, 3) {
        learner.observe(pattern, label).unwrap();
    }
    recorder.refuse(Fault::Sync);
    assert!(learner.observe(&[0.0; 8], "lost").is_err());
    let error = learner.observe(&[0.0; 8], "lost").unwrap_err();
    assert!(error.to_string().contains("open the store again"), "{error}");
    assert!(learner.checkpoint().is_err() && learner.predict(&[0.0; 8]).is_ok());
    assert_eq!(learner.stats().observations, 20);
    drop(learner);
    let again = Recorder::with(&common::contents(&recorder));
    let learner = builder().open_in(Arc::new(again)).unwrap();
    assert!((20..=21).contains(&learner.stats().observations));
}

/// Whether a file holds a learner's state.
fn is_mind(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|end| end == "mind")
}
