//! Centroids, learned without labels.

use attractor_kernel::{LANES, Lane};
use rand::seq::index;
use rand::{Rng, RngExt};
use rayon::prelude::*;

use super::{BATCH, Clustering, Product, Start};

/// Patches that one thread assigns; sums are merged in order.
const CHUNK: usize = 1024;

/// Vectors to be clustered, `stride` floats each, of which the first `width` count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Points<'a> {
    pub(super) values: &'a [f32],
    pub(super) stride: usize,
    pub(super) width: usize,
}

impl<'a> Points<'a> {
    fn count(self) -> usize {
        self.values.len() / self.stride
    }

    fn point(self, i: usize) -> &'a [f32] {
        &self.values[i * self.stride..][..self.width]
    }
}

/// What k-means found.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Clusters {
    /// `(k, width)`, row by row.
    pub(super) centroids: Vec<f32>,
    /// Sum of what the centroids leave unexplained, at the start and after each round but the last.
    pub(super) unexplained: Vec<f64>,
}

/// Clusters at least `k` points. Never more is left unexplained than a round before.
pub(super) fn cluster(
    points: Points<'_>,
    k: usize,
    (clustering, start, rounds): (Clustering, Start, usize),
    rng: &mut impl Rng,
) -> Clusters {
    let mut centroids = match start {
        Start::Sample => {
            let chosen = index::sample(rng, points.count(), k);
            chosen.iter().flat_map(|i| points.point(i).iter().copied()).collect()
        }
        Start::PlusPlus => plus_plus(points, k, clustering, rng),
    };
    if clustering == Clustering::Spherical {
        centroids.chunks_exact_mut(points.width).for_each(normalise);
    }
    let mut unexplained = Vec::new();
    let mut before = Vec::new();
    for _ in 0..rounds {
        let round = assign(points, &centroids, clustering);
        unexplained.push(round.rest.iter().sum());
        if round.nearest == before {
            break;
        }
        update(points, &round, clustering, &mut centroids);
        before = round.nearest;
    }
    Clusters { centroids, unexplained }
}

/// One look at all points.
struct Round {
    /// Centroid of each point.
    nearest: Vec<u32>,
    /// What it leaves unexplained of each point.
    rest: Vec<f64>,
    /// Per centroid, sum of its points (times their gains, where it has a direction only).
    sums: Vec<f64>,
    /// Points per centroid.
    counts: Vec<usize>,
}

fn assign(points: Points<'_>, centroids: &[f32], clustering: Clustering) -> Round {
    let k = centroids.len() / points.width;
    let product = Product::new(centroids, points.width);
    let squares: Vec<f32> = centroids.chunks_exact(points.width).map(|c| square(c) as f32).collect();
    let parts: Vec<Round> = points
        .values
        .par_chunks(CHUNK * points.stride)
        .map(|values| assign_part(Points { values, ..points }, &product, &squares, clustering))
        .collect();
    let (nearest, rest) = (Vec::with_capacity(points.count()), Vec::with_capacity(points.count()));
    let mut all = Round { nearest, rest, sums: vec![0.0; centroids.len()], counts: vec![0; k] };
    for part in parts {
        all.nearest.extend(part.nearest);
        all.rest.extend(part.rest);
        all.sums.iter_mut().zip(part.sums).for_each(|(to, sum)| *to += sum);
        all.counts.iter_mut().zip(part.counts).for_each(|(to, count)| *to += count);
    }
    all
}

fn assign_part(points: Points<'_>, product: &Product, squares: &[f32], clustering: Clustering) -> Round {
    let k = squares.len();
    let mut part = Round {
        nearest: Vec::with_capacity(points.count()),
        rest: Vec::with_capacity(points.count()),
        sums: vec![0.0; k * points.width],
        counts: vec![0; k],
    };
    let mut products = vec![Lane::ZERO; BATCH * product.panels()];
    for batch in points.values.chunks(BATCH * points.stride) {
        product.apply(batch, &mut products);
        let each = batch.chunks_exact(points.stride).zip(products.chunks_exact(product.panels()));
        for (point, products) in each {
            let point = &point[..points.width];
            let product = |c: usize| products[c / LANES].0[c % LANES];
            let cost = |c: usize| match clustering {
                Clustering::Euclidean => squares[c] - 2.0 * product(c),
                Clustering::Spherical => -product(c).abs(),
            };
            let first = |best: (usize, f32), c: usize| if cost(c) < best.1 { (c, cost(c)) } else { best };
            let (nearest, _) = (1..k).fold((0, cost(0)), first);
            let (gain, explained) = match clustering {
                Clustering::Euclidean => {
                    (1.0, 2.0 * f64::from(product(nearest)) - f64::from(squares[nearest]))
                }
                Clustering::Spherical => (f64::from(product(nearest)), f64::from(product(nearest)).powi(2)),
            };
            part.nearest.push(nearest as u32);
            part.rest.push((square(point) - explained).max(0.0));
            part.counts[nearest] += 1;
            let sums = &mut part.sums[nearest * points.width..][..points.width];
            sums.iter_mut().zip(point).for_each(|(sum, &x)| *sum += gain * f64::from(x));
        }
    }
    part
}

/// Every centroid to where its points want it; one without points to the point that is explained worst.
fn update(points: Points<'_>, round: &Round, clustering: Clustering, centroids: &mut [f32]) {
    let mut worst: Vec<usize> = Vec::new();
    if round.counts.contains(&0) {
        worst = (0..points.count()).collect();
        worst.sort_by(|&a, &b| round.rest[b].total_cmp(&round.rest[a]).then(a.cmp(&b)));
    }
    let mut worst = worst.into_iter();
    let each = centroids.chunks_exact_mut(points.width).zip(round.sums.chunks_exact(points.width));
    for ((centroid, sums), &count) in each.zip(&round.counts) {
        if count > 0 {
            // One step of the power iteration, where only the direction counts.
            let scale = match clustering {
                Clustering::Euclidean => 1.0 / count as f64,
                Clustering::Spherical => {
                    let length = sums.iter().map(|x| x * x).sum::<f64>().sqrt();
                    if length > 0.0 { 1.0 / length } else { continue }
                }
            };
            centroid.iter_mut().zip(sums).for_each(|(to, sum)| *to = (sum * scale) as f32);
        } else if let Some(point) = worst.next() {
            centroid.copy_from_slice(points.point(point));
            if clustering == Clustering::Spherical {
                normalise(centroid);
            }
        }
    }
}

fn plus_plus(points: Points<'_>, k: usize, clustering: Clustering, rng: &mut impl Rng) -> Vec<f32> {
    let mut centroids: Vec<f32> = Vec::with_capacity(k * points.width);
    let mut rest = vec![1.0f64; points.count()];
    for chosen in 0..k {
        let total: f64 = rest.iter().sum();
        let point = if total > 0.0 {
            let mut mark = rng.random::<f64>() * total;
            let last = rest.iter().rposition(|&rest| rest > 0.0).unwrap_or_default();
            let reaches = |&rest: &f64| {
                mark -= rest;
                mark < 0.0
            };
            rest.iter().position(reaches).unwrap_or(last)
        } else {
            rng.random_range(0..points.count())
        };
        centroids.extend_from_slice(points.point(point));
        let newest = &mut centroids[chosen * points.width..];
        if clustering == Clustering::Spherical {
            normalise(newest);
        }
        let newer = assign(points, newest, clustering).rest;
        let least =
            |(rest, newer): (&mut f64, f64)| *rest = if chosen == 0 { newer } else { rest.min(newer) };
        rest.iter_mut().zip(newer).for_each(least);
    }
    centroids
}

fn square(x: &[f32]) -> f64 {
    x.iter().map(|&x| f64::from(x) * f64::from(x)).sum()
}

/// To length 1; zeros stay.
fn normalise(x: &mut [f32]) {
    let length = square(x).sqrt();
    if length > 0.0 {
        x.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECIPES: [(Clustering, Start); 4] = [
        (Clustering::Euclidean, Start::Sample),
        (Clustering::Euclidean, Start::PlusPlus),
        (Clustering::Spherical, Start::Sample),
        (Clustering::Spherical, Start::PlusPlus),
    ];

    fn values(n: usize) -> Vec<f32> {
        let mut rng = attractor_data::stream(2, "k-means test");
        let mut values = vec![0.0; n * 8];
        for (i, point) in values.chunks_exact_mut(8).enumerate() {
            point[..6].iter_mut().for_each(|x| *x = rng.random::<f32>() - 0.5);
            point[i % 6] += 2.0;
        }
        values
    }

    #[test]
    fn never_more_is_left_unexplained_than_before() {
        let values = values(2500);
        let points = Points { values: &values, stride: 8, width: 6 };
        for (clustering, start) in RECIPES {
            for k in [1, 6, 40] {
                let mut rng = attractor_data::stream(k as u64, "k-means test");
                let found = cluster(points, k, (clustering, start, 15), &mut rng);
                let falls = |pair: &[f64]| pair[1] <= pair[0] * (1.0 + 1e-6);
                assert!(found.unexplained.windows(2).all(falls), "{clustering:?} {:?}", found.unexplained);
                assert!(found.unexplained.last() < found.unexplained.first());
                let again = cluster(
                    points,
                    k,
                    (clustering, start, 15),
                    &mut attractor_data::stream(k as u64, "k-means test"),
                );
                assert_eq!(found, again);
            }
        }
    }

    #[test]
    fn assignment_is_that_of_the_definition() {
        let values = values(300);
        let points = Points { values: &values, stride: 8, width: 6 };
        for clustering in [Clustering::Euclidean, Clustering::Spherical] {
            let mut rng = attractor_data::stream(1, "k-means test");
            let found = cluster(points, 20, (clustering, Start::Sample, 3), &mut rng);
            let round = assign(points, &found.centroids, clustering);
            for i in 0..300 {
                let point = points.point(i);
                let rest = |c: &[f32]| -> f64 {
                    let dot: f64 = c.iter().zip(point).map(|(&c, &x)| f64::from(c) * f64::from(x)).sum();
                    let gain = if clustering == Clustering::Spherical { dot } else { 1.0 };
                    let gap = |(&c, &x): (&f32, &f32)| (f64::from(x) - gain * f64::from(c)).powi(2);
                    c.iter().zip(point).map(gap).sum()
                };
                let least = found.centroids.chunks(6).map(rest).fold(f64::INFINITY, f64::min);
                assert!((round.rest[i] - least).abs() < 1e-4, "{} {least}", round.rest[i]);
            }
        }
    }

    #[test]
    fn empty_clusters_are_put_to_use() {
        // Two places only at the start; all twelve directions must be found.
        let mut values = vec![0.0; 12 * 12 * 50];
        for (i, point) in values.chunks_exact_mut(12).enumerate() {
            point[i % 12] = 1.0;
        }
        let points = Points { values: &values, stride: 12, width: 12 };
        for clustering in [Clustering::Euclidean, Clustering::Spherical] {
            let mut centroids = values[..12].repeat(6);
            centroids.extend(values[12..24].repeat(6));
            for _ in 0..12 {
                let round = assign(points, &centroids, clustering);
                update(points, &round, clustering, &mut centroids);
            }
            let left: f64 = assign(points, &centroids, clustering).rest.iter().sum();
            assert!(left < 1e-3, "{left}");
        }
    }
}
