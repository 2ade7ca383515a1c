//! Training on what came, alone or with examples from a buffer.

use ndarray::{Array2, ArrayView2};

use super::buffer::{Buffer, Store};
use super::student::{Student, stack};
use super::{Batch, Recipe, Strategy};
use crate::Error;

/// Trains on what came, and forgets what was. The lower bound.
#[derive(Debug, Clone)]
pub struct Naive(Student);

impl Naive {
    /// With a fresh network.
    ///
    /// # Errors
    /// Widths or a rate that no network can have.
    pub fn new(recipe: &Recipe) -> Result<Self, Error> {
        Ok(Self(Student::new(recipe)?))
    }

    #[cfg(test)]
    pub(super) fn network(&self) -> &attractor_nets::Mlp {
        &self.0.network
    }
}

impl Strategy for Naive {
    fn observe(&mut self, batch: Batch<'_>) -> Result<(), Error> {
        self.0.meet(batch)?;
        self.0.step(batch.inputs(), |terms| terms.classes(0, batch.classes(), 1.0))
    }

    fn close(&mut self, _: Batch<'_>) -> Result<(), Error> {
        Ok(())
    }

    fn scores(&mut self, inputs: ArrayView2<'_, f32>) -> Result<Array2<f32>, Error> {
        self.0.scores(inputs)
    }

    fn bytes(&self) -> usize {
        self.0.bytes()
    }
}

/// How new and kept examples share a loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    /// The mean over all rows, new and kept.
    Together,
    /// `1/T` of the mean over the new and `1 - 1/T` of the mean over the kept ones, in the T-th context (van de Ven
    /// et al. 2022).
    ByContext,
}

/// When examples enter a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intake {
    /// As they are observed, after the step.
    Observed,
    /// When their context ends, each once, so that the present context is not in the buffer.
    Closed,
}

/// How a strategy rehearses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drill {
    /// Examples drawn for each step, at most.
    pub rows: usize,
    /// How they share the loss.
    pub mix: Mix,
    /// When examples are kept.
    pub intake: Intake,
}

/// Experience replay: trains on what came together with as many examples from a buffer.
#[derive(Debug, Clone)]
pub struct Replay {
    student: Student,
    buffer: Buffer,
    drill: Drill,
    /// Contexts that have ended.
    ended: usize,
}

impl Replay {
    /// With a fresh network and an empty buffer.
    ///
    /// # Errors
    /// Widths or a rate that no network can have, no room for one example.
    pub fn new(recipe: &Recipe, store: Store, drill: Drill) -> Result<Self, Error> {
        let student = Student::new(recipe)?;
        let buffer = Buffer::new(student.network.inputs(), 0, store, recipe.seed)?;
        Ok(Self { student, buffer, drill, ended: 0 })
    }

    /// What is kept.
    pub fn buffer(&self) -> &Buffer {
        &self.buffer
    }
}

impl Strategy for Replay {
    fn observe(&mut self, batch: Batch<'_>) -> Result<(), Error> {
        batch.inputs().rows().into_iter().try_for_each(|row| self.buffer.accept(row))?;
        self.student.meet(batch)?;
        let (new, old) = (batch.inputs().nrows(), self.buffer.draw(self.drill.rows));
        let rows = stack(&[batch.inputs().view(), old.inputs.view()])?;
        let share = match self.drill.mix {
            Mix::Together => new as f64 / rows.nrows().max(1) as f64,
            Mix::ByContext if old.classes.is_empty() => 1.0,
            Mix::ByContext => 1.0 / (self.ended + 1) as f64,
        };
        self.student.step(rows.view(), |terms| {
            terms.classes(0, batch.classes(), share);
            terms.classes(new, &old.classes, 1.0 - share);
        })?;
        match self.drill.intake {
            Intake::Observed => fill(&mut self.buffer, batch),
            Intake::Closed => Ok(()),
        }
    }

    fn close(&mut self, context: Batch<'_>) -> Result<(), Error> {
        self.ended += 1;
        if self.drill.intake == Intake::Closed {
            fill(&mut self.buffer, context)?;
        }
        self.buffer.end_context();
        Ok(())
    }

    fn scores(&mut self, inputs: ArrayView2<'_, f32>) -> Result<Array2<f32>, Error> {
        self.student.scores(inputs)
    }

    fn bytes(&self) -> usize {
        self.student.bytes() + self.buffer.bytes()
    }
}

/// Offers every row.
pub(super) fn fill(buffer: &mut Buffer, batch: Batch<'_>) -> Result<(), Error> {
    for (row, &class) in batch.inputs().rows().into_iter().zip(batch.classes()) {
        buffer.offer(row, class, &[])?;
    }
    Ok(())
}
