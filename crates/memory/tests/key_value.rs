//! The key-value memory: order of the plastic updates, slots, stability, gate, bad input.

#![allow(clippy::unwrap_used)]

use attractor_memory::Error;
use attractor_memory::key_value::{Gate, KeyValue, Output, Shape, Slots, Stability, Values, WriteRule};
use ndarray::{Array1, Array2, array};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

fn signs(width: usize, rng: &mut ChaCha8Rng) -> Array1<f64> {
    Array1::from_shape_simple_fn(width, || if rng.random() { 1.0 } else { -1.0 })
}

fn auto(slots: usize, width: usize, rule: WriteRule, rng: &mut ChaCha8Rng) -> KeyValue {
    KeyValue::new(Shape { slots, key: width, value: width }, rule, rng).unwrap()
}

fn store(memory: &mut KeyValue, x: &Array1<f64>, q: f64, rng: &mut ChaCha8Rng) -> Vec<usize> {
    memory.write(x.view(), x.view(), q, rng).unwrap().slots
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() < tolerance
}

#[test]
fn keys_are_written_before_the_activity_that_binds_the_value() {
    let mut rng = rng(1);
    let mut memory = auto(2, 2, WriteRule::cyclic(), &mut rng);
    let (a, b) = (array![1.0, -1.0], array![1.0, 1.0]);
    assert_eq!(store(&mut memory, &a, 1.0, &mut rng), [0]);
    assert_eq!(memory.keys().row(0), a);
    let after = memory.read(a.view(), Output::Linear).unwrap();
    assert!(close(after.weights[0], 0.880797, 5e-7) && close(after.weights[1], 0.119203, 5e-7));
    assert!(close(memory.values()[[0, 0]], 0.880797, 5e-7));
    assert!(close(memory.values()[[1, 0]], -0.880797, 5e-7));

    assert_eq!(store(&mut memory, &b, 1.0, &mut rng), [1]);
    assert!(memory.values().column(1).iter().all(|&v| close(v, 0.880797, 5e-7)));
    let back = memory.read(a.view(), Output::Linear).unwrap().value;
    assert!(close(back[0], 0.880797, 5e-7) && close(back[1], -0.670810, 5e-7), "{back}");
    assert_eq!(memory.read(a.view(), Output::Sign).unwrap().value, a);
}

/// The rule again, written out entry by entry for every slot.
struct Naive {
    k: Array2<f64>,
    v: Array2<f64>,
}

impl Naive {
    fn write(
        &mut self,
        x: &Array1<f64>,
        y: &Array1<f64>,
        gamma: &[usize],
        rates: (f64, f64),
        passive: Option<f64>,
    ) {
        let (slots, width) = self.k.dim();
        let eta = |rate: f64, i: usize| if gamma.contains(&i) { rate } else { 0.0 };
        for i in 0..slots {
            for j in 0..width {
                let e = eta(rates.0, i);
                self.k[[i, j]] = (1.0 - e.clamp(0.0, 1.0)) * self.k[[i, j]] + e * x[j];
            }
        }
        let exponentials: Vec<f64> = (0..slots).map(|i| self.k.row(i).dot(x).exp()).collect();
        let total: f64 = exponentials.iter().sum();
        for i in 0..slots {
            let (keep, e) = match passive {
                None => (1.0 - eta(rates.1, i).clamp(0.0, 1.0), eta(rates.1, i)),
                Some(decay) => (decay, rates.1),
            };
            for o in 0..y.len() {
                self.v[[o, i]] = keep * self.v[[o, i]] + e * y[o] * exponentials[i] / total;
            }
        }
    }
}

#[test]
fn every_rule_equals_the_naive_one() {
    let rules = [
        WriteRule::cyclic(),
        WriteRule::least_recent(),
        WriteRule::bernoulli(0.3),
        WriteRule { key_rate: 0.7, value_rate: 0.4, ..WriteRule::cyclic() },
        WriteRule { key_rate: 1.5, value_rate: 3.0, ..WriteRule::bernoulli(0.5) },
        WriteRule { values: Values::All { decay: 0.9 }, ..WriteRule::bernoulli(0.3) },
        WriteRule {
            slots: Slots::LinearDynamics { idle: (1.3, 0.02), taken: (0.1, 0.0) },
            ..WriteRule::cyclic()
        },
    ];
    for (seed, rule) in rules.into_iter().enumerate() {
        let mut rng = rng(seed as u64);
        let mut memory = KeyValue::new(Shape { slots: 5, key: 4, value: 3 }, rule, &mut rng).unwrap();
        let mut naive = Naive { k: memory.keys().to_owned(), v: memory.values().to_owned() };
        let passive = match rule.values {
            Values::Chosen => None,
            Values::All { decay } => Some(decay),
        };
        for _ in 0..30 {
            let x = Array1::from_shape_simple_fn(4, || rng.random_range(-1.0..1.0));
            let y = Array1::from_shape_simple_fn(3, || rng.random_range(-1.0..1.0));
            let slots = memory.write(x.view(), y.view(), 1.0, &mut rng).unwrap().slots;
            naive.write(&x, &y, &slots, (rule.key_rate, rule.value_rate), passive);
            let off = (&memory.keys() - &naive.k)
                .iter()
                .chain(&(&memory.values() - &naive.v))
                .fold(0.0, |a: f64, d| a.max(d.abs()));
            assert!(off < 1e-12, "{rule:?}: {off}");
        }
    }
}

#[test]
fn as_many_patterns_as_slots_are_recalled_from_partial_cues() {
    for rule in [WriteRule::cyclic(), WriteRule::least_recent()] {
        let mut rng = rng(3);
        let mut memory = auto(40, 80, rule, &mut rng);
        let patterns: Vec<_> = (0..40).map(|_| signs(80, &mut rng)).collect();
        for x in &patterns {
            store(&mut memory, x, 1.0, &mut rng);
        }
        for x in &patterns {
            let mut cue = x.clone();
            cue.iter_mut().step_by(2).for_each(|c| *c = 0.0);
            assert_eq!(memory.read(cue.view(), Output::Sign).unwrap().value, x);
        }
    }
}

#[test]
fn slots_are_overwritten_in_their_order() {
    let mut rng = rng(4);
    let mut cyclic = auto(4, 3, WriteRule::cyclic(), &mut rng);
    let x = array![1.0, -1.0, 1.0];
    let order: Vec<_> = (0..9).flat_map(|_| store(&mut cyclic, &x, 1.0, &mut rng)).collect();
    assert_eq!(order, [0, 1, 2, 3, 0, 1, 2, 3, 0]);

    let mut orders = vec![];
    for seed in 0..8 {
        let mut rng = self::rng(seed);
        let mut recent = auto(4, 3, WriteRule::least_recent(), &mut rng);
        let order: Vec<_> = (0..12).flat_map(|_| store(&mut recent, &x, 1.0, &mut rng)).collect();
        let mut first = order[..4].to_vec();
        assert_eq!((&order[4..8], &order[8..]), (&order[..4], &order[..4]));
        orders.push(first.clone());
        first.sort_unstable();
        assert_eq!(first, [0, 1, 2, 3]);
    }
    orders.dedup();
    assert!(orders.len() > 1);
}

#[test]
fn random_writes_have_their_rate_and_repeat_with_their_seed() {
    let x = array![1.0, -1.0, 1.0];
    let run = |seed| {
        let mut rng = rng(seed);
        let mut memory = auto(50, 3, WriteRule::bernoulli(0.1), &mut rng);
        let counts: Vec<usize> = (0..400).map(|_| store(&mut memory, &x, 1.0, &mut rng).len()).collect();
        (counts, memory)
    };
    let (counts, memory) = run(9);
    assert_eq!((&counts, &memory), (&run(9).0, &run(9).1));
    assert_ne!(counts, run(10).0);
    let mean = counts.iter().sum::<usize>() as f64 / 400.0;
    assert!(close(mean, 5.0, 0.4), "{mean}");

    for (p, expected) in [(0.0, vec![]), (1.0, vec![0, 1, 2])] {
        let mut rng = rng(1);
        let mut memory = auto(3, 3, WriteRule::bernoulli(p), &mut rng);
        assert_eq!(store(&mut memory, &x, 1.0, &mut rng), expected);
    }
}

#[test]
fn slot_probabilities_follow_their_linear_dynamics() {
    let mut rng = rng(5);
    // A taken slot rests for good: each slot is taken once and never again.
    let slots = Slots::LinearDynamics { idle: (2.0, 0.0), taken: (0.0, 0.0) };
    let idle_grows = WriteRule { slots, ..WriteRule::cyclic() };
    let mut memory = auto(6, 3, idle_grows, &mut rng);
    let mut taken: Vec<_> =
        (0..10).flat_map(|_| store(&mut memory, &array![1.0, 1.0, -1.0], 1.0, &mut rng)).collect();
    taken.sort_unstable();
    // p doubles from 1/6 and reaches 1 at the fourth write.
    assert_eq!(taken, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn a_strong_write_locks_its_slot_to_the_bit() {
    for values in [Values::Chosen, Values::All { decay: 0.9 }] {
        let mut rng = rng(6);
        let stability = Stability::Lock { threshold: 10.0 };
        let mut memory = auto(3, 5, WriteRule { stability, values, ..WriteRule::cyclic() }, &mut rng);
        let flash = signs(5, &mut rng);
        store(&mut memory, &signs(5, &mut rng), 9.99, &mut rng);
        assert_eq!(memory.locked(), [false, false, false]);
        store(&mut memory, &flash, 10.0, &mut rng);
        assert_eq!(memory.locked(), [false, true, false]);
        assert_eq!(memory.keys().row(1), flash, "a rate of 10 writes the pattern once, not ten times");
        let bits = |m: &KeyValue| -> Vec<u64> {
            m.keys().row(1).iter().chain(m.values().column(1)).map(|x| x.to_bits()).collect()
        };
        let (kept, others) = (bits(&memory), memory.keys().row(0).to_owned());
        for i in 0..20 {
            let q = if i % 2 == 0 { 1.0 } else { 3.0 };
            let x = signs(5, &mut rng);
            memory.write(x.view(), x.view(), q, &mut rng).unwrap();
        }
        assert_eq!(bits(&memory), kept);
        assert_ne!(memory.keys().row(0), others);
    }
    let mut rng = rng(7);
    let mut plastic = auto(2, 3, WriteRule::cyclic(), &mut rng);
    store(&mut plastic, &array![1.0, -1.0, 1.0], 10.0, &mut rng);
    assert_eq!(plastic.keys().row(0), array![10.0, -10.0, 10.0]);
}

#[test]
fn the_gate_closes_on_what_is_known() {
    let mut rng = rng(8);
    let x = signs(40, &mut rng);
    for (gate, known) in [(Gate::Open, 1.0), (Gate::Linear, 0.0), (Gate::Sigmoid, 4.5397868702e-5)] {
        let mut memory = auto(4, 40, WriteRule { gate, ..WriteRule::cyclic() }, &mut rng);
        let first = memory.write(x.view(), x.view(), 1.0, &mut rng).unwrap();
        assert!(first.matched < 0.75 && first.strength > 0.5, "{first:?}");
        let copy = memory.clone();
        let second = memory.write(x.view(), x.view(), 1.0, &mut rng).unwrap();
        assert_eq!(second.matched, 1.0);
        assert!(close(second.strength, known, 1e-12), "{gate:?} {second:?}");
        assert_eq!(memory == copy, gate == Gate::Linear);
    }
}

#[test]
fn the_energy_falls_under_the_step_of_its_network() {
    let mut rng = rng(10);
    let mut memory = auto(6, 8, WriteRule::cyclic(), &mut rng);
    for _ in 0..6 {
        store(&mut memory, &signs(8, &mut rng), 1.0, &mut rng);
    }
    for _ in 0..50 {
        let x = Array1::from_shape_simple_fn(8, || rng.random_range(-2.0..2.0));
        let here = memory.read(x.view(), Output::Linear).unwrap();
        let next = memory.keys().t().dot(&here.weights);
        let there = memory.read(next.view(), Output::Linear).unwrap();
        let step = &next - &x;
        assert!(here.energy - there.energy >= 0.5 * step.dot(&step) - 1e-12);
    }
}

#[test]
fn bad_input_is_refused_and_changes_nothing() {
    let mut rng = rng(11);
    for shape in [(0, 2, 2), (2, 0, 2), (2, 2, 0)] {
        let shape = Shape { slots: shape.0, key: shape.1, value: shape.2 };
        assert!(matches!(KeyValue::new(shape, WriteRule::cyclic(), &mut rng), Err(Error::Parameter { .. })));
    }
    let shape = Shape { slots: 2, key: 3, value: 2 };
    for rule in [
        WriteRule::bernoulli(-0.1),
        WriteRule::bernoulli(1.1),
        WriteRule::bernoulli(f64::NAN),
        WriteRule { key_rate: -1.0, ..WriteRule::cyclic() },
        WriteRule { value_rate: f64::INFINITY, ..WriteRule::cyclic() },
        WriteRule { values: Values::All { decay: 1.5 }, ..WriteRule::cyclic() },
        WriteRule { stability: Stability::Lock { threshold: 0.0 }, ..WriteRule::cyclic() },
        WriteRule {
            slots: Slots::LinearDynamics { idle: (f64::NAN, 0.0), taken: (0.0, 0.0) },
            ..WriteRule::cyclic()
        },
    ] {
        assert!(matches!(KeyValue::new(shape, rule, &mut rng), Err(Error::Parameter { .. })), "{rule:?}");
    }

    let mut memory = KeyValue::new(shape, WriteRule::cyclic(), &mut rng).unwrap();
    let (x, y) = (array![1.0, -1.0, 1.0], array![1.0, -1.0]);
    memory.write(x.view(), y.view(), 1.0, &mut rng).unwrap();
    let copy = memory.clone();
    let holed = array![1.0, f64::NAN, 1.0];
    for (x, y, q) in [
        (&y, &y, 1.0),
        (&x, &x, 1.0),
        (&holed, &y, 1.0),
        (&array![1.0, 1.0, 1e300], &y, 1.0),
        (&x, &array![f64::INFINITY, 1.0], 1.0),
        (&x, &y, -1.0),
        (&x, &y, f64::NAN),
    ] {
        assert!(memory.write(x.view(), y.view(), q, &mut rng).is_err(), "{x} {y} {q}");
        assert_eq!(memory, copy);
    }
    assert!(memory.write(x.view(), y.view(), 0.0, &mut rng).unwrap().slots.is_empty());
    assert_eq!(memory, copy);
    assert!(memory.read(y.view(), Output::Linear).is_err());
    let error = memory.read(holed.view(), Output::Linear).unwrap_err();
    assert!(matches!(error, Error::NotFinite { column: 1, place: "cue", .. }));

    let huge = array![1e60, -1e60, 1e60];
    memory.write(huge.view(), y.view(), 1e6, &mut rng).unwrap();
    let answer = memory.read(huge.view(), Output::Linear).unwrap();
    assert!(answer.energy.is_finite() && answer.value.iter().chain(&answer.weights).all(|x| x.is_finite()));
}
