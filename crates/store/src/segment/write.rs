//! Writing a segment, block by block.

use attractor_kernel::{LANES, padded};
use xxhash_rust::xxh3::xxh3_64;

use super::layout::{BLOCK_ROWS, Layout};
use crate::wire::Writer;

/// Takes rows in the order of ids and gives the parts of a file.
#[derive(Debug)]
pub(crate) struct SegmentWriter {
    layout: Layout,
    parts: Vec<Vec<u8>>,
    footer: Writer,
    keys: Vec<u8>,
    ids: Vec<u64>,
    values: Vec<u8>,
}

impl SegmentWriter {
    /// For as many rows as `layout` says.
    pub(crate) fn new(layout: Layout) -> Self {
        Self {
            parts: vec![layout.to_bytes()],
            footer: Writer::new(),
            keys: Vec::new(),
            ids: Vec::new(),
            values: Vec::new(),
            layout,
        }
    }

    /// Adds a row as its codecs left it.
    pub(crate) fn push(&mut self, id: u64, key: &[u8], value: &[u8]) {
        debug_assert_eq!((key.len(), value.len()), (self.layout.key_bytes, self.layout.value_bytes));
        self.keys.extend_from_slice(key);
        self.ids.push(id);
        self.values.extend_from_slice(value);
        if self.ids.len() == BLOCK_ROWS {
            self.seal();
        }
    }

    /// Adds a row of zeros: an id that keeps its place in the memory of keys, and nothing else.
    pub(crate) fn push_vacant(&mut self, id: u64) {
        let (key, value) = (vec![0; self.layout.key_bytes], vec![0; self.layout.value_bytes]);
        self.push(id, &key, &value);
    }

    fn seal(&mut self) {
        let rows = self.ids.len();
        let mut block = match self.layout.panels() {
            true => panels(&self.keys, self.layout.key_width, rows),
            false => self.keys.clone(),
        };
        block.reserve_exact(self.layout.block_of(rows) as usize - block.len());
        block.extend(self.ids.iter().flat_map(|id| id.to_le_bytes()));
        let head = block.len();
        block.extend_from_slice(&self.values);
        block.resize(self.layout.block_of(rows) as usize, 0);
        self.footer.u32(rows as u32);
        self.footer.u32(0);
        self.footer.u64(self.ids.first().copied().unwrap_or(0));
        self.footer.u64(self.ids.last().copied().unwrap_or(0));
        self.footer.u64(xxh3_64(&block[..head]));
        self.footer.u64(xxh3_64(&block[head..]));
        self.parts.push(block);
        self.keys.clear();
        self.ids.clear();
        self.values.clear();
    }

    /// The parts of the file.
    pub(crate) fn finish(mut self) -> Vec<Vec<u8>> {
        if !self.ids.is_empty() {
            self.seal();
        }
        let mut footer = self.footer.finish();
        footer.extend(xxh3_64(&footer).to_le_bytes());
        self.parts.push(footer);
        self.parts
    }
}

/// Rows one after the other, to sixteen side by side.
fn panels(keys: &[u8], width: usize, rows: usize) -> Vec<u8> {
    let wide = padded(width);
    let mut out = vec![0; rows.div_ceil(LANES) * wide * LANES * 4];
    for (row, key) in keys.chunks_exact(4 * width).enumerate() {
        let panel = &mut out[row / LANES * wide * LANES * 4..];
        let (numbers, _) = key.as_chunks::<4>();
        for (j, number) in numbers.iter().enumerate() {
            panel[(j * LANES + row % LANES) * 4..][..4].copy_from_slice(number);
        }
    }
    out
}
