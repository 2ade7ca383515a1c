//! Numbers and strings to little-endian bytes and back. Reading never panics and never allocates more than
//! the bytes at hand could fill.

use crate::Error;

/// Collects bytes.
///
/// ```
/// use attractor_store::wire::{Reader, Writer};
///
/// let mut to = Writer::new();
/// to.u32(7);
/// to.str("seven");
/// to.f32s(&[1.0, 2.0]);
/// let bytes = to.finish();
///
/// let mut from = Reader::new(&bytes, "an example");
/// assert_eq!((from.u32()?, from.str()?, from.f32s()?), (7, "seven", vec![1.0, 2.0]));
/// from.end()?;
/// # Ok::<(), attractor_store::Error>(())
/// ```
#[derive(Debug, Default, Clone)]
pub struct Writer {
    bytes: Vec<u8>,
}

macro_rules! put_number {
    ($($name:ident: $type:ty),*) => {$(
        #[doc = concat!("Appends a `", stringify!($type), "`.")]
        pub fn $name(&mut self, value: $type) {
            self.bytes.extend_from_slice(&value.to_le_bytes());
        }
    )*};
}

macro_rules! put_numbers {
    ($($name:ident: $type:ty),*) => {$(
        #[doc = concat!("Appends a `u64` count and as many `", stringify!($type), "`.")]
        pub fn $name(&mut self, values: &[$type]) {
            self.u64(values.len() as u64);
            self.bytes.reserve(size_of_val(values));
            for value in values {
                self.bytes.extend_from_slice(&value.to_le_bytes());
            }
        }
    )*};
}

impl Writer {
    /// No bytes yet.
    pub fn new() -> Self {
        Self::default()
    }

    put_number!(u8: u8, u16: u16, u32: u32, u64: u64, f32: f32, f64: f64);
    put_numbers!(u32s: u32, u64s: u64, f32s: f32, f64s: f64);

    /// Appends a `u64` length and the bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.u64(bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends a string as its length and its UTF-8 bytes.
    pub fn str(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Appends bytes as they are, without a length.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Bytes so far.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The bytes.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// Takes from bytes what a [`Writer`] put there, in the same order.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    place: &'a str,
}

macro_rules! take_number {
    ($($name:ident: $type:ty),*) => {$(
        #[doc = concat!("The next `", stringify!($type), "`.\n\n# Errors\n[`Error::Damaged`] at the end of the bytes.")]
        pub fn $name(&mut self) -> Result<$type, Error> {
            let mut number = [0; size_of::<$type>()];
            number.copy_from_slice(self.raw(size_of::<$type>())?);
            Ok(<$type>::from_le_bytes(number))
        }
    )*};
}

macro_rules! take_numbers {
    ($($name:ident: $type:ty),*) => {$(
        #[doc = concat!("A count and as many `", stringify!($type), "`.\n\n# Errors\n[`Error::Damaged`] when there are fewer.")]
        pub fn $name(&mut self) -> Result<Vec<$type>, Error> {
            const SIZE: usize = size_of::<$type>();
            let count = self.count(SIZE)?;
            let bytes = self.raw(count * SIZE)?;
            let (numbers, _) = bytes.as_chunks::<SIZE>();
            Ok(numbers.iter().map(|n| <$type>::from_le_bytes(*n)).collect())
        }
    )*};
}

impl<'a> Reader<'a> {
    /// Reads `bytes`, which errors call `place`.
    pub fn new(bytes: &'a [u8], place: &'a str) -> Self {
        Self { bytes, at: 0, place }
    }

    take_number!(u8: u8, u16: u16, u32: u32, u64: u64, f32: f32, f64: f64);
    take_numbers!(u32s: u32, u64s: u64, f32s: f32, f64s: f64);

    /// A length and as many bytes.
    ///
    /// # Errors
    /// [`Error::Damaged`] when there are fewer.
    pub fn bytes(&mut self) -> Result<&'a [u8], Error> {
        let count = self.count(1)?;
        self.raw(count)
    }

    /// A string.
    ///
    /// # Errors
    /// [`Error::Damaged`] when it is cut, or no UTF-8.
    pub fn str(&mut self) -> Result<&'a str, Error> {
        let bytes = self.bytes()?;
        std::str::from_utf8(bytes).map_err(|_| self.fault("a text that is not UTF-8"))
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// [`Error::Damaged`] when there are fewer.
    pub fn raw(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let rest = &self.bytes[self.at..];
        let Some(taken) = rest.get(..count) else { return Err(self.fault("the bytes end too early")) };
        self.at += count;
        Ok(taken)
    }

    /// A count of things of `size` bytes each, which must be there.
    ///
    /// # Errors
    /// [`Error::Damaged`] when they cannot be.
    pub fn count(&mut self, size: usize) -> Result<usize, Error> {
        let count = self.u64()?;
        let room = (self.bytes.len() - self.at) / size.max(1);
        if count > room as u64 {
            return Err(self.fault("a count beyond the end of the bytes"));
        }
        Ok(count as usize)
    }

    /// Bytes taken so far.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Nothing may be left.
    ///
    /// # Errors
    /// [`Error::Damaged`] when something is.
    pub fn end(&self) -> Result<(), Error> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.fault("bytes left over")) }
    }

    /// An error at the present place.
    pub fn fault(&self, fault: &'static str) -> Error {
        Error::Damaged { place: self.place.to_owned(), at: self.at as u64, fault }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_beyond_the_bytes_is_refused_before_anything_is_allocated() {
        let mut to = Writer::new();
        to.u64(u64::MAX);
        to.f32(1.0);
        let bytes = to.finish();
        assert!(Reader::new(&bytes, "x").f32s().is_err());
        assert!(Reader::new(&bytes, "x").bytes().is_err());
        assert!(Reader::new(&bytes[..5], "x").u64().is_err());
    }

    #[test]
    fn what_is_left_over_is_named() {
        let mut from = Reader::new(&[1, 2], "leftovers");
        from.u8().expect("one byte");
        assert_eq!(from.end().unwrap_err().to_string(), "leftovers: bytes left over (at byte 1)");
    }
}
