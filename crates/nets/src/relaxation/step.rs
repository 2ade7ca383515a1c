//! One step of each solver.

use burn::tensor::{Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::per_sample::{largest, numbers, spread};
use super::{RelaxationError, Solver, System};

/// What every sample has of its own while it is moved.
pub(super) struct Samples {
    /// Which still move.
    pub(super) moving: Vec<bool>,
    /// Step of time of each.
    pub(super) sizes: Vec<f64>,
    /// Energy of each.
    pub(super) energies: Vec<f64>,
    /// Rise of each that rounding alone may cause.
    slack: Vec<f64>,
    noise: Vec<ChaCha8Rng>,
}

/// Below this share of the first step of time a sample has no step left that leads anywhere.
const SHORTEST: f64 = 1e-12;

impl Samples {
    pub(super) fn new(energies: Vec<f64>, slack: Vec<f64>, solver: Solver, dt: f64) -> Self {
        let batch = energies.len();
        let noise = match solver {
            Solver::Langevin { seed, .. } => (0..batch).map(|sample| stream(seed, sample)).collect(),
            _ => Vec::new(),
        };
        Self { moving: vec![true; batch], sizes: vec![dt; batch], energies, slack, noise }
    }

    /// Whether this energy is above that of the sample by more than rounding. What is no number is.
    fn rises(&self, sample: usize, energy: f64) -> bool {
        energy.is_nan() || energy > self.energies[sample] + self.slack[sample]
    }

    /// Step of time of those that move, 0 of the others.
    fn moves(&self, like: &Tensor<3>) -> Tensor<3> {
        let sizes = self.moving.iter().zip(&self.sizes);
        spread(&sizes.map(|(&moves, &size)| if moves { size } else { 0.0 }).collect::<Vec<_>>(), like)
    }

    fn gaussian(&mut self, like: &Tensor<3>) -> Tensor<3> {
        let [batch, positions, width] = like.dims();
        let mut all = Vec::with_capacity(batch * positions * width);
        for rng in &mut self.noise {
            all.extend((0..positions * width).map(|_| normal(rng)));
        }
        Tensor::from_data(TensorData::new(all, [batch, positions, width]), (&like.device(), like.dtype()))
    }
}

/// Moves the states by one step, or not at all where it failed; `drift` is that at the states.
pub(super) fn step(
    system: &impl System,
    states: &mut Vec<Tensor<3>>,
    drift: &[Tensor<3>],
    samples: &mut Samples,
    solver: Solver,
) -> Result<(), Failed> {
    let sizes = samples.moves(&states[0]);
    let along = |by: &[Tensor<3>]| -> Vec<Tensor<3>> {
        states.iter().zip(by).map(|(x, d)| x.clone() + d.clone() * sizes.clone()).collect()
    };
    match solver {
        Solver::Euler { .. } => {
            let next = along(drift);
            keep_all(system, states, next, samples)
        }
        Solver::FixedPoint => {
            let swept = system.sweep(states).ok_or(RelaxationError::NoSweep)?;
            let next = chosen(&samples.moving, states, swept);
            keep_all(system, states, next, samples)
        }
        Solver::Langevin { temperature, .. } => {
            let mobility = system.mobility();
            let scale = (sizes.clone() * (2.0 * temperature)).sqrt();
            let mut next = along(drift);
            for (at, block) in next.iter_mut().enumerate() {
                let mut noise = samples.gaussian(block) * scale.clone();
                if let Some(mobility) = &mobility {
                    noise = noise * mobility[at].clone().sqrt();
                }
                *block = block.clone() + noise;
            }
            keep_all(system, states, next, samples)
        }
        Solver::Damped { dt } => {
            let next = along(drift);
            let energies = numbers(system.energy(&next), "the energy")?;
            let kept: Vec<bool> = (0..energies.len())
                .map(|at| samples.moving[at] && !samples.rises(at, energies[at]))
                .collect();
            for at in 0..kept.len() {
                if kept[at] {
                    samples.energies[at] = energies[at];
                    samples.sizes[at] = (samples.sizes[at] * 1.25).min(dt);
                } else if samples.moving[at] {
                    samples.sizes[at] /= 2.0;
                    samples.moving[at] = samples.sizes[at] > SHORTEST * dt;
                }
            }
            *states = chosen(&kept, states, next);
            Ok(())
        }
        Solver::Heun { dt, error } => {
            let there = system.drift(&along(drift));
            let mean: Vec<Tensor<3>> =
                drift.iter().zip(&there).map(|(a, b)| (a.clone() + b.clone()) / 2.0).collect();
            let apart: Vec<Tensor<3>> =
                drift.iter().zip(&there).map(|(a, b)| (b.clone() - a.clone()) / 2.0).collect();
            let next = along(&mean);
            let errors = largest(&apart, "the error of a step")?;
            let sizes = largest(states, "the states")?;
            let energies = numbers(system.energy(&next), "the energy")?;
            let mut kept = vec![false; errors.len()];
            for at in 0..errors.len() {
                if !samples.moving[at] {
                    continue;
                }
                let share = samples.sizes[at] * errors[at] / (error * (1.0 + sizes[at]));
                let rises = system.falls() && samples.rises(at, energies[at]);
                kept[at] = share <= 1.0 && energies[at].is_finite() && !rises;
                if kept[at] {
                    samples.energies[at] = energies[at];
                }
                let factor = if share.is_finite() { (0.9 / share.sqrt()).clamp(0.2, 5.0) } else { 0.2 };
                samples.sizes[at] *= if kept[at] { factor } else { factor.min(0.5) };
                samples.moving[at] = samples.sizes[at] > SHORTEST * dt;
            }
            *states = chosen(&kept, states, next);
            Ok(())
        }
    }
}

/// Why a step was not taken.
pub(super) enum Failed {
    /// This sample's energy is no number, or far above where it began.
    Diverged {
        sample: usize,
        energy: f64,
    },
    Refused(RelaxationError),
}

impl From<RelaxationError> for Failed {
    fn from(error: RelaxationError) -> Self {
        Self::Refused(error)
    }
}

fn keep_all(
    system: &impl System,
    states: &mut Vec<Tensor<3>>,
    next: Vec<Tensor<3>>,
    samples: &mut Samples,
) -> Result<(), Failed> {
    let energies = numbers(system.energy(&next), "the energy")?;
    if let Some((sample, &energy)) = energies.iter().enumerate().find(|(_, energy)| !energy.is_finite()) {
        return Err(Failed::Diverged { sample, energy });
    }
    samples.energies = energies;
    *states = next;
    Ok(())
}

/// The second where `kept`, else the first.
fn chosen(kept: &[bool], old: &[Tensor<3>], new: Vec<Tensor<3>>) -> Vec<Tensor<3>> {
    if kept.iter().all(|&kept| kept) {
        return new;
    }
    let shares: Vec<f64> = kept.iter().map(|&kept| f64::from(u8::from(kept))).collect();
    old.iter()
        .zip(new)
        .map(|(old, new)| {
            let keep = spread(&shares, old).greater_elem(0.5).expand(old.dims());
            old.clone().mask_where(keep, new)
        })
        .collect()
}

fn stream(seed: u64, sample: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(sample as u64);
    rng
}

/// Box and Muller 1958.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}
