//! Encoders: from raw observations to the features that the cortices learn from, and to keys.
//!
//! | encoder | learned from | width | for |
//! | --- | --- | --- | --- |
//! | [`Standardise`] | mean and variance of each component | that of the input | tables, measurements |
//! | [`Whiten`] | principal components | chosen | keys: short, uncorrelated |
//! | [`Random`] | nothing | chosen | a linear cortex that shall bend |
//! | [`Direction`] | the mean | that of the input | where strength says nothing |
//! | [`Project`] | nothing | chosen | keys of what no example was like |
//! | [`PatchFeatures`] | patches of pictures, without labels | chosen | pictures |
//! | [`Chain`] | - | that of the second | one after the other |
//!
//! All of them are immutable, so that features may be computed by many threads at once and stored with
//! the version of the encoder that made them. On one machine the same observation gives the same bits,
//! alone or in a batch, whatever the number of threads.

mod chain;
mod check;
mod direction;
pub mod patches;
mod product;
mod project;
mod random;
mod spectrum;
mod standardise;
mod whiten;

use attractor_store::wire::{Reader, Writer};
use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

pub use chain::Chain;
pub use direction::Direction;
pub use patches::{PatchFeatures, Patches};
pub use project::Project;
pub use random::Random;
pub use standardise::{Standardise, Statistics};
pub use whiten::{Scaling, Whiten, Whitening};

use crate::Error;

/// Turns an observation into features. Immutable once made; a better one gets a new version.
///
/// The features of an observation depend on nothing but the observation and the encoder.
pub trait Encode: Send + Sync {
    /// Components of an observation.
    fn input(&self) -> usize;

    /// Components of its features.
    fn width(&self) -> usize;

    /// Writes the features of `observation` to `features`.
    ///
    /// # Errors
    /// A wrong width of either or an entry that is not finite, and then nothing is written; features beyond
    /// the range of `f32`, and then zeros are written.
    fn encode(&self, observation: &[f32], features: &mut [f32]) -> Result<(), Error>;

    /// As [`Encode::encode`] for every row of `observations`, row after row, to the bit. Encoders that multiply by a
    /// large matrix read it once for many rows.
    ///
    /// # Errors
    /// As [`Encode::encode`], for the first bad row; then `features` hold nothing of use.
    fn encode_rows(&self, observations: &[f32], features: &mut [f32]) -> Result<(), Error> {
        let (input, width) = check::rows(observations, self.input(), features, self.width())?;
        let mut rows = observations.chunks_exact(input).zip(features.chunks_exact_mut(width));
        rows.try_for_each(|(observation, features)| self.encode(observation, features))
    }

    /// Bytes held.
    fn bytes(&self) -> usize;

    /// Writes the encoder, its kind first, so that [`load`] gives the same bits.
    fn save(&self, to: &mut Writer);
}

/// Rows that one thread encodes at a time.
pub(crate) const ROWS: usize = 32;
/// Encoders inside of encoders, at most: bytes must not be able to exhaust the stack.
const DEPTH: usize = 8;

/// Reads what [`Encode::save`] wrote.
///
/// ```
/// use attractor_learn::encoder::{Encode, Random, load};
/// use attractor_store::wire::{Reader, Writer};
///
/// let encoder = Random::new(3, 8, 1.0, 7)?;
/// let mut to = Writer::new();
/// encoder.save(&mut to);
/// let bytes = to.finish();
///
/// let loaded = load(&mut Reader::new(&bytes, "an encoder"))?;
/// let (mut before, mut after) = ([0.0; 8], [0.0; 8]);
/// encoder.encode(&[0.1, 0.2, 0.3], &mut before)?;
/// loaded.encode(&[0.1, 0.2, 0.3], &mut after)?;
/// assert_eq!(before, after);
/// # Ok::<(), attractor_learn::Error>(())
/// ```
///
/// # Errors
/// Bytes that no encoder wrote.
pub fn load(from: &mut Reader<'_>) -> Result<Box<dyn Encode>, Error> {
    load_within(from, DEPTH)
}

/// [`load`], of at most `depth` encoders inside of one another.
fn load_within(from: &mut Reader<'_>, depth: usize) -> Result<Box<dyn Encode>, Error> {
    Ok(match from.str()? {
        _ if depth == 0 => return Err(from.fault("encoders nested too deeply").into()),
        standardise::KIND => Box::new(Standardise::load(from)?),
        whiten::KIND => Box::new(Whiten::load(from)?),
        direction::KIND => Box::new(Direction::load(from)?),
        project::KIND => Box::new(Project::load(from)?),
        random::KIND => Box::new(Random::load(from)?),
        patches::KIND => Box::new(PatchFeatures::load(from)?),
        chain::KIND => Box::new(Chain::load(from, depth - 1)?),
        _ => return Err(from.fault("an encoder of unknown kind").into()),
    })
}

/// Every row of `observations` `(n, input)`, encoded: `(n, width)`. Rows are spread over the threads.
///
/// ```
/// use attractor_learn::encoder::{Random, encode_all};
/// use ndarray::array;
///
/// let features = encode_all(&Random::new(2, 5, 1.0, 7)?, array![[0.1, 0.2], [0.3, 0.4]].view())?;
/// assert_eq!(features.dim(), (2, 5));
/// # Ok::<(), attractor_learn::Error>(())
/// ```
///
/// # Errors
/// As [`Encode::encode`], for the first bad row.
pub fn encode_all(encoder: &dyn Encode, observations: ArrayView2<'_, f32>) -> Result<Array2<f32>, Error> {
    check::width(observations.ncols(), encoder.input(), "an observation")?;
    let mut features = Array2::zeros((observations.nrows(), encoder.width()));
    let blocks = features.axis_chunks_iter_mut(Axis(0), ROWS).into_par_iter();
    let faults: Vec<Option<Error>> = blocks
        .zip(observations.axis_chunks_iter(Axis(0), ROWS))
        .map(|(mut to, rows)| {
            let rows = rows.as_standard_layout();
            let rows = rows.as_slice().unwrap_or_default();
            encoder.encode_rows(rows, to.as_slice_mut().unwrap_or_default()).err()
        })
        .collect();
    faults.into_iter().flatten().next().map_or(Ok(features), Err)
}

#[cfg(test)]
mod tests;
