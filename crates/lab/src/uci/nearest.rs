//! The classes of the nearest rows.

use ndarray::{ArrayView1, ArrayView2};
use rayon::prelude::*;

use super::{Cases, Method, Model, check_width, refused};
use crate::LabError;

/// The most frequent class among the nearest training rows by Euclidean distance; of equally frequent classes the one
/// whose nearest row is nearest, of equally near rows the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nearest {
    /// Rows that are asked, at least 1; at most all there are.
    pub neighbours: usize,
}

struct Fitted {
    neighbours: usize,
    train: Cases,
}

impl Method for Nearest {
    fn name(&self) -> String {
        format!("nearest neighbours, {}", self.neighbours)
    }

    fn fit(&self, train: &Cases, _: Option<usize>, _: u64) -> Result<Box<dyn Model>, LabError> {
        train.check()?;
        if self.neighbours == 0 {
            return Err(refused("neighbours", 0.0, "at least 1"));
        }
        Ok(Box::new(Fitted { neighbours: self.neighbours.min(train.classes.len()), train: train.clone() }))
    }
}

impl Model for Fitted {
    fn classify(&self, rows: ArrayView2<'_, f32>) -> Result<Vec<u32>, LabError> {
        check_width(self.train.rows.ncols(), rows)?;
        Ok((0..rows.nrows()).into_par_iter().map(|row| self.vote(rows.row(row))).collect())
    }
}

impl Fitted {
    fn vote(&self, row: ArrayView1<'_, f32>) -> u32 {
        let stored = self.train.rows.outer_iter();
        let mut order: Vec<(f32, usize)> =
            stored.enumerate().map(|(place, stored)| (squared(row, stored), place)).collect();
        let by_distance = |a: &(f32, usize), b: &(f32, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        if self.neighbours < order.len() {
            order.select_nth_unstable_by(self.neighbours - 1, by_distance);
            order.truncate(self.neighbours);
        }
        order.sort_unstable_by(by_distance);
        let mut votes = vec![0usize; self.train.count()];
        order.iter().for_each(|&(_, place)| votes[self.train.classes[place] as usize] += 1);
        let most = votes.iter().max().copied().unwrap_or(0);
        let classes = order.iter().map(|&(_, place)| self.train.classes[place]);
        classes.into_iter().find(|&class| votes[class as usize] == most).unwrap_or(0)
    }
}

fn squared(a: ArrayView1<'_, f32>, b: ArrayView1<'_, f32>) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}
