//! Immutable content, shared.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use memmap2::Mmap;

/// Where content begins in memory: a multiple of this.
const ALIGNMENT: usize = 64;

/// Content of a file that does not change: mapped or in memory, cheap to clone, its first byte at a multiple of
/// 64 in memory.
///
/// ```
/// use attractor_store::storage::Bytes;
///
/// let bytes = Bytes::copy(b"abc");
/// assert_eq!(&bytes[..], b"abc");
/// assert!(bytes.as_ptr().addr().is_multiple_of(64) && !bytes.is_mapped());
/// ```
#[derive(Clone)]
pub struct Bytes(Content);

#[derive(Clone)]
enum Content {
    Mapped(Arc<Mmap>),
    Shared(Arc<Aligned>),
}

/// A buffer that is never written again, and hence never moves, with the content from an aligned byte on.
struct Aligned {
    buffer: Box<[u8]>,
    start: usize,
    length: usize,
}

impl Bytes {
    /// Content of its own, equal to `bytes`.
    pub fn copy(bytes: &[u8]) -> Self {
        let mut buffer = vec![0; bytes.len() + ALIGNMENT].into_boxed_slice();
        let address = buffer.as_ptr().addr();
        let start = address.next_multiple_of(ALIGNMENT) - address;
        buffer[start..start + bytes.len()].copy_from_slice(bytes);
        Self(Content::Shared(Arc::new(Aligned { buffer, start, length: bytes.len() })))
    }

    /// A mapped file: pages are aligned further than asked.
    pub(super) fn mapped(map: Mmap) -> Self {
        Self(Content::Mapped(Arc::new(map)))
    }

    /// Whether this is a mapped file, which takes no memory of the program's own.
    pub fn is_mapped(&self) -> bool {
        matches!(self.0, Content::Mapped(_))
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Content::Mapped(map) => map,
            Content::Shared(aligned) => &aligned.buffer[aligned.start..aligned.start + aligned.length],
        }
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bytes").field("length", &self.len()).field("mapped", &self.is_mapped()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_begin_at_a_multiple_of_64_whatever_their_length() {
        for length in 0..200_usize {
            let bytes = Bytes::copy(&vec![7; length]);
            assert_eq!(&bytes[..], vec![7; length]);
            assert!(bytes.clone().as_ptr().addr().is_multiple_of(64));
        }
    }
}
