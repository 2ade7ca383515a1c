//! New encoders are taken up a little at a time.
//!
//! When encoders have been learned anew, every episode needs another key, and the slow system learns from other
//! features. That is not done at once: after each observation a few episodes are encoded anew, for a second set of keys
//! and a second slow system, while the learner goes on with the old ones. When all are through, the new ones take over
//! together, so that keys of two encoders never meet in one memory. When that will be is decided at the beginning, by
//! the number of observations.

use std::collections::BTreeMap;
use std::sync::Arc;

use attractor_store::wire::{Reader, Writer};
use ndarray::Array2;

use crate::Error;
use crate::config::{Config, Slow};
use crate::cortex::{self, Cortex};
use crate::mind::Mind;
use crate::perception::Perception;

/// Episodes that encoders are learned from, at most.
const SAMPLE: usize = 4_096;
/// Episodes that are encoded anew after each observation, beside one that the observation may have added.
pub(crate) const SLICE: u64 = 64;

/// Encoders that will take over.
#[derive(Debug)]
pub(crate) struct Renewal {
    perception: Arc<Perception>,
    cortex: Option<Box<dyn Cortex>>,
    /// New keys, of the episodes below `next`.
    keys: BTreeMap<u64, Vec<f32>>,
    next: u64,
    /// They take over after so many observations.
    pub(crate) takeover: u64,
}

impl Renewal {
    /// Components of an observation.
    pub(crate) fn input(&self) -> usize {
        self.perception.input()
    }

    /// An episode goes: what was learned of it already is taken back.
    pub(crate) fn forget(&mut self, id: u64, value: &[f32], class: u32) -> Result<(), Error> {
        self.keys.remove(&id);
        if let (Some(cortex), true) = (&mut self.cortex, id < self.next) {
            cortex.unlearn(&self.perception.see(value)?.features, class, 1.0)?;
        }
        Ok(())
    }

    /// A class goes; the keys of its episodes are not asked for any more.
    pub(crate) fn forget_class(&mut self, class: u32) {
        if let Some(cortex) = &mut self.cortex {
            cortex.forget(class);
        }
    }

    pub(crate) fn bytes(&self) -> u64 {
        let parts = self.perception.bytes() + self.cortex.as_ref().map_or(0, |cortex| cortex.bytes());
        parts as u64 + self.keys.len() as u64 * self.bytes_of_key()
    }

    pub(crate) fn bytes_of_key(&self) -> u64 {
        4 * self.perception.key_width() as u64 + 64
    }

    pub(crate) fn save(&self, to: &mut Writer) {
        self.perception.save(to);
        to.u8(u8::from(self.cortex.is_some()));
        self.cortex.iter().for_each(|cortex| cortex.save(to));
        [self.next, self.takeover, self.keys.len() as u64].into_iter().for_each(|n| to.u64(n));
        for (&id, key) in &self.keys {
            to.u64(id);
            to.f32s(key);
        }
    }

    pub(crate) fn load(from: &mut Reader<'_>) -> Result<Self, Error> {
        let perception = Arc::new(Perception::load(from)?);
        let cortex = match from.u8()? {
            0 => None,
            _ => Some(cortex::load(from)?),
        };
        let (next, takeover) = (from.u64()?, from.u64()?);
        let mut keys = BTreeMap::new();
        for _ in 0..from.count(16)? {
            keys.insert(from.u64()?, from.f32s()?);
        }
        let fits = keys.values().all(|key| key.len() == perception.key_width())
            && cortex.as_ref().is_none_or(|cortex| cortex.width() == perception.features());
        match fits {
            true => Ok(Self { perception, cortex, keys, next, takeover }),
            false => Err(from.fault("new encoders that do not fit together").into()),
        }
    }
}

impl Mind {
    /// Learns the encoders anew from the episodes.
    pub(crate) fn begin_renewal(&mut self) -> Result<(), Error> {
        // Should the ones before not have taken over yet.
        self.finish_renewal()?;
        let (shape, version) = (self.view().shape, self.view().perception.version() + 1);
        let sample = self.sample()?;
        if sample.nrows() == 0 {
            return Ok(());
        }
        let config = &self.config;
        let perception =
            Perception::fit(config.vision, shape, config.features, sample.view(), version, config.seed)?;
        let cortex = new_cortex(config, perception.features())?;
        let episodes = self.view().fast.len() as u64;
        let takeover = self.seen - 1 + episodes.div_ceil(SLICE);
        let perception = Arc::new(perception);
        self.renewal = Some(Renewal { perception, cortex, keys: BTreeMap::new(), next: 0, takeover });
        // Rather all at once than to let go of episodes for want of room.
        if (self.room() as u64) < episodes {
            self.finish_renewal()?;
        }
        Ok(())
    }

    /// A few more episodes, after an observation; the new encoders take over when it is time.
    pub(crate) fn continue_renewal(&mut self) -> Result<(), Error> {
        match self.renewal.as_ref().map(|renewal| self.seen >= renewal.takeover) {
            None => Ok(()),
            Some(true) => self.finish_renewal(),
            Some(false) => self.renew(SLICE as usize + 1).map(|_| ()),
        }
    }

    /// All the rest at once, where there is a renewal.
    pub(crate) fn finish_renewal(&mut self) -> Result<(), Error> {
        while self.renew(SLICE as usize)? {}
        let Some(Renewal { perception, cortex, mut keys, .. }) = self.renewal.take() else { return Ok(()) };
        {
            let mut view = self.view_mut();
            let all: Option<Vec<Vec<f32>>> = view.fast.episodes().ids().map(|id| keys.remove(&id)).collect();
            let all = all.ok_or(Error::Broken { why: "an episode without a new key" })?;
            view.fast.rekey(perception.key_width(), perception.version(), &all.concat())?;
            view.perception = perception;
            view.familiar.clear();
            view.readout = None;
        }
        self.cortex = cortex;
        self.publish();
        Ok(())
    }

    /// Encodes the next episodes anew, at most so many; whether there were any.
    fn renew(&mut self, count: usize) -> Result<bool, Error> {
        let Some(mut renewal) = self.renewal.take() else { return Ok(false) };
        let (mut ids, mut classes, mut values) = (Vec::new(), Vec::new(), Vec::new());
        {
            let view = self.view();
            let episodes = view.fast.episodes();
            for episode in episodes.from(renewal.next).take(count) {
                let mut value = Vec::new();
                episodes.value(episode.id, &mut value)?;
                ids.push(episode.id);
                classes.push(episode.label.unwrap_or(0));
                values.push(value);
            }
        }
        for ((percept, id), class) in renewal.perception.see_all(&values)?.into_iter().zip(&ids).zip(classes)
        {
            if let Some(cortex) = &mut renewal.cortex {
                cortex.learn(&percept.features, class, 1.0)?;
            }
            renewal.keys.insert(*id, percept.key);
            renewal.next = id + 1;
        }
        self.renewal = Some(renewal);
        Ok(!ids.is_empty())
    }

    /// What encoders are learned from: the episodes in the order of their ids, or as many of them as are needed.
    fn sample(&self) -> Result<Array2<f32>, Error> {
        let view = self.view();
        let episodes = view.fast.episodes();
        let every = episodes.len().div_ceil(SAMPLE).max(1);
        let ids: Vec<u64> = episodes.ids().step_by(every).collect();
        let mut patterns = Array2::zeros((ids.len(), view.shape.components()));
        let mut value = Vec::new();
        for (id, mut row) in ids.into_iter().zip(patterns.rows_mut()) {
            episodes.value(id, &mut value)?;
            row.iter_mut().zip(&value).for_each(|(to, &x)| *to = x);
        }
        Ok(patterns)
    }
}

fn new_cortex(config: &Config, width: usize) -> Result<Option<Box<dyn Cortex>>, Error> {
    Ok(match config.slow {
        // On a split of MNIST's training digits better than 1e-3 with few examples, and as good with many.
        Slow::Ridge => Some(Box::new(cortex::Ridge::new(width)?.with_strength(1e-2)?)),
        Slow::Mean => Some(Box::new(cortex::NearestMean::new(width)?)),
        Slow::Discriminant => Some(Box::new(cortex::Discriminant::new(width)?)),
        #[cfg(feature = "network")]
        Slow::Network => {
            let settings =
                cortex::NetworkSettings { seed: config.seed, ..cortex::NetworkSettings::default() };
            Some(Box::new(cortex::Network::new(width, settings)?))
        }
        Slow::None => None,
    })
}
