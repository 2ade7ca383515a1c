//! Multiple-instance learning without networks: what a Hopfield pooling layer has to beat.
//!
//! A [`Method`] learns from bags, a [`Model`] scores the instances of a bag, never its label. [`measure`] chooses among
//! methods on folds of the training bags alone, and [`auc`] says how well the scores order the test bags.

mod auc;
mod citation;
mod distances;
mod experiment;
mod mean;
mod miles;
mod protocol;
mod ridge;
mod standard;

use attractor_data::Bags;
use ndarray::ArrayView2;

use crate::LabError;

pub use auc::auc;
pub use citation::Citation;
pub(crate) use experiment::EXPERIMENT;
pub use mean::MeanEmbedding;
pub use miles::Miles;
pub use protocol::{Measured, measure};

/// A way to learn from bags.
pub trait Method: Sync {
    /// What it is called, with its parameters.
    fn name(&self) -> String;

    /// Learns from all bags of `train`. Everything that is estimated, the standardisation too, is estimated from them.
    ///
    /// # Errors
    /// [`LabError`] for a parameter out of range and for a set without bags.
    fn fit(&self, train: &Bags) -> Result<Box<dyn Model>, LabError>;
}

/// What was learned from bags.
pub trait Model {
    /// How positive the bag of these instances `(n, width)` looks: higher is more so, only the order counts.
    ///
    /// # Errors
    /// [`LabError`] for instances of another width than those learned from.
    fn score(&self, instances: ArrayView2<'_, f32>) -> Result<f64, LabError>;
}
