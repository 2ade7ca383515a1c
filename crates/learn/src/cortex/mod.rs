//! Slow systems: what learns the structure that examples share.
//!
//! A cortex sees features and class numbers, never raw observations or labels. Classes appear as they come:
//! a number that was never seen makes the cortex grow. What predicts is a [`Readout`], an immutable picture of
//! the cortex that other threads may hold while it learns on.

#[cfg(feature = "network")]
mod network;

use std::sync::Arc;

use attractor_store::wire::Writer;

#[cfg(feature = "network")]
pub use network::{Network, NetworkSettings};

use crate::Error;

/// A slow learner of classes.
///
/// The same calls in the same order give the same bits, whatever the number of threads.
pub trait Cortex: Send {
    /// Its name, as files and reports have it.
    fn name(&self) -> &'static str;

    /// Components of a feature vector.
    fn width(&self) -> usize;

    /// Takes up an example of `class`. `weight` is 1 for a first look; a replayed example may count more or less.
    ///
    /// # Errors
    /// A wrong width, an entry that is not finite, a weight that is not finite and above 0.
    fn learn(&mut self, features: &[f32], class: u32, weight: f32) -> Result<(), Error>;

    /// Takes an example back that was learned with this weight. `Ok(false)` where this cortex cannot.
    ///
    /// # Errors
    /// As [`Cortex::learn`].
    fn unlearn(&mut self, features: &[f32], class: u32, weight: f32) -> Result<bool, Error>;

    /// Never again answers with `class`, until it is learned anew.
    fn forget(&mut self, class: u32);

    /// What predicts at this moment. Costs nothing unless something changed since the last call.
    fn readout(&self) -> Arc<dyn Readout>;

    /// Finishes whatever is pending: afterwards the readout has everything that was learned.
    ///
    /// # Errors
    /// [`Error::Singular`].
    fn settle(&mut self) -> Result<(), Error>;

    /// Bytes held, readout and everything pending included.
    fn bytes(&self) -> usize;

    /// Writes the whole state, from which a cortex continues with the same bits.
    fn save(&self, to: &mut Writer);
}

/// An immutable picture of a cortex, which predicts.
pub trait Readout: Send + Sync {
    /// Class numbers run below this.
    fn classes(&self) -> usize;

    /// Writes one score per class to `out` (resized to [`Readout::classes`]); the softmax of the scores is the
    /// probability of each class. Classes that were never seen, or were forgotten, score minus infinity.
    fn scores(&self, features: &[f32], out: &mut Vec<f32>);
}
