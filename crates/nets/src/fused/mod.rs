//! The association of a Hopfield layer as one operation, forwards and backwards.
//!
//! **What.** For each head, once per update step `q <- softmax(beta q k^T + mask) k`, then
//! `softmax(beta q k^T + mask) v` (Ramsauer et al. 2021, "Hopfield Networks is All You Need").
//! [`crate::association::associate`] does it for Burn tensors wherever it can, with gradients by queries, patterns,
//! values and inverse temperatures; [`forward`] and [`backward`] do it for arrays.
//!
//! **How.** A block of queries meets a block of patterns at a time, so that scores stay in the cache and are
//! never held for all; the way back computes them again from the maximum and the sum of each row, which are
//! kept (Dao et al. 2022, "FlashAttention"). The products run in `attractor_kernel`.
//!
//! **When not.** With another separation than softmax and softmax1, with a mask that is learned, or for gradients of
//! gradients: [`crate::association::composed`] is made of Burn's own operations.
//!
//! **Determinism.** How the work is cut depends on the extents alone, and sums over the parts run in a fixed
//! order: the same bits for any number of threads.
//!
//! **Numbers.** Inputs must be finite, except that minus infinity in a mask forbids. A query that may look at no
//! pattern has weights, an output and gradients of exact zeros. Weights below `e^-64` of the largest are zeros.

mod backward;
mod block;
mod flex;
mod forward;
mod head;
mod inputs;
mod mutual;
mod mutual_operation;
mod operation;
mod read;
mod rows;
mod settle;
mod trace;

pub use backward::{Gradients, backward};
pub(crate) use flex::ahead;
pub use forward::{Forward, forward};
pub use inputs::{Inputs, Phantom};
pub(crate) use inputs::{check_beta, check_tolerance};
pub(crate) use mutual::Side;
pub(crate) use mutual_operation::mutual;
pub(crate) use operation::{associate, serves};
