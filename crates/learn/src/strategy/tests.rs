//! What strategies promise, on small problems.

use attractor_data::stream;
use attractor_nets::Rule;
use ndarray::{Array2, array};
use rand::RngExt;

use super::*;

const WIDTH: usize = 4;

/// Class k around a corner of its own, within [0, 1].
fn examples(classes: &[u32], count: usize, seed: u64) -> (Array2<f32>, Vec<u32>) {
    let mut rng = stream(seed, "examples");
    let labels: Vec<u32> = (0..count).map(|i| classes[i % classes.len()]).collect();
    let inputs = Array2::from_shape_fn((count, WIDTH), |(i, j)| {
        let own = if labels[i] as usize == j { 0.7 } else { 0.0 };
        own + rng.random_range(0.0..0.3)
    });
    (inputs, labels)
}

fn recipe() -> Recipe {
    Recipe { seed: 5, ..Recipe::new(&[WIDTH, 16, 4], 0.1) }
}

fn store(count: usize, keep: Keep) -> Store {
    Store::of(count, WIDTH, 0, Codec::F32, keep)
}

/// Two contexts of two classes each, batches of 10.
fn live(strategy: &mut dyn Strategy) -> Vec<f64> {
    for (context, classes) in [[0, 1], [2, 3]].iter().enumerate() {
        let (inputs, labels) = examples(classes, 600, context as u64);
        for first in (0..600).step_by(10) {
            let rows = ndarray::s![first..first + 10, ..];
            strategy.observe(Batch::new(inputs.slice(rows), &labels[first..first + 10]).unwrap()).unwrap();
        }
        strategy.close(Batch::new(inputs.view(), &labels).unwrap()).unwrap();
    }
    let mut accuracy = |classes: &[u32]| {
        let (inputs, labels) = examples(classes, 100, 77);
        let scores = strategy.scores(inputs.view()).unwrap();
        let best = |row: ndarray::ArrayView1<'_, f32>| {
            (0..4).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or(0) as u32
        };
        let right = scores.rows().into_iter().zip(&labels).filter(|(row, label)| best(*row) == **label);
        right.count() as f64 / 100.0
    };
    [[0, 1], [2, 3]].iter().map(|classes| accuracy(classes)).collect()
}

fn drill(intake: Intake, mix: Mix) -> Drill {
    Drill { rows: 10, mix, intake }
}

fn copies() -> Copies {
    // Contexts are 60 steps long: copies must not lag by as many.
    Copies { consistency: 1.0, stable: 0.8, plastic: 1.0, stable_keep: 0.8, plastic_keep: 0.7, rows: 10 }
}

#[test]
fn rehearsal_remembers_what_naive_training_forgets() {
    let naive = live(&mut Naive::new(&recipe()).unwrap());
    assert!(naive[0] < 0.1 && naive[1] > 0.9, "{naive:?}");
    let lessons =
        Lessons { epochs: 127, rows: 10, rates: Rates::Restarts { least: 1e-3 }, intake: Intake::Closed };
    let strategies: [(&str, Box<dyn Strategy>); 6] = [
        (
            "reservoir",
            Box::new(
                Replay::new(&recipe(), store(40, Keep::Reservoir), drill(Intake::Observed, Mix::Together))
                    .unwrap(),
            ),
        ),
        (
            "closed",
            Box::new(
                Replay::new(&recipe(), store(40, Keep::Balanced), drill(Intake::Closed, Mix::ByContext))
                    .unwrap(),
            ),
        ),
        (
            "der++",
            Box::new(
                Dark::new(
                    &recipe(),
                    Dark::store(&recipe(), 40, Codec::Unit8),
                    Distillation { alpha: 0.5, beta: 0.5, rows: 10 },
                )
                .unwrap(),
            ),
        ),
        ("cls-er", Box::new(ClsEr::new(&recipe(), store(40, Keep::Reservoir), copies()).unwrap())),
        ("gdumb", Box::new(Rebuild::new(&recipe(), store(40, Keep::Balanced), lessons).unwrap())),
        (
            "joint",
            Box::new(Rebuild::joint(&recipe(), Codec::F32, Lessons { epochs: 15, ..lessons }).unwrap()),
        ),
    ];
    for (name, mut strategy) in strategies {
        let accuracy = live(strategy.as_mut());
        assert!(accuracy.iter().all(|&a| a > 0.9), "{name}: {accuracy:?}");
    }
}

#[test]
fn without_alpha_der_plus_plus_is_replay_weighted_beta() {
    let weights = |beta: f64, reference: f64| {
        let recipe = recipe();
        let distillation = Distillation { alpha: 0.0, beta, rows: 10 };
        let mut dark = Dark::new(&recipe, Dark::store(&recipe, 30, Codec::F32), distillation).unwrap();
        live(&mut dark);
        // The reference by hand: the same draws, the mean over the new plus `reference` times that over the kept.
        let mut student = student::Student::new(&recipe).unwrap();
        let mut buffer = Buffer::new(WIDTH, 0, store(30, Keep::Reservoir), recipe.seed).unwrap();
        for (context, classes) in [[0, 1], [2, 3]].iter().enumerate() {
            let (inputs, labels) = examples(classes, 600, context as u64);
            for first in (0..600).step_by(10) {
                let rows = inputs.slice(ndarray::s![first..first + 10, ..]);
                let batch = Batch::new(rows, &labels[first..first + 10]).unwrap();
                let _ = buffer.draw(0);
                let old = buffer.draw(10);
                let all = student::stack(&[rows, old.inputs.view()]).unwrap();
                student
                    .step(all.view(), |terms| {
                        terms.classes(0, batch.classes(), 1.0);
                        terms.classes(10, &old.classes, reference);
                    })
                    .unwrap();
                replay::fill(&mut buffer, batch).unwrap();
            }
        }
        let (inputs, _) = examples(&[0, 1, 2, 3], 8, 1);
        (dark.scores(inputs.view()).unwrap(), student.scores(inputs.view()).unwrap())
    };
    let (ours, same) = weights(0.7, 0.7);
    assert_eq!(ours, same);
    let (ours, other) = weights(0.7, 0.6);
    assert_ne!(ours, other);
}

#[test]
fn kept_outputs_are_those_from_before_the_step() {
    let recipe = recipe();
    let distillation = Distillation { alpha: 0.5, beta: 0.5, rows: 10 };
    let mut dark = Dark::new(&recipe, Dark::store(&recipe, 30, Codec::F32), distillation).unwrap();
    let (inputs, labels) = examples(&[0, 1], 10, 1);
    let before = dark.scores(inputs.view()).unwrap();
    dark.observe(Batch::new(inputs.view(), &labels).unwrap()).unwrap();
    let kept = dark.kept();
    assert!(before.iter().zip(&kept.outputs).all(|(a, b)| (a - b).abs() < 1e-6));
    assert_eq!(kept.inputs, inputs);
    let after = dark.scores(inputs.view()).unwrap();
    assert!(after.iter().zip(&kept.outputs).any(|(a, b)| (a - b).abs() > 1e-3));
}

#[test]
fn copies_follow_in_every_tensor() {
    let all = Copies { stable: 1.0, plastic: 1.0, ..copies() };
    let mut learner = ClsEr::new(&recipe(), store(40, Keep::Reservoir), all).unwrap();
    let start = learner.networks()[0].weights().to_vec();
    let (inputs, labels) = examples(&[0, 1], 10, 1);
    learner.observe(Batch::new(inputs.view(), &labels).unwrap()).unwrap();
    let [network, plastic, stable] = learner.networks();
    let half = |from: std::ops::Range<usize>, copy: &[f32]| {
        from.clone().all(|i| (copy[i] - 0.5 * (start[i] + network.weights()[i])).abs() < 1e-6)
    };
    // Weights and biases of both layers; each of them did move.
    let tensors = [0..64, 64..80, 80..144, 144..148];
    for tensor in tensors.clone() {
        assert!(network.weights()[tensor.clone()] != start[tensor.clone()]);
        assert!(half(tensor.clone(), plastic.weights()) && half(tensor, stable.weights()));
    }
    // Control: a copy whose biases stayed behind is found out.
    let mut behind = stable.weights().to_vec();
    behind[144..148].copy_from_slice(&start[144..148]);
    assert!(!tensors.into_iter().all(|tensor| half(tensor, &behind)));
}

#[test]
fn the_stable_copy_is_updated_less_often_and_answers() {
    let mut learner =
        ClsEr::new(&recipe(), store(40, Keep::Reservoir), Copies { stable: 0.0, ..copies() }).unwrap();
    let (inputs, labels) = examples(&[0, 1], 10, 1);
    let before = learner.scores(inputs.view()).unwrap();
    learner.observe(Batch::new(inputs.view(), &labels).unwrap()).unwrap();
    assert_eq!(learner.scores(inputs.view()).unwrap(), before);
    assert!(ClsEr::new(&recipe(), store(40, Keep::Reservoir), Copies { plastic: 1.5, ..copies() }).is_err());
}

#[test]
fn groups_keep_the_other_outputs_out() {
    let groups = Recipe { support: Support::Grouped(vec![0, 0, 1, 1]), ..recipe() };
    let mut learner = Naive::new(&groups).unwrap();
    let (inputs, labels) = examples(&[0, 1], 10, 1);
    let head = |l: &Naive| l.network().weights()[80..].to_vec();
    let before = head(&learner);
    learner.observe(Batch::new(inputs.view(), &labels).unwrap()).unwrap();
    let after = head(&learner);
    let same = |outputs: std::ops::Range<usize>| {
        let pairs = before.iter().zip(&after).enumerate();
        pairs.filter(|(at, _)| outputs.contains(&(at % 4))).all(|(_, (a, b))| a == b)
    };
    assert!(same(2..4) && !same(0..2));
    let seen = Recipe { support: Support::Seen, ..recipe() };
    let mut learner = Naive::new(&seen).unwrap();
    learner.observe(Batch::new(inputs.view(), &labels).unwrap()).unwrap();
    assert_eq!(head(&learner)[3], before[3]);
}

#[test]
fn a_reservoir_keeps_every_example_with_equal_probability() {
    let (n, m, trials) = (40, 10, 4000);
    let mut counts = vec![0.0f64; n];
    for seed in 0..trials {
        let mut buffer = Buffer::new(1, 0, Store::of(m, 1, 0, Codec::F32, Keep::Reservoir), seed).unwrap();
        for i in 0..n {
            buffer.offer(array![i as f32].view(), 0, &[]).unwrap();
        }
        for &kept in &buffer.draw(m).inputs {
            counts[kept as usize] += 1.0;
        }
    }
    let expected = trials as f64 * m as f64 / n as f64;
    let statistic = |counts: &[f64]| counts.iter().map(|c| (c - expected).powi(2) / expected).sum::<f64>();
    // 39 degrees of freedom (the variance is 1 - m/n of the multinomial one): 0.999 quantile 72.1.
    assert!(statistic(&counts) < 72.1, "{}", statistic(&counts));
    // Control: a sampler that favours the first tenth is found out.
    let mut skewed = counts.clone();
    skewed.iter_mut().take(4).for_each(|c| *c *= 1.2);
    assert!(statistic(&skewed) > 72.1);
}

#[test]
fn a_balanced_buffer_has_as_many_of_each_class_whatever_comes() {
    let mut buffer = Buffer::new(1, 0, store_of_one(30), 1).unwrap();
    for i in 0..1000u32 {
        // 90 % of class 0, then others.
        let class = if i % 10 < 9 { 0 } else { 1 + i / 400 };
        buffer.offer(array![0.5].view(), class, &[]).unwrap();
    }
    let counts = buffer.per_class();
    assert_eq!(counts.iter().map(|(_, n)| n).sum::<usize>(), 30);
    assert!(counts.len() == 4 && counts.iter().all(|(_, n)| (7..=8).contains(n)), "{counts:?}");
}

#[test]
fn a_balanced_buffer_keeps_every_context_though_all_have_the_same_classes() {
    let mut buffer = Buffer::new(1, 0, store_of_one(40), 1).unwrap();
    for context in 0..5u32 {
        for i in 0..300 {
            buffer.offer(array![context as f32 / 10.0].view(), i % 2, &[]).unwrap();
        }
        buffer.end_context();
    }
    assert_eq!(buffer.per_class(), [(0, 20), (1, 20)]);
    let inputs = buffer.draw(40).inputs;
    for context in 0..5u32 {
        let of = |x: &&f32| (**x * 10.0).round() as u32 == context;
        assert_eq!(inputs.iter().filter(of).count(), 8, "context {context}");
    }
}

fn store_of_one(count: usize) -> Store {
    Store::of(count, 1, 0, Codec::Unit8, Keep::Balanced)
}

#[test]
fn bytes_are_the_limit_and_images_of_bytes_come_back_exactly() {
    let store = Store { bytes: 1000, codec: Codec::Unit8, keep: Keep::Reservoir };
    let mut buffer = Buffer::new(256, 2, store, 1).unwrap();
    assert_eq!(buffer.room(), 1000 / (256 + 4 + 8));
    let image: ndarray::Array1<f32> = (0..256).map(|i| i as f32 / 255.0).collect();
    for i in 0..10 {
        buffer.offer(image.view(), i, &[1.5, -2.0]).unwrap();
        assert!(buffer.bytes() <= 1000);
    }
    let drawn = buffer.draw(100);
    assert_eq!(drawn.inputs.nrows(), 3);
    assert!(drawn.inputs.rows().into_iter().all(|row| row == image));
    assert!(drawn.outputs.rows().into_iter().all(|row| row == array![1.5, -2.0]));
    assert!(buffer.offer(image.mapv(|x| x * 2.0).view(), 0, &[0.0, 0.0]).is_err());
    assert!(buffer.offer(image.view(), 0, &[0.0]).is_err());
    assert!(Buffer::new(256, 2, Store { bytes: 200, ..store }, 1).is_err());
}

#[test]
fn the_same_calls_give_the_same_bits_and_other_seeds_others() {
    let scores = |seed: u64| {
        let recipe = Recipe { seed, rule: Rule::Adam, rate: 1e-2, ..recipe() };
        let mut learner = ClsEr::new(&recipe, store(20, Keep::Reservoir), copies()).unwrap();
        live(&mut learner);
        learner.scores(examples(&[0, 1, 2, 3], 8, 1).0.view()).unwrap()
    };
    assert_eq!(scores(1), scores(1));
    assert_ne!(scores(1), scores(2));
}

#[test]
fn wrong_batches_are_refused() {
    let mut learner =
        Replay::new(&recipe(), store(4, Keep::Reservoir), drill(Intake::Observed, Mix::Together)).unwrap();
    assert!(Batch::new(array![[0.0]].view(), &[]).is_err());
    let wide = array![[0.0, 0.0]];
    assert!(learner.observe(Batch::new(wide.view(), &[0]).unwrap()).is_err());
    let good = array![[0.0, 0.1, 0.2, 0.3]];
    assert!(learner.observe(Batch::new(good.view(), &[4]).unwrap()).is_err());
    let bad = array![[0.0, f32::INFINITY, 0.2, 0.3]];
    assert!(learner.observe(Batch::new(bad.view(), &[0]).unwrap()).is_err());
    assert!(learner.buffer().is_empty());
    assert!(learner.bytes() > 0);
}
