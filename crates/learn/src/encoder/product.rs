//! A fixed matrix times vectors, on the kernel's panels.

use attractor_kernel::{LANES, Lane, Level, Measure, Panels, Query, padded, scores};

/// Vectors of one call, at most.
pub(crate) const BATCH: usize = 48;

const ONES: [f32; BATCH] = [1.0; BATCH];

/// A matrix whose rows lie in panels of sixteen, so that sixteen products grow at once.
#[derive(Debug, Clone)]
pub(crate) struct Product {
    rows: usize,
    width: usize,
    lanes: Vec<Lane>,
    live: Vec<u16>,
}

impl Product {
    /// The matrix with `rows` of `width` components each, row after row.
    pub(crate) fn new(matrix: &[f32], width: usize) -> Self {
        let rows = matrix.len() / width;
        let stride = padded(width);
        let mut lanes = vec![Lane::ZERO; rows.div_ceil(LANES) * stride];
        for (row, from) in matrix.chunks_exact(width).enumerate() {
            let panel = &mut lanes[row / LANES * stride..][..width];
            panel.iter_mut().zip(from).for_each(|(lane, &x)| lane.0[row % LANES] = x);
        }
        // Rows past the end are zeros that answer 0, which costs less than dead ones.
        Self { rows, width, lanes, live: vec![u16::MAX; rows.div_ceil(LANES)] }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Floats between one vector and the next in a batch; what is beyond the width is 0.
    pub(crate) fn stride(&self) -> usize {
        padded(self.width)
    }

    /// The matrix, row after row.
    pub(crate) fn matrix(&self) -> Vec<f32> {
        let stride = self.stride();
        let at = |row: usize, j: usize| self.lanes[row / LANES * stride + j].0[row % LANES];
        (0..self.rows).flat_map(|row| (0..self.width).map(move |j| at(row, j))).collect()
    }

    /// Lanes of the products of one vector.
    pub(crate) fn panels(&self) -> usize {
        self.live.len()
    }

    /// Products of the `vectors` (at most [`BATCH`], [`Product::stride`] floats each) with all rows, to
    /// `out[vector * panels + panel]`. Rows past the end give 0.
    ///
    /// The bits of a vector's products do not depend on the others of the batch.
    pub(crate) fn apply(&self, vectors: &[f32], out: &mut [Lane]) {
        let stride = self.stride();
        let scales = &ONES[..vectors.len() / stride];
        let query = Query::new(vectors, scales, stride, Measure::Dot);
        let keys = Panels::new(&self.lanes, &self.live, &[], stride);
        if let (Some(query), Some(keys)) = (query, keys) {
            scores(Level::current(), &query, &keys, &mut out[..scales.len() * self.panels()]);
        }
    }

    /// The matrix times every vector of [`Product::width`] components, vector after vector, to
    /// `out[vector * rows + row]`. What is beyond the range of `f32`, where the kernel gives the greatest float,
    /// is infinite.
    pub(crate) fn apply_to(&self, vectors: &[f32], out: &mut [f32]) {
        let most = BATCH.min(vectors.len() / self.width);
        let mut cues = vec![0.0; most * self.stride()];
        let mut lanes = vec![Lane::ZERO; most * self.panels()];
        let batches = vectors.chunks(BATCH * self.width).zip(out.chunks_mut(BATCH * self.rows));
        for (vectors, out) in batches {
            let count = vectors.len() / self.width;
            let rows = cues.chunks_exact_mut(self.stride()).zip(vectors.chunks_exact(self.width));
            rows.for_each(|(cue, vector)| cue[..self.width].copy_from_slice(vector));
            self.apply(&cues[..count * self.stride()], &mut lanes);
            for (out, lanes) in out.chunks_exact_mut(self.rows).zip(lanes.chunks_exact(self.panels())) {
                let products = lanes.iter().flat_map(|lane| lane.0);
                let beyond = |x: f32| if x.abs() < f32::MAX { x } else { f32::INFINITY };
                out.iter_mut().zip(products).for_each(|(to, product)| *to = beyond(product));
            }
        }
    }

    /// Bytes held beyond the struct itself.
    pub(crate) fn bytes(&self) -> usize {
        self.lanes.capacity() * size_of::<Lane>() + self.live.capacity() * size_of::<u16>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    #[test]
    fn products_are_those_of_the_definition_alone_and_in_a_batch() {
        let mut rng = attractor_data::stream(1, "product");
        for (rows, width) in [(1, 1), (16, 4), (17, 9), (100, 36), (70, 700)] {
            let mut draw = |n: usize| (0..n).map(|_| rng.random::<f32>() - 0.5).collect::<Vec<f32>>();
            let matrix = draw(rows * width);
            let product = Product::new(&matrix, width);
            let mut vectors = vec![0.0; 7 * product.stride()];
            for vector in vectors.chunks_exact_mut(product.stride()) {
                vector[..width].copy_from_slice(&draw(width));
            }
            let mut out = vec![Lane::ZERO; 7 * product.panels()];
            product.apply(&vectors, &mut out);
            for (vector, out) in vectors.chunks_exact(product.stride()).zip(out.chunks(product.panels())) {
                let mut alone = vec![0.0; rows];
                product.apply_to(&vector[..width], &mut alone);
                let mut many = vec![0.0; 101 * rows];
                product.apply_to(&vector[..width].repeat(101), &mut many);
                assert_eq!(many, alone.repeat(101));
                for row in 0..rows {
                    let terms = matrix[row * width..].iter().zip(&vector[..width]);
                    let exact: f64 = terms.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                    assert!((f64::from(alone[row]) - exact).abs() < 1e-4);
                    assert_eq!(alone[row], out[row / LANES].0[row % LANES]);
                }
            }
        }
    }
}
