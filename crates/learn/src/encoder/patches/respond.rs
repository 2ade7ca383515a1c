//! What the centroids answer to patches: the inner loop.
//!
//! Whitening is folded into the centroids, so that the patch is multiplied once. Sixteen centroids are one
//! lane; only the triangle needs more than the products, the length of the whitened patch, for which the
//! rows of the whitening stand behind the centroids.

use attractor_kernel::{LANES, Lane};

use super::places::sum;
use super::{Activation, BATCH, Product, Zca};

/// Centroids, ready to answer.
#[derive(Debug, Clone)]
pub(super) struct Answers {
    activation: Activation,
    centroids: usize,
    /// Centroids, zeros to a whole panel, then the rows of the whitening where they are needed.
    product: Product,
    /// Per lane of centroids, what `rule` adds to the products.
    constants: Vec<Lane>,
    length: Length,
}

/// How the squared length of a whitened patch is found.
#[derive(Debug, Clone)]
enum Length {
    /// Nobody asks.
    Unused,
    /// Nothing is whitened: that of the patch.
    Plain,
    /// `|W x - W m|^2`, less `W m`, zeros to a whole panel.
    Whitened(Vec<Lane>),
}

impl Answers {
    /// `centroids` of `width` components each, one after the other.
    pub(super) fn new(activation: Activation, zca: Option<&Zca>, centroids: &[f32], width: usize) -> Self {
        let count = centroids.len() / width;
        let panels = count.div_ceil(LANES);
        let mut matrix = Vec::with_capacity(panels * LANES * width);
        // Silent: a product of 0 and this constant make neither a distance nor an answer.
        let silent = if activation == Activation::Triangle { f32::NEG_INFINITY } else { 0.0 };
        let mut constants = vec![Lane([silent; LANES]); panels];
        for (k, c) in centroids.chunks_exact(width).enumerate() {
            let (folded, offset) = zca.map_or_else(|| (c.to_vec(), 0.0), |zca| zca.fold(c));
            matrix.extend_from_slice(&folded);
            constants[k / LANES].0[k % LANES] = match activation {
                Activation::Triangle => {
                    let square: f64 = c.iter().map(|&c| f64::from(c) * f64::from(c)).sum();
                    (square + 2.0 * f64::from(offset)) as f32
                }
                Activation::Threshold { .. } | Activation::TwoSided { .. } => -offset,
            };
        }
        let length = match (activation, zca) {
            (Activation::Triangle, None) => Length::Plain,
            (Activation::Triangle, Some(zca)) => {
                matrix.resize(panels * LANES * width, 0.0);
                matrix.extend_from_slice(&zca.matrix);
                let mut shift = vec![Lane::ZERO; width.div_ceil(LANES)];
                zca.shift().iter().enumerate().for_each(|(i, &x)| shift[i / LANES].0[i % LANES] = x);
                Length::Whitened(shift)
            }
            _ => Length::Unused,
        };
        Self { activation, centroids: count, product: Product::new(&matrix, width), constants, length }
    }

    pub(super) fn activation(&self) -> Activation {
        self.activation
    }

    /// Answers of a centroid.
    pub(super) fn sides(&self) -> usize {
        if matches!(self.activation, Activation::TwoSided { .. }) { 2 } else { 1 }
    }

    /// Lanes of the answers to a patch: each side begins a new one.
    pub(super) fn lanes(&self) -> usize {
        self.sides() * self.constants.len()
    }

    /// Lanes of the products of a patch.
    pub(super) fn panels(&self) -> usize {
        self.product.panels()
    }

    /// Floats between two patches of a batch.
    pub(super) fn stride(&self) -> usize {
        self.product.stride()
    }

    pub(super) fn bytes(&self) -> usize {
        let shift = if let Length::Whitened(shift) = &self.length { shift.capacity() } else { 0 };
        (self.constants.capacity() + shift) * size_of::<Lane>() + self.product.bytes()
    }

    /// Adds the answers to `patches`, at most a batch, to the `sums` of their `cells`. `work` has
    /// [`Answers::panels`] lanes for each patch of a whole batch.
    pub(super) fn add(&self, patches: &[f32], cells: &[usize], work: &mut [Lane], sums: &mut [Lane]) {
        debug_assert!(cells.len() <= BATCH);
        self.product.apply(patches, work);
        let products = work.chunks_exact_mut(self.panels());
        for ((patch, products), &cell) in patches.chunks_exact(self.stride()).zip(products).zip(cells) {
            let to = &mut sums[cell * self.lanes()..][..self.lanes()];
            let (products, rest) = products.split_at_mut(self.constants.len());
            match self.activation {
                Activation::Triangle => {
                    let square = match &self.length {
                        Length::Unused => 0.0,
                        Length::Plain => sum(patch, |x| x * x),
                        Length::Whitened(shift) => square_between(rest, shift),
                    };
                    triangle(square, self.centroids, products, &self.constants, to);
                }
                Activation::Threshold { alpha } => threshold(1.0, alpha, products, &self.constants, to),
                Activation::TwoSided { alpha } => {
                    let (with, against) = to.split_at_mut(products.len());
                    threshold(1.0, alpha, products, &self.constants, with);
                    threshold(-1.0, alpha, products, &self.constants, against);
                }
            }
        }
    }
}

/// `x` where it is above 0. (`f32::max` takes more instructions, for the sake of NaN.)
#[inline(always)]
fn positive(x: f32) -> f32 {
    if x > 0.0 { x } else { 0.0 }
}

/// `|a - b|^2`.
#[inline]
fn square_between(a: &[Lane], b: &[Lane]) -> f32 {
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for i in 0..LANES {
            let gap = a.0[i] - b.0[i];
            sums[i] += gap * gap;
        }
    }
    sum(&sums, |x| x)
}

/// Adds `max(0, mean distance - distance)`; turns the products into distances on the way.
#[inline]
fn triangle(square: f32, centroids: usize, products: &mut [Lane], constants: &[Lane], to: &mut [Lane]) {
    let mut sums = [0.0; LANES];
    for (x, constant) in products.iter_mut().zip(constants) {
        for i in 0..LANES {
            x.0[i] = positive(square + constant.0[i] - 2.0 * x.0[i]).sqrt();
            sums[i] += x.0[i];
        }
    }
    let mean = sum(&sums, |x| x) / centroids as f32;
    for (to, distance) in to.iter_mut().zip(products) {
        for i in 0..LANES {
            to.0[i] += positive(mean - distance.0[i]);
        }
    }
}

/// Adds `max(0, sign * (product + constant) - alpha)`.
#[inline]
fn threshold(sign: f32, alpha: f32, products: &[Lane], constants: &[Lane], to: &mut [Lane]) {
    for ((to, x), constant) in to.iter_mut().zip(products).zip(constants) {
        for i in 0..LANES {
            to.0[i] += positive(sign * (x.0[i] + constant.0[i]) - alpha);
        }
    }
}
