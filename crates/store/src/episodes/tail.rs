//! What is not yet in a segment.

use crate::Error;

/// Coded keys and values that were put since the last commit. Keys that are not compressed lie in the memory of
/// keys alone.
#[derive(Debug, Default)]
pub(super) struct Tail {
    keys: Vec<u8>,
    values: Vec<u8>,
    key_rows: u32,
    value_rows: u32,
}

impl Tail {
    /// Adds a key and returns its row.
    pub(super) fn push_key(&mut self, key: &[u8]) -> u32 {
        self.keys.extend_from_slice(key);
        self.key_rows += 1;
        self.key_rows - 1
    }

    /// Adds a value and returns its row.
    pub(super) fn push_value(&mut self, value: &[u8]) -> u32 {
        self.values.extend_from_slice(value);
        self.value_rows += 1;
        self.value_rows - 1
    }

    pub(super) fn key(&self, row: u32, bytes: usize) -> &[u8] {
        &self.keys[row as usize * bytes..][..bytes]
    }

    pub(super) fn value(&self, row: u32, bytes: usize) -> &[u8] {
        &self.values[row as usize * bytes..][..bytes]
    }

    /// Takes the keys of another tail in place of its own.
    pub(super) fn replace_keys(&mut self, other: Self) {
        (self.keys, self.key_rows) = (other.keys, other.key_rows);
    }

    /// Whether one more row can be counted.
    pub(super) fn check(&self) -> Result<(), Error> {
        match self.key_rows.max(self.value_rows) < u32::MAX - 1 {
            true => Ok(()),
            false => Err(Error::Parameter {
                name: "rows since the last commit",
                value: f64::from(self.key_rows),
                limit: "below 2^32: commit",
            }),
        }
    }

    /// Rows that a segment of it has at most.
    pub(super) fn rows(&self) -> usize {
        self.key_rows.max(self.value_rows) as usize
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> u64 {
        (self.keys.capacity() + self.values.capacity()) as u64
    }

    /// Bytes by which [`Tail::bytes`] grows at most.
    pub(super) fn growth(&self, key: usize, value: usize) -> u64 {
        grown(&self.keys, key) + grown(&self.values, value)
    }
}

/// Bytes that `more` entries add to a vector at most: what is full doubles.
pub(super) fn grown<T>(entries: &Vec<T>, more: usize) -> u64 {
    let needed = entries.len() + more;
    if needed <= entries.capacity() {
        return 0;
    }
    ((needed.max(2 * entries.capacity()).max(8) - entries.capacity()) * size_of::<T>()) as u64
}
