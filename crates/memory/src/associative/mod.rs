//! The memory over real-valued patterns: similarity, separation, projection, energy, recall.

mod adopt;
mod associate;
mod builder;
mod candidates;
mod dynamics;
mod energy;
mod panels;
mod part;
mod pass;
mod recall;
mod report;
mod restore;
mod walk;

use std::ops::Range;

use ndarray::{Array1, Array2, ArrayView2, Axis};
use rayon::prelude::*;

pub use adopt::BLOCK_ROWS;
pub use associate::{Associate, Association};
pub use builder::Builder;
pub use dynamics::{Clamp, Detail, Dynamics, Told};
pub use energy::Energy;
pub use recall::Recall;
pub use report::{FixedPoint, Leading, Report};

pub use panels::Block;
use panels::Rows;
use pass::Source;
use walk::norm;

use crate::{Error, Projection, Separation, Similarity, Threads};

/// Largest magnitude of an entry. Beyond it, sums of squares leave the range of the kernels.
pub const LARGEST_ENTRY: f32 = 1e18;

/// Entries that one thread looks through before others are woken.
const ALONE: usize = 1 << 14;

/// An associative memory over patterns of `width` real components.
///
/// A state `q` is updated by `q <- projection(sum_i p_i x_i)`, `p = separation(beta * similarity(X, q))`.
/// With dot product and softmax this is the modern Hopfield network (Ramsauer et al. 2021); the other
/// choices give the rest of the family (Millidge et al. 2022, Santos et al. 2024).
///
/// Patterns can carry values of another width (hetero-association): the state still moves among the
/// patterns, and the values are read at its end.
///
/// ```
/// use attractor_memory::{Memory, Separation};
/// use ndarray::array;
///
/// let mut memory = Memory::builder(2).separation(Separation::softmax(8.0)).build()?;
/// memory.store(array![[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]].view())?;
/// let recall = memory.recall(array![[0.9, 0.2]].view())?;
/// assert!((recall.states[[0, 0]] - 0.9997).abs() < 1e-4);
/// assert_eq!(recall.reports[0].leading[0].id, 0);
/// # Ok::<(), attractor_memory::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Memory {
    similarity: Similarity,
    separation: Separation,
    projection: Projection,
    threads: Threads,
    keys: Rows,
    values: Option<Rows>,
    /// Id of each row, ascending; rows keep their order for ever.
    ids: Vec<u64>,
    norms: Vec<f32>,
    next_id: u64,
    dead: usize,
    largest_norm: f64,
}

impl Memory {
    /// A memory for patterns of `width` components. Defaults: dot similarity, softmax at beta 1, linear
    /// projection, no values.
    pub fn builder(width: usize) -> Builder {
        Builder::new(width)
    }

    /// Components of a pattern.
    pub fn width(&self) -> usize {
        self.keys.width()
    }

    /// Components of a value; `None` for an auto-associative memory.
    pub fn value_width(&self) -> Option<usize> {
        self.values.as_ref().map(Rows::width)
    }

    /// Stored patterns.
    pub fn len(&self) -> usize {
        self.ids.len() - self.dead
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The similarity in use.
    pub fn similarity(&self) -> Similarity {
        self.similarity
    }

    /// The separation in use.
    pub fn separation(&self) -> &Separation {
        &self.separation
    }

    /// The projection in use.
    pub fn projection(&self) -> Projection {
        self.projection
    }

    /// Largest Euclidean norm among the stored patterns (`M` of the theorems); 0 when empty.
    pub fn largest_norm(&self) -> f64 {
        self.largest_norm
    }

    /// Bytes held by patterns, values and their book-keeping.
    pub fn bytes(&self) -> usize {
        let rows = self.keys.bytes() + self.values.as_ref().map_or(0, Rows::bytes);
        rows + self.ids.capacity() * 8 + self.norms.capacity() * 4
    }

    /// Stores the rows of `patterns`, `(n, width)`, and returns their ids, in order.
    ///
    /// # Errors
    /// Wrong width, entries that are not finite or beyond [`LARGEST_ENTRY`], or a memory whose patterns
    /// carry values (use [`Memory::store_pairs`]). Nothing is stored then.
    pub fn store(&mut self, patterns: ArrayView2<'_, f32>) -> Result<Range<u64>, Error> {
        if self.values.is_some() {
            return Err(Error::Unsupported {
                what: "this memory associates patterns with values: store both with store_pairs",
            });
        }
        check_rows(self.threads, patterns, self.width(), "patterns")?;
        Ok(self.append(patterns))
    }

    /// Stores `patterns`, `(n, width)`, each with the value in the same row of `values`, `(n, value_width)`.
    ///
    /// # Errors
    /// As [`Memory::store`], for both arrays, and when their rows differ in number.
    pub fn store_pairs(
        &mut self,
        patterns: ArrayView2<'_, f32>,
        values: ArrayView2<'_, f32>,
    ) -> Result<Range<u64>, Error> {
        let Some(rows) = self.values.as_mut() else {
            return Err(Error::Unsupported {
                what: "this memory was built without values: give the builder a value width",
            });
        };
        check_rows(self.threads, patterns, self.keys.width(), "patterns")?;
        check_rows(self.threads, values, rows.width(), "values")?;
        if values.nrows() != patterns.nrows() {
            return Err(Error::Rows { expected: patterns.nrows(), found: values.nrows(), place: "values" });
        }
        rows.append(self.threads, values, &[]);
        Ok(self.append(patterns))
    }

    fn append(&mut self, patterns: ArrayView2<'_, f32>) -> Range<u64> {
        let first = self.norms.len();
        if patterns.len() <= ALONE || self.threads == Threads::Caller {
            self.norms.extend(patterns.rows().into_iter().map(|row| norm(row) as f32));
        } else {
            self.norms.par_extend(patterns.axis_iter(Axis(0)).into_par_iter().map(|row| norm(row) as f32));
        }
        let factors: Vec<f32> = match self.similarity {
            Similarity::Cosine => {
                self.norms[first..].iter().map(|&n| if n > 0.0 { 1.0 / n } else { 0.0 }).collect()
            }
            _ => Vec::new(),
        };
        self.keys.append(self.threads, patterns, &factors);
        let ids = self.next_id..self.next_id + patterns.nrows() as u64;
        self.ids.extend(ids.clone());
        self.next_id = ids.end;
        self.largest_norm = self.norms[first..].iter().fold(self.largest_norm, |m, &n| m.max(f64::from(n)));
        ids
    }

    /// Stores the rows of `patterns` under ids of the caller's choice, such as those of an older memory.
    ///
    /// # Errors
    /// As [`Memory::store`]; as many ids as rows, ascending, each above every id given out so far and below
    /// 2^62. Nothing is stored then.
    ///
    /// ```
    /// use attractor_memory::Memory;
    /// use ndarray::array;
    ///
    /// let mut memory = Memory::builder(1).build()?;
    /// memory.store_as(&[3, 7], array![[1.0], [2.0]].view())?;
    /// assert_eq!(memory.ids(), [3, 7]);
    /// assert_eq!(memory.store(array![[3.0]].view())?, 8..9);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn store_as(&mut self, ids: &[u64], patterns: ArrayView2<'_, f32>) -> Result<(), Error> {
        if ids.len() != patterns.nrows() {
            return Err(Error::Rows { expected: patterns.nrows(), found: ids.len(), place: "ids" });
        }
        let least = self.check_ids(ids)?;
        self.store(patterns)?;
        let first = self.ids.len() - ids.len();
        self.ids[first..].copy_from_slice(ids);
        self.next_id = least;
        Ok(())
    }

    /// The next id, should these be stored.
    fn check_ids(&self, ids: &[u64]) -> Result<u64, Error> {
        let mut least = self.next_id;
        for &id in ids {
            if id < least || id >= 1 << 62 {
                let limit = "ascending, above every id in use, and below 2^62";
                return Err(Error::Parameter { name: "id", value: id as f64, limit });
            }
            least = id + 1;
        }
        Ok(least)
    }

    /// Removes the pattern with this id, and its value.
    ///
    /// # Errors
    /// [`Error::UnknownId`] when no pattern has it.
    pub fn remove(&mut self, id: u64) -> Result<(), Error> {
        let row = self.row_of(id)?;
        self.keys.kill(row);
        self.dead += 1;
        let norm = std::mem::take(&mut self.norms[row]);
        if f64::from(norm) >= self.largest_norm {
            self.largest_norm = self.norms.iter().fold(0.0, |m, &n| m.max(f64::from(n)));
        }
        if self.dead > self.ids.len() / 2 {
            self.compact();
        }
        Ok(())
    }

    /// Gives the room of removed patterns back, once they are the majority.
    fn compact(&mut self) {
        let keep: Vec<bool> = (0..self.ids.len()).map(|row| self.keys.is_live(row)).collect();
        self.keys.compact(&keep);
        if let Some(values) = &mut self.values {
            values.compact(&keep);
        }
        let mut kept = keep.iter();
        self.ids.retain(|_| *kept.next().unwrap_or(&true));
        let mut kept = keep.iter();
        self.norms.retain(|_| *kept.next().unwrap_or(&true));
        self.dead = 0;
    }

    fn row_of(&self, id: u64) -> Result<usize, Error> {
        let row = self.ids.binary_search(&id).map_err(|_| Error::UnknownId { id })?;
        if self.keys.is_live(row) { Ok(row) } else { Err(Error::UnknownId { id }) }
    }

    /// Ids of the stored patterns, ascending.
    pub fn ids(&self) -> Vec<u64> {
        self.live_rows().map(|row| self.ids[row]).collect()
    }

    fn live_rows(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.ids.len()).filter(|&row| self.keys.is_live(row))
    }

    /// The stored patterns, `(len, width)`, in the order of their ids.
    pub fn patterns(&self) -> Array2<f32> {
        self.copy(&self.keys)
    }

    /// The stored values, `(len, value_width)`, in the order of their ids; `None` without values.
    pub fn values(&self) -> Option<Array2<f32>> {
        self.values.as_ref().map(|values| self.copy(values))
    }

    fn copy(&self, rows: &Rows) -> Array2<f32> {
        let mut out = Array2::zeros((self.len(), rows.width()));
        for (row, mut to) in self.live_rows().zip(out.rows_mut()) {
            to.iter_mut().zip(rows.row(row)).for_each(|(t, x)| *t = x);
        }
        out
    }

    /// The pattern with this id.
    ///
    /// # Errors
    /// [`Error::UnknownId`].
    pub fn pattern(&self, id: u64) -> Result<Array1<f32>, Error> {
        Ok(self.keys.row(self.row_of(id)?).collect())
    }

    fn source(&self) -> Source<'_> {
        Source {
            keys: &self.keys,
            values: Some(&self.keys),
            similarity: self.similarity,
            separation: &self.separation,
            among: None,
            threads: self.threads,
            count: self.len(),
        }
    }
}

/// Rows of the right width with finite entries, else an error that names the first bad one.
pub(crate) fn check_rows(
    threads: Threads,
    rows: ArrayView2<'_, f32>,
    width: usize,
    place: &'static str,
) -> Result<(), Error> {
    if rows.ncols() != width {
        return Err(Error::Width { expected: width, found: rows.ncols(), place });
    }
    // `<=` is false for NaN.
    let fine = |x: &f32| x.abs() <= LARGEST_ENTRY;
    // No early exit inside a chunk, so that the test is vectorised.
    let all_fine = |chunk: &[f32]| chunk.iter().filter(|x| !fine(x)).count() == 0;
    let all_fine = match rows.as_slice() {
        Some(flat) if flat.len() > ALONE && threads == Threads::Pool => flat.par_chunks(ALONE).all(all_fine),
        Some(flat) => all_fine(flat),
        None => rows.iter().all(fine),
    };
    if all_fine {
        return Ok(());
    }
    let bad = rows.indexed_iter().find(|(_, x)| !fine(x));
    bad.map_or(Ok(()), |((row, column), &value)| {
        if value.is_finite() {
            Err(Error::Parameter {
                name: place,
                value: f64::from(value),
                limit: "at most 1e18 in magnitude in every entry",
            })
        } else {
            Err(Error::NotFinite { row, column, value: f64::from(value), place })
        }
    })
}
