//! The complementary learner takes part: one look at each example, in the order in which they come.

use attractor_data::Shape;
use attractor_learn::Learner;
use attractor_learn::strategy::Batch;
use ndarray::ArrayView2;
use rayon::prelude::*;

use super::contestant::{Contestant, best};
use crate::experiment::LabError;

/// The learner with its default recipe, in memory.
#[derive(Debug)]
pub(super) struct Ours(Learner);

impl Ours {
    pub(super) fn new(shape: Shape, seed: u64) -> Result<Self, LabError> {
        Ok(Self(Learner::builder().shape(shape).seed(seed).ephemeral()?))
    }
}

impl Contestant for Ours {
    fn observe(&mut self, batch: Batch<'_>, pass: usize) -> Result<(), LabError> {
        if pass == 0 {
            let names: Vec<String> = batch.classes().iter().map(u32::to_string).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            self.0.observe_many(batch.inputs(), &names)?;
        }
        Ok(())
    }

    fn close(&mut self, _: Batch<'_>) -> Result<(), LabError> {
        Ok(())
    }

    fn predict(&mut self, inputs: ArrayView2<'_, f32>, among: &[u32]) -> Result<Vec<u32>, LabError> {
        let reader = self.0.reader();
        let rows: Vec<Vec<f32>> = inputs.rows().into_iter().map(|row| row.to_vec()).collect();
        let answer = |row: &Vec<f32>| -> Result<u32, LabError> {
            let answer = reader.predict(row)?;
            let of = |class: u32| answer.probabilities.iter().find(|(name, _)| name.parse() == Ok(class));
            Ok(best(among, |class| of(class).map_or(-1.0, |(_, p)| *p)))
        };
        rows.par_iter().map(answer).collect()
    }

    fn bytes(&self) -> usize {
        self.0.stats().memory_total() as usize
    }
}
