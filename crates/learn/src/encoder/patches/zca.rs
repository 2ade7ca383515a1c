//! Whitening that stays as near to the patch as it can.

use attractor_store::wire::{Reader, Writer};
use faer::Mat;

use crate::Error;
use crate::encoder::check;
use crate::encoder::spectrum::{add_product, eigen};

/// Patches that are held in `f64` at once.
const CHUNK: usize = 1024;

/// `y = W (x - m)`, with the symmetric `W = V (diag(l) + epsilon)^(-1/2) V^T`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Zca {
    pub(super) mean: Vec<f32>,
    /// Row after row.
    pub(super) matrix: Vec<f32>,
}

impl Zca {
    /// Of `patches`, `stride` floats each, of which the first `width` count.
    pub(super) fn fit(patches: &[f32], stride: usize, width: usize, epsilon: f64) -> Result<Self, Error> {
        let n = (patches.len() / stride).max(1) as f64;
        let mut mean = vec![0.0; width];
        for patch in patches.chunks_exact(stride) {
            mean.iter_mut().zip(patch).for_each(|(mean, &x)| *mean += f64::from(x) / n);
        }
        let mut covariance = Mat::zeros(width, width);
        for part in patches.chunks(CHUNK * stride) {
            let rows = part.len() / stride;
            let rows = Mat::from_fn(rows, width, |i, j| f64::from(part[i * stride + j]) - mean[j]);
            add_product(&mut covariance, 1.0 / n, rows.transpose(), rows.as_ref());
        }
        let (values, vectors) = eigen(&covariance, "the covariance of patches")?;
        let scaled =
            Mat::from_fn(width, width, |i, j| vectors[(i, j)] / (values[j].max(0.0) + epsilon).sqrt().sqrt());
        let mut matrix = Mat::zeros(width, width);
        add_product(&mut matrix, 1.0, scaled.as_ref(), scaled.transpose());
        let rows = (0..width).flat_map(|i| (0..width).map(move |j| (i, j)));
        let matrix: Vec<f32> = rows.map(|at| matrix[at] as f32).collect();
        check::finite(&matrix, "the whitening of patches")?;
        Ok(Self { mean: mean.into_iter().map(|x| x as f32).collect(), matrix })
    }

    /// `c^T W` and `c . W m`, by which `c . y = (c^T W) . x - c . W m` is read off the patch itself.
    pub(super) fn fold(&self, c: &[f32]) -> (Vec<f32>, f32) {
        let width = self.mean.len();
        let mut folded = vec![0.0f64; width];
        for (&c, row) in c.iter().zip(self.matrix.chunks_exact(width)) {
            folded.iter_mut().zip(row).for_each(|(to, &w)| *to += f64::from(c) * f64::from(w));
        }
        let offset: f64 = folded.iter().zip(&self.mean).map(|(v, &m)| v * f64::from(m)).sum();
        (folded.into_iter().map(|v| v as f32).collect(), offset as f32)
    }

    /// `W m`.
    pub(super) fn shift(&self) -> Vec<f32> {
        let dot = |row: &[f32]| -> f64 {
            row.iter().zip(&self.mean).map(|(&w, &m)| f64::from(w) * f64::from(m)).sum()
        };
        self.matrix.chunks_exact(self.mean.len()).map(|row| dot(row) as f32).collect()
    }

    pub(super) fn bytes(&self) -> usize {
        (self.mean.capacity() + self.matrix.capacity()) * size_of::<f32>()
    }

    pub(super) fn save(&self, to: &mut Writer) {
        to.f32s(&self.mean);
        to.f32s(&self.matrix);
    }

    pub(super) fn load(from: &mut Reader<'_>, width: usize) -> Result<Self, Error> {
        const FAULT: &str = "a whitening that cannot be";
        let mean = check::read_f32s(from, width, FAULT)?;
        let matrix = check::read_f32s(from, width.saturating_mul(width), FAULT)?;
        Ok(Self { mean, matrix })
    }
}
