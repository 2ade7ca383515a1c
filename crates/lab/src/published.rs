//! Every published number, once, as data. Nothing else in the code knows what an answer should be.

use serde::Serialize;

/// A published number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Published {
    /// The number.
    pub value: f64,
    /// Its published spread; 0 where none was given.
    pub spread: f64,
    /// Its unit.
    pub unit: &'static str,
    /// Largest deviation of ours at which the claim counts as reproduced.
    #[serde(skip)]
    pub tolerance: f64,
}
