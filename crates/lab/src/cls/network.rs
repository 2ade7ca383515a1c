//! The slow system: a linear network with one hidden layer, learning by its gradient.

use ndarray::{Array2, ArrayView2, Axis};
use rand::Rng;

use super::gaussian;

/// `y = W2 W1 x`.
#[derive(Debug, Clone)]
pub(super) struct Network {
    /// `W1`, `(hidden, inputs)`.
    first: Array2<f64>,
    /// `W2`, `(outputs, hidden)`.
    second: Array2<f64>,
}

impl Network {
    /// Normal weights of this deviation.
    pub(super) fn draw([inputs, hidden, outputs]: [usize; 3], deviation: f64, rng: &mut impl Rng) -> Self {
        let mut layer = |shape| Array2::from_shape_simple_fn(shape, || deviation * gaussian(rng));
        Self { first: layer((hidden, inputs)), second: layer((outputs, hidden)) }
    }

    /// Outputs for the rows of `inputs`.
    pub(super) fn answer(&self, inputs: ArrayView2<'_, f64>) -> Array2<f64> {
        inputs.dot(&self.first.t()).dot(&self.second.t())
    }

    /// Mean over the rows of the squared error as a share of the squared length of the target.
    pub(super) fn error(&self, inputs: ArrayView2<'_, f64>, targets: ArrayView2<'_, f64>) -> f64 {
        let missing = (&targets - &self.answer(inputs)).mapv(|d| d * d).sum_axis(Axis(1));
        let whole = targets.mapv(|y| y * y).sum_axis(Axis(1));
        (missing / whole).mean().unwrap_or(0.0)
    }

    /// One step down the gradient of half the summed squared error of these rows.
    pub(super) fn learn(&mut self, inputs: ArrayView2<'_, f64>, targets: ArrayView2<'_, f64>, rate: f64) {
        let hidden = inputs.dot(&self.first.t());
        let missing = &targets - &hidden.dot(&self.second.t());
        let back = missing.dot(&self.second);
        self.second.scaled_add(rate, &missing.t().dot(&hidden));
        self.first.scaled_add(rate, &back.t().dot(&inputs));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_follows_the_finite_differences_of_the_loss() {
        let mut rng = attractor_data::stream(1, "network");
        let network = Network::draw([4, 3, 5], 0.7, &mut rng);
        let inputs = Array2::from_shape_simple_fn((2, 4), || gaussian(&mut rng));
        let targets = Array2::from_shape_simple_fn((2, 5), || gaussian(&mut rng));
        let loss = |n: &Network| (&targets - &n.answer(inputs.view())).mapv(|d| d * d).sum() / 2.0;
        let mut learned = network.clone();
        learned.learn(inputs.view(), targets.view(), 1.0);
        let h = 1e-5;
        for (row, column) in [(0, 0), (2, 3), (1, 1)] {
            let mut ends = [network.clone(), network.clone()];
            ends[0].first[[row, column]] += h;
            ends[1].first[[row, column]] -= h;
            let slope = (loss(&ends[0]) - loss(&ends[1])) / (2.0 * h);
            let step = learned.first[[row, column]] - network.first[[row, column]];
            assert!((slope + step).abs() < 1e-6, "{slope} {step}");
            let mut ends = [network.clone(), network.clone()];
            ends[0].second[[column, row]] += h;
            ends[1].second[[column, row]] -= h;
            let slope = (loss(&ends[0]) - loss(&ends[1])) / (2.0 * h);
            let step = learned.second[[column, row]] - network.second[[column, row]];
            assert!((slope + step).abs() < 1e-6, "{slope} {step}");
        }
    }
}
