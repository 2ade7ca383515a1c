//! The digits that are learned, held out, and tested on.

use attractor_data::{Part, Scale, Set, catalogue, split_set};
use ndarray::{Array2, ArrayView2, s};

use crate::experiment::{Context, Extent, LabError};

/// Patterns from -1 to 1, `(rows, 784)`, and their classes.
pub(super) struct Digits {
    patterns: Array2<f32>,
    classes: Vec<u32>,
}

/// Some of them.
#[derive(Clone, Copy)]
pub(super) struct Chosen<'a> {
    pub(super) patterns: ArrayView2<'a, f32>,
    pub(super) classes: &'a [u32],
}

impl Digits {
    /// Training and test digits; a smoke run takes a few of both from the smaller file.
    pub(super) fn read(context: &Context<'_>) -> Result<[Self; 2], LabError> {
        let root = context.data.clone().unwrap_or_else(catalogue::root);
        let part = |part| Ok::<_, LabError>(split_set(&root, "mnist", part)?.scaled(Scale::Signed));
        let test = part(Part::Test)?;
        Ok(match context.extent() {
            Extent::Full => [Self::of(part(Part::Train)?), Self::of(test)],
            Extent::Smoke => {
                let few: Vec<usize> = (1_200..1_500).collect();
                [Self::of(test.take(1_200)), Self::of(test.subset(&few)?)]
            }
        })
    }

    fn of(set: Set) -> Self {
        let classes = set.labels().unwrap_or_default().to_vec();
        Self { patterns: set.into_patterns(), classes }
    }

    pub(super) fn all(&self) -> Chosen<'_> {
        self.some(0, self.classes.len())
    }

    /// All but the last sixth, and the last sixth: 50,000 and 10,000 of 60,000.
    pub(super) fn split(&self) -> [Chosen<'_>; 2] {
        let kept = self.classes.len() - self.classes.len() / 6;
        [self.some(0, kept), self.some(kept, self.classes.len())]
    }

    fn some(&self, from: usize, to: usize) -> Chosen<'_> {
        Chosen { patterns: self.patterns.slice(s![from..to, ..]), classes: &self.classes[from..to] }
    }
}

impl Chosen<'_> {
    /// Per cent of them that are not what was said.
    pub(super) fn wrong(&self, said: &[u32]) -> f64 {
        let wrong = said.iter().zip(self.classes).filter(|(said, class)| said != class).count();
        100.0 * wrong as f64 / self.classes.len().max(1) as f64
    }
}
