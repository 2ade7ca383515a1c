//! Slow systems: what learns the structure that examples share.
//!
//! A cortex sees features and class numbers, never raw observations or labels. Classes appear as they come:
//! a number that was never seen makes the cortex grow. What predicts is a [`Readout`], an immutable picture of
//! the cortex that other threads may hold while it learns on.

mod check;
mod classes;
mod discriminant;
mod factor;
mod later;
mod linear;
mod mean;
#[cfg(feature = "network")]
mod network;
mod rank_one;
mod ridge;
mod schedule;
mod temperature;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use attractor_store::wire::{Reader, Writer};

pub use discriminant::Discriminant;
pub use mean::NearestMean;
pub use rank_one::{Bias, RankOne};
pub use ridge::Ridge;

#[cfg(feature = "network")]
pub use network::{Network, NetworkSettings};

use crate::Error;

/// How examples become knowledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plasticity {
    /// A closed form of all examples: each counts by its weight, whenever it came; a replayed one counts again.
    Closed,
    /// Steps along a gradient: late examples undo early ones unless those are replayed.
    Steps,
}

/// A slow learner of classes.
///
/// The same calls in the same order give the same bits, whatever the number of threads.
pub trait Cortex: Send {
    /// Its name, as files and reports have it.
    fn name(&self) -> &'static str;

    /// Components of a feature vector.
    fn width(&self) -> usize;

    /// Whether it is a sum of examples or is trained in steps.
    fn plasticity(&self) -> Plasticity;

    /// Takes up an example of `class`. `weight` is 1 for a first look; a replayed example may count more or less.
    ///
    /// # Errors
    /// A wrong width, an entry that is not finite or beyond 1e12, a class of 65,536 or more, a weight outside
    /// `[1e-6, 1e6]`.
    fn learn(&mut self, features: &[f32], class: u32, weight: f32) -> Result<(), Error>;

    /// Takes an example back that was learned with this weight. `Ok(false)` where this cortex cannot, or holds no
    /// example of `class`; then nothing changed. What was learned before its class was forgotten is no longer held.
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

    /// Writes the whole state, its kind first, from which [`load`] makes a cortex that continues with the same bits.
    fn save(&self, to: &mut Writer);
}

/// An immutable picture of a cortex, which predicts.
pub trait Readout: Send + Sync {
    /// Class numbers run below this.
    fn classes(&self) -> usize;

    /// Writes one score per class to `out` (resized to [`Readout::classes`]); the softmax of the scores is the
    /// probability of each class. Classes that were never seen, or were forgotten, score minus infinity; every
    /// other score is finite. `features` have the width of the cortex and are finite.
    fn scores(&self, features: &[f32], out: &mut Vec<f32>);
}

/// Reads what [`Cortex::save`] wrote.
///
/// ```
/// use attractor_learn::cortex::{self, Cortex, NearestMean};
/// use attractor_store::wire::{Reader, Writer};
///
/// let mut cortex = NearestMean::new(2)?;
/// cortex.learn(&[1.0, 2.0], 5, 1.0)?;
/// let mut to = Writer::new();
/// cortex.save(&mut to);
/// let bytes = to.finish();
/// let same = cortex::load(&mut Reader::new(&bytes, "an example"))?;
/// assert_eq!((same.name(), same.width(), same.readout().classes()), ("nearest-mean", 2, 6));
/// # Ok::<(), attractor_learn::Error>(())
/// ```
///
/// # Errors
/// Bytes that no cortex wrote.
pub fn load(from: &mut Reader<'_>) -> Result<Box<dyn Cortex>, Error> {
    Ok(match from.str()? {
        NearestMean::KIND => Box::new(NearestMean::load(from)?),
        Ridge::KIND => Box::new(Ridge::load(from)?),
        RankOne::KIND => Box::new(RankOne::load(from)?),
        Discriminant::KIND => Box::new(Discriminant::load(from)?),
        #[cfg(feature = "network")]
        Network::KIND => Box::new(Network::load(from)?),
        _ => return Err(from.fault("a cortex of unknown kind").into()),
    })
}
