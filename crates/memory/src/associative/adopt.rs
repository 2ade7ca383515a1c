//! Patterns that lie elsewhere, and patterns that change in their place.

use attractor_kernel::{LANES, Lane, padded};
use ndarray::{Array2, ArrayView1, aview1};

use super::panels::{Block, LEAF, Rows, grown};
use super::walk::norm;
use super::{LARGEST_ENTRY, Memory, check_rows};
use crate::{Error, Similarity};

/// Rows of a block that [`Memory::adopt`] takes.
pub const BLOCK_ROWS: usize = LEAF;

impl Memory {
    /// Stores [`BLOCK_ROWS`] patterns that lie in `block` as the kernel's panels, under the caller's `ids`, which
    /// ascend and lie above every id in use. As [`Memory::store_as`] in every bit of every result.
    ///
    /// When the patterns stored so far, removed ones included while they keep their place, are a multiple of
    /// [`BLOCK_ROWS`], the block is borrowed, and copied only should a pattern in it be replaced. Otherwise its
    /// rows are copied. Returns whether the block was borrowed.
    ///
    /// # Errors
    /// A block or ids of another size; ids that do not ascend; entries that are not finite or too large, or not
    /// zero in the padding of the width; a memory whose patterns carry values. Nothing is stored then.
    ///
    /// ```
    /// use attractor_kernel::Lane;
    /// use attractor_memory::{BLOCK_ROWS, Memory};
    ///
    /// let mut memory = Memory::builder(4).build()?;
    /// let panels = vec![Lane([0.5; 16]); BLOCK_ROWS / 16 * 4];
    /// let ids: Vec<u64> = (10..10 + BLOCK_ROWS as u64).collect();
    /// assert!(memory.adopt(&ids, std::sync::Arc::new(panels))?);
    /// assert_eq!(memory.pattern(12)?.to_vec(), [0.5; 4]);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn adopt(&mut self, ids: &[u64], block: Block) -> Result<bool, Error> {
        let (width, wide) = (self.width(), padded(self.width()));
        let lanes = (*block).as_ref();
        if ids.len() != BLOCK_ROWS {
            return Err(Error::Rows { expected: BLOCK_ROWS, found: ids.len(), place: "ids of a block" });
        }
        if lanes.len() != BLOCK_ROWS / LANES * wide {
            let expected = BLOCK_ROWS / LANES * wide;
            return Err(Error::Rows { expected, found: lanes.len(), place: "lanes of a block" });
        }
        let panels: Vec<&[Lane]> = lanes.chunks_exact(wide).collect();
        let fine = |panel: &[Lane]| {
            let (inside, padding) = panel.split_at(width);
            inside.iter().flat_map(|l| &l.0).all(|x| x.abs() <= LARGEST_ENTRY)
                && padding.iter().flat_map(|l| &l.0).all(|&x| x == 0.0)
        };
        let fine = self.threads.each(panels.clone(), |_, panel| fine(panel)).into_iter().all(|fine| fine);
        if !fine || !self.keys.begins_leaf() || self.values.is_some() {
            let rows = Array2::from_shape_fn((BLOCK_ROWS, width), |(row, j)| {
                lanes[row / LANES * wide + j].0[row % LANES]
            });
            check_rows(self.threads, rows.view(), width, "patterns")?;
            if !fine {
                let limit = "zero beyond the width";
                return Err(Error::Parameter { name: "padding of a block", value: f64::NAN, limit });
            }
            self.store_as(ids, rows.view())?;
            return Ok(false);
        }
        let next_id = self.check_ids(ids)?;
        let norms = self.threads.each(panels, |_, panel| {
            let mut row = vec![0.0; width];
            let norm_of = |l| {
                row.iter_mut().zip(panel).for_each(|(x, lane)| *x = lane.0[l]);
                norm(aview1(&row)) as f32
            };
            (0..LANES).map(norm_of).collect::<Vec<f32>>()
        });
        let norms = norms.concat();
        let factors: Vec<f32> = match self.similarity {
            Similarity::Cosine => norms.iter().map(|&n| if n > 0.0 { 1.0 / n } else { 0.0 }).collect(),
            _ => Vec::new(),
        };
        self.keys.adopt(block.clone(), &factors);
        self.largest_norm = norms.iter().fold(self.largest_norm, |m, &n| m.max(f64::from(n)));
        self.norms.extend(norms);
        self.ids.extend_from_slice(ids);
        self.next_id = next_id;
        Ok(true)
    }

    /// Puts another pattern into the place of the one with this id.
    ///
    /// # Errors
    /// [`Error::UnknownId`]; another width, entries that are not finite or too large. Nothing changes then.
    ///
    /// ```
    /// use attractor_memory::Memory;
    /// use ndarray::{array, aview1};
    ///
    /// let mut memory = Memory::builder(2).build()?;
    /// memory.store(array![[1.0, 0.0], [0.0, 1.0]].view())?;
    /// memory.replace(0, aview1(&[3.0, 4.0]))?;
    /// assert_eq!((memory.pattern(0)?.to_vec(), memory.largest_norm()), (vec![3.0, 4.0], 5.0));
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn replace(&mut self, id: u64, pattern: ArrayView1<'_, f32>) -> Result<(), Error> {
        check_rows(self.threads, pattern.insert_axis(ndarray::Axis(0)), self.width(), "pattern")?;
        let row = self.row_of(id)?;
        let after = norm(pattern) as f32;
        let factor = matches!(self.similarity, Similarity::Cosine).then_some(if after > 0.0 {
            1.0 / after
        } else {
            0.0
        });
        self.keys.replace(row, pattern, factor);
        let before = std::mem::replace(&mut self.norms[row], after);
        self.largest_norm = match f64::from(before) >= self.largest_norm && after < before {
            true => self.norms.iter().fold(0.0, |m, &n| m.max(f64::from(n))),
            false => self.largest_norm.max(f64::from(after)),
        };
        Ok(())
    }

    /// Ids of removed patterns that still keep their place among the stored ones, ascending. A memory that is to
    /// give the same bits must have them removed in the same places: what a sum is made of, and in what order,
    /// depends on places.
    ///
    /// ```
    /// use attractor_memory::Memory;
    /// let mut memory = Memory::builder(2).build()?;
    /// memory.store(ndarray::Array2::ones((4, 2)).view())?;
    /// memory.remove(1)?;
    /// assert_eq!(memory.vacant(), [1]);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn vacant(&self) -> Vec<u64> {
        (0..self.ids.len()).filter(|&row| !self.keys.is_live(row)).map(|row| self.ids[row]).collect()
    }

    /// Bytes by which one more pattern lets [`Memory::bytes`] grow at most.
    pub fn growth(&self) -> usize {
        let rows = self.keys.growth() + self.values.as_ref().map_or(0, Rows::growth);
        rows + grown(&self.ids, 1) + grown(&self.norms, 1)
    }
}
