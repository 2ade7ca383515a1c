//! What `attractor train` does for images of which a part is hidden.

mod config;
mod page;
mod results;
mod run;

pub(crate) use config::Config;
pub(crate) use results::Results;
pub(crate) use run::run;
