//! Strategies of class-incremental learning with a network: what is trained on, besides what just came.
//!
//! A [`Strategy`] is shown a sequence of batches. It is not told which context they are from, only when one ends.
//!
//! | strategy | trains on | keeps | source |
//! | --- | --- | --- | --- |
//! | [`Naive`] | what came | nothing | |
//! | [`Replay`] | that, and examples from a buffer | examples | ER: Chaudhry et al. 2019; naive rehearsal: Hsu et al. 2018 |
//! | [`Dark`] | that, and outputs from a buffer | examples, their outputs | DER, DER++: Buzzega et al. 2020 |
//! | [`ClsEr`] | that, and outputs of slower copies | examples, two copies | Arani, Sarfraz and Zonooz 2022 |
//! | [`Rebuild`] | what is kept, from scratch, at the first question | examples, or all | `GDumb`: Prabhu et al. 2020; joint training |
//!
//! All examples that are kept lie in a [`Buffer`], whose limit is in bytes.
//!
//! ```
//! use attractor_learn::strategy::{Batch, Codec, Drill, Intake, Keep, Mix, Recipe, Replay, Strategy, Store};
//! use ndarray::array;
//!
//! let recipe = Recipe::new(&[2, 8, 2], 0.5);
//! let store = Store { bytes: 1024, codec: Codec::F32, keep: Keep::Reservoir };
//! let drill = Drill { rows: 4, mix: Mix::Together, intake: Intake::Observed };
//! let mut learner = Replay::new(&recipe, store, drill)?;
//! let (zeros, ones) = (array![[0.0, 0.1], [0.1, 0.0]], array![[1.0, 0.9], [0.9, 1.0]]);
//! for _ in 0..100 {
//!     learner.observe(Batch::new(zeros.view(), &[0, 0])?)?;
//! }
//! for _ in 0..100 {
//!     learner.observe(Batch::new(ones.view(), &[1, 1])?)?;
//! }
//! let scores = learner.scores(zeros.view())?;
//! assert!(scores[[0, 0]] > scores[[0, 1]]);
//! # Ok::<(), attractor_learn::Error>(())
//! ```

mod buffer;
mod cls_er;
mod dark;
mod rebuild;
mod recipe;
mod replay;
mod student;
#[cfg(test)]
mod tests;

use ndarray::{Array2, ArrayView2};

use crate::Error;

pub use attractor_nets::{Draw, Rule};
pub use buffer::{Buffer, Codec, Drawn, Keep, Store};
pub use cls_er::{ClsEr, Copies};
pub use dark::{Dark, Distillation};
pub use rebuild::{Lessons, Rates, Rebuild};
pub use recipe::{Recipe, Support};
pub use replay::{Drill, Intake, Mix, Naive, Replay};

/// Examples with their classes.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    inputs: ArrayView2<'a, f32>,
    classes: &'a [u32],
}

impl<'a> Batch<'a> {
    /// `inputs` `(rows, width)`, a class for each row.
    ///
    /// # Errors
    /// [`Error::Width`] when there is not one class per row.
    pub fn new(inputs: ArrayView2<'a, f32>, classes: &'a [u32]) -> Result<Self, Error> {
        let (expected, found) = (inputs.nrows(), classes.len());
        if expected != found {
            return Err(Error::Width { expected, found, place: "classes of a batch" });
        }
        Ok(Self { inputs, classes })
    }

    /// The inputs, `(rows, width)`.
    pub fn inputs(&self) -> ArrayView2<'a, f32> {
        self.inputs
    }

    /// A class for each row.
    pub fn classes(&self) -> &'a [u32] {
        self.classes
    }
}

/// What learns from a sequence of batches.
///
/// The same calls in the same order give the same bits, whatever the number of threads.
pub trait Strategy: Send {
    /// Takes up a batch.
    ///
    /// # Errors
    /// Inputs of another width or that are not finite, classes beyond the outputs, weights that diverge.
    fn observe(&mut self, batch: Batch<'_>) -> Result<(), Error>;

    /// A context has ended; these are its examples, each once, for strategies that choose then what to keep.
    ///
    /// # Errors
    /// As [`Strategy::observe`].
    fn close(&mut self, context: Batch<'_>) -> Result<(), Error>;

    /// One score per output for every row of `inputs`: `(rows, outputs)`, the logits of the network that answers.
    ///
    /// # Errors
    /// Inputs of another width or that are not finite.
    fn scores(&mut self, inputs: ArrayView2<'_, f32>) -> Result<Array2<f32>, Error>;

    /// Bytes held: weights, optimiser, copies, buffer.
    fn bytes(&self) -> usize;
}
