//! Replay: which episodes come back in sleep, and which give way when the memory is full.
//!
//! | what | question it answers |
//! | --- | --- |
//! | [`Order`] | which episodes are replayed, of a list of [`Candidate`]s |
//! | [`Priorities`] | the same over a store that changes between draws, in O(log n) |
//! | [`Reservoir`] | which slot a new episode takes, so that all that ever came are equally likely to be kept |
//! | [`ClassDebt`] | which episode gives way, so that classes stay of one size |
//!
//! Every draw is a function of a seed and a counter ([`Draws`]): drawing ten and ten again gives the twenty that one
//! call gives, also when the process ended in between.

mod debt;
mod draws;
mod order;
mod priorities;
mod reservoir;
mod sum_tree;

pub use debt::{ClassDebt, Within};
pub use draws::Draws;
pub use order::{Candidate, Order, Sampler};
pub use priorities::Priorities;
pub use reservoir::{Place, Reservoir};
pub use sum_tree::SumTree;
