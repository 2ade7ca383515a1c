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
use common::{assert_close, device, numbers, random, rng, tensor};

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

/// One neuron that is drawn to `w a`, and its square as the loss: the gradient by w is w.
fn pulled() -> (Network, Vec<Tensor<3>>, Clamps) {
    let network = Network::builder()
        .layer("a", Shape::vector(1), Identity)
        .layer("x", Shape::vector(1), Identity)
        .synapse("w", Dense::default(), &["a", "x"])
        .build(&device(), &mut rng(3));
    let weight = tensor(vec![0.5], [1, 1]);
    let network = in_f64(network.unwrap()).train().with_parameter("w.weight", weight).unwrap();
    let mut states = network.valid().zeros(1);
    states[0] = states[0].ones_like();
    (network, states, Clamps::none().layer("a"))
}

fn halved_square(g: &[Tensor<3>]) -> Tensor<1> {
    (g[1].clone().square() / 2.0).reshape([1])
}

#[test]
fn a_nudge_is_seen_however_small() {
    let (network, states, clamps) = pulled();
    for (strength, off) in [(0.1, 0.06), (0.01, 0.006), (1e-4, 1e-3)] {
        let credit = Credit::Nudged { relaxation: Relaxation::euler(0.2), strength };
        let found = credit.assign(&network, states.clone(), &clamps, &halved_square).unwrap();
        assert!(found.reports.iter().all(|report| report.converged == [true]), "{strength}");
        let slope = numbers(&gradients(&network, &found)[0].1)[0];
        assert!((slope - 0.5).abs() < off, "{strength}: {slope}");
    }
    for solver in [Solver::FixedPoint, Solver::Langevin { dt: 0.1, temperature: 1.0, seed: 1 }] {
        let credit = Credit::Nudged { relaxation: Relaxation::of(solver), strength: 0.1 };
        let refused = credit.assign(&network, states.clone(), &clamps, &halved_square).unwrap_err();
        assert!(refused.to_string().contains("follow the drift"), "{refused}");
    }
}

#[test]
fn losses_that_say_nothing_are_refused() {
    let (network, states, clamps) = pulled();
    let fails = |credit: Credit, loss: &dyn Fn(&[Tensor<3>]) -> Tensor<1>| {
        let two: Vec<Tensor<3>> = states.iter().map(|x| x.clone().repeat_dim(0, 2)).collect();
        credit.assign(&network, two, &clamps, loss).unwrap_err().to_string()
    };
    let mean = |g: &[Tensor<3>]| g[1].clone().square().mean().reshape([1]);
    let each = |g: &[Tensor<3>]| g[1].clone().square().reshape([2]);
    let kinds = [
        Credit::Unrolled { dt: 0.1, steps: 3 },
        Credit::Implicit { relaxation: Relaxation::euler(0.2), tolerance: 1e-6, iterations: 10 },
        Credit::Nudged { relaxation: Relaxation::euler(0.2), strength: 0.1 },
    ];
    for credit in kinds {
        let text = fails(credit, &mean);
        assert_eq!(text, "losses, one per sample: expected the shape [2], found [1]", "{credit:?}");
    }
    let text = fails(Credit::Unrolled { dt: 0.1, steps: 0 }, &each);
    assert!(text.contains("at least one step"), "{text}");
    let text = fails(Credit::Unrolled { dt: 1e160, steps: 3 }, &each);
    assert!(text.contains("after 3 steps of") && text.contains("try dt"), "{text}");
}

#[test]
fn a_device_that_checkpoints_gradients_unrolls() {
    let device = burn::tensor::Device::flex().autodiff().gradient_checkpointing();
    let network = Network::builder()
        .layer("a", Shape::vector(2), Identity)
        .layer("x", Shape::vector(3), Tanh { beta: 1.0 })
        .synapse("w", Dense { deviation: 0.5 }, &["a", "x"])
        .build(&device, &mut rng(3))
        .unwrap();
    let weight = network.parameter("w.weight").unwrap().without_autodiff();
    let network = network.with_parameter("w.weight", weight * 0.5).unwrap();
    let clamps = Clamps::none().layer("a");
    let loss = |g: &[Tensor<3>]| g[1].clone().square().sum_dim(2).reshape([1]);
    let start = || {
        let mut states = network.zeros(1);
        states[0] = Tensor::ones([1, 1, 2], &device);
        states
    };
    let unrolled = Credit::Unrolled { dt: 0.5, steps: 5 };
    let found = unrolled.assign(&network, start(), &clamps, &loss).unwrap();
    assert!(numbers(&network.parameter("w.weight").unwrap().grad(&found.gradients).unwrap())[0] != 0.0);
    let implicit = Credit::Implicit { relaxation: Relaxation::euler(0.2), tolerance: 1e-6, iterations: 10 };
    let refused = implicit.assign(&network, start(), &clamps, &loss).unwrap_err().to_string();
    assert!(refused.contains("only unrolled"), "{refused}");
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
    assert_eq!(found[0].reports[0].converged, [true; BATCH]);
    assert_eq!(found.each_ref().map(|assigned| assigned.reports.len()), [1, 0, 2]);
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
