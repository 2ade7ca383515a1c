//! Similarity: how a cue and a stored pattern are compared.

use std::fmt;

use attractor_kernel::Measure;

use crate::Error;

/// How a cue `q` and a stored pattern `x` of width `d` are compared. Larger is more alike: distances enter
/// with a minus sign. Source: Ramsauer et al. 2021 (dot), Millidge et al. 2022 (the others).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Similarity {
    /// `x . q`
    #[default]
    Dot,
    /// `x . q / sqrt(d)`
    ScaledDot,
    /// `x . q / (|x| |q|)`; zero where either vector is zero.
    Cosine,
    /// `-|x - q|^2`
    SquaredEuclidean,
    /// `-|x - q|`
    Euclidean,
    /// `-sum |x_j - q_j|`
    Manhattan,
    /// `-sum |x_j - q_j| / 2`: minus the number of components that differ, for patterns of -1 and +1.
    Hamming,
}

impl Similarity {
    /// Every similarity.
    pub const ALL: [Self; 7] = [
        Self::Dot,
        Self::ScaledDot,
        Self::Cosine,
        Self::SquaredEuclidean,
        Self::Euclidean,
        Self::Manhattan,
        Self::Hamming,
    ];

    /// The name that the command line and memory files use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dot => "dot",
            Self::ScaledDot => "scaled-dot",
            Self::Cosine => "cosine",
            Self::SquaredEuclidean => "squared-euclidean",
            Self::Euclidean => "euclidean",
            Self::Manhattan => "manhattan",
            Self::Hamming => "hamming",
        }
    }

    /// The similarity of that name.
    ///
    /// # Errors
    /// [`Error::Choice`] lists the names.
    ///
    /// ```
    /// use attractor_memory::Similarity;
    /// assert_eq!(Similarity::parse("manhattan")?, Similarity::Manhattan);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn parse(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|s| s.name() == name).ok_or_else(|| Error::Choice {
            place: "similarity",
            found: name.to_owned(),
            choices: Self::ALL.map(Self::name).join(", "),
        })
    }

    /// What the kernel sums.
    pub(crate) fn measure(self) -> Measure {
        match self {
            Self::Dot | Self::ScaledDot | Self::Cosine => Measure::Dot,
            Self::SquaredEuclidean => Measure::SquaredDistance,
            Self::Euclidean => Measure::Distance,
            Self::Manhattan | Self::Hamming => Measure::Manhattan,
        }
    }

    /// The factor between what the kernel sums and the similarity, for a cue of norm `norm` and width `d`.
    pub(crate) fn factor(self, norm: f64, d: usize) -> f64 {
        match self {
            Self::Dot => 1.0,
            Self::ScaledDot => 1.0 / (d as f64).sqrt(),
            Self::Cosine if norm > 0.0 => 1.0 / norm,
            Self::Cosine => 0.0,
            Self::SquaredEuclidean | Self::Euclidean | Self::Manhattan => -1.0,
            Self::Hamming => -0.5,
        }
    }

    /// Whether it is linear in the cue: then the energy carries the quadratic term of the state.
    pub(crate) fn is_inner_product(self) -> bool {
        matches!(self, Self::Dot | Self::ScaledDot)
    }
}

impl fmt::Display for Similarity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
