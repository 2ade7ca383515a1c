//! Patterns of -1 and +1 packed into 64-bit words: a set bit is +1.

use ndarray::{Array2, ArrayView2};

use crate::Error;

const WORD: usize = u64::BITS as usize;

/// Words that hold `width` bits; the bits behind the last component are zero.
pub(crate) fn words(width: usize) -> usize {
    width.div_ceil(WORD)
}

/// Whether bit `i` is set.
pub(crate) fn bit(bits: &[u64], i: usize) -> bool {
    bits[i / WORD] >> (i % WORD) & 1 == 1
}

/// Packs the rows of `(n, width)`, one after the other; refuses anything but -1 and +1.
pub(crate) fn pack(rows: ArrayView2<'_, f32>, width: usize, place: &'static str) -> Result<Vec<u64>, Error> {
    if rows.ncols() != width {
        return Err(Error::Width { expected: width, found: rows.ncols(), place });
    }
    let mut packed = vec![0u64; rows.nrows() * words(width)];
    for (row, bits) in packed.chunks_exact_mut(words(width)).enumerate() {
        for (column, &value) in rows.row(row).iter().enumerate() {
            if value == 1.0 {
                bits[column / WORD] |= 1 << (column % WORD);
            } else if value != -1.0 {
                return Err(Error::NotBinary { row, column, value: f64::from(value), place });
            }
        }
    }
    Ok(packed)
}

/// The rows of packed bits as -1 and +1, shape `(n, width)`.
pub(crate) fn unpack(packed: &[u64], width: usize) -> Array2<f32> {
    let stride = words(width);
    Array2::from_shape_fn((packed.len() / stride, width), |(row, column)| {
        if bit(&packed[row * stride..], column) { 1.0 } else { -1.0 }
    })
}

/// One packed row as -1 and +1.
pub(crate) fn spins(row: &[u64], width: usize) -> Vec<f64> {
    (0..width).map(|i| if bit(row, i) { 1.0 } else { -1.0 }).collect()
}

/// The inverse of [`spins`].
pub(crate) fn pack_spins(spins: &[f64]) -> Vec<u64> {
    let word =
        |chunk: &[f64]| chunk.iter().enumerate().fold(0, |word, (i, &s)| word | u64::from(s > 0.0) << i);
    spins.chunks(WORD).map(word).collect()
}

/// In how many of `width` components two packed rows agree; the overlap is `2 agreements - width`.
pub(crate) fn agreements(a: &[u64], b: &[u64], width: usize) -> u32 {
    width as u32 - a.iter().zip(b).map(|(x, y)| (x ^ y).count_ones()).sum::<u32>()
}

/// Stored patterns in the order in which they came, each with an id that is never given out again.
#[derive(Debug, Clone)]
pub(crate) struct BitPatterns {
    width: usize,
    packed: Vec<u64>,
    ids: Vec<u64>,
    next_id: u64,
}

impl BitPatterns {
    pub(crate) fn new(width: usize) -> Self {
        Self { width, packed: Vec::new(), ids: Vec::new(), next_id: 0 }
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(crate) fn ids(&self) -> &[u64] {
        &self.ids
    }

    /// The id that the next pattern gets.
    pub(crate) fn next_id(&self) -> u64 {
        self.next_id
    }

    /// Gives the stored patterns these ids: as many as there are rows, ascending, and below `next_id`.
    pub(crate) fn rename(&mut self, ids: Vec<u64>, next_id: u64) {
        debug_assert_eq!(ids.len(), self.ids.len());
        self.ids = ids;
        self.next_id = next_id;
    }

    /// The packed rows, in storage order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &[u64]> {
        self.packed.chunks_exact(words(self.width))
    }

    pub(crate) fn row(&self, index: usize) -> &[u64] {
        let stride = words(self.width);
        &self.packed[index * stride..(index + 1) * stride]
    }

    /// The pattern at `index` as -1 and +1.
    pub(crate) fn spins(&self, index: usize) -> Vec<f64> {
        spins(self.row(index), self.width)
    }

    pub(crate) fn to_array(&self) -> Array2<f32> {
        unpack(&self.packed, self.width)
    }

    /// Appends rows that [`pack`] made, and names them.
    pub(crate) fn extend(&mut self, packed: &[u64]) -> Vec<u64> {
        let first = self.next_id;
        self.next_id += (packed.len() / words(self.width)) as u64;
        self.packed.extend_from_slice(packed);
        self.ids.extend(first..self.next_id);
        (first..self.next_id).collect()
    }

    /// Where a pattern stands in the storage order.
    pub(crate) fn index_of(&self, id: u64) -> Result<usize, Error> {
        // Ids grow, and removal keeps the order.
        self.ids.binary_search(&id).map_err(|_| Error::UnknownId { id })
    }

    /// Takes out the pattern at `index`; the others keep their order.
    pub(crate) fn remove(&mut self, index: usize) -> Vec<u64> {
        let stride = words(self.width);
        self.ids.remove(index);
        self.packed.drain(index * stride..(index + 1) * stride).collect()
    }

    /// The overlaps of one packed state with every stored pattern, in storage order.
    pub(crate) fn overlaps<'a>(&'a self, state: &'a [u64]) -> impl Iterator<Item = i32> + 'a {
        let width = self.width;
        self.rows().map(move |row| 2 * agreements(row, state, width) as i32 - width as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn packing_and_unpacking_is_the_identity_at_every_word_edge() {
        for width in [1, 2, 63, 64, 65, 127, 128, 129] {
            let rows =
                Array2::from_shape_fn((3, width), |(r, c)| if (r * 7 + c * c) % 3 == 0 { 1.0 } else { -1.0 });
            let packed = pack(rows.view(), width, "patterns").unwrap();
            assert_eq!(unpack(&packed, width), rows);
            let dot: f32 = rows.row(0).dot(&rows.row(1));
            let stride = words(width);
            let agree = agreements(&packed[..stride], &packed[stride..2 * stride], width);
            assert_eq!(2 * agree as i32 - width as i32, dot as i32);
        }
    }

    #[test]
    fn the_first_entry_that_is_not_binary_is_named() {
        let refused = pack(array![[1.0, -1.0], [1.0, 0.5]].view(), 2, "cues");
        assert_eq!(refused, Err(Error::NotBinary { row: 1, column: 1, value: 0.5, place: "cues" }));
        assert!(matches!(pack(array![[f32::NAN]].view(), 1, "cues"), Err(Error::NotBinary { .. })));
        assert!(matches!(
            pack(array![[1.0]].view(), 2, "cues"),
            Err(Error::Width { expected: 2, found: 1, .. })
        ));
    }

    #[test]
    fn ids_are_never_given_out_twice() {
        let mut patterns = BitPatterns::new(2);
        let packed = pack(array![[1.0, -1.0], [1.0, 1.0]].view(), 2, "patterns").unwrap();
        assert_eq!(patterns.extend(&packed), [0, 1]);
        patterns.remove(1);
        assert_eq!(patterns.extend(&packed[..1]), [2]);
        assert_eq!(patterns.index_of(2), Ok(1));
        assert_eq!(patterns.index_of(1), Err(Error::UnknownId { id: 1 }));
    }
}
