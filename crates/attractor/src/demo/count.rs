//! How many patterns come back whole.

use attractor_data::{Set, stream};
use attractor_lab::Summary;
use ndarray::{Array2, ArrayView1};
use rand::seq::index::sample;
use serde::Serialize;

use super::damage::{Cues, Damage};
use super::kind::Kind;

/// Who answers: a memory, or the trivial baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Memory(Kind),
    /// Compares the cue with every stored pattern and copies the nearest.
    Nearest,
}

/// Patterns recalled, over independent runs.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Count {
    /// Every pixel has the right sign.
    pub(crate) recalled: Summary,
    /// Every pixel is the stored number itself.
    pub(crate) exact: Summary,
}

impl Answer {
    pub(crate) fn all() -> Vec<Self> {
        Kind::ALL.into_iter().map(Self::Memory).chain([Self::Nearest]).collect()
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Memory(kind) => kind.name(),
            Self::Nearest => "nearest",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Memory(kind) => kind.title(),
            Self::Nearest => "(baseline: nearest stored)",
        }
    }
}

/// Stores `stored` patterns of `set`, drawn anew in each of `runs` runs, damages them all, and counts.
pub(crate) fn count(
    set: &Set,
    answer: Answer,
    stored: usize,
    damage: Damage,
    runs: usize,
    seed: u64,
) -> anyhow::Result<Count> {
    let (mut recalled, mut exact) = (Vec::new(), Vec::new());
    for run in 0..runs {
        // The same patterns and the same cues for every kind.
        let rows = sample(&mut stream(seed, &format!("patterns {run}")), set.len(), stored).into_vec();
        let part = set.subset(&rows)?;
        let mut rng = stream(seed, &format!("damage {} {run}", damage.name()));
        let cues = damage.apply(part.patterns(), part.shape(), &mut rng)?;
        let states = match answer {
            Answer::Memory(kind) => kind.store(part.patterns())?.recall(cues.states.view(), &cues.held)?,
            Answer::Nearest => nearest(&part, &cues),
        };
        let rows = || part.patterns().into_outer_iter().zip(states.outer_iter());
        recalled.push(rows().filter(|(pattern, state)| same_signs(*pattern, *state)).count() as f64);
        exact.push(rows().filter(|(pattern, state)| pattern == state).count() as f64);
    }
    Ok(Count { recalled: Summary::of(&recalled), exact: Summary::of(&exact) })
}

/// Whether two patterns agree in the sign of every component.
pub(crate) fn same_signs(a: ArrayView1<'_, f32>, b: ArrayView1<'_, f32>) -> bool {
    a.iter().zip(b).all(|(x, y)| (*x > 0.0) == (*y > 0.0))
}

fn nearest(part: &Set, cues: &Cues) -> Array2<f32> {
    let mut states = cues.states.clone();
    // Unknown components are 0 and agree with nobody.
    for (overlaps, mut state) in cues.states.dot(&part.patterns().t()).outer_iter().zip(states.rows_mut()) {
        let best = overlaps.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)));
        if let Some((row, _)) = best {
            state.assign(&part.patterns().row(row));
        }
    }
    states
}
