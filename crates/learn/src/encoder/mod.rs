//! Encoders: from raw observations to the features that the cortices learn from, and to keys.

use attractor_store::wire::{Reader, Writer};
use ndarray::ArrayView2;

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
    /// A wrong width of either, an entry that is not finite.
    fn encode(&self, observation: &[f32], features: &mut [f32]) -> Result<(), Error>;

    /// Bytes held.
    fn bytes(&self) -> usize;

    /// Writes the encoder, its kind first, so that [`load`] gives the same bits.
    fn save(&self, to: &mut Writer);
}

/// Reads what [`Encode::save`] wrote.
///
/// # Errors
/// Bytes that no encoder wrote.
pub fn load(from: &mut Reader<'_>) -> Result<Box<dyn Encode>, Error> {
    Err(from.fault("an encoder of unknown kind").into())
}

/// Every row of `observations`, encoded, row by row for the features; rows are spread over the threads.
///
/// # Errors
/// As [`Encode::encode`], for the first bad row.
pub fn encode_all(
    encoder: &dyn Encode,
    observations: ArrayView2<'_, f32>,
) -> Result<ndarray::Array2<f32>, Error> {
    let mut features = ndarray::Array2::zeros((observations.nrows(), encoder.width()));
    for (row, mut to) in observations.rows().into_iter().zip(features.rows_mut()) {
        let row = row.to_vec();
        encoder.encode(&row, to.as_slice_mut().unwrap_or_default())?;
    }
    Ok(features)
}
