//! `krotov/models-abc`: a network of two layers is the memory with one.

use std::collections::BTreeMap;

use attractor_memory::binary::{DenseMemory, Interaction};
use attractor_memory::two_body::{Integration, State};
use attractor_memory::{Detail, Dynamics, Memory, Separation};
use attractor_nets::energy::{
    Clamps, EnergyError, Identity, Memory as Memories, Network, Profile, Shape, SphericalNorm,
};
use attractor_nets::relaxation::unroll;
use burn::tensor::{DType, Device};
use ndarray::{Array1, Array2, Axis};
use rand::{Rng, RngExt};

use super::forms::{Model, matrix, numbers, state};
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::outcome::{Named, Outcome};
use crate::statistics::Summary;

/// The experiment.
pub(crate) const EXPERIMENT: Experiment = Experiment {
    id: "krotov/models-abc",
    title: "A network of feature and memory neurons is the memory with one layer: models A, B and C",
    source: "Krotov and Hopfield 2021, Large associative memory problem in neurobiology and machine learning (arXiv \
             2008.06996), section 3 and table 1: with the memory neurons at rest, the two-body network has the energy \
             and the update of the dense associative memory (A), the modern Hopfield network (B), the spherical memory \
             (C)",
    protocol: "600 random networks, 200 per model, of 4 to 24 features and 2 to 16 patterns (of -1 and 1 for A, \
               normal for B, of unit length in the mean for C), degree 2 to 5, beta 0.5 to 8, states from N(0, 1); the \
               network of two layers against feature and memory neurons in continuous time (energy, 20 steps of Euler \
               of 0.1), against the one-layer theory (energy, update), against the memory of bits (energy, energy of \
               every flip), the memory with softmax (energy, one step; it computes in f32), and networks of one layer \
               with a memory synapse; deviations relative to 1 + the largest number. Holds at 1e-9, in f32 at 1e-5.",
    published: None,
    data: &[],
    run,
};

/// Largest deviation of what is computed in f64, and where one side is f32.
const TOLERANCES: [f64; 2] = [1e-9, 1e-5];
const DT: f64 = 0.1;
const STEPS: usize = 20;

/// The largest deviation by what was compared; the flag says that one side is f32.
#[derive(Default)]
struct Deviations(BTreeMap<String, (f64, bool)>);

impl Deviations {
    fn add(&mut self, name: String, found: &[f64], expected: &[f64]) {
        self.put(name, deviation(found, expected), false);
    }

    fn add_single(&mut self, name: String, found: &[f64], expected: &[f64]) {
        self.put(name, deviation(found, expected), true);
    }

    fn put(&mut self, name: String, value: f64, single: bool) {
        let entry = self.0.entry(name).or_insert((0.0, single));
        if value.is_nan() || value > entry.0 {
            entry.0 = value;
        }
    }

    fn largest(&self, single: bool) -> f64 {
        let own = self.0.values().filter(|(_, of)| *of == single);
        own.map(|(value, _)| *value).fold(0.0, |a, b| if b.is_nan() || b > a { b } else { a })
    }
}

fn deviation(found: &[f64], expected: &[f64]) -> f64 {
    if found.len() != expected.len() {
        return f64::INFINITY;
    }
    let size = expected.iter().fold(1.0, |a: f64, b| a.max(1.0 + b.abs()));
    let apart = found.iter().zip(expected).map(|(a, b)| (a - b).abs() / size);
    apart.fold(0.0, |a, b| if b.is_nan() || b > a { b } else { a })
}

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let count = match context.extent() {
        Extent::Full => 200,
        Extent::Smoke => 5,
    };
    let (mut all, mut control) = (Deviations::default(), Vec::new());
    for at in 0..count {
        context.progress(at as f64 / count as f64, "random networks");
        let rng = &mut attractor_data::stream(context.seed, &format!("krotov/models-abc {at}"));
        let degree = rng.random_range(2..6);
        for model in [Model::A { degree }, Model::B { beta: rng.random_range(0.5..8.0) }, Model::C { degree }]
        {
            let patterns = drawn(model, rng);
            let v = Array1::from_shape_simple_fn(patterns.ncols(), || normal(rng));
            let h = Array1::from_shape_simple_fn(patterns.nrows(), || normal(rng));
            let start = State { v, h };
            continuous(model, &patterns, &start, &mut all)?;
            one_layer(model, &patterns, &start.v, &mut all)?;
            // What a network with one pattern turned round deviates by.
            let mut other = patterns.clone();
            other.row_mut(0).mapv_inplace(|x| -x);
            let [own, turned] = [&patterns, &other].map(|patterns| drive(model, patterns, &start.v));
            control.push(deviation(&turned?, &own?));
        }
    }
    context.progress(1.0, "done");
    let [double, single] = [false, true].map(|single| all.largest(single));
    Ok(Outcome {
        measured: Summary::of(&[double]),
        series: all
            .0
            .iter()
            .map(|(name, &(mean, _))| Named { name: name.clone(), mean, spread: 0.0 })
            .collect(),
        baselines: vec![Named::new("update with one pattern turned round", &Summary::of(&control))],
        pass: Some(double <= TOLERANCES[0] && single <= TOLERANCES[1]),
        notes: vec![
            format!("Measured: the largest deviation of what is computed in f64; in f32 it is {single:.1e}."),
            "The memory of bits and the one-layer theory have no state of the memory neurons: the network has them at \
             rest for its features then."
                .to_owned(),
        ],
        ..Outcome::default()
    })
}

fn drawn(model: Model, rng: &mut impl Rng) -> Array2<f64> {
    let dims = (rng.random_range(2..17), rng.random_range(4..25));
    let mut draw = || match model {
        Model::A { .. } => {
            if rng.random() {
                1.0
            } else {
                -1.0
            }
        }
        Model::B { .. } => normal(rng),
        Model::C { .. } => normal(rng) / (dims.1 as f64).sqrt(),
    };
    Array2::from_shape_simple_fn(dims, &mut draw)
}

/// Box and Muller 1958.
fn normal(rng: &mut impl Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

/// Against feature and memory neurons in continuous time.
fn continuous(
    model: Model,
    patterns: &Array2<f64>,
    start: &State,
    all: &mut Deviations,
) -> Result<(), LabError> {
    let (network, theory) = (model.network(patterns)?, model.theory(patterns)?);
    let named = |what: &str| format!("{}: {what}", name(model));
    let states = vec![state(start.v.view()), state((&start.h * model.scale()).view())];
    let energy = numbers(network.energies(&states)?.total());
    all.add(named("energy, two layers"), &energy, &[theory.energy(start)?.total()]);
    let how = Integration { tolerance: 0.0, steps: STEPS, ..Integration::euler(DT) };
    let end = theory.settle(start, &how)?.state;
    // Not `relax`: steps of this size may raise the energy of A, whose activations jump.
    let mut states =
        unroll(&network.flow(&states, &Clamps::none())?, states, DT, STEPS).map_err(EnergyError::from)?;
    all.add(named("features after 20 steps"), &numbers(states.remove(0)), &end.v.to_vec());
    let memories: Vec<f64> = numbers(states.remove(0)).iter().map(|x| x / model.scale()).collect();
    all.add(named("memory neurons after 20 steps"), &memories, &end.h.to_vec());
    Ok(())
}

/// Where the network draws the features, the memory neurons being at rest.
fn drive(model: Model, patterns: &Array2<f64>, v: &Array1<f64>) -> Result<Vec<f64>, LabError> {
    let network = model.network(patterns)?;
    let gradient = network.gradient(&rested(model, patterns, v)?)?;
    Ok(v.iter().zip(numbers(gradient[0].clone())).map(|(v, slope)| v - slope).collect())
}

/// The states of the network with the memory neurons at rest.
fn rested(
    model: Model,
    patterns: &Array2<f64>,
    v: &Array1<f64>,
) -> Result<[burn::tensor::Tensor<3>; 2], LabError> {
    let h = model.theory(patterns)?.relaxed(v.view())?.h * model.scale();
    Ok([state(v.view()), state(h.view())])
}

fn energy(model: Model, patterns: &Array2<f64>, v: &Array1<f64>) -> Result<f64, LabError> {
    let total = model.network(patterns)?.energies(&rested(model, patterns, v)?)?.total();
    Ok(numbers(total).first().copied().unwrap_or(f64::NAN))
}

/// Against memories with one layer.
fn one_layer(
    model: Model,
    patterns: &Array2<f64>,
    v: &Array1<f64>,
    all: &mut Deviations,
) -> Result<(), LabError> {
    let named = |what: &str| format!("{}: {what}", name(model));
    let effective = model.theory(patterns)?.effective();
    let (energy, drive) = (energy(model, patterns, v)?, drive(model, patterns, v)?);
    all.add(named("energy, one-layer theory"), &[energy], &[effective.energy(v.view())?.total()]);
    all.add(named("update, one-layer theory"), &drive, &effective.update(v.view())?.to_vec());
    match model {
        Model::A { degree } => bits(model, degree, patterns, v, all)?,
        Model::B { beta } => {
            softmax(beta, patterns, v, (energy, &drive), all)?;
            let profile = Profile::Softmax { beta };
            let one = Network::builder().layer("features", Shape::vector(v.len()), Identity);
            synapse(one, profile, patterns, v, (energy, &drive), (named, all))?;
        }
        // The memory synapse has the rectified square, halved.
        Model::C { degree: 2 } => {
            let one =
                Network::builder().layer("features", Shape::vector(v.len()), SphericalNorm { eps: 1e-30 });
            let patterns = patterns * std::f64::consts::SQRT_2;
            synapse(one, Profile::Rectified, &patterns, v, (energy, &drive), (named, all))?;
        }
        Model::C { .. } => {}
    }
    Ok(())
}

/// The memory of bits: its energy at the signs of the features, and that of every flip.
fn bits(
    model: Model,
    degree: u32,
    patterns: &Array2<f64>,
    v: &Array1<f64>,
    all: &mut Deviations,
) -> Result<(), LabError> {
    let mut memory = DenseMemory::new(v.len(), Interaction::Rectified(degree))?;
    memory.store(patterns.mapv(|x| x as f32).view())?;
    let signs = v.mapv(|x| x.signum() as f32);
    let own = energy(model, patterns, v)?;
    let expected = memory.energy(signs.view().insert_axis(Axis(0)))?[0].value;
    all.add("A: energy, memory of bits".to_owned(), &[own], &[expected]);
    let mut flips = Vec::new();
    for at in 0..v.len() {
        let mut flipped = v.clone();
        flipped[at] *= -1.0;
        flips.push(energy(model, patterns, &flipped)? - own);
    }
    let expected = memory.flip_energies(signs.view())?.to_vec();
    all.add("A: energy of every flip, memory of bits".to_owned(), &flips, &expected);
    Ok(())
}

/// The memory with softmax: energy and one step.
fn softmax(
    beta: f64,
    patterns: &Array2<f64>,
    v: &Array1<f64>,
    (energy, drive): (f64, &[f64]),
    all: &mut Deviations,
) -> Result<(), LabError> {
    let mut memory = Memory::builder(v.len()).separation(Separation::softmax(beta)).build()?;
    memory.store(patterns.mapv(|x| x as f32).view())?;
    let cue = v.mapv(|x| x as f32).insert_axis(Axis(0));
    let found = memory.energies(cue.view())?[0];
    // Its constants make the energy of a stored pattern about 0.
    all.add_single("B: energy, memory with softmax".to_owned(), &[energy], &[found.memory + found.state]);
    let how = Dynamics { steps: 1, tolerance: 0.0, detail: Detail::States, ..Dynamics::default() };
    let next: Vec<f64> = memory.recall_with(cue.view(), &how)?.states.iter().map(|&x| f64::from(x)).collect();
    all.add_single("B: one step, memory with softmax".to_owned(), drive, &next);
    Ok(())
}

/// A network of one layer with the patterns in a synapse.
fn synapse(
    layer: attractor_nets::energy::Builder,
    profile: Profile,
    patterns: &Array2<f64>,
    v: &Array1<f64>,
    (energy, drive): (f64, &[f64]),
    (named, all): (impl Fn(&str) -> String, &mut Deviations),
) -> Result<(), LabError> {
    let one = layer
        .synapse("patterns", Memories::of(patterns.nrows(), profile), &["features"])
        .build(&Device::flex(), &mut attractor_data::stream(0, "replaced"))?
        .with_type(DType::F64)
        .with_parameter("patterns.patterns", matrix(patterns))?;
    let states = [state(v.view())];
    all.add(named("energy, memory synapse"), &[energy], &numbers(one.energies(&states)?.total()));
    let slopes = numbers(one.gradient(&states)?.swap_remove(0));
    let next: Vec<f64> = v.iter().zip(slopes).map(|(v, slope)| v - slope).collect();
    all.add(named("update, memory synapse"), drive, &next);
    Ok(())
}

fn name(model: Model) -> &'static str {
    match model {
        Model::A { .. } => "A",
        Model::B { .. } => "B",
        Model::C { .. } => "C",
    }
}
