//! Bytes in memory and on disk stay below what was allowed.

use attractor_learn::{Budget, Config, Error, Eviction, Learner, Look, Slow, Vision};
use attractor_store::storage::Ram;

use crate::streams::*;

#[test]
fn memory_stays_below_its_bound() {
    for slow in SLOW {
        for (vision, features) in
            [(Vision::Random, 48), (Vision::Random, 300), (Vision::Plain, 48), (Vision::Whitened, 48)]
        {
            let config = Config { vision, features, memory_bytes: 0, ..config(slow) };
            let config = roomy(&config, 8, 60_000);
            below(&config, &clusters(1_300, 3));
        }
    }
}

#[test]
fn memory_stays_below_its_bound_with_pictures() {
    for slow in [Slow::Ridge, Slow::Mean] {
        for features in [48, 400] {
            let config = Config { features, memory_bytes: 0, ..picture_config(slow) };
            below(&roomy(&config, 144, 100_000), &pictures(300, 3));
        }
    }
}

/// With so many bytes more than the least that such a learner needs.
fn roomy(config: &Config, width: usize, more: u64) -> Config {
    let mut learner = match Learner::builder().config(config.clone()).ephemeral() {
        Ok(learner) => learner,
        Err(error) => return Config { memory_bytes: needed(&error) + more, ..config.clone() },
    };
    let error = learner.observe(&vec![0.0; width], "a").expect_err("no room for one episode");
    assert_eq!(learner.stats().shape, None, "nothing changed");
    Config { memory_bytes: needed(&error) + more, ..config.clone() }
}

fn needed(error: &Error) -> u64 {
    match error {
        Error::Store(attractor_store::Error::Bound { needed, .. }) => *needed,
        other => panic!("{other}"),
    }
}

fn below(config: &Config, stream: &Stream) {
    let ram = Ram::new();
    let mut learner = open(&ram, config);
    let mut most = 0;
    for (i, (pattern, label)) in stream.iter().enumerate() {
        learner.observe(pattern, label).unwrap();
        let stats = learner.stats();
        most = most.max(stats.memory_total());
        assert!(
            stats.memory_total() <= config.memory_bytes,
            "{:?} {:?} {}: {} of {} after {i}: {:?}",
            config.slow,
            config.vision,
            config.features,
            stats.memory_total(),
            config.memory_bytes,
            stats.memory_bytes
        );
        if i % 500 == 250 {
            learner.sleep(Budget::updates(64)).unwrap();
            learner.checkpoint().unwrap();
        }
    }
    let stats = learner.stats();
    assert!(stats.episodes <= stats.room);
    println!("{:?} {:?} {}: {most} of {}", config.slow, config.vision, config.features, config.memory_bytes);
}

#[test]
fn a_bound_without_room_for_one_episode_is_an_error() {
    let config = Config { memory_bytes: 1_000, ..config(Slow::Ridge) };
    let mut learner = Learner::builder().config(config.clone()).ephemeral().unwrap();
    let error = learner.observe(&[0.0; 8], "a").unwrap_err();
    assert!(needed(&error) > 1_000, "{error}");
    assert_eq!(learner.stats().observations, 0);
    let shaped = Config { shape: Some(attractor_data::Shape::Vector(8)), ..config };
    assert!(Learner::builder().config(shaped).ephemeral().is_err());
}

#[test]
fn the_disk_stays_below_its_bound() {
    for slow in SLOW {
        // A memory that is soon full, so that files are merged again and again.
        let config = Config { disk_bytes: 1 << 19, memory_bytes: 700_000, ..config(slow) };
        let ram = Ram::new();
        let mut learner = open(&ram, &config);
        for (i, (pattern, label)) in clusters(2_500, 3).iter().enumerate() {
            learner.observe(pattern, label).unwrap();
            if i % 50 == 0 {
                assert!(learner.stats().disk_bytes <= config.disk_bytes, "{}", learner.stats().disk_bytes);
                assert_eq!(learner.stats().disk_bytes, ram.bytes());
            }
            if i % 400 == 399 {
                learner.checkpoint().unwrap();
            }
        }
        println!(
            "{slow:?}: {} of {} bytes, {} episodes",
            ram.bytes(),
            config.disk_bytes,
            learner.stats().episodes
        );
    }
}

#[test]
fn a_disk_bound_that_is_too_small_is_an_error_and_harms_nothing() {
    for (disk_bytes, slow) in [(3_000, Slow::Ridge), (60_000, Slow::Ridge), (60_000, Slow::None)] {
        let config = Config { disk_bytes, ..config(slow) };
        let ram = Ram::new();
        let mut learner = open(&ram, &config);
        let probes = clusters(5, 4);
        let mut taken = 0;
        let mut refused = 0;
        for (pattern, label) in &clusters(3_000, 3) {
            let before = answers(&learner, &probes);
            match learner.observe(pattern, label) {
                Ok(_) => taken += 1,
                Err(error) => {
                    assert!(needed(&error) > disk_bytes, "{error}");
                    assert!(answers(&learner, &probes) == before && learner.stats().observations == taken);
                    refused += 1;
                    if refused == 20 {
                        break;
                    }
                }
            }
            assert!(ram.bytes() <= disk_bytes, "{} of {disk_bytes}", ram.bytes());
        }
        println!("{slow:?} {disk_bytes}: {taken} taken");
        assert!(refused > 0 && taken > 0);
        let said = answers(&learner, &probes);
        drop(learner);
        let learner = open(&ram, &config);
        assert!(answers(&learner, &probes) == said && learner.stats().observations == taken);
    }
}

#[test]
fn a_rare_class_that_is_worth_much_stays() {
    for eviction in [Eviction::ClassDebt, Eviction::LeastUseful] {
        let config = Config { eviction, memory_bytes: 700_000, ..config(Slow::Ridge) };
        let mut learner = Learner::builder().config(config).ephemeral().unwrap();
        let rare: Vec<Vec<f32>> =
            (0..5).map(|i| vec![-6.0 - i as f32, 6.0, -6.0, 6.0 + i as f32, 0.0, 0.0, 0.0, 1.0]).collect();
        for (i, (pattern, label)) in clusters(4_000, 3).iter().enumerate() {
            if i % 40 == 10 && i < 200 {
                let look = Look { utility: 1_000.0, meta: b"gold", ..Look::new(&rare[i / 40], "rare") };
                learner.observe_with(look).unwrap();
            }
            learner.observe(pattern, label).unwrap();
        }
        let stats = learner.stats();
        assert!(stats.observations as usize > 2 * stats.room, "room for {}", stats.room);
        let kept = stats.classes.iter().find(|class| class.label == "rare").unwrap().episodes;
        // Each class keeps its share; the least useful of all may be one of two that say nearly the same.
        assert!(kept >= if eviction == Eviction::ClassDebt { 5 } else { 3 }, "{eviction:?} {kept}");
        for pattern in &rare {
            let answer = learner.predict(pattern).unwrap();
            assert_eq!(answer.label.as_deref(), Some("rare"), "{eviction:?} {answer:?}");
        }
    }
}
