//! Networks: one energy, its gradient, what is clamped, what is refused.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use attractor_nets::energy::{
    Attention, Bias, Breach, Builder, Clamps, Convolution, Curvature, Dense, Ends, EnergyError, Exponential,
    GhostSoftmax, Hyperedge, Identity, LayerNorm, Memory, Misfit, Network, Parameter, Pooling, Profile,
    RectifiedPolynomial, Shape, Sigmoid, Softmax, SphericalNorm, Synapse, Tanh,
};
use attractor_nets::relaxation::{Relaxation, RelaxationError, Solver, System};
use burn::tensor::{Bool, Tensor, TensorData};
use common::layer::{in_f64, stronger};
use common::{assert_close, device, numbers, random, rng, tensor};

const BATCH: usize = 3;

/// Layers of most kinds, with most kinds of synapse between them.
fn wide() -> Builder {
    let image = Shape::image([6, 6], 2);
    let filters = Convolution { stride: [2, 2], padding: [1, 1], ..Convolution::of([4, 4]) };
    let pooled = Convolution { pooling: Pooling::SoftMax { size: 2, beta: 2.0 }, ..Convolution::of([2, 2]) };
    Network::builder()
        .layer("image", image, Tanh { beta: 0.7 })
        .layer("seen", filters.output(image, 5).unwrap(), LayerNorm { eps: 1e-2 })
        .layer(
            "parts",
            pooled.output(filters.output(image, 5).unwrap(), 3).unwrap(),
            Sigmoid { beta: 1.0, scale: 2.0 },
        )
        .layer("hidden", Shape::vector(7), RectifiedPolynomial { degree: 3 })
        .layer("label", Shape::vector(4), Softmax { beta: 1.5 })
        .synapse("filters", filters, &["image", "seen"])
        .synapse("attention", Attention::of(2, 3), &["seen"])
        .synapse("memory", Memory::of(6, Profile::Softmax { beta: 2.0 }), &["seen"])
        .synapse("pooled", pooled, &["seen", "parts"])
        .synapse("up", Dense::default(), &["parts", "hidden"])
        .synapse("skip", Dense::default(), &["image", "label"])
        .synapse("top", Dense::default(), &["hidden", "label"])
        .synapse("bias", Bias, &["label"])
        .time_constant("hidden", 0.5)
}

/// In f64, with weights that are not tiny and norms as they are at first.
fn built(builder: Builder) -> Network {
    let network = stronger(in_f64(builder.build(&device(), &mut rng(1)).unwrap()));
    let gammas: Vec<String> =
        network.parameters().filter(|name| name.ends_with("gamma")).map(str::to_owned).collect();
    gammas
        .iter()
        .fold(network, |network, name| network.with_parameter(name, tensor(vec![1.0], [1, 1])).unwrap())
}

fn states(network: &Network, seed: u64) -> Vec<Tensor<3>> {
    (seed..).zip(network.layers()).map(|(seed, (_, shape))| random(shape.dims(BATCH), seed)).collect()
}

fn total(network: &Network, states: &[Tensor<3>]) -> Vec<f64> {
    numbers(&network.energies(states).unwrap().total())
}

#[test]
fn the_energy_moves_as_its_gradient_says() {
    let network = built(wide());
    let (x, v) = (states(&network, 1), states(&network, 50));
    let step = 1e-5;
    let moved = |side: f64| -> Vec<Tensor<3>> {
        x.iter().zip(&v).map(|(x, v)| x.clone() + v.clone() * (side * step)).collect()
    };
    let (ahead, behind) = (moved(1.0), moved(-1.0));
    let [up, down] = [&ahead, &behind].map(|x| total(&network, x));
    let [g_up, g_down] = [&ahead, &behind].map(|x| network.activations(x).unwrap());
    let mut expected = vec![0.0; BATCH];
    for (slope, (a, b)) in network.gradient(&x).unwrap().into_iter().zip(g_up.into_iter().zip(g_down)) {
        let part = (slope * (a - b)).sum_dim(2).sum_dim(1).reshape([BATCH]);
        expected.iter_mut().zip(numbers(&part)).for_each(|(sum, part)| *sum += part / (2.0 * step));
    }
    let slopes: Vec<f64> = up.iter().zip(down).map(|(a, b)| (a - b) / (2.0 * step)).collect();
    assert_close(&slopes, &expected, 1e-7);
}

#[test]
fn parts_add_up() {
    let network = built(wide());
    let x = states(&network, 1);
    let energies = network.energies(&x).unwrap();
    let names: Vec<&str> =
        energies.layers.iter().chain(&energies.synapses).map(|(name, _)| name.as_str()).collect();
    assert_eq!(names.len(), 13);
    assert_eq!((names[0], names[12]), ("image", "bias"));
    let flow = network.flow(&x, &Clamps::none()).unwrap();
    assert_close(&numbers(&flow.energy(&flow.free(&x))), &total(&network, &x), 1e-12);
}

/// `reference` section 4: at zero a softmax layer of n neurons has the energy -ln n, an identity layer 0.
#[test]
fn energies_at_zero() {
    for (neurons, expected) in [(9, -2.1972246), (8, -2.0794415)] {
        let network = built(
            Network::builder()
                .layer("features", Shape::vector(5), Identity)
                .layer("memories", Shape::vector(neurons), Softmax { beta: 1.0 })
                .synapse("weights", Dense::default(), &["features", "memories"]),
        );
        let zeros = network.zeros(2);
        let energies = network.energies(&zeros).unwrap();
        assert_close(&numbers(&energies.layers[1].1), &[expected; 2], 1e-7);
        assert_eq!(numbers(&energies.layers[0].1), [0.0; 2]);
        assert_close(&numbers(&energies.total()), &[expected; 2], 1e-7);
    }
}

/// `reference` of the two-body theory: models B and C at v = (0.9, 0.2).
#[test]
fn two_layers_are_the_two_body_theory() {
    let patterns: Tensor<2> = tensor(vec![1.0, 0.0, 0.0, 1.0, -1.0, 0.0], [3, 2]);
    let v: Tensor<3> = tensor(vec![0.9, 0.2], [1, 1, 2]);
    let hidden = built(
        Network::builder()
            .layer("v", Shape::vector(2), Identity)
            .layer("h", Shape::vector(3), Softmax { beta: 1.0 })
            .synapse("xi", Dense::default(), &["v", "h"]),
    )
    .with_parameter("xi.weight", patterns.clone().transpose())
    .unwrap();
    let h: Tensor<3> = tensor(vec![0.9, 0.2, -0.9], [1, 1, 3]);
    assert_close(&total(&hidden, &[v.clone(), h]), &[-0.9829520141], 1e-9);

    let integrated = built(Network::builder().layer("v", Shape::vector(2), Identity).synapse(
        "xi",
        Memory::of(3, Profile::Softmax { beta: 1.0 }),
        &["v"],
    ))
    .with_parameter("xi.patterns", patterns.clone())
    .unwrap();
    assert_close(&total(&integrated, std::slice::from_ref(&v)), &[-0.9829520141], 1e-9);

    // Model C with F = max(x, 0)^3, three times the Lagrangian of degree 3, and no eps under the root.
    let spherical = built(
        Network::builder()
            .layer("v", Shape::vector(2), SphericalNorm { eps: 1e-300 })
            .layer("h", Shape::vector(3), RectifiedPolynomial { degree: 3 })
            .synapse("xi", Dense::default(), &["v", "h"]),
    )
    .with_parameter("xi.weight", patterns.transpose())
    .unwrap();
    let g = [0.9 / 0.85_f64.sqrt(), 0.2 / 0.85_f64.sqrt()];
    let h = tensor(vec![g[0], g[1], -g[0]], [1, 1, 3]);
    assert_close(&[3.0 * total(&spherical, &[v, h])[0]], &[-0.9404573377], 1e-9);
}

#[test]
fn clamped_layers_stay_and_cost_nothing_but_once() {
    let network = built(wide());
    let x = states(&network, 1);
    let pixels = random([1, 36, 2], 7).lower_elem(0.0);
    let clamps = Clamps::none().layer("label").neurons("image", pixels.clone());
    let flow = network.flow(&x, &clamps).unwrap();
    // What is computed once is what would be computed in every step.
    let everything = network.gradient(&x).unwrap();
    let still = pixels.bool_not().float().cast(x[0].dtype());
    let taus = [1.0, 1.0, 1.0, 0.5];
    for (at, drift) in flow.drift(&flow.free(&x)).iter().enumerate() {
        let expected = everything[at].clone() * (-1.0 / taus[at]);
        let expected = if at == 0 { expected * still.clone() } else { expected };
        assert_close(&numbers(drift), &numbers(&expected), 1e-12);
    }
    let mut end = x.clone();
    let how = Relaxation { steps: 20, tolerance: 0.0, ..Relaxation::euler(0.02) };
    let report = network.relax(&mut end, &clamps, &how).unwrap();
    assert_eq!(report.energies.len(), 21);
    assert_eq!(numbers(&end[4]), numbers(&x[4]));
    let held = still.equal_elem(0.0).float().cast(x[0].dtype());
    assert_eq!(numbers(&(end[0].clone() * held.clone())), numbers(&(x[0].clone() * held)));
    assert_close(report.energies.last().unwrap(), &total(&network, &end), 1e-10);
    // An elementwise layer may be clamped in part: the guarantee holds.
    assert!(network.breaches(&clamps).unwrap().is_empty());
    for pair in report.energies.windows(2) {
        assert!(pair[1].iter().zip(&pair[0]).all(|(after, before)| after <= before));
    }
}

/// A dense synapse that counts how often it is asked.
#[derive(Debug)]
struct Counted(Dense, Arc<[AtomicUsize; 2]>);

impl Synapse for Counted {
    fn name(&self) -> &'static str {
        "counted"
    }

    fn check(&self, shapes: &[Shape]) -> Result<(), Misfit> {
        self.0.check(shapes)
    }

    fn parameters(&self, shapes: &[Shape]) -> Vec<Parameter> {
        self.0.parameters(shapes)
    }

    fn curvature(&self, end: usize) -> Curvature {
        self.0.curvature(end)
    }

    fn energy(&self, ends: Ends<'_>) -> Tensor<1> {
        self.1[0].fetch_add(1, Ordering::Relaxed);
        self.0.energy(ends)
    }

    fn gradient(&self, ends: Ends<'_>, end: usize) -> Tensor<3> {
        self.1[1].fetch_add(1, Ordering::Relaxed);
        self.0.gradient(ends, end)
    }
}

#[test]
fn what_comes_from_a_clamped_layer_is_computed_once() {
    let count = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
    let network = built(
        Network::builder()
            .layer("image", Shape::vector(5), Tanh { beta: 1.0 })
            .layer("hidden", Shape::vector(4), Sigmoid { beta: 1.0, scale: 1.0 })
            .layer("label", Shape::vector(3), Softmax { beta: 1.0 })
            .synapse("up", Counted(Dense::default(), Arc::clone(&count)), &["image", "hidden"])
            .synapse("top", Dense::default(), &["hidden", "label"]),
    );
    let asked = |clamps: &Clamps, steps: usize| {
        let before = [0, 1].map(|at| count[at].load(Ordering::Relaxed));
        let how = Relaxation { steps, tolerance: 0.0, ..Relaxation::of(Solver::Damped { dt: 0.1 }) };
        let mut x = states(&network, 3);
        let report = network.relax(&mut x, clamps, &how).unwrap();
        let after = [0, 1].map(|at| count[at].load(Ordering::Relaxed) - before[at]);
        assert_close(report.energies.last().unwrap(), &total(&network, &x), 1e-12);
        count[0].fetch_sub(1, Ordering::Relaxed);
        after
    };
    let clamped = Clamps::none().layer("image");
    assert_eq!(asked(&clamped, 1), asked(&clamped, 30));
    let free = [1, 30].map(|steps| asked(&Clamps::none(), steps));
    assert!(free[1][0] >= free[0][0] + 29 && free[1][1] >= free[0][1] + 29, "{free:?}");
}

#[test]
fn damped_steps_come_to_rest_in_single_precision() {
    // The energy is a sum over 784 neurons: close to rest it falls by less than its rounding.
    let network = Network::builder()
        .layer("image", Shape::vector(784), Identity)
        .synapse("bias", Bias, &["image"])
        .build(&device(), &mut rng(5))
        .unwrap();
    let bias = random([1, 784], 6).cast(burn::tensor::DType::F32);
    let network = network.with_parameter("bias.bias", bias.clone()).unwrap();
    let how = Relaxation { steps: 400, ..Relaxation::of(Solver::Damped { dt: 0.1 }) };
    let mut x = vec![bias.unsqueeze::<3>() + 0.5 * Tensor::ones([1, 1, 784], &device())];
    let report = network.relax(&mut x, &Clamps::none(), &how).unwrap();
    assert_eq!(report.converged, [true], "{:?}", report.residuals);
    let size = 784.0;
    for pair in report.energies.windows(2) {
        assert!(pair[1][0] <= pair[0][0] + 1e-6 * size);
    }
}

#[test]
fn nothing_is_refused_and_hyperedges_have_one_energy_per_sample() {
    let network = built(
        Network::builder()
            .layer("seen", Shape::tokens(3, 4), LayerNorm { eps: 1e-2 })
            .synapse("memory", Memory::of(6, Profile::Softmax { beta: 2.0 }), &["seen"])
            .synapse("sparse", Memory::of(6, Profile::Entmax { beta: 2.0 }), &["seen"]),
    );
    let none = network.zeros(0);
    assert!(matches!(network.gradient(&none), Err(EnergyError::Relaxation(RelaxationError::Empty))));
    assert!(matches!(network.energies(&none), Err(EnergyError::Relaxation(RelaxationError::Empty))));
    let cold = Network::builder()
        .layer("seen", Shape::vector(4), Identity)
        .synapse("memory", Memory::of(6, Profile::Softmax { beta: 1e39 }), &["seen"])
        .build(&device(), &mut rng(1));
    assert!(cold.unwrap_err().to_string().contains("beta = 1"));
    let whole = Hyperedge::new("whole", |g: &[Tensor<3>]| g[0].clone().sum().reshape([1]));
    let network = built(Network::builder().layer("seen", Shape::vector(4), Identity).synapse(
        "whole",
        whole,
        &["seen"],
    ));
    let x = states(&network, 1);
    let refused = network.flow(&x, &Clamps::none()).err().unwrap().to_string();
    assert_eq!(refused, format!("energies of synapse whole: expected the shape [{BATCH}], found [1]"));
}

#[test]
fn samples_do_not_see_each_other() {
    let network = built(wide());
    let x = states(&network, 1);
    let how = Relaxation { steps: 30, ..Relaxation::of(Solver::Damped { dt: 0.3 }) };
    let mut together = x.clone();
    let report = network.relax(&mut together, &Clamps::none(), &how).unwrap();
    for sample in 0..BATCH {
        let mut alone: Vec<_> = x.iter().map(|x| x.clone().narrow(0, sample, 1)).collect();
        let own = network.relax(&mut alone, &Clamps::none(), &how).unwrap();
        assert_eq!(own.iterations[0], report.iterations[sample]);
        for (alone, together) in alone.iter().zip(&together) {
            let expected = numbers(&together.clone().narrow(0, sample, 1));
            assert_close(&numbers(alone), &expected, 1e-10);
        }
    }
}

#[test]
fn no_guarantee_without_feedback_or_with_part_of_a_softmax_clamped() {
    let network = built(wide().without_feedback("top", "hidden"));
    let feedback = Breach::Feedback { synapse: "top".to_owned(), layer: "hidden".to_owned() };
    assert_eq!(network.breaches(&Clamps::none()).unwrap(), [feedback]);
    assert!(network.breaches(&Clamps::none().layer("hidden")).unwrap().is_empty());

    let x = states(&network, 1);
    let symmetric = built(wide());
    let drifts = |network: &Network| {
        let flow = network.flow(&x, &Clamps::none()).unwrap();
        flow.drift(&flow.free(&x)).iter().map(numbers).collect::<Vec<_>>()
    };
    let (with, without) = (drifts(&symmetric), drifts(&network));
    for at in [0, 1, 2, 4] {
        assert_close(&with[at], &without[at], 1e-12);
    }
    // What is missing is -W g of the label, at the time constant 0.5.
    let g = network.activations(&x).unwrap().swap_remove(4).reshape([BATCH, 4]);
    let missing = numbers(&g.matmul(network.parameter("top.weight").unwrap().transpose()));
    let expected: Vec<f64> = without[3].iter().zip(missing).map(|(a, b)| a + b / 0.5).collect();
    assert_close(&with[3], &expected, 1e-12);

    let part =
        Tensor::<3, Bool>::from_data(TensorData::new(vec![true, false, false, false], [1, 1, 4]), &device());
    let breaches = symmetric.breaches(&Clamps::none().neurons("label", part)).unwrap();
    assert_eq!(breaches, [Breach::PartlyClamped { layer: "label".to_owned() }]);
}

#[test]
fn sweeps_of_fixed_points_never_raise_the_energy() {
    let network = built(
        Network::builder()
            .layer("v", Shape::vector(6), Identity)
            .layer("h", Shape::vector(9), Softmax { beta: 3.0 })
            .layer("t", Shape::vector(4), GhostSoftmax { beta: 1.0 })
            .synapse("vh", Dense { deviation: 0.05 }, &["v", "h"])
            .synapse("ht", Dense { deviation: 0.05 }, &["h", "t"])
            .synapse("memory", Memory::of(5, Profile::Entmax { beta: 2.0 }), &["v"]),
    );
    let mut x = states(&network, 1);
    let how = Relaxation { tolerance: 1e-9, ..Relaxation::of(Solver::FixedPoint) };
    let report = network.relax(&mut x, &Clamps::none(), &how).unwrap();
    assert_eq!(report.converged, [true; BATCH]);
    for pair in report.energies.windows(2) {
        assert!(pair[1].iter().zip(&pair[0]).all(|(after, before)| *after <= before + 1e-12));
    }
    for gradient in network.gradient(&x).unwrap() {
        assert!(numbers(&gradient).iter().all(|slope| slope.abs() < 1e-7));
    }
    let mut wide_states = states(&built(wide()), 1);
    let refused = built(wide()).relax(&mut wide_states, &Clamps::none(), &how).unwrap_err();
    assert!(refused.to_string().contains("no fixed-point sweep"));
}

#[test]
fn any_number_of_layers_may_share_an_energy() {
    let product = Hyperedge::new("product", |g: &[Tensor<3>]| {
        let [batch, ..] = g[0].dims();
        (g[0].clone() * g[1].clone() * g[2].clone()).neg().sum_dim(2).sum_dim(1).reshape([batch])
    });
    let shape = Shape::vector(3);
    let network = built(
        Network::builder()
            .layer("a", shape, Tanh { beta: 1.0 })
            .layer("b", shape, Tanh { beta: 1.0 })
            .layer("c", shape, Exponential { beta: 0.5 })
            .synapse("abc", product, &["a", "b", "c"])
            .synapse("ab", Dense::default(), &["a", "b"]),
    );
    let x = states(&network, 1);
    let g = network.activations(&x).unwrap();
    let weight = network.parameter("ab.weight").unwrap().unsqueeze::<3>();
    let expected = x[1].clone() - g[0].clone() * g[2].clone() - g[0].clone().matmul(weight);
    assert_close(&numbers(&network.gradient(&x).unwrap()[1]), &numbers(&expected), 1e-12);
}

#[test]
fn a_graph_that_cannot_be_is_refused_by_name() {
    let pair = || {
        Network::builder()
            .layer("a", Shape::vector(3), Identity)
            .layer("b", Shape::vector(2), Identity)
            .synapse("ab", Dense::default(), &["a", "b"])
    };
    let wrong = [
        (pair().layer("a", Shape::vector(1), Identity), "a: there are two of this name"),
        (pair().layer("c", Shape::vector(1), Identity), "layer c: in no synapse"),
        (pair().synapse("ac", Dense::default(), &["a", "c"]), "c: no such layer; there are a, b"),
        (
            pair().synapse("bias", Bias, &["a", "b"]),
            "synapse bias between a (1x1x3), b (1x1x2): joins 1 layers, not 2",
        ),
        (pair().time_constant("b", 0.0), "layer b: time constant = 0: must be finite and above 0"),
        (pair().layer("c", Shape::vector(0), Identity), "layer c: neurons = 0: must be at least 1"),
        (
            pair().layer("c", Shape::vector(1), Softmax { beta: -1.0 }),
            "layer c: beta = -1: must be finite and above 0",
        ),
        (pair().without_feedback("ba", "a"), "ba: no such synapse; there are ab"),
        (
            pair().layer("c", Shape::vector(1), Identity).synapse("c", Bias, &["c"]),
            "c: there are two of this name",
        ),
    ];
    for (builder, expected) in wrong {
        assert_eq!(builder.build(&device(), &mut rng(1)).unwrap_err().to_string(), expected);
    }
}

#[test]
fn states_and_clamps_that_do_not_fit_are_refused_and_change_nothing() {
    let network = built(wide());
    let mut x = states(&network, 1);
    let before: Vec<_> = x.iter().map(numbers).collect();
    let how = Relaxation::euler(0.1);
    let mask =
        |width| Tensor::<3, Bool>::from_data(TensorData::new(vec![true; width], [1, 1, width]), &device());
    let refused = |x: &mut Vec<Tensor<3>>, clamps: Clamps| network.relax(x, &clamps, &how).unwrap_err();
    assert!(matches!(refused(&mut x, Clamps::none().neurons("label", mask(3))), EnergyError::Shape { .. }));
    assert!(matches!(refused(&mut x, Clamps::none().layer("labels")), EnergyError::Unknown { .. }));
    assert!(network.place(&mut x, "label", random([BATCH, 1, 5], 1)).is_err());
    assert!(network.clone().with_parameter("up.weight", random([2, 2], 1)).is_err());
    assert_eq!(x.iter().map(numbers).collect::<Vec<_>>(), before);

    let mut single: Vec<_> = x.iter().map(|x| x.clone().cast(burn::tensor::DType::F32)).collect();
    assert!(matches!(refused(&mut single, Clamps::none()), EnergyError::Type { .. }));
    x[2] = x[2].clone() / 0.0;
    let found = refused(&mut x, Clamps::none()).to_string();
    assert!(found.ends_with("at the start is not finite"), "{found}");
}

#[test]
fn a_step_that_diverges_is_reported_and_undone() {
    let network = built(wide());
    let mut x = states(&network, 1);
    let how = Relaxation { steps: 500, ..Relaxation::euler(2.5) };
    let error = network.relax(&mut x, &Clamps::none(), &how).unwrap_err().to_string();
    assert!(error.contains("diverges") && error.contains("Try dt = 0.625"), "{error}");
    assert!(x.iter().all(|x| numbers(x).iter().all(|x| x.is_finite())));
    let start = total(&network, &states(&network, 1));
    for (energy, start) in total(&network, &x).iter().zip(start) {
        assert!(*energy <= start + 1.0 + start.abs());
    }
}
