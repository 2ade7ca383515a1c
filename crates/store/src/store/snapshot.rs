//! A store as it was at one moment.

use super::{FORMAT, VERSION, builder};
use crate::Error;
use crate::episodes::{Damage, Episodes, Event};
use crate::ledger::{Events, Ledger};
use crate::storage::Storage;

/// What a store held when it was read: see [`super::Store::read`]. Later changes do not show.
///
/// ```
/// use attractor_store::Store;
/// use attractor_store::episodes::NewEpisode;
/// use attractor_store::storage::Ram;
///
/// let ram = Ram::new();
/// let mut store = Store::builder(1, 1).open_in(ram.clone())?;
/// store.put(&NewEpisode::new(&[1.0], &[2.0]))?;
/// let snapshot = Store::read_in(&ram)?;
/// store.delete(0)?;
/// assert_eq!((snapshot.episodes().len(), store.len()), (1, 0));
/// # Ok::<(), attractor_store::Error>(())
/// ```
#[derive(Debug)]
pub struct Snapshot {
    episodes: Episodes,
    damage: Vec<Damage>,
    generation: u64,
}

impl Snapshot {
    /// What it held. Its memory of keys names the 10 nearest by Euclidean distance.
    pub fn episodes(&self) -> &Episodes {
        &self.episodes
    }

    /// What could not be read.
    pub fn damage(&self) -> &[Damage] {
        &self.damage
    }

    /// The commit that it is of, or follows.
    pub fn generation(&self) -> u64 {
        self.generation
    }
}

pub(super) fn read(storage: &dyn Storage) -> Result<Snapshot, Error> {
    let mut found = Ledger::read(storage, FORMAT, VERSION)?;
    let restored = Episodes::restore(&mut found.files, |shape| builder::nearest(shape.key_width))?;
    let (mut episodes, mut damage) = restored.ok_or_else(|| Error::Damaged {
        place: storage.place(),
        at: 0,
        fault: "a store without a catalogue: its creation was cut short",
    })?;
    replay(&mut episodes, &found.events, &mut damage)?;
    Ok(Snapshot { episodes, damage, generation: found.generation })
}

/// Makes the events of a journal happen again.
pub(super) fn replay(
    episodes: &mut Episodes,
    events: &Events,
    damage: &mut Vec<Damage>,
) -> Result<(), Error> {
    events.iter().try_for_each(|event| episodes.replay(Event::from_bytes(event, "journal")?, damage))
}
