//! The normal equations, and their solution.

use attractor_store::wire::{Reader, Writer};

use super::rows::{NOBODY, Rows};
use crate::Error;
use crate::cortex::classes::Classes;
use crate::cortex::later::System;
use crate::cortex::linear::Solution;
use crate::cortex::{check, factor};

/// `G = sum w h h^T` (lower triangle, f32) and `Q = sum w h y^T` (f64, one row per slot), the constant first.
///
/// G is that of the features less a `centre` that never changes, and so keeps the digits that the features' common
/// mean would take from f32. What is solved is the same regression in other coordinates: see [`Equations`].
#[derive(Debug)]
pub(super) struct Normal {
    order: usize,
    centre: Vec<f32>,
    gram: Vec<f32>,
    targets: Vec<f64>,
}

impl Normal {
    /// Nothing yet; the centre is the mean of `rows`, and 0 where there are none.
    pub(super) fn new(rows: &Rows) -> Self {
        let order = rows.order;
        let mut sums = vec![0.0; order];
        for (row, _, _) in rows.iter() {
            sums.iter_mut().zip(row).for_each(|(sum, &h)| *sum += f64::from(h));
        }
        let count = rows.len().max(1) as f64;
        let centre = sums[1..].iter().map(|sum| (sum / count) as f32).collect();
        Self { order, centre, gram: vec![0.0; order * order], targets: vec![] }
    }

    /// Adds all rows, as one update of G.
    pub(super) fn add(&mut self, rows: &Rows, classes: usize) {
        self.targets.resize(classes * self.order, 0.0);
        for (row, slot, weight) in rows.iter().filter(|(_, slot, _)| *slot != NOBODY) {
            let target = &mut self.targets[slot as usize * self.order..][..self.order];
            let weight = f64::from(weight);
            target.iter_mut().zip(row).for_each(|(q, &h)| *q += weight * f64::from(h));
        }
        if rows.len() == 0 {
            return;
        }
        let mut centred = rows.values.clone();
        for row in centred.chunks_exact_mut(self.order) {
            row[1..].iter_mut().zip(&self.centre).for_each(|(h, centre)| *h -= centre);
        }
        if rows.weights.iter().all(|&weight| weight == 1.0) {
            return factor::add_gram(&mut self.gram, self.order, &centred, &centred);
        }
        let weighted: Vec<f32> = centred
            .chunks_exact(self.order)
            .zip(&rows.weights)
            .flat_map(|(row, weight)| row.iter().map(move |h| weight * h))
            .collect();
        factor::add_gram(&mut self.gram, self.order, &weighted, &centred);
    }

    /// Nothing is a target of `slot` any more.
    pub(super) fn disown(&mut self, slot: usize) {
        if let Some(target) = self.targets.get_mut(slot * self.order..(slot + 1) * self.order) {
            target.fill(0.0);
        }
    }

    /// What there is to solve at this moment.
    pub(super) fn system(&self, classes: &Classes, penalty: f64) -> Equations {
        let live: Vec<usize> = classes.live().collect();
        let mut targets = Vec::with_capacity(live.len() * self.order);
        for &slot in &live {
            let target = &self.targets[slot * self.order..][..self.order];
            targets.push(target[0]);
            targets.extend(
                target[1..].iter().zip(&self.centre).map(|(q, &centre)| q - f64::from(centre) * target[0]),
            );
        }
        Equations {
            order: self.order,
            bound: classes.bound(),
            numbers: live.iter().map(|&slot| classes.number(slot)).collect(),
            gram: factor::pack(&self.gram, self.order),
            targets,
            centre: self.centre.clone(),
            penalty,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        4 * (self.gram.capacity() + self.centre.capacity()) + 8 * self.targets.capacity()
    }

    pub(super) fn save(&self, to: &mut Writer) {
        to.f32s(&self.centre);
        to.f32s(&factor::pack(&self.gram, self.order));
        to.f64s(&self.targets);
    }

    pub(super) fn load(from: &mut Reader<'_>, order: usize, classes: usize) -> Result<Self, Error> {
        let centre = check::f32s(from, order - 1)?;
        let packed = check::f32s(from, order * (order + 1) / 2)?;
        let targets = from.f64s()?;
        if targets.len() > classes * order || !targets.len().is_multiple_of(order) {
            return Err(from.fault("targets of classes that there are not").into());
        }
        if targets.iter().any(|q| !q.is_finite()) {
            return Err(from.fault("targets that are not finite").into());
        }
        Ok(Self { order, centre, gram: factor::unpack(&packed, order), targets })
    }
}

/// `(G + lambda I) W = Q`, as it stood when it fell due, in coordinates less the centre m.
///
/// With `h = m + h'`, the scores `w.h + b` are `w.h' + b'` with `b = b' - m.w`, so that the penalty
/// `|w|^2 + b^2` becomes the form R with `1` at the constant, `-m` beside it and `I + m m^T` below:
/// `(G' + lambda R) W' = Q'` has the very same solution.
pub(super) struct Equations {
    order: usize,
    bound: usize,
    numbers: Vec<u32>,
    centre: Vec<f32>,
    gram: Vec<f32>,
    targets: Vec<f64>,
    penalty: f64,
}

impl Equations {
    /// `G' + lambda R`, its lower triangle.
    fn matrix<T: From<f32> + Copy + Default + std::ops::AddAssign>(
        &self,
        round: impl Fn(f64) -> T,
    ) -> Vec<T> {
        let n = self.order;
        let mut matrix: Vec<T> = factor::unpack(&self.gram, n);
        matrix[0] += round(self.penalty);
        for (j, &m_j) in self.centre.iter().enumerate() {
            matrix[j + 1] += round(-self.penalty * f64::from(m_j));
            let column = &mut matrix[(j + 1) * n + j + 1..(j + 2) * n];
            let share = self.penalty * f64::from(m_j);
            column
                .iter_mut()
                .zip(&self.centre[j..])
                .for_each(|(g, &m_i)| *g += round(share * f64::from(m_i)));
            column[0] += round(self.penalty);
        }
        matrix
    }

    /// By an f32 factor, and refinement of what it gives against the residual in f64.
    fn refined(&self) -> Option<Vec<f64>> {
        let n = self.order;
        let mut matrix = self.matrix(|x| x as f32);
        factor::cholesky(&mut matrix, n)?;
        let mut weights = vec![0.0; self.targets.len()];
        let mut residual = self.targets.clone();
        for pass in 0..=REFINEMENTS {
            // Scaled to 1, so that f32 holds it.
            let size = residual.iter().fold(0.0, |m, r| f64::max(m, r.abs()));
            if size == 0.0 {
                break;
            }
            let mut step: Vec<f32> = residual.iter().map(|r| (r / size) as f32).collect();
            factor::solve(&matrix, n, &mut step);
            weights.iter_mut().zip(&step).for_each(|(w, &s)| *w += size * f64::from(s));
            if pass < REFINEMENTS {
                residual.copy_from_slice(&self.targets);
                self.subtract(&weights, &mut residual);
            }
        }
        Some(weights)
    }

    /// `residual -= (G' + lambda R) W'`.
    fn subtract(&self, weights: &[f64], residual: &mut [f64]) {
        let n = self.order;
        for (w, r) in weights.chunks_exact(n).zip(residual.chunks_exact_mut(n)) {
            let bias = self.bias(w);
            r[0] -= self.penalty * bias;
            let below = r[1..].iter_mut().zip(&w[1..]).zip(&self.centre);
            below.for_each(|((r, w), &m)| *r -= self.penalty * (w - f64::from(m) * bias));
        }
        for (j, column) in factor::columns(&self.gram, n).enumerate() {
            let below = &column[1..];
            for (w, r) in weights.chunks_exact(n).zip(residual.chunks_exact_mut(n)) {
                let own = w[j];
                let mut sums = [0.0; 8];
                let (g8, g_rest) = below.as_chunks::<8>();
                let (w8, w_rest) = w[j + 1..].as_chunks::<8>();
                let (left, right) = r.split_at_mut(j + 1);
                let (r8, r_rest) = right.as_chunks_mut::<8>();
                for ((g, w), r) in g8.iter().zip(w8).zip(r8) {
                    for lane in 0..8 {
                        let g = f64::from(g[lane]);
                        r[lane] -= g * own;
                        sums[lane] += g * w[lane];
                    }
                }
                for ((&g, &w), r) in g_rest.iter().zip(w_rest).zip(r_rest) {
                    *r -= f64::from(g) * own;
                    sums[0] += f64::from(g) * w;
                }
                left[j] -= f64::from(column[0]) * own + sums.iter().sum::<f64>();
            }
        }
    }

    /// `b = b' - m.w`.
    fn bias(&self, weights: &[f64]) -> f64 {
        weights[0] - weights[1..].iter().zip(&self.centre).map(|(w, &m)| w * f64::from(m)).sum::<f64>()
    }

    /// All in f64, for a matrix that f32 takes for singular; its diagonal raised by a billionth where f64 does too, as
    /// it must when the features are far from 0 and hardly differ.
    fn doubled(&self) -> Option<Vec<f64>> {
        let n = self.order;
        [1.0, 1.0 + 1e-9].into_iter().find_map(|raise| {
            let mut matrix = self.matrix(|x| x);
            (0..n).for_each(|i| matrix[i * n + i] *= raise);
            factor::cholesky(&mut matrix, n)?;
            let mut weights = self.targets.clone();
            factor::solve(&matrix, n, &mut weights);
            Some(weights)
        })
    }
}

/// Passes after the first solve. One makes the factor's rounding negligible beside that of G.
const REFINEMENTS: usize = 1;

impl System for Equations {
    fn solve(&self) -> Option<Solution> {
        let finite = |weights: &Vec<f64>| weights.iter().all(|w| w.is_finite());
        let mut weights = self.refined().filter(finite).or_else(|| self.doubled())?;
        weights.chunks_exact_mut(self.order).for_each(|row| row[0] = self.bias(row));
        solution(self.order, self.bound, &self.numbers, &weights)
    }

    fn bytes(&self) -> usize {
        4 * (self.gram.len() + self.centre.len() + self.order * self.order) + 28 * self.targets.len()
    }
}

/// Rows of weights, the constant's first, as a solution.
pub(super) fn solution(order: usize, bound: usize, numbers: &[u32], weights: &[f64]) -> Option<Solution> {
    let rows = weights.chunks_exact(order).map(|row| (&row[1..], row[0]));
    Solution::new(order - 1, bound, numbers.to_vec(), rows)
}
