//! One learns, many read.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use attractor_learn::{Budget, Error, Learner, Slow};
use attractor_store::storage::{Disk, Storage};

use crate::streams::*;

#[test]
fn a_second_writer_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let builder = || Learner::builder().config(config(Slow::Mean));
    let first = builder().open(folder.path()).unwrap();
    let second = builder().open(folder.path());
    assert!(matches!(second, Err(Error::Store(attractor_store::Error::Locked { .. }))), "{second:?}");
    drop(first);
    builder().open(folder.path()).unwrap();
}

#[test]
fn a_directory_that_cannot_be_written_is_refused_and_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut learner = Learner::builder().config(config(Slow::Mean)).open(folder.path()).unwrap();
    learner.observe(&[1.0; 8], "one").unwrap();
    drop(learner);
    let disk = Disk::read_only(folder.path()).unwrap();
    let refused = try_open(&disk, &config(Slow::Mean));
    assert!(matches!(refused, Err(Error::Store(attractor_store::Error::Io { .. }))), "{refused:?}");
    let before: Vec<String> = disk.list().unwrap();
    let snapshot = Learner::read(folder.path()).unwrap();
    assert_eq!(snapshot.reader().predict(&[1.0; 8]).unwrap().label.as_deref(), Some("one"));
    assert_eq!(disk.list().unwrap(), before);
    assert!(Learner::read(folder.path().join("nothing")).is_err());
    // No learner, and nothing is made of it.
    let empty = tempfile::tempdir().unwrap();
    assert!(Learner::read(empty.path()).is_err());
    assert_eq!(std::fs::read_dir(empty.path()).unwrap().count(), 0);
}

#[test]
fn others_predict_while_it_learns() {
    let mut learner = Learner::builder().config(config(Slow::Ridge)).ephemeral().unwrap();
    let done = AtomicBool::new(false);
    let probes = clusters(30, 4);
    thread::scope(|scope| {
        for _ in 0..3 {
            let (reader, done, probes) = (learner.reader(), &done, &probes);
            scope.spawn(move || {
                let mut count = 0;
                while !done.load(Ordering::Acquire) || count == 0 {
                    for (pattern, _) in probes {
                        let answer = reader.predict(pattern).unwrap();
                        let total: f64 = answer.probabilities.iter().map(|(_, p)| p).sum();
                        assert!(answer.label.is_none() || (total - 1.0).abs() < 1e-6, "{answer:?}");
                        count += 1;
                    }
                }
            });
        }
        for (i, (pattern, label)) in clusters(400, 3).iter().enumerate() {
            learner.observe(pattern, label).unwrap();
            if i % 150 == 149 {
                learner.sleep(Budget::updates(256)).unwrap();
            }
        }
        done.store(true, Ordering::Release);
    });
    let reader = learner.reader();
    for (pattern, _) in &probes {
        assert_eq!(format!("{:?}", reader.predict(pattern)), format!("{:?}", learner.predict(pattern)));
    }
}

#[test]
fn a_snapshot_is_a_state_that_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut learner = Learner::builder().config(config(Slow::Ridge)).open(folder.path()).unwrap();
    let probes = clusters(6, 4);
    for (i, (pattern, label)) in clusters(300, 3).iter().enumerate() {
        learner.observe(pattern, label).unwrap();
        if i % 70 == 69 {
            learner.checkpoint().unwrap();
        }
        if i % 23 == 5 {
            let snapshot = Learner::read(folder.path()).unwrap();
            assert_eq!(snapshot.stats().observations, i as u64 + 1);
            assert!(snapshot.damage().is_empty());
            assert_eq!(snapshot.config(), learner.config());
            for (pattern, _) in &probes {
                let there = snapshot.reader().predict(pattern).unwrap();
                assert_eq!(format!("{there:?}"), format!("{:?}", learner.predict(pattern).unwrap()));
            }
        }
    }
}

#[test]
fn snapshots_are_taken_beside_a_writer_that_commits() {
    let folder = tempfile::tempdir().unwrap();
    let mut learner = Learner::builder().config(config(Slow::Mean)).open(folder.path()).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let (path, done) = (folder.path(), &done);
        let reader = scope.spawn(move || {
            let mut last = 0;
            let mut count = 0;
            while !done.load(Ordering::Acquire) || count == 0 {
                let snapshot = Learner::read(path).unwrap();
                let seen = snapshot.stats().observations;
                assert!(seen >= last && snapshot.damage().is_empty(), "{seen} after {last}");
                last = seen;
                count += 1;
            }
            count
        });
        for (i, (pattern, label)) in clusters(400, 3).iter().enumerate() {
            learner.observe(pattern, label).unwrap();
            if i % 7 == 0 {
                learner.checkpoint().unwrap();
            }
        }
        done.store(true, Ordering::Release);
        println!("{} snapshots", reader.join().unwrap());
    });
}

/// Threads of a pool that wait for their part of something take up other work meanwhile. None of it may need a lock that
/// the waiting one holds: here keys lie beyond one leaf of the memory, so that reading them could be shared out.
#[test]
fn readers_and_a_learner_do_not_wait_for_each_other_in_the_pool() {
    let (tell, told) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let mut config = config(Slow::Mean);
        config.admission.sameness = 0.0;
        config.memory_bytes = 64 << 20;
        let mut learner = Learner::builder().config(config).ephemeral().unwrap();
        let stream = clusters(5_500, 3);
        let rows: Vec<f32> = stream.iter().flat_map(|(pattern, _)| pattern.clone()).collect();
        let patterns = ndarray::Array2::from_shape_vec((stream.len(), 8), rows).unwrap();
        let labels: Vec<&str> = stream.iter().map(|(_, label)| &label[..]).collect();
        let (first, rest) = patterns.view().split_at(ndarray::Axis(0), 4_500);
        learner.observe_many(first, &labels[..4_500]).unwrap();
        let reader = learner.reader();
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let mut probes = stream.iter().cycle();
                    while !done.load(Ordering::Acquire) {
                        reader.predict(&probes.next().unwrap().0).unwrap();
                    }
                });
            }
            for (piece, labels) in rest.axis_chunks_iter(ndarray::Axis(0), 8).zip(labels[4_500..].chunks(8)) {
                learner.observe_many(piece, labels).unwrap();
            }
            learner.sleep(Budget::updates(512)).unwrap();
            done.store(true, Ordering::Release);
        });
        tell.send(learner.stats().episodes).unwrap();
    });
    let episodes = told.recv_timeout(std::time::Duration::from_mins(2)).expect("they wait for each other");
    assert!(episodes > 4_096, "{episodes}");
}
