//! The same bits, transposed: one bit column over all patterns for each component.

use super::bits::bit;

const WORD: usize = u64::BITS as usize;

/// Per component, bit `mu` says whether pattern `mu` is +1 there.
#[derive(Debug, Clone)]
pub(crate) struct Columns {
    columns: Vec<Vec<u64>>,
    len: usize,
}

impl Columns {
    pub(crate) fn new(width: usize) -> Self {
        Self { columns: vec![Vec::new(); width], len: 0 }
    }

    /// Number of components.
    pub(crate) fn width(&self) -> usize {
        self.columns.len()
    }

    /// Number of patterns.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether pattern `mu` is +1 in component `i`.
    pub(crate) fn bit(&self, i: usize, mu: usize) -> bool {
        bit(&self.columns[i], mu)
    }

    /// The bits of component `i`; those behind the last pattern are zero.
    pub(crate) fn column(&self, i: usize) -> &[u64] {
        &self.columns[i]
    }

    /// Appends one packed pattern.
    pub(crate) fn push(&mut self, row: &[u64]) {
        let (word, shift) = (self.len / WORD, self.len % WORD);
        for (i, column) in self.columns.iter_mut().enumerate() {
            if shift == 0 {
                column.push(0);
            }
            column[word] |= (row[i / WORD] >> (i % WORD) & 1) << shift;
        }
        self.len += 1;
    }

    /// Takes pattern `index` out of every column; those behind it move up by one.
    pub(crate) fn remove(&mut self, index: usize) {
        self.len -= 1;
        let (word, shift) = (index / WORD, index % WORD);
        let below = (1u64 << shift) - 1;
        for column in &mut self.columns {
            column[word] = column[word] & below | column[word] >> 1 & !below;
            for k in word + 1..column.len() {
                column[k - 1] |= column[k] << (WORD - 1);
                column[k] >>= 1;
            }
            column.truncate(self.len.div_ceil(WORD));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removal_leaves_what_storing_the_others_alone_would() {
        let rows: Vec<u64> = (0..140u64).map(|k| k.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 59).collect();
        for gone in [0, 1, 62, 63, 64, 65, 127, 128, 139] {
            let (mut removed, mut never) = (Columns::new(5), Columns::new(5));
            for (k, row) in rows.iter().enumerate() {
                removed.push(&[*row]);
                if k != gone {
                    never.push(&[*row]);
                }
            }
            removed.remove(gone);
            assert_eq!(removed.columns, never.columns, "pattern {gone}");
        }
    }
}
