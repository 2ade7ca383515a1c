//! The second half of the demo: learning a few classes at a time, without forgetting those before.

mod characters;
mod course;
mod digits;
mod flowers;
#[cfg(feature = "network")]
#[path = "network.rs"]
mod forgetful;
#[cfg(not(feature = "network"))]
#[path = "regression.rs"]
mod forgetful;
mod kill;
mod lesson;
mod lines;
mod page;
mod questions;
mod results;
mod terminal;

pub(super) use lines::lines;
pub(super) use page::page;
pub(super) use results::{Learning, measure};
pub(super) use terminal::tell;

pub(crate) use kill::{is_child, live};
