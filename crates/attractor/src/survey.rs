//! How the patterns of a memory lie to each other, and what that promises.

use attractor_memory::capacity::Network;
use attractor_memory::certificate::Geometry;
use attractor_memory::file::Stored;
use attractor_memory::{Memory, Projection, Similarity};
use ndarray::ArrayView2;
use rayon::prelude::*;
use serde::Serialize;

/// Most patterns that are compared in pairs.
pub(crate) const MODERATE: usize = 2048;
/// Pairs that are named.
const PAIRS: usize = 3;

/// Least, middle and largest of some numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) least: f64,
    pub(crate) median: f64,
    pub(crate) most: f64,
}

impl Spread {
    pub(crate) fn of(mut numbers: Vec<f64>) -> Option<Self> {
        numbers.sort_by(f64::total_cmp);
        let (&least, &most) = (numbers.first()?, numbers.last()?);
        Some(Self { least, median: numbers[numbers.len() / 2], most })
    }
}

/// Euclidean lengths of the patterns.
pub(crate) fn norms(patterns: ArrayView2<'_, f32>) -> Option<Spread> {
    let norm =
        |row: ndarray::ArrayView1<'_, f32>| row.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    Spread::of(patterns.rows().into_iter().map(norm).collect())
}

/// Two stored patterns and their Euclidean distance.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Pair {
    pub(crate) ids: [u64; 2],
    pub(crate) distance: f64,
}

/// The closest pairs among the rows, which have these ids.
pub(crate) fn nearest(patterns: ArrayView2<'_, f32>, ids: &[u64]) -> Vec<Pair> {
    let distance = |i: usize, j: usize| {
        let (a, b) = (patterns.row(i), patterns.row(j));
        a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>()
    };
    let mut pairs: Vec<(f64, usize, usize)> = (0..patterns.nrows())
        .into_par_iter()
        .flat_map_iter(|i| {
            let mut row: Vec<_> = (i + 1..patterns.nrows()).map(|j| (distance(i, j), i, j)).collect();
            row.sort_by(|a, b| a.0.total_cmp(&b.0));
            row.truncate(PAIRS);
            row
        })
        .collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    pairs.truncate(PAIRS);
    let pair =
        |(squared, i, j): (f64, usize, usize)| Pair { ids: [ids[i], ids[j]], distance: squared.sqrt() };
    pairs.into_iter().map(pair).collect()
}

/// What is proved about recall from near the patterns.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Certified {
    /// Patterns around which recall provably ends near, or exactly at, the pattern.
    pub(crate) patterns: usize,
    /// Distance from within which it does, over those patterns.
    pub(crate) radius: Option<Spread>,
    /// Whether recall is exact there (sparse separations), or ends at a fixed point near the pattern.
    pub(crate) exact: bool,
}

/// The theorems hold for inner products with linear projection, and softmax or a sparse separation.
pub(crate) fn certified(memory: &Memory, geometry: &Geometry) -> Option<Certified> {
    let kind = memory.separation().kind();
    let covered = memory.similarity() == Similarity::Dot && memory.projection() == Projection::Linear;
    let margin = kind.margin();
    if !covered || !(kind.name() == "softmax" || margin.is_some()) {
        return None;
    }
    let beta = memory.separation().beta();
    let radii: Vec<f64> = (0..geometry.separation.len())
        .filter_map(|row| {
            let certificate = geometry.certificate(row, beta).ok()?;
            match margin {
                Some(margin) => certificate.exact_radius(margin),
                None => certificate.basin().map(|basin| basin.outer),
            }
        })
        .collect();
    Some(Certified { patterns: radii.len(), radius: Spread::of(radii), exact: margin.is_some() })
}

/// How many random patterns of -1 and +1 a network of some kind holds.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Capacity {
    pub(crate) network: &'static str,
    pub(crate) patterns: f64,
}

/// Estimates for the width of a memory over -1 and +1; nothing for other patterns.
pub(crate) fn capacities(stored: &Stored, patterns: ArrayView2<'_, f32>) -> Vec<Capacity> {
    if matches!(stored, Stored::Continuous(_)) && patterns.iter().any(|x| x.abs() != 1.0) {
        return Vec::new();
    }
    let kinds = [
        ("hebb, without errors", Network::Hebb),
        ("hebb, few errors", Network::HebbWithErrors),
        ("storkey", Network::Storkey),
        ("pseudo-inverse", Network::Projection),
        ("polynomial(3)", Network::Polynomial { degree: 3 }),
        ("polynomial(4)", Network::Polynomial { degree: 4 }),
        ("exponential, cues with 10 % wrong", Network::Exponential { damage: 0.1 }),
    ];
    let estimate = |(network, kind): (&'static str, Network)| {
        kind.capacity(stored.width()).ok().map(|patterns| Capacity { network, patterns })
    };
    kinds.into_iter().filter_map(estimate).collect()
}
