//! What the demo shows: which memory remembers how many characters, and how recall looks from within.

mod count;
mod damage;
mod kind;
mod lines;
mod page;
mod picture;
mod results;
mod store;
mod terminal;

pub(crate) use lines::lines;
pub(crate) use page::page;
pub(crate) use results::measure;
pub(crate) use terminal::tell;
