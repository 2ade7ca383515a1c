//! From a directory to a learner: the last checkpoint, and the events since.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use attractor_data::Shape;
use attractor_store::episodes::Episodes;
use attractor_store::ledger::{Change, Durability, Ledger, NewFile, Recovered};
use attractor_store::storage::{Disk, Storage};
use attractor_store::wire::{Reader as Bytes, Writer};

use super::{FORMAT, Learner, MIND, Snapshot, VERSION};
use crate::Error;
use crate::config::Config;
use crate::event::{Event, Observation};
use crate::fast;
use crate::mind::{AHEAD, Mind};

/// What a directory holds.
struct Found {
    config: Config,
    mind: Option<Mind>,
    events: u64,
    damage: Vec<attractor_store::Error>,
}

pub(super) fn open(
    storage: Arc<dyn Storage>,
    config: Config,
    durability: Durability,
) -> Result<Learner, Error> {
    config.check()?;
    let (mut ledger, recovered) = Ledger::open(storage, FORMAT, VERSION, durability)?;
    let cut = recovered.cut;
    let found = match recovered.files.is_empty() && recovered.events.is_empty() {
        true => {
            // The recipe comes first: events mean nothing without it.
            let mut to = Writer::new();
            to.u8(0);
            config.save(&mut to);
            let file = NewFile { role: MIND.to_owned(), parts: vec![to.finish()] };
            ledger.commit(Change { add: vec![file], drop: Vec::new() })?;
            let mind = config.shape.map(|shape| Mind::new(config.clone(), shape)).transpose()?;
            Found { config, mind, events: 0, damage: Vec::new() }
        }
        false => found(recovered)?,
    };
    let mut learner = Learner {
        ledger,
        config: found.config,
        mind: None,
        view: Arc::new(OnceLock::new()),
        events: found.events,
        broken: None,
        damage: found.damage,
        cut,
    };
    if let Some(mind) = found.mind {
        learner.adopt(mind);
    }
    Ok(learner)
}

pub(super) fn read(directory: &Path) -> Result<Snapshot, Error> {
    let disk = Disk::read_only(directory)?;
    let recovered = Ledger::read(&disk, FORMAT, VERSION)?;
    let found = found(recovered)?;
    Ok(Snapshot::new(found.config, found.mind, found.damage))
}

fn found(mut recovered: Recovered) -> Result<Found, Error> {
    let at = recovered.files.iter().position(|file| file.entry.role == MIND);
    let Some(file) = at.map(|at| recovered.files.swap_remove(at)) else {
        return Err(attractor_store::Error::Damaged {
            place: "the learner's directory".to_owned(),
            at: 0,
            fault: "no state of a learner",
        }
        .into());
    };
    let name = file.entry.name.clone();
    let content = file.content?;
    file.entry.verify(&content)?;
    let mut from = Bytes::new(&content, &name);
    let mut damage = Vec::new();
    let (config, mut mind) = match from.u8()? {
        0 => {
            let config = Config::load(&mut from)?;
            from.end()?;
            let mind = config.shape.map(|shape| Mind::new(config.clone(), shape)).transpose()?;
            (config, mind)
        }
        kind @ (1 | 2) => {
            let restore = |keys: fast::Keys| -> Result<Episodes, Error> {
                let memory = |shape: &attractor_store::episodes::Shape| match shape.key_width == keys.width {
                    true => Ok(fast::memory(keys.recall, keys.width, keys.scale)?),
                    false => Err(attractor_store::Error::Damaged {
                        place: name.clone(),
                        at: 0,
                        fault: "keys of another width than their encoders give",
                    }),
                };
                let (episodes, found) = Episodes::restore(&mut recovered.files, memory)?
                    .ok_or(Error::Broken { why: "no catalogue" })?;
                damage = found.into_iter().map(|damage| damage.error).collect();
                Ok(episodes)
            };
            let mut mind = Mind::load(&mut from, kind, restore)?;
            // Now, and not when a sleep or a fit reads them and it is too late.
            for error in mind.drop_unreadable()? {
                if damage.iter().all(|known: &attractor_store::Error| known.to_string() != error.to_string())
                {
                    damage.push(error);
                }
            }
            (mind.config.clone(), Some(mind))
        }
        _ => return Err(from.fault("a state of unknown kind").into()),
    };
    let events = recovered.events.len() as u64;
    // The mind reads its file no longer; replaying events needs the room.
    drop(content);
    let mut bytes = recovered.events.iter();
    loop {
        let block: Vec<Event> = bytes.by_ref().take(AHEAD).map(Event::decode).collect::<Result<_, _>>()?;
        if block.is_empty() {
            break;
        }
        if mind.is_none()
            && let Some(look) = block.iter().find_map(looked_at)
        {
            let shape = config.shape.unwrap_or(Shape::Vector(look.pattern.len().max(1)));
            mind = Some(Mind::new(config.clone(), shape)?);
        }
        if let Some(mind) = &mut mind {
            replay(mind, &block, !damage.is_empty())?;
        }
    }
    Ok(Found { config, mind, events, damage })
}

fn looked_at(event: &Event) -> Option<&Observation> {
    match event {
        Event::Observe(look) => Some(look),
        _ => None,
    }
}

/// Applies events of the journal; what is observed in them is encoded together, by all threads.
fn replay(mind: &mut Mind, events: &[Event], damaged: bool) -> Result<(), Error> {
    let mut percepts = VecDeque::new();
    for (at, event) in events.iter().enumerate() {
        let check = mind.check(event);
        if matches!((event, &check), (Event::ForgetEpisode(_), Err(_))) && damaged {
            // Damage was faster.
            continue;
        }
        check?;
        let Event::Observe(look) = event else {
            mind.apply(event)?;
            // A sleep may have brought new encoders.
            percepts.clear();
            continue;
        };
        if percepts.is_empty() {
            let until_fit = usize::try_from(mind.until_fit()).unwrap_or(usize::MAX);
            let looks = events[at..].iter().filter_map(looked_at).take(until_fit);
            let rows: Vec<&[f32]> = looks.map(|look| &look.pattern[..]).collect();
            let perception = Arc::clone(&mind.view().perception);
            percepts.extend(perception.see_all(&rows)?);
        }
        if let Some(percept) = percepts.pop_front() {
            mind.observe(look, percept)?;
        }
    }
    Ok(())
}
