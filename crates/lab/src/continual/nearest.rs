//! Trivial learners on pixels: the nearest class mean, and the nearest example.

use std::collections::BTreeMap;

use attractor_learn::strategy::{Batch, Buffer, Store};
use attractor_memory::{Detail, Dynamics, Memory, Separation, Similarity};
use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::contestant::{Contestant, best};
use crate::experiment::LabError;

/// Running means of the classes; the nearest answers.
#[derive(Debug, Default)]
pub(crate) struct ClassMeans {
    sums: BTreeMap<u32, (Array1<f64>, f64)>,
}

impl Contestant for ClassMeans {
    fn observe(&mut self, batch: Batch<'_>, pass: usize) -> Result<(), LabError> {
        if pass == 0 {
            for (row, &class) in batch.inputs().rows().into_iter().zip(batch.classes()) {
                let (sum, count) = self.sums.entry(class).or_insert_with(|| (Array1::zeros(row.len()), 0.0));
                sum.zip_mut_with(&row, |s, &x| *s += f64::from(x));
                *count += 1.0;
            }
        }
        Ok(())
    }

    fn close(&mut self, _: Batch<'_>) -> Result<(), LabError> {
        Ok(())
    }

    fn predict(&mut self, inputs: ArrayView2<'_, f32>, among: &[u32]) -> Result<Vec<u32>, LabError> {
        let mean = |(sum, count): &(Array1<f64>, f64)| (sum / *count).mapv(|x| x as f32);
        let means: BTreeMap<u32, Array1<f32>> = self.sums.iter().map(|(&c, held)| (c, mean(held))).collect();
        let closeness = |row: ndarray::ArrayView1<'_, f32>, class: u32| match means.get(&class) {
            Some(mean) => f64::from(2.0 * row.dot(mean) - mean.dot(mean)),
            None => f64::NEG_INFINITY,
        };
        Ok(inputs.rows().into_iter().map(|row| best(among, |class| closeness(row, class))).collect())
    }

    fn bytes(&self) -> usize {
        self.sums.values().map(|(sum, _)| sum.len() * 8 + 16).sum()
    }
}

/// As many examples of each class as fit; the class of the nearest one answers, read from an associative memory.
#[derive(Debug)]
pub(super) struct NearestExample {
    buffer: Buffer,
    memory: Option<(Memory, Vec<u32>)>,
    classes: usize,
}

impl NearestExample {
    pub(super) fn new(width: usize, classes: usize, store: Store, seed: u64) -> Result<Self, LabError> {
        Ok(Self { buffer: Buffer::new(width, 0, store, seed)?, memory: None, classes })
    }

    /// Patterns are the examples of `among`, values their classes, one hot.
    fn remember(&self, among: &[u32]) -> Result<Memory, LabError> {
        let all = self.buffer.rows(&(0..self.buffer.len()).collect::<Vec<_>>());
        let rows: Vec<usize> =
            (0..all.classes.len()).filter(|&row| among.contains(&all.classes[row])).collect();
        let mut values = Array2::zeros((rows.len(), self.classes));
        for (at, &row) in rows.iter().enumerate() {
            values[[at, all.classes[row] as usize]] = 1.0;
        }
        let builder = Memory::builder(all.inputs.ncols()).similarity(Similarity::SquaredEuclidean);
        let mut memory = builder.separation(Separation::argmax()).values(self.classes).build()?;
        memory.store_pairs(all.inputs.select(Axis(0), &rows).view(), values.view())?;
        Ok(memory)
    }
}

impl Contestant for NearestExample {
    fn observe(&mut self, batch: Batch<'_>, pass: usize) -> Result<(), LabError> {
        if pass == 0 {
            for (row, &class) in batch.inputs().rows().into_iter().zip(batch.classes()) {
                self.buffer.offer(row, class, &[])?;
            }
            self.memory = None;
        }
        Ok(())
    }

    fn close(&mut self, _: Batch<'_>) -> Result<(), LabError> {
        self.buffer.end_context();
        Ok(())
    }

    fn predict(&mut self, inputs: ArrayView2<'_, f32>, among: &[u32]) -> Result<Vec<u32>, LabError> {
        let memory = match self.memory.take() {
            Some((memory, of)) if of == among => memory,
            _ => self.remember(among)?,
        };
        let (memory, _) = self.memory.insert((memory, among.to_vec()));
        let look = Dynamics { steps: 0, detail: Detail::States, ..Dynamics::default() };
        let values = memory.recall_with(inputs, &look)?.values.unwrap_or_default();
        let answer = |row: ndarray::ArrayView1<'_, f32>| best(among, |class| f64::from(row[class as usize]));
        Ok(values.rows().into_iter().map(answer).collect())
    }

    fn bytes(&self) -> usize {
        self.buffer.bytes()
    }
}
