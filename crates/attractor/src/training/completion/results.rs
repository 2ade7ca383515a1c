//! What a run found, for machines.

use std::path::PathBuf;

use attractor_data::Shape;
use attractor_nets::training::History;
use ndarray::Array2;
use serde::Serialize;

use super::Config;

/// The whole run.
#[derive(Debug, Serialize)]
pub(crate) struct Results {
    pub(crate) schema: u32,
    pub(crate) command: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) config: Config,
    /// Images that were learned from, and held out.
    pub(crate) images: usize,
    pub(crate) held: usize,
    /// Mean squared error of the hidden pixels of held images.
    pub(crate) error: f64,
    /// The same for the mean training image.
    pub(crate) error_of_mean: f64,
    /// Share of the held images that came to rest.
    pub(crate) converged: f64,
    pub(crate) history: History,
    pub(crate) model: PathBuf,
    pub(crate) page: PathBuf,
    pub(crate) seconds: f64,
    /// Some held images, for the page.
    #[serde(skip)]
    pub(crate) shown: Shown,
}

/// Held images: whole, as cues, completed.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) shape: Shape,
    pub(crate) whole: Array2<f32>,
    pub(crate) known: Array2<bool>,
    pub(crate) completed: Array2<f32>,
}
