//! Dark experience replay: outputs are kept with the examples, and are kept up.

use ndarray::{Array2, ArrayView2, s};

use super::buffer::{Buffer, Keep, Store};
use super::student::{Student, stack};
use super::{Batch, Recipe, Strategy};
use crate::Error;

/// How much the past counts in dark experience replay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distillation {
    /// Weight of the squared distance to the outputs that were kept, a mean over examples and outputs.
    pub alpha: f64,
    /// Weight of the cross-entropy of examples of a second draw; 0 is DER, above 0 DER++.
    pub beta: f64,
    /// Examples in each draw, at most.
    pub rows: usize,
}

/// DER and DER++ (Buzzega et al. 2020): the outputs of an example, as they were in the step in which it came and
/// before that step moved the weights, are kept with it in a reservoir; later steps pull the outputs towards them.
#[derive(Debug, Clone)]
pub struct Dark {
    student: Student,
    buffer: Buffer,
    distillation: Distillation,
}

impl Dark {
    /// With a fresh network and an empty buffer. Examples enter as they are observed.
    ///
    /// # Errors
    /// As [`super::Replay::new`]; [`Error::Parameter`] for a weight that is negative or not finite.
    pub fn new(recipe: &Recipe, store: Store, distillation: Distillation) -> Result<Self, Error> {
        for (name, value) in [("alpha", distillation.alpha), ("beta", distillation.beta)] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(Error::Parameter { name, value, limit: "finite and at least 0" });
            }
        }
        let student = Student::new(recipe)?;
        let (width, outputs) = (student.network.inputs(), student.network.outputs());
        let buffer = Buffer::new(width, outputs, store, recipe.seed)?;
        Ok(Self { student, buffer, distillation })
    }

    #[cfg(test)]
    pub(super) fn kept(&self) -> super::Drawn {
        self.buffer.rows(&(0..self.buffer.len()).collect::<Vec<_>>())
    }

    /// Room for `examples` examples in a reservoir.
    pub fn store(recipe: &Recipe, examples: usize, codec: super::Codec) -> Store {
        let (first, last) = (recipe.widths.first(), recipe.widths.last());
        let sizes = (first.copied().unwrap_or(0), last.copied().unwrap_or(0));
        Store::of(examples, sizes.0, sizes.1, codec, Keep::Reservoir)
    }
}

impl Strategy for Dark {
    fn observe(&mut self, batch: Batch<'_>) -> Result<(), Error> {
        batch.inputs().rows().into_iter().try_for_each(|row| self.buffer.accept(row))?;
        self.student.meet(batch)?;
        let Distillation { alpha, beta, rows } = self.distillation;
        // A term without weight draws nothing: DER, and ER, are exactly themselves.
        let mut draw = |weight: f64| self.buffer.draw(if weight > 0.0 { rows } else { 0 });
        let (matched, named) = (draw(alpha), draw(beta));
        let inputs = stack(&[batch.inputs().view(), matched.inputs.view(), named.inputs.view()])?;
        let new = batch.inputs().nrows();
        let mut outputs = Array2::zeros((0, 0));
        self.student.step(inputs.view(), |terms| {
            outputs = terms.loss.outputs().slice(s![..new, ..]).to_owned();
            terms.classes(0, batch.classes(), 1.0);
            terms.loss.squared_error(new, matched.outputs.view(), alpha);
            terms.classes(new + matched.classes.len(), &named.classes, beta);
        })?;
        let inputs = batch.inputs();
        let examples = inputs.rows().into_iter().zip(batch.classes()).zip(outputs.rows());
        for ((row, &class), outputs) in examples {
            self.buffer.offer(row, class, outputs.as_slice().unwrap_or_default())?;
        }
        Ok(())
    }

    fn close(&mut self, _: Batch<'_>) -> Result<(), Error> {
        Ok(())
    }

    fn scores(&mut self, inputs: ArrayView2<'_, f32>) -> Result<Array2<f32>, Error> {
        self.student.scores(inputs)
    }

    fn bytes(&self) -> usize {
        self.student.bytes() + self.buffer.bytes()
    }
}
