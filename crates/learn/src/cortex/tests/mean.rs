use super::*;
use crate::cortex::NearestMean;

fn new(width: usize) -> Box<dyn Cortex> {
    Box::new(NearestMean::new(width).unwrap())
}

#[test]
fn keeps_what_every_cortex_keeps() {
    holds_for(&new, 1e12);
}

#[test]
fn means_and_variance_are_those_of_two_passes() {
    let examples = examples(1, 300, 5, 3);
    let mut cortex = NearestMean::new(5).unwrap();
    learn(&mut cortex, &examples);
    let mut scatter = 0.0;
    for class in [3, 5, 7] {
        let own: Vec<_> = examples.iter().filter(|e| e.1 == class).collect();
        for i in 0..5 {
            let mean = own.iter().map(|e| f64::from(e.0[i])).sum::<f64>() / own.len() as f64;
            scatter += own.iter().map(|e| (f64::from(e.0[i]) - mean).powi(2)).sum::<f64>();
            assert!((cortex.mean(class).unwrap()[i] - mean).abs() < 1e-12);
        }
    }
    assert!((cortex.variance() - scatter / 1_500.0).abs() < 1e-12);
}

#[test]
fn order_does_not_matter_weight_two_is_twice_and_unlearning_restores() {
    let examples = examples(2, 200, 6, 3);
    let probe = &examples[0].0;
    let mut cortex = NearestMean::new(6).unwrap();
    learn(&mut cortex, &examples);
    let (before, variance) = (scores(&cortex, probe), cortex.variance());

    let mut reversed = NearestMean::new(6).unwrap();
    learn(&mut reversed, &examples.iter().rev().cloned().collect::<Vec<_>>());
    assert!((reversed.variance() - variance).abs() < 1e-12);
    assert!(difference(&before, &scores(&reversed, probe)) < 1e-6);

    let mut twice = NearestMean::new(6).unwrap();
    learn(&mut twice, &examples);
    learn(&mut twice, &examples[..1]);
    let mut heavy = NearestMean::new(6).unwrap();
    heavy.learn(probe, examples[0].1, 2.0).unwrap();
    learn(&mut heavy, &examples[1..]);
    assert!((twice.variance() - heavy.variance()).abs() < 1e-12);
    assert!((twice.variance() - variance).abs() > 1e-6);

    assert!(twice.unlearn(probe, examples[0].1, 1.0).unwrap());
    assert!((twice.variance() - variance).abs() < 1e-12);
    assert!(difference(&before, &scores(&twice, probe)) < 1e-6);
}

#[test]
fn a_class_whose_last_example_was_unlearned_is_gone() {
    let mut cortex = NearestMean::new(1).unwrap();
    learn(&mut cortex, &[(vec![0.0], 0, 1.0), (vec![4.0], 1, 1.0)]);
    assert_eq!(cortex.variance(), 4.0); // of the means, for want of spread within the classes
    assert!(cortex.unlearn(&[4.0], 1, 1.0).unwrap());
    assert_eq!(scores(&cortex, &[4.0])[1], f32::NEG_INFINITY);
    assert_eq!(cortex.variance(), 1.0);
}
