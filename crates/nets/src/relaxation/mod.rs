//! Relaxation: the states of a system move until they rest.
//!
//! **What.** A [`System`] says where its states are drawn and how much energy each sample has; [`relax`] moves them
//! by one of the [`Solver`]s and reports what happened to every sample; [`unroll`] takes plain steps that automatic
//! differentiation can follow. Nothing here knows what the system is.
//!
//! Samples do not see each other: each has its own stop rule, step size and noise.
//!
//! ```
//! use attractor_nets::relaxation::{Relaxation, Solver, System, relax};
//! use burn::tensor::{Device, Tensor};
//!
//! /// A marble in a bowl: `E = x^2 / 2`.
//! struct Bowl;
//!
//! impl System for Bowl {
//!     fn drift(&self, states: &[Tensor<3>]) -> Vec<Tensor<3>> {
//!         states.iter().map(|x| x.clone().neg()).collect()
//!     }
//!
//!     fn energy(&self, states: &[Tensor<3>]) -> Tensor<1> {
//!         let [batch, ..] = states[0].dims();
//!         (states[0].clone().square() / 2.0).sum_dim(2).sum_dim(1).reshape([batch])
//!     }
//! }
//!
//! let mut states = vec![Tensor::ones([2, 1, 3], &Device::flex())];
//! let how = Relaxation { steps: 100, tolerance: 1e-3, ..Relaxation::euler(0.1) };
//! let report = relax(&Bowl, &mut states, &how)?;
//! assert!(report.converged.iter().all(|&rests| rests));
//! assert!(report.energies.windows(2).all(|pair| pair[1][0] <= pair[0][0]));
//! # Ok::<(), attractor_nets::relaxation::RelaxationError>(())
//! ```

mod error;
pub(crate) mod per_sample;
mod report;
mod run;
mod solver;
mod step;

pub use error::RelaxationError;
pub use report::Report;
pub use run::{relax, unroll, watch};
pub use solver::{Relaxation, Solver};

use burn::tensor::Tensor;

use crate::dense::blend;

/// States that move. They are blocks `(batch, positions, width)`, all of one batch, type and device.
pub trait System {
    /// `dx/dt` of every block.
    fn drift(&self, states: &[Tensor<3>]) -> Vec<Tensor<3>>;

    /// The states after a step of Euler of `dt`. A system that adds the drift to the state on the way overrides this.
    fn stepped(&self, states: Vec<Tensor<3>>, dt: f64) -> Vec<Tensor<3>> {
        let drift = self.drift(&states);
        states.into_iter().zip(drift).map(|(x, d)| blend(1.0, x, dt, d)).collect()
    }

    /// The energy of each sample, `(batch)`.
    fn energy(&self, states: &[Tensor<3>]) -> Tensor<1>;

    /// How large the numbers are that the energy of each sample is the sum of, `(batch)`: a rise of a few roundings of
    /// that is none. The default is the magnitude of the energy.
    fn magnitude(&self, states: &[Tensor<3>]) -> Tensor<1> {
        self.energy(states).abs()
    }

    /// Whether the energy falls along the drift. Where it does, an energy well above the first one is taken for a
    /// step that was too large.
    fn falls(&self) -> bool {
        true
    }

    /// How much noise each neuron takes in [`Solver::Langevin`]: variance per unit of time and temperature is twice
    /// this. It broadcasts to the states. `None`, the default, is 1 for all.
    fn mobility(&self) -> Option<Vec<Tensor<3>>> {
        None
    }

    /// The states after one sweep of fixed-point steps that raise no energy; `None`, the default, where the system
    /// has no such sweep.
    fn sweep(&self, _states: &[Tensor<3>]) -> Option<Vec<Tensor<3>>> {
        None
    }
}
