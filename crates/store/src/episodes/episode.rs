//! One episode, before and after it is stored.

use crate::Error;
use crate::codec::Codec;

/// Longest [`Episode::meta`] in bytes.
pub const LONGEST_META: usize = 1024;

/// What is known of a stored episode, besides its key and value.
#[derive(Debug, Clone, PartialEq)]
pub struct Episode {
    /// Ascending in the order of storing; never given out twice.
    pub id: u64,
    /// Its class, if it has one; any number but `u32::MAX`.
    pub label: Option<u32>,
    /// Whose it is: owners may share a store.
    pub namespace: u32,
    /// When it was, in units of the owner.
    pub time: u64,
    /// How much it matters; finite.
    pub priority: f32,
    /// How often it was touched.
    pub usage: u32,
    /// When it was touched last, in units of the owner; its time at first.
    pub last_used: u64,
    /// Version of the encoder that made its key.
    pub encoder_version: u32,
    /// The owner's bytes, at most [`LONGEST_META`].
    pub meta: Box<[u8]>,
}

/// An episode to be stored.
///
/// ```
/// use attractor_store::episodes::NewEpisode;
/// let new = NewEpisode { label: Some(3), ..NewEpisode::new(&[1.0, 0.0], &[0.5]) };
/// assert_eq!((new.priority, new.namespace), (1.0, 0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NewEpisode<'a> {
    /// What it is found by: `key_width` components.
    pub key: &'a [f32],
    /// What it is: `value_width` components.
    pub value: &'a [f32],
    /// Its class; default none.
    pub label: Option<u32>,
    /// Whose it is; default 0.
    pub namespace: u32,
    /// When it was; default 0.
    pub time: u64,
    /// How much it matters; default 1.
    pub priority: f32,
    /// Version of the encoder that made the key; default 0.
    pub encoder_version: u32,
    /// The owner's bytes; default none.
    pub meta: &'a [u8],
}

impl<'a> NewEpisode<'a> {
    /// An episode with the defaults.
    pub fn new(key: &'a [f32], value: &'a [f32]) -> Self {
        Self { key, value, label: None, namespace: 0, time: 0, priority: 1.0, encoder_version: 0, meta: &[] }
    }

    /// What is no matter of shapes.
    pub(super) fn check(&self) -> Result<(), Error> {
        check_label(self.label)?;
        check_priority(self.priority)?;
        if self.meta.len() > LONGEST_META {
            let value = self.meta.len() as f64;
            return Err(Error::Parameter { name: "bytes of meta", value, limit: "at most 1024" });
        }
        Ok(())
    }
}

pub(super) fn check_label(label: Option<u32>) -> Result<(), Error> {
    match label {
        Some(u32::MAX) => {
            let limit = "below 4294967295, which stands for none";
            Err(Error::Parameter { name: "label", value: f64::from(u32::MAX), limit })
        }
        _ => Ok(()),
    }
}

pub(super) fn check_priority(priority: f32) -> Result<(), Error> {
    match priority.is_finite() {
        true => Ok(()),
        false => Err(Error::Parameter { name: "priority", value: f64::from(priority), limit: "finite" }),
    }
}

/// Widths of keys and values, and how they are coded.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// Components of a key, at least 1.
    pub key_width: usize,
    /// Components of a value; 0 for episodes that are keys only.
    pub value_width: usize,
    /// How keys are coded.
    pub key_codec: Codec,
    /// How values are coded.
    pub value_codec: Codec,
}

impl Shape {
    /// Keys and values as they are, without loss.
    pub fn new(key_width: usize, value_width: usize) -> Self {
        Self { key_width, value_width, key_codec: Codec::F32, value_codec: Codec::F32 }
    }

    /// Whether there can be such episodes.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a key of width 0 or a row of more than 2^20 components; [`Error::Width`] for a
    /// codebook of another width.
    pub fn check(&self) -> Result<(), Error> {
        let limit = "from 1 to 1048576 for keys, from 0 for values";
        for (name, width, least) in [("key width", self.key_width, 1), ("value width", self.value_width, 0)] {
            if width < least || width > crate::segment::WIDEST {
                return Err(Error::Parameter { name, value: width as f64, limit });
            }
        }
        self.key_codec.check_width(self.key_width)?;
        self.value_codec.check_width(self.value_width)
    }
}
