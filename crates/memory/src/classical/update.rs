//! One state of a network, with all its fields kept up to date flip by flip.

use super::network::{Energy, Network};
use crate::binary::Units;

/// A state of -1 and +1, and `W s` in the unit of the weights.
pub(super) struct Spins<'a> {
    network: &'a Network,
    state: Vec<f64>,
    products: Vec<f64>,
}

impl<'a> Spins<'a> {
    /// The states as [`Spins`]; the weights are read once for all of them.
    pub(super) fn block(network: &'a Network, states: Vec<Vec<f64>>) -> Vec<Self> {
        let products = network.weights.products(&states);
        let pairs = states.into_iter().zip(products);
        pairs.map(|(state, products)| Self { network, state, products }).collect()
    }

    pub(super) fn state(&self) -> &[f64] {
        &self.state
    }

    /// `h_i = sum_j W_ij s_j - b_i`.
    pub(super) fn field(&self, i: usize) -> f64 {
        self.products[i] / self.network.weights.unit() - self.network.bias[i]
    }

    pub(super) fn energy_parts(&self) -> Energy {
        let along = |values: &[f64]| self.state.iter().zip(values).map(|(s, v)| s * v).sum::<f64>();
        Energy {
            interaction: -along(&self.products) / (2.0 * self.network.weights.unit()),
            bias: along(&self.network.bias),
        }
    }

    /// What flipping unit `i` would add to the energy.
    pub(super) fn flip_energy(&self, i: usize) -> f64 {
        let own = self.network.weights.row(i)[i] / self.network.weights.unit();
        2.0 * (self.state[i] * self.field(i) - own)
    }
}

impl Units for Spins<'_> {
    fn yields(&mut self, i: usize) -> bool {
        self.state[i] * self.field(i) < -self.network.tie
    }

    fn flip(&mut self, i: usize) {
        self.state[i] = -self.state[i];
        let twice = 2.0 * self.state[i];
        let row = self.network.weights.row(i);
        self.products.iter_mut().zip(row).for_each(|(product, w)| *product += twice * w);
    }

    fn energy(&self) -> f64 {
        self.energy_parts().total()
    }

    fn log_energy(&self) -> Option<f64> {
        None
    }
}
