//! The dense associative memory as a classifier: against the energies in f64, finite differences, its limits, its file.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use attractor_nets::models::{DenseClassifier, DenseClassifierConfig};
use attractor_nets::training::NamedWeights;
use attractor_nets::{Error, Optimiser};
use ndarray::{Array2, array};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const INPUTS: usize = 12;
const CLASSES: usize = 3;

fn random(rows: usize, columns: usize, seed: u64) -> Array2<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    Array2::from_shape_simple_fn((rows, columns), || rng.random_range(-1.0..1.0))
}

fn config(degree: u32, loss: u32) -> DenseClassifierConfig {
    let temperature = 4.0;
    DenseClassifierConfig {
        memories: 37,
        degree,
        loss,
        temperature,
        ..DenseClassifierConfig::of(INPUTS, CLASSES)
    }
}

fn classifier(config: DenseClassifierConfig) -> DenseClassifier {
    DenseClassifier::new(config, random(config.memories, INPUTS + CLASSES, 7)).unwrap()
}

/// `-E` of a state, over `T^n`.
fn energy(config: &DenseClassifierConfig, memories: &Array2<f64>, pattern: &[f64], on: Option<usize>) -> f64 {
    let overlaps = memories.rows().into_iter().map(|memory| {
        let state = (0..CLASSES).map(|class| if on == Some(class) { 1.0 } else { -1.0 });
        let state: Vec<f64> = pattern.iter().copied().chain(state).collect();
        memory.iter().zip(state).map(|(a, b)| a * b).sum::<f64>()
    });
    overlaps.map(|x| (x.max(0.0) / config.temperature).powi(config.degree as i32)).sum()
}

fn outputs(config: &DenseClassifierConfig, memories: &Array2<f64>, pattern: &[f64]) -> Vec<f64> {
    let difference =
        |class| energy(config, memories, pattern, Some(class)) - energy(config, memories, pattern, None);
    (0..CLASSES).map(|class| difference(class).tanh()).collect()
}

fn loss(
    config: &DenseClassifierConfig,
    memories: &Array2<f64>,
    patterns: &Array2<f64>,
    classes: &[u32],
) -> f64 {
    let rows = patterns.rows().into_iter().zip(classes);
    let all = rows.flat_map(|(row, &target)| {
        let found = outputs(config, memories, &row.to_vec());
        let target = move |class| if class == target as usize { 1.0 } else { -1.0 };
        let errors = found.into_iter().enumerate().map(move |(class, y)| (target(class) - y) / 2.0);
        errors.map(|error: f64| error.powi(2 * config.loss as i32)).collect::<Vec<_>>()
    });
    all.sum::<f64>() / classes.len() as f64
}

#[test]
fn outputs_are_the_differences_of_the_energies() {
    for degree in [2, 3, 5, 20, 30] {
        let config = config(degree, 2);
        let classifier = classifier(config);
        let patterns = random(70, INPUTS, 8);
        let memories = classifier.memories().mapv(f64::from);
        let found = classifier.outputs(patterns.view()).unwrap();
        let said = classifier.classify(patterns.view()).unwrap();
        for ((row, found), said) in patterns.rows().into_iter().zip(found.rows()).zip(said) {
            let expected = outputs(&config, &memories, &row.mapv(f64::from).to_vec());
            for (found, expected) in found.iter().zip(&expected) {
                assert!((f64::from(*found) - expected).abs() < 1e-4, "n = {degree}: {found} {expected}");
            }
            let best = (0..CLASSES).max_by(|&a, &b| expected[a].total_cmp(&expected[b])).unwrap();
            assert!(expected[best] - expected[said as usize] < 1e-6, "n = {degree}");
        }
        // Whoever shares the batch.
        let alone = classifier.outputs(patterns.slice(ndarray::s![5..6, ..])).unwrap();
        assert_eq!(alone.row(0), found.row(5));
    }
}

#[test]
fn the_gradient_is_that_of_the_loss() {
    for (degree, power) in [(2, 1), (3, 4), (5, 2), (20, 2), (20, 30)] {
        let config = config(degree, power);
        let classifier = classifier(config);
        let (patterns, classes) = (random(70, INPUTS, 9), (0..70).map(|i| i % 3).collect::<Vec<u32>>());
        let found = classifier.gradient(patterns.view(), &classes).unwrap();
        let (patterns, memories) = (patterns.mapv(f64::from), classifier.memories().mapv(f64::from));
        let expected = loss(&config, &memories, &patterns, &classes);
        assert!((found.loss - expected).abs() < 1e-4 * expected, "{} {expected}", found.loss);
        let largest = found.memories.iter().fold(0.0f64, |a, &b| a.max(f64::from(b).abs()));
        let (mut worst, mut worst_of_control) = (0.0f64, 0.0f64);
        for at in 0..40 {
            let place = [at * 13 % config.memories, at * 7 % (INPUTS + CLASSES)];
            let moved = |by: f64, config: &DenseClassifierConfig| {
                let mut memories = memories.clone();
                memories[place] += by;
                loss(config, &memories, &patterns, &classes)
            };
            let slope = |config: &DenseClassifierConfig| (moved(1e-5, config) - moved(-1e-5, config)) / 2e-5;
            let own = f64::from(found.memories[place]);
            worst = worst.max((own - slope(&config)).abs() / largest);
            let other = DenseClassifierConfig { degree: degree + 1, ..config };
            worst_of_control = worst_of_control.max((own - slope(&other)).abs() / largest);
        }
        assert!(worst < 2e-3, "n = {degree}, m = {power}: {worst}");
        assert!(worst_of_control > 2e-2, "n = {degree}, m = {power}: {worst_of_control}");
    }
}

#[test]
fn nothing_overflows_for_large_degrees() {
    let (patterns, classes) = (random(40, INPUTS, 10), (0..40).map(|i| i % 3).collect::<Vec<u32>>());
    for temperature in [1e-3, 1.0, 1e6] {
        let config = DenseClassifierConfig { temperature, ..config(1000, 30) };
        let mut classifier = classifier(config);
        assert!(classifier.outputs(patterns.view()).unwrap().iter().all(|y| y.abs() <= 1.0));
        let gradient = classifier.gradient(patterns.view(), &classes).unwrap();
        assert!(gradient.loss.is_finite() && gradient.memories.iter().all(|g| g.is_finite()));
        // One memory decides: the one with the largest overlap, where turning a unit on makes it.
        let memories = classifier.memories().mapv(f64::from);
        let mut decided = 0;
        for (row, said) in patterns.rows().into_iter().zip(classifier.classify(patterns.view()).unwrap()) {
            let largest = |on: Option<usize>| {
                let unit = |class: usize| if on == Some(class) { 1.0 } else { -1.0 };
                let overlaps = memories.rows().into_iter().map(|memory| {
                    let pixels = memory.iter().zip(&row).map(|(a, &b)| a * f64::from(b)).sum::<f64>();
                    pixels + (0..CLASSES).map(|class| unit(class) * memory[INPUTS + class]).sum::<f64>()
                });
                overlaps.fold(f64::MIN, f64::max)
            };
            let all = [0, 1, 2].map(|class| largest(Some(class)));
            let top = all.iter().fold(f64::MIN, |a, &b| a.max(b));
            // Where two are level to a hundredth, the rest has a say.
            if top > 1.01 * largest(None) {
                assert!(all[said as usize] >= 0.99 * top);
                decided += 1;
            }
        }
        assert!(decided > 20);
        let mut optimiser = Optimiser::adam(0.1).unwrap();
        classifier.step(patterns.view(), &classes, &mut optimiser).unwrap();
        assert!(classifier.memories().iter().all(|x| x.abs() <= 1.0));
    }
}

#[test]
fn silence_is_an_answer() {
    // No memory meets any state.
    let config = config(3, 2);
    let memories =
        Array2::from_shape_fn(
            (config.memories, INPUTS + CLASSES),
            |(_, j)| if j < INPUTS { -1.0 } else { 0.0 },
        );
    let classifier = DenseClassifier::new(config, memories).unwrap();
    let pattern = Array2::ones((1, INPUTS));
    assert_eq!(classifier.outputs(pattern.view()).unwrap(), array![[0.0, 0.0, 0.0]]);
    assert!(classifier.gradient(pattern.view(), &[1]).unwrap().memories.iter().all(|&g| g == 0.0));
    assert!(classifier.evidence(pattern.row(0), 0).unwrap().iter().all(|&share| share == 0.0));
}

#[test]
fn evidence_adds_up_to_the_difference() {
    let config = config(5, 2);
    let classifier = classifier(config);
    let patterns = random(10, INPUTS, 11);
    let memories = classifier.memories().mapv(f64::from);
    for row in patterns.rows() {
        let sums = [0, 1, 2].map(|class| classifier.evidence(row, class).unwrap());
        assert!(sums.iter().all(|all| all.iter().any(|share| (share.abs() - 1.0).abs() < 1e-12)));
        let pattern = row.mapv(f64::from).to_vec();
        for (class, all) in sums.iter().enumerate() {
            let whole = energy(&config, &memories, &pattern, Some(class))
                - energy(&config, &memories, &pattern, None);
            let sum: f64 = all.iter().sum();
            assert_eq!(sum > 0.0, whole > 0.0);
        }
    }
}

#[test]
fn it_learns_what_no_line_separates() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let patterns = random(200, 2, 12);
    let classes: Vec<u32> = patterns.rows().into_iter().map(|row| u32::from(row[0] * row[1] > 0.0)).collect();
    for degree in [2, 3, 10] {
        let options = DenseClassifierConfig {
            memories: 40,
            degree,
            temperature: 0.5,
            loss: 2,
            ..DenseClassifierConfig::of(2, 2)
        };
        let mut classifier = options.init(&mut rng).unwrap();
        let mut optimiser = Optimiser::adam(0.02).unwrap();
        let first = classifier.gradient(patterns.view(), &classes).unwrap().loss;
        for _ in 0..300 {
            classifier.step(patterns.view(), &classes, &mut optimiser).unwrap();
        }
        let said = classifier.classify(patterns.view()).unwrap();
        let wrong = said.iter().zip(&classes).filter(|(a, b)| a != b).count();
        let last = classifier.gradient(patterns.view(), &classes).unwrap().loss;
        assert!(wrong <= 10 && last < 0.3 * first, "n = {degree}: {wrong} wrong, loss {first} to {last}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let good = config(3, 2);
    let refused = |config: DenseClassifierConfig| {
        let refused = config.init(&mut ChaCha8Rng::seed_from_u64(1)).unwrap_err();
        assert!(matches!(refused, Error::Parameter { .. }), "{refused}");
    };
    refused(DenseClassifierConfig { memories: 0, ..good });
    refused(DenseClassifierConfig { degree: 1, ..good });
    refused(DenseClassifierConfig { temperature: f64::NAN, ..good });
    refused(DenseClassifierConfig { loss: 0, ..good });
    refused(DenseClassifierConfig { mean: f64::NAN, ..good });
    refused(DenseClassifierConfig { deviation: 2.0, ..good });
    let classifier = classifier(good);
    assert!(matches!(
        classifier.classify(random(2, 5, 1).view()),
        Err(Error::Size { expected: INPUTS, found: 5, .. })
    ));
    let mut patterns = random(2, INPUTS, 1);
    assert!(matches!(classifier.gradient(patterns.view(), &[0]), Err(Error::Size { .. })));
    assert!(matches!(
        classifier.gradient(patterns.view(), &[0, 3]),
        Err(Error::Parameter { name: "class", .. })
    ));
    patterns[[1, 2]] = f32::NAN;
    assert!(matches!(classifier.outputs(patterns.view()), Err(Error::NotFinite { .. })));
    assert!(classifier.classify(Array2::zeros((0, INPUTS)).view()).unwrap().is_empty());
}

#[test]
fn a_file_of_another_memory_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("memory.safetensors");
    let classifier = classifier(config(3, 2));
    classifier.save(&path).unwrap();
    assert_eq!(DenseClassifier::load(&path).unwrap(), classifier);
    // The same options, fewer memories.
    let text = NamedWeights::read(&path).unwrap().text("attractor.dense_classifier").unwrap().to_owned();
    let forged = text.replace("\"memories\":37", "\"memories\":36");
    assert_ne!(forged, text);
    NamedWeights::read(&path).unwrap().with_text("attractor.dense_classifier", forged).write(&path).unwrap();
    let error = DenseClassifier::load(&path).unwrap_err().to_string();
    assert!(error.contains("memories: expected [36, 15], found [37, 15]"), "{error}");
    NamedWeights::default().write(&path).unwrap();
    assert!(DenseClassifier::load(&path).unwrap_err().to_string().contains("not a dense classifier"));
}
