//! Dense associative memory over patterns of -1 and +1, bit-packed.
//!
//! A state `sigma` of `d` units has the overlap `m = d - 2 popcount(xi xor sigma)` with a stored
//! pattern `xi`, and the energy of the memory is `E = - sum F(m)` over all stored patterns
//! (Krotov and Hopfield, "Dense associative memory for pattern recognition", 2016;
//! Demircigil et al., "On a model of associative memory with huge storage capacity", 2017).
//! [`Interaction`] is `F`; `F = x^2` is the classical network with Hebb's rule.
//!
//! # What it costs
//! Storing is `O(d)` per pattern, a visit of one unit `O(K + d)`, a sweep `O(d K)` for `K` patterns,
//! and both the row-wise and the column-wise bits are kept: `d / 4` bytes per pattern.
//! A [`classical`](crate::classical) network visits a unit in `O(1)` and flips it in `O(d)` instead,
//! whatever `K` is.
//!
//! # How it stays exact
//! Overlaps are integers, and there are at most `d + 1` of them. The memory therefore counts how
//! many patterns sit at each overlap, lets equal counts cancel as integers, and only then
//! multiplies by `F`, held as mantissa and exponent so that no degree and no beta can overflow.
//! Ties are exact, and the result depends on neither the order of storage nor the number of threads.

#![allow(clippy::needless_pass_by_value, reason = "array views are small and passed by value")]

mod bits;
mod columns;
mod dense;
mod dynamics;
mod hetero;
mod interaction;
mod levels;
mod probe;
mod report;
mod scaled;
mod schedule;
mod units;

pub(crate) use bits::{BitPatterns, pack, pack_spins, spins, words};
pub(crate) use columns::Columns;
pub use dense::{DenseMemory, Energy, Form};
pub(crate) use dynamics::{Units, relax};
pub use interaction::Interaction;
pub use probe::Nearest;
pub(crate) use report::Trace;
pub use report::{BinaryRecall, Leading};
pub use schedule::{Order, Schedule};
