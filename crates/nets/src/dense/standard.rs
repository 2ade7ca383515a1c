//! Rows moved and scaled to mean 0 and variance 1: what a layer normalisation does before its weights.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;
use burn::tensor::module::layer_norm;
use rayon::prelude::*;

use super::blend::{RUN, shaped};

/// `(x - mean) / sqrt(variance + epsilon)` along the last axis (Ba et al. 2016), where `epsilon` is above 0.
pub(crate) fn standardised<const D: usize>(rows: Tensor<D>, epsilon: f64) -> Tensor<D> {
    if !super::serves(&rows) {
        let ones = Tensor::ones([rows.dims()[D - 1]], (&rows.device(), rows.dtype()));
        return layer_norm(rows, ones, None, epsilon);
    }
    Tensor::from_dispatch(<Dispatch as StandardOps>::standard_rows(rows.into_dispatch(), epsilon as f32))
}

#[backend_extension(Flex, Autodiff)]
pub(crate) trait StandardOps: Backend {
    fn standard_rows(rows: FloatTensor<Self>, epsilon: f32) -> FloatTensor<Self>;
}

impl StandardOps for Flex {
    fn standard_rows(rows: FlexTensor, epsilon: f32) -> FlexTensor {
        forward(rows, epsilon).0
    }
}

/// The rows, and one over the deviation of each.
fn forward(rows: FlexTensor, epsilon: f32) -> (FlexTensor, Vec<f32>) {
    let (rows, width) = (rows.to_contiguous(), width(&rows));
    let floats: &[f32] = rows.storage();
    let mut output = vec![0.0; floats.len()];
    let mut inverses = vec![0.0; floats.len() / width.max(1)];
    let count = (RUN / width.max(1)).max(1);
    if width > 0 {
        let pieces = floats.par_chunks(count * width).zip(output.par_chunks_mut(count * width));
        pieces.zip(inverses.par_chunks_mut(count)).for_each(|((from, to), inverses)| {
            let rows = from.chunks_exact(width).zip(to.chunks_exact_mut(width));
            for ((from, to), inverse) in rows.zip(inverses) {
                let mean = sum(from, |x| x) / width as f32;
                let variance = sum(from, |x| (x - mean) * (x - mean)) / width as f32;
                *inverse = (variance + epsilon).sqrt().recip();
                to.iter_mut().zip(from).for_each(|(to, x)| *to = (x - mean) * *inverse);
            }
        });
    }
    (shaped(output, &rows), inverses)
}

/// With `y` the output: `x' = (g - mean g - y mean (g y)) / deviation`.
fn backward(slopes: &FlexTensor, output: &FlexTensor, inverses: &[f32]) -> FlexTensor {
    let (slopes, width) = (slopes.to_contiguous(), width(output));
    let (g, y): (&[f32], &[f32]) = (slopes.storage(), output.storage());
    let mut by = vec![0.0; y.len()];
    let count = (RUN / width.max(1)).max(1);
    if width > 0 {
        let pieces = by.par_chunks_mut(count * width).zip(inverses.par_chunks(count));
        pieces.enumerate().for_each(|(piece, (by, inverses))| {
            let from = piece * count * width;
            let rows = g[from..].chunks_exact(width).zip(y[from..].chunks_exact(width));
            for ((by, (g, y)), inverse) in by.chunks_exact_mut(width).zip(rows).zip(inverses) {
                let mean = sum(g, |g| g) / width as f32;
                let along = sum_of_products(g, y) / width as f32;
                by.iter_mut()
                    .zip(g.iter().zip(y))
                    .for_each(|(by, (g, y))| *by = (g - mean - y * along) * inverse);
            }
        });
    }
    shaped(by, output)
}

const LANES: usize = 16;

/// In lanes, which the compiler keeps in registers.
fn sum(xs: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = xs.as_chunks::<LANES>();
    let mut sums = [0.0f32; LANES];
    for chunk in chunks {
        sums.iter_mut().zip(chunk).for_each(|(sum, &x)| *sum += of(x));
    }
    rest.iter().fold(sums.iter().sum(), |sum, &x| sum + of(x))
}

fn sum_of_products(xs: &[f32], ys: &[f32]) -> f32 {
    let ((xs, rest), (ys, others)) = (xs.as_chunks::<LANES>(), ys.as_chunks::<LANES>());
    let mut sums = [0.0f32; LANES];
    for (xs, ys) in xs.iter().zip(ys) {
        sums.iter_mut().zip(xs.iter().zip(ys)).for_each(|(sum, (x, y))| *sum += x * y);
    }
    rest.iter().zip(others).fold(sums.iter().sum(), |sum, (x, y)| sum + x * y)
}

fn width(tensor: &FlexTensor) -> usize {
    let shape = tensor.layout().shape();
    shape[shape.num_dims() - 1]
}

impl<C: CheckpointStrategy> StandardOps for Autodiff<Flex, C> {
    fn standard_rows(rows: FloatTensor<Self>, epsilon: f32) -> FloatTensor<Self> {
        let nodes = [rows.node()];
        let (output, inverses) = forward(rows.into_primitive(), epsilon);
        match Reverse.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(Arc::new((output.clone(), inverses)), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }
}

#[derive(Debug)]
struct Reverse;

impl Backward<Flex, 1> for Reverse {
    type State = Arc<(FlexTensor, Vec<f32>)>;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let slopes = grads.consume::<Flex>(&ops.node);
        let (output, inverses) = &*ops.state;
        let [parent] = ops.parents;
        if let Some(node) = parent {
            grads.register::<Flex>(node.id, backward(&slopes, output, inverses));
        }
    }
}
