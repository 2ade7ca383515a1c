//! Nested cross-validation: the test fold is never looked at, and folds that leak are refused.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use std::sync::Mutex;

use attractor_nets::Error;
use attractor_nets::training::{Chosen, Draws, Fit, Split, Task, TrainingConfig, nested, scalars, select};
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

#[derive(Module, Debug)]
struct Line {
    slope: Param<Tensor<2>>,
}

/// A linear rule on the first `width` of four inputs, one of which decides the label.
struct Rows {
    inputs: Vec<[f32; 4]>,
    labels: Vec<f32>,
    width: usize,
}

impl Rows {
    fn new(width: usize, labels: Vec<f32>) -> Self {
        let mut rng = Draws::Fit(1).rng(4);
        let inputs =
            (0..labels.len()).map(|_| std::array::from_fn(|_| rng.random_range(-1.0..1.0))).collect();
        Self { inputs, labels, width }
    }

    fn tensors(&self, of: &[usize], device: &Device) -> (Tensor<2>, Tensor<2>) {
        let rows: Vec<f32> = of.iter().flat_map(|&i| self.inputs[i][..self.width].to_vec()).collect();
        let labels: Vec<f32> = of.iter().map(|&i| self.labels[i]).collect();
        let tensor = |list, width| Tensor::from_data(TensorData::new(list, [of.len(), width]), device);
        (tensor(rows, self.width), tensor(labels, 1))
    }
}

impl Task for Rows {
    type Model = Line;

    fn init(&self, device: &Device, _: &mut ChaCha8Rng) -> Result<Line, Error> {
        Ok(Line { slope: Param::from_tensor(Tensor::zeros([self.width, 1], device)) })
    }

    fn loss(
        &self,
        model: &Line,
        batch: &[usize],
        device: &Device,
        _: &mut ChaCha8Rng,
    ) -> Result<Tensor<1>, Error> {
        let (x, y) = self.tensors(batch, device);
        Ok((x.matmul(model.slope.val()) - y).square().mean())
    }

    fn measure(&self, model: &Line, set: &[usize]) -> Result<f64, Error> {
        let (x, y) = self.tensors(set, &Device::flex());
        Ok(-scalars((x.matmul(model.slope.val()) - y).square().mean())?[0])
    }
}

fn labels() -> Vec<f32> {
    let rows = Rows::new(4, vec![0.0; 30]);
    rows.inputs.iter().map(|x| x[2]).collect()
}

/// Test folds of ten samples each.
fn outer() -> Vec<Split> {
    let fold = |k: usize| {
        let (held, train) = (0..30).partition(|i| i % 3 == k);
        Split { train, held }
    };
    (0..3).map(fold).collect()
}

fn halves(train: &[usize]) -> Vec<Split> {
    let (a, b) = train.split_at(train.len() / 2);
    let split = |train: &[usize], held: &[usize]| Split { train: train.to_vec(), held: held.to_vec() };
    vec![split(a, b), split(b, a)]
}

fn run(labels: &[f32], outer: &[Split], threads: usize) -> Vec<(Chosen, f64)> {
    let candidates: Vec<Rows> = (1..=4).map(|width| Rows::new(width, labels.to_vec())).collect();
    let config = TrainingConfig::sgd(0.3, 20).with_batch(5);
    let fit = |candidate: usize, split: &Split| {
        let task = &candidates[candidate];
        let fitted = Fit::new(task, &config, 1).run(&Split { held: vec![], ..split.clone() })?;
        task.measure(&fitted.model, &split.held)
    };
    let measure = |chosen: Chosen, split: &Split| fit(chosen.candidate, split).map(|value| (chosen, value));
    nested(outer, 30, 4, threads, |train| Ok(halves(train)), fit, measure).unwrap()
}

#[test]
fn the_candidate_that_sees_the_rule_is_chosen() {
    for (chosen, measure) in run(&labels(), &outer(), 2) {
        assert!(chosen.candidate >= 2, "the rule needs three inputs: {chosen:?}");
        assert!(measure > -0.05, "{measure}");
    }
}

#[test]
fn test_labels_do_not_reach_the_choice() {
    let honest = run(&labels(), &outer(), 2);
    for fold in 0..3 {
        let mut poisoned = labels();
        outer()[fold].held.iter().for_each(|&i| poisoned[i] = f32::NAN);
        // The folds that learn from the poison diverge, so only the one that tests on it is run.
        let found = run(&poisoned, &outer()[fold..=fold], 2);
        assert_eq!(found[0].0, honest[fold].0, "the same choice from the same means");
        assert!(found[0].1.is_nan(), "the poison is in the test");
    }
}

#[test]
fn choosing_is_given_no_index_of_the_test_fold() {
    let seen = Mutex::new(Vec::new());
    let score = |_: usize, split: &Split| {
        seen.lock().unwrap().push(split.clone());
        Ok::<_, Error>(0.0)
    };
    let inner = |train: &[usize]| {
        assert!(outer().iter().any(|split| split.train == train));
        Ok(halves(train))
    };
    nested(&outer()[..1], 30, 2, 2, inner, score, |_, _| Ok(())).unwrap();
    let seen = seen.into_inner().unwrap();
    assert_eq!(seen.len(), 4);
    let held = &outer()[0].held;
    assert!(seen.iter().all(|split| split.train.iter().chain(&split.held).all(|i| !held.contains(i))));
}

#[test]
fn threads_change_nothing() {
    assert_eq!(run(&labels(), &outer(), 1), run(&labels(), &outer(), 3));
}

#[test]
fn folds_that_leak_are_refused() {
    let nested_with = |outer: Vec<Split>, leak: Option<usize>| {
        let inner = |train: &[usize]| {
            let mut folds = halves(train);
            folds[0].train.extend(leak);
            Ok::<_, Error>(folds)
        };
        nested(&outer, 30, 2, 1, inner, |_, _| Ok(0.0), |_, _| Ok(())).unwrap_err().to_string()
    };
    let mut leaking = outer();
    leaking[1].train.push(4);
    assert_eq!(nested_with(leaking, None), "fold 1: sample 4 is learned from and held out at once");
    let mut beyond = outer();
    beyond[2].held.push(30);
    assert_eq!(nested_with(beyond, None), "fold 2: sample 30 is not among the samples");
    let empty = vec![Split { train: vec![1], held: vec![] }];
    assert_eq!(nested_with(empty, None), "fold 0: no sample is held out");
    let text = nested_with(outer(), Some(0));
    assert_eq!(text, "fold 0: sample 0 is for choosing, but is no training sample of its outer fold");
}

#[test]
fn a_score_that_is_no_number_is_left_out() {
    let folds = halves(&[0, 1, 2, 3]);
    let scores = [[f64::NAN, 0.5], [0.4, 0.4], [f64::NAN, f64::NAN]];
    let score =
        |candidate: usize, split: &Split| Ok::<_, Error>(scores[candidate][usize::from(split.train[0] != 0)]);
    let chosen = select(3, &folds, 1, score).unwrap();
    assert_eq!((chosen.candidate, chosen.means), (0, vec![0.5, 0.4, f64::NEG_INFINITY]));
}
