//! `scale x W + b` for rows.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{Tensor, TensorData};
use ndarray::{ArrayView2, ShapeBuilder};

use super::product::{column_sums, product};

/// `x -> x W + b`.
#[derive(Debug, Clone)]
pub(crate) struct Affine {
    /// `(inputs, outputs)`
    pub(crate) weight: Tensor<2>,
    /// `(outputs)`
    pub(crate) bias: Option<Tensor<1>>,
}

impl Affine {
    pub(crate) fn of(layer: &Linear) -> Self {
        Self { weight: layer.weight.val(), bias: layer.bias.as_ref().map(Param::val) }
    }

    /// What it makes of patterns `(N, T, inputs)`: `(N, T, outputs)`.
    pub(crate) fn forward(self, patterns: Tensor<3>) -> Tensor<3> {
        if !super::serves(&patterns) {
            return burn::tensor::module::linear(patterns, self.weight, self.bias);
        }
        rows(patterns, self.weight, self.bias, 1.0)
    }
}

/// `scale rows W` of rows `(batch, positions, inputs)` and `W` `(inputs, outputs)`.
pub(crate) fn times(patterns: Tensor<3>, weight: Tensor<2>, scale: f32) -> Tensor<3> {
    if !super::serves(&patterns) {
        return burn::tensor::module::linear(patterns, weight, None) * scale;
    }
    rows(patterns, weight, None, scale)
}

fn rows(patterns: Tensor<3>, weight: Tensor<2>, bias: Option<Tensor<1>>, scale: f32) -> Tensor<3> {
    let [batch, length, inputs] = patterns.dims();
    let [_, outputs] = weight.dims();
    // Without a bias: one of zeros, that nothing differentiates.
    let bias = bias.unwrap_or_else(|| Tensor::zeros([outputs], &patterns.device()));
    let rows = patterns.reshape([batch * length, inputs]);
    let (rows, weight, bias) = (rows.into_dispatch(), weight.into_dispatch(), bias.into_dispatch());
    let rows = Tensor::<2>::from_dispatch(<Dispatch as LinearOps>::linear_rows(rows, weight, bias, scale));
    rows.reshape([batch, length, outputs])
}

#[backend_extension(Flex, Autodiff)]
pub(crate) trait LinearOps: Backend {
    fn linear_rows(
        rows: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        scale: f32,
    ) -> FloatTensor<Self>;
}

impl LinearOps for Flex {
    fn linear_rows(rows: FlexTensor, weight: FlexTensor, bias: FlexTensor, scale: f32) -> FlexTensor {
        let (rows, weight, bias) = (ahead(rows), ahead(weight), bias.to_contiguous());
        let columns = weight.layout().shape()[1];
        let floats = product(matrix(&rows), matrix(&weight), scale, bias.storage());
        made(floats, columns)
    }
}

impl<C: CheckpointStrategy> LinearOps for Autodiff<Flex, C> {
    fn linear_rows(
        rows: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        scale: f32,
    ) -> FloatTensor<Self> {
        let nodes = [rows.node(), weight.node(), bias.node()];
        let (rows, weight) = (rows.into_primitive(), weight.into_primitive());
        let output = Flex::linear_rows(rows.clone(), weight.clone(), bias.into_primitive(), scale);
        match Reverse.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(Arc::new(([ahead(rows), ahead(weight)], scale)), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }
}

#[derive(Debug)]
struct Reverse;

impl Backward<Flex, 3> for Reverse {
    type State = Arc<([FlexTensor; 2], f32)>;

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let slopes = ahead(grads.consume::<Flex>(&ops.node));
        let ([rows, weight], scale) = &*ops.state;
        let (x, w, g) = (matrix(rows), matrix(weight), matrix(&slopes));
        let [of_rows, of_weight, of_bias] = ops.parents;
        if let Some(node) = of_rows {
            grads.register::<Flex>(node.id, made(product(g, w.t(), *scale, &[]), w.nrows()));
        }
        if let Some(node) = of_weight {
            grads.register::<Flex>(node.id, made(product(x.t(), g, *scale, &[]), w.ncols()));
        }
        if let Some(node) = of_bias {
            let sums = column_sums(g);
            let n = sums.len();
            grads.register::<Flex>(node.id, FlexTensor::from_data(TensorData::new(sums, [n])));
        }
    }
}

/// The same numbers without axes that run backwards in memory, which arrays over slices cannot have.
fn ahead(tensor: FlexTensor) -> FlexTensor {
    crate::fused::ahead(tensor)
}

fn matrix(tensor: &FlexTensor) -> ArrayView2<'_, f32> {
    let layout = tensor.layout();
    let (dims, strides) =
        ([0, 1].map(|axis| layout.shape()[axis]), [0, 1].map(|axis| layout.strides()[axis].unsigned_abs()));
    let floats: &[f32] = tensor.storage();
    let start = layout.start_offset().min(floats.len());
    ArrayView2::from_shape(dims.strides(strides), &floats[start..])
        .expect("a tensor's layout lies inside its storage")
}

fn made(floats: Vec<f32>, columns: usize) -> FlexTensor {
    let rows = floats.len() / columns.max(1);
    FlexTensor::from_data(TensorData::new(floats, [rows, columns]))
}
