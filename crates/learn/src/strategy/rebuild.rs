//! Keeping examples, and training from scratch when asked.

use attractor_data::stream;
use ndarray::{Array2, ArrayView2};
use rand::seq::SliceRandom;

use super::buffer::{Buffer, Codec, Keep, Store};
use super::replay::{Intake, fill};
use super::student::Student;
use super::{Batch, Recipe, Strategy};
use crate::Error;

/// How a learning rate moves over the epochs of a training from scratch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rates {
    /// That of the recipe, throughout.
    Constant,
    /// A tenth of that of the recipe in the first epoch, then from the whole down to `least` along half a cosine, in
    /// cycles of 1, 2, 4, ... epochs (Loshchilov and Hutter 2017). Without the gentle start, descent at 0.05 with
    /// momentum leaves all units of two layers of 400 dead. After a whole number of cycles, 2, 4, 8, 16, 32, ...
    /// epochs, it has arrived.
    Restarts {
        /// The rate at the end of a cycle.
        least: f64,
    },
}

impl Rates {
    /// The rate in `epoch`, counted from 0.
    fn at(self, rate: f64, epoch: usize) -> f64 {
        match self {
            Self::Constant => rate,
            Self::Restarts { least } => {
                if epoch == 0 {
                    return rate * 0.1;
                }
                let cycle = epoch.ilog2();
                let (start, length) = (1 << cycle, 1 << cycle);
                let share = (epoch - start) as f64 / f64::from(length);
                least + (rate - least) * 0.5 * (1.0 + (std::f64::consts::PI * share).cos())
            }
        }
    }
}

/// How a network is trained from scratch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lessons {
    /// Times that every example is shown.
    pub epochs: usize,
    /// Examples in a step.
    pub rows: usize,
    /// The learning rate over the epochs.
    pub rates: Rates,
    /// When examples are kept.
    pub intake: Intake,
}

/// Trains nothing while it observes; when it is asked, and something came since it was last, it trains a fresh network
/// on what it keeps.
///
/// With a [`Keep::Balanced`] store this is `GDumb` (Prabhu et al. 2020), with [`Rebuild::joint`] it is training on
/// everything at once: the upper bound.
#[derive(Debug, Clone)]
pub struct Rebuild {
    recipe: Recipe,
    buffer: Buffer,
    lessons: Lessons,
    trained: Option<Student>,
    idle: Student,
}

impl Rebuild {
    /// With an empty buffer.
    ///
    /// # Errors
    /// As [`super::Replay::new`]; [`Error::Parameter`] for steps of no rows, or a least rate that is not above 0.
    pub fn new(recipe: &Recipe, store: Store, lessons: Lessons) -> Result<Self, Error> {
        if lessons.rows == 0 {
            return Err(Error::Parameter { name: "examples in a step", value: 0.0, limit: "at least 1" });
        }
        if let Rates::Restarts { least } = lessons.rates
            && !(least.is_finite() && least > 0.0)
        {
            return Err(Error::Parameter { name: "least rate", value: least, limit: "finite and above 0" });
        }
        let idle = Student::new(recipe)?;
        let buffer = Buffer::new(idle.network.inputs(), 0, store, recipe.seed)?;
        Ok(Self { recipe: recipe.clone(), buffer, lessons, trained: None, idle })
    }

    /// Keeps everything, with `codec`.
    ///
    /// # Errors
    /// As [`Rebuild::new`].
    pub fn joint(recipe: &Recipe, codec: Codec, lessons: Lessons) -> Result<Self, Error> {
        Self::new(recipe, Store { bytes: usize::MAX, codec, keep: Keep::Reservoir }, lessons)
    }

    fn take(&mut self, batch: Batch<'_>) -> Result<(), Error> {
        self.idle.meet(batch)?;
        fill(&mut self.buffer, batch)?;
        self.trained = None;
        Ok(())
    }

    fn train(&self) -> Result<Student, Error> {
        let mut student = self.idle.clone();
        let mut order: Vec<usize> = (0..self.buffer.len()).collect();
        let mut rng = stream(self.recipe.seed, "strategy/rebuild");
        for epoch in 0..self.lessons.epochs {
            student.optimiser.set_rate(self.lessons.rates.at(self.recipe.rate, epoch))?;
            order.shuffle(&mut rng);
            for rows in order.chunks(self.lessons.rows) {
                let lesson = self.buffer.rows(rows);
                student.step(lesson.inputs.view(), |terms| terms.classes(0, &lesson.classes, 1.0))?;
            }
        }
        Ok(student)
    }
}

impl Strategy for Rebuild {
    fn observe(&mut self, batch: Batch<'_>) -> Result<(), Error> {
        match self.lessons.intake {
            Intake::Observed => self.take(batch),
            Intake::Closed => Ok(()),
        }
    }

    fn close(&mut self, context: Batch<'_>) -> Result<(), Error> {
        if self.lessons.intake == Intake::Closed {
            self.take(context)?;
        }
        self.buffer.end_context();
        Ok(())
    }

    fn scores(&mut self, inputs: ArrayView2<'_, f32>) -> Result<Array2<f32>, Error> {
        let student = match self.trained.take() {
            Some(trained) => trained,
            None => self.train()?,
        };
        self.trained.insert(student).scores(inputs)
    }

    fn bytes(&self) -> usize {
        let students = self.idle.bytes() + self.trained.as_ref().map_or(0, Student::bytes);
        students + self.buffer.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_fall_and_restart() {
        let rates = Rates::Restarts { least: 0.1 };
        let of: Vec<f64> = (0..8).map(|epoch| rates.at(1.1, epoch)).collect();
        let cosine = |share: f64| 0.1 + 0.5 * (1.0 + (std::f64::consts::PI * share).cos());
        let expected = [0.11, 1.1, 1.1, cosine(0.5), 1.1, cosine(0.25), cosine(0.5), cosine(0.75)];
        assert!(of.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{of:?}");
        assert_eq!(Rates::Constant.at(0.3, 17), 0.3);
    }
}
