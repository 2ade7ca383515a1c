//! An episode whose key and value went through their codecs.

use attractor_memory::associative::LARGEST_ENTRY;

use super::episode::{NewEpisode, Shape};
use crate::Error;
use crate::wire::{Reader, Writer};

/// A checked episode, coded: storing it cannot fail any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Coded {
    pub(super) key: Vec<u8>,
    pub(super) value: Vec<u8>,
    pub(super) label: Option<u32>,
    pub(super) namespace: u32,
    pub(super) time: u64,
    pub(super) priority: f32,
    pub(super) encoder_version: u32,
    pub(super) meta: Box<[u8]>,
}

impl Coded {
    pub(super) fn new(new: &NewEpisode<'_>, shape: &Shape) -> Result<Self, Error> {
        new.check()?;
        let width = |expected: usize, found: usize, place| match expected == found {
            true => Ok(()),
            false => Err(Error::Width { expected, found, place }),
        };
        width(shape.value_width, new.value.len(), "value")?;
        let key = encode_key(new.key, shape)?;
        let mut value = Vec::with_capacity(shape.value_codec.row_bytes(shape.value_width));
        shape.value_codec.encode(new.value, &mut value)?;
        Ok(Self {
            key,
            value,
            label: new.label,
            namespace: new.namespace,
            time: new.time,
            priority: new.priority,
            encoder_version: new.encoder_version,
            meta: new.meta.into(),
        })
    }

    /// Bytes of its event, at most.
    pub(crate) fn bytes(&self) -> u64 {
        (self.key.len() + self.value.len() + self.meta.len() + 64) as u64
    }

    /// Bytes of its meta data.
    pub(crate) fn meta_bytes(&self) -> usize {
        self.meta.len()
    }

    pub(super) fn write(&self, to: &mut Writer) {
        to.bytes(&self.key);
        to.bytes(&self.value);
        to.u32(self.label.unwrap_or(u32::MAX));
        to.u32(self.namespace);
        to.u64(self.time);
        to.f32(self.priority);
        to.u32(self.encoder_version);
        to.bytes(&self.meta);
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self {
            key: from.bytes()?.to_vec(),
            value: from.bytes()?.to_vec(),
            label: Some(from.u32()?).filter(|&label| label != u32::MAX),
            namespace: from.u32()?,
            time: from.u64()?,
            priority: from.f32()?,
            encoder_version: from.u32()?,
            meta: from.bytes()?.into(),
        })
    }
}

/// The bytes of a key.
pub(super) fn encode_key(key: &[f32], shape: &Shape) -> Result<Vec<u8>, Error> {
    if key.len() != shape.key_width {
        return Err(Error::Width { expected: shape.key_width, found: key.len(), place: "key" });
    }
    let mut bytes = Vec::with_capacity(shape.key_codec.row_bytes(shape.key_width));
    shape.key_codec.encode(key, &mut bytes)?;
    if let Some(&x) = key.iter().find(|x| x.abs() > LARGEST_ENTRY) {
        let limit = "at most 1e18 in magnitude in every component";
        return Err(Error::Parameter { name: "key", value: f64::from(x), limit });
    }
    Ok(bytes)
}

/// The key that the bytes stand for, checked: bytes from a journal or segment may be anything.
pub(super) fn decode_key(bytes: &[u8], shape: &Shape, place: &str) -> Result<Vec<f32>, Error> {
    let fault = |fault| Error::Damaged { place: place.to_owned(), at: 0, fault };
    if bytes.len() != shape.key_codec.row_bytes(shape.key_width) {
        return Err(fault("a key of another width"));
    }
    let mut key = vec![0.0; shape.key_width];
    shape.key_codec.decode(bytes, &mut key);
    // A codec may round up a little.
    match key.iter().all(|x| x.abs() <= LARGEST_ENTRY) {
        true => Ok(key),
        false => Err(fault("a key that is not finite, or too large")),
    }
}
