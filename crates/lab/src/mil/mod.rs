//! Multiple-instance learning: networks on bags, and what they have to beat.
//!
//! Networks are a `BagTask` of the training loop, chosen and measured by a `Contender`. Without networks, a [`Method`]
//! learns from bags and a [`Model`] scores the instances of a bag, never its label; [`measure`] chooses among methods on
//! folds of the training bags alone. [`auc`] says how well scores order the test bags.
//!
//! ```
//! use attractor_data::{bags, stratified_k_fold, stream};
//! use attractor_lab::mil::{Citation, MeanEmbedding, Method, auc, measure};
//!
//! let rows: String = (0..24).map(|bag| format!("{bag},{},{},0\n", bag % 2, (bag % 2) * 3 + bag / 12)).collect();
//! let set = bags::parse("keys", format!("bag,label,f1,f2\n{rows}").as_bytes())?;
//! let candidates: Vec<Box<dyn Method>> =
//!     vec![Box::new(Citation { references: 2, citers: 4 }), Box::new(MeanEmbedding { lambda: 1.0 })];
//! for split in stratified_k_fold(set.labels(), 3, &mut stream(1, "folds"))? {
//!     let measured = measure(&set, &split, &candidates, 3, 1)?;
//!     let labels: Vec<bool> = split.test.iter().map(|&bag| set.labels()[bag]).collect();
//!     assert_eq!(auc(&measured.scores, &labels), Some(1.0));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod auc;
mod citation;
#[cfg(feature = "network")]
mod contender;
#[cfg(feature = "network")]
mod digits;
mod distances;
mod experiment;
mod mean;
mod miles;
#[cfg(feature = "network")]
mod network;
mod protocol;
mod ridge;
#[cfg(feature = "network")]
mod sets;
mod standard;

use attractor_data::Bags;
use ndarray::ArrayView2;

use crate::LabError;

pub use auc::auc;
pub use citation::Citation;
#[cfg(feature = "network")]
pub use contender::{Area, Contender, held_out};
#[cfg(feature = "network")]
pub(crate) use digits::EXPERIMENT as MNIST_BAGS;
pub(crate) use experiment::EXPERIMENT;
pub use mean::MeanEmbedding;
pub use miles::Miles;
#[cfg(feature = "network")]
pub use network::{BagTask, Features};
pub use protocol::{Measured, measure};
#[cfg(feature = "network")]
pub(crate) use sets::ALL;

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
