//! Where everything lies in a segment.

use attractor_kernel::{LANES, Lane, padded};
use xxhash_rust::xxh3::xxh3_64;

use crate::Error;
use crate::codec::Codec;
use crate::wire::{Reader, Writer};

/// Rows of a block; the last one may have fewer.
pub(crate) const BLOCK_ROWS: usize = attractor_memory::BLOCK_ROWS;
/// First bytes of a segment.
pub(super) const MAGIC: &[u8; 8] = b"ATTRSEG\0";
/// Version of the format.
pub(super) const VERSION: u32 = 1;
/// Bytes before the first block.
pub(super) const HEADER: usize = 4096;
/// Bytes of a block's entry in the footer.
pub(super) const ENTRY: usize = 40;
/// Blocks begin at multiples of this.
const ALIGNMENT: u64 = 64;
/// Most components of a row.
pub(crate) const WIDEST: usize = 1 << 20;

/// What the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) number: u32,
    pub(crate) key_width: usize,
    pub(crate) value_width: usize,
    /// Kind of codec, and what tells it from others.
    pub(crate) key_codec: (u8, u64),
    pub(crate) value_codec: (u8, u64),
    /// Bytes of an encoded row.
    pub(crate) key_bytes: usize,
    pub(crate) value_bytes: usize,
    pub(crate) rows: usize,
}

impl Layout {
    pub(crate) fn new(number: u32, keys: (&Codec, usize), values: (&Codec, usize), rows: usize) -> Self {
        Self {
            number,
            key_width: keys.1,
            value_width: values.1,
            key_codec: (keys.0.tag(), keys.0.fingerprint()),
            value_codec: (values.0.tag(), values.0.fingerprint()),
            key_bytes: keys.0.row_bytes(keys.1),
            value_bytes: values.0.row_bytes(values.1),
            rows,
        }
    }

    /// Whether keys lie in panels.
    pub(crate) fn panels(&self) -> bool {
        self.key_codec.0 == Codec::F32.tag()
    }

    pub(crate) fn blocks(&self) -> usize {
        self.rows.div_ceil(BLOCK_ROWS)
    }

    pub(crate) fn block_rows(&self, block: usize) -> usize {
        (self.rows - block * BLOCK_ROWS).min(BLOCK_ROWS)
    }

    /// Bytes of the keys of a block with so many rows.
    pub(super) fn keys_of(&self, rows: usize) -> u64 {
        match self.panels() {
            true => (rows.div_ceil(LANES) * padded(self.key_width) * size_of::<Lane>()) as u64,
            false => rows as u64 * self.key_bytes as u64,
        }
    }

    /// Bytes of keys and ids of a block with so many rows.
    pub(super) fn head_of(&self, rows: usize) -> u64 {
        self.keys_of(rows) + 8 * rows as u64
    }

    /// Bytes of a block with so many rows, up to where the next begins.
    pub(super) fn block_of(&self, rows: usize) -> u64 {
        (self.head_of(rows) + rows as u64 * self.value_bytes as u64).next_multiple_of(ALIGNMENT)
    }

    /// Where a block begins.
    pub(super) fn block_at(&self, block: usize) -> u64 {
        HEADER as u64 + block as u64 * self.block_of(BLOCK_ROWS)
    }

    /// Where the footer begins.
    pub(super) fn footer_at(&self) -> u64 {
        match self.blocks() {
            0 => HEADER as u64,
            n => self.block_at(n - 1) + self.block_of(self.block_rows(n - 1)),
        }
    }

    /// Bytes of the whole file.
    pub(crate) fn file_bytes(&self) -> u64 {
        self.footer_at() + (self.blocks() * ENTRY) as u64 + 8
    }

    /// The header.
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut to = Writer::new();
        to.raw(MAGIC);
        to.u32(VERSION);
        to.u32(self.number);
        to.u32(self.key_width as u32);
        to.u32(self.value_width as u32);
        to.u32(u32::from(self.key_codec.0));
        to.u32(u32::from(self.value_codec.0));
        to.u64(self.key_codec.1);
        to.u64(self.value_codec.1);
        to.u32(self.key_bytes as u32);
        to.u32(self.value_bytes as u32);
        to.u32(BLOCK_ROWS as u32);
        to.u32(0);
        to.u64(self.rows as u64);
        to.u64(self.file_bytes());
        to.raw(&vec![0; HEADER - 8 - to.len()]);
        let mut bytes = to.finish();
        bytes.extend(xxh3_64(&bytes).to_le_bytes());
        bytes
    }

    /// The header of `file`, whose length it must agree with.
    pub(super) fn from_bytes(file: &[u8], place: &str) -> Result<Self, Error> {
        let mut from = Reader::new(file, place);
        if from.raw(8)? != MAGIC {
            return Err(Error::Damaged { place: place.to_owned(), at: 0, fault: "not a segment" });
        }
        let found = from.u32()?;
        if found == 0 {
            return Err(from.fault("there is no version 0"));
        }
        if found > VERSION {
            return Err(Error::Newer { place: place.to_owned(), found, known: VERSION });
        }
        let Some((header, _)) = file.split_at_checked(HEADER) else {
            return Err(from.fault("the header is cut"));
        };
        let (header, sum) = header.split_at(HEADER - 8);
        if xxh3_64(header).to_le_bytes() != sum {
            return Err(from.fault("the checksum of the header does not fit"));
        }
        let number = from.u32()?;
        let (key_width, value_width) = (from.u32()? as usize, from.u32()? as usize);
        let (key_tag, value_tag) = (from.u32()?, from.u32()?);
        let (key_print, value_print) = (from.u64()?, from.u64()?);
        let (key_bytes, value_bytes) = (from.u32()? as usize, from.u32()? as usize);
        let (block_rows, _) = (from.u32()?, from.u32()?);
        let (rows, length) = (from.u64()?, from.u64()?);
        let layout = Self {
            number,
            key_width,
            value_width,
            key_codec: (key_tag as u8, key_print),
            value_codec: (value_tag as u8, value_print),
            key_bytes,
            value_bytes,
            rows: rows as usize,
        };
        if key_tag.max(value_tag) > u32::from(u8::MAX) {
            return Err(from.fault("a codec of unknown kind"));
        }
        let small = key_width > 0 && [key_width, value_width].into_iter().all(|w| w <= WIDEST);
        let coded = key_bytes <= 8 + 4 * key_width && value_bytes <= 8 + 4 * value_width;
        if !small || !coded || block_rows as usize != BLOCK_ROWS || rows > u64::from(u32::MAX) {
            return Err(from.fault("widths or rows out of range"));
        }
        if layout.panels() && key_bytes != 4 * key_width {
            return Err(from.fault("panels of another width than the keys"));
        }
        if layout.file_bytes() != length || length != file.len() as u64 {
            return Err(from.fault("the length of the file does not fit its rows"));
        }
        Ok(layout)
    }
}
