//! Products of large matrices, in tiles that the first-level cache holds.

use attractor_kernel::{LANES, Lane, Left, Level, Onto, multiply};
use ndarray::{ArrayView2, ArrayViewMut2, Axis, s};
use rayon::prelude::*;

/// Panels of the right factor that are multiplied together, terms of a sum that are taken together, and rows of the
/// result that are: a slab of the right factor and the rows of a tile stay in the cache.
const PANELS: usize = 4;
const DEPTH: usize = 96;
const ROWS: usize = 48;

/// Multiply-adds below which one thread does it all.
const ALONE: usize = 1 << 17;

/// Rows of the result up to which the right factor is not laid out as a whole: every column of it is used by few rows.
const FEW: usize = 160;

/// `scale left right + bias`, row by row in order; `bias` is empty or has an entry per column.
///
/// An entry is the same chain of multiply-adds whichever way is taken.
pub(crate) fn product(
    left: ArrayView2<'_, f32>,
    right: ArrayView2<'_, f32>,
    scale: f32,
    bias: &[f32],
) -> Vec<f32> {
    let (rows, columns) = (left.nrows(), right.ncols());
    let mut out = vec![0.0; rows * columns];
    if rows == 0 || columns == 0 {
        return out;
    }
    let pieces = if rows * left.ncols() * columns < ALONE { usize::MAX } else { 1 };
    if rows > FEW {
        let right = Slabs::of(right);
        let tiles = out.par_chunks_mut(ROWS * columns).enumerate().with_min_len(pieces);
        tiles.for_each(|(at, out)| {
            tile(left, at * ROWS, &right, columns, out);
            out.chunks_exact_mut(columns).for_each(|row| finish(row, scale, bias));
        });
        return out;
    }
    let bias = |from: usize, width: usize| bias.get(from..from + width).unwrap_or_default();
    let Ok(mut all) = ArrayViewMut2::from_shape((rows, columns), &mut out) else {
        unreachable!("the result has an entry for each row and column");
    };
    if right.t().to_slice().is_some() {
        // Terms lie along the memory: turned, the right factor needs no laying out at all.
        let left = Slabs::of(left.t());
        let strips = all.axis_chunks_iter_mut(Axis(1), ROWS).into_par_iter().enumerate();
        strips.with_min_len(pieces).for_each_init(Vec::new, |turned, (at, mut out)| {
            turned.clear();
            turned.resize(out.ncols() * rows, 0.0);
            tile(right.t(), at * ROWS, &left, rows, turned);
            let bias = bias(at * ROWS, out.ncols());
            turn(turned, &mut out, scale, bias);
        });
    } else {
        // Of a turned left factor too every term lies at fixed steps.
        let left = match left.t().to_slice() {
            Some(_) => left.into(),
            None => left.as_standard_layout(),
        };
        let strips = all.axis_chunks_iter_mut(Axis(1), PANELS * LANES).into_par_iter().enumerate();
        strips.with_min_len(pieces).for_each_init(Default::default, |scratch, (at, mut out)| {
            let from = at * PANELS * LANES;
            strip(left.view(), right.slice(s![.., from..from + out.ncols()]), scratch, &mut out);
            for mut row in out.rows_mut() {
                row.as_slice_mut().into_iter().for_each(|row| finish(row, scale, bias(from, row.len())));
            }
        });
    }
    out
}

/// All rows of one group of panels.
fn strip(
    left: ArrayView2<'_, f32>,
    right: ArrayView2<'_, f32>,
    (slab, sums): &mut (Vec<Lane>, Vec<Lane>),
    out: &mut ArrayViewMut2<'_, f32>,
) {
    let level = Level::current();
    let ((rows, depth), panels) = (left.dim(), right.ncols().div_ceil(LANES));
    sums.clear();
    sums.resize(rows * panels, Lane::ZERO);
    for first in (0..depth).step_by(DEPTH) {
        let terms = first..(first + DEPTH).min(depth);
        lay(right.slice(s![terms.clone(), ..]), slab);
        let (floats, row_step, depth_step) = match left.to_slice() {
            Some(floats) => (floats, depth, 1),
            None => (left.t().to_slice().unwrap_or_default(), 1, rows),
        };
        let floats = floats.get(first * depth_step..).unwrap_or_default();
        let factor = Left { floats, rows, depth: terms.len(), row_step, depth_step };
        multiply(level, &factor, slab, panels, Onto::Former, sums);
    }
    for (mut row, lanes) in out.rows_mut().into_iter().zip(sums.chunks_exact(panels)) {
        let Some(to) = row.as_slice_mut() else {
            unreachable!("the rows of a strip lie along the memory");
        };
        to.copy_from_slice(&Lane::floats(lanes)[..to.len()]);
    }
}

/// `scale from^T + bias`, where `from` has a row for each column of `out`.
fn turn(from: &[f32], out: &mut ArrayViewMut2<'_, f32>, scale: f32, bias: &[f32]) {
    let (rows, columns) = out.dim();
    let mut square = [[0.0; LANES]; LANES];
    for at in (0..rows).step_by(LANES) {
        for column in (0..columns).step_by(LANES) {
            transpose(
                |c| from.get((column + c) * rows + at..(column + c + 1) * rows).unwrap_or_default(),
                &mut square,
            );
            for (mut row, turned) in out.rows_mut().into_iter().skip(at).zip(&square) {
                let to = row.as_slice_mut().unwrap_or_default();
                let to = &mut to[column..(column + LANES).min(columns)];
                to.copy_from_slice(&turned[..to.len()]);
            }
        }
    }
    for mut row in out.rows_mut() {
        row.as_slice_mut().into_iter().for_each(|row| finish(row, scale, bias));
    }
}

/// The first entries of up to [`LANES`] columns as rows; 0 where a column has fewer.
fn transpose<'a>(column: impl Fn(usize) -> &'a [f32], rows: &mut [[f32; LANES]; LANES]) {
    let columns: [&[f32]; LANES] = std::array::from_fn(column);
    let whole = columns.map(|column| column.first_chunk::<LANES>());
    if whole.iter().all(Option::is_some) {
        let whole = whole.map(|column| column.unwrap_or(&[0.0; LANES]));
        // Four by four: that is how wide every machine can turn numbers in its registers.
        for (four, columns) in whole.chunks_exact(4).enumerate() {
            for (first, rows) in rows.chunks_exact_mut(4).enumerate() {
                let [a, b, c, d] =
                    [0, 1, 2, 3].map(|k| *columns[k][4 * first..].first_chunk::<4>().unwrap_or(&[0.0; 4]));
                for (k, row) in rows.iter_mut().enumerate() {
                    row[4 * four..4 * four + 4].copy_from_slice(&[a[k], b[k], c[k], d[k]]);
                }
            }
        }
    } else {
        for (r, row) in rows.iter_mut().enumerate() {
            *row = std::array::from_fn(|c| columns[c].get(r).copied().unwrap_or(0.0));
        }
    }
}

fn finish(row: &mut [f32], scale: f32, bias: &[f32]) {
    match bias.is_empty() {
        true if scale == 1.0 => {}
        true => row.iter_mut().for_each(|x| *x *= scale),
        false => row.iter_mut().zip(bias).for_each(|(x, bias)| *x = scale * *x + bias),
    }
}

/// The sum of each column. Rows are summed in runs of a fixed length, then the runs.
pub(crate) fn column_sums(of: ArrayView2<'_, f32>) -> Vec<f32> {
    let runs: Vec<Vec<f32>> = (0..of.nrows().div_ceil(ROWS))
        .into_par_iter()
        .with_min_len(8)
        .map(|run| {
            let mut sums = vec![0.0f32; of.ncols()];
            for row in run * ROWS..((run + 1) * ROWS).min(of.nrows()) {
                sums.iter_mut().zip(of.row(row)).for_each(|(sum, &x)| *sum += x);
            }
            sums
        })
        .collect();
    let mut sums = vec![0.0f64; of.ncols()];
    for run in runs {
        sums.iter_mut().zip(run).for_each(|(sum, x)| *sum += f64::from(x));
    }
    sums.into_iter().map(|sum| sum as f32).collect()
}

/// The right factor, cut into groups of panels and runs of terms: `(terms, panels)` after one another.
struct Slabs {
    /// Group by group, run by run.
    parts: Vec<Vec<Lane>>,
    depth: usize,
    columns: usize,
    runs: usize,
}

impl Slabs {
    fn of(right: ArrayView2<'_, f32>) -> Self {
        let (depth, columns) = right.dim();
        let (groups, runs) = (columns.div_ceil(PANELS * LANES), depth.div_ceil(DEPTH));
        let parts = (0..groups * runs).into_par_iter().with_min_len(8).map(|at| {
            let (group, run) = (at / runs, at % runs);
            let terms = run * DEPTH..((run + 1) * DEPTH).min(depth);
            let from = group * PANELS * LANES;
            let to = (from + PANELS * LANES).min(columns);
            let mut lanes = Vec::new();
            lay(right.slice(s![terms, from..to]), &mut lanes);
            lanes
        });
        Self { parts: parts.collect(), depth, columns, runs }
    }
}

/// Terms and columns of a right factor, padded with zeros to whole panels, `(terms, panels)`.
fn lay(part: ArrayView2<'_, f32>, lanes: &mut Vec<Lane>) {
    let panels = part.ncols().div_ceil(LANES);
    // What was laid here before is written over.
    lanes.resize(part.nrows() * panels, Lane::ZERO);
    if part.strides()[0] == 1 && part.ncols() > 1 {
        // Turned: along the memory, so that each of its lines is read once.
        let columns: Vec<&[f32]> =
            part.columns().into_iter().map(|column| column.to_slice().unwrap_or_default()).collect();
        let mut square = [[0.0; LANES]; LANES];
        for (panel, columns) in columns.chunks(LANES).enumerate() {
            for first in (0..part.nrows()).step_by(LANES) {
                let column =
                    |c: usize| columns.get(c).and_then(|column| column.get(first..)).unwrap_or_default();
                transpose(column, &mut square);
                for (lane, row) in lanes.iter_mut().skip(first * panels + panel).step_by(panels).zip(square) {
                    *lane = Lane(row);
                }
            }
        }
        return;
    }
    for (row, lanes) in part.rows().into_iter().zip(lanes.chunks_exact_mut(panels)) {
        let (floats, padding) = Lane::floats_mut(lanes).split_at_mut(row.len());
        match row.to_slice() {
            Some(row) => floats.copy_from_slice(row),
            None => floats.iter_mut().zip(row).for_each(|(to, &x)| *to = x),
        }
        padding.fill(0.0);
    }
}

/// The rows of the result from `first` on, as many as `out` has room for.
fn tile(left: ArrayView2<'_, f32>, first: usize, right: &Slabs, columns: usize, out: &mut [f32]) {
    let level = Level::current();
    let rows = out.len() / columns;
    let (straight, mut packed) = (left.to_slice(), Vec::new());
    let groups = right.columns.div_ceil(PANELS * LANES);
    let mut sums: Vec<Vec<Lane>> = (0..groups)
        .map(|group| vec![Lane::ZERO; rows * (columns - group * PANELS * LANES).div_ceil(LANES).min(PANELS)])
        .collect();
    for run in 0..right.runs {
        let terms = run * DEPTH..((run + 1) * DEPTH).min(right.depth);
        let depth = terms.len();
        let factor = match straight {
            Some(floats) => {
                let floats = &floats[first * right.depth + terms.start..];
                Left { floats, rows, depth, row_step: right.depth, depth_step: 1 }
            }
            None => {
                // Term by term: a turned factor is read along its memory.
                packed.clear();
                for column in left.slice(s![first..first + rows, terms]).columns() {
                    match column.to_slice() {
                        Some(column) => packed.extend_from_slice(column),
                        None => packed.extend(column),
                    }
                }
                Left { floats: &packed, rows, depth, row_step: 1, depth_step: rows }
            }
        };
        for (group, sums) in sums.iter_mut().enumerate() {
            let slab = &right.parts[group * right.runs + run];
            let panels = slab.len() / depth;
            multiply(level, &factor, slab, panels, Onto::Former, sums);
        }
    }
    for (group, sums) in sums.iter().enumerate() {
        let from = group * PANELS * LANES;
        let width = (columns - from).min(PANELS * LANES);
        let panels = width.div_ceil(LANES);
        for (row, lanes) in out.chunks_exact_mut(columns).zip(sums.chunks_exact(panels)) {
            row[from..from + width].copy_from_slice(&Lane::floats(lanes)[..width]);
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn random(rows: usize, columns: usize, seed: u64) -> Array2<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        Array2::from_shape_simple_fn((rows, columns), || rng.random_range(-1.0..1.0))
    }

    #[test]
    fn products_and_sums_are_those_of_plain_loops_whatever_the_strides() {
        for (rows, depth, columns) in [
            (1, 1, 1),
            (3, 5, 7),
            (49, 97, 65),
            (100, 200, 130),
            (7, 300, 16),
            (130, 2, 64),
            (2, 200, 150),
            (20, 130, 300),
            (300, 50, 70),
            (4, 0, 3),
            (0, 4, 3),
        ] {
            let (a, b) = (random(rows, depth, 1), random(depth, columns, 2));
            let bias = random(1, columns, 3);
            let exact = -0.5 * a.mapv(f64::from).dot(&b.mapv(f64::from)) + &bias.mapv(f64::from);
            let (turned_a, turned_b) =
                (a.t().as_standard_layout().into_owned(), b.t().as_standard_layout().into_owned());
            for (left, right) in [(a.view(), b.view()), (turned_a.t(), b.view()), (a.view(), turned_b.t())] {
                let found = product(left, right, -0.5, bias.as_slice().unwrap_or_default());
                for (found, exact) in found.iter().zip(&exact) {
                    // An ULP for each term of the sum.
                    assert!(
                        (f64::from(*found) - exact).abs() < 1e-7 * (1.0 + depth as f64),
                        "{rows} {depth} {columns}"
                    );
                }
                assert_eq!(found.len(), rows * columns);
            }
            let sums = column_sums(b.view());
            for (column, sum) in b.columns().into_iter().zip(sums) {
                let exact: f64 = column.iter().map(|&x| f64::from(x)).sum();
                assert!((exact - f64::from(sum)).abs() < 1e-7 * (1.0 + depth as f64));
            }
        }
    }

    #[test]
    fn the_bits_do_not_depend_on_the_threads_nor_on_other_rows() {
        let (a, b) = (random(200, 150, 4), random(150, 90, 5));
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.map(|pool| pool.install(|| (product(a.view(), b.view(), 1.0, &[]), column_sums(a.view()))))
                .ok()
        };
        let alone = on(1);
        assert!(alone.is_some() && alone == on(2) && alone == on(3));
        let row = product(a.slice(s![77..78, ..]), b.view(), 1.0, &[]);
        assert_eq!(alone.map(|(all, _)| all[77 * 90..78 * 90].to_vec()), Some(row));
    }
}
