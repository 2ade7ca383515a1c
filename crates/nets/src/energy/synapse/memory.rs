//! A modern Hopfield memory at every position.

use burn::tensor::Tensor;

use super::dense::DEVIATION;
use super::{Curvature, Ends, Synapse};
use crate::association::{self, Dynamics, Mask, Patterns, Separation};
use crate::dense::{clamp, times};
use crate::energy::{Draw, Misfit, Parameter, Shape};

/// How the overlaps `s` of a position with the patterns become energy and weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Profile {
    /// `E = -(1/beta) ln sum exp(beta s)`: softmax (Ramsauer et al. 2021).
    Softmax {
        /// Inverse temperature, above 0.
        beta: f64,
    },
    /// `E = -sum max(s, 0)^2 / 2`: rectified, as in the Energy Transformer (Hoover et al. 2023).
    Rectified,
    /// `E = -(1/beta) max_p (p . beta s - Omega(p))` over weights p of sum 1, `Omega` the Tsallis entropy of alpha
    /// 1.5: 1.5-entmax (Santos et al. 2024).
    Entmax {
        /// Inverse temperature, above 0.
        beta: f64,
    },
}

/// Stored patterns, the same for all positions of the layer: a hidden layer that was integrated out. Patterns are
/// drawn from N(0, `deviation`) and learned.
///
/// ```
/// use attractor_nets::energy::{Ends, Memory, Profile, Shape, Synapse};
/// use burn::tensor::{Device, Tensor};
///
/// let device = Device::flex();
/// let ends = Ends {
///     shapes: &[Shape::vector(2)],
///     activations: &[Tensor::from_data([[[1.0, 0.5]]], &device)],
///     parameters: &[Tensor::from_data([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]], &device)],
/// };
/// let energy = Memory::of(3, Profile::Rectified).energy(ends);
/// assert_eq!(energy.into_scalar::<f32>(), -0.625);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Memory {
    /// Number of patterns.
    pub patterns: usize,
    /// What is made of their overlaps.
    pub profile: Profile,
    /// Standard deviation of the first patterns; 0.02 by default.
    pub deviation: f64,
}

impl Memory {
    /// So many patterns, drawn from N(0, 0.02).
    pub fn of(patterns: usize, profile: Profile) -> Self {
        Self { patterns, profile, deviation: DEVIATION }
    }

    fn association(ends: Ends<'_>, beta: f64, separation: Separation) -> (Patterns, Dynamics) {
        let Shape { width, .. } = ends.shapes[0];
        let state = ends.activations[0].clone();
        let rows = ends.batch() * ends.shapes[0].positions();
        let stored = ends.parameters[0].clone().unsqueeze::<4>();
        let beta = Tensor::full([1], beta, (&state.device(), state.dtype()));
        let state = state.reshape([1, 1, rows, width]);
        let patterns = Patterns { state, values: stored.clone(), stored, beta, mask: Mask::none() };
        (patterns, Dynamics::new(separation, vec![0]))
    }

    fn entmax(ends: Ends<'_>) -> Separation {
        let like = &ends.activations[0];
        Separation::Entmax(Tensor::full([1], 1.5, (&like.device(), like.dtype())))
    }

    fn overlaps(ends: Ends<'_>) -> Tensor<3> {
        times(ends.activations[0].clone(), ends.parameters[0].clone().transpose(), 1.0)
    }
}

impl Synapse for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn check(&self, shapes: &[Shape]) -> Result<(), Misfit> {
        Misfit::ends(1, shapes)?;
        Misfit::at_least_one("patterns", self.patterns)?;
        Misfit::positive("deviation", self.deviation)?;
        match self.profile {
            Profile::Softmax { beta } | Profile::Entmax { beta } => {
                // In the type of the network, which is not known here.
                match (beta as f32).is_finite() {
                    true => Misfit::positive("beta", beta),
                    false => {
                        Err(Misfit::Number { name: "beta", value: beta, limit: "finite in single precision" })
                    }
                }
            }
            Profile::Rectified => Ok(()),
        }
    }

    fn parameters(&self, shapes: &[Shape]) -> Vec<Parameter> {
        let (rows, columns) = (self.patterns, shapes[0].width);
        vec![Parameter { name: "patterns", rows, columns, draw: Draw::Normal(self.deviation) }]
    }

    fn curvature(&self, _end: usize) -> Curvature {
        Curvature::Concave
    }

    fn energy(&self, ends: Ends<'_>) -> Tensor<1> {
        let overlaps = Self::overlaps(ends);
        let potential = match self.profile {
            Profile::Rectified => overlaps.clamp_min(0.0).square().sum_dim(2) * 0.5,
            Profile::Softmax { beta } => {
                let largest = overlaps.clone().detach().max_dim(2);
                let sum = ((overlaps - largest.clone()) * beta).exp().sum_dim(2);
                largest + sum.log() * beta.recip()
            }
            Profile::Entmax { beta } => {
                // At the best weights their own change does not count: they are constants here.
                let dims = overlaps.dims();
                let (patterns, dynamics) = Self::association(ends, beta, Self::entmax(ends));
                let weights = match association::weights(patterns, &dynamics) {
                    Ok(weights) => weights.detach().reshape(dims),
                    Err(error) => unreachable!("shapes were checked when the network was built: {error}"),
                };
                let powers = weights.clone().powf_scalar(1.5).sum_dim(2);
                (overlaps * weights).sum_dim(2) - (powers - 1.0) * (0.75 * beta).recip()
            }
        };
        potential.sum_dim(1).neg().reshape([ends.batch()])
    }

    fn gradient(&self, ends: Ends<'_>, _end: usize) -> Tensor<3> {
        let (beta, separation) = match self.profile {
            Profile::Rectified => {
                let active = clamp(Self::overlaps(ends), 0.0, f64::from(f32::MAX));
                return times(active, ends.parameters[0].clone(), -1.0);
            }
            Profile::Softmax { beta } => (beta, Separation::Softmax),
            Profile::Entmax { beta } => (beta, Self::entmax(ends)),
        };
        let (patterns, dynamics) = Self::association(ends, beta, separation);
        match association::associate(patterns, &dynamics) {
            Ok(read) => read.values.neg().reshape(ends.shapes[0].dims(ends.batch())),
            Err(error) => unreachable!("shapes were checked when the network was built: {error}"),
        }
    }
}
