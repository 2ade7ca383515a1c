//! What the demo shows: which memory remembers how many characters, how recall looks from within, and what a learner
//! keeps that a network forgets.

mod count;
mod damage;
mod kind;
mod learning;
mod lines;
mod page;
mod picture;
mod results;
mod store;
mod terminal;

pub(crate) use learning::{is_child, live};
pub(crate) use lines::lines;
pub(crate) use page::page;
pub(crate) use results::measure;
pub(crate) use terminal::tell;
