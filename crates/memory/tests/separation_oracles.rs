//! Separations against numbers computed elsewhere, to their printed digits.

use attractor_memory::{Rectification, Separation};

const CASES: &[(&str, &[f64], &[f64])] = &[
    ("softmax", &[-2.0, 0.0, 0.5], &[0.0486108240313, 0.359188105783, 0.592201070186]),
    ("sparsemax", &[-2.0, 0.0, 0.5], &[0.0, 0.25, 0.75]),
    ("entmax(1.5)", &[-2.0, 0.0, 0.5], &[0.0, 0.326007363662, 0.673992636338]),
    ("normmax(2)", &[-2.0, 0.0, 0.5], &[0.0, 0.311017763495, 0.688982236505]),
    ("normmax(1000)", &[-2.0, 0.0, 0.5], &[0.0, 0.499725259586, 0.500274740414]),
    ("budget(2)", &[-2.0, 0.0, 0.5], &[0.0, 1.0, 1.0]),
    ("softmax1", &[-2.0, 0.0, 0.5], &[0.0357646037546, 0.264266663499, 0.435702069248]),
    ("entmax(1.33)", &[-1.0, 0.0, 0.5], &[0.0459820304523, 0.3276322536, 0.626385715947]),
    ("entmax(1.33)", &[1.0, 2.0, 3.5], &[0.002558058194, 0.101155377675, 0.896286564131]),
    (
        "normmax(2)",
        &[0.0, 0.25, 0.5, 0.75, 1.0],
        &[0.0, 0.0238664915667, 0.174622163856, 0.325377836144, 0.476133508433],
    ),
    (
        "normmax(1000)",
        &[0.0, 0.25, 0.5, 0.75, 1.0],
        &[0.0, 0.0, 0.332963445637, 0.333424926232, 0.333611628131],
    ),
    ("budget(2)", &[0.0, 0.25, 0.5, 0.75, 1.0], &[0.0, 0.125, 0.375, 0.625, 0.875]),
    ("budget(3)", &[0.0, 0.5, 1.0, 1.5, 2.0], &[0.0, 0.25, 0.75, 1.0, 1.0]),
    ("budget(1)", &[0.0, 0.25, 0.5, 0.75, 1.0], &[0.0, 0.0, 1.0 / 12.0, 1.0 / 3.0, 7.0 / 12.0]),
    ("sparsemax", &[0.0, 0.25, 0.5, 0.75, 1.0], &[0.0, 0.0, 1.0 / 12.0, 1.0 / 3.0, 7.0 / 12.0]),
];

#[test]
fn weights() {
    for &(name, theta, expected) in CASES {
        let (weights, _) = apply(&Separation::parse(name, 1.0).unwrap(), theta);
        close(name, &weights, expected, 6e-13);
    }
}

#[test]
fn budget_of_one_is_sparsemax_at_every_scale() {
    for c in 1..=5 {
        let theta = [0.0, 0.25, 0.5, 0.75, 1.0].map(|t| t * f64::from(c));
        let (sparse, conjugate) = apply(&Separation::sparsemax(1.0), &theta);
        let (one, of_one) = apply(&Separation::budget(1, 1.0).unwrap(), &theta);
        close("budget(1)", &one, &sparse, 1e-15);
        // The two Omegas differ by the constant 1/2.
        assert!((conjugate - of_one - 0.5).abs() < 1e-14);
    }
}

#[test]
fn last_jacobian_row_of_normmax() {
    let normmax = Separation::normmax(2.0, 1.0).unwrap();
    let (weights, _) = apply(&normmax, &[0.0, 0.25, 0.5, 0.75, 1.0]);
    let mut row = [0.0, 0.0, 0.0, 0.0, 1.0];
    normmax.kind().jvp(&weights, &mut row).unwrap();
    close("row", &row, &[0.0, -0.27410122, -0.19187086, -0.10964049, 0.57561257], 6e-9);
}

/// The three patterns (1,0), (0,1), (-1,0) and the cue (0.9, 0.2).
mod three {
    pub(crate) const PATTERNS: [[f64; 2]; 3] = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]];
    pub(crate) const CUE: [f64; 2] = [0.9, 0.2];
}

#[test]
fn energies_and_steps_on_three_patterns() {
    let step = |name: &str, beta: f64, q: [f64; 2]| recall(&Separation::parse(name, beta).unwrap(), q);

    let (p, energy, q1) = step("softmax", 8.0, three::CUE);
    close("softmax p", &p, &[0.99631520681, 0.00368423785344, 5.55336501e-7], 6e-12);
    close("softmax q1", &q1, &[0.996314651474, 0.00368423785344], 6e-13);
    near("softmax E0", energy, 0.16186508623806, 6e-15);
    let (_, energy, q2) = step("softmax", 8.0, q1);
    close("softmax q2", &q2, &[0.999644052921, 0.000355708422712], 6e-13);
    near("softmax E1", energy, 0.13729562740063, 6e-15);
    near("softmax E2", step("softmax", 8.0, q2).1, 0.13728448342365, 6e-15);

    let (p, energy, q1) = step("softmax", 2.0, three::CUE);
    close("softmax p", &p, &[0.784978225634, 0.193573247202, 0.0214485271644], 6e-13);
    near("softmax E0", energy, 0.4532564945189, 6e-14);
    near("softmax E1", step("softmax", 2.0, q1).1, 0.43968719277079, 6e-15);

    let (p, energy, q1) = step("entmax(1.5)", 2.0, three::CUE);
    close("1.5-entmax p", &p, &[0.930087200461, 0.0699127995394, 0.0], 6e-13);
    near("1.5-entmax E0", energy, 0.299352998014, 6e-13);
    let (_, energy, q2) = step("entmax(1.5)", 2.0, q1);
    near("1.5-entmax E1", energy, 0.285827298894, 6e-13);
    close("1.5-entmax q2", &q2, &[0.982790842395, 0.0172091576055], 6e-13);
    let (_, energy, q3) = step("entmax(1.5)", 2.0, q2);
    near("1.5-entmax E2", energy, 0.282049390716, 6e-13);
    near("1.5-entmax E3", step("entmax(1.5)", 2.0, q3).1, 0.2817677954, 6e-11);

    for (name, beta, before, after) in [
        ("sparsemax", 2.0, 0.191666666667, 0.166666666667),
        ("sparsemax", 8.0, 0.0666666666667, 0.0416666666667),
        ("entmax(1.5)", 8.0, 0.0954416218017, 0.0704416218017),
    ] {
        let (p, energy, q) = step(name, beta, three::CUE);
        assert_eq!(p, [1.0, 0.0, 0.0]);
        near(name, energy, before, 6e-13);
        near(name, step(name, beta, q).1, after, 6e-13);
    }
    let (p, energy, _) = step("normmax(2)", 2.0, three::CUE);
    assert_eq!(p, [1.0, 0.0, 0.0]);
    near("2-normmax", energy, 0.236324865405, 6e-13);
    near("2-normmax", step("normmax(2)", 8.0, three::CUE).1, 0.0778312163513, 6e-14);
}

#[test]
fn jacobian_of_softmax_on_three_patterns() {
    for (beta, expected) in [
        (8.0, [0.029383019245, -0.029365281223, -0.029365281223, 0.029365313959]),
        (2.0, [0.446898304707, -0.295597846135, -0.295597846135, 0.312205290339]),
    ] {
        let softmax = Separation::softmax(beta);
        let (p, _, _) = recall(&softmax, three::CUE);
        let mut jacobian = [0.0; 4];
        for column in 0..2 {
            let mut direction = three::PATTERNS.map(|x| beta * x[column]);
            softmax.kind().jvp(&p, &mut direction).unwrap();
            for row in 0..2 {
                jacobian[2 * row + column] =
                    three::PATTERNS.iter().zip(direction).map(|(x, u)| x[row] * u).sum();
            }
        }
        close("J", &jacobian, &expected, 6e-13);
    }
}

#[test]
fn dense_energies_of_the_three_bit_set() {
    let patterns = [[1.0, 1.0, 1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, -1.0]];
    let rows: [([f64; 3], [f64; 4]); 8] = [
        ([1.0, 1.0, 1.0], [-6.3905388, -20.50320343, -27.0, 1.0]),
        ([1.0, 1.0, -1.0], [-4.1240083, -5.804443098, -2.0, -1.0]),
        ([1.0, -1.0, 1.0], [-2.5196173, -3.135948338, -1.0, 27.0]),
        ([1.0, -1.0, -1.0], [-2.9040800, -3.454040711, -1.0, 1.0]),
        ([-1.0, 1.0, 1.0], [-4.1240083, -5.804443098, -2.0, -1.0]),
        ([-1.0, 1.0, -1.0], [-7.9949298, -23.17169819, -28.0, -27.0]),
        ([-1.0, -1.0, 1.0], [-2.9040800, -3.454040711, -1.0, 1.0]),
        ([-1.0, -1.0, -1.0], [-7.6104671, -22.85360582, -28.0, -1.0]),
    ];
    for (state, expected) in rows {
        let energy = |separation: &Separation, scale: f64| {
            let theta = patterns.map(|x| (0..3).map(|i| x[i] * state[i]).sum::<f64>() * scale);
            -apply(separation, &theta).1
        };
        near("exp, scaled", energy(&Separation::exponential(1.0), 1.0 / 3.0_f64.sqrt()), expected[0], 6e-8);
        near("exp", energy(&Separation::exponential(1.0), 1.0), expected[1], 6e-9);
        let cubic = |rectification| Separation::polynomial(3, rectification).unwrap();
        assert_eq!(energy(&cubic(Rectification::Rectified), 1.0), expected[2]);
        assert_eq!(energy(&cubic(Rectification::Signed), 1.0), expected[3]);
    }
}

#[test]
fn epanechnikov_energies() {
    let memories = [[0.0, 0.0], [1.0, 0.0], [0.0, 3.0]];
    let separation = Separation::epanechnikov(2.5);
    for (q, expected, active) in [
        ([0.2, 0.1], -0.0471132142626, 2.0),
        ([0.5, 0.0], -0.127381492447, 2.0),
        ([0.0, 0.0], 0.0, 1.0),
        ([0.05, 0.0], 0.00125195720357, 1.0),
    ] {
        let theta = memories.map(|x: [f64; 2]| -2.5 * ((q[0] - x[0]).powi(2) + (q[1] - x[1]).powi(2)));
        let (weights, conjugate) = apply(&separation, &theta);
        near("energy", -conjugate / 2.5, expected, 6e-13);
        assert_eq!(weights[0], 1.0 / active);
    }
    let (weights, conjugate) = apply(&separation, &[-2.0, -3.0, f64::NEG_INFINITY]);
    assert_eq!(weights, [0.0; 3]);
    assert!(conjugate.is_finite());
}

fn apply(separation: &Separation, theta: &[f64]) -> (Vec<f64>, f64) {
    let mut weights = theta.to_vec();
    let conjugate = separation.kind().weights(&mut weights, theta.len(), f64::NAN);
    (weights, conjugate)
}

/// Weights, energy and next state of the continuous memory on the three patterns.
fn recall(separation: &Separation, q: [f64; 2]) -> (Vec<f64>, f64, [f64; 2]) {
    let beta = separation.beta();
    let theta = three::PATTERNS.map(|x| beta * (x[0] * q[0] + x[1] * q[1]));
    let (p, conjugate) = apply(separation, &theta);
    let square: f64 = q.iter().map(|q| q * q).sum();
    let energy = -(conjugate + separation.kind().uniform(3)) / beta + square / 2.0 + 0.5;
    let next = [0, 1].map(|i| three::PATTERNS.iter().zip(&p).map(|(x, p)| p * x[i]).sum());
    (p, energy, next)
}

fn close(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= tolerance, "{what}: {found:?}, expected {expected:?}");
    }
}

fn near(what: &str, found: f64, expected: f64, tolerance: f64) {
    close(what, &[found], &[expected], tolerance);
}
