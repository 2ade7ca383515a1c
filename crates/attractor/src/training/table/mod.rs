//! What `attractor train` does for tables: rows of numbers with a class each.

mod config;
mod page;
mod results;
mod rows;
mod run;
mod validation;

pub(crate) use config::Config;
pub(crate) use results::Results;
pub(crate) use run::run;
