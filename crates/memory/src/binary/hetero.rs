//! Hetero-association: a cue recalls a value of another width.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::bits::{pack, words};
use super::columns::Columns;
use super::dense::{DenseMemory, check_width};
use super::levels::Levels;
use super::units::{DenseUnits, tally};
use crate::Error;

impl DenseMemory {
    /// A memory of pairs: each pattern comes with a value of `value_width` components, -1 and +1.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a width of 0 or above 2^24; [`Error::Unsupported`] when patterns
    /// without values are stored already.
    pub fn with_values(mut self, value_width: usize) -> Result<Self, Error> {
        check_width("value width", value_width)?;
        if !self.is_empty() {
            return Err(Error::Unsupported {
                what: "patterns are stored without values: choose values first",
            });
        }
        self.values = Some(Columns::new(value_width));
        Ok(self)
    }

    /// Components of a value; `None` for a memory that recalls its own patterns.
    pub fn value_width(&self) -> Option<usize> {
        self.values.as_ref().map(Columns::width)
    }

    /// The stored values, shape `(len, value width)`; `None` for a memory without values.
    pub fn values(&self) -> Option<Array2<f32>> {
        let values = self.values.as_ref()?;
        let entry = |(mu, j): (usize, usize)| if values.bit(j, mu) { 1.0 } else { -1.0 };
        Some(Array2::from_shape_fn((self.len(), values.width()), entry))
    }

    /// Stores patterns, shape `(n, width)`, with their values, shape `(n, value width)`.
    ///
    /// # Errors
    /// [`Error::Rows`], [`Error::Width`], [`Error::NotBinary`]; [`Error::Unsupported`] when the
    /// memory was built without values.
    pub fn store_pairs(
        &mut self,
        patterns: ArrayView2<'_, f32>,
        values: ArrayView2<'_, f32>,
    ) -> Result<Vec<u64>, Error> {
        let packed = pack(patterns, self.width(), "patterns")?;
        let Some(columns) = &mut self.values else { return Err(WITHOUT_VALUES) };
        if values.nrows() != patterns.nrows() {
            return Err(Error::Rows { expected: patterns.nrows(), found: values.nrows(), place: "values" });
        }
        let packed_values = pack(values, columns.width(), "values")?;
        for row in packed_values.chunks_exact(words(columns.width())) {
            columns.push(row);
        }
        Ok(self.append(&packed))
    }

    /// The values that states, shape `(n, width)`, call up: `sign sum F'(m) v`, shape
    /// `(n, value width)`; 0 where the memories balance exactly.
    ///
    /// Clean the cue first with [`DenseMemory::recall`], or read at once with the cue itself.
    ///
    /// ```
    /// use attractor_memory::binary::{DenseMemory, Interaction};
    /// use ndarray::array;
    /// let mut memory = DenseMemory::new(3, Interaction::Exponential(1.0))?.with_values(2)?;
    /// let keys = array![[1.0, 1.0, 1.0], [-1.0, 1.0, -1.0]];
    /// let values = array![[1.0, -1.0], [-1.0, -1.0]];
    /// memory.store_pairs(keys.view(), values.view())?;
    /// assert_eq!(memory.recall_values(keys.view())?, values);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Width`], [`Error::NotBinary`]; [`Error::Unsupported`] when the
    /// memory was built without values.
    pub fn recall_values(&self, states: ArrayView2<'_, f32>) -> Result<Array2<f32>, Error> {
        let Some(columns) = &self.values else { return Err(WITHOUT_VALUES) };
        let packed = self.pack_cues(states, "states")?;
        let table = Levels::force(self.interaction, self.width());
        let rows: Vec<Vec<f32>> = packed
            .par_chunks_exact(words(self.width()))
            .map(|state| {
                let units = DenseUnits::new(self, state);
                (0..columns.width()).map(|j| units.read(columns.column(j), &table)).collect()
            })
            .collect();
        Ok(Array2::from_shape_fn((rows.len(), columns.width()), |(row, j)| rows[row][j]))
    }
}

impl DenseUnits<'_> {
    /// The sign of `sum v table(m)` over all patterns.
    fn read(&self, values: &[u64], table: &Levels) -> f32 {
        let mut plus = vec![[0; 4]; self.levels().len()];
        tally(values, 0, self.agreements(), &mut plus);
        let counts: Vec<i64> = plus
            .iter()
            .zip(self.levels())
            .map(|(lanes, all)| 2 * lanes.iter().map(|&n| i64::from(n)).sum::<i64>() - all)
            .collect();
        table.weigh(&counts).sign() as f32
    }
}

const WITHOUT_VALUES: Error =
    Error::Unsupported { what: "this memory recalls its own patterns: build it with with_values" };
