//! Gradient-boosted trees, of the crate `forust-ml`.

use forust_ml::{GradientBooster, Matrix};
use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

use super::{Cases, Method, Model, Trial, accuracy, check_width, refused};
use crate::LabError;

/// Trees that correct the logarithmic loss of those before them (Friedman 2001, with the second derivatives of Chen and
/// Guestrin 2016): one sequence per class against the rest, one for two classes. A round is a tree in each sequence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Boosted {
    /// Most rounds, at least 1.
    pub rounds: usize,
    /// Share of a tree's correction that is taken, above 0.
    pub rate: f32,
    /// Depth of a tree, at least 1.
    pub depth: usize,
}

/// Rounds between two measurements on rows for choosing: fewer would choose among accidents of few rows.
const STRIDE: usize = 20;

struct Fitted {
    width: usize,
    /// Components that vary, which the trees read.
    varied: Vec<usize>,
    sequences: Vec<Sequence>,
}

/// How much one class is to be preferred.
struct Sequence {
    class: u32,
    /// The score before any tree.
    start: f64,
    booster: Option<GradientBooster>,
}

impl Boosted {
    fn grow(&self, train: &Cases, rounds: usize, seed: u64) -> Result<Fitted, LabError> {
        train.check()?;
        if rounds == 0 || self.depth == 0 {
            return Err(refused("rounds and depth", rounds.min(self.depth) as f64, "at least 1"));
        }
        if !(self.rate > 0.0 && self.rate.is_finite()) {
            return Err(refused("rate", f64::from(self.rate), "finite and above 0"));
        }
        let varies = |&column: &usize| {
            let column = train.rows.column(column);
            column.iter().any(|&value| value != column[0])
        };
        let varied: Vec<usize> = (0..train.rows.ncols()).filter(varies).collect();
        let mut present: Vec<u32> = train.classes.clone();
        present.sort_unstable();
        present.dedup();
        // The score of the first of two classes is 0.
        let skip = usize::from(present.len() == 2);
        let (columns, n) = (columns(train.rows.view(), &varied), train.rows.nrows());
        let sequence = |&class: &u32| {
            if present.len() == 1 || varied.is_empty() {
                let share = train.classes.iter().filter(|&&other| other == class).count() as f64 / n as f64;
                return Ok(Sequence { class, start: share - 1.0 / present.len() as f64, booster: None });
            }
            let targets: Vec<f64> =
                train.classes.iter().map(|&other| f64::from(u8::from(other == class))).collect();
            let mut booster = GradientBooster::default()
                .set_iterations(rounds)
                .set_learning_rate(self.rate)
                .set_max_depth(self.depth)
                .set_seed(seed)
                .set_parallel(false);
            booster
                .fit_unweighted(&Matrix::new(&columns, n, varied.len()), &targets, None)
                .map_err(|reason| LabError::Peer { name: "forust-ml", reason: reason.to_string() })?;
            Ok(Sequence { class, start: booster.base_score, booster: Some(booster) })
        };
        let mut sequences: Vec<Sequence> =
            present[skip..].par_iter().map(sequence).collect::<Result<_, LabError>>()?;
        if skip == 1 {
            sequences.insert(0, Sequence { class: present[0], start: 0.0, booster: None });
        }
        Ok(Fitted { width: train.rows.ncols(), varied, sequences })
    }
}

impl Method for Boosted {
    fn name(&self) -> String {
        format!("boosted trees, depth {}, rate {}", self.depth, self.rate)
    }

    fn fit(&self, train: &Cases, rounds: Option<usize>, seed: u64) -> Result<Box<dyn Model>, LabError> {
        Ok(Box::new(self.grow(train, rounds.unwrap_or(self.rounds), seed)?))
    }

    fn trial(&self, train: &Cases, held: &Cases, seed: u64) -> Result<Trial, LabError> {
        let fitted = self.grow(train, self.rounds, seed)?;
        let mut best = Trial { accuracy: f64::NEG_INFINITY, rounds: None };
        fitted.staged(held.rows.view(), |round, scores| {
            let found = accuracy(&fitted.best(scores), &held.classes);
            if found > best.accuracy && (round % STRIDE == 0 || round == self.rounds) {
                best = Trial { accuracy: found, rounds: Some(round) };
            }
        })?;
        Ok(best)
    }
}

impl Fitted {
    /// Calls `see` with the scores `(rows, sequences)` after each round.
    fn staged(
        &self,
        rows: ArrayView2<'_, f32>,
        mut see: impl FnMut(usize, &Array2<f64>),
    ) -> Result<(), LabError> {
        check_width(self.width, rows)?;
        let columns = columns(rows, &self.varied);
        let matrix = Matrix::new(&columns, rows.nrows(), self.varied.len());
        let starts: Vec<f64> = self.sequences.iter().map(|sequence| sequence.start).collect();
        let mut scores = Array2::from_shape_fn((rows.nrows(), starts.len()), |(_, class)| starts[class]);
        let rounds = |sequence: &Sequence| sequence.booster.as_ref().map_or(0, |booster| booster.trees.len());
        let rounds = self.sequences.iter().map(rounds).max().unwrap_or(0);
        for round in 0..rounds.max(1) {
            for (sequence, mut scores) in self.sequences.iter().zip(scores.axis_iter_mut(Axis(1))) {
                if let Some(tree) = sequence.booster.as_ref().and_then(|booster| booster.trees.get(round)) {
                    let corrections = tree.predict(&matrix, false, &f64::NAN);
                    scores.iter_mut().zip(corrections).for_each(|(score, by)| *score += by);
                }
            }
            see(round + 1, &scores);
        }
        Ok(())
    }

    /// The class with the highest of its `scores`, of equals the first.
    fn best(&self, scores: &Array2<f64>) -> Vec<u32> {
        let best = |row: ndarray::ArrayView1<'_, f64>| {
            let place = (0..row.len()).rev().max_by(|&a, &b| row[a].total_cmp(&row[b]));
            self.sequences[place.unwrap_or(0)].class
        };
        scores.outer_iter().map(best).collect()
    }
}

impl Model for Fitted {
    fn classify(&self, rows: ArrayView2<'_, f32>) -> Result<Vec<u32>, LabError> {
        let mut last = Array2::zeros((0, 0));
        self.staged(rows, |_, scores| last.clone_from(scores))?;
        Ok(self.best(&last))
    }
}

/// These components, one after the other.
fn columns(rows: ArrayView2<'_, f32>, varied: &[usize]) -> Vec<f64> {
    varied.iter().flat_map(|&column| rows.column(column).to_vec()).map(f64::from).collect()
}
