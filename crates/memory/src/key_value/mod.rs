//! Key-value memory with three-factor plasticity, and the Hebbian baselines that it is measured by.
//!
//! [`KeyValue`] stores a pair in a slot: a local third factor picks the slot, a global third factor
//! sets the rate, and both weight matrices change by local rules only. Reading is one step of
//! softmax attention. Source: Tyulmankov, Fang, Vadaparty and Yang 2021 (arXiv 2110.13976).
//!
//! | symbol | here | shape |
//! | --- | --- | --- |
//! | `K`, `V` | input-to-hidden and hidden-to-output weights | (S, d), (p, S) |
//! | `h` | activity of the slots, `softmax(K x)` | (S) |
//! | `gamma` | local third factor: which slots are plastic, [`Slots`] | (S) |
//! | `q` | global third factor: how strongly a moment is written | scalar |
//!
//! [`OnlineHopfield`] and [`Bam`] are the matrix memories of the same comparison: Hebbian outer
//! products, written online with decay and clamp.

#![allow(clippy::needless_pass_by_value, reason = "array views are small and passed by value")]

mod bam;
mod gate;
mod hebb;
mod hopfield;
mod memory;
mod slots;
mod write;

pub use bam::{Bam, BamRecall};
pub use gate::Gate;
pub use hebb::{Hebb, Rest};
pub use hopfield::{HopfieldRecall, OnlineHopfield};
pub use memory::{KeyValue, Output, Reading, Shape};
pub use slots::Slots;
pub use write::{Stability, Values, WriteRule, Written};
