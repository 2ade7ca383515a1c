//! A field on one layer.

use burn::tensor::Tensor;

use super::{Curvature, Ends, Synapse, inner};
use crate::energy::{Draw, Misfit, Parameter, Shape};

/// `E = -b . g`, with a number for every neuron of the layer, 0 at first.
///
/// ```
/// use attractor_nets::energy::{Bias, Ends, Shape, Synapse};
/// use burn::tensor::{Device, Tensor};
///
/// let device = Device::flex();
/// let ends = Ends {
///     shapes: &[Shape::vector(2)],
///     activations: &[Tensor::ones([1, 1, 2], &device)],
///     parameters: &[Tensor::from_data([[0.5, 0.25]], &device)],
/// };
/// assert_eq!(Bias.energy(ends).into_scalar::<f32>(), -0.75);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bias;

impl Synapse for Bias {
    fn name(&self) -> &'static str {
        "bias"
    }

    fn check(&self, shapes: &[Shape]) -> Result<(), Misfit> {
        Misfit::ends(1, shapes)
    }

    fn parameters(&self, shapes: &[Shape]) -> Vec<Parameter> {
        let [rows, columns] = [shapes[0].positions(), shapes[0].width];
        vec![Parameter { name: "bias", rows, columns, draw: Draw::Constant(0.0) }]
    }

    fn curvature(&self, _end: usize) -> Curvature {
        Curvature::Linear
    }

    fn energy(&self, ends: Ends<'_>) -> Tensor<1> {
        inner(self.gradient(ends, 0), ends.activations[0].clone())
    }

    fn gradient(&self, ends: Ends<'_>, _end: usize) -> Tensor<3> {
        let field = ends.parameters[0].clone().neg().unsqueeze::<3>();
        field.expand(ends.shapes[0].dims(ends.batch()))
    }
}
