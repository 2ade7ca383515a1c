//! One file per command.

pub(crate) mod bench;
pub(crate) mod data;
pub(crate) mod demo;
pub(crate) mod inspect;
mod progress;
pub(crate) mod recall;
pub(crate) mod remember;
pub(crate) mod reproduce;
