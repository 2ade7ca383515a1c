//! One encoder after the other.

use std::sync::Arc;

use attractor_store::wire::{Reader, Writer};

use super::{Encode, check, load_within};
use crate::Error;

pub(super) const KIND: &str = "chain";

/// Encodes what `first` makes of an observation by `second`: keys from features, for instance.
///
/// Encoders are shared, not copied: the features of a learner and its keys may use the same `first`.
///
/// ```
/// use std::sync::Arc;
/// use attractor_learn::encoder::{Chain, Encode, Random, Statistics};
///
/// let mut statistics = Statistics::new(2);
/// statistics.observe(&[100.0, 0.1])?;
/// statistics.observe(&[300.0, 0.2])?;
/// let chain = Chain::new(Arc::new(statistics.freeze(0.0)?), Arc::new(Random::new(2, 16, 1.0, 7)?))?;
/// assert_eq!((chain.input(), chain.width()), (2, 16));
/// # Ok::<(), attractor_learn::Error>(())
/// ```
#[derive(Clone)]
pub struct Chain {
    first: Arc<dyn Encode>,
    second: Arc<dyn Encode>,
}

impl Chain {
    /// `second` after `first`. Chains may be nested up to seven deep.
    ///
    /// # Errors
    /// When `second` does not take what `first` makes.
    pub fn new(first: Arc<dyn Encode>, second: Arc<dyn Encode>) -> Result<Self, Error> {
        check::width(first.width(), second.input(), "the first encoder of a chain")?;
        Ok(Self { first, second })
    }

    pub(super) fn load(from: &mut Reader<'_>, depth: usize) -> Result<Self, Error> {
        let first = Arc::from(load_within(from, depth)?);
        let second = Arc::from(load_within(from, depth)?);
        Self::new(first, second).map_err(|_| from.fault("a chain whose links do not fit").into())
    }
}

impl Encode for Chain {
    fn input(&self) -> usize {
        self.first.input()
    }

    fn width(&self) -> usize {
        self.second.width()
    }

    fn encode(&self, observation: &[f32], features: &mut [f32]) -> Result<(), Error> {
        check::width(features.len(), self.width(), "features")?;
        let mut between = vec![0.0; self.first.width()];
        self.first.encode(observation, &mut between)?;
        self.second.encode(&between, features)
    }

    fn encode_rows(&self, observations: &[f32], features: &mut [f32]) -> Result<(), Error> {
        let (input, _) = check::rows(observations, self.input(), features, self.width())?;
        let mut between = vec![0.0; observations.len() / input * self.first.width()];
        self.first.encode_rows(observations, &mut between)?;
        self.second.encode_rows(&between, features)
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.first.bytes() + self.second.bytes()
    }

    fn save(&self, to: &mut Writer) {
        to.str(KIND);
        self.first.save(to);
        self.second.save(to);
    }
}
