use super::*;
use crate::cortex::{Discriminant, factor};

fn new(width: usize) -> Box<dyn Cortex> {
    Box::new(Discriminant::new(width).unwrap())
}

const STREAM: [(f32, u32); 5] = [(0.0, 0), (5.0, 1), (2.0, 0), (9.0, 1), (7.0, 1)];

#[test]
fn keeps_what_every_cortex_keeps() {
    holds_for(&new, 1e12);
}

#[test]
fn the_covariance_of_the_short_stream_is_exactly_two() {
    let mut cortex = Discriminant::new(1).unwrap();
    STREAM.iter().for_each(|&(z, class)| cortex.learn(&[z], class, 1.0).unwrap());
    assert_eq!((cortex.mean(0), cortex.mean(1)), (Some(&[1.0][..]), Some(&[7.0][..])));
    assert_eq!(cortex.covariance(), [2.0]);

    // What it must not be: the running recursion of the field, which counts a first example from 0 …
    let (mut sigma, mut means, mut counts) = (0.0, [0.0; 2], [0.0; 2]);
    for (t, &(z, class)) in STREAM.iter().enumerate() {
        let (t, z, k) = (t as f64, f64::from(z), class as usize);
        let deviation: f64 = z - means[k];
        sigma = (t * sigma + t / (t + 1.0) * deviation * deviation) / (t + 1.0);
        counts[k] += 1.0;
        means[k] += deviation / counts[k];
    }
    assert!((sigma - 5.433333).abs() < 1e-6 && (cortex.covariance()[0] - sigma).abs() > 3.0);
    // … nor the covariance about the mean of all classes.
    let mean = STREAM.iter().map(|s| f64::from(s.0)).sum::<f64>() / 5.0;
    let total = STREAM.iter().map(|s| (f64::from(s.0) - mean).powi(2)).sum::<f64>() / 5.0;
    assert!((cortex.covariance()[0] - total).abs() > 3.0);
}

/// Scores by the definition, in f64, from two passes over the examples.
fn direct(examples: &[Example], n: usize, eps: f64, z: &[f32]) -> Vec<(u32, f64)> {
    let mut numbers: Vec<u32> = examples.iter().map(|e| e.1).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut sigma = vec![0.0; n * n];
    let mut means = vec![];
    for class in &numbers {
        let own: Vec<_> = examples.iter().filter(|e| e.1 == *class).collect();
        let mean: Vec<f64> =
            (0..n).map(|i| own.iter().map(|e| f64::from(e.0[i])).sum::<f64>() / own.len() as f64).collect();
        for e in own {
            let d: Vec<f64> = e.0.iter().zip(&mean).map(|(&z, m)| f64::from(z) - m).collect();
            (0..n * n).for_each(|at| sigma[at] += d[at / n] * d[at % n] / examples.len() as f64);
        }
        means.extend(mean);
    }
    let variance = (0..n).map(|i| sigma[i * n + i]).sum::<f64>() / n as f64;
    sigma.iter_mut().for_each(|s| *s *= 1.0 - eps);
    (0..n).for_each(|i| sigma[i * n + i] += eps * variance);
    factor::cholesky(&mut sigma, n).unwrap();
    let mut weights = means.clone();
    factor::solve(&sigma, n, &mut weights);
    let score = |k: usize| {
        let w = &weights[k * n..][..n];
        let (own, there): (f64, f64) = w
            .iter()
            .zip(&means[k * n..])
            .zip(z)
            .fold((0.0, 0.0), |(own, there), ((w, m), &z)| (own + w * m, there + w * f64::from(z)));
        there - own / 2.0
    };
    numbers.iter().enumerate().map(|(k, &class)| (class, score(k))).collect()
}

#[test]
fn scores_are_those_of_the_definition_in_any_order() {
    let examples = examples(3, 500, 20, 4);
    let probe = &examples[7].0;
    let expected = direct(&examples, 20, 1e-4, probe);
    for order in 0..3 {
        let mut shuffled = examples.clone();
        shuffled.rotate_left(order * 123);
        if order == 2 {
            shuffled.reverse();
        }
        let mut cortex = Discriminant::new(20).unwrap();
        learn(&mut cortex, &shuffled);
        cortex.settle().unwrap();
        let scores = scores(&cortex, probe);
        let (first, zero) = (expected[0].1, f64::from(scores[expected[0].0 as usize]));
        for &(class, score) in &expected {
            let ours = f64::from(scores[class as usize]) - zero;
            assert!((ours - (score - first)).abs() < 1e-3 * (1.0 + (score - first).abs()), "{class}");
        }
    }
}

#[test]
fn unlearning_restores_and_weight_two_is_twice() {
    let examples = examples(4, 300, 10, 3);
    let mut cortex = Discriminant::new(10).unwrap();
    learn(&mut cortex, &examples);
    let before = cortex.covariance();
    let apart = |cortex: &Discriminant| {
        let now = cortex.covariance();
        before.iter().zip(&now).fold(0.0, |m, (a, b)| f64::max(m, (a - b).abs()))
    };
    learn(&mut cortex, &examples[..50]);
    let mut heavy = Discriminant::new(10).unwrap();
    for (i, e) in examples.iter().enumerate() {
        heavy.learn(&e.0, e.1, if i < 50 { 2.0 } else { 1.0 }).unwrap();
    }
    let twice = cortex.covariance();
    assert!(heavy.covariance().iter().zip(&twice).all(|(a, b)| (a - b).abs() < 1e-12));
    assert!(apart(&cortex) > 1e-4);
    for e in &examples[..50] {
        assert!(cortex.unlearn(&e.0, e.1, 1.0).unwrap());
    }
    assert!(apart(&cortex) < 1e-12);
}

#[test]
fn scaling_the_features_changes_no_score() {
    let examples = examples(9, 200, 8, 3);
    let scaled: Vec<Example> =
        examples.iter().map(|(f, c, w)| (f.iter().map(|x| x * 1024.0).collect(), *c, *w)).collect();
    let (mut one, mut other) = (Discriminant::new(8).unwrap(), Discriminant::new(8).unwrap());
    learn(&mut one, &examples);
    learn(&mut other, &scaled);
    assert!(difference(&scores(&one, &examples[0].0), &scores(&other, &scaled[0].0)) < 1e-5);
}
