//! The association against plain loops in f64, its derivatives against differences, and its promises.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod common;

use attractor_nets::Error;
use attractor_nets::association::{Dynamics, Mask, Patterns, Separation, associate, energies, weights};
use burn::tensor::{Bool, Tensor, TensorData};
use common::{assert_close, check_gradients, device, numbers, random, tensor};

/// Pairwise prime, so that no two axes can be taken for each other: N, H, L, S, c, cv.
const SIZES: [usize; 6] = [2, 3, 5, 7, 11, 13];

fn patterns(mask: Mask) -> Patterns {
    let [n, h, l, s, c, cv] = SIZES;
    Patterns {
        state: random([n, h, l, c], 1),
        stored: random([n, h, s, c], 2),
        values: random([n, h, s, cv], 3),
        beta: tensor(vec![0.5, 1.5, 4.0], [3]),
        mask,
    }
}

fn dynamics(separation: Separation, steps: &[usize]) -> Dynamics {
    Dynamics::new(separation, steps.to_vec())
}

fn alpha(alpha: f64) -> Separation {
    Separation::Entmax(tensor(vec![alpha], [1]))
}

/// Ours, and the same by name of the engine, which has its own f64 code.
fn separations() -> Vec<(Separation, &'static str)> {
    vec![
        (Separation::Softmax, "softmax"),
        (Separation::Softmax1, "softmax1"),
        (Separation::Sparsemax, "sparsemax"),
        (alpha(1.25), "entmax(1.25)"),
        (alpha(1.5), "entmax(1.5)"),
        (alpha(2.0), "sparsemax"),
        (Separation::TopK(3), "topk(3)"),
        (Separation::TopK(70), "softmax"),
    ]
}

fn forbidden(seed: u64) -> Tensor<4, Bool> {
    let [n, h, l, s, ..] = SIZES;
    random([n, h, l, s], seed).greater_elem(0.4)
}

/// Straight from the equations, cue by cue: values and weights.
fn naive(patterns: &Patterns, name: &str, steps: &[usize], forbid: &[bool], add: &[f64]) -> [Vec<f64>; 2] {
    let [n, heads, l, s, c, cv] = SIZES;
    let separation = attractor_memory::Separation::parse(name, 1.0).unwrap();
    let (q, k, v) = (numbers(&patterns.state), numbers(&patterns.stored), numbers(&patterns.values));
    let beta = numbers(&patterns.beta);
    let (mut values, mut all) = (Vec::new(), Vec::new());
    for row in 0..n * heads * l {
        let group = row / l;
        let head = group % heads;
        let key = |i: usize| &k[(group * s + i) * c..][..c];
        let mut state = q[row * c..][..c].to_vec();
        let look = |state: &[f64]| {
            let mut theta: Vec<f64> = (0..s)
                .map(|i| {
                    let dot: f64 = key(i).iter().zip(state).map(|(a, b)| a * b).sum();
                    let out = forbid[row * s + i];
                    if out { f64::NEG_INFINITY } else { beta[head] * dot + add[row * s + i] }
                })
                .collect();
            separation.kind().weights(&mut theta, s, f64::NAN);
            theta
        };
        for _ in 0..steps[head] {
            let p = look(&state);
            state = (0..c).map(|j| (0..s).map(|i| p[i] * key(i)[j]).sum()).collect();
        }
        let p = look(&state);
        values.extend((0..cv).map(|j| (0..s).map(|i| p[i] * v[(group * s + i) * cv + j]).sum::<f64>()));
        all.extend(p);
    }
    [values, all]
}

#[test]
fn every_separation_is_that_of_plain_loops() {
    let [n, h, l, s, ..] = SIZES;
    let (forbid, add) = (forbidden(4), random([n, h, l, s], 5));
    let patterns = patterns(Mask::none().forbidding(forbid.clone()).adding(add.clone()));
    let forbid = forbid.try_into_vec_as::<bool>().unwrap();
    for (separation, name) in separations() {
        for steps in [[0, 0, 0], [1, 3, 0], [2, 2, 2]] {
            let dynamics = dynamics(separation.clone(), &steps);
            let [values, all] = naive(&patterns, name, &steps, &forbid, &numbers(&add));
            let found = associate(patterns.clone(), &dynamics).unwrap();
            assert_close(&numbers(&found.values), &values, 1e-12);
            assert_close(&numbers(&weights(patterns.clone(), &dynamics).unwrap()), &all, 1e-12);
        }
    }
}

#[test]
fn the_four_corners_are_those_of_the_closed_form() {
    let corners = vec![1.0, 0.0, 0.0, 1.0, -1.0, 0.0, 0.0, -1.0];
    let stored = tensor(corners, [1, 1, 4, 2]);
    let patterns = Patterns {
        state: tensor(vec![0.5, -0.25], [1, 1, 1, 2]),
        values: stored.clone(),
        stored,
        beta: tensor(vec![2.0], [1]),
        mask: Mask::none(),
    };
    let dynamics = dynamics(Separation::Softmax, &[0]);
    let found = associate(patterns.clone(), &dynamics).unwrap();
    assert_close(&numbers(&found.values), &[0.44003380739549824, -0.19511514499178909], 1e-14);
    let energy = energies(patterns, &dynamics).unwrap();
    assert_close(&numbers(&energy[0]), &[-0.6814951310814297 + 4f64.ln() / 2.0 + 0.5], 1e-14);
}

#[test]
fn gradients_are_those_of_central_differences() {
    let [n, h, l, s, ..] = [1, 2, 2, 5, 3, 2];
    let separations = [
        Separation::Softmax,
        Separation::Softmax1,
        Separation::Sparsemax,
        alpha(1.25),
        alpha(1.5),
        Separation::TopK(3),
    ];
    for separation in separations {
        for steps in [0, 2] {
            let leaves = [
                random([n, h, l, 3], 6),
                // Short, so that the sparse ones keep more than one pattern.
                random([n, h, s, 3], 7) * 0.5,
                random([n, h, s, 2], 8),
                tensor(vec![1.0, 2.0], [1, 1, 1, h]),
                random([n, h, l, s], 9),
            ];
            let forbid = random([n, h, l, s], 10).greater_elem(0.5);
            let output = |leaves: &[Tensor<4>]| {
                let patterns = Patterns {
                    state: leaves[0].clone(),
                    stored: leaves[1].clone(),
                    values: leaves[2].clone(),
                    beta: leaves[3].clone().reshape([h]),
                    mask: Mask::none().forbidding(forbid.clone()).adding(leaves[4].clone()),
                };
                associate(patterns, &dynamics(separation.clone(), &[steps; 2])).unwrap().values
            };
            check_gradients(&leaves, output, 1e-7);
        }
    }
}

#[test]
fn alpha_has_the_gradient_of_central_differences() {
    let leaves = [random([1, 2, 3, 4], 11), tensor(vec![1.3, 1.7], [1, 1, 1, 2])];
    let stored = random([1, 2, 5, 4], 12);
    let output = |leaves: &[Tensor<4>]| {
        let patterns = Patterns {
            state: leaves[0].clone(),
            stored: stored.clone(),
            values: stored.clone(),
            beta: tensor(vec![1.0, 1.0], [2]),
            mask: Mask::none(),
        };
        let separation = Separation::Entmax(leaves[1].clone().reshape([2]));
        associate(patterns, &dynamics(separation, &[1, 1])).unwrap().values
    };
    check_gradients(&leaves, output, 1e-6);
}

#[test]
fn rows_that_are_masked_altogether_read_zeros_and_have_finite_gradients() {
    let [n, h, l, s, ..] = SIZES;
    // The second state of every head may look at nothing.
    let rows = (0..l).map(|row| row == 1).collect::<Vec<_>>();
    let forbid = Tensor::<4, Bool>::from_data(TensorData::new(rows, [1, 1, l, 1]), &device());
    for (separation, name) in separations() {
        for steps in [[0; 3], [2; 3]] {
            let run = |leaves: &[Tensor<4>]| {
                let patterns = Patterns {
                    state: leaves[0].clone(),
                    stored: leaves[1].clone(),
                    values: leaves[2].clone(),
                    ..patterns(Mask::none().forbidding(forbid.clone()))
                };
                associate(patterns, &dynamics(separation.clone(), &steps)).unwrap().values
            };
            let leaves =
                [patterns(Mask::none()).state, patterns(Mask::none()).stored, patterns(Mask::none()).values];
            let found = numbers(&run(&leaves).narrow(2, 1, 1));
            assert!(found.iter().all(|&x| x == 0.0), "{name}");
            let gradients = common::gradients(&leaves, &run);
            assert!(gradients.iter().flatten().all(|g| g.is_finite()), "{name}");
            let [_, _, _, c] = leaves[0].dims();
            let of_the_row = (0..n * h).flat_map(|group| &gradients[0][(group * l + 1) * c..][..c]);
            assert!(of_the_row.into_iter().all(|&g| g == 0.0), "{name}");
            assert_eq!(leaves[1].dims()[2], s);
        }
    }
}

#[test]
fn minus_infinity_in_a_mask_forbids() {
    let [n, h, l, s, ..] = SIZES;
    let forbid = forbidden(13);
    let added = random([n, h, l, s], 14);
    let infinite = added.clone().mask_fill(forbid.clone(), f64::NEG_INFINITY);
    let one = patterns(Mask::none().adding(infinite));
    let two = patterns(Mask::none().adding(added).forbidding(forbid));
    for (separation, _) in separations() {
        let dynamics = dynamics(separation, &[1; 3]);
        let read = |patterns| numbers(&associate(patterns, &dynamics).unwrap().values);
        assert_eq!(read(one.clone()), read(two.clone()));
    }
}

#[test]
fn huge_scores_stay_finite() {
    // The last overflows.
    let aligned = Patterns {
        state: random([2, 3, 5, 11], 1).abs(),
        stored: random([2, 3, 7, 11], 2).abs(),
        ..patterns(Mask::none())
    };
    for scale in [1e-300, 1e6, 1e150, f64::MAX] {
        let patterns = Patterns { beta: tensor(vec![scale; 3], [3]), ..aligned.clone() };
        for (separation, name) in separations() {
            let found = associate(patterns.clone(), &dynamics(separation, &[2; 3])).unwrap();
            assert!(numbers(&found.values).iter().all(|x| x.is_finite()), "{name} {scale}");
        }
    }
}

#[test]
fn energies_never_rise() {
    let patterns = patterns(Mask::none().forbidding(forbidden(15)));
    for (separation, name) in separations() {
        let energies = energies(patterns.clone(), &dynamics(separation, &[6, 9, 3])).unwrap();
        assert_eq!(energies.len(), 10);
        for pair in energies.windows(2) {
            for (before, after) in numbers(&pair[0]).into_iter().zip(numbers(&pair[1])) {
                assert!(after <= before + 1e-12, "{name}: {before} {after}");
            }
        }
        let (first, last) = (numbers(&energies[0]), numbers(&energies[9]));
        assert!(first.iter().zip(last).any(|(first, last)| last < first - 1e-3), "{name}");
    }
}

#[test]
fn the_gradient_of_the_energy_is_the_way_of_the_update() {
    // grad E = q - p k: the negative control of the test above, since a wrong constant would pass there.
    let patterns = patterns(Mask::none().forbidding(forbidden(16)));
    for (separation, name) in separations() {
        let dynamics = dynamics(separation, &[0; 3]);
        let energy = |state: Tensor<4>| {
            let energies = energies(Patterns { state, ..patterns.clone() }, &dynamics).unwrap();
            numbers(&energies[0]).into_iter().sum::<f64>()
        };
        let reading = Patterns { values: patterns.stored.clone(), ..patterns.clone() };
        let read = numbers(&associate(reading, &dynamics).unwrap().values);
        let state = numbers(&patterns.state);
        for entry in (0..state.len()).step_by(29) {
            let at = |by: f64| {
                let mut moved = state.clone();
                moved[entry] += by;
                energy(tensor(moved, patterns.state.dims()))
            };
            let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
            assert!((slope - (state[entry] - read[entry])).abs() < 1e-6, "{name} {entry}");
        }
    }
}

#[test]
fn each_query_stops_for_itself_and_tells_when() {
    let all = Patterns { beta: tensor(vec![8.0; 3], [3]), ..patterns(Mask::none()) };
    let dynamics = |steps: usize| Dynamics {
        tolerance: Some(vec![1e-6; 3]),
        ..dynamics(Separation::Softmax, &[steps; 3])
    };
    let found = associate(all.clone(), &dynamics(200)).unwrap();
    let progress = found.progress.unwrap();
    let steps = progress.steps.clone().try_into_vec_as::<i64>().unwrap();
    assert!(progress.converged.try_into_vec_as::<bool>().unwrap().into_iter().all(|rests| rests));
    assert!(steps.iter().max() > steps.iter().min(), "{steps:?}");
    // Alone, the first query takes as many steps and reads the same.
    let alone = Patterns {
        state: all.state.clone().narrow(0, 0, 1).narrow(2, 0, 1),
        stored: all.stored.clone().narrow(0, 0, 1),
        values: all.values.clone().narrow(0, 0, 1),
        ..all.clone()
    };
    let one = associate(alone, &dynamics(200)).unwrap();
    assert_close(
        &numbers(&one.values),
        &numbers(&found.values.clone().narrow(0, 0, 1).narrow(2, 0, 1)),
        1e-13,
    );
    let first = progress.steps.narrow(0, 0, 1).narrow(2, 0, 1).into_data();
    assert_eq!(one.progress.unwrap().steps.into_data(), first);
    // A limit that is too low says so, and is the fixed number of steps.
    let cut = associate(all.clone(), &dynamics(2)).unwrap();
    let progress = cut.progress.unwrap();
    assert!(progress.converged.try_into_vec_as::<bool>().unwrap().contains(&false));
    let fixed = Dynamics { tolerance: None, ..dynamics(2) };
    assert_eq!(numbers(&cut.values), numbers(&associate(all, &fixed).unwrap().values));
}

#[test]
fn what_does_not_fit_is_refused() {
    let good = || patterns(Mask::none());
    let plain = dynamics(Separation::Softmax, &[0; 3]);
    let refused =
        |patterns: Patterns, dynamics: &Dynamics| associate(patterns, dynamics).unwrap_err().to_string();
    let short = Patterns { stored: random([2, 3, 7, 5], 1), ..good() };
    assert_eq!(
        refused(short, &plain),
        "stored patterns: expected the shape [2, 3, 7, 11], found [2, 3, 7, 5]"
    );
    let beta = Patterns { beta: tensor(vec![1.0], [1]), ..good() };
    assert_eq!(refused(beta, &plain), "beta: expected the shape [3], found [1]");
    let mask = patterns(Mask::none().forbidding(random([2, 3, 7, 5], 1).greater_elem(0.0)));
    assert_eq!(refused(mask, &plain), "mask: expected the shape [2, 3, 5, 7], found [2, 3, 7, 5]");
    let none = dynamics(Separation::TopK(0), &[0; 3]);
    assert!(matches!(associate(good(), &none), Err(Error::Parameter { name: "k", .. })));
    assert!(refused(good(), &dynamics(Separation::Softmax, &[0])).starts_with("update steps"));
    for tolerance in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let still = Dynamics { tolerance: Some(vec![1.0, tolerance, 1.0]), ..plain.clone() };
        assert!(refused(good(), &still).starts_with("tolerance = "), "{tolerance}");
    }
    let equal = Patterns { beta: tensor(vec![1.0, 0.0, 1.0], [3]), ..good() };
    associate(equal.clone(), &plain).unwrap();
    assert!(energies(equal, &plain).unwrap_err().to_string().starts_with("beta = 0"));
}
