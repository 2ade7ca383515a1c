//! What comes into a layer.

use burn::tensor::{Bool, DType, Tensor};

use crate::Error;
use crate::association::Mask;

/// The three roles. One tensor can play them all; a batch of 1 is used for every element of the others' batch.
#[derive(Debug, Clone)]
pub struct Roles {
    /// Stored patterns, `(N, S, depth)`.
    pub stored: Tensor<3>,
    /// State patterns, `(N, L, depth)`.
    pub state: Tensor<3>,
    /// What the values are made of, `(N, S, depth)`.
    pub values: Tensor<3>,
}

impl From<Tensor<3>> for Roles {
    /// The same patterns in all roles.
    fn from(patterns: Tensor<3>) -> Self {
        Self { stored: patterns.clone(), state: patterns.clone(), values: patterns }
    }
}

impl From<(Tensor<3>, Tensor<3>, Tensor<3>)> for Roles {
    /// Stored patterns, state patterns, values: the reference's order.
    fn from((stored, state, values): (Tensor<3>, Tensor<3>, Tensor<3>)) -> Self {
        Self { stored, state, values }
    }
}

impl Roles {
    /// Between `(batch, length, depth)` and `(length, batch, depth)`.
    pub(super) fn turned(self) -> Self {
        Self {
            stored: self.stored.swap_dims(0, 1),
            state: self.state.swap_dims(0, 1),
            values: self.values.swap_dims(0, 1),
        }
    }

    /// The batch that all share, when their sizes fit together; lengths first.
    pub(super) fn batch(&self) -> Result<usize, Error> {
        let [n_stored, stored, _] = self.stored.dims();
        let [n_state, ..] = self.state.dims();
        let [n_values, values, depth] = self.values.dims();
        Error::shape("values", &[n_values, stored, depth], &[n_values, values, depth])?;
        let counts = [n_stored, n_state, n_values];
        let batch = counts.into_iter().find(|&n| n != 1).unwrap_or(1);
        match counts.into_iter().find(|&n| n != 1 && n != batch) {
            None => Ok(batch),
            Some(found) => Err(Error::Size {
                place: "batch of stored, state and value patterns",
                expected: batch,
                found,
            }),
        }
    }
}

/// What must not be associated. The default forbids nothing.
///
/// ```
/// use attractor_nets::hopfield::{HopfieldConfig, Masks};
/// use burn::tensor::{Bool, Device, Tensor};
/// use rand::SeedableRng;
/// use rand_chacha::ChaCha8Rng;
///
/// let device = Device::flex();
/// let layer = HopfieldConfig::of(2).init(&device, &mut ChaCha8Rng::seed_from_u64(1))?;
/// let padding = Tensor::<2, Bool>::from_data([[false, false, true]], &device);
/// let p = layer.association_matrix(Tensor::ones([1, 3, 2], &device), &Masks::padding(padding))?;
/// assert!(p.narrow(3, 2, 1).max().into_scalar::<f32>() == 0.0);
/// # Ok::<(), attractor_nets::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Masks {
    /// `(N, S)`: true where a stored pattern is padding, which no state of its batch element sees.
    pub padding: Option<Tensor<2, Bool>>,
    /// Between states and stored patterns.
    pub association: Option<AssociationMask>,
}

/// A mask between states and stored patterns. `true` forbids; numbers are added to the scaled scores, and minus
/// infinity forbids (plus infinity and NaN make NaN).
#[derive(Debug, Clone)]
pub enum AssociationMask {
    /// `(L, S)`, for every batch element and head.
    Forbid(Tensor<2, Bool>),
    /// `(N H, L, S)`, the heads of a batch element side by side.
    ForbidEach(Tensor<3, Bool>),
    /// `(L, S)`, for every batch element and head.
    Add(Tensor<2>),
    /// `(N H, L, S)`, the heads of a batch element side by side.
    AddEach(Tensor<3>),
}

impl Masks {
    /// Nothing is forbidden.
    pub fn none() -> Self {
        Self::default()
    }

    /// Forbids padding.
    pub fn padding(padding: Tensor<2, Bool>) -> Self {
        Self { padding: Some(padding), association: None }
    }

    /// Masks the association.
    pub fn association(mask: AssociationMask) -> Self {
        Self { padding: None, association: Some(mask) }
    }

    /// The mask for scores of this shape and type, `extra` stored patterns at the end always being allowed.
    pub(super) fn at(&self, scores: [usize; 4], extra: usize, dtype: DType) -> Result<Mask, Error> {
        let [batch, heads, states, stored] = scores;
        let mut mask = Mask::none();
        if let Some(padding) = &self.padding {
            Error::shape("stored_pattern_padding_mask", &[batch, stored], &padding.dims())?;
            mask = mask.forbidding(widened(padding.clone().reshape([batch, 1, 1, stored]), extra));
        }
        let (shared, each) = ([states, stored], [batch * heads, states, stored]);
        let (shared_4, each_4) = ([1, 1, states, stored], scores);
        Ok(match &self.association {
            None => mask,
            Some(AssociationMask::Forbid(part)) => {
                Error::shape("association_mask", &shared, &part.dims())?;
                mask.forbidding(widened(part.clone().reshape(shared_4), extra))
            }
            Some(AssociationMask::ForbidEach(part)) => {
                Error::shape("association_mask", &each, &part.dims())?;
                mask.forbidding(widened(part.clone().reshape(each_4), extra))
            }
            Some(AssociationMask::Add(part)) => {
                Error::shape("association_mask", &shared, &part.dims())?;
                mask.adding(widened_by_zeros(part.clone().reshape(shared_4), extra, dtype))
            }
            Some(AssociationMask::AddEach(part)) => {
                Error::shape("association_mask", &each, &part.dims())?;
                mask.adding(widened_by_zeros(part.clone().reshape(each_4), extra, dtype))
            }
        })
    }
}

fn widened(mask: Tensor<4, Bool>, extra: usize) -> Tensor<4, Bool> {
    if extra == 0 {
        return mask;
    }
    let [batch, heads, states, _] = mask.dims();
    let allowed = Tensor::full([batch, heads, states, extra], false, &mask.device());
    Tensor::cat(vec![mask, allowed], 3)
}

fn widened_by_zeros(mask: Tensor<4>, extra: usize, dtype: DType) -> Tensor<4> {
    let mask = if mask.dtype() == dtype { mask } else { mask.cast(dtype) };
    if extra == 0 {
        return mask;
    }
    let [batch, heads, states, _] = mask.dims();
    let zeros = Tensor::zeros([batch, heads, states, extra], (&mask.device(), dtype));
    Tensor::cat(vec![mask, zeros], 3)
}
