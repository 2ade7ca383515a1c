//! What a learner makes of an observation: features for the slow system, a key for the fast one.

use std::sync::Arc;

use attractor_data::Shape;
use attractor_store::wire::{Reader, Writer};
use ndarray::ArrayView2;

use crate::Error;
use crate::encoder::{
    Activation, Chain, Clustering, Decorrelation, Direction, Encode, Finish, Patches, Pool, Project, Random, Scaling,
    Start, Statistics, Whitening, load,
};

/// Components of the learned part of a key, and of the part that is not learned.
const KEY: usize = 64;
/// Share of the squared distance of two keys that their learned parts decide.
const LEARNED: f32 = 0.5;

/// How observations become features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Vision {
    /// [`Vision::Patches`] for pictures of at least 12 x 12 pixels, else [`Vision::Random`].
    #[default]
    Auto,
    /// Standardised components as they are.
    Plain,
    /// Principal components of equal variance, at most 256.
    Whitened,
    /// Random rectified features of the standardised components.
    Random,
    /// Patches learned without labels, pooled, then random rectified features of them.
    Patches,
}

/// One version of a learner's encoders.
///
/// A key has two parts of equal rank: principal components of the learned features, which know what matters, and a
/// random projection of the raw observation, from which no learned structure can hide what is new.
#[derive(Clone)]
pub(crate) struct Perception {
    version: u32,
    /// Shared by both systems.
    base: Arc<dyn Encode>,
    /// Behind the base, for the slow system; `None` where that learns from the base.
    hidden: Option<Arc<dyn Encode>>,
    key: Arc<dyn Encode>,
    raw: Arc<dyn Encode>,
}

/// What an observation became.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Percept {
    pub(crate) features: Vec<f32>,
    pub(crate) key: Vec<f32>,
}

impl Perception {
    /// Learns encoders from a `sample` `(n, components of shape)`; `width` features for the slow system.
    pub(crate) fn fit(
        vision: Vision,
        shape: Shape,
        width: usize,
        sample: ArrayView2<'_, f32>,
        version: u32,
        seed: u64,
    ) -> Result<Self, Error> {
        let input = shape.components();
        let picture = matches!(shape, Shape::Image { height, width, .. } if height.min(width) >= 12);
        let vision = match vision {
            Vision::Auto if picture => Vision::Patches,
            Vision::Auto => Vision::Random,
            chosen => chosen,
        };
        let base: Arc<dyn Encode> = match vision {
            Vision::Patches => Arc::new(patches(sample, seed).fit(sample, shape)?),
            _ => {
                let mut statistics = Statistics::new(input);
                statistics.observe_all(sample)?;
                Arc::new(statistics.freeze(1e-6)?)
            }
        };
        let based = encode_rows(&*base, sample)?;
        let hidden: Option<Arc<dyn Encode>> = match vision {
            Vision::Whitened => Some(Arc::new(Whitening::new(based.ncols().min(256)).fit(based.view())?)),
            Vision::Plain => None,
            _ => {
                let direction = Direction::fit(based.view())?;
                let bias = if vision == Vision::Patches { 0.0 } else { 0.5 / (based.ncols() as f32).sqrt() };
                let random = Random::new(based.ncols(), width, bias, seed)?;
                Some(Arc::new(Chain::new(Arc::new(direction), Arc::new(random))?))
            }
        };
        let components = based.ncols().min(KEY);
        let whitening = Whitening { components, shrinkage: 0.5, scaling: Scaling::Unit };
        let key: Arc<dyn Encode> = Arc::new(whitening.fit(based.view())?);
        let raw: Arc<dyn Encode> = Arc::new(Project::new(input, input.min(KEY), seed)?);
        Ok(Self { version, base, hidden, key, raw })
    }

    pub(crate) fn version(&self) -> u32 {
        self.version
    }

    /// Components of the features.
    pub(crate) fn features(&self) -> usize {
        self.hidden.as_ref().map_or(self.base.width(), |hidden| hidden.width())
    }

    /// Components of a key.
    pub(crate) fn key_width(&self) -> usize {
        self.key.width() + self.raw.width()
    }

    /// What `pattern` becomes.
    pub(crate) fn see(&self, pattern: &[f32]) -> Result<Percept, Error> {
        let mut base = vec![0.0; self.base.width()];
        self.base.encode(pattern, &mut base)?;
        let key = self.key_of(pattern, &base)?;
        let features = match &self.hidden {
            Some(hidden) => {
                let mut features = vec![0.0; hidden.width()];
                hidden.encode(&base, &mut features)?;
                features
            }
            None => base,
        };
        Ok(Percept { features, key })
    }

    /// The key alone.
    pub(crate) fn key(&self, pattern: &[f32]) -> Result<Vec<f32>, Error> {
        let mut base = vec![0.0; self.base.width()];
        self.base.encode(pattern, &mut base)?;
        self.key_of(pattern, &base)
    }

    fn key_of(&self, pattern: &[f32], base: &[f32]) -> Result<Vec<f32>, Error> {
        let mut key = vec![0.0; self.key_width()];
        let (learned, raw) = key.split_at_mut(self.key.width());
        self.key.encode(base, learned)?;
        self.raw.encode(pattern, raw)?;
        learned.iter_mut().for_each(|x| *x *= LEARNED.sqrt());
        raw.iter_mut().for_each(|x| *x *= (1.0 - LEARNED).sqrt());
        Ok(key)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.base.bytes() + self.hidden.as_ref().map_or(0, |hidden| hidden.bytes()) + self.key.bytes() + self.raw.bytes()
    }

    pub(crate) fn save(&self, to: &mut Writer) {
        to.u32(self.version);
        [&self.base, &self.key, &self.raw].into_iter().for_each(|encoder| encoder.save(to));
        to.u8(u8::from(self.hidden.is_some()));
        self.hidden.iter().for_each(|hidden| hidden.save(to));
    }

    pub(crate) fn load(from: &mut Reader<'_>) -> Result<Self, Error> {
        let version = from.u32()?;
        let (base, key, raw) = (load(from)?.into(), load(from)?.into(), load(from)?.into());
        let hidden = match from.u8()? {
            0 => None,
            _ => Some(load(from)?.into()),
        };
        let perception = Self { version, base, hidden, key, raw };
        let base = perception.base.width();
        let fits = perception.hidden.as_ref().is_none_or(|hidden| hidden.input() == base)
            && perception.key.input() == perception.base.width()
            && perception.raw.input() == perception.base.input();
        if fits { Ok(perception) } else { Err(from.fault("encoders that do not fit together").into()) }
    }
}

impl std::fmt::Debug for Perception {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Perception").field("version", &self.version).finish_non_exhaustive()
    }
}

/// Found on a split of MNIST's training digits: few centroids of small patches, both signs, and the random features
/// behind them do better than many centroids alone.
fn patches(sample: ArrayView2<'_, f32>, seed: u64) -> Patches {
    let range = sample.iter().fold(0.0f32, |m, x| m.max(x.abs()));
    let unit = if range > 0.0 { range } else { 1.0 };
    Patches {
        side: 5,
        stride: 1,
        floor: (unit * 10.0 / 255.0).powi(2),
        decorrelation: Decorrelation::None,
        centroids: 24,
        clustering: Clustering::Spherical,
        start: Start::Sample,
        rounds: 10,
        samples: 60_000,
        // The norm of a normalised patch is its side; cosines above 0.4 answer.
        activation: Activation::TwoSided { alpha: 2.0 },
        pool: Pool::Sum,
        grid: 4,
        finish: Finish::SquareRoot,
        seed,
    }
}

fn encode_rows(encoder: &dyn Encode, rows: ArrayView2<'_, f32>) -> Result<ndarray::Array2<f32>, Error> {
    crate::encoder::encode_all(encoder, rows)
}
