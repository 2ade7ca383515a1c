//! What layers and synapses learn.

use std::f64::consts::TAU;

use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, RngExt};

/// A matrix that a layer or a synapse wants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameter {
    /// Its name within its owner.
    pub name: &'static str,
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// How it is drawn.
    pub draw: Draw,
}

/// How the entries of a new parameter are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Draw {
    /// All the same.
    Constant(f64),
    /// From the normal distribution of mean 0 with this standard deviation.
    Normal(f64),
}

impl Parameter {
    pub(crate) fn drawn(&self, device: &Device, rng: &mut impl Rng) -> Param<Tensor<2>> {
        let numbers: Vec<f32> = (0..self.rows * self.columns)
            .map(|_| match self.draw {
                Draw::Constant(number) => number as f32,
                Draw::Normal(deviation) => (deviation * gaussian(rng)) as f32,
            })
            .collect();
        Param::from_tensor(Tensor::from_data(TensorData::new(numbers, [self.rows, self.columns]), device))
    }
}

/// Box and Muller 1958.
pub(crate) fn gaussian(rng: &mut impl Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (TAU * rng.random::<f64>()).cos()
}
