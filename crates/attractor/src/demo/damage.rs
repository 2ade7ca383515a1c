//! What is done to the characters before they are asked for.

use attractor_data::{Corruption, Error, Region, Shape};
use ndarray::{Array2, ArrayView2};
use rand::Rng;

/// Damage that the table has a column for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Damage {
    /// This share of the pixels is inverted, and nobody says which.
    Flipped(f64),
    /// The lower half is gone; the upper half is known to be right.
    Halved,
}

/// Damaged patterns.
pub(crate) struct Cues {
    /// `(n, d)`; unknown components are 0.
    pub(crate) states: Array2<f32>,
    /// Components that are known to be right, in every row.
    pub(crate) held: Vec<usize>,
}

impl Damage {
    pub(crate) const ALL: [Self; 4] =
        [Self::Flipped(0.05), Self::Flipped(0.1), Self::Flipped(0.2), Self::Halved];
    /// The damage of the capacity plot and of the characters that are watched.
    pub(crate) const SHOWN: Self = Self::Flipped(0.1);

    pub(crate) fn name(self) -> String {
        match self {
            Self::Flipped(share) => format!("flip:{share}"),
            Self::Halved => "mask:lower:0.5".to_owned(),
        }
    }

    pub(crate) fn title(self) -> String {
        match self {
            Self::Flipped(share) => format!("{:.0} % flipped", share * 100.0),
            Self::Halved => "half masked".to_owned(),
        }
    }

    pub(crate) fn apply(
        self,
        patterns: ArrayView2<'_, f32>,
        shape: Shape,
        rng: &mut impl Rng,
    ) -> Result<Cues, Error> {
        let corruption = match self {
            Self::Flipped(share) => Corruption::Flip { share },
            Self::Halved => Corruption::Mask { region: Region::Lower(0.5), fill: 0.0 },
        };
        let damaged = corruption.apply(patterns, shape, rng)?;
        // Flips leave nothing known, and the lower half is the same in every row.
        let held = (0..patterns.ncols()).filter(|&i| damaged.known.column(i).iter().all(|k| *k)).collect();
        Ok(Cues { states: damaged.cues, held })
    }
}
