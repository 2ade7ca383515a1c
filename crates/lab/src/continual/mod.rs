//! Continual learning of digits: what is left of the first when the last have been learned.
//!
//! A protocol is a [`Stream`] of contexts and a [`Schedule`]; whoever takes part implements [`Contestant`], in a file of
//! its own, and is entered as an [`Entry`].

mod contestant;
mod entries;
mod nearest;
mod online;
mod ours;
mod protocol;
mod results;
mod ridge;
mod split;
mod split_iterations;
mod stream;
mod transformed;

pub use contestant::{Contestant, Entry, Question, Start};
pub(crate) use nearest::ClassMeans;
pub use protocol::{Length, Schedule, Score, contest};
pub(crate) use ridge::Ridge;
pub use stream::{Part, Stream};

use crate::experiment::Experiment;

/// The experiments of this folder.
pub(crate) const ALL: [Experiment; 7] = [
    split::CLASS,
    split::DOMAIN,
    split::TASK,
    split_iterations::EXPERIMENT,
    online::EXPERIMENT,
    transformed::PERMUTED,
    transformed::ROTATED,
];
