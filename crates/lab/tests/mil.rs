//! Multiple-instance baselines against the definitions of their papers, and a protocol that does not look.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use std::path::PathBuf;

use attractor_data::{Bags, Split, stratified_k_fold, stream};
use attractor_lab::mil::{Citation, MeanEmbedding, Method, Miles, auc, measure};
use attractor_lab::{Context, Effort, experiment};
use ndarray::{Array2, ArrayView2};
use rand::RngExt;

/// Bags of 1 to 5 instances of 3 components; a positive one has an instance with `lift` added to its first component.
fn bags(count: usize, lift: f32, seed: u64) -> Bags {
    let rng = &mut stream(seed, "bags");
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
    Bags::new("random", instances, &lengths, labels, (0..count).map(|bag| bag.to_string()).collect()).unwrap()
}

/// The same bags with other labels and instances.
fn changed(bags: &Bags, labels: Vec<bool>, instances: Array2<f32>) -> Bags {
    let lengths: Vec<usize> = (0..bags.len()).map(|bag| bags.range(bag).len()).collect();
    Bags::new("changed", instances, &lengths, labels, bags.names().to_vec()).unwrap()
}

fn candidates() -> Vec<Box<dyn Method>> {
    vec![
        Box::new(Citation { references: 2, citers: 4 }),
        Box::new(Citation { references: 3, citers: 0 }),
        Box::new(MeanEmbedding { lambda: 0.1 }),
        Box::new(MeanEmbedding { lambda: 10.0 }),
        Box::new(Miles { width: 0.1, lambda: 0.1 }),
        Box::new(Miles { width: 1.0, lambda: 0.1 }),
    ]
}

fn scores(method: &dyn Method, train: &Bags, asked: &Bags) -> Vec<f64> {
    let model = method.fit(train).unwrap();
    asked.iter().map(|bag| model.score(bag.instances).unwrap()).collect()
}

/// Instances by the mean and deviation of `train`, in f64.
fn standard(train: &Bags, instances: ArrayView2<'_, f32>) -> Array2<f64> {
    let of_train = train.instances().mapv(f64::from);
    let (mean, deviation) =
        (of_train.mean_axis(ndarray::Axis(0)).unwrap(), of_train.std_axis(ndarray::Axis(0), 0.0));
    (instances.mapv(f64::from) - mean) / deviation
}

fn distance(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    let pairs = a.outer_iter().flat_map(|x| b.outer_iter().map(move |y| (x, y)));
    pairs.map(|(x, y)| (&x - &y).mapv(|d| d * d).sum().sqrt()).fold(f64::INFINITY, f64::min)
}

#[test]
fn area_is_the_share_of_ordered_pairs() {
    let rng = &mut stream(3, "auc");
    for n in [2, 5, 40] {
        let values: Vec<f64> = (0..n).map(|_| f64::from(rng.random_range(0..8u8))).collect();
        let positive: Vec<bool> = (0..n).map(|place| place % 3 == 0).collect();
        let (mut won, mut pairs) = (0.0, 0.0);
        for i in (0..n).filter(|&i| positive[i]) {
            for j in (0..n).filter(|&j| !positive[j]) {
                pairs += 1.0;
                won += if values[i] > values[j] {
                    1.0
                } else {
                    0.5 * f64::from(u8::from(values[i] == values[j]))
                };
            }
        }
        assert!((auc(&values, &positive).unwrap() - won / pairs).abs() < 1e-12);
    }
    assert_eq!(auc(&[], &[]), None);
    assert_eq!(auc(&[1.0, f64::NAN], &[true, false]), None);
    assert_eq!(auc(&[1.0], &[true, false]), None);
}

#[test]
fn citation_counts_references_and_citers_as_defined() {
    let (train, asked) = (bags(24, 1.0, 1), bags(12, 1.0, 2));
    let standardised: Vec<_> = train.iter().map(|bag| standard(&train, bag.instances)).collect();
    for method in
        [(1, 0), (2, 4), (3, 1), (30, 30)].map(|(references, citers)| Citation { references, citers })
    {
        let found = scores(&method, &train, &asked);
        for (bag, found) in asked.iter().zip(found) {
            let new = standard(&train, bag.instances);
            let to_new: Vec<f64> = standardised.iter().map(|old| distance(old, &new)).collect();
            let mut votes: Vec<bool> = Vec::new();
            let mut order: Vec<usize> = (0..train.len()).collect();
            order.sort_by(|&a, &b| to_new[a].total_cmp(&to_new[b]));
            votes.extend(order.iter().take(method.references).map(|&old| train.labels()[old]));
            for old in 0..train.len() {
                // The rank of the new bag among all bags but `old`, seen from `old`.
                let nearer = (0..train.len())
                    .filter(|&other| {
                        other != old && distance(&standardised[old], &standardised[other]) < to_new[old]
                    })
                    .count();
                if nearer < method.citers {
                    votes.push(train.labels()[old]);
                }
            }
            let expected = votes.iter().filter(|&&vote| vote).count() as f64 / votes.len() as f64;
            assert_eq!(found, expected, "{} bag {}", method.name(), bag.index);
        }
    }
}

type Embedding<'a> = &'a dyn Fn(&Array2<f64>) -> Vec<f64>;

#[test]
fn linear_methods_solve_their_normal_equations() {
    let (train, asked) = (bags(20, 1.0, 3), bags(6, 1.0, 4));
    let mean = |instances: &Array2<f64>| instances.mean_axis(ndarray::Axis(0)).unwrap().to_vec();
    let all: Vec<_> = standard(&train, train.instances()).outer_iter().map(|row| row.to_owned()).collect();
    let between = |a: &ndarray::Array1<f64>, b: &ndarray::Array1<f64>| (a - b).mapv(|d| d * d).sum();
    let scale: f64 = all.iter().flat_map(|a| all.iter().map(move |b| between(a, b))).sum::<f64>()
        / (all.len() as f64).powi(2);
    let similar = |instances: &Array2<f64>| -> Vec<f64> {
        let closest = |x: &ndarray::Array1<f64>| {
            instances.outer_iter().map(|y| between(x, &y.to_owned())).fold(f64::INFINITY, f64::min)
        };
        all.iter().map(|x| (-closest(x) / (0.5 * scale)).exp()).collect()
    };
    let methods: [(&dyn Method, Embedding<'_>); 2] =
        [(&MeanEmbedding { lambda: 0.3 }, &mean), (&Miles { width: 0.5, lambda: 0.3 }, &similar)];
    for (method, embed) in methods {
        let embedded = |set: &Bags| -> Vec<Vec<f64>> {
            set.iter().map(|bag| embed(&standard(&train, bag.instances))).collect()
        };
        let expected = ridge(&embedded(&train), train.labels(), 0.3, &embedded(&asked));
        for (found, expected) in scores(method, &train, &asked).iter().zip(expected) {
            // Single precision of the embedding, and of a distance as the difference of squares.
            assert!((found - expected).abs() < 1e-4, "{}: {found} {expected}", method.name());
        }
    }
}

/// Ridge regression by gradient descent on its own objective, in f64: no solver in common with the library.
fn ridge(rows: &[Vec<f64>], positive: &[bool], lambda: f64, asked: &[Vec<f64>]) -> Vec<f64> {
    let (n, width) = (rows.len(), rows[0].len());
    let center: Vec<f64> =
        (0..width).map(|c| rows.iter().map(|row| row[c]).sum::<f64>() / n as f64).collect();
    let centred = |row: &Vec<f64>| -> Vec<f64> { row.iter().zip(&center).map(|(x, c)| x - c).collect() };
    let x: Vec<Vec<f64>> = rows.iter().map(centred).collect();
    let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    let total: f64 = x.iter().map(|row| dot(row, row)).sum();
    let penalty = lambda * total / n as f64;
    let sign = |&positive: &bool| if positive { 1.0 } else { -1.0 };
    let offset = positive.iter().map(sign).sum::<f64>() / n as f64;
    let y: Vec<f64> = positive.iter().map(|positive| sign(positive) - offset).collect();
    let mut weights = vec![0.0; width];
    // The largest curvature is at most the trace and the penalty: this step cannot diverge.
    let step = 1.0 / (total + penalty);
    for _ in 0..20_000 {
        let errors: Vec<f64> = x.iter().zip(&y).map(|(row, y)| dot(row, &weights) - y).collect();
        for c in 0..width {
            let slope: f64 = x.iter().zip(&errors).map(|(row, error)| row[c] * error).sum();
            weights[c] -= step * (slope + penalty * weights[c]);
        }
    }
    asked.iter().map(|row| dot(&centred(row), &weights)).collect()
}

#[test]
fn what_is_measured_on_is_not_looked_at() {
    let set = bags(60, 1.0, 5);
    let split: Split = stratified_k_fold(set.labels(), 5, &mut stream(5, "folds")).unwrap().swap_remove(1);
    let honest = measure(&set, &split, &candidates(), 3, 7).unwrap();

    // Poisoned labels of the test: every score stays as it was, bit for bit.
    let mut labels = set.labels().to_vec();
    split.test.iter().for_each(|&bag| labels[bag] = !labels[bag]);
    let poisoned = changed(&set, labels, set.instances().to_owned());
    assert_eq!(measure(&poisoned, &split, &candidates(), 3, 7).unwrap(), honest);

    // Poisoned instances of all test bags but the first: its score, and the choice, stay as they were.
    let mut instances = set.instances().to_owned();
    for &bag in &split.test[1..] {
        for row in set.range(bag) {
            instances.row_mut(row).fill(1e6);
        }
    }
    let poisoned =
        measure(&changed(&set, set.labels().to_vec(), instances), &split, &candidates(), 3, 7).unwrap();
    assert_eq!((poisoned.chosen, poisoned.scores[0]), (honest.chosen, honest.scores[0]));
    assert_ne!(poisoned.scores[1..], honest.scores[1..]);

    // The control: poison among what is learned from does show.
    let mut labels = set.labels().to_vec();
    split.train[..10].iter().for_each(|&bag| labels[bag] = !labels[bag]);
    let poisoned = changed(&set, labels, set.instances().to_owned());
    assert_ne!(measure(&poisoned, &split, &candidates(), 3, 7).unwrap().scores, honest.scores);
}

#[test]
fn a_clear_signal_is_found_and_noise_is_not() {
    for (lift, range) in [(4.0, 0.9..=1.0), (0.0, 0.2..=0.8)] {
        let set = bags(80, lift, 9);
        let mut areas = Vec::new();
        for split in stratified_k_fold(set.labels(), 4, &mut stream(9, "folds")).unwrap() {
            let measured = measure(&set, &split, &candidates(), 3, 1).unwrap();
            let labels: Vec<bool> = split.test.iter().map(|&bag| set.labels()[bag]).collect();
            areas.push(auc(&measured.scores, &labels).unwrap());
        }
        let mean = areas.iter().sum::<f64>() / areas.len() as f64;
        assert!(range.contains(&mean), "lift {lift}: {mean}");
    }
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let set = bags(12, 1.0, 1);
    let split = Split { train: (0..8).collect(), test: vec![8, 9] };
    assert!(measure(&set, &split, &[], 3, 0).is_err());
    assert!(measure(&set, &split, &candidates(), 9, 0).is_err());
    assert!(measure(&set, &Split { train: vec![99], test: vec![] }, &candidates(), 2, 0).is_err());
    let none = set.subset(&[]).unwrap();
    for method in candidates() {
        assert!(method.fit(&none).is_err(), "{}", method.name());
        let model = method.fit(&set).unwrap();
        assert!(model.score(Array2::zeros((1, 2)).view()).is_err(), "{}", method.name());
    }
    for method in [
        &Citation { references: 0, citers: 3 } as &dyn Method,
        &Miles { width: 0.0, lambda: 1.0 },
        &Miles { width: f64::NAN, lambda: 1.0 },
        &MeanEmbedding { lambda: -1.0 },
    ] {
        assert!(method.fit(&set).is_err(), "{}", method.name());
    }
}

#[test]
fn the_experiment_runs_small_where_its_data_is() {
    let data = std::env::var_os("ATTRACTOR_DATA").map(PathBuf::from);
    let Some(data) = data.filter(|data| data.join("mil/tiger.folds5x10.csv").is_file()) else {
        eprintln!("skipped: ATTRACTOR_DATA has no mil/tiger");
        return;
    };
    let smoke = || {
        let mut quiet = |_: f64, _: &str| {};
        let mut context = Context::new(1, Effort::Smoke, Some(data.clone()), &mut quiet);
        experiment("mil/baselines").unwrap().reproduce(&mut context).unwrap().0
    };
    let outcome = smoke();
    assert_eq!((outcome.series.len(), outcome.baselines.len(), outcome.pass), (2, 1, None));
    let mut all = outcome.series.iter().chain(&outcome.baselines);
    assert!(all.all(|named| named.mean > 50.0), "{:?}", outcome.series);
    assert_eq!(outcome.measured.mean, outcome.series[0].mean);
    assert_eq!(outcome, smoke(), "same seed, other numbers");
}
