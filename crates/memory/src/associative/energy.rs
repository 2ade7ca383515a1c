//! Energy: what recall descends.
//!
//! `E(q) = -(1/b) [ Omega*(theta(q)) + Omega(u) ] + R(q) + M^2/2`, with `theta = beta * similarity`,
//! `b` the inverse temperature in effect, `Omega*` the conjugate of the separation, `Omega(u)` its value at
//! uniform weights, and `R` the regulariser of the projection. For softmax, dot product and linear
//! projection this is the energy of Ramsauer et al. 2021, eq. 2, with its constants.

use ndarray::ArrayView1;
use serde::Serialize;

use super::Memory;
use crate::{Projection, Similarity};

/// The energy of a state, by component. The components add up to [`Energy::total`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Energy {
    /// `-Omega*(theta) / b`: how well the memory knows the state.
    pub memory: f64,
    /// `R(q)`: what keeps the state bounded; zero for distances, which bound it themselves.
    pub state: f64,
    /// `-Omega(u) / b`, and `M^2/2` for inner products with linear projection: depends on what is stored,
    /// not on the state.
    pub constant: f64,
}

impl Energy {
    /// The sum of the components.
    pub fn total(&self) -> f64 {
        self.memory + self.state + self.constant
    }
}

impl Memory {
    /// Whether theory says that an undamped or damped step cannot raise the energy: the separation is the
    /// gradient of a convex function, and either the similarity is an inner product, or it is the squared
    /// distance with weights that sum to one and a linear projection.
    ///
    /// Clamped components keep the guarantee except under [`Projection::Normalise`], whose components
    /// move together.
    pub fn descends(&self) -> bool {
        let convex = self.separation.kind().descends();
        let linear = matches!(self.projection, Projection::Linear);
        let sums_to_one = self.separation.kind().sums_to_one();
        match self.similarity {
            Similarity::Dot | Similarity::ScaledDot => self.separation.kind().is_gradient(),
            Similarity::SquaredEuclidean => convex && linear && sums_to_one,
            _ => false,
        }
    }

    /// The energy of a state whose conjugate is known.
    pub(super) fn energy_at(&self, state: ArrayView1<'_, f32>, conjugate: f64) -> Energy {
        let inner = self.similarity.is_inner_product();
        let scale = match self.similarity {
            Similarity::ScaledDot => self.similarity.factor(1.0, self.width()),
            _ => 1.0,
        };
        let b = self.separation.beta() * scale;
        let linear = matches!(self.projection, Projection::Linear);
        let regulariser = match (inner, state.as_slice()) {
            (false, _) => 0.0,
            (true, Some(q)) => self.projection.regulariser(q),
            (true, None) => self.projection.regulariser(&state.to_vec()),
        };
        let norm = if inner && linear { self.largest_norm().powi(2) / 2.0 } else { 0.0 };
        Energy {
            memory: -conjugate / b,
            state: regulariser,
            constant: norm - self.separation.kind().uniform(self.len()) / b,
        }
    }
}
