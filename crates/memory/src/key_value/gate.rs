//! The predictive gate: what the memory already recalls is written less.

use ndarray::Array1;

use crate::two_body::Lagrangian;

/// How the rate of a write depends on the share `match` of the value's signs that a read of the key
/// gives already. A gate multiplies the global third factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Factor 1.
    Open,
    /// Factor `clamp(2 (1 - match), 0, 1)`: 1 at chance, 0 when all is recalled.
    Linear,
    /// Factor `sigmoid(40 (0.75 - match))`: nearly 1 below three quarters, nearly 0 above.
    Sigmoid,
}

impl Gate {
    pub(super) fn factor(self, matched: f64) -> f64 {
        match self {
            Self::Open => 1.0,
            Self::Linear => (2.0 * (1.0 - matched)).clamp(0.0, 1.0),
            Self::Sigmoid => 1.0 / (1.0 + (-40.0 * (0.75 - matched)).exp()),
        }
    }
}

/// Share of entries with equal sign; zero is a sign of its own.
pub(super) fn matched(recalled: &Array1<f64>, target: &Array1<f64>) -> f64 {
    let equal = signs(recalled).iter().zip(&signs(target)).filter(|(a, b)| a == b).count();
    equal as f64 / target.len() as f64
}

/// sign with sign(0) = 0: the activation of `sum |x|`.
pub(super) fn signs(x: &Array1<f64>) -> Array1<f64> {
    Lagrangian::Absolute.activation(x.view())
}
