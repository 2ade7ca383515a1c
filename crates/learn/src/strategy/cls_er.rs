//! Experience replay with two slower copies of the network.

use attractor_data::stream;
use attractor_nets::Mlp;
use ndarray::{Array2, ArrayView1, ArrayView2};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::buffer::{Buffer, Store};
use super::replay::fill;
use super::student::{Student, stack};
use super::{Batch, Recipe, Strategy};
use crate::Error;

/// How the copies follow the network, and how they teach it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Copies {
    /// Weight of the squared distance to the outputs of the copies, a mean over examples and outputs.
    pub consistency: f64,
    /// Probability of an update of the stable copy at a step.
    pub stable: f64,
    /// The same for the plastic copy; larger, as a rule.
    pub plastic: f64,
    /// Most that the stable copy keeps of itself at an update.
    pub stable_keep: f64,
    /// The same for the plastic copy.
    pub plastic_keep: f64,
    /// Examples drawn for each step, at most.
    pub rows: usize,
}

/// CLS-ER (Arani, Sarfraz and Zonooz 2022). After step t each copy becomes, with its probability,
/// `a copy + (1 - a) network` with `a = min(1 - 1/(t + 1), keep)`: every weight and every bias of it. On replayed
/// examples the network is pulled towards the outputs of whichever copy gives the true class more probability.
/// The stable copy answers.
#[derive(Debug, Clone)]
pub struct ClsEr {
    student: Student,
    stable: Mlp,
    plastic: Mlp,
    buffer: Buffer,
    copies: Copies,
    steps: u64,
    rng: ChaCha8Rng,
}

impl ClsEr {
    /// With a fresh network, whose copies the slow ones are, and an empty buffer. Examples enter as they are
    /// observed.
    ///
    /// # Errors
    /// As [`super::Replay::new`]; [`Error::Parameter`] for a weight below 0, a probability or a share outside [0, 1].
    pub fn new(recipe: &Recipe, store: Store, copies: Copies) -> Result<Self, Error> {
        let value = copies.consistency;
        if !(value.is_finite() && value >= 0.0) {
            return Err(Error::Parameter { name: "consistency", value, limit: "finite and at least 0" });
        }
        let shares = [
            ("probability of stable updates", copies.stable),
            ("probability of plastic updates", copies.plastic),
            ("share kept by the stable copy", copies.stable_keep),
            ("share kept by the plastic copy", copies.plastic_keep),
        ];
        for (name, value) in shares {
            if !(0.0..=1.0).contains(&value) {
                return Err(Error::Parameter { name, value, limit: "from 0 to 1" });
            }
        }
        let student = Student::new(recipe)?;
        let buffer = Buffer::new(student.network.inputs(), 0, store, recipe.seed)?;
        let (stable, plastic) = (student.network.clone(), student.network.clone());
        let rng = stream(recipe.seed, "strategy/copies");
        Ok(Self { student, stable, plastic, buffer, copies, steps: 0, rng })
    }

    /// The network itself, its plastic and its stable copy.
    pub fn networks(&self) -> [&Mlp; 3] {
        [&self.student.network, &self.plastic, &self.stable]
    }

    /// For each example the outputs of the copy that gives its class more probability.
    fn targets(&self, inputs: ArrayView2<'_, f32>, classes: &[u32]) -> Result<Array2<f32>, Error> {
        let inputs = self.student.scaled(inputs);
        let mut targets = self.plastic.forward(inputs.view())?;
        let stable = self.stable.forward(inputs.view())?;
        for ((mut target, stable), &class) in targets.rows_mut().into_iter().zip(stable.rows()).zip(classes) {
            if probability(stable, class) > probability(target.view(), class) {
                target.assign(&stable);
            }
        }
        Ok(targets)
    }
}

/// Softmax of `logits` at `class`.
fn probability(logits: ArrayView1<'_, f32>, class: u32) -> f64 {
    let own = f64::from(logits[class as usize]);
    1.0 / logits.iter().map(|&x| (f64::from(x) - own).exp()).sum::<f64>()
}

/// `min(1 - 1/(t + 1), keep)` at step t, counted from 1.
fn kept(step: u64, keep: f64) -> f32 {
    (1.0 - 1.0 / (step as f64 + 1.0)).min(keep) as f32
}

impl Strategy for ClsEr {
    fn observe(&mut self, batch: Batch<'_>) -> Result<(), Error> {
        batch.inputs().rows().into_iter().try_for_each(|row| self.buffer.accept(row))?;
        self.student.meet(batch)?;
        let (new, old) = (batch.inputs().nrows(), self.buffer.draw(self.copies.rows));
        let targets = self.targets(old.inputs.view(), &old.classes)?;
        let inputs = stack(&[batch.inputs().view(), old.inputs.view()])?;
        let share = new as f64 / inputs.nrows().max(1) as f64;
        let consistency = self.copies.consistency;
        self.student.step(inputs.view(), |terms| {
            terms.classes(0, batch.classes(), share);
            terms.classes(new, &old.classes, 1.0 - share);
            terms.loss.squared_error(new, targets.view(), consistency);
        })?;
        fill(&mut self.buffer, batch)?;
        self.steps += 1;
        if self.rng.random_bool(self.copies.plastic) {
            self.plastic.follow(&self.student.network, kept(self.steps, self.copies.plastic_keep))?;
        }
        if self.rng.random_bool(self.copies.stable) {
            self.stable.follow(&self.student.network, kept(self.steps, self.copies.stable_keep))?;
        }
        Ok(())
    }

    fn close(&mut self, _: Batch<'_>) -> Result<(), Error> {
        Ok(())
    }

    fn scores(&mut self, inputs: ArrayView2<'_, f32>) -> Result<Array2<f32>, Error> {
        Ok(self.stable.forward(self.student.scaled(inputs).view())?)
    }

    fn bytes(&self) -> usize {
        self.student.bytes() + self.stable.bytes() + self.plastic.bytes() + self.buffer.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn the_average_starts_at_a_half() {
        assert_eq!(kept(1, 0.999), 0.5);
        assert_eq!(kept(9, 0.999), 0.9);
        assert_eq!(kept(u64::MAX, 0.99), 0.99);
    }

    #[test]
    fn probabilities_are_those_of_the_softmax() {
        let p = probability(array![1.0, 2.0].view(), 1);
        assert!((p - 1.0 / (1.0 + (-1f64).exp())).abs() < 1e-12);
        assert_eq!(probability(array![0.0, 3e38].view(), 0), 0.0);
    }
}
