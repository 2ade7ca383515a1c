//! One file per command.

pub(crate) mod bench;
#[cfg(feature = "network")]
mod completer;
mod completion;
pub(crate) mod data;
pub(crate) mod demo;
pub(crate) mod forget;
pub(crate) mod inspect;
pub(crate) mod learn;
mod learned;
mod learner;
pub(crate) mod predict;
mod progress;
pub(crate) mod recall;
pub(crate) mod remember;
pub(crate) mod reproduce;
pub(crate) mod sleep;
#[cfg(feature = "network")]
pub(crate) mod train;
#[cfg(feature = "network")]
pub(crate) mod weights;
