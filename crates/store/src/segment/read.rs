//! Reading a segment where it lies.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use attractor_kernel::{LANES, Lane, padded};
use xxhash_rust::xxh3::xxh3_64;

use super::layout::{BLOCK_ROWS, ENTRY, Layout};
use crate::Error;
use crate::storage::Bytes;
use crate::wire::Reader;

/// A validated segment: its header and footer are whole, its blocks are checked when they are first read.
#[derive(Debug)]
pub struct Segment {
    bytes: Bytes,
    place: String,
    layout: Layout,
    blocks: Vec<Block>,
}

#[derive(Debug)]
struct Block {
    head_sum: u64,
    values_sum: u64,
    least: u64,
    largest: u64,
    head: Seal,
    values: Seal,
}

/// Whether bytes were compared with their checksum, and how that went.
#[derive(Debug, Default)]
struct Seal(AtomicU8);

impl Seal {
    const FINE: u8 = 1;
    const BROKEN: u8 = 2;

    fn fine(&self, check: impl FnOnce() -> bool) -> bool {
        match self.0.load(Ordering::Relaxed) {
            Self::FINE => true,
            Self::BROKEN => false,
            _ => {
                let fine = check();
                self.0.store(if fine { Self::FINE } else { Self::BROKEN }, Ordering::Relaxed);
                fine
            }
        }
    }

    fn broken(&self) -> bool {
        self.0.load(Ordering::Relaxed) == Self::BROKEN
    }
}

impl Segment {
    /// Reads header and footer; errors call the file `place`.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Newer`].
    ///
    /// ```
    /// use attractor_store::segment::Segment;
    /// use attractor_store::storage::Bytes;
    /// let error = Segment::parse(Bytes::copy(b"no segment"), "example").unwrap_err();
    /// assert_eq!(error.to_string(), "example: not a segment (at byte 0)");
    /// ```
    pub fn parse(bytes: Bytes, place: impl Into<String>) -> Result<Self, Error> {
        let place = place.into();
        let layout = Layout::from_bytes(&bytes, &place)?;
        let at = layout.footer_at() as usize;
        let fault = |fault| Error::Damaged { place: place.clone(), at: at as u64, fault };
        let footer = bytes.get(at..).ok_or_else(|| fault("the footer is missing"))?;
        let (entries, sum) =
            footer.split_at_checked(layout.blocks() * ENTRY).ok_or_else(|| fault("the footer is cut"))?;
        if xxh3_64(entries).to_le_bytes() != sum {
            return Err(fault("the checksum of the footer does not fit"));
        }
        let mut from = Reader::new(entries, &place);
        let mut blocks = Vec::with_capacity(layout.blocks());
        let mut beyond = 0;
        for block in 0..layout.blocks() {
            let (rows, _) = (from.u32()?, from.u32()?);
            let (least, largest) = (from.u64()?, from.u64()?);
            let (head_sum, values_sum) = (from.u64()?, from.u64()?);
            if rows as usize != layout.block_rows(block) || least < beyond || largest < least {
                return Err(fault("blocks that do not follow one another"));
            }
            beyond = largest.saturating_add(1);
            let (head, values) = (Seal::default(), Seal::default());
            blocks.push(Block { head_sum, values_sum, least, largest, head, values });
        }
        Ok(Self { bytes, place, layout, blocks })
    }

    /// Rows in it, of episodes that live or lived.
    pub fn rows(&self) -> usize {
        self.layout.rows
    }

    /// Blocks of 4,096 rows, the last with what is left.
    pub fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// Compares every byte with its checksum: one error for each damaged half of a block.
    pub fn verify(&self) -> Vec<Error> {
        let halves = (0..self.blocks()).flat_map(|block| [self.head(block).err(), self.values(block).err()]);
        halves.flatten().collect()
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Bytes held on the heap.
    pub(crate) fn heap_bytes(&self) -> u64 {
        (self.blocks.capacity() * size_of::<Block>() + self.place.capacity() + size_of::<Self>()) as u64
    }

    /// Whether any block is known to be damaged.
    pub(crate) fn is_damaged(&self) -> bool {
        self.blocks.iter().any(|block| block.head.broken() || block.values.broken())
    }

    fn damaged(&self, at: u64, fault: &'static str) -> Error {
        Error::Damaged { place: self.place.clone(), at, fault }
    }

    /// Keys and ids of a block, checked.
    fn head(&self, block: usize) -> Result<&[u8], Error> {
        let (at, rows) = (self.layout.block_at(block), self.layout.block_rows(block));
        let bytes = &self.bytes[at as usize..][..self.layout.head_of(rows) as usize];
        let entry = &self.blocks[block];
        let check = || {
            let ids = &bytes[self.layout.keys_of(rows) as usize..];
            let (ids, _) = ids.as_chunks::<8>();
            let ids = ids.iter().map(|id| u64::from_le_bytes(*id));
            xxh3_64(bytes) == entry.head_sum
                && ids.clone().next() == Some(entry.least)
                && ids.clone().next_back() == Some(entry.largest)
                && ids.is_sorted_by(|a, b| a < b)
        };
        match entry.head.fine(check) {
            true => Ok(bytes),
            false => Err(self.damaged(at, "keys and ids of this block do not fit their checksum")),
        }
    }

    /// Values of a block, checked.
    fn values(&self, block: usize) -> Result<&[u8], Error> {
        let (at, rows) = (self.layout.block_at(block), self.layout.block_rows(block));
        let from = at + self.layout.head_of(rows);
        let bytes = &self.bytes[from as usize..(at + self.layout.block_of(rows)) as usize];
        let entry = &self.blocks[block];
        match entry.values.fine(|| xxh3_64(bytes) == entry.values_sum) {
            true => Ok(bytes),
            false => Err(self.damaged(from, "values of this block do not fit their checksum")),
        }
    }

    fn block_of(&self, row: usize) -> Result<usize, Error> {
        let inside = row < self.layout.rows;
        if inside {
            Ok(row / BLOCK_ROWS)
        } else {
            Err(self.damaged(0, "a row beyond the last one is asked for"))
        }
    }

    /// Ids of a block, ascending.
    pub(crate) fn ids(&self, block: usize) -> Result<impl ExactSizeIterator<Item = u64> + '_, Error> {
        let head = self.head(block)?;
        let (ids, _) = head[self.layout.keys_of(self.layout.block_rows(block)) as usize..].as_chunks::<8>();
        Ok(ids.iter().map(|id| u64::from_le_bytes(*id)))
    }

    /// The id in a row.
    pub(crate) fn id(&self, row: usize) -> Result<u64, Error> {
        let block = self.block_of(row)?;
        let head = self.head(block)?;
        let (ids, _) = head[self.layout.keys_of(self.layout.block_rows(block)) as usize..].as_chunks::<8>();
        Ok(u64::from_le_bytes(ids[row % BLOCK_ROWS]))
    }

    /// Appends a row's key, as its codec left it.
    pub(crate) fn key(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Error> {
        let head = self.head(self.block_of(row)?)?;
        let row = row % BLOCK_ROWS;
        if self.layout.panels() {
            let panel = &head[row / LANES * padded(self.layout.key_width) * LANES * 4..];
            let (numbers, _) = panel.as_chunks::<4>();
            let numbers = numbers.iter().skip(row % LANES).step_by(LANES).take(self.layout.key_width);
            out.extend(numbers.flatten());
        } else {
            out.extend_from_slice(&head[row * self.layout.key_bytes..][..self.layout.key_bytes]);
        }
        Ok(())
    }

    /// A row's value, as its codec left it.
    pub(crate) fn value(&self, row: usize) -> Result<&[u8], Error> {
        let values = self.values(self.block_of(row)?)?;
        Ok(&values[row % BLOCK_ROWS * self.layout.value_bytes..][..self.layout.value_bytes])
    }

    /// The panels of a full block, where they can be read in place.
    pub(crate) fn panels(self: &Arc<Self>, block: usize) -> Option<Mapped> {
        let full = self.layout.panels() && self.layout.block_rows(block) == BLOCK_ROWS;
        let mapped = Mapped { segment: self.clone(), block };
        (full && self.head(block).is_ok() && mapped.lanes().is_some()).then_some(mapped)
    }
}

/// The panels of a block, for a memory to borrow.
#[derive(Debug)]
pub(crate) struct Mapped {
    segment: Arc<Segment>,
    block: usize,
}

impl Mapped {
    fn lanes(&self) -> Option<&[Lane]> {
        let layout = &self.segment.layout;
        let at = layout.block_at(self.block) as usize;
        Lane::from_bytes(self.segment.bytes.get(at..at + layout.keys_of(BLOCK_ROWS) as usize)?)
    }
}

impl AsRef<[Lane]> for Mapped {
    fn as_ref(&self) -> &[Lane] {
        // Looked at before it was given out: neither the bytes nor where they lie have changed.
        self.lanes().unwrap_or(&[])
    }
}
