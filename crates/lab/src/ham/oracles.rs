//! `ham/oracles`: the closed forms of energies and gradients.

use attractor_nets::energy::{
    Attention, Dense, Diagonal, Ends, EnergyError, Evaluated, GhostSoftmax, Identity, Lagrangian, LayerNorm,
    Memory, Network, Profile, RectifiedExponential, Shape, Sigmoid, Softmax, SphericalNorm, Synapse, Tanh,
};
use burn::tensor::{DType, Device, Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::experiment::{Context, Experiment, LabError};
use crate::outcome::{Named, Outcome};
use crate::statistics::Summary;

/// The experiment.
pub(crate) const EXPERIMENT: Experiment = Experiment {
    id: "ham/oracles",
    title: "Energies and gradients of energy networks against their closed forms",
    source: "Krotov and Hopfield 2021 (arXiv 2008.06996); Hoover et al. 2023, Energy Transformer (arXiv 2302.07253)",
    protocol: "Lagrangians at x = (1, -2, 0.5); softmax layers at zero; model B of the two-body theory, as two layers \
               and as one, at (0.9, 0.2); attention and memory of three tokens of four; all in f64",
    published: None,
    data: &[],
    run,
};

/// Largest deviation allowed, relative to `1 + |expected|`.
const TOLERANCE: f64 = 1e-6;

/// A value and what it should be.
struct Check {
    name: String,
    found: Vec<f64>,
    expected: Vec<f64>,
}

impl Check {
    fn deviation(&self) -> f64 {
        if self.found.len() != self.expected.len() {
            return f64::INFINITY;
        }
        let pairs = self.found.iter().zip(&self.expected);
        pairs
            .map(|(found, expected)| (found - expected).abs() / (1.0 + expected.abs()))
            .fold(0.0, |a, b| if b.is_nan() || b > a { b } else { a })
    }
}

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    context.progress(0.0, "closed forms");
    let mut checks = lagrangians();
    checks.extend(layers()?);
    checks.extend(transformer());
    let deviations: Vec<f64> = checks.iter().map(Check::deviation).collect();
    let largest = deviations.iter().fold(0.0, |a: f64, &b| if b.is_nan() || b > a { b } else { a });
    let mut outcome = Outcome { measured: Summary::of(&[largest]), ..Outcome::default() };
    outcome.series = checks
        .iter()
        .zip(deviations)
        .map(|(check, mean)| Named { name: check.name.clone(), mean, spread: 0.0 })
        .collect();
    // What a network that computed nothing would deviate by.
    let silent = |check: &Check| Check {
        name: String::new(),
        found: vec![0.0; check.expected.len()],
        expected: check.expected.clone(),
    };
    let zero = checks.iter().map(|check| silent(check).deviation()).fold(0.0, f64::max);
    outcome.baselines.push(Named { name: "all zeros".to_owned(), mean: zero, spread: 0.0 });
    outcome.pass = Some(largest <= TOLERANCE);
    outcome.notes.push(format!("{} closed forms; deviations are relative to 1 + |expected|.", checks.len()));
    Ok(outcome)
}

fn tensor<const D: usize>(numbers: Vec<f64>, dims: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(numbers, dims), (&Device::flex(), DType::F64))
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.try_into_vec_as::<f64>().unwrap_or_default()
}

/// A Lagrangian, its value, its energy and its activation at the point of the reference.
type Printed<'a> = (&'a dyn Lagrangian, f64, Option<f64>, Option<[f64; 3]>);

fn lagrangians() -> Vec<Check> {
    let x: Tensor<3> = tensor(vec![1.0, -2.0, 0.5], [1, 1, 3]);
    let norm = [tensor(vec![1.0], [1, 1]), tensor(vec![0.0; 3], [1, 3])];
    let softmax = [0.7297362141, 0.0018088352, 0.2684549507];
    let rectified = [6.3890560989, 0.0, 1.7182818285];
    let normal = [0.8889983080, -1.3969973412, 0.5079990332];
    let ghost = [0.4940230207, 0.0245959580, 0.2996401086];
    let printed: [Printed<'_>; 7] = [
        (&Softmax { beta: 2.0 }, 1.1575360803, Some(-0.2971900613), Some(softmax)),
        (&Sigmoid { beta: 2.0, scale: 1.0 }, 1.7291698132, Some(-0.5188158659), None),
        (&Tanh { beta: 2.0 }, 2.5329859018, Some(0.8104973557), None),
        (&RectifiedExponential { beta: 2.0 }, 4.0536689637, Some(3.1945280495), Some(rectified)),
        (&LayerNorm { eps: 1e-5 }, 3.9370153670, Some(-2.2860e-5), Some(normal)),
        (&SphericalNorm { eps: 1e-5 }, 2.2912900297, Some(-4.3644e-6), None),
        (&GhostSoftmax { beta: 1.0 }, 1.7051731623, None, Some(ghost)),
    ];
    let mut checks = Vec::new();
    for (lagrangian, value, energy, activation) in printed {
        let Evaluated { value: found, activation: g } = lagrangian.evaluate(x.clone(), &norm);
        let found = numbers(found);
        let legendre: Vec<f64> =
            numbers((x.clone() * g.clone()).sum()).iter().zip(&found).map(|(a, b)| a - b).collect();
        let mut add = |what: &str, found: Vec<f64>, expected: Vec<f64>| {
            checks.push(Check { name: format!("{}: {what}", lagrangian.name()), found, expected });
        };
        add("Lagrangian", found, vec![value]);
        if let Some(energy) = energy {
            add("energy", legendre, vec![energy]);
        }
        if let Some(activation) = activation {
            add("activation", numbers(g), activation.to_vec());
        }
    }
    checks
}

fn layers() -> Result<Vec<Check>, EnergyError> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let device = Device::flex();
    let mut checks = Vec::new();
    for (neurons, energy) in [(9, -2.1972246), (8, -2.0794415)] {
        let network = Network::builder()
            .layer("features", Shape::vector(4), Identity)
            .layer("memories", Shape::vector(neurons), Softmax { beta: 1.0 })
            .synapse("patterns", Dense::default(), &["features", "memories"])
            .build(&device, &mut rng)?
            .with_type(DType::F64);
        let energies = network.energies(&network.zeros(1))?;
        let name = format!("softmax layer of {neurons} at zero");
        checks.push(Check { name, found: numbers(energies.total()), expected: vec![energy] });
    }
    let patterns: Tensor<2> = tensor(vec![1.0, 0.0, 0.0, 1.0, -1.0, 0.0], [3, 2]);
    let two = Network::builder()
        .layer("features", Shape::vector(2), Identity)
        .layer("memories", Shape::vector(3), Softmax { beta: 1.0 })
        .synapse("patterns", Dense::default(), &["features", "memories"])
        .build(&device, &mut rng)?
        .with_type(DType::F64)
        .with_parameter("patterns.weight", patterns.clone().transpose())?;
    let states = [tensor(vec![0.9, 0.2], [1, 1, 2]), tensor(vec![0.9, 0.2, -0.9], [1, 1, 3])];
    let found = numbers(two.energies(&states)?.total());
    checks.push(Check { name: "model B, two layers".to_owned(), found, expected: vec![-0.9829520141] });
    let one = Network::builder()
        .layer("features", Shape::vector(2), Identity)
        .synapse("patterns", Memory::of(3, Profile::Softmax { beta: 1.0 }), &["features"])
        .build(&device, &mut rng)?
        .with_type(DType::F64)
        .with_parameter("patterns.patterns", patterns)?;
    let found = numbers(one.energies(&states[..1])?.total());
    checks.push(Check { name: "model B, one layer".to_owned(), found, expected: vec![-0.9829520141] });
    Ok(checks)
}

fn transformer() -> Vec<Check> {
    let shapes = [Shape::tokens(3, 4)];
    let table = |rows: usize, f: &dyn Fn(f64) -> f64| {
        tensor((0..rows * 4).map(|at| f(at as f64)).collect(), [rows, 4])
    };
    let activations = [tensor((0..12).map(|at| f64::from(1 + at).sin()).collect(), [1, 3, 4])];
    let projections =
        [table(4, &|at| 0.5 * (1.0 + 0.3 * at).cos()), table(4, &|at| 0.5 * (1.0 + 0.7 * at).sin())];
    let patterns = [table(5, &|at| 0.5 * (2.0 + 0.9 * at).sin())];
    let attending = Ends { shapes: &shapes, activations: &activations, parameters: &projections };
    let recalling = Ends { shapes: &shapes, activations: &activations, parameters: &patterns };
    let memory = Memory::of(5, Profile::Rectified);
    let printed = [
        (Diagonal::Included, -9.59654592808604, [-0.6702554692, -0.6144260143, -0.2417457641, 0.1745474194]),
        (Diagonal::Excluded, -5.994859599856883, [-0.3238854345, -0.2765356682, -0.0092215046, 0.2365656627]),
    ];
    let mut checks = vec![Check {
        name: "rectified memory: energy".to_owned(),
        found: numbers(memory.energy(recalling)),
        expected: vec![-1.760965495772542],
    }];
    for (diagonal, energy, row) in printed {
        let attention = Attention { diagonal, ..Attention::of(2, 2) };
        let gradient = attention.gradient(attending, 0) + memory.gradient(recalling, 0);
        let name = |what: &str| format!("attention, self term {diagonal:?}: {what}");
        let found = numbers(attention.energy(attending));
        checks.push(Check { name: name("energy"), found, expected: vec![energy] });
        let found = numbers(gradient.narrow(1, 0, 1));
        checks.push(Check { name: name("gradient of the first token"), found, expected: row.to_vec() });
    }
    checks
}
