//! The memories that are compared, behind one pair of operations.

use attractor_memory::Error;
use attractor_memory::key_value::{Bam, Hebb, KeyValue, OnlineHopfield, Output, Shape, Values, WriteRule};
use ndarray::Array1;
use rand::Rng;

/// Updates after which a Hebbian network is stopped; without clamp it rests long before.
const UPDATES: usize = 1000;

/// A memory of the comparison. Key-value memories have as many slots as a key has entries.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Key-value, slots in turn.
    Sequential,
    /// Key-value, the slot written longest ago.
    LeastRecent,
    /// Key-value, every slot with the same probability; only chosen slots change. This is the
    /// reference network with random slots of the public code.
    Random {
        /// Expected number of slots per write: the probability is this over the number of slots.
        slots_per_write: f64,
    },
    /// The same with values that decay in all slots, the form that was meta-learned.
    RandomPassive {
        /// Expected number of slots per write.
        slots_per_write: f64,
        /// Decay factor of the values per write.
        decay: f64,
    },
    /// Hebbian matrix, no decay, no clamp, synchronous updates to a fixed point. Auto-association.
    Hopfield,
    /// Hebbian matrix with bounded weights, which forgets the oldest. Auto-association.
    Palimpsest,
    /// Hebbian matrix from keys to values, read once: `sign(W x)`.
    Matrix,
    /// The same, read back and forth to a fixed point.
    Bam,
    /// Baseline: keeps every pair and answers with the value of the key of largest overlap.
    NearestStored,
    /// Baseline: stores nothing and answers with the cue, unknown entries guessed +1.
    CueOnly,
}

/// A memory at work.
#[derive(Debug, Clone)]
pub struct Contestant(Inner);

#[derive(Debug, Clone)]
enum Inner {
    Slots(Box<KeyValue>),
    Square(OnlineHopfield),
    Cross { matrix: Bam, rounds: usize },
    All(Vec<(Array1<f64>, Array1<f64>)>),
    Nothing,
}

impl Contestant {
    /// An empty memory for keys and values of these widths.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a width of 0 or a parameter of `kind` out of range,
    /// [`Error::Unsupported`] for an auto-association with two widths.
    pub fn new(kind: Kind, key: usize, value: usize, rng: &mut impl Rng) -> Result<Self, Error> {
        if key != value && matches!(kind, Kind::Hopfield | Kind::Palimpsest | Kind::CueOnly) {
            let what = "this memory recalls its own cue: choose Matrix or Bam for values of another width";
            return Err(Error::Unsupported { what });
        }
        let mut slots = |rule| {
            KeyValue::new(Shape { slots: key, key, value }, rule, rng).map(|m| Inner::Slots(Box::new(m)))
        };
        let p = |slots_per_write: f64| slots_per_write / key as f64;
        let inner = match kind {
            Kind::Sequential => slots(WriteRule::cyclic())?,
            Kind::LeastRecent => slots(WriteRule::least_recent())?,
            Kind::Random { slots_per_write } => slots(WriteRule::bernoulli(p(slots_per_write)))?,
            Kind::RandomPassive { slots_per_write, decay } => slots(WriteRule {
                values: Values::All { decay },
                ..WriteRule::bernoulli(p(slots_per_write))
            })?,
            Kind::Hopfield => Inner::Square(OnlineHopfield::new(key, Hebb::plain())?),
            Kind::Palimpsest => Inner::Square(OnlineHopfield::new(key, Hebb::palimpsest(key))?),
            Kind::Matrix => Inner::Cross { matrix: Bam::new(key, value, Hebb::plain())?, rounds: 1 },
            Kind::Bam => Inner::Cross { matrix: Bam::new(key, value, Hebb::plain())?, rounds: UPDATES },
            Kind::NearestStored => Inner::All(vec![]),
            Kind::CueOnly => Inner::Nothing,
        };
        Ok(Self(inner))
    }

    /// Stores a pair.
    ///
    /// # Errors
    /// Those of the memory: width and finite entries.
    pub fn store(&mut self, x: &Array1<f64>, y: &Array1<f64>, rng: &mut impl Rng) -> Result<(), Error> {
        match &mut self.0 {
            Inner::Slots(memory) => memory.write(x.view(), y.view(), 1.0, rng).map(|_| ()),
            Inner::Square(network) => network.write(x.view(), 1.0),
            Inner::Cross { matrix, .. } => matrix.write(x.view(), y.view(), 1.0),
            Inner::All(pairs) => {
                pairs.push((x.clone(), y.clone()));
                Ok(())
            }
            Inner::Nothing => Ok(()),
        }
    }

    /// The value for a cue; its signs are the answer.
    ///
    /// # Errors
    /// Those of the memory: width, finite entries; [`Error::Empty`] for the nearest of none.
    pub fn recall(&self, cue: &Array1<f64>) -> Result<Array1<f64>, Error> {
        match &self.0 {
            Inner::Slots(memory) => Ok(memory.read(cue.view(), Output::Sign)?.value),
            Inner::Square(network) => Ok(network.recall(cue.view(), UPDATES)?.state),
            Inner::Cross { matrix, rounds } => Ok(matrix.recall(cue.view(), *rounds)?.value),
            Inner::All(pairs) => {
                let overlap = |pair: &&(Array1<f64>, Array1<f64>)| pair.0.dot(cue);
                let best = pairs.iter().max_by(|a, b| overlap(a).total_cmp(&overlap(b)));
                best.map(|pair| pair.1.clone()).ok_or(Error::Empty)
            }
            Inner::Nothing => Ok(cue.mapv(|x| if x == 0.0 { 1.0 } else { x })),
        }
    }
}
