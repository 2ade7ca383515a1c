//! Classical Hopfield networks: patterns of -1 and +1 in a symmetric weight matrix.
//!
//! The energy is `E(s) = -1/2 s W s + b s` (with the factor 1/2, which some texts drop), the field of
//! unit `i` is `h_i = sum_j W_ij s_j - b_i`, and a unit takes the sign of its field; a field of
//! exactly zero keeps the unit as it is. A flip changes the energy by `2 s_i h_i` (with a zero
//! diagonal; a self-coupling adds `-2 W_ii`), so that asynchronous updates never raise it.
//!
//! How patterns become weights is the [`Rule`]: Hebb's (about `0.138 d` random patterns with few
//! errors, `d / (2 ln d)` without), Storkey's, or the pseudo-inverse, which keeps any linearly
//! independent set.
//!
//! # What it costs
//! `8 d^2` bytes; `O(d^2)` to store a pattern and to start a recall, then `O(1)` per visit and `O(d)`
//! per flip. The weights do not grow with the patterns; these are kept besides, one bit per
//! component, because overlaps and removal need them.

#![allow(clippy::needless_pass_by_value, reason = "array views are small and passed by value")]

mod hebb;
mod network;
mod pseudo_inverse;
mod recall;
mod storkey;
mod update;
mod weights;

pub use network::{Energy, Network, Rule};
pub use pseudo_inverse::Diagonal;
