//! What a learner makes of an observation: features for the slow system, a key for the fast one.

use std::sync::Arc;

use attractor_data::Shape;
use attractor_store::wire::{Reader, Writer};
use ndarray::ArrayView2;
use rayon::prelude::*;

use crate::Error;
use crate::encoder::patches::{Activation, Clustering, Decorrelation, Finish, Pool, Start};
use crate::encoder::{
    Chain, Direction, Encode, Patches, Project, ROWS, Random, Scaling, Statistics, Whitening, encode_all,
    load,
};

/// Components of the learned part of a key, and of the part that is not learned.
const KEY: usize = 64;
/// Kinds of patches, each with two signs, and cells per side in which their answers are pooled.
const CENTROIDS: usize = 24;
const GRID: usize = 4;
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

impl Vision {
    /// What is meant for observations of this shape.
    fn of(self, shape: Shape) -> Self {
        let picture = matches!(shape, Shape::Image { height, width, .. } if height.min(width) >= 12);
        match self {
            Self::Auto if picture => Self::Patches,
            Self::Auto => Self::Random,
            chosen => chosen,
        }
    }
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
    /// The learned part of a key; `None` before anything was learned.
    key: Option<Arc<dyn Encode>>,
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
        let seen = match vision.of(shape) {
            Vision::Patches => match patches(sample, seed).fit(sample, shape) {
                Ok(patches) => Some(patches),
                // Blank pictures have no patches worth learning: until the next fit they are seen as they are.
                Err(Error::TooFew { .. }) => None,
                Err(error) => return Err(error),
            },
            _ => None,
        };
        let vision = match (vision.of(shape), &seen) {
            (Vision::Patches, None) => Vision::Random,
            (vision, _) => vision,
        };
        let base: Arc<dyn Encode> = match seen {
            Some(patches) => Arc::new(patches),
            None => {
                let mut statistics = Statistics::new(input);
                statistics.observe_all(sample)?;
                Arc::new(statistics.freeze(1e-6)?)
            }
        };
        let based = encode_all(&*base, sample)?;
        let hidden: Option<Arc<dyn Encode>> = match vision {
            Vision::Whitened => Some(Arc::new(Whitening::new(based.ncols().min(256)).fit(based.view())?)),
            Vision::Plain => None,
            // The strength of a stroke says nothing about a digit; the length of a petal says much about a flower.
            Vision::Patches => {
                let direction = Direction::fit(based.view())?;
                let random = Random::new(based.ncols(), width, 0.0, seed)?;
                Some(Arc::new(Chain::new(Arc::new(direction), Arc::new(random))?))
            }
            _ => Some(Arc::new(Random::new(based.ncols(), width, 1.0, seed)?)),
        };
        let components = based.ncols().min(KEY);
        let scaling = if vision == Vision::Patches { Scaling::Unit } else { Scaling::None };
        let whitening = Whitening { components, shrinkage: 0.5, scaling };
        let key: Option<Arc<dyn Encode>> = Some(Arc::new(whitening.fit(based.view())?));
        let raw: Arc<dyn Encode> = Arc::new(Project::new(input, input.min(KEY), seed)?);
        Ok(Self { version, base, hidden, key, raw })
    }

    /// Most bytes that encoders of this kind take.
    pub(crate) fn most_bytes(vision: Vision, shape: Shape, width: usize) -> u64 {
        let input = shape.components();
        let base = match vision.of(shape) {
            // Where blank pictures are seen as they are, the base is the picture.
            Vision::Patches => input.max(2 * CENTROIDS * GRID * GRID),
            _ => input,
        };
        let behind = match vision.of(shape) {
            Vision::Plain => 0,
            Vision::Whitened => base.min(256),
            _ => width.next_multiple_of(16),
        };
        let matrices = base * (behind + KEY) + input * KEY;
        // Means, scales and biases beside them.
        4 * matrices as u64 + 64 * (base + behind + input) as u64 + (1 << 14)
    }

    /// Before anything was seen: keys of the raw observation, and no features worth learning from.
    pub(crate) fn blank(shape: Shape, seed: u64) -> Result<Self, Error> {
        let input = shape.components();
        let raw: Arc<dyn Encode> = Arc::new(Project::new(input, input.min(KEY), seed)?);
        Ok(Self { version: 0, base: Arc::clone(&raw), hidden: None, key: None, raw })
    }

    /// Components of an observation.
    pub(crate) fn input(&self) -> usize {
        self.raw.input()
    }

    /// What every row becomes; rows are spread over the threads.
    pub(crate) fn see_all<P: AsRef<[f32]> + Sync>(&self, patterns: &[P]) -> Result<Vec<Percept>, Error> {
        let blocks = patterns.par_chunks(ROWS).map(|patterns| {
            let rows: Vec<f32> = patterns.iter().flat_map(AsRef::as_ref).copied().collect();
            self.see_rows(&rows)
        });
        Ok(blocks.collect::<Result<Vec<_>, Error>>()?.into_iter().flatten().collect())
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
        self.key.as_ref().map_or(0, |key| key.width()) + self.raw.width()
    }

    /// What `pattern` becomes.
    pub(crate) fn see(&self, pattern: &[f32]) -> Result<Percept, Error> {
        crate::check::width(pattern.len(), self.input(), "an observation")?;
        let percept = self.see_rows(pattern)?.pop();
        percept.ok_or(Error::TooFew { what: "a percept", needed: 1, found: 0 })
    }

    /// What every row becomes, row after row; the bits of one do not depend on the others.
    fn see_rows(&self, rows: &[f32]) -> Result<Vec<Percept>, Error> {
        let base = made_by(&*self.base, rows)?;
        let keys = self.keys_of(rows, &base)?;
        let features = match &self.hidden {
            Some(hidden) => made_by(&**hidden, &base)?,
            None => base,
        };
        let both = features.chunks_exact(self.features()).zip(keys.chunks_exact(self.key_width()));
        Ok(both.map(|(features, key)| Percept { features: features.to_vec(), key: key.to_vec() }).collect())
    }

    /// The key alone.
    pub(crate) fn key(&self, pattern: &[f32]) -> Result<Vec<f32>, Error> {
        let base = made_by(&*self.base, pattern)?;
        self.keys_of(pattern, &base)
    }

    fn keys_of(&self, rows: &[f32], base: &[f32]) -> Result<Vec<f32>, Error> {
        let raw = made_by(&*self.raw, rows)?;
        let Some(learned) = &self.key else { return Ok(raw) };
        let known = made_by(&**learned, base)?;
        let (known_share, raw_share) = (LEARNED.sqrt(), (1.0 - LEARNED).sqrt());
        let mut keys = Vec::with_capacity(known.len() + raw.len());
        for (known, raw) in known.chunks_exact(learned.width()).zip(raw.chunks_exact(self.raw.width())) {
            keys.extend(known.iter().map(|x| x * known_share));
            keys.extend(raw.iter().map(|x| x * raw_share));
        }
        Ok(keys)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.base.bytes()
            + self.hidden.as_ref().map_or(0, |hidden| hidden.bytes())
            + self.key.as_ref().map_or(0, |key| key.bytes())
            + self.raw.bytes()
    }

    pub(crate) fn save(&self, to: &mut Writer) {
        to.u32(self.version);
        self.base.save(to);
        self.raw.save(to);
        for part in [&self.hidden, &self.key] {
            to.u8(u8::from(part.is_some()));
            part.iter().for_each(|part| part.save(to));
        }
    }

    pub(crate) fn load(from: &mut Reader<'_>) -> Result<Self, Error> {
        let version = from.u32()?;
        let (base, raw) = (load(from)?.into(), load(from)?.into());
        let mut part = || -> Result<Option<Arc<dyn Encode>>, Error> {
            Ok(match from.u8()? {
                0 => None,
                _ => Some(load(from)?.into()),
            })
        };
        let (hidden, key) = (part()?, part()?);
        let perception = Self { version, base, hidden, key, raw };
        let base = perception.base.width();
        let fits = perception.hidden.as_ref().is_none_or(|hidden| hidden.input() == base)
            && perception.key.as_ref().is_none_or(|key| key.input() == base)
            && perception.raw.input() == perception.base.input();
        if fits { Ok(perception) } else { Err(from.fault("encoders that do not fit together").into()) }
    }
}

impl std::fmt::Debug for Perception {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Perception").field("version", &self.version).finish_non_exhaustive()
    }
}

/// What an encoder makes of every row.
fn made_by(encoder: &dyn Encode, rows: &[f32]) -> Result<Vec<f32>, Error> {
    let mut made = vec![0.0; rows.len() / encoder.input() * encoder.width()];
    encoder.encode_rows(rows, &mut made)?;
    Ok(made)
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
        centroids: CENTROIDS,
        clustering: Clustering::Spherical,
        start: Start::Sample,
        rounds: 10,
        samples: 60_000,
        // The norm of a normalised patch is its side; cosines above 0.4 answer.
        activation: Activation::TwoSided { alpha: 2.0 },
        pool: Pool::Sum,
        grid: GRID,
        finish: Finish::SquareRoot,
        seed,
    }
}
