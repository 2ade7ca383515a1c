//! The learner as a machine of states: the same events, in the same order, give the same bits.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use attractor_data::Shape;
use attractor_store::episodes::Episodes;
use attractor_store::wire::{Reader, Writer};
use ndarray::Array2;

use crate::config::{Config, Slow};
use crate::cortex::{self, Cortex, Plasticity};
use crate::event::{Event, Observation};
use crate::fast::{self, Fast, Look, Room, Written};
use crate::gate::Gate;
use crate::labels::Labels;
use crate::novelty::Familiar;
use crate::perception::{Percept, Perception};
use crate::replay::Draws;
use crate::view::{self, View};
use crate::{Error, check};

/// Observations that are encoded at once, at most.
pub(crate) const AHEAD: usize = 64;
/// Probability below which no surprise grows further.
const LEAST: f64 = 1e-6;

/// A learner without its directory.
#[derive(Debug)]
pub(crate) struct Mind {
    pub(crate) config: Config,
    pub(crate) view: Arc<RwLock<View>>,
    pub(crate) cortex: Option<Box<dyn Cortex>>,
    /// Observations so far.
    pub(crate) seen: u64,
    /// Looks at each class.
    pub(crate) looks: BTreeMap<u32, u64>,
    /// Numbers drawn for admission and eviction.
    draws: u64,
    /// Replays so far.
    pub(crate) replays: u64,
}

impl std::fmt::Debug for dyn Cortex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}({})", self.name(), self.width())
    }
}

impl Mind {
    /// A learner that has seen nothing, of observations of this shape.
    pub(crate) fn new(config: Config, shape: Shape) -> Result<Self, Error> {
        config.check()?;
        let perception = Perception::blank(shape, config.seed)?;
        let fast = Fast::new(config.recall, perception.key_width(), shape.components())?;
        let view = View {
            shape,
            labels: Labels::default(),
            fast,
            perception: Arc::new(perception),
            readout: None,
            gate: Gate::default(),
            familiar: Familiar::default(),
        };
        let mind = Self {
            config,
            view: Arc::new(RwLock::new(view)),
            cortex: None,
            seen: 0,
            looks: BTreeMap::new(),
            draws: 0,
            replays: 0,
        };
        if mind.room() == 0 {
            let needed = mind.fixed_bytes() + mind.bytes_of_episode();
            let (bound, place) = (mind.config.memory_bytes, "bytes of the learner in memory");
            return Err(attractor_store::Error::Bound { needed, bound, place }.into());
        }
        Ok(mind)
    }

    pub(crate) fn view(&self) -> RwLockReadGuard<'_, View> {
        self.view.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn view_mut(&self) -> RwLockWriteGuard<'_, View> {
        self.view.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses what [`Mind::apply`] could not take.
    pub(crate) fn check(&self, event: &Event) -> Result<(), Error> {
        let view = self.view();
        match event {
            Event::Observe(look) => {
                check::pattern(&look.pattern, view.shape.components(), "observation")?;
                view.labels.check(&look.label)?;
                let utility = f64::from(look.utility);
                if !(0.0..=1e6).contains(&utility) {
                    return Err(Error::Parameter { name: "utility", value: utility, limit: "0 to 1e6" });
                }
                if look.meta.len() > 1_000 {
                    let value = look.meta.len() as f64;
                    return Err(Error::Parameter {
                        name: "bytes of meta data",
                        value,
                        limit: "at most 1000",
                    });
                }
                Ok(())
            }
            Event::ForgetEpisode(id) => match view.fast.episodes().get(*id) {
                Some(_) => Ok(()),
                None => Err(attractor_store::Error::UnknownId { id: *id }.into()),
            },
            Event::ForgetLabel(label) => match view.labels.number(label) {
                Some(_) => Ok(()),
                None => Err(Error::UnknownLabel { label: label.clone() }),
            },
            Event::Slept { .. } | Event::Woke => Ok(()),
        }
    }

    /// Takes an event that was checked.
    pub(crate) fn apply(&mut self, event: &Event) -> Result<(), Error> {
        match event {
            Event::Observe(look) => {
                let percept = self.view().perception.see(&look.pattern)?;
                self.observe(look, percept).map(|_| ())
            }
            Event::ForgetEpisode(id) => self.forget_episode(*id),
            Event::ForgetLabel(label) => self.forget_label(label),
            Event::Slept { order, updates } => self.replay(*order, *updates).map(|_| ()),
            Event::Woke => self.prune().map(|_| ()),
        }
    }

    /// Observations until the encoders change: those before it can be encoded ahead.
    pub(crate) fn until_fit(&self) -> u64 {
        self.config.fits.iter().find(|&&at| at > self.seen).map_or(u64::MAX, |at| at - self.seen)
    }

    /// One look. `percept` is what the present encoders make of it.
    pub(crate) fn observe(&mut self, look: &Observation, percept: Percept) -> Result<Written, Error> {
        let opinions = self.view().opinions(&percept)?;
        let known = self.view().labels.number(&look.label);
        let (class, version) = {
            let mut view = self.view_mut();
            (view.labels.intern(&look.label), view.perception.version())
        };
        let at = |system: &[f64]| system.get(class as usize).copied().unwrap_or(0.0);
        let believed = if opinions.slow.is_empty() { at(&opinions.fast) } else { at(&opinions.slow) };
        let surprise = -believed.max(LEAST).ln();

        if let Some(cortex) = &mut self.cortex {
            cortex.learn(&percept.features, class, uptake(cortex.plasticity(), believed))?;
        }
        let looks = self.looks.entry(class).or_default();
        *looks += 1;
        let seen_of_class = *looks;
        let room = Room {
            episodes: self.room(),
            admission: self.config.admission,
            eviction: self.config.eviction,
            seen_of_class,
            share_of_class: self.share_of_class(),
        };
        let mut draws = Draws::new(self.config.seed, "admission", self.draws);
        let written = {
            let mut view = self.view_mut();
            let familiar = known.is_some_and(|class| self.looks.get(&class).is_some_and(|n| *n > 1));
            if familiar {
                // From what was said before the label was shown.
                view.familiar.add(opinions.reading.energy);
            }
            if let Some(right) = opinions.reading.nearest_of(class) {
                view.fast.strengthen(right.id, self.seen)?;
            }
            let look = Look {
                key: &percept.key,
                pattern: &look.pattern,
                class,
                time: self.seen,
                surprise,
                utility: look.utility,
                encoder_version: version,
                meta: &look.meta,
            };
            view.fast.write(&look, &opinions.reading, room, &mut draws)?
        };
        self.draws = draws.counter();
        self.seen += 1;
        self.publish();
        self.look_back()?;
        if self.config.fits.contains(&self.seen) {
            self.fit()?;
        }
        Ok(written)
    }

    /// Shows readers the slow system of this moment.
    pub(crate) fn publish(&self) {
        let Some(cortex) = &self.cortex else { return };
        let readout = cortex.readout();
        let same = |old: &view::Slow| Arc::ptr_eq(&old.0, &readout);
        if !self.view().readout.as_ref().is_some_and(same) {
            self.view_mut().readout = Some(view::Slow(readout));
        }
    }

    /// Learns the encoders anew from the episodes, gives all of them new keys, and teaches a new slow system what
    /// they hold.
    fn fit(&mut self) -> Result<(), Error> {
        let (shape, version) = (self.view().shape, self.view().perception.version() + 1);
        let (patterns, classes) = self.patterns()?;
        if patterns.nrows() == 0 {
            return Ok(());
        }
        let config = &self.config;
        let perception =
            Perception::fit(config.vision, shape, config.features, patterns.view(), version, config.seed)?;
        let mut cortex = new_cortex(config, perception.features())?;
        let rows: Vec<Vec<f32>> = patterns.rows().into_iter().map(|row| row.to_vec()).collect();
        let percepts = perception.see_all(&rows)?;
        if let Some(cortex) = &mut cortex {
            for (percept, &class) in percepts.iter().zip(&classes) {
                cortex.learn(&percept.features, class, 1.0)?;
            }
        }
        let keys: Vec<f32> = percepts.into_iter().flat_map(|percept| percept.key).collect();
        {
            let mut view = self.view_mut();
            view.fast.rekey(perception.key_width(), version, &keys)?;
            view.perception = Arc::new(perception);
            view.familiar.clear();
            view.readout = None;
        }
        self.cortex = cortex;
        self.publish();
        Ok(())
    }

    /// What the episodes hold, in the order of their ids.
    fn patterns(&self) -> Result<(Array2<f32>, Vec<u32>), Error> {
        let view = self.view();
        let episodes = view.fast.episodes();
        let mut patterns = Array2::zeros((episodes.len(), view.shape.components()));
        let mut classes = Vec::with_capacity(episodes.len());
        let mut value = Vec::new();
        for (episode, mut row) in episodes.iter().zip(patterns.rows_mut()) {
            episodes.value(episode.id, &mut value)?;
            row.iter_mut().zip(&value).for_each(|(to, &x)| *to = x);
            classes.push(episode.label.unwrap_or(0));
        }
        Ok((patterns, classes))
    }

    fn forget_episode(&mut self, id: u64) -> Result<(), Error> {
        let (percept, class) = {
            let view = self.view();
            let mut value = Vec::new();
            view.fast.episodes().value(id, &mut value)?;
            let class = view.fast.episodes().get(id).and_then(|episode| episode.label);
            (view.perception.see(&value)?, class)
        };
        if let (Some(cortex), Some(class)) = (&mut self.cortex, class) {
            cortex.unlearn(&percept.features, class, 1.0)?;
        }
        self.view_mut().fast.remove(id)?;
        self.publish();
        Ok(())
    }

    fn forget_label(&mut self, label: &str) -> Result<(), Error> {
        let Some(class) = self.view().labels.number(label) else { return Ok(()) };
        if let Some(cortex) = &mut self.cortex {
            cortex.forget(class);
        }
        {
            let mut view = self.view_mut();
            let of_class = view.fast.episodes().iter().filter(|episode| episode.label == Some(class));
            let ids: Vec<u64> = of_class.map(|episode| episode.id).collect();
            for id in ids {
                view.fast.remove(id)?;
            }
        }
        self.looks.remove(&class);
        self.publish();
        Ok(())
    }

    /// Lets go of episodes whose observations cannot be read, and says what is damaged.
    pub(crate) fn drop_unreadable(&mut self) -> Result<Vec<attractor_store::Error>, Error> {
        let mut view = self.view_mut();
        let episodes = view.fast.episodes();
        let mut value = Vec::new();
        let lost: Vec<u64> = episodes.ids().filter(|&id| episodes.value(id, &mut value).is_err()).collect();
        let damage = episodes.verify();
        lost.into_iter().try_for_each(|id| view.fast.remove(id))?;
        Ok(damage)
    }

    /// Episodes that a class could have if all had as many.
    fn share_of_class(&self) -> u64 {
        self.room() as u64 / self.looks.len().max(1) as u64
    }

    /// Bytes of everything but the episodes, as they may become.
    fn fixed_bytes(&self) -> u64 {
        let m = self.config.features as u64;
        let (input, classes) = {
            let view = self.view();
            (view.shape.components() as u64, view.labels.len().max(64) as u64)
        };
        let slow = match self.config.slow {
            // The normal equations, and the copy that is solved.
            Slow::Ridge => 10 * m * m + 32 * m * classes,
            // The scatter, its block, and the copy that is solved.
            Slow::Discriminant => 26 * m * m + 48 * m * classes,
            Slow::Mean | Slow::None => 32 * m * classes,
            #[cfg(feature = "network")]
            Slow::Network => 40 * m * 256,
        };
        let encoders = Perception::most_bytes(self.config.vision, self.view().shape, self.config.features);
        // What observations become on their way: one row of blocks is learned while the next is encoded.
        let encoders = encoders + 4 * AHEAD as u64 * (2 * input + 2 * m) + (1 << 18);
        slow + encoders
    }

    /// Bytes of one episode in this process. Twice its vectors, since removed ones keep their place for a while.
    fn bytes_of_episode(&self) -> u64 {
        let view = self.view();
        let vectors = 4 * view.perception.key_width() as u64 * 2 + view.shape.components() as u64 + 8;
        2 * vectors + 512
    }

    /// Most episodes.
    pub(crate) fn room(&self) -> usize {
        let left = self.config.memory_bytes.saturating_sub(self.fixed_bytes());
        (left / self.bytes_of_episode().max(1)).min(1 << 31) as usize
    }

    /// Bytes in this process, by component.
    pub(crate) fn bytes(&self) -> [(&'static str, u64); 4] {
        let view = self.view();
        [
            ("episodes", view.fast.bytes()),
            ("slow system", self.cortex.as_ref().map_or(0, |cortex| cortex.bytes() as u64)),
            ("encoders", view.perception.bytes() as u64),
            (
                "labels and gate",
                view.labels.bytes() as u64 + view.gate.bytes() + 2 * 512 * 8 + self.looks.len() as u64 * 48,
            ),
        ]
    }

    pub(crate) fn save(&self, to: &mut Writer) {
        self.config.save(to);
        let view = self.view();
        match view.shape {
            Shape::Vector(n) => [0, n as u64, 0, 0],
            Shape::Image { height, width, channels } => [1, height as u64, width as u64, channels as u64],
        }
        .into_iter()
        .for_each(|n| to.u64(n));
        view.labels.save(to);
        view.perception.save(to);
        to.f64(view.fast.scale());
        view.gate.save(to);
        view.familiar.save(to);
        [self.seen, self.draws, self.replays].into_iter().for_each(|n| to.u64(n));
        to.u64(self.looks.len() as u64);
        for (&class, &looks) in &self.looks {
            to.u32(class);
            to.u64(looks);
        }
        to.u8(u8::from(self.cortex.is_some()));
        self.cortex.iter().for_each(|cortex| cortex.save(to));
    }

    /// A learner from what [`Mind::save`] wrote; `episodes` are made with the memory that the keys lie in.
    pub(crate) fn load(
        from: &mut Reader<'_>,
        episodes: impl FnOnce(fast::Keys) -> Result<Episodes, Error>,
    ) -> Result<Self, Error> {
        let config = Config::load(from)?;
        let shape =
            match [from.u64()?, from.u64()?, from.u64()?, from.u64()?].map(|n| n.min(1 << 20) as usize) {
                [0, n, 0, 0] if n > 0 => Shape::Vector(n),
                [1, height, width, channels] if height * width * channels > 0 => {
                    Shape::Image { height, width, channels }
                }
                _ => return Err(from.fault("a shape that cannot be").into()),
            };
        let labels = Labels::load(from)?;
        let perception = Perception::load(from)?;
        let scale = from.f64()?;
        if !(scale > 0.0 && scale.is_finite()) || perception.input() != shape.components() {
            return Err(from.fault("encoders that do not fit the observations").into());
        }
        let (gate, familiar) = (Gate::load(from)?, Familiar::load(from)?);
        let (seen, draws, replays) = (from.u64()?, from.u64()?, from.u64()?);
        let mut looks = BTreeMap::new();
        for _ in 0..from.count(12)? {
            looks.insert(from.u32()?, from.u64()?);
        }
        let cortex = match from.u8()? {
            0 => None,
            _ => Some(cortex::load(from)?),
        };
        from.end()?;
        if cortex.as_ref().is_some_and(|cortex| cortex.width() != perception.features()) {
            return Err(from.fault("a slow system of another width than its features").into());
        }
        let keys = fast::Keys { recall: config.recall, width: perception.key_width(), scale };
        let fast = Fast::restore(config.recall, episodes(keys)?, scale)?;
        let readout = cortex.as_ref().map(|cortex| view::Slow(cortex.readout()));
        let view = View { shape, labels, perception: Arc::new(perception), fast, readout, gate, familiar };
        let view = Arc::new(RwLock::new(view));
        Ok(Self { config, view, cortex, seen, looks, draws, replays })
    }
}

/// The weight of a first look. A system that is trained in steps takes a larger one for what fits what it knows:
/// that integrates fast and disturbs little (McClelland 2013). A closed form has no steps: all looks are equal.
fn uptake(plasticity: Plasticity, believed: f64) -> f32 {
    match plasticity {
        Plasticity::Closed => 1.0,
        Plasticity::Steps => 1.0 + believed as f32,
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
