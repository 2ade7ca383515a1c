//! One separation step, told by pattern: which ones answer a cue, and how much.

use ndarray::ArrayView2;
use serde::Serialize;

use super::pass::{Answers, Source, answers};
use super::{Memory, check_rows};
use crate::Error;

/// The patterns that answer one cue, after one separation step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Association {
    /// Every pattern with weight, in the order of ids.
    pub answers: Vec<Associate>,
    /// `-Omega*(theta) / beta`: how well the memory knows the cue, low for well. The first component of
    /// [`Energy`](super::Energy) for distances; for inner products without the terms of the state.
    pub energy: f64,
}

/// One pattern that answers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Associate {
    /// Its id.
    pub id: u64,
    /// Its similarity to the cue.
    pub similarity: f64,
    /// Its weight.
    pub weight: f64,
}

impl Association {
    /// `1 / sum p_i^2` of the normalised weights: how many patterns answer. Zero when none does.
    pub fn effective(&self) -> f64 {
        let (sum, squares) = self
            .answers
            .iter()
            .fold((0.0, 0.0), |(sum, squares), a| (sum + a.weight.abs(), squares + a.weight * a.weight));
        if squares > 0.0 { sum * sum / squares } else { 0.0 }
    }

    /// The pattern with the largest weight; ties go to the lower id.
    pub fn leading(&self) -> Option<&Associate> {
        let first = self.answers.first()?;
        Some(self.answers.iter().fold(first, |best, a| if a.weight > best.weight { a } else { best }))
    }
}

impl Memory {
    /// The patterns that answer each row of `cues`, `(n, width)`, after one separation step: one pass, whatever
    /// is stored. This is how a memory is read for evidence rather than for a state.
    ///
    /// What comes back depends on the stored patterns and their order alone, not on the batch, the number of
    /// threads, or the patterns that were removed before, to the bit.
    ///
    /// # Errors
    /// An empty memory; cues of another width or with entries that are not finite; a separation that gives
    /// every pattern weight, such as softmax: take [`Separation::topk_renormalised`](crate::Separation) or
    /// another sparse one, or [`Memory::weights`].
    ///
    /// ```
    /// use attractor_memory::{Memory, Separation, Similarity};
    /// use ndarray::array;
    ///
    /// let mut memory = Memory::builder(2)
    ///     .similarity(Similarity::SquaredEuclidean)
    ///     .separation(Separation::topk_renormalised(2, 1.0)?)
    ///     .build()?;
    /// memory.store(array![[0.0, 0.0], [1.0, 0.0], [9.0, 9.0]].view())?;
    /// let found = memory.associate(array![[0.5, 0.0]].view())?;
    /// let ids: Vec<u64> = found[0].answers.iter().map(|a| a.id).collect();
    /// assert_eq!(ids, [0, 1]);
    /// assert_eq!(found[0].effective(), 2.0);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn associate(&self, cues: ArrayView2<'_, f32>) -> Result<Vec<Association>, Error> {
        self.associate_in(self.source(), cues)
    }

    /// As [`Memory::associate`], as if only the patterns for which `among` is true were stored: to the bit, unless the
    /// separation needs the sum over all patterns ([`Separation::topk_keep`](crate::Separation)), whose last bits
    /// depend on where they lie. It is asked once for every stored pattern, in the order of ids.
    ///
    /// # Errors
    /// As [`Memory::associate`], with [`Error::Empty`] also when `among` is true for none.
    ///
    /// ```
    /// use attractor_memory::{Memory, Separation, Similarity};
    /// use ndarray::array;
    ///
    /// let mut memory = Memory::builder(1)
    ///     .similarity(Similarity::SquaredEuclidean)
    ///     .separation(Separation::topk_renormalised(1, 1.0)?)
    ///     .build()?;
    /// memory.store(array![[0.0], [1.0], [9.0]].view())?;
    /// let found = memory.associate_among(array![[0.1]].view(), |id| id != 0)?;
    /// assert_eq!(found[0].answers[0].id, 1);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn associate_among(
        &self,
        cues: ArrayView2<'_, f32>,
        mut among: impl FnMut(u64) -> bool,
    ) -> Result<Vec<Association>, Error> {
        let (marks, count) = self.keys.marked(|row| among(self.ids[row]));
        self.associate_in(Source { among: Some(&marks), count, ..self.source() }, cues)
    }

    fn associate_in(&self, source: Source<'_>, cues: ArrayView2<'_, f32>) -> Result<Vec<Association>, Error> {
        if source.count == 0 {
            return Err(Error::Empty);
        }
        check_rows(self.threads, cues, self.width(), "cues")?;
        let found = answers(source, cues).ok_or(Error::Unsupported {
            what: "this separation gives every pattern weight: associate needs a sparse one, such as topk",
        })?;
        let beta = self.separation.beta();
        let told = |answers: Answers| Association {
            answers: answers
                .rows
                .into_iter()
                .map(|(row, theta, weight)| Associate { id: self.ids[row], similarity: theta / beta, weight })
                .collect(),
            energy: -answers.conjugate / beta,
        };
        Ok(found.into_iter().map(told).collect())
    }
}
