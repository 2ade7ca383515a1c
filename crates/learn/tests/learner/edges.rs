//! Nothing, one class, constants, zeros: every answer is defined.

use attractor_learn::{Budget, Config, Ended, Error, Forget, Learner, Vision};

use crate::streams::*;

fn learner(config: &Config) -> Learner {
    Learner::builder().config(config.clone()).ephemeral().unwrap()
}

/// Everything that a learner can be asked is a number.
fn sound(learner: &Learner, probe: &[f32]) {
    let answer = learner.predict(probe).unwrap();
    let total: f64 = answer.probabilities.iter().map(|(_, p)| p).sum();
    assert!(answer.probabilities.iter().all(|(_, p)| (0.0..=1.0 + 1e-9).contains(p)), "{answer:?}");
    assert!(answer.label.is_none() || (total - 1.0).abs() < 1e-6, "{answer:?}");
    assert!(
        (0.0..=1.0 + 1e-9).contains(&answer.confidence) && (0.0..=1.0).contains(&answer.share),
        "{answer:?}"
    );
    assert!(answer.effective.is_finite() && !answer.novelty.energy.is_nan(), "{answer:?}");
    assert!(answer.episodes.iter().all(|e| e.weight.is_finite() && e.similarity.is_finite()), "{answer:?}");
    let novelty = learner.novelty(probe).unwrap();
    assert_eq!(novelty, answer.novelty);
    assert!((0.0..=1.0).contains(&novelty.rank));
    if learner.stats().episodes > 0 {
        for known in [
            vec![true; probe.len()],
            vec![false; probe.len()],
            (0..probe.len()).map(|i| i % 2 == 0).collect(),
        ] {
            let found = learner.recall(probe, &known).unwrap();
            assert!(found.pattern.iter().all(|x| x.is_finite()) && found.energy.is_finite(), "{found:?}");
            for (i, known) in known.iter().enumerate() {
                assert!(!known || found.pattern[i] == probe[i], "known components stay");
            }
        }
    }
}

#[test]
fn who_saw_nothing_knows_nothing() {
    for shape in [None, Some(attractor_data::Shape::Vector(8))] {
        let mut learner = learner(&Config { shape, ..config(attractor_learn::Slow::Ridge) });
        sound(&learner, &[0.5; 8]);
        assert_eq!(learner.predict(&[0.5; 8]).unwrap().label, None);
        assert_eq!(learner.novelty(&[0.5; 8]).unwrap().energy, f64::INFINITY);
        assert!(matches!(learner.recall(&[0.5; 8], &[true; 8]), Err(Error::TooFew { .. })));
        let slumber = learner.sleep(Budget::updates(100)).unwrap();
        assert_eq!((slumber.updates, slumber.ended), (0, Ended::Nothing));
        assert!(learner.forget(Forget::Episode(0)).is_err());
        assert!(learner.forget(Forget::Label("x".into())).is_err());
        assert_eq!((learner.stats().observations, learner.stats().memory_total() < 1 << 20), (0, true));
        learner.checkpoint().unwrap();
        learner.sync().unwrap();
        learner.observe(&[0.5; 8], "first").unwrap();
        assert_eq!(learner.predict(&[0.5; 8]).unwrap().label.as_deref(), Some("first"));
    }
}

#[test]
fn one_class_is_always_the_answer() {
    for slow in SLOW {
        let mut learner = learner(&config(slow));
        for (i, (pattern, _)) in clusters(150, 3).iter().enumerate() {
            learner.observe(pattern, "all").unwrap();
            if i % 30 == 5 {
                sound(&learner, pattern);
                assert_eq!(learner.predict(pattern).unwrap().label.as_deref(), Some("all"));
            }
        }
        learner.sleep(Budget::updates(300)).unwrap();
        sound(&learner, &[1e6; 8]);
    }
}

#[test]
fn constants_and_zeros_teach_something_too() {
    for slow in SLOW {
        for vision in [Vision::Plain, Vision::Whitened, Vision::Random] {
            for constant in [0.0, 1.0, -3.25, 1e-20, 1e6] {
                let mut learner = learner(&Config { vision, ..config(slow) });
                for i in 0..140 {
                    // The same for all classes: nobody can tell them apart.
                    learner.observe(&[constant; 8], ["a", "b"][i % 2]).unwrap();
                }
                sound(&learner, &[constant; 8]);
                sound(&learner, &[0.0; 8]);
                sound(&learner, &[constant + 1.0; 8]);
                learner.sleep(Budget::updates(300)).unwrap();
                sound(&learner, &[constant; 8]);
                let stats = learner.stats();
                assert!(stats.episodes <= 4, "the same thing again is one episode: {}", stats.episodes);
            }
        }
    }
}

#[test]
fn blank_pictures_teach_something_too() {
    for slow in SLOW {
        for level in [0.0, 1.0] {
            let mut learner = learner(&picture_config(slow));
            for i in 0..40 {
                learner.observe(&[level; 144], ["a", "b"][i % 2]).unwrap();
            }
            for (picture, _) in pictures(4, 1) {
                sound(&learner, &picture);
            }
            sound(&learner, &[level; 144]);
        }
    }
}

/// Keys are directions: of one component, only the side of the mean is left. Nothing fails for it.
#[test]
fn one_component_is_enough_to_go_on() {
    for slow in SLOW {
        let mut learner = learner(&config(slow));
        for i in 0..140 {
            let x = [(i * 37 % 140) as f32 / 140.0];
            learner.observe(&x, if x[0] < 0.5 { "low" } else { "high" }).unwrap();
        }
        for x in [0.0, 0.1, 0.5, 0.9, 1e6, -1e6] {
            sound(&learner, &[x]);
        }
    }
}

#[test]
fn the_largest_numbers_are_no_harm() {
    for slow in SLOW {
        let mut learner = learner(&config(slow));
        for i in 0..140u32 {
            let sign = if i % 2 == 0 { 1.0 } else { -1.0 };
            learner
                .observe(&[sign * 1e18, 0.0, f32::MIN_POSITIVE, 1.0], ["up", "down"][i as usize % 2])
                .unwrap();
        }
        sound(&learner, &[1e18, 0.0, 0.0, 1.0]);
        sound(&learner, &[0.0; 4]);
    }
}
