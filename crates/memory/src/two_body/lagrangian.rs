//! Lagrangians: convex functions of all states of a layer, whose gradients are its activations.

use ndarray::{Array1, ArrayView1, Zip};

use super::function::Function;
use crate::Error;

/// A Lagrangian `L(x)` of one layer. Its gradient is the activation of the layer, its Hessian
/// decides how fast the energy falls.
///
/// Source: Krotov and Hopfield 2021, section 2 and table of models.
///
/// ```
/// use attractor_memory::two_body::Lagrangian;
/// use ndarray::array;
/// let softmax = Lagrangian::LogSumExp { beta: 1.0 };
/// let p = softmax.activation(array![0.0, 0.0, f64::ln(2.0)].view());
/// assert!((p[2] - 0.5).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lagrangian {
    /// `sum_i F(x_i)`: each neuron has the activation `F'`.
    Sum(Function),
    /// `(1/beta) log sum_i exp(beta x_i)`: activation softmax(beta x).
    LogSumExp {
        /// Inverse temperature, finite and above 0.
        beta: f64,
    },
    /// `sum_i |x_i|`: activation sign, with sign(0) = 0.
    Absolute,
    /// `sqrt(sum_i x_i^2)`: activation `x / |x|`, and 0 where `x = 0`.
    Norm,
}

impl Lagrangian {
    /// `L(x)`.
    pub fn value(&self, x: ArrayView1<f64>) -> f64 {
        match *self {
            Self::Sum(function) => x.iter().map(|&x| function.value(x)).sum(),
            Self::LogSumExp { beta } => {
                let top = largest(x);
                top + x.iter().map(|x| (beta * (x - top)).exp()).sum::<f64>().ln() / beta
            }
            Self::Absolute => x.iter().map(|x| x.abs()).sum(),
            Self::Norm => x.dot(&x).sqrt(),
        }
    }

    /// The gradient of [`Lagrangian::value`].
    pub fn activation(&self, x: ArrayView1<f64>) -> Array1<f64> {
        match *self {
            Self::Sum(function) => x.mapv(|x| function.slope(x)),
            Self::LogSumExp { beta } => {
                let top = largest(x);
                let mut p = x.mapv(|x| (beta * (x - top)).exp());
                p /= p.sum();
                p
            }
            Self::Absolute => x.mapv(sign),
            Self::Norm => {
                let norm = self.value(x);
                if norm > 0.0 { x.mapv(|x| x / norm) } else { Array1::zeros(x.len()) }
            }
        }
    }

    /// The Hessian at `x` times the direction `u`. Corners (`|x|` and the norm at 0) count as flat.
    ///
    /// # Errors
    /// [`Error::Width`] when `u` is not as long as `x`.
    pub fn hessian_product(&self, x: ArrayView1<f64>, u: ArrayView1<f64>) -> Result<Array1<f64>, Error> {
        if u.len() != x.len() {
            return Err(Error::Width { expected: x.len(), found: u.len(), place: "direction" });
        }
        Ok(match *self {
            Self::Sum(function) => Zip::from(x).and(u).map_collect(|&x, &u| function.curvature(x) * u),
            Self::LogSumExp { beta } => {
                let p = self.activation(x);
                let mean = p.dot(&u);
                Zip::from(&p).and(u).map_collect(|&p, &u| beta * p * (u - mean))
            }
            Self::Absolute => Array1::zeros(x.len()),
            Self::Norm => {
                let norm = self.value(x);
                let g = self.activation(x);
                let along = g.dot(&u);
                if norm > 0.0 { (&u - &(g * along)) / norm } else { Array1::zeros(x.len()) }
            }
        })
    }

    /// Whether the Hessian is positive semi-definite everywhere.
    pub fn is_convex(&self) -> bool {
        match self {
            Self::Sum(function) => function.is_convex(),
            Self::LogSumExp { .. } | Self::Absolute | Self::Norm => true,
        }
    }

    /// Refuses a degree or an inverse temperature out of range.
    ///
    /// # Errors
    /// [`Error::Parameter`].
    pub fn check(&self) -> Result<(), Error> {
        match *self {
            Self::Sum(function) => function.check(),
            Self::LogSumExp { beta } => Error::positive("beta", beta).map(|_| ()),
            Self::Absolute | Self::Norm => Ok(()),
        }
    }
}

/// sign with sign(0) = 0, unlike [`f64::signum`].
pub(super) fn sign(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

fn largest(x: ArrayView1<f64>) -> f64 {
    x.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}
