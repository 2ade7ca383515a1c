//! Looking at a memory: overlaps, nearest pattern, errors of one step.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;
use serde::Serialize;

use super::bits::words;
use super::dense::DenseMemory;
use super::dynamics::Units;
use super::units::DenseUnits;
use crate::Error;

/// The stored pattern nearest to a cue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Nearest {
    /// Id of the pattern; the oldest one of those equally near.
    pub id: u64,
    /// Hamming distance: components that differ.
    pub distance: usize,
}

impl DenseMemory {
    /// Overlaps `m` of states, shape `(n, width)`, with every pattern in storage order: shape `(n, len)`.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Width`], [`Error::NotBinary`].
    pub fn overlaps(&self, states: ArrayView2<'_, f32>) -> Result<Array2<i32>, Error> {
        let packed = self.pack_cues(states, "states")?;
        let stride = words(self.width());
        let mut overlaps = Array2::zeros((states.nrows(), self.len()));
        for (mut row, state) in overlaps.rows_mut().into_iter().zip(packed.chunks_exact(stride)) {
            for (entry, m) in row.iter_mut().zip(self.patterns.overlaps(state)) {
                *entry = m;
            }
        }
        Ok(overlaps)
    }

    /// The pattern of least Hamming distance for each cue, shape `(n, width)`: recall by exhaustive
    /// search, the baseline of every associative memory.
    ///
    /// ```
    /// use attractor_memory::binary::{DenseMemory, Interaction};
    /// use ndarray::array;
    /// let mut memory = DenseMemory::new(3, Interaction::Polynomial(2))?;
    /// let ids = memory.store(array![[1.0, 1.0, 1.0], [-1.0, 1.0, -1.0]].view())?;
    /// let nearest = memory.nearest(array![[-1.0, -1.0, -1.0]].view())?[0];
    /// assert_eq!((nearest.id, nearest.distance), (ids[1], 1));
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Width`], [`Error::NotBinary`].
    pub fn nearest(&self, cues: ArrayView2<'_, f32>) -> Result<Vec<Nearest>, Error> {
        let packed = self.pack_cues(cues, "cues")?;
        let width = self.width() as i32;
        packed
            .par_chunks_exact(words(self.width()))
            .map(|cue| {
                self.ids()
                    .iter()
                    .zip(self.patterns.overlaps(cue))
                    .map(|(&id, m)| Nearest { id, distance: ((width - m) / 2) as usize })
                    .min_by_key(|nearest| nearest.distance)
                    .ok_or(Error::Empty)
            })
            .collect()
    }

    /// How many components of each of these stored patterns one synchronous step gets wrong: the
    /// quantity whose rate is `Q(sqrt(d^(n-1) / ((2n-3)!! K)))` for random patterns and degree `n`.
    ///
    /// ```
    /// use attractor_memory::binary::{DenseMemory, Interaction};
    /// use ndarray::array;
    /// let mut memory = DenseMemory::new(3, Interaction::Rectified(3))?;
    /// let ids = memory.store(array![[1.0, 1.0, 1.0], [-1.0, 1.0, -1.0]].view())?;
    /// assert_eq!(memory.one_step_errors(&ids)?, [0, 0]);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnknownId`].
    pub fn one_step_errors(&self, ids: &[u64]) -> Result<Vec<usize>, Error> {
        ids.par_iter()
            .map(|&id| {
                let index = self.patterns.index_of(id)?;
                let mut units = DenseUnits::new(self, self.patterns.row(index));
                Ok((0..self.width()).filter(|&i| units.yields(i)).count())
            })
            .collect()
    }
}
