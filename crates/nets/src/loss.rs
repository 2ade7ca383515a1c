//! What the outputs of a network should have been.

use ndarray::{Array2, ArrayView2};

/// A loss over the outputs of a batch, put together from terms over some of its rows.
///
/// Terms add up, and so do their derivatives by the outputs; both are computed in f64. A row may be in several
/// terms, or in none.
///
/// ```
/// use attractor_nets::Loss;
/// use ndarray::array;
///
/// let outputs = array![[0.0, 0.0], [1.0, 3.0]];
/// let mut loss = Loss::new(outputs.view());
/// loss.mean_cross_entropy(0, &[1], |_, _| true);
/// loss.squared_error(1, array![[1.0, 1.0]].view(), 0.5);
/// assert!((loss.value() - (2f64.ln() + 0.5 * 2.0)).abs() < 1e-12);
/// assert_eq!(loss.gradient(), array![[0.5, -0.5], [0.0, 1.0]]);
/// ```
#[derive(Debug, Clone)]
pub struct Loss<'a> {
    outputs: ArrayView2<'a, f32>,
    value: f64,
    gradient: Array2<f32>,
}

impl<'a> Loss<'a> {
    /// Zero, over `outputs` `(rows, outputs)`.
    pub fn new(outputs: ArrayView2<'a, f32>) -> Self {
        Self { outputs, value: 0.0, gradient: Array2::zeros(outputs.raw_dim()) }
    }

    /// The outputs, `(rows, outputs)`.
    pub fn outputs(&self) -> ArrayView2<'a, f32> {
        self.outputs
    }

    /// The value so far.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The derivative of the value by the outputs, `(rows, outputs)`.
    pub fn gradient(&self) -> ArrayView2<'_, f32> {
        self.gradient.view()
    }

    /// Adds `sum_i weights[i] (-ln softmax(outputs[first + i])[classes[i]])`, the softmax being over the outputs
    /// that `allowed(class, output)` lets take part (the class itself always does).
    ///
    /// # Panics
    /// When a row or a class is not among the outputs.
    pub fn cross_entropy(
        &mut self,
        first: usize,
        classes: &[u32],
        weights: &[f32],
        allowed: impl Fn(u32, usize) -> bool,
    ) {
        for (i, (&class, &weight)) in classes.iter().zip(weights).enumerate() {
            let (logits, target) = (self.outputs.row(first + i), class as usize);
            let part = |output: usize| output == target || allowed(class, output);
            let taking = || logits.iter().enumerate().filter(|(output, _)| part(*output));
            let largest = taking().fold(f64::NEG_INFINITY, |m, (_, &x)| m.max(f64::from(x)));
            let sum: f64 = taking().map(|(_, &x)| (f64::from(x) - largest).exp()).sum();
            self.value += f64::from(weight) * (largest + sum.ln() - f64::from(logits[target]));
            for (output, &x) in taking() {
                let share = (f64::from(x) - largest).exp() / sum - f64::from(u8::from(output == target));
                self.gradient[[first + i, output]] += (f64::from(weight) * share) as f32;
            }
        }
    }

    /// The same with equal weights that add up to 1; nothing for no classes.
    ///
    /// # Panics
    /// As [`Loss::cross_entropy`].
    pub fn mean_cross_entropy(
        &mut self,
        first: usize,
        classes: &[u32],
        allowed: impl Fn(u32, usize) -> bool,
    ) {
        let weights = vec![1.0 / classes.len() as f32; classes.len()];
        self.cross_entropy(first, classes, &weights, allowed);
    }

    /// Adds `weight` times the mean, over the rows of `targets` and its columns, of the squared difference between
    /// them and the first columns of the outputs from row `first` on.
    ///
    /// # Panics
    /// When `targets` does not lie within the outputs.
    pub fn squared_error(&mut self, first: usize, targets: ArrayView2<'_, f32>, weight: f64) {
        let scale = weight / targets.len().max(1) as f64;
        for (i, row) in targets.rows().into_iter().enumerate() {
            for (j, &target) in row.iter().enumerate() {
                let off = f64::from(self.outputs[[first + i, j]]) - f64::from(target);
                self.value += scale * off * off;
                self.gradient[[first + i, j]] += (2.0 * scale * off) as f32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn total(outputs: ArrayView2<'_, f32>) -> Loss<'_> {
        let mut loss = Loss::new(outputs);
        loss.cross_entropy(0, &[2, 0], &[0.75, 0.5], |class, output| class != 0 || output != 1);
        loss.squared_error(1, array![[0.5, -1.0, 2.0], [1.0, 0.0, 0.0]].view(), 3.0);
        loss
    }

    #[test]
    fn the_gradient_is_that_of_central_differences() {
        let outputs = array![[0.3f32, -1.0, 0.25], [2.0, 1.5, -0.5], [0.0, 0.125, 1.0]];
        let loss = total(outputs.view());
        let h = 1.0 / 64.0;
        for ((i, j), &analytic) in loss.gradient().indexed_iter() {
            let at = |by: f32| {
                let mut moved = outputs.clone();
                moved[[i, j]] += by;
                total(moved.view()).value()
            };
            let numeric = (at(h) - at(-h)) / f64::from(2.0 * h);
            assert!((numeric - f64::from(analytic)).abs() < 1e-4, "{i} {j}: {numeric} {analytic}");
        }
        // What takes no part is not moved: output 1 beside class 0, and row 0 has no squared error.
        let mut masked = Loss::new(outputs.view());
        masked.mean_cross_entropy(0, &[0], |_, output| output != 1);
        assert_eq!(masked.gradient()[[0, 1]], 0.0);
        assert_ne!(masked.gradient()[[0, 2]], 0.0);
    }

    #[test]
    fn huge_outputs_stay_finite() {
        let outputs = array![[1e30f32, -1e30], [0.0, 0.0]];
        let mut loss = Loss::new(outputs.view());
        loss.mean_cross_entropy(0, &[1, 0], |_, _| true);
        assert!(loss.value().is_finite() && loss.gradient().iter().all(|g| g.is_finite()));
        let mut nothing = Loss::new(outputs.view());
        nothing.mean_cross_entropy(0, &[], |_, _| true);
        nothing.squared_error(0, Array2::zeros((0, 2)).view(), 1.0);
        assert_eq!(nothing.value(), 0.0);
    }
}
