//! The fast system: episodes, written once and read by likeness.

mod admission;
mod reading;

use std::collections::BTreeMap;

use attractor_memory::{Memory, Separation, Similarity, Threads};
use attractor_store::codec::Codec;
use attractor_store::episodes::{Episode, Episodes, NewEpisode, Shape};
use ndarray::ArrayView1;

pub use admission::{Admission, Eviction};
pub(crate) use reading::Reading;

use crate::Error;
use crate::namespaces::Scope;
use crate::replay::{ClassDebt, Draws, Within};

/// Recipe of the fast system.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recall {
    /// Episodes that answer a cue, at least 1. Default 30.
    pub neighbours: usize,
    /// Inverse temperature over `1 / d^2`, `d` the distance at which episodes find their nearest neighbour.
    /// Default 4.
    pub sharpness: f64,
}

impl Default for Recall {
    fn default() -> Self {
        Self { neighbours: 30, sharpness: 4.0 }
    }
}

/// What is written of one look.
pub(crate) struct Look<'a> {
    pub(crate) key: &'a [f32],
    pub(crate) pattern: &'a [f32],
    pub(crate) class: u32,
    pub(crate) namespace: u32,
    pub(crate) time: u64,
    /// How badly the slow system knew it, at least 0.
    pub(crate) surprise: f64,
    pub(crate) utility: f32,
    pub(crate) encoder_version: u32,
    pub(crate) meta: &'a [u8],
}

/// What became of a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// A new episode.
    Stored(u64),
    /// The same thing was there already, and was strengthened.
    Merged(u64),
    /// Not worth the room.
    Passed,
}

/// Share of the usual squared distance of neighbours within which a cue counts as seen before.
const RECOGNISED: f64 = 0.01;

/// The episodic memory of a learner.
#[derive(Debug)]
pub(crate) struct Fast {
    episodes: Episodes,
    debt: ClassDebt,
    recall: Recall,
    /// Episodes by namespace.
    sizes: BTreeMap<u32, usize>,
    /// Squared distance at which episodes find their nearest neighbour; fitted with the keys.
    scale: f64,
}

impl Fast {
    /// An empty memory.
    pub(crate) fn new(recall: Recall, key_width: usize, value_width: usize) -> Result<Self, Error> {
        let shape = Shape { value_codec: Codec::Int8, ..Shape::new(key_width, value_width) };
        let episodes = Episodes::new(shape, memory(recall, key_width, 1.0)?)?;
        Ok(Self {
            episodes,
            debt: ClassDebt::new(Within::LeastUseful),
            recall,
            sizes: BTreeMap::new(),
            scale: 1.0,
        })
    }

    /// Episodes that come back from a store, in the order of their ids, with their book-keeping.
    pub(crate) fn restore(recall: Recall, episodes: Episodes, scale: f64) -> Result<Self, Error> {
        let (mut debt, mut sizes) = (ClassDebt::new(Within::LeastUseful), BTreeMap::new());
        for episode in episodes.iter() {
            debt.insert(episode.id, group(episode), worth(episode))?;
            *sizes.entry(episode.namespace).or_default() += 1;
        }
        Ok(Self { episodes, debt, recall, sizes, scale })
    }

    pub(crate) fn episodes(&self) -> &Episodes {
        &self.episodes
    }

    pub(crate) fn episodes_mut(&mut self) -> &mut Episodes {
        &mut self.episodes
    }

    pub(crate) fn len(&self) -> usize {
        self.episodes.len()
    }

    pub(crate) fn recall(&self) -> Recall {
        self.recall
    }

    pub(crate) fn scale(&self) -> f64 {
        self.scale
    }

    /// Bytes in this process, mapped files included.
    pub(crate) fn bytes(&self) -> u64 {
        // A book-keeping entry lies in two trees and a list.
        self.episodes.bytes_in_memory() + self.episodes.bytes_mapped() + self.debt.len() as u64 * 160
    }

    /// Episodes of a namespace.
    pub(crate) fn size(&self, namespace: u32) -> usize {
        self.sizes.get(&namespace).copied().unwrap_or(0)
    }

    /// The episodes that answer in a scope, in the order of ids.
    pub(crate) fn within(&self, scope: Scope) -> impl Iterator<Item = &Episode> {
        self.episodes.iter().filter(move |episode| match scope {
            Scope::All => true,
            Scope::Of(namespace) => episode.namespace == namespace,
        })
    }

    /// One separation step over the leading episodes of a scope.
    pub(crate) fn read(&self, key: &[f32], scope: Scope) -> Result<Reading, Error> {
        let answering = match scope {
            Scope::All => self.len(),
            Scope::Of(namespace) => self.size(namespace),
        };
        if answering == 0 {
            return Ok(Reading::nothing());
        }
        let cues = ArrayView1::from(key).insert_axis(ndarray::Axis(0));
        let memory = self.episodes.memory();
        let mut found = if answering == self.len() {
            memory.associate(cues)?
        } else {
            let mut allowed = self.within(scope).map(|episode| episode.id).peekable();
            memory.associate_among(cues, |id| allowed.next_if_eq(&id).is_some())?
        };
        let association = found.pop();
        let label = |id| self.episodes.get(id).and_then(|episode| episode.label);
        Ok(association.map_or_else(Reading::nothing, |association| Reading::new(association, label)))
    }

    /// Whether the cue is one of the episodes, as far as keys can tell.
    pub(crate) fn recognises(&self, reading: &Reading) -> bool {
        reading.answers.iter().any(|answer| -answer.similarity <= RECOGNISED * self.scale)
    }

    /// Writes a look, or strengthens what is there already, or passes.
    pub(crate) fn write(
        &mut self,
        look: &Look<'_>,
        reading: &Reading,
        room: Room,
        draws: &mut Draws,
    ) -> Result<Written, Error> {
        if let Some(same) = self.same(look, reading, room.admission) {
            self.strengthen(same, look.time)?;
            return Ok(Written::Merged(same));
        }
        if self.len() >= room.episodes {
            if !room.admission.admits(look, room, draws) {
                return Ok(Written::Passed);
            }
            while self.len() >= room.episodes {
                match self.victim(room.eviction, draws) {
                    Some(victim) => self.remove(victim)?,
                    None => break,
                }
            }
        }
        let mut meta = look.utility.to_le_bytes().to_vec();
        meta.extend_from_slice(look.meta);
        let id = self.episodes.put(&NewEpisode {
            key: look.key,
            value: look.pattern,
            label: Some(look.class),
            namespace: look.namespace,
            time: look.time,
            priority: look.surprise as f32,
            encoder_version: look.encoder_version,
            meta: &meta,
        })?;
        *self.sizes.entry(look.namespace).or_default() += 1;
        self.entered(id)?;
        Ok(Written::Stored(id))
    }

    /// The episode that says the same already: near enough, and of the same class. That another class says so too
    /// makes no difference: contradictions that are repeated must not fill the memory.
    fn same(&self, look: &Look<'_>, reading: &Reading, admission: Admission) -> Option<u64> {
        let nearest = reading.nearest_of(look.class)?;
        (-nearest.similarity <= admission.sameness * self.scale).then_some(nearest.id)
    }

    /// An episode answered rightly: it is worth more.
    pub(crate) fn strengthen(&mut self, id: u64, time: u64) -> Result<(), Error> {
        self.episodes.touch(id, time)?;
        self.entered(id)
    }

    /// How badly the slow system knows an episode now.
    pub(crate) fn set_surprise(&mut self, id: u64, surprise: f64) -> Result<(), Error> {
        self.episodes.set_priority(id, surprise as f32)?;
        self.entered(id)
    }

    fn entered(&mut self, id: u64) -> Result<(), Error> {
        match self.episodes.get(id) {
            Some(episode) => self.debt.insert(id, group(episode), worth(episode)),
            None => Ok(()),
        }
    }

    pub(crate) fn remove(&mut self, id: u64) -> Result<(), Error> {
        let namespace = self.episodes.get(id).map(|episode| episode.namespace);
        self.episodes.remove(id)?;
        self.debt.remove(id);
        if let Some(size) = namespace.and_then(|namespace| self.sizes.get_mut(&namespace)) {
            *size -= 1;
        }
        Ok(())
    }

    fn victim(&self, eviction: Eviction, draws: &mut Draws) -> Option<u64> {
        match eviction {
            Eviction::ClassDebt => self.debt.victim(draws),
            Eviction::Reservoir => self.episodes.iter().nth(draws.below(self.len())).map(|e| e.id),
            Eviction::LeastUseful => {
                let least = |a: &&Episode, b: &&Episode| worth(a).total_cmp(&worth(b)).then(a.id.cmp(&b.id));
                self.episodes.iter().min_by(least).map(|episode| episode.id)
            }
        }
    }

    /// The mean key of every class.
    pub(crate) fn class_means(&self) -> BTreeMap<u32, Vec<f64>> {
        let mut sums: BTreeMap<u32, (Vec<f64>, f64)> = BTreeMap::new();
        for episode in self.episodes.iter() {
            let Ok(key) = self.episodes.key(episode.id) else { continue };
            let (sum, count) = sums.entry(class(episode)).or_insert_with(|| (vec![0.0; key.len()], 0.0));
            sum.iter_mut().zip(&key).for_each(|(sum, &x)| *sum += f64::from(x));
            *count += 1.0;
        }
        sums.into_iter().map(|(class, (sum, n))| (class, sum.into_iter().map(|x| x / n).collect())).collect()
    }

    /// Distance of an episode's key to the mean of its class.
    pub(crate) fn distance_to(&self, means: &BTreeMap<u32, Vec<f64>>, id: u64, class: u32) -> f64 {
        let (Some(mean), Ok(key)) = (means.get(&class), self.episodes.key(id)) else { return 0.0 };
        key.iter().zip(mean).map(|(&x, m)| (f64::from(x) - m).powi(2)).sum::<f64>().sqrt()
    }

    /// Gives every episode a new key, of `width` components: `keys` has them in the order of ids.
    pub(crate) fn rekey(&mut self, width: usize, version: u32, keys: &[f32]) -> Result<(), Error> {
        self.scale = nearest_distance(keys, width);
        let mut keys = keys.chunks_exact(width.max(1));
        let memory = memory(self.recall, width, self.scale)?;
        self.episodes.rekey(width, Codec::F32, memory, version, |_, _| {
            keys.next().map_or_else(Vec::new, <[f32]>::to_vec)
        })?;
        Ok(())
    }
}

/// The memory that keys lie in, as a state file tells of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keys {
    pub(crate) recall: Recall,
    pub(crate) width: usize,
    pub(crate) scale: f64,
}

/// How much room there is, and who gets it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    /// Most episodes.
    pub(crate) episodes: usize,
    pub(crate) admission: Admission,
    pub(crate) eviction: Eviction,
    /// Looks at this class in its namespace so far.
    pub(crate) seen_of_class: u64,
    /// Episodes that a class in a namespace could have if all had as many.
    pub(crate) share_of_class: u64,
}

/// What an episode is worth: how surprising it was, and half as much how often it answered rightly. Both level off: were
/// use to come first, a full memory would let go of every new exception before it could be of use.
fn worth(episode: &Episode) -> f64 {
    let levelled = |x: f64| x / (1.0 + x);
    let surprise = f64::from(episode.priority) * f64::from(utility(episode));
    levelled(surprise) + 0.5 * levelled(f64::from(episode.usage))
}

/// What an episode is worth to the user.
pub(crate) fn utility(episode: &Episode) -> f32 {
    let bytes = episode.meta.first_chunk::<4>().copied().unwrap_or(1f32.to_le_bytes());
    f32::from_le_bytes(bytes)
}

fn class(episode: &Episode) -> u32 {
    episode.label.unwrap_or(u32::MAX)
}

/// What is kept of one size when the memory is full: the episodes of a class in a namespace.
fn group(episode: &Episode) -> u64 {
    u64::from(episode.namespace) << 32 | u64::from(class(episode))
}

/// The memory that keys lie in; also what a store needs in order to give them back. It is read under the lock of the
/// view, hence by the thread that asks.
pub(crate) fn memory(recall: Recall, width: usize, scale: f64) -> Result<Memory, attractor_memory::Error> {
    let beta = recall.sharpness / scale;
    Memory::builder(width)
        .threads(Threads::Caller)
        .similarity(Similarity::SquaredEuclidean)
        .separation(Separation::topk_renormalised(recall.neighbours, beta)?)
        .build()
}

/// Mean squared distance of some keys to the nearest other one; 1 where that says nothing.
fn nearest_distance(keys: &[f32], width: usize) -> f64 {
    const PROBES: usize = 64;
    let rows: Vec<&[f32]> = keys.chunks_exact(width.max(1)).collect();
    let step = rows.len().div_ceil(PROBES).max(1);
    let (mut sum, mut count) = (0.0, 0.0);
    for (i, a) in rows.iter().enumerate().step_by(step) {
        let distance = |b: &&[f32]| -> f64 { a.iter().zip(*b).map(|(x, y)| f64::from(x - y).powi(2)).sum() };
        let others = rows.iter().enumerate().filter(|(j, _)| *j != i);
        let nearest = others.map(|(_, b)| distance(b)).filter(|d| *d > 0.0).fold(f64::INFINITY, f64::min);
        if nearest.is_finite() {
            sum += nearest;
            count += 1.0;
        }
    }
    let mean = sum / count;
    if mean.is_finite() && mean > 1e-12 { mean } else { 1.0 }
}
