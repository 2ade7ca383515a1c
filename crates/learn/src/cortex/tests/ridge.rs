use super::*;
use crate::cortex::{Bias, RankOne, Ridge};

fn new(width: usize) -> Box<dyn Cortex> {
    Box::new(Ridge::new(width).unwrap())
}

#[test]
fn keeps_what_every_cortex_keeps() {
    holds_for(&new, 1e12);
}

/// Weights of the three classes of [`examples`], the biases behind each.
fn weights(cortex: &Ridge) -> Vec<f64> {
    [3, 5, 7]
        .iter()
        .flat_map(|&class| {
            let (weights, bias) = cortex.weights(class).unwrap();
            weights.iter().copied().chain([bias]).map(f64::from).collect::<Vec<_>>()
        })
        .collect()
}

/// The same by the exact reference, with the same penalty.
fn reference(examples: &[Example], width: usize, penalty: f64) -> Vec<f64> {
    let mut exact = RankOne::new(width, penalty, Bias::Constant).unwrap();
    learn(&mut exact, examples);
    [3, 5, 7]
        .iter()
        .flat_map(|&class| {
            let row = exact.weights(class).unwrap();
            row[1..].iter().copied().chain([row[0]]).collect::<Vec<_>>()
        })
        .collect()
}

fn apart(a: &[f64], b: &[f64]) -> f64 {
    let norm = |x: &mut dyn Iterator<Item = f64>| x.map(|x| x * x).sum::<f64>().sqrt();
    norm(&mut a.iter().zip(b).map(|(a, b)| a - b)) / norm(&mut b.iter().copied())
}

#[test]
fn weights_are_those_of_the_exact_regression_at_every_age() {
    // 100 examples are solved as examples, 700 by normal equations, 101 at the change from one to the other.
    for count in [1 + 20, 100, 101, 102, 700, 3_000] {
        let examples = examples(21, count, 100, 3);
        let mut cortex = Ridge::new(100).unwrap();
        learn(&mut cortex, &examples);
        cortex.settle().unwrap();
        let exact = reference(&examples, 100, cortex.penalty());
        let error = apart(&weights(&cortex), &exact);
        println!("{count} examples: relative error {error:.1e}");
        assert!(error < 1e-4, "{count}: {error}");
        let wrong = reference(&examples, 100, 2.0 * cortex.penalty());
        assert!(apart(&weights(&cortex), &wrong) > 1e-3);
    }
}

#[test]
fn the_first_readouts_have_every_example() {
    let examples = examples(22, 16, 100, 3);
    let mut cortex = Ridge::new(100).unwrap();
    for (count, example) in examples.iter().enumerate() {
        learn(&mut cortex, std::slice::from_ref(example));
        let now = scores(&cortex, &example.0);
        cortex.settle().unwrap();
        assert_eq!(now, scores(&cortex, &example.0), "{count}");
    }
}

#[test]
fn order_and_batches_do_not_matter() {
    let mut examples = examples(23, 1_500, 60, 3);
    let mut cortex = Ridge::new(60).unwrap();
    learn(&mut cortex, &examples);
    cortex.settle().unwrap();
    examples.rotate_left(777);
    examples.reverse();
    let mut other = Ridge::new(60).unwrap();
    for (index, example) in examples.iter().enumerate() {
        learn(&mut other, std::slice::from_ref(example));
        if index % 101 == 0 {
            other.settle().unwrap();
        }
    }
    other.settle().unwrap();
    assert!(apart(&weights(&other), &weights(&cortex)) < 1e-4);
}

#[test]
fn unlearning_restores_and_weight_two_is_twice() {
    for count in [40, 600] {
        let examples = examples(24, count, 60, 3);
        let mut cortex = Ridge::new(60).unwrap();
        learn(&mut cortex, &examples);
        cortex.settle().unwrap();
        let before = weights(&cortex);
        learn(&mut cortex, &examples[..30]);
        cortex.settle().unwrap();
        let mut heavy = Ridge::new(60).unwrap();
        for (index, e) in examples.iter().enumerate() {
            heavy.learn(&e.0, e.1, if index < 30 { 2.0 } else { 1.0 }).unwrap();
        }
        heavy.settle().unwrap();
        assert!(apart(&weights(&heavy), &weights(&cortex)) < 1e-4);
        assert!(apart(&weights(&heavy), &before) > 1e-3);
        for e in &examples[..30] {
            assert!(cortex.unlearn(&e.0, e.1, 1.0).unwrap());
            assert!(heavy.unlearn(&e.0, e.1, 1.0).unwrap());
        }
        cortex.settle().unwrap();
        heavy.settle().unwrap();
        assert!(apart(&weights(&cortex), &before) < 1e-4, "{count}");
        assert!(apart(&weights(&heavy), &before) < 1e-4, "{count}");
    }
}

#[test]
fn forgetting_a_class_leaves_the_scores_of_the_others() {
    let examples = examples(25, 900, 50, 3);
    let mut cortex = Ridge::new(50).unwrap();
    learn(&mut cortex, &examples);
    cortex.settle().unwrap();
    let before = scores(&cortex, &examples[0].0);
    cortex.forget(5);
    cortex.settle().unwrap();
    let mut after = scores(&cortex, &examples[0].0);
    assert_eq!(after[5], f32::NEG_INFINITY);
    after[5] = before[5];
    assert_eq!(after, before);
}

#[test]
fn a_pending_solve_is_saved_and_taken_over_at_the_same_count() {
    let examples = examples(26, 1_200, 200, 3);
    let mut cortex = Ridge::new(200).unwrap();
    let mut pending = 0;
    for (index, example) in examples.iter().enumerate() {
        learn(&mut cortex, std::slice::from_ref(example));
        if index % 50 == 7 {
            let bytes = saved(&cortex);
            pending += usize::from(cortex.is_solving());
            let mut copy = loaded(&bytes);
            let ahead = &examples[index + 1..(index + 60).min(examples.len())];
            let mut other = loaded(&bytes);
            for example in ahead {
                learn(&mut *copy, std::slice::from_ref(example));
                learn(&mut *other, std::slice::from_ref(example));
                other = loaded(&saved(&*other));
            }
            assert_eq!(saved(&*copy), saved(&*other));
        }
    }
    assert!(pending > 3, "{pending}");
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let examples = examples(27, 1_500, 300, 3);
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut cortex = Ridge::new(300).unwrap();
            learn(&mut cortex, &examples);
            saved(&cortex)
        })
    };
    assert!(run(1) == run(2));
}

#[test]
fn class_numbers_may_have_gaps_and_come_late() {
    let mut cortex = Ridge::new(2).unwrap();
    for round in 0..300 {
        let side = f32::from(round % 2 == 0);
        cortex.learn(&[side, 1.0 - side], if round % 2 == 0 { 60_000 } else { 7 }, 1.0).unwrap();
    }
    for _ in 0..100 {
        cortex.learn(&[-1.0, -1.0], 100, 1.0).unwrap();
    }
    cortex.settle().unwrap();
    for (probe, class) in [([1.0, 0.0], 60_000), ([0.0, 1.0], 7), ([-1.0, -1.0], 100)] {
        let scores = scores(&cortex, &probe);
        assert_eq!(scores.len(), 60_001);
        assert_eq!((0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b])), Some(class));
    }
}
