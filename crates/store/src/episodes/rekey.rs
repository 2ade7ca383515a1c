//! Other keys for all episodes, of another width.

use attractor_memory::Memory;

use super::coded::{decode_key, encode_key};
use super::tail::Tail;
use super::{Episode, Episodes, Place, check_memory, store_key};
use crate::Error;
use crate::codec::Codec;

impl Episodes {
    /// Gives every episode the key that `key` makes of it and its value, of `width` components, through
    /// `codec`. `memory` is to hold them, as in [`Episodes::new`]. Versions of encoders become `encoder_version`.
    ///
    /// The next commit writes all episodes again. A journal cannot tell of this: commit at once.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a value cannot be read; else as [`Episodes::new`] and for the keys
    /// [`Episodes::encode`]. Nothing changes then.
    ///
    /// ```
    /// use attractor_memory::Memory;
    /// use attractor_store::codec::Codec;
    /// use attractor_store::episodes::{Episodes, NewEpisode, Shape};
    ///
    /// let mut episodes = Episodes::new(Shape::new(1, 2), Memory::builder(1).build()?)?;
    /// let id = episodes.put(&NewEpisode::new(&[1.0], &[3.0, 4.0]))?;
    /// episodes.rekey(2, Codec::F32, Memory::builder(2).build()?, 1, |_, value| value.to_vec())?;
    /// assert_eq!(episodes.key(id)?, [3.0, 4.0]);
    /// # Ok::<(), attractor_store::Error>(())
    /// ```
    pub fn rekey(
        &mut self,
        width: usize,
        codec: Codec,
        mut memory: Memory,
        encoder_version: u32,
        mut key: impl FnMut(&Episode, &[f32]) -> Vec<f32>,
    ) -> Result<(), Error> {
        let shape = super::Shape { key_width: width, key_codec: codec, ..self.shape.clone() };
        shape.check()?;
        check_memory(&memory, width)?;
        let mut coded = Vec::with_capacity(self.len());
        let mut value = Vec::new();
        for episode in self.iter() {
            self.value(episode.id, &mut value)?;
            let bytes = encode_key(&key(episode, &value), &shape)?;
            store_key(&mut memory, episode.id, &decode_key(&bytes, &shape, "key")?)?;
            coded.push(match shape.key_codec {
                Codec::F32 => Vec::new(),
                _ => bytes,
            });
        }
        self.records.retain(|record| record.live);
        self.dead = 0;
        let mut keys = Tail::default();
        for (record, bytes) in self.records.iter_mut().zip(coded) {
            record.key = Place::tail(keys.push_key(&bytes));
            record.episode.encoder_version = encoder_version;
        }
        self.tail.replace_keys(keys);
        self.merged = None;
        (self.shape, self.memory) = (shape, memory);
        Ok(())
    }
}
