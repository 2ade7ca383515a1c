//! Every neuron to every other.

use burn::tensor::Tensor;

use super::{Curvature, Ends, Synapse, inner};
use crate::dense::times;
use crate::energy::{Draw, Misfit, Parameter, Shape};

/// `E = -g_1 W g_2` over all neurons of both layers, whatever their positions (Krotov and Hopfield 2021). `W` is
/// drawn from N(0, `deviation`).
///
/// ```
/// use attractor_nets::energy::{Dense, Ends, Shape, Synapse};
/// use burn::tensor::{Device, Tensor};
///
/// let device = Device::flex();
/// let ends = Ends {
///     shapes: &[Shape::vector(2), Shape::vector(1)],
///     activations: &[Tensor::ones([1, 1, 2], &device), Tensor::ones([1, 1, 1], &device)],
///     parameters: &[Tensor::from_data([[3.0], [1.0]], &device)],
/// };
/// assert_eq!(Dense::default().energy(ends).into_scalar::<f32>(), -4.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dense {
    /// Standard deviation of the first weights; 0.02 by default.
    pub deviation: f64,
}

impl Default for Dense {
    fn default() -> Self {
        Self { deviation: DEVIATION }
    }
}

pub(super) const DEVIATION: f64 = 0.02;

impl Synapse for Dense {
    fn name(&self) -> &'static str {
        "dense"
    }

    fn check(&self, shapes: &[Shape]) -> Result<(), Misfit> {
        Misfit::positive("deviation", self.deviation)?;
        Misfit::ends(2, shapes)
    }

    fn parameters(&self, shapes: &[Shape]) -> Vec<Parameter> {
        let [rows, columns] = [shapes[0].neurons(), shapes[1].neurons()];
        vec![Parameter { name: "weight", rows, columns, draw: Draw::Normal(self.deviation) }]
    }

    fn curvature(&self, _end: usize) -> Curvature {
        Curvature::Linear
    }

    fn energy(&self, ends: Ends<'_>) -> Tensor<1> {
        inner(self.gradient(ends, 1), ends.activations[1].clone())
    }

    fn gradient(&self, ends: Ends<'_>, end: usize) -> Tensor<3> {
        let weight = ends.parameters[0].clone();
        let gradient = match end {
            0 => times(ends.flat(1).unsqueeze_dim(0), weight.transpose(), -1.0),
            _ => times(ends.flat(0).unsqueeze_dim(0), weight, -1.0),
        };
        gradient.reshape(ends.shapes[end].dims(ends.batch()))
    }
}
