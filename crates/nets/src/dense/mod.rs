//! Affine maps, sums, bounds and normalisation of rows as single operations with hand-written gradients, for f32 on the CPU; on
//! other devices and for other types, Burn's own.
//!
//! **Determinism.** How the work is cut depends on the extents alone, and sums run in a fixed order: the same bits
//! for any number of threads.

mod blend;
mod clamp;
mod linear;
mod product;
mod standard;

pub(crate) use blend::blend;
pub(crate) use clamp::clamp;
pub(crate) use linear::{Affine, times};
pub(crate) use product::product;
pub(crate) use standard::standardised;

use burn::backend::flex::FlexTensor;
use burn::backend::{Autodiff, Flex};
use burn::tensor::{DType, Device, Tensor};

/// Whether the operations of this module serve: f32 on the CPU.
pub(crate) fn serves<const D: usize>(tensor: &Tensor<D>) -> bool {
    tensor.dtype() == DType::F32 && tensor.device() == Device::flex()
}

/// Whether two tensors are one and the same: clones, not equals.
pub(crate) fn same<const D: usize>(a: &Tensor<D>, b: &Tensor<D>) -> bool {
    if !serves(a) || !serves(b) {
        return false;
    }
    let tracked = |tensor: &Tensor<D>| tensor.clone().try_into_primitive::<Autodiff<Flex>>();
    if let (Ok(a), Ok(b)) = (tracked(a), tracked(b)) {
        return a.node().id() == b.node().id();
    }
    let plain = |tensor: &Tensor<D>| tensor.clone().try_into_primitive::<Flex>();
    match (plain(a), plain(b)) {
        (Ok(a), Ok(b)) => {
            let place = |tensor: &FlexTensor| tensor.storage::<f32>().as_ptr();
            std::ptr::eq(place(&a), place(&b)) && a.layout() == b.layout()
        }
        _ => false,
    }
}
