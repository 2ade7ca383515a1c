//! Networks on bags: what is chosen and fitted has not seen the test.

#![cfg(feature = "network")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use attractor_data::{Bags, Split, stratified_k_fold, stream};
use attractor_lab::mil::{Area, BagTask, Contender, Features, held_out};
use attractor_lab::{Context, Effort, experiment};
use attractor_nets::models::{BagClassifierConfig, BagModelConfig, EmbeddingConfig};
use attractor_nets::training::{Stopping, TrainingConfig};
use ndarray::Array2;
use rand::RngExt;

/// Bags of 1 to 5 instances of 3 components; a positive one has an instance with `lift` added to its first component.
fn bags(count: usize, lift: f32) -> Bags {
    let rng = &mut stream(5, "bags");
    let lengths: Vec<usize> = (0..count).map(|_| rng.random_range(1..=5)).collect();
    let rows = lengths.iter().sum();
    let mut instances = Array2::from_shape_simple_fn((rows, 3), || rng.random_range(-1.0f32..1.0));
    let labels: Vec<bool> = (0..count).map(|bag| bag % 2 == 0).collect();
    let mut start = 0;
    for (&length, &positive) in lengths.iter().zip(&labels) {
        if positive {
            instances[[start + rng.random_range(0..length), 0]] += lift;
        }
        start += length;
    }
    changed_to("random", &lengths, instances, labels)
}

fn changed_to(name: &str, lengths: &[usize], instances: Array2<f32>, labels: Vec<bool>) -> Bags {
    let names = (0..lengths.len()).map(|bag| bag.to_string()).collect();
    Bags::new(name, instances, lengths, labels, names).unwrap()
}

fn changed(bags: &Bags, instances: Array2<f32>, labels: Vec<bool>) -> Bags {
    let lengths: Vec<usize> = (0..bags.len()).map(|bag| bags.range(bag).len()).collect();
    changed_to("changed", &lengths, instances, labels)
}

fn contender(stopping: Option<Stopping>) -> Contender {
    let model = |width, beta| {
        BagModelConfig::Hopfield(BagClassifierConfig {
            embedding: EmbeddingConfig::Dense(vec![width]),
            heads: 2,
            head_size: 4,
            hidden: 8,
            beta: Some(beta),
            ..BagClassifierConfig::default()
        })
    };
    let training = TrainingConfig { stopping, ..TrainingConfig::adamw(5e-3, 12).with_batch(8) };
    let candidates =
        [(8, 0.1), (8, 4.0), (2, 1.0)].map(|(width, beta)| (model(width, beta), training.clone()));
    Contender { name: "small", candidates: candidates.to_vec(), members: 2, inner: 3 }
}

fn folds(bags: &Bags) -> Vec<Split> {
    stratified_k_fold(bags.labels(), 4, &mut stream(1, "folds")).unwrap()
}

#[test]
fn a_bag_with_something_in_it_is_found() {
    let bags = bags(60, 3.0);
    let areas = contender(None).measure(&bags, &folds(&bags), 2, 1).unwrap();
    let (single, together) = Area::means(&areas);
    assert!(single > 0.9 && together > 0.9, "{single} {together}");
}

#[test]
fn test_labels_reach_neither_choice_nor_scores() {
    let bags = bags(60, 1.0);
    let folds = folds(&bags);
    for stopping in [None, Some(Stopping::patience(3))] {
        for fold in &folds[..2] {
            let honest = contender(stopping).measure(&bags, std::slice::from_ref(fold), 2, 1).unwrap();
            let mut labels = bags.labels().to_vec();
            fold.test.iter().for_each(|&bag| labels[bag] = !labels[bag]);
            let flipped = changed(&bags, bags.instances().to_owned(), labels);
            let found = contender(stopping).measure(&flipped, std::slice::from_ref(fold), 2, 1).unwrap();
            assert_eq!(found[0].chosen, honest[0].chosen);
            // The scores are the same, so every pair is the other way round.
            let sum = found[0].together.unwrap() + honest[0].together.unwrap();
            assert!((sum - 1.0).abs() < 1e-12, "{sum}");
        }
    }
}

#[test]
fn test_instances_do_not_reach_the_standardisation() {
    let bags = bags(40, 1.0);
    let fold = &folds(&bags)[0];
    let mut instances = bags.instances().to_owned();
    for &bag in &fold.test {
        bags.range(bag).for_each(|row| instances[[row, 1]] = 1e6);
    }
    let loud = changed(&bags, instances, bags.labels().to_vec());
    assert_eq!(Features::of(&loud, &fold.train), Features::of(&bags, &fold.train));
    let all: Vec<usize> = (0..40).collect();
    assert_ne!(Features::of(&loud, &all), Features::of(&bags, &all));
}

#[test]
fn a_component_that_does_not_vary_in_training_is_left_out() {
    let bags = bags(20, 1.0);
    let fold = &folds(&bags)[0];
    let mut instances = bags.instances().to_owned();
    for &bag in &fold.train {
        bags.range(bag).for_each(|row| instances[[row, 2]] = 0.3);
    }
    let flat = changed(&bags, instances, bags.labels().to_vec());
    let model = contender(None).candidates[0].0.clone();
    let task = BagTask::standardised(&flat, &fold.train, model.clone()).unwrap();
    assert_eq!(task.width(), 2);
    let none = changed(&bags, Array2::ones(bags.instances().dim()), bags.labels().to_vec());
    let text = BagTask::standardised(&none, &fold.train, model).unwrap_err().to_string();
    assert!(text.contains("components that vary in the training bags"), "{text}");
}

#[test]
fn bags_for_stopping_come_from_the_training_bags() {
    let bags = bags(40, 1.0);
    let train = &folds(&bags)[0].train;
    let training = contender(Some(Stopping::patience(2))).candidates[0].1.clone();
    let split = held_out(&bags, train, &training, 1).unwrap();
    let mut all = [split.train.clone(), split.held.clone()].concat();
    all.sort_unstable();
    assert_eq!(&all, train);
    assert!(split.held.len() >= train.len() / 9);
}

#[test]
fn threads_change_nothing_and_folds_that_leak_are_refused() {
    let bags = bags(30, 1.0);
    let folds = folds(&bags);
    let measure = |threads| contender(None).measure(&bags, &folds, threads, 1).unwrap();
    assert_eq!(measure(1), measure(3));
    let leak = Split { train: (0..20).collect(), test: (19..30).collect() };
    let text = contender(None).measure(&bags, &[leak], 1, 1).unwrap_err().to_string();
    assert_eq!(text, "fold 0: sample 19 is learned from and held out at once");
}

#[test]
fn the_experiments_run_small_where_their_data_is_and_name_what_is_missing() {
    let data = std::env::var_os("ATTRACTOR_DATA").map(std::path::PathBuf::from);
    let Some(data) = data.filter(|data| data.join("mil/elephant.folds5x10.csv").is_file()) else {
        eprintln!("skipped: ATTRACTOR_DATA has no mil/elephant");
        return;
    };
    let run = |id| {
        let mut quiet = |_: f64, _: &str| {};
        let mut context = Context::new(1, Effort::Smoke, Some(data.clone()), &mut quiet);
        experiment(id).unwrap().reproduce(&mut context).map(|(outcome, _)| outcome)
    };
    let outcome = run("mil/elephant").unwrap();
    assert_eq!((outcome.series.len(), outcome.baselines.len(), outcome.pass), (4, 3, None));
    assert_eq!(outcome.measured, run("mil/elephant").unwrap().measured, "same seed, other numbers");
    if !data.join("mil/fox.csv.gz").is_file() && !data.join("mil/fox.csv").is_file() {
        let text = run("mil/fox").unwrap_err().to_string();
        assert!(text.contains("no fox.csv.gz or fox.csv"), "{text}");
    }
}
