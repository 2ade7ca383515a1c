//! Features of small patches of pictures, learned without labels.
//!
//! The recipe of Coates, Lee and Ng, "An analysis of single-layer networks in unsupervised feature learning"
//! (AISTATS 2011), and of Coates and Ng, "Learning feature representations with k-means" (2012):
//!
//! 1. every square patch `x` of the picture is brought to the same contrast,
//!    `(x - mean(x)) / sqrt(variance(x) + floor)`;
//! 2. it is whitened, `y = W (x - m)`, with `W = (C + epsilon)^(-1/2)` of the covariance `C` of patches;
//! 3. it is compared with centroids that k-means found in such patches ([`Activation`]);
//! 4. what the centroids answer is summed over the cells of a coarse grid ([`Pool`], `grid`);
//! 5. the sums are brought to a common scale ([`Finish`]).
//!
//! Patches without any contrast say nothing and are skipped: a blank picture has no answers at all.

mod fit;
mod kmeans;
mod places;
mod recipe;
mod respond;
mod zca;

use attractor_data::Shape;
use attractor_kernel::Lane;
use attractor_store::wire::{Reader, Writer};

pub use recipe::{Activation, Clustering, Decorrelation, Finish, Patches, Pool, Start};

use super::product::{BATCH, Product};
use super::{Encode, Standardise, check};
use crate::Error;
use places::Places;
use respond::Answers;
use zca::Zca;

pub(super) const KIND: &str = "patches";

/// Learned features of pictures. Made by [`Patches::fit`].
///
/// The features of grid cell `c` (row by row) stand at `c * answers..(c + 1) * answers`, with one answer per
/// centroid, or two for [`Activation::TwoSided`]: first all `d - alpha`, then all `-d - alpha`.
///
/// Time of one picture: `positions * centroids * side^2 * channels` multiplications, less for blank patches.
#[derive(Debug, Clone)]
pub struct PatchFeatures {
    places: Places,
    floor: f32,
    zca: Option<Zca>,
    centroids: Vec<f32>,
    pool: Pool,
    answers: Answers,
    scale: Scale,
}

/// The last step, with its numbers.
#[derive(Debug, Clone)]
enum Scale {
    None,
    SquareRoot,
    Standardise(Standardise),
}

impl PatchFeatures {
    fn new(
        places: Places,
        recipe: (f32, Activation, Pool),
        zca: Option<Zca>,
        centroids: Vec<f32>,
        scale: Scale,
    ) -> Self {
        let (floor, activation, pool) = recipe;
        let answers = Answers::new(activation, zca.as_ref(), &centroids, places.patch());
        Self { places, floor, zca, centroids, pool, answers, scale }
    }

    /// Layout of the pictures that it takes.
    pub fn shape(&self) -> Shape {
        self.places.shape()
    }

    /// Number of centroids.
    pub fn centroids(&self) -> usize {
        self.centroids.len() / self.places.patch()
    }

    /// Answers of all patches, summed into the cells and pooled, before they are scaled.
    fn pooled(&self, picture: &[f32], features: &mut [f32]) {
        let stride = self.answers.stride();
        let mut cues = vec![0.0; BATCH * stride];
        let mut cells = [0; BATCH];
        let mut work = vec![Lane::ZERO; BATCH * self.answers.panels()];
        let mut sums = vec![Lane::ZERO; self.places.cells() * self.answers.lanes()];
        let mut held = 0;
        for (row, column) in self.places.all() {
            if !self.places.patch_at(picture, row, column, self.floor, &mut cues[held * stride..][..stride]) {
                continue;
            }
            cells[held] = self.places.cell(row, column);
            held += 1;
            if held == BATCH {
                self.answers.add(&cues, &cells, &mut work, &mut sums);
                held = 0;
            }
        }
        self.answers.add(&cues[..held * stride], &cells[..held], &mut work, &mut sums);

        let (sides, centroids) = (self.answers.sides(), self.centroids());
        let side = self.answers.lanes() / sides;
        for (i, to) in features.chunks_exact_mut(centroids).enumerate() {
            let from = sums[i * side..][..side].iter().flat_map(|lane| lane.0);
            let factor = match self.pool {
                Pool::Sum => 1.0,
                Pool::Mean => 1.0 / self.places.cell_size(i / sides) as f32,
            };
            to.iter_mut().zip(from).for_each(|(to, sum)| *to = sum * factor);
        }
    }

    pub(super) fn load(from: &mut Reader<'_>) -> Result<Self, Error> {
        const FAULT: &str = "patch features that cannot be";
        let mut size = || check::read_size(from, FAULT);
        let (height, width, channels) = (size()?, size()?, size()?);
        let (side, stride, grid) = (size()?, size()?, size()?);
        let shape = Shape::Image { height, width, channels };
        let places = Places::new(shape, side, stride, grid).map_err(|_| from.fault(FAULT))?;
        let floor = from.f32()?;
        let (activation, alpha) = (from.u8()?, from.f32()?);
        let activation = match activation {
            0 => Activation::Triangle,
            1 => Activation::Threshold { alpha },
            2 => Activation::TwoSided { alpha },
            _ => return Err(from.fault("an activation of unknown kind").into()),
        };
        let pool = match from.u8()? {
            0 => Pool::Sum,
            1 => Pool::Mean,
            _ => return Err(from.fault("a pool of unknown kind").into()),
        };
        let patch = places.patch();
        let zca = match from.u8()? {
            0 => None,
            1 => Some(Zca::load(from, patch)?),
            _ => return Err(from.fault("a decorrelation of unknown kind").into()),
        };
        let centroids = from.f32s()?;
        let count = centroids.len() / patch;
        let fits = count > 0
            && centroids.len() == count * patch
            && centroids.iter().all(|x| x.is_finite())
            && recipe::check_numbers(floor, activation).is_ok()
            && places.check_features(count, activation).is_ok();
        if !fits {
            return Err(from.fault(FAULT).into());
        }
        let scale = match from.u8()? {
            0 => Scale::None,
            1 => Scale::SquareRoot,
            2 => Scale::Standardise(Standardise::load(from)?),
            _ => return Err(from.fault("a scale of unknown kind").into()),
        };
        let features = Self::new(places, (floor, activation, pool), zca, centroids, scale);
        match &features.scale {
            Scale::Standardise(scale) if scale.width() != features.width() => {
                Err(from.fault("statistics of another width").into())
            }
            _ => Ok(features),
        }
    }
}

impl Encode for PatchFeatures {
    fn input(&self) -> usize {
        self.shape().components()
    }

    fn width(&self) -> usize {
        self.places.cells() * self.answers.sides() * self.centroids()
    }

    fn encode(&self, observation: &[f32], features: &mut [f32]) -> Result<(), Error> {
        check::call(observation, self.input(), features, self.width())?;
        self.pooled(observation, features);
        match &self.scale {
            Scale::None => {}
            Scale::SquareRoot => features.iter_mut().for_each(|x| *x = x.sqrt()),
            Scale::Standardise(scale) => scale.apply(features),
        }
        check::made(features)
    }

    fn bytes(&self) -> usize {
        let scale = match &self.scale {
            Scale::None | Scale::SquareRoot => 0,
            Scale::Standardise(scale) => scale.bytes(),
        };
        let zca = self.zca.as_ref().map_or(0, Zca::bytes);
        let centroids = self.centroids.capacity() * size_of::<f32>();
        size_of::<Self>() + scale + zca + centroids + self.answers.bytes()
    }

    fn save(&self, to: &mut Writer) {
        to.str(KIND);
        self.places.numbers().iter().for_each(|&size| to.u64(size as u64));
        to.f32(self.floor);
        let (activation, alpha) = match self.answers.activation() {
            Activation::Triangle => (0, 0.0),
            Activation::Threshold { alpha } => (1, alpha),
            Activation::TwoSided { alpha } => (2, alpha),
        };
        to.u8(activation);
        to.f32(alpha);
        to.u8(match self.pool {
            Pool::Sum => 0,
            Pool::Mean => 1,
        });
        match &self.zca {
            None => to.u8(0),
            Some(zca) => {
                to.u8(1);
                zca.save(to);
            }
        }
        to.f32s(&self.centroids);
        match &self.scale {
            Scale::None => to.u8(0),
            Scale::SquareRoot => to.u8(1),
            Scale::Standardise(scale) => {
                to.u8(2);
                scale.save_numbers(to);
            }
        }
    }
}

#[cfg(test)]
mod tests;
