//! What happens to episodes, as a journal keeps it.

use super::coded::Coded;
use crate::Error;
use crate::wire::{Reader, Writer};

/// One change of the episodes.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// An episode is stored under this id, the next one.
    Put(u64, Coded),
    /// The episode with this id is removed.
    Delete(u64),
    /// The episode is used once more, at this time.
    Touch(u64, u64),
    /// It gets this priority.
    Priority(u64, f32),
    /// It gets this label.
    Label(u64, Option<u32>),
    /// It gets this key, coded, made by this version of an encoder.
    Key(u64, Vec<u8>, u32),
}

impl Event {
    /// The episode that it changes; none for a new one.
    pub(super) fn changes(&self) -> Option<u64> {
        match self {
            Self::Put(..) => None,
            Self::Delete(id)
            | Self::Touch(id, _)
            | Self::Priority(id, _)
            | Self::Label(id, _)
            | Self::Key(id, ..) => Some(*id),
        }
    }

    /// Length of its bytes, at most.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::Put(_, coded) => coded.bytes(),
            Self::Key(_, key, _) => key.len() as u64 + 32,
            _ => 32,
        }
    }

    /// Its bytes.
    ///
    /// ```
    /// use attractor_store::episodes::Event;
    /// let event = Event::Touch(7, 100);
    /// assert_eq!(Event::from_bytes(&event.to_bytes(), "example")?, event);
    /// # Ok::<(), attractor_store::Error>(())
    /// ```
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Writer::new();
        match self {
            Self::Put(id, coded) => {
                to.u8(0);
                to.u64(*id);
                coded.write(&mut to);
            }
            Self::Delete(id) => {
                to.u8(1);
                to.u64(*id);
            }
            Self::Touch(id, time) => {
                to.u8(2);
                to.u64(*id);
                to.u64(*time);
            }
            Self::Priority(id, priority) => {
                to.u8(3);
                to.u64(*id);
                to.f32(*priority);
            }
            Self::Label(id, label) => {
                to.u8(4);
                to.u64(*id);
                to.u32(label.unwrap_or(u32::MAX));
            }
            Self::Key(id, key, encoder_version) => {
                to.u8(5);
                to.u64(*id);
                to.bytes(key);
                to.u32(*encoder_version);
            }
        }
        to.finish()
    }

    /// The event that [`Event::to_bytes`] wrote; errors call the bytes `place`.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn from_bytes(bytes: &[u8], place: &str) -> Result<Self, Error> {
        let mut from = Reader::new(bytes, place);
        let (tag, id) = (from.u8()?, from.u64()?);
        let event = match tag {
            0 => Self::Put(id, Coded::read(&mut from)?),
            1 => Self::Delete(id),
            2 => Self::Touch(id, from.u64()?),
            3 => Self::Priority(id, from.f32()?),
            4 => Self::Label(id, Some(from.u32()?).filter(|&label| label != u32::MAX)),
            5 => Self::Key(id, from.bytes()?.to_vec(), from.u32()?),
            _ => return Err(from.fault("an event of unknown kind")),
        };
        from.end()?;
        Ok(event)
    }
}
