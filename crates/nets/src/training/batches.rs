//! Samples in the order of an epoch.

use rand::seq::SliceRandom;

use super::Draws;
use crate::Error;

/// The samples of one epoch in shuffled batches of `size`; the last one may be smaller.
///
/// The order is that of [`Draws::Order`], whatever was drawn in the epochs before.
///
/// ```
/// use attractor_nets::training::batches;
/// let epoch = batches(&[7, 8, 9, 10, 11], 2, 1, 0)?;
/// assert_eq!(epoch.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
/// assert_ne!(epoch, batches(&[7, 8, 9, 10, 11], 2, 1, 1)?);
/// # Ok::<(), attractor_nets::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] for batches of size 0 and for no samples.
pub fn batches(samples: &[usize], size: usize, seed: u64, epoch: usize) -> Result<Vec<Vec<usize>>, Error> {
    Error::at_least_one("batch", size)?;
    Error::at_least_one("training samples", samples.len())?;
    let mut order = samples.to_vec();
    order.shuffle(&mut Draws::Order(epoch).rng(seed));
    Ok(order.chunks(size).map(<[usize]>::to_vec).collect())
}
