//! Tensors of the CPU backend as arrays, and back, without copies where memory allows.

use burn::backend::flex::{FlexTensor, Layout};
use burn::tensor::{Bytes, DType, Shape, TensorData};
use ndarray::{Array4, ArrayView4, ShapeBuilder};

/// The same numbers without axes that run backwards in memory, which arrays over slices cannot have.
pub(crate) fn ahead(tensor: FlexTensor) -> FlexTensor {
    match tensor.layout().strides().iter().any(|&stride| stride < 0) {
        true => tensor.to_contiguous(),
        false => tensor,
    }
}

/// A tensor of four axes as an array, with its own strides: none may be negative.
pub(crate) fn array(tensor: &FlexTensor) -> ArrayView4<'_, f32> {
    view(tensor, tensor.storage())
}

/// Booleans, which lie in memory as bytes.
pub(crate) fn flags(tensor: &FlexTensor) -> ArrayView4<'_, u8> {
    view(tensor, tensor.storage())
}

fn view<'a, T>(tensor: &FlexTensor, entries: &'a [T]) -> ArrayView4<'a, T> {
    let layout = tensor.layout();
    let dims = [0, 1, 2, 3].map(|axis| layout.shape()[axis]);
    let [a, b, c, d] = [0, 1, 2, 3].map(|axis| layout.strides()[axis].unsigned_abs());
    let start = layout.start_offset().min(entries.len());
    ArrayView4::from_shape(dims.strides([a, b, c, d]), &entries[start..])
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
