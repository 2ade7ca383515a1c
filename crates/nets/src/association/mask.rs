//! What may not be associated.

use burn::tensor::{Bool, DType, Tensor};

use super::separation::lowest;
use crate::Error;

/// What may not be associated, and what is added to the scores. Both parts have the shape `(N, H, L, S)` of the
/// scores, or 1 wherever they are the same along an axis.
///
/// A query none of whose stored patterns is allowed has only zero weights and reads zeros.
///
/// ```
/// use attractor_nets::association::Mask;
/// use burn::tensor::{Bool, Device, Tensor};
///
/// // Of three stored patterns nobody sees the last, and the first is preferred a little.
/// let device = Device::flex();
/// let mask = Mask::none()
///     .forbidding(Tensor::<4, Bool>::from_data([[[[false, false, true]]]], &device))
///     .adding(Tensor::from_data([[[[0.5, 0.0, 0.0]]]], &device));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Mask {
    /// True where a stored pattern is out of a query's reach.
    pub(crate) forbidden: Option<Tensor<4, Bool>>,
    /// Added to the scores after they were scaled.
    pub(crate) added: Option<Tensor<4>>,
}

impl Mask {
    /// Nothing is forbidden and nothing added.
    pub fn none() -> Self {
        Self::default()
    }

    /// Forbids where `mask` is true, besides what is forbidden already.
    #[must_use]
    pub fn forbidding(self, mask: Tensor<4, Bool>) -> Self {
        let forbidden = match self.forbidden {
            None => mask,
            // `bool_or` does not broadcast on every backend; sums do.
            Some(old) => (old.int() + mask.int()).greater_elem(0),
        };
        Self { forbidden: Some(forbidden), ..self }
    }

    /// Adds `mask` to the scores, besides what is added already. Minus infinity forbids, and so does the lowest
    /// number of the type; plus infinity and NaN make NaN.
    #[must_use]
    pub fn adding(self, mask: Tensor<4>) -> Self {
        let forbidden = mask.clone().detach().lower_elem(lowest(&mask));
        let mask = mask.mask_fill(forbidden.clone(), 0.0);
        let added = match self.added {
            None => mask,
            Some(old) => old + mask,
        };
        Self { added: Some(added), ..self }.forbidding(forbidden)
    }

    /// Each part must be 1 or that of the scores along every axis.
    pub(super) fn check(&self, scores: [usize; 4], dtype: DType) -> Result<(), Error> {
        if let Some(added) = &self.added {
            Error::dtype("mask", dtype, added.dtype())?;
        }
        let parts = [self.forbidden.as_ref().map(Tensor::dims), self.added.as_ref().map(Tensor::dims)];
        for found in parts.into_iter().flatten() {
            if found.iter().zip(scores).any(|(&found, size)| found != 1 && found != size) {
                return Error::shape("mask", &scores, &found);
            }
        }
        Ok(())
    }
}
