//! Relaxation of systems whose motion is known.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod common;

use attractor_nets::relaxation::{Relaxation, RelaxationError, Solver, System, relax, unroll};
use burn::tensor::Tensor;
use common::{assert_close, numbers, tensor};

/// `E = sum k x^2 / 2` with its own stiffness for every neuron; `x(t) = x(0) exp(-k t)`.
struct Springs(Tensor<3>);

impl System for Springs {
    fn drift(&self, states: &[Tensor<3>]) -> Vec<Tensor<3>> {
        vec![states[0].clone() * self.0.clone().neg()]
    }

    fn energy(&self, states: &[Tensor<3>]) -> Tensor<1> {
        let [batch, ..] = states[0].dims();
        (states[0].clone().square() * self.0.clone() / 2.0).sum_dim(2).sum_dim(1).reshape([batch])
    }
}

fn springs() -> Springs {
    Springs(tensor(vec![1.0, 3.0], [1, 1, 2]))
}

fn start() -> Vec<Tensor<3>> {
    vec![tensor(vec![1.0, -2.0, 0.0, 0.0, 1e-3, 5.0], [3, 1, 2])]
}

#[test]
fn euler_takes_plain_steps() {
    let mut x = start();
    let how = Relaxation { steps: 4, tolerance: 0.0, ..Relaxation::euler(0.1) };
    let report = relax(&springs(), &mut x, &how).unwrap();
    let factors = [0.9_f64.powi(4), 0.7_f64.powi(4)];
    let expected: Vec<f64> =
        numbers(&start()[0]).iter().enumerate().map(|(at, x)| x * factors[at % 2]).collect();
    assert_close(&numbers(&x[0]), &expected, 1e-14);
    assert_close(&numbers(&unroll(&springs(), start(), 0.1, 4).unwrap()[0]), &expected, 1e-14);
    // The second sample rests from the first.
    assert_eq!((report.iterations, report.converged), (vec![4, 0, 4], vec![false, true, false]));
    assert_close(&report.energies[0], &[6.5, 0.0, 37.5 + 5e-7], 1e-14);
    assert_close(&report.residuals, &[6.0 * factors[1], 0.0, 15.0 * factors[1]], 1e-14);
}

#[test]
fn every_solver_comes_to_rest() {
    for solver in
        [Solver::Euler { dt: 0.1 }, Solver::Damped { dt: 5.0 }, Solver::Heun { dt: 0.1, error: 1e-3 }]
    {
        let mut x = start();
        let how = Relaxation { tolerance: 1e-6, ..Relaxation::of(solver) };
        let report = relax(&springs(), &mut x, &how).unwrap();
        assert_eq!(report.converged, [true; 3], "{solver:?}");
        assert!(report.residuals.iter().all(|&residual| residual <= 2e-6));
        assert!(numbers(&x[0]).iter().all(|x| x.abs() <= 2e-6));
        assert_eq!(report.iterations[1], 0);
    }
}

#[test]
fn damping_halves_a_step_that_is_too_large() {
    let mut x = start();
    let how = Relaxation { steps: 200, ..Relaxation::of(Solver::Damped { dt: 100.0 }) };
    let report = relax(&springs(), &mut x, &how).unwrap();
    for pair in report.energies.windows(2) {
        assert!(pair[1].iter().zip(&pair[0]).all(|(after, before)| after <= before));
    }
    assert_eq!(report.converged, [true; 3]);
}

#[test]
fn heun_follows_the_motion() {
    // One spring: the time that has passed is the sum of the steps, seen in the decay of a much slower one.
    let slow = Springs(tensor(vec![1.0, 1e-6], [1, 1, 2]));
    for (error, allowed) in [(1e-3, 1e-2), (1e-6, 2e-5)] {
        let mut x = vec![tensor(vec![1.0, 1.0], [1, 1, 2])];
        let how = Relaxation { steps: 60, tolerance: 0.0, solver: Solver::Heun { dt: 0.01, error } };
        relax(&slow, &mut x, &how).unwrap();
        let found = numbers(&x[0]);
        let time = -found[1].ln() / 1e-6;
        assert!(time > 0.05, "{time}");
        assert!((found[0] - (-time).exp()).abs() < allowed, "{found:?} {time}");
    }
}

#[test]
fn noise_has_the_temperature() {
    // x += -dt k x + sqrt(2 T dt) n rests at the variance T / (k (1 - dt k / 2)).
    let x = vec![Tensor::zeros([4000, 1, 2], (&common::device(), burn::tensor::DType::F64))];
    let (dt, temperature) = (0.05, 0.3);
    let solver = Solver::Langevin { dt, temperature, seed: 5 };
    let how = Relaxation { steps: 200, ..Relaxation::of(solver) };
    let mut end = x.clone();
    let report = relax(&springs(), &mut end, &how).unwrap();
    assert!(report.iterations.iter().all(|&steps| steps == 200));
    let numbers = numbers(&end[0]);
    for (at, k) in [1.0, 3.0].into_iter().enumerate() {
        let own = numbers.iter().skip(at).step_by(2);
        let variance = own.map(|x| x * x).sum::<f64>() / 4000.0;
        let expected = temperature / (k * (1.0 - dt * k / 2.0));
        // The deviation of the variance of 4000 samples is sqrt(2 / 4000) of it: 4.5 of them.
        assert!((variance / expected - 1.0).abs() < 0.1, "{variance} {expected}");
    }
    let mut again = x.clone();
    relax(&springs(), &mut again, &how).unwrap();
    assert_eq!(common::numbers(&again[0]), numbers);
}

#[test]
fn what_diverges_is_undone() {
    let mut x = start();
    let how = Relaxation { steps: 100, ..Relaxation::euler(1.0) };
    let error = relax(&springs(), &mut x, &how).unwrap_err();
    // x2 doubles and changes sign in every step: the energy of the first sample is above 2 E + 1 after the first.
    let RelaxationError::Diverged { sample: 0, step: 1, before: 6.5, suggestion: 0.25, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(numbers(&x[0]), numbers(&start()[0]));
}

#[test]
fn what_cannot_be_is_refused() {
    let refused = |how: Relaxation| relax(&springs(), &mut start(), &how).unwrap_err();
    assert!(matches!(refused(Relaxation::euler(0.0)), RelaxationError::Parameter { name: "dt", .. }));
    let nan = Relaxation { tolerance: f64::NAN, ..Relaxation::euler(0.1) };
    assert!(matches!(refused(nan), RelaxationError::Parameter { name: "tolerance", .. }));
    assert_eq!(refused(Relaxation::of(Solver::FixedPoint)), RelaxationError::NoSweep);
    assert_eq!(
        relax(&springs(), &mut Vec::new(), &Relaxation::euler(0.1)).unwrap_err(),
        RelaxationError::Empty
    );
    let mut broken = vec![tensor(vec![1.0, 1.0, f64::NAN, 1.0], [2, 1, 2])];
    assert_eq!(
        relax(&springs(), &mut broken, &Relaxation::euler(0.1)).unwrap_err(),
        RelaxationError::NotFinite { sample: 1, what: "its energy" }
    );
}
