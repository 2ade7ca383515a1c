//! The kinds of memory that the demo compares.

use attractor_memory::binary::{DenseMemory, Interaction};
use attractor_memory::classical::{Diagonal, Network, Rule};
use attractor_memory::{Error, Memory, Separation};
use ndarray::ArrayView2;

use super::store::Store;

/// Inverse temperature of every kind that has one.
pub(crate) const BETA: f64 = 1.0;

/// A kind of memory, from the oldest to the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Hebb,
    PseudoInverse,
    Polynomial,
    Exponential,
    Softmax,
    Entmax,
    Sparsemax,
}

impl Kind {
    pub(crate) const ALL: [Self; 7] = [
        Self::Hebb,
        Self::PseudoInverse,
        Self::Polynomial,
        Self::Exponential,
        Self::Softmax,
        Self::Entmax,
        Self::Sparsemax,
    ];

    /// The name in machine-readable output.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hebb => "hebb",
            Self::PseudoInverse => "pseudo-inverse",
            Self::Polynomial => "polynomial",
            Self::Exponential => "exponential",
            Self::Softmax => "softmax",
            Self::Entmax => "entmax",
            Self::Sparsemax => "sparsemax",
        }
    }

    /// The name for people.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Hebb => "classical, Hebb",
            Self::PseudoInverse => "classical, pseudo-inverse",
            Self::Polynomial => "polynomial, n = 3",
            Self::Exponential => "exponential",
            Self::Softmax => "continuous, softmax",
            Self::Entmax => "sparse, entmax 1.5",
            Self::Sparsemax => "sparse, sparsemax",
        }
    }

    /// What it does, in two sentences.
    pub(crate) fn sentences(self) -> &'static str {
        match self {
            Self::Hebb => {
                "All patterns are added up into one table of weights between pixels, and every pixel follows \
                 the vote of the others (Hopfield 1982). Patterns that resemble each other blur together in the \
                 sum, so that a handful of alike characters is already too many."
            }
            Self::PseudoInverse => {
                "The same table of weights, but computed so that what patterns have in common cancels \
                 (Personnaz et al. 1985). It must fail when the patterns span the whole space, here 64 \
                 dimensions: then everything is a memory and nothing is corrected."
            }
            Self::Polynomial => {
                "Patterns are kept one by one, and each votes with the cube of its overlap with the state, so \
                 that the closest one outvotes the rest (Krotov and Hopfield 2016). The number of random \
                 patterns that it holds grows with the square of the number of pixels, and alike patterns \
                 still add up."
            }
            Self::Exponential => {
                "The vote of a pattern grows exponentially with its overlap: one pixel closer counts e^2 times \
                 as much (Demircigil et al. 2017). The number of patterns it holds grows exponentially with \
                 the number of pixels."
            }
            Self::Softmax => {
                "The state is real-valued and becomes the average of all patterns, weighted by the softmax of \
                 their overlaps: the attention of transformers, which is one step of this memory (Ramsauer et \
                 al. 2021). A pixel can be unknown, and a single step usually suffices."
            }
            Self::Entmax => {
                "As softmax, but weights below a threshold are exactly zero (Santos et al. 2024). What is \
                 recalled is then the stored pattern itself, to the last bit, and not a mixture with traces of \
                 the others."
            }
            Self::Sparsemax => {
                "The sparsest of the family: the scores are projected on the simplex, and few patterns keep any \
                 weight (Santos et al. 2024). A lead of 1 / beta in overlap is enough for exact recall."
            }
        }
    }

    /// A memory of this kind that holds the rows of `patterns`, of -1 and +1.
    pub(crate) fn store(self, patterns: ArrayView2<'_, f32>) -> Result<Store, Error> {
        let width = patterns.ncols();
        let classical = |rule| {
            let mut network = Network::new(width, rule)?;
            network.store(patterns)?;
            Ok(Store::Classical(network))
        };
        let dense = |interaction| {
            let mut memory = DenseMemory::new(width, interaction)?;
            memory.store(patterns)?;
            Ok(Store::Dense(memory))
        };
        let continuous = |separation| {
            let mut memory = Memory::builder(width).separation(separation).build()?;
            memory.store(patterns)?;
            Ok(Store::Continuous(memory))
        };
        match self {
            Self::Hebb => classical(Rule::Hebb),
            Self::PseudoInverse => classical(Rule::pseudo_inverse(Diagonal::Zeroed)),
            Self::Polynomial => dense(Interaction::Polynomial(3)),
            Self::Exponential => dense(Interaction::Exponential(BETA)),
            Self::Softmax => continuous(Separation::softmax(BETA)),
            Self::Entmax => continuous(Separation::entmax(1.5, BETA)?),
            Self::Sparsemax => continuous(Separation::sparsemax(BETA)),
        }
    }
}
