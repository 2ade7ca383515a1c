//! Three ways to assign credit: each against differences of the loss, and against each other.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod common;

use attractor_nets::energy::{
    Assigned, Bias, Clamps, Credit, Dense, Hyperedge, Identity, LayerNorm, Network, Shape, Softmax, Tanh,
    local,
};
use attractor_nets::relaxation::{Relaxation, Solver};
use burn::module::Module;
use burn::tensor::{Bool, Tensor, TensorData};
use common::layer::in_f64;
use common::{assert_close, device, numbers, random, rng};

const BATCH: usize = 4;

/// An image that is clamped, a normalised layer, two that are free above it.
fn network() -> Network {
    let built = Network::builder()
        .layer("image", Shape::vector(6), Identity)
        .layer("norm", Shape::tokens(2, 3), LayerNorm { eps: 0.1 })
        .layer("hidden", Shape::vector(5), Tanh { beta: 1.0 })
        .layer("label", Shape::vector(3), Softmax { beta: 2.0 })
        .synapse("bottom", Dense { deviation: 0.4 }, &["image", "norm"])
        .synapse("middle", Dense { deviation: 0.2 }, &["norm", "hidden"])
        .synapse("top", Dense { deviation: 0.2 }, &["hidden", "label"])
        .synapse("bias", Bias, &["hidden"])
        .time_constant("label", 0.5)
        .build(&device(), &mut rng(3));
    in_f64(built.unwrap()).train()
}

fn start(network: &Network) -> Vec<Tensor<3>> {
    let mut states = network.valid().zeros(BATCH);
    let shapes: Vec<Shape> = network.layers().map(|(_, shape)| shape).collect();
    states[0] = random(shapes[0].dims(BATCH), 5);
    states[1] = random(shapes[1].dims(BATCH), 6);
    states
}

fn clamps() -> Clamps {
    Clamps::none().layer("image")
}

fn loss(g: &[Tensor<3>]) -> Tensor<1> {
    let target = random([BATCH, 1, 3], 8);
    let apart = (g[3].clone() - target).square().sum_dim(2).reshape([BATCH]);
    apart + (g[2].clone() * random([BATCH, 1, 5], 9)).sum_dim(2).reshape([BATCH])
}

fn gradients(network: &Network, assigned: &Assigned) -> Vec<(String, Tensor<2>)> {
    let one = |name: &str| {
        let parameter = network.parameter(name).unwrap();
        let zeros = parameter.clone().without_autodiff().zeros_like();
        (name.to_owned(), parameter.grad(&assigned.gradients).unwrap_or(zeros))
    };
    network.parameters().map(one).collect()
}

/// The derivative of the loss along a direction of one parameter, by differences.
fn slope(network: &Network, credit: &Credit, name: &str, direction: &Tensor<2>) -> f64 {
    let step = 1e-5;
    let at = |side: f64| {
        let old = network.parameter(name).unwrap().without_autodiff();
        let moved = network.clone().with_parameter(name, old + direction.clone() * (side * step)).unwrap();
        credit.assign(&moved, start(network), &clamps(), &loss).unwrap().loss
    };
    (at(1.0) - at(-1.0)) / (2.0 * step)
}

fn to_rest() -> Relaxation {
    Relaxation { solver: Solver::Euler { dt: 0.2 }, steps: 5000, tolerance: 1e-13 }
}

fn check(credit: Credit, tolerance: f64) {
    let network = network();
    let assigned = credit.assign(&network, start(&network), &clamps(), &loss).unwrap();
    for (name, gradient) in gradients(&network, &assigned) {
        let direction = random(gradient.dims(), 77);
        let expected = slope(&network, &credit, &name, &direction);
        let found = numbers(&(gradient * direction).sum())[0];
        assert!(
            (found - expected).abs() <= tolerance * (0.01 + expected.abs()),
            "{name}: {found} {expected}"
        );
        assert!(expected.abs() > 1e-5, "{name} has no part in the loss");
    }
}

#[test]
fn unrolled_is_the_derivative_after_a_few_steps() {
    check(Credit::Unrolled { dt: 0.3, steps: 7 }, 1e-6);
}

#[test]
fn implicit_is_the_derivative_at_the_fixed_point() {
    check(Credit::Implicit { relaxation: to_rest(), tolerance: 1e-12, iterations: 200 }, 1e-5);
}

#[test]
fn nudged_is_the_derivative_at_the_fixed_point() {
    check(Credit::Nudged { relaxation: to_rest(), strength: 1e-5 }, 1e-3);
}

#[test]
fn all_agree_at_the_fixed_point() {
    let network = network();
    let kinds = [
        Credit::Implicit { relaxation: to_rest(), tolerance: 1e-12, iterations: 200 },
        Credit::Unrolled { dt: 0.4, steps: 400 },
        Credit::Nudged { relaxation: to_rest(), strength: 1e-5 },
    ];
    let found = kinds.map(|kind| kind.assign(&network, start(&network), &clamps(), &loss).unwrap());
    assert!(found[0].residuals.iter().all(|&residual| residual <= 1e-12));
    assert_eq!(found[0].report.as_ref().unwrap().converged, [true; BATCH]);
    let [implicit, unrolled, nudged] = found.each_ref().map(|assigned| gradients(&network, assigned));
    for ((_, implicit), ((_, unrolled), (_, nudged))) in implicit.iter().zip(unrolled.iter().zip(&nudged)) {
        assert_close(&numbers(implicit), &numbers(unrolled), 1e-7);
        assert_close(&numbers(implicit), &numbers(nudged), 1e-4);
    }
}

#[test]
fn local_credit_is_the_derivative_of_the_relaxed_energy() {
    // At rest the states do not count: dE/dtheta of the lowest energy is that at held activations.
    let network = network();
    let relaxed = |network: &Network| {
        let mut states = start(network);
        let report = network.relax(&mut states, &clamps(), &to_rest()).unwrap();
        (report.energies.last().unwrap().iter().sum::<f64>() / BATCH as f64, states)
    };
    let gradients = local(&network, &relaxed(&network).1, &clamps()).unwrap();
    for name in network.parameters() {
        let parameter = network.parameter(name).unwrap();
        let direction = random(parameter.dims(), 78);
        let step = 1e-5;
        let at = |side: f64| {
            let moved = parameter.clone().without_autodiff() + direction.clone() * (side * step);
            relaxed(&network.clone().with_parameter(name, moved).unwrap()).0
        };
        let expected = (at(1.0) - at(-1.0)) / (2.0 * step);
        let found = numbers(&(parameter.grad(&gradients).unwrap() * direction).sum());
        assert_close(&found, &[expected], 1e-7);
    }
}

#[test]
fn part_of_a_layer_may_be_clamped() {
    let network = network();
    let held = Tensor::<3, Bool>::from_data(
        TensorData::new(vec![true, false, false, true, false], [1, 1, 5]),
        &device(),
    );
    let clamps = clamps().neurons("hidden", held);
    let kinds = [
        Credit::Implicit { relaxation: to_rest(), tolerance: 1e-12, iterations: 200 },
        Credit::Unrolled { dt: 0.4, steps: 400 },
    ];
    let mut states = start(&network);
    states[2] = random([BATCH, 1, 5], 15);
    let [implicit, unrolled] = kinds.map(|kind| {
        let assigned = kind.assign(&network, states.clone(), &clamps, &loss).unwrap();
        gradients(&network, &assigned)
    });
    for ((_, implicit), (_, unrolled)) in implicit.iter().zip(&unrolled) {
        assert_close(&numbers(implicit), &numbers(unrolled), 1e-7);
    }
}

#[test]
fn credit_that_cannot_be_assigned_is_refused() {
    let unrolled = Credit::Unrolled { dt: 0.1, steps: 1 };
    let implicit = Credit::Implicit { relaxation: to_rest(), tolerance: 1e-6, iterations: 10 };
    let refused = |credit: Credit, network: &Network| {
        credit.assign(network, start(network), &clamps(), &loss).unwrap_err().to_string()
    };
    assert!(refused(unrolled, &network().valid()).contains("autodiff device"));
    let built = |edge: bool| {
        let product = Hyperedge::new("edge", |g: &[Tensor<3>]| {
            let [batch, ..] = g[0].dims();
            g[0].clone().square().sum_dim(2).sum_dim(1).reshape([batch])
        });
        let builder = Network::builder()
            .layer("image", Shape::vector(6), Identity)
            .layer("norm", Shape::tokens(2, 3), LayerNorm { eps: 0.1 })
            .synapse("bottom", Dense::default(), &["image", "norm"]);
        let builder = match edge {
            true => builder.synapse("edge", product, &["norm"]),
            false => builder.without_feedback("bottom", "norm"),
        };
        in_f64(builder.build(&device(), &mut rng(1)).unwrap()).train()
    };
    assert!(refused(unrolled, &built(true)).contains("synapse edge"));
    assert!(refused(implicit, &built(false)).contains("not symmetric"));
}
