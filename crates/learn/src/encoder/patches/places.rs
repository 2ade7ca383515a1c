//! Where the patches of a picture lie, and what a patch is.

use attractor_data::Shape;

use super::Activation;
use crate::Error;
use crate::encoder::check;

/// Components and features at most.
const MOST: usize = 1 << 26;

/// The patches of pictures of one shape, and the cells that they are pooled into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Places {
    height: usize,
    width: usize,
    channels: usize,
    side: usize,
    stride: usize,
    grid: usize,
    rows: usize,
    columns: usize,
}

impl Places {
    /// # Errors
    /// A shape that is no picture's, patches that do not fit into it, more cells than patches.
    pub(super) fn new(shape: Shape, side: usize, stride: usize, grid: usize) -> Result<Self, Error> {
        let Shape::Image { height, width, channels } = shape else {
            let value = shape.components() as f64;
            return Err(Error::Parameter { name: "shape", value, limit: "that of a picture" });
        };
        let size = height.saturating_mul(width).saturating_mul(channels);
        let fits = (1..=MOST).contains(&size);
        check::parameter("components of a picture", size as f64, fits, "from 1 to 67108864 (2^26)")?;
        let fits = (1..=height.min(width)).contains(&side);
        check::parameter("side", side as f64, fits, "from 1 to the rows and the columns of the picture")?;
        check::parameter("stride", stride as f64, stride > 0, "at least 1")?;
        let (rows, columns) = ((height - side) / stride + 1, (width - side) / stride + 1);
        let fits = (1..=rows.min(columns)).contains(&grid);
        check::parameter("grid", grid as f64, fits, "from 1 to the patches of a row and of a column")?;
        Ok(Self { height, width, channels, side, stride, grid, rows, columns })
    }

    /// Refuses more features than memory should be asked for.
    pub(super) fn check_features(&self, centroids: usize, activation: Activation) -> Result<(), Error> {
        let sides = if matches!(activation, Activation::TwoSided { .. }) { 2 } else { 1 };
        let features = self.cells().saturating_mul(centroids).saturating_mul(sides);
        check::parameter("features", features as f64, features <= MOST, "at most 67108864 (2^26)")
    }

    pub(super) fn shape(&self) -> Shape {
        Shape::Image { height: self.height, width: self.width, channels: self.channels }
    }

    /// What [`Places::new`] takes.
    pub(super) fn numbers(&self) -> [usize; 6] {
        [self.height, self.width, self.channels, self.side, self.stride, self.grid]
    }

    /// Components of a patch.
    pub(super) fn patch(&self) -> usize {
        self.side * self.side * self.channels
    }

    /// Patches of a picture.
    pub(super) fn count(&self) -> usize {
        self.rows * self.columns
    }

    /// Row and column of every patch, row by row.
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let columns = self.columns;
        (0..self.rows).flat_map(move |row| (0..columns).map(move |column| (row, column)))
    }

    /// Row and column of patch `i` in that order.
    pub(super) fn nth(&self, i: usize) -> (usize, usize) {
        (i / self.columns, i % self.columns)
    }

    pub(super) fn cells(&self) -> usize {
        self.grid * self.grid
    }

    /// The cell of a patch: cells differ by at most one row and one column of patches.
    pub(super) fn cell(&self, row: usize, column: usize) -> usize {
        row * self.grid / self.rows * self.grid + column * self.grid / self.columns
    }

    /// Patches of a cell.
    pub(super) fn cell_size(&self, cell: usize) -> usize {
        let span = |i: usize, all: usize| ((i + 1) * all).div_ceil(self.grid) - (i * all).div_ceil(self.grid);
        span(cell / self.grid, self.rows) * span(cell % self.grid, self.columns)
    }

    /// Writes the patch in `row` and `column`, brought to equal contrast, to `to`, zeros up to its end.
    /// Whether it has any contrast; if not, what `to` holds has no meaning.
    #[inline]
    pub(super) fn patch_at(
        &self,
        picture: &[f32],
        row: usize,
        column: usize,
        floor: f32,
        to: &mut [f32],
    ) -> bool {
        let line = self.width * self.channels;
        let part = self.side * self.channels;
        let corner = row * self.stride * line + column * self.stride * self.channels;
        let size = self.patch();
        // Less its first pixel, so that a patch of one colour is exactly zero, whatever the colour.
        let first = picture[corner];
        let lines = picture[corner..].chunks(line).map(|line| &line[..part]);
        for (to, from) in to[..size].chunks_exact_mut(part).zip(lines) {
            to.iter_mut().zip(from).for_each(|(to, from)| *to = from - first);
        }
        to[size..].fill(0.0);
        let mean = sum(to, |x| x) / size as f32;
        to[..size].iter_mut().for_each(|x| *x -= mean);
        let variance = sum(to, |x| x * x) / size as f32;
        if variance == 0.0 {
            return false;
        }
        if !variance.is_finite() {
            let lines = picture[corner..].chunks(line).map(|line| &line[..part]);
            extreme(lines.take(self.side).flatten().copied(), &mut to[..size]);
            return true;
        }
        let scale = 1.0 / (variance + floor).sqrt();
        to.iter_mut().for_each(|x| *x *= scale);
        true
    }
}

/// A patch whose variance is beyond the range of `f32`, next to which no floor counts.
#[cold]
fn extreme(patch: impl Iterator<Item = f32> + Clone, to: &mut [f32]) {
    let size = to.len() as f64;
    let mean = patch.clone().map(|x| f64::from(x) / size).sum::<f64>();
    let variance = patch.clone().map(|x| (f64::from(x) - mean).powi(2) / size).sum::<f64>();
    let scale = 1.0 / variance.sqrt();
    to.iter_mut().zip(patch).for_each(|(to, x)| *to = ((f64::from(x) - mean) * scale) as f32);
}

/// Sum of `f` in four lanes, which the compiler keeps in one register.
#[inline]
pub(super) fn sum(values: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let (fours, _) = values.as_chunks::<4>();
    let mut sums = [0.0f32; 4];
    for four in fours {
        for (sum, &x) in sums.iter_mut().zip(four) {
            *sum += f(x);
        }
    }
    (sums[0] + sums[2]) + (sums[1] + sums[3])
}
