//! The full network: its Lyapunov function, and its reduction to the one-layer memories.

#![allow(clippy::unwrap_used)]

use attractor_memory::Error;
use attractor_memory::two_body::{Function, Integration, Lagrangian, State, Status, TwoBody};
use ndarray::{Array1, Array2, array};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn uniform(n: usize, size: f64, rng: &mut ChaCha8Rng) -> Array1<f64> {
    Array1::from_shape_simple_fn(n, || rng.random_range(-size..size))
}

fn patterns(rows: usize, width: usize, size: f64, rng: &mut ChaCha8Rng) -> Array2<f64> {
    Array2::from_shape_simple_fn((rows, width), || rng.random_range(-size..size))
}

fn t3() -> Array2<f64> {
    array![[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]
}

/// Networks of all three models, with random synapses, time constants and input.
fn zoo(rng: &mut ChaCha8Rng) -> Vec<TwoBody> {
    let xi = patterns(5, 8, 0.8, rng);
    let input = uniform(8, 0.2, rng);
    let functions = [
        Function::Power(2),
        Function::Power(4),
        Function::RectifiedPower(3),
        Function::Quadratic,
        Function::Exponential,
    ];
    let mut all = vec![TwoBody::model_b(xi.view(), 1.0), TwoBody::model_b(xi.view(), 6.0)];
    for f in functions {
        all.push(TwoBody::model_a(xi.view(), f));
        all.push(TwoBody::model_c(xi.view(), f));
    }
    all.into_iter()
        .map(|n| n.unwrap().time_constants(1.0, 0.5).unwrap().input(input.view()).unwrap())
        .collect()
}

#[test]
fn energies_of_the_effective_theory_match_the_printed_digits() {
    let q = array![0.9, 0.2];
    let b = TwoBody::model_b(t3().view(), 1.0).unwrap().effective();
    assert!((b.energy(q.view()).unwrap().total() - -0.9829520141).abs() < 5e-11);
    let c = TwoBody::model_c(t3().view(), Function::RectifiedPower(3)).unwrap().effective();
    assert!((c.energy(q.view()).unwrap().total() - -0.9404573377).abs() < 5e-11);
}

#[test]
fn model_a_has_the_energies_of_the_dense_memory_on_three_bits() {
    let xi = array![[1.0, 1.0, 1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, -1.0]];
    let table = [
        ([1.0, 1.0, 1.0], -20.50320343, -27.0, 1.0),
        ([1.0, 1.0, -1.0], -5.804443098, -2.0, -1.0),
        ([1.0, -1.0, 1.0], -3.135948338, -1.0, 27.0),
        ([1.0, -1.0, -1.0], -3.454040711, -1.0, 1.0),
        ([-1.0, 1.0, 1.0], -5.804443098, -2.0, -1.0),
        ([-1.0, 1.0, -1.0], -23.17169819, -28.0, -27.0),
        ([-1.0, -1.0, 1.0], -3.454040711, -1.0, 1.0),
        ([-1.0, -1.0, -1.0], -22.85360582, -28.0, -1.0),
    ];
    let functions = [Function::Exponential, Function::RectifiedPower(3), Function::Power(3)];
    for (state, exponential, rectified, cube) in table {
        for (f, expected) in functions.into_iter().zip([exponential, rectified, cube]) {
            let memory = TwoBody::model_a(xi.view(), f).unwrap().effective();
            let v = Array1::from_iter(state.iter().zip([0.1, 3.0, 0.7]).map(|(s, size)| s * size));
            let energy = memory.energy(v.view()).unwrap().total();
            assert!((energy - expected).abs() < 1e-8, "{f:?} at {state:?}: {energy}");
        }
    }
}

#[test]
fn model_b_with_a_step_of_tau_walks_the_printed_path() {
    let memory = TwoBody::model_b(t3().view(), 8.0).unwrap().effective();
    let constant = f64::ln(3.0) / 8.0 + 0.5;
    let path = [
        ([0.9, 0.2], 0.16186508623806),
        ([0.996314651474, 0.00368423785344], 0.13729562740063),
        ([0.999644052921, 0.000355708422712], 0.13728448342365),
        ([0.999662509599, 0.000337264121864], 0.1372844830814),
    ];
    let start = array![0.9, 0.2];
    for (steps, (state, energy)) in path.into_iter().enumerate() {
        let how = Integration { steps, tolerance: 0.0, ..Integration::euler(1.0) };
        let run = memory.settle(start.view(), &how).unwrap();
        assert!(run.state.iter().zip(state).all(|(a, b)| (a - b).abs() < 1e-12), "{steps}: {}", run.state);
        assert!((run.energies[steps].total() + constant - energy).abs() < 1e-13);
    }
    let how = Integration { tolerance: 1e-13, ..Integration::euler(1.0) };
    let end = memory.settle(start.view(), &how).unwrap();
    assert_eq!(end.status, Status::Converged);
    assert!((end.state[0] - 0.999662609720332).abs() < 1e-12);
}

fn naive_modern_update(xi: &Array2<f64>, beta: f64, v: &Array1<f64>) -> Array1<f64> {
    let scores: Vec<f64> = xi.rows().into_iter().map(|x| beta * x.dot(v)).collect();
    let total: f64 = scores.iter().map(|s| s.exp()).sum();
    let mut out = Array1::zeros(v.len());
    for (x, s) in xi.rows().into_iter().zip(scores) {
        out.scaled_add(s.exp() / total, &x);
    }
    out
}

#[test]
fn one_step_of_tau_is_the_known_memory() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for _ in 0..20 {
        let xi = patterns(6, 9, 1.0, &mut rng);
        let v = uniform(9, 1.0, &mut rng);
        let one = Integration { steps: 1, ..Integration::euler(2.5) };

        let b = TwoBody::model_b(xi.view(), 3.0).unwrap().time_constants(2.5, 1.0).unwrap().effective();
        let expected = naive_modern_update(&xi, 3.0, &v);
        let stepped = b.settle(v.view(), &one).unwrap().state;
        assert!((&stepped - &expected).iter().all(|d| d.abs() < 1e-13));
        assert!((b.update(v.view()).unwrap() - expected).iter().all(|d| d.abs() < 1e-13));

        // F = x^2/2: the field of the classical network with its diagonal, W = xi^T xi.
        let a = TwoBody::model_a(xi.view(), Function::Quadratic).unwrap().effective();
        let field = xi.t().dot(&xi).dot(&v.mapv(f64::signum));
        assert!((a.update(v.view()).unwrap() - field).iter().all(|d| d.abs() < 1e-12));
    }
}

#[test]
fn the_rate_of_the_energy_is_its_derivative_along_the_flow() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    for round in 0..10 {
        for network in zoo(&mut rng) {
            let state = State { v: uniform(8, 1.0, &mut rng), h: uniform(5, 1.0, &mut rng) };
            let flow = network.velocity(&state).unwrap();
            let rate = network.energy_rate(&state).unwrap();
            let e = 1e-7;
            let [up, down] = [e, -e].map(|e| {
                let moved = State { v: &state.v + &(&flow.v * e), h: &state.h + &(&flow.h * e) };
                network.energy(&moved).unwrap().total()
            });
            let difference = (up - down) / (2.0 * e);
            assert!((difference - rate).abs() < 1e-5 * (1.0 + rate.abs()), "{round} {network:?}");
            assert!(rate <= 0.0);
            // Control: another direction has another derivative.
            let off = State { v: &state.v + &(&flow.v * e), h: state.h.clone() };
            let wrong = (network.energy(&off).unwrap().total() - down) / (2.0 * e);
            assert!((wrong - rate).abs() > 1e-5 * (1.0 + rate.abs()));
        }
    }
}

#[test]
fn the_energy_never_rises_with_small_steps() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    for _ in 0..8 {
        for network in zoo(&mut rng) {
            let start = State { v: uniform(8, 1.0, &mut rng), h: uniform(5, 1.0, &mut rng) };
            for how in [Integration::euler(0.05), Integration::runge_kutta(0.05)] {
                let run = network.settle(&start, &Integration { steps: 400, ..how }).unwrap();
                assert_ne!(run.status, Status::Diverged, "{network:?}");
                assert_eq!(run.energies.len(), run.steps + 1);
                for pair in run.energies.windows(2) {
                    let (before, after) = (pair[0].total(), pair[1].total());
                    assert!(
                        after <= before + 1e-10 * (1.0 + before.abs()),
                        "{before} -> {after} {network:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn an_odd_power_makes_the_energy_rise_somewhere() {
    let xi = array![[1.0]];
    let cube = Lagrangian::Sum(Function::Power(3));
    let network = TwoBody::new(xi.view(), Lagrangian::Sum(Function::Quadratic), cube).unwrap();
    // Here v is at rest and h is where the cube bends downwards.
    let state = State { v: array![27.0], h: array![-3.0] };
    assert!(network.energy_rate(&state).unwrap() > 0.0);
}

#[test]
fn fast_memory_neurons_give_the_effective_theory() {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let xi = patterns(4, 8, 0.6, &mut rng);
    for network in [
        TwoBody::model_b(xi.view(), 2.0).unwrap(),
        TwoBody::model_c(xi.view(), Function::RectifiedPower(3)).unwrap(),
        TwoBody::model_a(xi.view(), Function::Quadratic).unwrap(),
    ] {
        let v = uniform(8, 1.0, &mut rng);
        let gap = |tau_h: f64| {
            let full = network.clone().time_constants(1.0, tau_h).unwrap();
            let start = full.relaxed(v.view()).unwrap();
            let full_energy = full.energy(&start).unwrap().total();
            let effective = full.effective();
            assert!((full_energy - effective.energy(v.view()).unwrap().total()).abs() < 1e-12);
            (1..=6)
                .map(|i| {
                    let how = Integration { tolerance: 0.0, steps: i * 1000, ..Integration::euler(0.0005) };
                    let slow = effective.settle(v.view(), &how).unwrap().state;
                    let fast = full.settle(&start, &how).unwrap().state.v;
                    (&slow - &fast).iter().fold(0.0, |a: f64, d| a.max(d.abs()))
                })
                .fold(0.0, f64::max)
        };
        assert!(gap(0.01) < 0.03, "{network:?}: {}", gap(0.01));
        assert!(gap(1.0) > 3.0 * gap(0.01), "{network:?}: {} {}", gap(1.0), gap(0.01));
    }
}

#[test]
fn the_energy_of_model_a_changes_only_with_a_sign() {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let mut events = 0;
    for _ in 0..20 {
        let xi = patterns(5, 12, 1.0, &mut rng).mapv(f64::signum);
        let memory = TwoBody::model_a(xi.view(), Function::RectifiedPower(3)).unwrap().effective();
        let v = uniform(12, 1.0, &mut rng);
        let at = |steps| {
            let how = Integration { steps, tolerance: 0.0, ..Integration::euler(0.01) };
            memory.settle(v.view(), &how).unwrap()
        };
        let mut last = at(0);
        for steps in 1..60 {
            let next = at(steps);
            let (before, after) = (last.energies[steps - 1].total(), next.energies[steps].total());
            assert!(after <= before + 1e-9);
            assert_eq!(after < before - 1e-9, next.sign_events > last.sign_events, "{before} -> {after}");
            last = next;
        }
        events += last.sign_events;
    }
    assert!(events > 10, "{events}");
}

#[test]
fn bad_input_is_refused_and_overflow_is_reported() {
    let nothing = Array2::<f64>::zeros((0, 3));
    assert_eq!(TwoBody::model_b(nothing.view(), 1.0), Err(Error::Empty));
    assert!(TwoBody::model_b(Array2::zeros((3, 0)).view(), 1.0).is_err());
    assert!(TwoBody::model_b(t3().view(), -1.0).is_err());
    assert!(TwoBody::model_a(t3().view(), Function::Power(0)).is_err());
    let holed = array![[1.0, f64::NAN]];
    assert!(matches!(TwoBody::model_b(holed.view(), 1.0), Err(Error::NotFinite { row: 0, column: 1, .. })));
    let network = TwoBody::model_a(t3().view(), Function::Exponential).unwrap();
    assert!(network.clone().time_constants(0.0, 1.0).is_err());
    assert!(network.clone().input(array![1.0].view()).is_err());
    assert!(network.relaxed(array![1.0, f64::INFINITY].view()).is_err());
    let state = State { v: array![1.0, 1.0], h: array![0.0, 0.0] };
    assert!(matches!(network.energy(&state), Err(Error::Width { expected: 3, found: 2, place: "h" })));
    let state = State { v: array![1.0, 1.0], h: array![0.0, 0.0, 0.0] };
    for how in [
        Integration::euler(0.0),
        Integration::euler(f64::NAN),
        Integration { tolerance: -1.0, ..Integration::euler(1.0) },
    ] {
        assert!(network.settle(&state, &how).is_err(), "{how:?}");
    }

    let hot = State { v: array![1.0, 1.0], h: array![800.0, 0.0, 0.0] };
    assert!(network.energy(&hot).is_err() && network.velocity(&hot).is_err());
    let run = network.settle(&hot, &Integration::euler(0.1)).unwrap();
    assert_eq!((run.status, run.energies.len(), &run.state), (Status::Diverged, 0, &hot));
    let wild = network.settle(&state, &Integration::euler(1e4)).unwrap();
    assert_eq!(wild.status, Status::Diverged);
    assert!(wild.state.v.iter().chain(&wild.state.h).all(|x| x.is_finite()));
}
