//! The learner as a machine of states: the same events, in the same order, give the same bits.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use attractor_data::Shape;

use crate::config::{Config, Slow};
use crate::cortex::{Cortex, Plasticity};
use crate::event::{Event, Observation};
use crate::fast::{Fast, Look, Room, Written};
use crate::gate::Gate;
use crate::labels::Labels;
use crate::namespaces::{Namespaces, Scope};
use crate::novelty::Familiar;
use crate::perception::{Percept, Perception};
use crate::renewal::Renewal;
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
    /// Encoders that will take over.
    pub(crate) renewal: Option<Renewal>,
    /// Observations so far.
    pub(crate) seen: u64,
    /// Looks at each class in each namespace, `(namespace, class)`.
    pub(crate) looks: BTreeMap<(u32, u32), u64>,
    /// Numbers drawn for admission and eviction.
    pub(crate) draws: u64,
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
            namespaces: Namespaces::default(),
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
            renewal: None,
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
                view.namespaces.check(&look.namespace)?;
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
            Event::ForgetNamespace(namespace) => view.namespaces.scope(Some(namespace)).map(|_| ()),
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
            Event::ForgetNamespace(namespace) => self.forget_namespace(namespace),
            Event::Slept { order, updates } => self.replay(*order, *updates).map(|_| ()),
            Event::Woke => self.prune().map(|_| ()),
        }
    }

    /// Observations until the encoders may change: those before it can be encoded ahead.
    pub(crate) fn until_fit(&self) -> u64 {
        let takeover = self.renewal.as_ref().map(|renewal| renewal.takeover);
        let changes = self.config.fits.iter().copied().chain(takeover);
        changes.filter(|&at| at > self.seen).min().map_or(u64::MAX, |at| at - self.seen)
    }

    /// One look. `percept` is what the present encoders make of it.
    pub(crate) fn observe(&mut self, look: &Observation, percept: Percept) -> Result<Written, Error> {
        let known = self.view().labels.number(&look.label);
        let (class, namespace, version) = {
            let mut view = self.view_mut();
            let namespace = view.namespaces.intern(&look.namespace);
            (view.labels.intern(&look.label), namespace, view.perception.version())
        };
        let opinions = self.view().opinions(&percept, Scope::Of(namespace))?;
        let at = |system: &[f64]| system.get(class as usize).copied().unwrap_or(0.0);
        let believed = if opinions.slow.is_empty() { at(&opinions.fast) } else { at(&opinions.slow) };
        let surprise = -believed.max(LEAST).ln();

        if let Some(cortex) = &mut self.cortex {
            cortex.learn(&percept.features, class, uptake(cortex.plasticity(), believed))?;
        }
        let looks = self.looks.entry((namespace, class)).or_default();
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
            let familiar = known.is_some() && seen_of_class > 1;
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
                namespace,
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
            self.begin_renewal()?;
        }
        self.continue_renewal()?;
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

    /// Episodes that a class in a namespace could have if all had as many.
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
        // By what they may become, not by what they take: room must not depend on how a learner was opened.
        let renewal = self.renewal.as_ref().map_or(0, |_| slow + encoders);
        // What observations become on their way: one row of blocks is learned while the next is encoded.
        let encoders = encoders + 4 * AHEAD as u64 * (2 * input + 2 * m) + (1 << 18);
        slow + encoders + renewal
    }

    /// Bytes of one episode in this process. Twice its vectors, since removed ones keep their place for a while; and
    /// its second key while encoders are learned anew, from the beginning.
    fn bytes_of_episode(&self) -> u64 {
        let view = self.view();
        let vectors = 4 * view.perception.key_width() as u64 * 2 + view.shape.components() as u64 + 8;
        2 * vectors + 512 + self.renewal.as_ref().map_or(0, Renewal::bytes_of_key)
    }

    /// Most episodes.
    pub(crate) fn room(&self) -> usize {
        let left = self.config.memory_bytes.saturating_sub(self.fixed_bytes());
        (left / self.bytes_of_episode().max(1)).min(1 << 31) as usize
    }

    /// Bytes in this process, by component.
    pub(crate) fn bytes(&self) -> [(&'static str, u64); 5] {
        let view = self.view();
        [
            ("episodes", view.fast.bytes()),
            ("slow system", self.cortex.as_ref().map_or(0, |cortex| cortex.bytes() as u64)),
            ("encoders", view.perception.bytes() as u64),
            ("new encoders", self.renewal.as_ref().map_or(0, Renewal::bytes)),
            (
                "labels and gate",
                view.labels.bytes() as u64
                    + view.namespaces.bytes() as u64
                    + view.gate.bytes()
                    + 2 * 512 * 8
                    + self.looks.len() as u64 * 48,
            ),
        ]
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
