//! The same stream gives the same bits, however it comes and whoever is interrupted.

use attractor_learn::{Config, Learner, Slow};
use attractor_store::storage::Ram;
use ndarray::Array2;

use crate::streams::*;

fn rows(stream: &Stream) -> (Array2<f32>, Vec<&str>) {
    let width = stream.first().map_or(8, |(pattern, _)| pattern.len());
    let all: Vec<f32> = stream.iter().flat_map(|(pattern, _)| pattern.clone()).collect();
    let labels = stream.iter().map(|(_, label)| label.as_str()).collect();
    (Array2::from_shape_vec((stream.len(), width), all).unwrap(), labels)
}

/// Learns a stream one by one: state, answers, numbers.
fn looped(config: &Config, stream: &Stream, probes: &Stream) -> (Vec<u8>, Vec<String>, String) {
    let ram = Ram::new();
    let mut learner = open(&ram, config);
    for (pattern, label) in stream {
        learner.observe(pattern, label).unwrap();
    }
    (mind(&mut learner, &ram), answers(&learner, probes), numbers(&learner))
}

/// Learns a stream in batches of these sizes, over and over.
fn batched(
    config: &Config,
    stream: &Stream,
    probes: &Stream,
    sizes: &[usize],
) -> (Vec<u8>, Vec<String>, String) {
    let ram = Ram::new();
    let mut learner = open(&ram, config);
    let mut rest = &stream[..];
    for &size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (now, later) = rest.split_at(size.min(rest.len()));
        let now = now.to_vec();
        let (patterns, labels) = rows(&now);
        assert_eq!(learner.observe_many(patterns.view(), &labels).unwrap().len(), now.len());
        rest = later;
    }
    (mind(&mut learner, &ram), answers(&learner, probes), numbers(&learner))
}

#[test]
fn many_at_once_are_as_one_by_one() {
    let (stream, probes) = (clusters(400, 3), clusters(40, 4));
    for slow in SLOW {
        let config = config(slow);
        let expected = looped(&config, &stream, &probes);
        for sizes in [&[400][..], &[1, 15, 16, 17, 0, 129], &[112, 3]] {
            assert!(batched(&config, &stream, &probes, sizes) == expected, "{slow:?} {sizes:?}");
        }
        // The comparison can fail.
        let mut other = stream.clone();
        other[200].0[3] += 1e-3;
        assert!(looped(&config, &other, &probes).0 != expected.0);
    }
}

#[test]
fn pictures_too() {
    let (stream, probes) = (pictures(150, 3), pictures(20, 4));
    let config = picture_config(Slow::Ridge);
    assert!(batched(&config, &stream, &probes, &[150]) == looped(&config, &stream, &probes));
}

#[test]
fn any_number_of_threads_gives_the_same() {
    let (stream, probes) = (clusters(260, 3), clusters(20, 4));
    let (seen, shown) = (pictures(140, 3), pictures(10, 4));
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut all: Vec<_> = SLOW.map(|slow| sleepy(&config(slow), &stream, &probes)).into();
            all.push(sleepy(&Config { features: 160, ..config(Slow::Ridge) }, &stream, &probes));
            all.push(sleepy(&picture_config(Slow::Ridge), &seen, &shown));
            all
        })
    };
    let one = run(1);
    for threads in [2, 3, 7] {
        assert!(run(threads) == one, "{threads} threads");
    }
}

fn sleepy(config: &Config, stream: &Stream, probes: &Stream) -> (Vec<u8>, Vec<String>) {
    let ram = Ram::new();
    let mut learner = open(&ram, config);
    let (patterns, labels) = rows(stream);
    learner.observe_many(patterns.view(), &labels).unwrap();
    learner.sleep(attractor_learn::Budget::updates(300)).unwrap();
    (mind(&mut learner, &ram), answers(&learner, probes))
}

/// How a learner is stopped.
#[derive(Debug, Clone, Copy)]
enum Stop {
    Never,
    Close,
    Drop,
    Kill,
    Checkpoint,
}

fn stopped(config: &Config, steps: &[Step], at: &[usize], probes: &Stream, stop: Stop) -> Vec<Vec<String>> {
    let mut ram = Ram::new();
    let mut learner = open(&ram, config);
    let mut said = Vec::new();
    for (i, one) in steps.iter().enumerate() {
        if at.contains(&i) {
            learner = match stop {
                Stop::Never => learner,
                Stop::Checkpoint => {
                    learner.checkpoint().unwrap();
                    learner
                }
                Stop::Close => {
                    learner.close().unwrap();
                    open(&ram, config)
                }
                Stop::Drop => {
                    drop(learner);
                    open(&ram, config)
                }
                Stop::Kill => {
                    let killed = copy(&ram);
                    drop::<Learner>(learner);
                    ram = killed;
                    open(&ram, config)
                }
            };
            let mut all = answers(&learner, probes);
            all.push(numbers(&learner));
            said.push(all);
        }
        step(&mut learner, one);
    }
    let bytes = mind(&mut learner, &ram);
    said.push(vec![format!("{bytes:?}"), numbers(&learner)]);
    said
}

/// Stops everywhere near the fits and the sleeps, and now and then elsewhere.
fn stops(steps: &[Step]) -> Vec<usize> {
    let mut seen = 0;
    let mut at = Vec::new();
    for (i, one) in steps.iter().enumerate() {
        if let Step::See(..) = one {
            seen += 1;
        } else {
            at.extend([i, i + 1]);
        }
        if [1, 2, 16, 17, 127, 128, 129, 1_023, 1_024, 1_025, 1_031, 1_038, 1_039, 1_040].contains(&seen)
            || (239..246).contains(&seen)
            || i % 97 == 50
        {
            at.push(i);
        }
    }
    at.sort_unstable();
    at.dedup();
    at
}

fn whoever_stops_continues(config: &Config, stream: &Stream, probes: &Stream) {
    let steps = steps(stream);
    let at = stops(&steps);
    let expected = stopped(config, &steps, &at, probes, Stop::Never);
    for stop in [Stop::Close, Stop::Drop, Stop::Kill, Stop::Checkpoint] {
        let found = stopped(config, &steps, &at, probes, stop);
        for ((found, expected), at) in found.iter().zip(&expected).zip(at.iter().chain([&usize::MAX])) {
            for (found, expected) in found.iter().zip(expected) {
                assert!(found == expected, "{:?} {stop:?} at {at}: {found}\n{expected}", config.slow);
            }
        }
    }
}

#[test]
fn a_learner_that_stopped_continues_as_if_it_had_not() {
    let (stream, probes) = (clusters(420, 9), clusters(12, 10));
    for slow in SLOW {
        whoever_stops_continues(&config(slow), &stream, &probes);
    }
}

#[test]
fn also_past_the_third_fit() {
    let (stream, probes) = (clusters(1_060, 9), clusters(6, 10));
    whoever_stops_continues(&config(Slow::Mean), &stream, &probes);
}

#[test]
fn also_with_a_solve_pending() {
    let (stream, probes) = (clusters(330, 9), clusters(12, 10));
    // Wide enough for solves that run beside the learning.
    for slow in [Slow::Ridge, Slow::Discriminant] {
        whoever_stops_continues(&Config { features: 200, ..config(slow) }, &stream, &probes);
    }
}

#[test]
fn also_when_the_memory_is_full() {
    let (stream, probes) = (clusters(420, 9), clusters(12, 10));
    for eviction in [
        attractor_learn::Eviction::ClassDebt,
        attractor_learn::Eviction::Reservoir,
        attractor_learn::Eviction::LeastUseful,
    ] {
        let config = small(&Config { eviction, ..config(Slow::Mean) }, 60);
        whoever_stops_continues(&config, &stream, &probes);
    }
}

#[test]
fn also_while_new_encoders_are_taken_up() {
    let (stream, probes) = (clusters(345, 9), clusters(12, 10));
    // An episode is forgotten right after the first of these, a sleep comes after the second, a class goes after the
    // third, and a namespace after the fourth.
    for fit in [240, 281, 330, 340] {
        for slow in [Slow::Ridge, Slow::Mean] {
            let config = Config { fits: vec![16, fit], ..config(slow) };
            whoever_stops_continues(&config, &stream, &probes);
        }
    }
}

#[test]
fn also_with_pictures() {
    let (stream, probes) = (pictures(150, 9), pictures(6, 10));
    whoever_stops_continues(&picture_config(Slow::Ridge), &stream, &probes);
}

/// With room for about so many episodes, once encoders were learned.
fn small(config: &Config, episodes: u64) -> Config {
    let mut least = config.clone();
    least.memory_bytes = 1;
    let needed = match Learner::builder()
        .config(Config { shape: Some(attractor_data::Shape::Vector(8)), ..least })
        .ephemeral()
    {
        Err(attractor_learn::Error::Store(attractor_store::Error::Bound { needed, .. })) => needed,
        other => panic!("{other:?}"),
    };
    Config { memory_bytes: needed + episodes * 700, ..config.clone() }
}
