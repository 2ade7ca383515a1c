use super::*;
use crate::cortex::{Bias, RankOne};

fn new(width: usize) -> Box<dyn Cortex> {
    Box::new(RankOne::new(width, 1e-2, Bias::Constant).unwrap())
}

fn close(a: &[f64], b: &[f64], tolerance: f64) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < tolerance)
}

#[test]
fn keeps_what_every_cortex_keeps() {
    holds_for(&new, 1e3);
}

#[test]
fn two_examples_by_hand() {
    let mut cortex = RankOne::new(2, 1.0, Bias::None).unwrap();
    cortex.learn(&[1.0, 1.0], 0, 1.0).unwrap();
    assert!(close(cortex.inverse(), &[2.0 / 3.0, -1.0 / 3.0, -1.0 / 3.0, 2.0 / 3.0], 1e-15));
    assert!(close(cortex.weights(0).unwrap(), &[1.0 / 3.0, 1.0 / 3.0], 1e-15));
    cortex.learn(&[1.0, 0.0], 1, 1.0).unwrap();
    assert!(close(cortex.inverse(), &[0.4, -0.2, -0.2, 0.6], 1e-15));
    assert!(close(cortex.weights(0).unwrap(), &[0.2, 0.4], 1e-15));
    // A penalty of 2 is another regression.
    let mut other = RankOne::new(2, 2.0, Bias::None).unwrap();
    other.learn(&[1.0, 1.0], 0, 1.0).unwrap();
    assert!(!close(other.weights(0).unwrap(), &[1.0 / 3.0, 1.0 / 3.0], 1e-3));
}

#[test]
fn order_does_not_matter_weight_two_is_twice_and_unlearning_restores() {
    let examples = examples(11, 5_000, 12, 3);
    let weights = |cortex: &RankOne| [3, 5, 7].map(|c| cortex.weights(c).unwrap().to_vec()).concat();
    let mut cortex = RankOne::new(12, 0.1, Bias::Constant).unwrap();
    learn(&mut cortex, &examples);
    let expected = weights(&cortex);
    let mut reversed = RankOne::new(12, 0.1, Bias::Constant).unwrap();
    learn(&mut reversed, &examples.iter().rev().cloned().collect::<Vec<_>>());
    assert!(close(&weights(&reversed), &expected, 1e-10));
    assert!(cortex.residual() < 1e-10, "{}", cortex.residual());

    let mut heavy = RankOne::new(12, 0.1, Bias::Constant).unwrap();
    examples.iter().for_each(|e| heavy.learn(&e.0, e.1, 2.0).unwrap());
    learn(&mut cortex, &examples);
    assert!(close(&weights(&heavy), &weights(&cortex), 1e-10));
    assert!(!close(&weights(&heavy), &expected, 1e-10));
    for e in &examples {
        assert!(cortex.unlearn(&e.0, e.1, 1.0).unwrap());
    }
    assert!(close(&weights(&cortex), &expected, 1e-10));
}

#[test]
fn what_was_not_learned_cannot_be_unlearned() {
    let mut cortex = RankOne::new(2, 1.0, Bias::None).unwrap();
    cortex.learn(&[1.0, 0.0], 0, 1.0).unwrap();
    let before = saved(&cortex);
    assert!(cortex.unlearn(&[3.0, 3.0], 0, 1.0).is_err());
    assert_eq!(saved(&cortex), before);
}
