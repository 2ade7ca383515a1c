//! What holds for every cortex, and helpers.

mod discriminant;
mod mean;
mod mnist;
mod rank_one;
mod ridge;

use attractor_store::wire::{Reader, Writer};
use rand::RngExt;

use super::{Cortex, load};

/// An example: features, class, weight.
pub(crate) type Example = (Vec<f32>, u32, f32);

/// `count` examples of `classes` classes (numbers 3, 5, 7, …) with entries between 0 and 2, weights 1.
pub(crate) fn examples(seed: u64, count: usize, width: usize, classes: u32) -> Vec<Example> {
    let mut rng = attractor_data::stream(seed, "examples");
    let centres: Vec<Vec<f32>> =
        (0..classes).map(|_| (0..width).map(|_| rng.random::<f32>()).collect()).collect();
    (0..count)
        .map(|_| {
            let class = rng.random_range(0..classes);
            let features = centres[class as usize].iter().map(|c| c + rng.random::<f32>()).collect();
            (features, 3 + 2 * class, 1.0)
        })
        .collect()
}

pub(crate) fn learn(cortex: &mut dyn Cortex, examples: &[Example]) {
    for (features, class, weight) in examples {
        cortex.learn(features, *class, *weight).unwrap();
    }
}

pub(crate) fn scores(cortex: &dyn Cortex, features: &[f32]) -> Vec<f32> {
    let mut out = vec![];
    cortex.readout().scores(features, &mut out);
    out
}

pub(crate) fn saved(cortex: &dyn Cortex) -> Vec<u8> {
    let mut to = Writer::new();
    cortex.save(&mut to);
    to.finish()
}

pub(crate) fn loaded(bytes: &[u8]) -> Box<dyn Cortex> {
    let mut from = Reader::new(bytes, "a cortex");
    let cortex = load(&mut from).unwrap();
    from.end().unwrap();
    cortex
}

/// Largest difference of finite scores, relative to the largest score; infinite ones must agree.
pub(crate) fn difference(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let largest = a.iter().filter(|x| x.is_finite()).fold(1e-30, |m, x| f64::max(m, f64::from(x.abs())));
    a.iter()
        .zip(b)
        .filter(|(a, b)| a != b)
        .map(|(a, b)| f64::from((a - b).abs()) / largest)
        .fold(0.0, f64::max)
}

/// What every cortex must do; `new` makes one of the given width, which takes features up to `largest`.
pub(crate) fn holds_for(new: &dyn Fn(usize) -> Box<dyn Cortex>, largest: f32) {
    refuses_wrong_input_and_changes_nothing(new);
    answers_from_one_class_and_from_constants(new, largest);
    continues_with_the_same_bits(new);
    forgets_and_learns_anew(new);
    refuses_damaged_bytes(new);
}

fn refuses_wrong_input_and_changes_nothing(new: &dyn Fn(usize) -> Box<dyn Cortex>) {
    let mut cortex = new(2);
    learn(&mut *cortex, &[(vec![1.0, 2.0], 1, 1.0), (vec![2.0, 1.0], 0, 1.0)]);
    let before = saved(&*cortex);
    let wrong: [Example; 7] = [
        (vec![1.0], 0, 1.0),
        (vec![1.0, f32::NAN], 0, 1.0),
        (vec![1.0, f32::INFINITY], 0, 1.0),
        (vec![1.0, 1e13], 0, 1.0),
        (vec![1.0, 1.0], 65_536, 1.0),
        (vec![1.0, 1.0], 0, 0.0),
        (vec![1.0, 1.0], 0, f32::NAN),
    ];
    for (features, class, weight) in &wrong {
        assert!(cortex.learn(features, *class, *weight).is_err());
        assert!(cortex.unlearn(features, *class, *weight).is_err());
    }
    assert!(!cortex.unlearn(&[1.0, 1.0], 9, 1.0).unwrap());
    cortex.forget(9);
    assert_eq!(saved(&*cortex), before);
}

fn answers_from_one_class_and_from_constants(new: &dyn Fn(usize) -> Box<dyn Cortex>, largest: f32) {
    let mut cortex = new(3);
    assert!(scores(&*cortex, &[0.0; 3]).is_empty());
    cortex.settle().unwrap();
    for value in [0.0, 1.0, largest, -largest, 1e-30] {
        let mut cortex = new(3);
        for round in 0..300 {
            cortex.learn(&[value; 3], 4, 1.0).unwrap();
            let scores = scores(&*cortex, &[value; 3]);
            assert!(scores.iter().all(|s| !s.is_nan()), "{value} {round}");
        }
        cortex.settle().unwrap();
        let one = scores(&*cortex, &[value; 3]);
        assert_eq!(one.len(), 5);
        assert!(one[4].is_finite() && one[..4].iter().all(|&s| s == f32::NEG_INFINITY));
        cortex.learn(&[value; 3], 2, 1.0).unwrap();
        cortex.settle().unwrap();
        let two = scores(&*cortex, &[value; 3]);
        assert!(two[4].is_finite() && two[2].is_finite());
    }
}

fn continues_with_the_same_bits(new: &dyn Fn(usize) -> Box<dyn Cortex>) {
    let examples = examples(5, 900, 70, 4);
    let mut one = new(70);
    let mut other = new(70);
    for (index, example) in examples.iter().enumerate() {
        learn(&mut *one, std::slice::from_ref(example));
        learn(&mut *other, std::slice::from_ref(example));
        if index % 37 == 0 {
            other = loaded(&saved(&*other));
        }
        if index % 61 == 0 {
            one.unlearn(&example.0, example.1, 1.0).unwrap();
            other.unlearn(&example.0, example.1, 1.0).unwrap();
        }
        assert_eq!(scores(&*one, &examples[0].0), scores(&*other, &examples[0].0), "{index}");
    }
    assert_eq!(saved(&*one), saved(&*other));
}

fn forgets_and_learns_anew(new: &dyn Fn(usize) -> Box<dyn Cortex>) {
    let examples = examples(6, 700, 40, 3);
    let mut cortex = new(40);
    learn(&mut *cortex, &examples[..600]);
    cortex.forget(5);
    let gone = |cortex: &dyn Cortex| scores(cortex, &examples[0].0)[5] == f32::NEG_INFINITY;
    assert!(gone(&*cortex));
    let others: Vec<_> = examples[600..].iter().filter(|e| e.1 != 5).cloned().collect();
    for example in &others {
        learn(&mut *cortex, std::slice::from_ref(example));
        assert!(gone(&*cortex));
    }
    cortex.settle().unwrap();
    assert!(gone(&*cortex));
    learn(&mut *cortex, &examples[..60]);
    cortex.settle().unwrap();
    assert!(!gone(&*cortex));
}

fn refuses_damaged_bytes(new: &dyn Fn(usize) -> Box<dyn Cortex>) {
    let mut cortex = new(4);
    learn(&mut *cortex, &examples(7, 40, 4, 3));
    let bytes = saved(&*cortex);
    for cut in 0..bytes.len() {
        assert!(load(&mut Reader::new(&bytes[..cut], "cut")).is_err(), "{cut}");
    }
    let mut rng = attractor_data::stream(8, "damage");
    for _ in 0..2_000 {
        let mut damaged = bytes.clone();
        let at = rng.random_range(0..damaged.len());
        damaged[at] ^= 1 << rng.random_range(0..8);
        let Ok(mut cortex) = load(&mut Reader::new(&damaged, "damaged")) else { continue };
        if cortex.width() == 4 {
            let _ = cortex.learn(&[1.0; 4], 3, 1.0);
            let _ = cortex.unlearn(&[1.0; 4], 3, 1.0);
            let _ = cortex.settle();
            scores(&*cortex, &[1.0; 4]);
        }
    }
}

#[test]
fn an_unknown_kind_is_refused() {
    let mut to = Writer::new();
    to.str("parrot");
    assert!(load(&mut Reader::new(&to.finish(), "a cortex")).is_err());
}
