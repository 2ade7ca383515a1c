//! How the states move, and what came of it.

use burn::tensor::{Bool, Int, Tensor};
use serde::{Deserialize, Serialize};

use super::{Dropout, Separation};
use crate::Error;

/// How the states move.
#[derive(Debug, Clone)]
pub struct Dynamics {
    /// From scores to weights.
    pub separation: Separation,
    /// Update steps of each head, `(H)`. 0 is one look, as in attention.
    pub steps: Vec<usize>,
    /// Of each head: a state rests after a step with `|q' - q| <= tolerance (1 + |q|)`. Each query for itself, so
    /// that no other decides when it stops. `None` takes exactly the number of steps.
    pub tolerance: Option<Vec<f64>>,
    /// Which gradient the steps have.
    pub gradient: Gradient,
    /// Dropout of the weights that read the values; those of the updates are never dropped.
    pub dropout: Option<Dropout>,
}

/// Which gradient the update steps have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gradient {
    /// That of all the steps that were taken.
    #[default]
    Unrolled,
    /// That of the fixed point, by the implicit function theorem: the adjoint equation is iterated with the tolerance
    /// and the limit of the steps. The gradient by the first states is zero. Exact only for queries that converged;
    /// where the iteration does not settle, as at a fixed point that repels, it is that of the last step alone.
    FixedPoint,
}

/// What an association gives.
#[derive(Debug, Clone)]
pub struct Retrieved {
    /// The values read, `(N, H, L, cv)`. Zeros where every stored pattern is masked.
    pub values: Tensor<4>,
    /// The states that read them, `(N, H, L, c)`, without gradient. (A state with its gradient is what one step
    /// fewer reads where the values are the stored patterns.)
    pub states: Tensor<4>,
    /// When each query rested; `None` without a tolerance.
    pub progress: Option<Progress>,
}

/// When each query rested.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Update steps taken, `(N, H, L)`.
    pub steps: Tensor<3, Int>,
    /// Whether the last of them stayed within the tolerance, `(N, H, L)`; otherwise the step limit ended it.
    pub converged: Tensor<3, Bool>,
}

impl Dynamics {
    /// So many steps of each head, all of which are taken, without dropout.
    pub fn new(separation: Separation, steps: Vec<usize>) -> Self {
        Self { separation, steps, tolerance: None, gradient: Gradient::Unrolled, dropout: None }
    }
}

impl Gradient {
    /// A fixed point must be searched for.
    pub(crate) fn check(self, steps: &[usize], tolerance: Option<&[f64]>) -> Result<(), Error> {
        match self {
            Self::FixedPoint if tolerance.is_none() => {
                let reason = "the gradient of the fixed point needs one";
                Err(Error::Options { option: "tolerance", reason })
            }
            Self::FixedPoint if steps.contains(&0) => {
                let limit = "at least 1 for the gradient of the fixed point";
                Err(Error::Parameter { name: "update steps", value: 0.0, limit })
            }
            _ => Ok(()),
        }
    }
}
