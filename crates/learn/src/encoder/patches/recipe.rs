//! What there is to choose.

use crate::Error;
use crate::encoder::check;

/// How patch features are made: the numbers of the recipe.
///
/// ```
/// use attractor_data::{Shape, glyphs};
/// use attractor_learn::encoder::{Encode, Patches, patches::Activation};
///
/// let glyphs = glyphs(); // 8x8 pictures of -1 and +1
/// let recipe = Patches { side: 3, floor: 0.01, centroids: 10, samples: 500, ..Patches::default() };
/// let encoder = recipe.fit(glyphs.patterns(), glyphs.shape())?;
/// assert_eq!((encoder.input(), encoder.width()), (64, 2 * 2 * 10));
///
/// let mut features = vec![0.0; 40];
/// encoder.encode(&[1.0; 64], &mut features)?;
/// assert_eq!(features, [0.0; 40]); // a blank page
/// # Ok::<(), attractor_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Patches {
    /// Rows and columns of a patch, at least 1; default 6.
    pub side: usize,
    /// Pixels from one patch to the next, at least 1; default 1.
    pub stride: usize,
    /// Added to the variance of a patch, in squared units of the pixels; above 0. Default 10, for pixels of 0
    /// to 255: for pixels of 0 to 1 the same is `10 / 255^2 = 1.5e-4`.
    pub floor: f32,
    /// Default [`Decorrelation::Zca`] with an epsilon of 0.1.
    pub decorrelation: Decorrelation,
    /// Number of centroids, at least 1; default 128.
    pub centroids: usize,
    /// Default [`Clustering::Euclidean`].
    pub clustering: Clustering,
    /// Default [`Start::Sample`].
    pub start: Start,
    /// Rounds of k-means, at most; default 10. It stops when no patch changes its centroid. 0 leaves the
    /// centroids at their start.
    pub rounds: usize,
    /// Patches that the centroids are learned from; default 50,000. All that there are where there are fewer.
    pub samples: usize,
    /// Default [`Activation::Triangle`].
    pub activation: Activation,
    /// Default [`Pool::Sum`].
    pub pool: Pool,
    /// The answers are pooled over `grid` times `grid` cells, at least 1; default 2.
    pub grid: usize,
    /// Default [`Finish::SquareRoot`].
    pub finish: Finish,
    /// Seed of the patches drawn and of the start; default 0.
    pub seed: u64,
}

/// Whether the components of a patch are made uncorrelated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Decorrelation {
    /// As they are.
    None,
    /// Times the inverse square root of their covariance, of which `epsilon` (above 0) is added to every
    /// eigenvalue: a small one brings out fine detail, and noise.
    Zca {
        /// In units of the variance of a patch, which is about 1.
        epsilon: f64,
    },
}

/// What the centroids are to come near to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clustering {
    /// `min |y - c|^2`: Lloyd's k-means.
    Euclidean,
    /// `min |y - s c|^2` with `|c| = 1` and any number `s`: spherical k-means, where `y` and `-y` share a
    /// centroid (gain shape vector quantisation, Coates and Ng 2012).
    Spherical,
}

/// Where k-means starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At patches drawn evenly.
    Sample,
    /// At patches drawn by what those before leave unexplained (k-means++, Arthur and Vassilvitskii 2007).
    PlusPlus,
}

/// What centroid `c` answers to patch `y`. A [`Clustering::Spherical`] centroid has no sign of its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// `max(0, mean_k |y - c_k| - |y - c|)`: about half of the centroids are silent.
    Triangle,
    /// `max(0, c . y - alpha)`.
    Threshold {
        /// At least 0.
        alpha: f32,
    },
    /// `max(0, c . y - alpha)` and `max(0, -c . y - alpha)`: two features.
    TwoSided {
        /// At least 0.
        alpha: f32,
    },
}

/// How the answers of the patches of a cell become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pool {
    /// Their sum.
    Sum,
    /// Their sum, divided by the number of patches of the cell, blank ones counted.
    Mean,
}

/// What is done to the pooled answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Finish {
    /// Nothing.
    None,
    /// Their square roots, which makes counts comparable.
    SquareRoot,
    /// Less their mean and divided by `sqrt(variance + epsilon)`, of the pictures of the fit. A feature that
    /// did not vary there is 0.
    Standardise {
        /// At least 0.
        epsilon: f64,
    },
}

impl Default for Patches {
    fn default() -> Self {
        Self {
            side: 6,
            stride: 1,
            floor: 10.0,
            decorrelation: Decorrelation::Zca { epsilon: 0.1 },
            centroids: 128,
            clustering: Clustering::Euclidean,
            start: Start::Sample,
            rounds: 10,
            samples: 50_000,
            activation: Activation::Triangle,
            pool: Pool::Sum,
            grid: 2,
            finish: Finish::SquareRoot,
            seed: 0,
        }
    }
}

impl Patches {
    /// Refuses numbers outside their range, those that depend on the pictures excepted.
    pub(super) fn check(&self) -> Result<(), Error> {
        check_numbers(self.floor, self.activation)?;
        check::parameter("centroids", self.centroids as f64, self.centroids > 0, "at least 1")?;
        if let Decorrelation::Zca { epsilon } = self.decorrelation {
            check::parameter("epsilon", epsilon, epsilon > 0.0 && epsilon.is_finite(), "finite and above 0")?;
        }
        if let Finish::Standardise { epsilon } = self.finish {
            let fits = epsilon >= 0.0 && epsilon.is_finite();
            check::parameter("epsilon", epsilon, fits, "finite and at least 0")?;
        }
        Ok(())
    }
}

/// Refuses numbers with which patches have no finite answers.
pub(super) fn check_numbers(floor: f32, activation: Activation) -> Result<(), Error> {
    check::parameter("floor", f64::from(floor), floor > 0.0 && floor.is_finite(), "finite and above 0")?;
    match activation {
        Activation::Triangle => Ok(()),
        Activation::Threshold { alpha } | Activation::TwoSided { alpha } => {
            let fits = alpha >= 0.0 && alpha.is_finite();
            check::parameter("alpha", f64::from(alpha), fits, "finite and at least 0")
        }
    }
}
