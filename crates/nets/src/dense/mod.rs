//! Affine maps and normalisation of rows as single operations with hand-written gradients, for f32 on the CPU; on
//! other devices and for other types, Burn's own.
//!
//! **Determinism.** How the work is cut depends on the extents alone, and sums run in a fixed order: the same bits
//! for any number of threads.

mod linear;
mod product;
mod standard;

pub(crate) use linear::linear;
pub(crate) use standard::standardised;

use burn::tensor::{DType, Device, Tensor};

/// Whether the operations of this module serve: f32 on the CPU.
fn serves<const D: usize>(tensor: &Tensor<D>) -> bool {
    tensor.dtype() == DType::F32 && tensor.device() == Device::flex()
}
