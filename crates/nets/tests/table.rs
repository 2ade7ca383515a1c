//! The table classifier: against plain f64 arithmetic, on a problem that needs its nonlinearity, and on what it refuses.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use attractor_nets::models::{TableConfig, TableTask};
use attractor_nets::training::{Draws, Fit, Split, Stopping, Task, TrainingConfig, scalars};
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};
use ndarray::Array2;
use rand::RngExt;

/// Every parameter by size, in the order of the fields.
struct Numbers(Vec<(Vec<usize>, Vec<f64>)>);

impl ModuleVisitor for Numbers {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.push((param.dims().to_vec(), scalars(param.val()).unwrap()));
    }
}

fn normalised(row: &[f64]) -> Vec<f64> {
    let n = row.len() as f64;
    let mean = row.iter().sum::<f64>() / n;
    let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    row.iter().map(|x| (x - mean) / (variance + 1e-5).sqrt()).collect()
}

fn affine(row: &[f64], weight: &(Vec<usize>, Vec<f64>), bias: Option<&[f64]>) -> Vec<f64> {
    let outputs = weight.0[1];
    (0..outputs)
        .map(|o| {
            let product: f64 = row.iter().enumerate().map(|(i, x)| x * weight.1[i * outputs + o]).sum();
            product + bias.map_or(0.0, |bias| bias[o])
        })
        .collect()
}

#[test]
fn logits_are_those_of_the_equations() {
    let (inputs, classes, width, heads, patterns, beta) = (3, 2, 6, 2, 2, 0.7);
    let config = TableConfig::new(inputs, classes)
        .with_width(width)
        .with_heads(heads)
        .with_patterns(patterns)
        .with_beta(beta);
    let device = Device::flex();
    let model = config.init(&device, &mut Draws::Weights.rng(5)).unwrap();
    let mut numbers = Numbers(Vec::new());
    model.visit(&mut numbers);
    // Matrices in the order of the fields: embedding, then q, k, v and output projections.
    let all = numbers.0;
    let matrices: Vec<_> = all.iter().filter(|(dims, _)| dims.len() == 2).collect();
    let stored = all.iter().find(|(dims, _)| dims.len() == 3).unwrap();
    let [embed, query, key, value, output] = matrices[..] else { panic!("{} matrices", matrices.len()) };
    assert_eq!(stored.0, [1, classes * patterns, width]);

    let rows = [[0.5, -1.0, 2.0], [0.0, 0.3, -0.2]];
    let logits = scalars(model.forward(Tensor::from_data(rows, &device)).unwrap()).unwrap();
    for (row, logits) in rows.iter().zip(logits.chunks_exact(classes)) {
        let selu = |x: f64| {
            let (scale, alpha) = (1.050_700_987_355_480_5, 1.673_263_242_354_377_2);
            scale * if x > 0.0 { x } else { alpha * x.exp_m1() }
        };
        let row: Vec<f64> = row.iter().map(|&x| f64::from(x as f32)).collect();
        let state: Vec<f64> = affine(&row, embed, None).into_iter().map(selu).collect();
        let q = affine(&normalised(&state), query, None);
        let keys: Vec<Vec<f64>> = stored.1.chunks_exact(width).map(normalised).collect();
        let mut read = vec![0.0; width];
        for head in 0..heads {
            let part = head * width / heads..(head + 1) * width / heads;
            let score = |k: &Vec<f64>| {
                let k = affine(k, key, None);
                beta * part.clone().map(|i| q[i] * k[i]).sum::<f64>()
            };
            let weights: Vec<f64> = keys.iter().map(|k| score(k).exp()).collect();
            let total: f64 = weights.iter().sum();
            for (weight, k) in weights.iter().zip(&keys) {
                let v = affine(k, value, None);
                part.clone().for_each(|i| read[i] += weight / total * v[i]);
            }
        }
        for (found, expected) in logits.iter().zip(affine(&read, output, None)) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }
}

#[test]
fn a_checkerboard_is_learned_and_noise_is_not() {
    let rng = &mut Draws::Fit(1).rng(1);
    let rows = Array2::from_shape_fn((600, 2), |_| rng.random_range(-1.0f32..1.0));
    let board: Vec<u32> = rows.outer_iter().map(|row| u32::from((row[0] > 0.0) != (row[1] > 0.0))).collect();
    let noise: Vec<u32> = (0..600).map(|_| rng.random_range(0..2)).collect();
    let training =
        TrainingConfig::adamw(0.005, 40).with_batch(8).with_stopping(Stopping::default().with_window(8));
    let split = Split { train: (0..400).collect(), held: (400..600).collect() };
    let config = TableConfig::new(2, 2).with_heads(8).with_beta(0.25).with_patterns(8);
    let reached = |classes: Vec<u32>| {
        let task = TableTask::new(rows.clone(), classes, config.clone()).unwrap();
        let fitted = Fit::new(&task, &training, 3).run(&split).unwrap();
        task.measure(&fitted.model, &split.held).unwrap()
    };
    // A linear score gets half of a checkerboard right.
    let (board, noise) = (reached(board), reached(noise));
    assert!(board > 0.9, "{board}");
    assert!(noise < 0.65, "{noise}");
}

#[test]
fn an_outlier_has_a_finite_gradient() {
    // exp(1e4) is infinite in f32.
    let rows = ndarray::array![[1e4f32, -1e4], [0.0, 1.0], [1.0, 0.0], [-1e4, 1e4]];
    let task = TableTask::new(rows, vec![0, 1, 0, 1], TableConfig::new(2, 2)).unwrap();
    let training = TrainingConfig::adamw(1e-3, 3).with_batch(4);
    let fitted = Fit::new(&task, &training, 1).run(&Split { train: (0..4).collect(), held: vec![] }).unwrap();
    assert!(fitted.history.epochs.iter().all(|epoch| epoch.loss.is_finite()));
}

#[test]
fn what_does_not_fit_is_refused() {
    let rng = &mut Draws::Weights.rng(0);
    let device = Device::flex();
    for config in [
        TableConfig::new(0, 2),
        TableConfig::new(2, 1),
        TableConfig::new(2, 2).with_heads(5),
        TableConfig::new(2, 2).with_heads(0),
        TableConfig::new(2, 2).with_beta(0.0),
        TableConfig::new(2, 2).with_patterns(0),
        TableConfig::new(2, 2).with_width(0),
    ] {
        assert!(config.init(&device, rng).is_err(), "{config}");
    }
    let rows = Array2::<f32>::zeros((3, 2));
    let config = TableConfig::new(2, 2);
    assert!(TableTask::new(rows.clone(), vec![0, 1], config.clone()).is_err());
    assert!(TableTask::new(rows.clone(), vec![0, 1, 2], config.clone()).is_err());
    assert!(TableTask::new(rows.clone() + f32::NAN, vec![0, 1, 1], config.clone()).is_err());
    assert!(TableTask::new(rows.clone(), vec![0, 1, 1], TableConfig::new(3, 2)).is_err());
    let model = config.init(&device, rng).unwrap();
    assert!(model.classify(Array2::zeros((1, 3)).view()).is_err());
    assert_eq!(model.classify(Array2::zeros((0, 2)).view()).unwrap(), Vec::<u32>::new());
}
