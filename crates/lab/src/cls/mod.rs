//! Complementary learning: a fast store, a slow student, and what passes between them.

mod consolidation;
pub(crate) mod go_cls;
pub(crate) mod interleaved;
mod network;
mod notebook;
pub(crate) mod remerge;
mod spectrum;
mod student;
mod tree;

use rand::{Rng, RngExt};
use rayon::prelude::*;

use crate::experiment::{Context, LabError};
use crate::outcome::{Curve, Figure, Named, Scale};
use crate::statistics::Summary;

/// Runs `one` for `full` seeds (1 in a quick run, 2 in a smoke run); what it returns comes in their order.
fn over_seeds<T: Send>(
    context: &mut Context<'_>,
    full: u64,
    one: impl Fn(u64) -> Result<T, LabError> + Sync,
) -> Result<Vec<T>, LabError> {
    let count = context.repetitions(full, 2);
    let seeds: Vec<u64> = (0..count).map(|run| context.seed.wrapping_add(run)).collect();
    let mut all = Vec::with_capacity(seeds.len());
    for pair in seeds.chunks(2) {
        context.progress(all.len() as f64 / count as f64, &format!("seed {}", pair[0]));
        all.extend(pair.par_iter().map(|&seed| one(seed)).collect::<Result<Vec<T>, _>>()?);
    }
    context.progress(1.0, "done");
    Ok(all)
}

/// Mean and spread over the runs of what `pick` takes from each.
fn over<T>(runs: &[T], pick: impl Fn(&T) -> f64) -> Summary {
    Summary::of(&runs.iter().map(pick).collect::<Vec<_>>())
}

/// The same, under a name.
fn named<T>(name: impl Into<String>, runs: &[T], pick: impl Fn(&T) -> f64) -> Named {
    Named::new(name, &over(runs, pick))
}

/// The mean over the runs of a curve that `pick` takes from each; all share the `xs`.
fn mean_curve<T>(name: impl Into<String>, runs: &[T], xs: &[f64], pick: impl Fn(&T) -> &[f64]) -> Curve {
    let points = xs.iter().enumerate().map(|(at, &x)| (x, over(runs, |run| pick(run)[at]).mean));
    Curve { name: name.into(), points: points.collect() }
}

/// A figure.
fn figure(title: impl Into<String>, [x, y]: [&str; 2], x_scale: Scale, curves: Vec<Curve>) -> Figure {
    Figure { title: title.into(), x: x.into(), y: y.into(), x_scale, curves }
}

/// A draw from the standard normal distribution (Box and Muller 1958).
fn gaussian(rng: &mut impl Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}
