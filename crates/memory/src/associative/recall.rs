//! Recall: the state moves until it rests.

use ndarray::{Array2, ArrayView1, ArrayView2, Axis};

use super::dynamics::{Detail, Dynamics, Told};
use super::pass::{Read, Source, read, thetas};
use super::report::{FixedPoint, Leading, Report, summary};
use super::walk::norm;
use super::{Memory, check_rows};
use crate::certificate::posterior::one_step_error;
use crate::separation::Reach;
use crate::{Error, Projection, Status};

/// What recall returns, row by row for the cues.
#[derive(Debug, Clone, PartialEq)]
pub struct Recall {
    /// The end states, `(cues, width)`.
    pub states: Array2<f32>,
    /// The values read at the end states, or by the last update ([`Told`]), `(cues, value width)`; `None` without
    /// values.
    pub values: Option<Array2<f32>>,
    /// Steps taken by each cue.
    pub steps: Vec<usize>,
    /// How each cue ended.
    pub status: Vec<Status>,
    /// Length of each cue's last step.
    pub residuals: Vec<f64>,
    /// One report per cue; empty with [`Detail::States`].
    pub reports: Vec<Report>,
}

impl Memory {
    /// Recalls every row of `cues`, `(n, width)`, with the default [`Dynamics`].
    ///
    /// # Errors
    /// As [`Memory::recall_with`].
    pub fn recall(&self, cues: ArrayView2<'_, f32>) -> Result<Recall, Error> {
        self.recall_with(cues, &Dynamics::default())
    }

    /// Recalls every row of `cues`, `(n, width)`. The result for a cue depends neither on the other cues
    /// nor on the number of threads, to the bit.
    ///
    /// # Errors
    /// An empty memory; cues of another width or with entries that are not finite; a tolerance below zero;
    /// a damping outside (0, 1]; a clamp that does not fit the cues.
    ///
    /// ```
    /// use attractor_memory::{Clamp, Dynamics, Memory, Separation};
    /// use ndarray::array;
    ///
    /// let mut memory = Memory::builder(4).separation(Separation::softmax(4.0)).build()?;
    /// memory.store(array![[1.0, 1.0, 1.0, 1.0], [1.0, -1.0, 1.0, -1.0]].view())?;
    /// // The first two components are known; the others are completed.
    /// let dynamics = Dynamics { clamp: Clamp::Components(vec![0, 1]), ..Dynamics::default() };
    /// let recall = memory.recall_with(array![[1.0, -1.0, 0.0, 0.0]].view(), &dynamics)?;
    /// assert!(recall.states[[0, 3]] < -0.99 && recall.states[[0, 1]] == -1.0);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn recall_with(&self, cues: ArrayView2<'_, f32>, dynamics: &Dynamics) -> Result<Recall, Error> {
        if self.is_empty() {
            return Err(Error::Empty);
        }
        check_rows(self.threads, cues, self.width(), "cues")?;
        let held = dynamics.check(cues.nrows(), cues.ncols())?;
        let n = cues.nrows();
        let mut states = cues.to_owned();
        let mut before = (dynamics.told == Told::LastUpdate).then(|| states.clone());
        let mut traces = vec![Vec::new(); n];
        let mut steps = vec![0; n];
        let mut status = vec![Status::StepLimit; n];
        let mut residuals = vec![0.0; n];
        let mut known = vec![f32::NEG_INFINITY; n];
        let mut active: Vec<usize> = (0..n).collect();
        for _ in 0..dynamics.steps {
            if active.is_empty() {
                break;
            }
            let from = states.select(Axis(0), &active);
            let bounds: Vec<f32> = active.iter().map(|&cue| known[cue]).collect();
            let read = read(self.source(), from.view(), &bounds);
            let mut resting = vec![false; active.len()];
            for (i, &cue) in active.iter().enumerate() {
                let q = from.row(i);
                if dynamics.detail == Detail::Full {
                    traces[cue].push(self.energy_at(q, read.conjugates[i]).total());
                }
                if !read.supported[i] {
                    status[cue] = Status::OutOfSupport;
                    resting[i] = true;
                    continue;
                }
                if let Some(before) = &mut before {
                    before.row_mut(cue).assign(&q);
                }
                let next = self.advance(&read, i, q.as_slice().unwrap_or(&[]), dynamics.damping);
                let mut moved = 0.0;
                for (j, (x, to)) in states.row_mut(cue).iter_mut().zip(next).enumerate() {
                    if held.as_ref().is_none_or(|held| !held[[cue, j]]) {
                        moved += f64::from(to - *x).powi(2);
                        *x = to;
                    }
                }
                let moved = moved.sqrt();
                steps[cue] += 1;
                known[cue] = self.bound(read.sums.row(i), states.row(cue));
                residuals[cue] = moved;
                if moved <= dynamics.tolerance * (1.0 + norm(q)) {
                    status[cue] = Status::Converged;
                    resting[i] = true;
                }
            }
            let mut rests = resting.into_iter();
            active.retain(|_| !rests.next().unwrap_or(false));
        }
        let told = match &before {
            Some(before) => {
                known.fill(f32::NEG_INFINITY);
                before.view()
            }
            None => states.view(),
        };
        let reports = match dynamics.detail {
            Detail::Full => {
                let ends = before.as_ref().map(|_| self.energies_at(states.view()));
                self.inspect(told, ends, traces, &status, dynamics.leading)
            }
            Detail::States => Vec::new(),
        };
        let values = self.values.as_ref().map(|values| {
            let source = Source { values: Some(values), ..self.source() };
            read(source, told, &known).sums
        });
        Ok(Recall { states, values, steps, status, residuals, reports })
    }

    /// The energy of every row of `states`, `(n, width)`, by component.
    ///
    /// # Errors
    /// An empty memory; states of another width or with entries that are not finite.
    pub fn energies(&self, states: ArrayView2<'_, f32>) -> Result<Vec<super::Energy>, Error> {
        if self.is_empty() {
            return Err(Error::Empty);
        }
        check_rows(self.threads, states, self.width(), "states")?;
        Ok(self.energies_at(states))
    }

    fn energies_at(&self, states: ArrayView2<'_, f32>) -> Vec<super::Energy> {
        // A pass sums exponentials in single precision: below this beta, the error of their logarithm over beta would
        // show in the sixth digit.
        const WARM: f64 = 0.1;
        let b = self.separation.beta() * self.similarity.factor(1.0, self.width()).abs();
        if b < WARM && matches!(self.separation.kind().reach(self.len()), Reach::Exponential { .. }) {
            let tiles = states.axis_iter(Axis(0)).collect();
            return self.threads.each(tiles, |_, q: ArrayView1<'_, f32>| {
                let mut all = thetas(self.source(), q.insert_axis(Axis(0)));
                self.energy_at(q, all.first_mut().map_or(0.0, |theta| self.weigh(theta)))
            });
        }
        let known = vec![f32::NEG_INFINITY; states.nrows()];
        let read = read(Source { values: None, ..self.source() }, states, &known);
        let rows = states.rows().into_iter().zip(read.conjugates);
        rows.map(|(q, conjugate)| self.energy_at(q, conjugate)).collect()
    }

    /// The weight of every stored pattern for every row of `cues`: `(n, len)`, columns in the order of
    /// [`Memory::ids`]. This is the matrix that recall never writes; it is meant for looking at few cues.
    ///
    /// # Errors
    /// As [`Memory::energies`].
    pub fn weights(&self, cues: ArrayView2<'_, f32>) -> Result<Array2<f64>, Error> {
        if self.is_empty() {
            return Err(Error::Empty);
        }
        check_rows(self.threads, cues, self.width(), "cues")?;
        let mut out = Array2::zeros((cues.nrows(), self.len()));
        for (i, mut to) in out.rows_mut().into_iter().enumerate() {
            let mut all = thetas(self.source(), cues.slice_axis(Axis(0), (i..=i).into()));
            if let Some(theta) = all.first_mut() {
                self.weigh(theta);
                to.iter_mut().zip(theta.iter()).for_each(|(t, w)| *t = *w);
            }
        }
        Ok(out)
    }

    /// Scores to weights in place; returns the conjugate.
    fn weigh(&self, theta: &mut [f64]) -> f64 {
        let kind = self.separation.kind();
        let partition = match kind.needs_partition() {
            true => log_sum_exp(theta),
            false => f64::NAN,
        };
        kind.weights(theta, self.len(), partition)
    }

    /// A lower bound of the largest `theta` at `state`, from the average `mean = sum_i p_i x_i` that led there:
    /// a maximum is at least any average, and `sum_i p_i theta_i = b (mean . state)` for an inner product.
    /// Lowered by what `d` roundings of the scores can amount to.
    fn bound(&self, mean: ArrayView1<'_, f32>, state: ArrayView1<'_, f32>) -> f32 {
        let averages = matches!(self.separation.kind().reach(self.len()), Reach::Exponential { null: 0 });
        if !averages || !self.similarity.is_inner_product() {
            return f32::NEG_INFINITY;
        }
        let b = self.separation.beta() * self.similarity.factor(1.0, self.width());
        let dot: f64 = mean.iter().zip(state).map(|(&a, &q)| f64::from(a) * f64::from(q)).sum();
        let rounding = (self.width() + 8) as f64 * 2f64.powi(-23) * norm(state) * self.largest_norm();
        (b * (dot - rounding)) as f32
    }

    fn advance(&self, read: &Read, i: usize, q: &[f32], damping: f64) -> Vec<f32> {
        let mut next = read.sums.row(i).to_vec();
        self.projection.apply(&mut next, q);
        if damping < 1.0 {
            for (to, &x) in next.iter_mut().zip(q) {
                *to = (f64::from(x) + damping * (f64::from(*to) - f64::from(x))) as f32;
            }
        }
        next
    }

    /// Reports on the association of `states`, and on `ends`, the energies of the end states where these are others.
    /// Cues go in small tiles: the scores of a tile are kept whole.
    fn inspect(
        &self,
        states: ArrayView2<'_, f32>,
        ends: Option<Vec<super::Energy>>,
        traces: Vec<Vec<f64>>,
        status: &[Status],
        most: usize,
    ) -> Vec<Report> {
        const TILE: usize = 6;
        let live: Vec<usize> = self.live_rows().collect();
        let average = self.separation.kind().sums_to_one() && self.projection == Projection::Linear;
        let tiles: Vec<_> = states.axis_chunks_iter(Axis(0), TILE).collect();
        let report = |cue: usize, q: ArrayView1<'_, f32>, theta: &mut [f64]| {
            let margin = margin(theta) / self.separation.beta();
            let conjugate = self.weigh(theta);
            let energy = ends.as_ref().map_or_else(|| self.energy_at(q, conjugate), |ends| ends[cue]);
            let mut trace = traces[cue].clone();
            // A cue out of support did not move: its only energy is already there.
            if status[cue] != Status::OutOfSupport || trace.is_empty() {
                trace.push(energy.total());
            }
            let (leading, entropy, spread, kind) = summary(theta, most);
            let largest = theta.iter().copied().fold(0.0, f64::max);
            let error_bound = (average && kind != FixedPoint::None)
                .then(|| one_step_error(largest, 2.0 * self.largest_norm()));
            let leading =
                leading.into_iter().map(|(at, weight)| Leading { id: self.ids[live[at]], weight }).collect();
            Report { energy, trace, leading, entropy, spread, kind, error_bound, margin }
        };
        let reports = self.threads.each(tiles, |at, tile| {
            let rows = tile.rows().into_iter().zip(thetas(self.source(), tile)).enumerate();
            rows.map(|(i, (q, mut theta))| report(at * TILE + i, q, &mut theta)).collect::<Vec<_>>()
        });
        reports.into_iter().flatten().collect()
    }
}

/// Largest minus second largest.
fn margin(theta: &[f64]) -> f64 {
    let (mut first, mut second) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    for &x in theta {
        if x > first {
            (first, second) = (x, first);
        } else if x > second {
            second = x;
        }
    }
    first - second
}

fn log_sum_exp(theta: &[f64]) -> f64 {
    let top = theta.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    top + theta.iter().map(|t| (t - top).exp()).sum::<f64>().ln()
}
