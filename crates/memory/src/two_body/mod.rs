//! The microscopic network: feature neurons and memory neurons, joined by pairwise synapses only.
//!
//! Memories with interactions of high order look as if they needed synapses that join many neurons
//! at once. Krotov and Hopfield (2021, arXiv 2008.06996) show that they do not: with a second set of
//! hidden neurons, two-body synapses are enough, and eliminating the hidden neurons gives back the
//! one-layer memories.
//!
//! | symbol | here | shape |
//! | --- | --- | --- |
//! | `xi` | synapses, one stored pattern per row | (N_h, N_f) |
//! | `v`, `h` | states of the feature and the memory neurons | (N_f), (N_h) |
//! | `L_v`, `L_h` | [`Lagrangian`]s | |
//! | `g`, `f` | activations `grad L_v`, `grad L_h` | (N_f), (N_h) |
//! | `I` | input current | (N_f) |
//!
//! [`TwoBody`] is the full network in continuous time, [`Effective`] the network that is left when
//! the memory neurons are infinitely fast.

#![allow(clippy::needless_pass_by_value, reason = "array views are small and passed by value")]

pub(crate) mod check;
mod effective;
mod function;
mod integrate;
mod lagrangian;
mod models;
mod network;

pub use effective::Effective;
pub use function::Function;
pub use integrate::{Integration, Scheme, Status, Trajectory};
pub use lagrangian::Lagrangian;
pub use network::{Energy, State, TwoBody};
