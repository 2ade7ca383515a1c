//! Who takes part.

use attractor_learn::strategy::{Batch, Strategy};
use ndarray::ArrayView2;

use crate::experiment::LabError;

/// What learns from a stream of contexts, and is asked what it sees.
pub trait Contestant: Send {
    /// Takes up a batch of the present context. In its first pass over a context, `pass` is 0; who learns from one look
    /// takes no notice of the others.
    ///
    /// # Errors
    /// A refusal is a defect of the experiment.
    fn observe(&mut self, batch: Batch<'_>, pass: usize) -> Result<(), LabError>;

    /// The context has ended; these are its examples, each once.
    ///
    /// # Errors
    /// As [`Contestant::observe`].
    fn close(&mut self, context: Batch<'_>) -> Result<(), LabError>;

    /// The class of each row of `inputs`, one of `among`.
    ///
    /// # Errors
    /// As [`Contestant::observe`].
    fn predict(&mut self, inputs: ArrayView2<'_, f32>, among: &[u32]) -> Result<Vec<u32>, LabError>;

    /// Bytes held, everything counted.
    fn bytes(&self) -> usize;
}

/// A strategy takes part with its scores: the class of the highest, the first of equals.
pub(super) struct Trained<S>(pub(super) S);

impl<S: Strategy> Contestant for Trained<S> {
    fn observe(&mut self, batch: Batch<'_>, _: usize) -> Result<(), LabError> {
        Ok(self.0.observe(batch)?)
    }

    fn close(&mut self, context: Batch<'_>) -> Result<(), LabError> {
        Ok(self.0.close(context)?)
    }

    fn predict(&mut self, inputs: ArrayView2<'_, f32>, among: &[u32]) -> Result<Vec<u32>, LabError> {
        let scores = self.0.scores(inputs)?;
        Ok(scores.rows().into_iter().map(|row| best(among, |class| f64::from(row[class as usize]))).collect())
    }

    fn bytes(&self) -> usize {
        self.0.bytes()
    }
}

/// The class of the highest score, the first of equals; 0 among none.
pub(super) fn best(among: &[u32], score: impl Fn(u32) -> f64) -> u32 {
    let scored = among.iter().map(|&class| (class, score(class)));
    scored.reduce(|a, b| if b.1 > a.1 { b } else { a }).map_or(0, |(class, _)| class)
}

/// When a contestant is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// After every context.
    Throughout,
    /// After the last only: whoever trains when asked.
    AtTheEnd,
}

/// Makes a contestant for a seed.
pub type Start = Box<dyn Fn(u64) -> Result<Box<dyn Contestant>, LabError> + Send + Sync>;

/// A contestant and how it takes part.
pub struct Entry {
    /// What the results call it.
    pub name: String,
    /// Makes it.
    pub start: Start,
    /// New examples in a batch, in the first context.
    pub rows: usize,
    /// The same in later contexts, where rehearsal fills a batch up.
    pub later: usize,
    /// When it is asked.
    pub asked: Question,
    /// Whether it is a trivial baseline.
    pub baseline: bool,
}
