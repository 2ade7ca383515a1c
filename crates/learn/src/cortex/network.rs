//! A cortex that is trained by gradient descent, and answers with a slower copy of itself.

use std::sync::{Arc, OnceLock};

use attractor_data::stream;
use attractor_nets::{Mlp, Optimiser, Rule};
use attractor_store::wire::{Reader, Writer};
use ndarray::{Array2, ArrayView2};

use super::check::{self, CLASSES, LARGEST, LIGHTEST};
use super::{Cortex, Plasticity, Readout};
use crate::Error;

/// Of the bytes that [`Cortex::save`] writes.
const VERSION: u8 = 1;

/// How a [`Network`] is built and trained.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkSettings {
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Learning rate of Adam.
    pub rate: f64,
    /// Examples in a step, 1 to 65,536: as many are collected before one is taken.
    pub batch: usize,
    /// Most that the copy which answers keeps of itself at a step, 0 to below 1.
    pub keep: f64,
    /// Where weights are drawn from.
    pub seed: u64,
}

impl Default for NetworkSettings {
    /// One hidden layer of 256, rate 1e-3, batches of 32, keep 0.99, seed 0.
    fn default() -> Self {
        Self { hidden: vec![256], rate: 1e-3, batch: 32, keep: 0.99, seed: 0 }
    }
}

/// A multilayer perceptron on features. It needs interleaved examples: shown one class after another it forgets, so
/// that replay has to mix old ones in.
///
/// Examples collect until there is a batch; then Adam takes one step down their mean cross-entropy, each times its
/// weight, over the classes that are held. After step t the copy that answers becomes
/// `a copy + (1 - a) network`, `a = min(1 - 1/(t + 1), keep)` (the stable copy of Arani, Sarfraz and Zonooz 2022).
/// A new class adds an output; all weights stay.
///
/// ```
/// use attractor_learn::cortex::{Cortex, Network, NetworkSettings};
///
/// let settings = NetworkSettings { hidden: vec![8], rate: 0.05, batch: 4, keep: 0.5, seed: 1 };
/// let mut cortex = Network::new(2, settings)?;
/// for _ in 0..100 {
///     cortex.learn(&[0.0, 1.0], 3, 1.0)?;
///     cortex.learn(&[1.0, 0.0], 0, 1.0)?;
/// }
/// let mut scores = vec![];
/// cortex.readout().scores(&[0.1, 0.9], &mut scores);
/// assert_eq!((scores.len(), scores[1]), (4, f32::NEG_INFINITY));
/// assert!(scores[3] > scores[0]);
/// # Ok::<(), attractor_learn::Error>(())
/// ```
#[derive(Debug)]
pub struct Network {
    settings: NetworkSettings,
    mlp: Mlp,
    stable: Mlp,
    optimiser: Optimiser,
    /// Class of each output, in the order of arrival.
    numbers: Vec<u32>,
    /// Whether the class of an output is held.
    live: Vec<bool>,
    /// Times that an output was drawn anew.
    redrawn: u64,
    pending: Pending,
    readout: OnceLock<Arc<Picture>>,
}

/// Examples that wait for a step: features row by row, outputs, weights.
#[derive(Debug, Clone, Default)]
struct Pending {
    features: Vec<f32>,
    outputs: Vec<u32>,
    weights: Vec<f32>,
}

impl Network {
    /// What [`Cortex::name`] and files call it.
    pub const KIND: &'static str = "network";

    /// For features of `width` components.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting out of its range, [`Error::Network`] for widths or a rate that no network
    /// can have.
    pub fn new(width: usize, settings: NetworkSettings) -> Result<Self, Error> {
        if !(1..=1 << 16).contains(&settings.batch) {
            return Err(parameter("batch", settings.batch as f64, "from 1 to 65,536"));
        }
        if !(0.0..1.0).contains(&settings.keep) {
            return Err(parameter("keep", settings.keep, "at least 0 and below 1"));
        }
        // A network has an output from the start; the first class takes it.
        let widths: Vec<usize> =
            [width].into_iter().chain(settings.hidden.iter().copied()).chain([1]).collect();
        let mlp = Mlp::new(&widths, &mut stream(settings.seed, "cortex/network"))?;
        Ok(Self {
            optimiser: Optimiser::adam(settings.rate)?,
            stable: mlp.clone(),
            mlp,
            settings,
            numbers: vec![],
            live: vec![],
            redrawn: 0,
            pending: Pending::default(),
            readout: OnceLock::new(),
        })
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        self.optimiser.steps()
    }

    /// Reads what [`Cortex::save`] wrote, after the kind.
    ///
    /// # Errors
    /// Bytes that no network wrote.
    pub fn load(from: &mut Reader<'_>) -> Result<Self, Error> {
        if from.u8()? != VERSION {
            return Err(from.fault("a version of a cortex that is not known here").into());
        }
        let widths: Vec<usize> = from.u32s()?.into_iter().map(|w| w as usize).collect();
        let [width, hidden @ .., outputs] = widths.as_slice() else {
            return Err(from.fault("a network without layers").into());
        };
        let settings = NetworkSettings {
            hidden: hidden.to_vec(),
            rate: from.f64()?,
            batch: from.u32()? as usize,
            keep: from.f64()?,
            seed: from.u64()?,
        };
        let weights = from.f32s()?;
        let mlp = Mlp::from_weights(&widths, weights).map_err(|_| impossible(from))?;
        let weights = from.f32s()?;
        let stable = Mlp::from_weights(&widths, weights).map_err(|_| impossible(from))?;
        let steps = from.u64()?;
        let moments =
            (0..if steps == 0 { 0 } else { 2 }).map(|_| from.f32s()).collect::<Result<Vec<_>, _>>()?;
        let whole = moments.iter().all(|moment| moment.len() == mlp.weights().len());
        let optimiser = Optimiser::restored(Rule::Adam, settings.rate, steps, moments);
        let (numbers, live) = (from.u32s()?, from.bytes()?.iter().map(|&b| b == 1).collect::<Vec<_>>());
        let redrawn = from.u64()?;
        let pending = Pending { features: from.f32s()?, outputs: from.u32s()?, weights: from.f32s()? };
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        sorted.dedup();
        let rows = pending.outputs.len();
        let sound = whole
            && numbers.len() == live.len()
            && sorted.len() == numbers.len()
            && sorted.last().is_none_or(|&last| last < CLASSES)
            && numbers.len().max(1) == *outputs
            && rows < settings.batch.max(1)
            && pending.weights.len() == rows
            && rows.checked_mul(*width) == Some(pending.features.len())
            && pending.outputs.iter().all(|&output| live.get(output as usize) == Some(&true))
            && pending.weights.iter().all(|weight| (LIGHTEST..=1.0 / LIGHTEST).contains(weight))
            && pending.features.iter().all(|x| x.is_finite() && x.abs() <= LARGEST)
            && (0.0..1.0).contains(&settings.keep);
        let (true, Ok(optimiser)) = (sound, optimiser) else { return Err(impossible(from)) };
        let readout = OnceLock::new();
        Ok(Self { settings, mlp, stable, optimiser, numbers, live, redrawn, pending, readout })
    }

    /// The output of `class`, made where there is none.
    fn output(&mut self, class: u32) -> Result<usize, Error> {
        if let Some(output) = self.numbers.iter().position(|&number| number == class) {
            return Ok(output);
        }
        let output = self.numbers.len();
        if output >= self.mlp.outputs() {
            let rng = || stream(self.settings.seed, &format!("cortex/network/{output}"));
            self.mlp.grow(output + 1, &mut rng(), &mut [&mut self.optimiser])?;
            self.stable.grow(output + 1, &mut rng(), &mut [])?;
        }
        self.numbers.push(class);
        self.live.push(false);
        Ok(output)
    }

    /// One step on all that is pending.
    fn step(&mut self) -> Result<(), Error> {
        let rows = self.pending.outputs.len();
        if rows == 0 {
            return Ok(());
        }
        let taken = std::mem::take(&mut self.pending);
        let shares: Vec<f32> = taken.weights.iter().map(|weight| weight / rows as f32).collect();
        let inputs = Array2::from_shape_vec((rows, self.width()), taken.features)
            .map_err(|_| Error::TooFew { what: "a step", needed: rows, found: 0 })?;
        let live = &self.live;
        self.mlp.step(
            inputs.view(),
            |loss| loss.cross_entropy(0, &taken.outputs, &shares, |_, output| live[output]),
            &mut self.optimiser,
        )?;
        let share = 1.0 - 1.0 / (self.optimiser.steps() as f64 + 1.0);
        self.stable.follow(&self.mlp, share.min(self.settings.keep) as f32)?;
        self.readout = OnceLock::new();
        Ok(())
    }

    fn picture(&self) -> Picture {
        let bound = self.numbers.iter().max().map_or(0, |&last| last as usize + 1);
        let held = self.numbers.iter().zip(&self.live).enumerate();
        let outputs =
            held.filter(|(_, (_, live))| **live).map(|(output, (&class, _))| (output, class as usize));
        Picture { network: self.stable.clone(), bound, outputs: outputs.collect() }
    }
}

impl Cortex for Network {
    fn name(&self) -> &'static str {
        Self::KIND
    }

    fn plasticity(&self) -> Plasticity {
        Plasticity::Steps
    }

    fn width(&self) -> usize {
        self.mlp.inputs()
    }

    fn learn(&mut self, features: &[f32], class: u32, weight: f32) -> Result<(), Error> {
        check::example(features, self.width(), class, weight)?;
        let output = self.output(class)?;
        if !self.live[output] {
            self.live[output] = true;
            self.readout = OnceLock::new();
        }
        self.pending.features.extend_from_slice(features);
        self.pending.outputs.push(output as u32);
        self.pending.weights.push(weight);
        if self.pending.outputs.len() >= self.settings.batch { self.step() } else { Ok(()) }
    }

    fn unlearn(&mut self, features: &[f32], class: u32, weight: f32) -> Result<bool, Error> {
        check::example(features, self.width(), class, weight)?;
        Ok(false)
    }

    fn forget(&mut self, class: u32) {
        let Some(output) = self.numbers.iter().position(|&number| number == class) else { return };
        let width = self.width();
        let old = std::mem::take(&mut self.pending);
        for (row, (&other, &weight)) in old.outputs.iter().zip(&old.weights).enumerate() {
            if other as usize != output {
                self.pending.features.extend_from_slice(&old.features[row * width..(row + 1) * width]);
                self.pending.outputs.push(other);
                self.pending.weights.push(weight);
            }
        }
        self.live[output] = false;
        self.redrawn += 1;
        let rng = || stream(self.settings.seed, &format!("cortex/network/redrawn/{}", self.redrawn));
        // The output exists, so that neither call can fail.
        let _ = self.mlp.redraw(output, &mut rng(), &mut [&mut self.optimiser]);
        let _ = self.stable.redraw(output, &mut rng(), &mut []);
        self.readout = OnceLock::new();
    }

    fn readout(&self) -> Arc<dyn Readout> {
        Arc::clone(self.readout.get_or_init(|| Arc::new(self.picture()))) as Arc<dyn Readout>
    }

    fn settle(&mut self) -> Result<(), Error> {
        self.step()
    }

    fn bytes(&self) -> usize {
        let pending = (self.pending.features.capacity() + 2 * self.pending.outputs.capacity()) * 4;
        let picture = self.readout.get().map_or(0, |picture| picture.network.bytes());
        let networks = self.mlp.bytes() + self.stable.bytes() + self.optimiser.bytes();
        networks + picture + pending + self.numbers.capacity() * 4 + self.live.capacity()
    }

    fn save(&self, to: &mut Writer) {
        to.str(Self::KIND);
        to.u8(VERSION);
        to.u32s(&self.mlp.widths().iter().map(|&w| w as u32).collect::<Vec<_>>());
        to.f64(self.settings.rate);
        to.u32(self.settings.batch as u32);
        to.f64(self.settings.keep);
        to.u64(self.settings.seed);
        to.f32s(self.mlp.weights());
        to.f32s(self.stable.weights());
        to.u64(self.optimiser.steps());
        self.optimiser.moments().iter().for_each(|moment| to.f32s(moment));
        to.u32s(&self.numbers);
        to.bytes(&self.live.iter().map(|&live| u8::from(live)).collect::<Vec<_>>());
        to.u64(self.redrawn);
        to.f32s(&self.pending.features);
        to.u32s(&self.pending.outputs);
        to.f32s(&self.pending.weights);
    }
}

/// The stable copy, as it was.
#[derive(Debug)]
struct Picture {
    network: Mlp,
    bound: usize,
    /// Outputs of the classes that are held, with their classes.
    outputs: Vec<(usize, usize)>,
}

impl Readout for Picture {
    fn classes(&self) -> usize {
        self.bound
    }

    fn scores(&self, features: &[f32], out: &mut Vec<f32>) {
        out.clear();
        out.resize(self.bound, f32::NEG_INFINITY);
        let row = ArrayView2::from_shape((1, features.len()), features);
        if let Some(scores) = row.ok().and_then(|row| self.network.forward(row).ok()) {
            for &(output, class) in &self.outputs {
                out[class] = scores[[0, output]].clamp(f32::MIN, f32::MAX);
            }
        }
    }
}

fn impossible(from: &Reader<'_>) -> Error {
    from.fault("a network that cannot be").into()
}

fn parameter(name: &'static str, value: f64, limit: &'static str) -> Error {
    Error::Parameter { name, value, limit }
}

#[cfg(test)]
#[path = "network_tests.rs"]
mod tests;
