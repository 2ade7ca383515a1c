//! Tensors of the CPU backend as arrays, and back, without copies where memory allows.

use burn::backend::flex::{FlexTensor, Layout};
use burn::tensor::{Bytes, DType, Shape, TensorData};
use ndarray::{Array4, ArrayView, ArrayView2, ArrayView4, Dimension, Ix2, Ix4, ShapeBuilder};

/// The same numbers without axes that run backwards in memory, which arrays over slices cannot have.
pub(crate) fn ahead(tensor: FlexTensor) -> FlexTensor {
    match tensor.layout().strides().iter().any(|&stride| stride < 0) {
        true => tensor.to_contiguous(),
        false => tensor,
    }
}

/// A tensor `(batch, heads, rows, width)` as an array, with its own strides: none may be negative.
pub(crate) fn array(tensor: &FlexTensor) -> ArrayView4<'_, f32> {
    let dims = [0, 1, 2, 3].map(|axis| tensor.layout().shape()[axis]);
    view(tensor, Ix4(dims[0], dims[1], dims[2], dims[3]))
}

/// A tensor of two axes: no stride may be negative.
pub(crate) fn matrix(tensor: &FlexTensor) -> ArrayView2<'_, f32> {
    view(tensor, Ix2(tensor.layout().shape()[0], tensor.layout().shape()[1]))
}

fn view<D: Dimension>(tensor: &FlexTensor, dims: D) -> ArrayView<'_, f32, D> {
    let mut strides = D::zeros(dims.ndim());
    for (to, &stride) in strides.slice_mut().iter_mut().zip(tensor.layout().strides()) {
        *to = stride.unsigned_abs();
    }
    let floats: &[f32] = tensor.storage();
    let start = tensor.layout().start_offset().min(floats.len());
    ArrayView::from_shape(dims.strides(strides), &floats[start..])
        .expect("a tensor's layout lies inside its storage")
}

/// The floats of a tensor, in order.
pub(crate) fn list(tensor: &FlexTensor) -> Vec<f32> {
    let contiguous = tensor.to_contiguous();
    contiguous.storage::<f32>().to_vec()
}

/// A tensor of one axis.
pub(crate) fn vector(floats: Vec<f32>) -> FlexTensor {
    let n = floats.len();
    FlexTensor::from_data(TensorData::new(floats, [n]))
}

/// An array as a tensor, in the memory order that it has.
pub(crate) fn tensor(array: Array4<f32>) -> FlexTensor {
    let dims = array.shape().to_vec();
    let strides = array.strides().to_vec();
    let (floats, start) = array.into_raw_vec_and_offset();
    if floats.is_empty() {
        return FlexTensor::from_data(TensorData::new(floats, dims));
    }
    let layout = Layout::new(Shape::from(dims), strides, start.unwrap_or(0));
    FlexTensor::new(Bytes::from_elems(floats), layout, DType::F32)
}
