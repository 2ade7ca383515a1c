//! Reading a body of announced length without believing the announcement.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use crate::Malformed;
use crate::array::{Array, Endian, Kind, Values};

/// Deflate cannot shrink data further than this: a body that is larger does not fit into the file.
const DEFLATE_RATIO: usize = 1032;

/// The bytes of a file, decompressed on the way where they are gzipped.
pub(crate) struct Source<'a> {
    reader: Box<dyn Read + 'a>,
    /// Most bytes that can still come: what may be allocated ahead.
    bound: usize,
    part: &'static str,
}

impl<'a> Source<'a> {
    /// `bytes` as they are, or what they decompress to where they begin like a gzip file.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        if bytes.starts_with(&[0x1f, 0x8b]) {
            Self::compressed(MultiGzDecoder::new(bytes), bytes.len(), "gzip stream")
        } else {
            Self { reader: Box::new(bytes), bound: bytes.len(), part: "file" }
        }
    }

    /// What `reader` decompresses from `compressed` bytes.
    pub(crate) fn compressed(reader: impl Read + 'a, compressed: usize, part: &'static str) -> Self {
        Self { reader: Box::new(reader), bound: compressed.saturating_mul(DEFLATE_RATIO), part }
    }

    /// The stream itself, for parsers that take one.
    pub(crate) fn into_reader(self) -> Box<dyn Read + 'a> {
        self.reader
    }

    /// The next `expected` bytes, which are the `part` of the file.
    pub(crate) fn exact(&mut self, expected: usize, part: &'static str) -> Result<Vec<u8>, Malformed> {
        let bytes = self.up_to(expected)?;
        if bytes.len() < expected {
            return Err(Malformed::Truncated { part, expected, found: bytes.len() });
        }
        Ok(bytes)
    }

    /// The next `most` bytes, or as many as there are.
    pub(crate) fn up_to(&mut self, most: usize) -> Result<Vec<u8>, Malformed> {
        let mut bytes = Vec::with_capacity(most.min(self.bound));
        (&mut self.reader)
            .take(most as u64)
            .read_to_end(&mut bytes)
            .map_err(|reason| Malformed::Damaged { part: self.part, reason: reason.to_string() })?;
        Ok(bytes)
    }

    /// An array whose header has been read, up to the end of the file.
    /// Reading to the end also makes the decompressor compare its checksum.
    pub(crate) fn array(mut self, shape: Vec<usize>, kind: Kind, endian: Endian) -> Result<Array, Malformed> {
        let expected = body_bytes(&shape, kind)?;
        let body = self.exact(expected, "body")?;
        if !self.up_to(1)?.is_empty() {
            return Err(Malformed::Trailing { expected });
        }
        Ok(Array::new(shape, Values::decode(kind, endian, body)))
    }
}

/// Bytes of an array. Sizes beside a zero are multiplied too: others rely on their product.
fn body_bytes(shape: &[usize], kind: Kind) -> Result<usize, Malformed> {
    let product =
        shape.iter().filter(|&&size| size > 0).try_fold(kind.bytes(), |all, &size| all.checked_mul(size));
    match product {
        Some(bytes) if isize::try_from(bytes).is_ok() => Ok(if shape.contains(&0) { 0 } else { bytes }),
        _ => Err(Malformed::Overflow { shape: shape.to_vec(), item: kind.bytes() }),
    }
}
