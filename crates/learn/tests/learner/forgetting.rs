//! What is forgotten is gone.

use attractor_learn::{Forget, Learner, Observed, Slow, System};
use attractor_store::storage::Ram;

use crate::streams::*;

fn taught(slow: Slow, count: usize) -> (Learner, Ram, Stream) {
    let ram = Ram::new();
    let mut learner = open(&ram, &config(slow));
    let stream = clusters(count, 3);
    for (pattern, label) in &stream {
        learner.observe(pattern, label).unwrap();
    }
    (learner, ram, stream)
}

#[test]
fn a_forgotten_episode_is_evidence_no_more() {
    for slow in SLOW {
        for count in [10, 130, 300] {
            let (mut learner, _ram, stream) = taught(slow, count);
            for (pattern, _) in stream.iter().step_by(37) {
                let before = learner.stats();
                let first = learner.predict(pattern).unwrap().episodes[0].id;
                learner.forget(Forget::Episode(first)).unwrap();
                assert!(learner.forget(Forget::Episode(first)).is_err(), "it is gone");
                let after = learner.predict(pattern).unwrap();
                assert!(after.episodes.iter().all(|e| e.id != first));
                if learner.stats().episodes > 0 {
                    let found = learner.recall(pattern, &[true; 8]).unwrap();
                    assert!(found.episodes.iter().all(|e| e.id != first));
                }
                assert_eq!(learner.stats().episodes, before.episodes - 1);
            }
        }
    }
}

/// What was seen once and forgotten leaves the slow system as if it had not been seen.
#[test]
fn the_slow_system_takes_a_forgotten_episode_back() {
    for slow in [Slow::Ridge, Slow::Mean, Slow::Discriminant] {
        let mut config = config(slow);
        // Episodes keep levels of grey to the bit.
        config.fits = vec![16];
        config.admission.sameness = 0.0;
        let levels = |(pattern, label): (Vec<f32>, String)| {
            let grey = |x: f32| f32::from((x * 12.0 + 128.0).clamp(0.0, 255.0) as u8) / 255.0;
            (pattern.into_iter().map(grey).collect::<Vec<f32>>(), label)
        };
        let mut stream: Stream = Vec::new();
        for look in clusters(260, 3).into_iter().map(levels) {
            // Nothing twice: what is merged is learned, and cannot be forgotten alone.
            if stream.iter().all(|(pattern, _)| *pattern != look.0) {
                stream.push(look);
            }
        }
        let build = |extra: bool| {
            let mut learner = Learner::builder().config(config.clone()).ephemeral().unwrap();
            let mut added = Vec::new();
            for (i, (pattern, label)) in stream.iter().enumerate() {
                learner.observe(pattern, label).unwrap();
                if extra && i >= 200 && i % 10 == 0 {
                    // Under the wrong name, so that it matters.
                    let shifted: Vec<f32> = pattern.iter().map(|x| 1.0 - x).collect();
                    if let Observed::Stored(id) = learner.observe(&shifted, "class 0").unwrap() {
                        added.push(id);
                    }
                }
            }
            (learner, added)
        };
        let (mut without, _) = build(false);
        let (mut with, added) = build(true);
        assert_eq!(added.len(), (200..stream.len()).filter(|i| i % 10 == 0).count());
        // Sleep settles the slow systems; one replay changes nothing that a closed form knows.
        // New probes: what was seen before is answered by the episodes alone.
        let probes: Stream = clusters(160, 9).into_iter().map(levels).collect();
        let slow_only = |learner: &Learner| -> Vec<Option<Vec<f64>>> {
            let said = |(pattern, _): &(Vec<f32>, String)| {
                let answer = learner.predict(pattern).unwrap();
                let slow = answer.system == System::Slow;
                slow.then(|| answer.probabilities.iter().map(|(_, p)| *p).collect())
            };
            probes.iter().map(said).collect()
        };
        // How sharp the answers are was fitted to every look, and that is not taken back: log-odds up to one factor.
        let distance = |a: &[Option<Vec<f64>>], b: &[Option<Vec<f64>>]| {
            let pairs: Vec<_> =
                a.iter().zip(b).filter_map(|(a, b)| Some((a.as_ref()?, b.as_ref()?))).collect();
            assert!(pairs.len() >= 20, "{slow:?}: the slow system answered {} probes", pairs.len());
            let odds = |p: &[f64]| -> Vec<f64> { p.iter().map(|x| (x / p[0]).ln()).collect() };
            let (a, b): (Vec<_>, Vec<_>) = pairs.iter().map(|(a, b)| (odds(a), odds(b))).unzip();
            let (a, b) = (a.concat(), b.concat());
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            (1.0 - dot(&a, &b).powi(2) / (dot(&a, &a) * dot(&b, &b))).max(0.0).sqrt()
        };
        let budget = attractor_learn::Budget::updates(1);
        let mut polluted = build(true).0;
        polluted.sleep(budget).unwrap();
        without.sleep(budget).unwrap();
        for id in added {
            with.forget(Forget::Episode(id)).unwrap();
        }
        with.sleep(budget).unwrap();
        let (a, b, c) = (slow_only(&without), slow_only(&with), slow_only(&polluted));
        println!("{slow:?}: {} back, {} polluted", distance(&a, &b), distance(&a, &c));
        assert!(
            distance(&a, &b) < 0.1 * distance(&a, &c),
            "{slow:?} {} {}",
            distance(&a, &b),
            distance(&a, &c)
        );
    }
}

#[test]
fn a_forgotten_class_is_never_the_answer_until_it_comes_back() {
    for slow in SLOW {
        for count in [12, 130, 300] {
            let (mut learner, ram, stream) = taught(slow, count);
            let (pattern, label) = stream[count / 2].clone();
            learner.forget(Forget::Label(label.clone())).unwrap();
            let silent = |learner: &Learner| {
                for (probe, _) in &stream {
                    let answer = learner.predict(probe).unwrap();
                    assert_ne!(answer.label.as_ref(), Some(&label), "{slow:?} {count}");
                    let p = answer.probabilities.iter().find(|(name, _)| *name == label);
                    assert!(p.is_none_or(|(_, p)| *p == 0.0));
                    assert!(answer.episodes.iter().all(|e| e.label.as_ref() != Some(&label)));
                }
            };
            silent(&learner);
            // Neither other observations, nor sleep, nor a restart bring it back.
            for (pattern, other) in stream.iter().filter(|(_, other)| *other != label) {
                learner.observe(pattern, other).unwrap();
            }
            silent(&learner);
            learner.sleep(attractor_learn::Budget::updates(300)).unwrap();
            silent(&learner);
            drop(learner);
            let mut learner = open(&ram, &config(slow));
            silent(&learner);
            for _ in 0..3 {
                learner.observe(&pattern, &label).unwrap();
            }
            for (pattern, other) in stream.iter().filter(|(_, other)| *other == label).take(40) {
                learner.observe(pattern, other).unwrap();
            }
            // Whatever is pending is solved.
            learner.sleep(attractor_learn::Budget::updates(1)).unwrap();
            let of_class: Stream = stream.iter().filter(|(_, other)| *other == label).cloned().collect();
            assert!(
                accuracy(&learner, &of_class) > 0.5,
                "{slow:?} {count}: {}",
                accuracy(&learner, &of_class)
            );
        }
    }
}

#[test]
fn everything_can_be_forgotten() {
    for slow in SLOW {
        let (mut learner, _ram, _) = taught(slow, 150);
        let labels: Vec<String> = learner.stats().classes.into_iter().map(|class| class.label).collect();
        for label in &labels {
            learner.forget(Forget::Label(label.clone())).unwrap();
        }
        let answer = learner.predict(&[0.5; 8]).unwrap();
        assert_eq!((answer.label, learner.stats().episodes), (None, 0));
        // Past the next fit of the encoders.
        for (pattern, label) in clusters(1_000, 7) {
            learner.observe(&pattern, &label).unwrap();
        }
        assert!(accuracy(&learner, &clusters(60, 8)) > 0.8);
    }
}

#[test]
fn encoders_are_not_learned_from_nothing() {
    for slow in SLOW {
        let (mut learner, ram, _) = taught(slow, 15);
        let ids: Vec<u64> = learner.predict(&[0.0; 8]).unwrap().episodes.iter().map(|e| e.id).collect();
        for id in ids {
            learner.forget(Forget::Episode(id)).unwrap();
        }
        // The sixteenth look, at which encoders are learned: one episode is all there is.
        learner.observe(&[1.0; 8], "only").unwrap();
        assert_eq!(learner.predict(&[1.0; 8]).unwrap().label.as_deref(), Some("only"));
        learner.forget(Forget::Label("only".into())).unwrap();
        assert_eq!(learner.predict(&[1.0; 8]).unwrap().label, None);
        let bytes = mind(&mut learner, &ram);
        drop(learner);
        assert!(mind(&mut open(&ram, &config(slow)), &ram) == bytes);
    }
}
