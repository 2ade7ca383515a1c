//! Numbers kept between two bounds.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;
use rayon::prelude::*;

use super::blend::{RUN, shaped, whole};

/// Each number, or the bound that it lies beyond; what is no number stays. The slope at a bound is 1, beyond it 0.
/// `low` is at most `high`, and both are finite in f32.
pub(crate) fn clamp<const D: usize>(of: Tensor<D>, low: f64, high: f64) -> Tensor<D> {
    if !super::serves(&of) {
        return of.clamp(low, high);
    }
    let bounds = [low as f32, high as f32];
    Tensor::from_dispatch(<Dispatch as ClampOps>::clamped(of.into_dispatch(), bounds))
}

#[backend_extension(Flex, Autodiff)]
pub(crate) trait ClampOps: Backend {
    fn clamped(of: FloatTensor<Self>, bounds: [f32; 2]) -> FloatTensor<Self>;
}

impl ClampOps for Flex {
    fn clamped(of: FlexTensor, [low, high]: [f32; 2]) -> FlexTensor {
        let mut of = whole(of);
        if let Some(to) = of.try_storage_mut::<f32>() {
            to.par_chunks_mut(RUN).for_each(|to| to.iter_mut().for_each(|x| *x = x.clamp(low, high)));
            return of;
        }
        let from: &[f32] = of.storage();
        let mut output = vec![0.0; from.len()];
        output.par_chunks_mut(RUN).zip(from.par_chunks(RUN)).for_each(|(to, from)| {
            to.iter_mut().zip(from).for_each(|(to, x)| *to = x.clamp(low, high));
        });
        shaped(output, &of)
    }
}

impl<C: CheckpointStrategy> ClampOps for Autodiff<Flex, C> {
    fn clamped(of: FloatTensor<Self>, bounds: [f32; 2]) -> FloatTensor<Self> {
        let nodes = [of.node()];
        let of = of.into_primitive();
        match Reverse.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let output = Flex::clamped(of.clone(), bounds);
                prep.finish(Arc::new((of, bounds)), output)
            }
            OpsKind::UnTracked(prep) => prep.finish(Flex::clamped(of, bounds)),
        }
    }
}

#[derive(Debug)]
struct Reverse;

impl Backward<Flex, 1> for Reverse {
    type State = Arc<(FlexTensor, [f32; 2])>;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let slopes = grads.consume::<Flex>(&ops.node).to_contiguous();
        let (of, [low, high]) = &*ops.state;
        let of = of.to_contiguous();
        let (g, x): (&[f32], &[f32]) = (slopes.storage(), of.storage());
        let mut by = vec![0.0; g.len()];
        by.par_chunks_mut(RUN).zip(g.par_chunks(RUN).zip(x.par_chunks(RUN))).for_each(|(by, (g, x))| {
            let terms = by.iter_mut().zip(g.iter().zip(x));
            terms.for_each(|(by, (g, x))| *by = if x < low || x > high { 0.0 } else { *g });
        });
        let [parent] = ops.parents;
        if let Some(node) = parent {
            grads.register::<Flex>(node.id, shaped(by, &slopes));
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn what_lies_beyond_a_bound_has_no_slope() {
        let device = Device::flex().autodiff();
        let x = Tensor::<1>::from_data([-1.0f32, 0.0, 0.5, 2.0, 3.0], &device).require_grad();
        let kept = clamp(x.clone(), 0.0, 2.0);
        assert_eq!(kept.clone().try_into_vec_as::<f32>().unwrap(), [0.0, 0.0, 0.5, 2.0, 2.0]);
        let weights = Tensor::<1>::from_data([1.0f32, 2.0, 3.0, 4.0, 5.0], &device);
        let slope = x.grad(&(kept * weights).sum().backward()).unwrap();
        assert_eq!(slope.try_into_vec_as::<f32>().unwrap(), [0.0, 2.0, 3.0, 4.0, 0.0]);
        let used = Tensor::<1>::from_data([-1.0f32, 1.0], &Device::flex());
        assert_eq!(clamp(used.clone(), 0.0, 2.0).try_into_vec_as::<f32>().unwrap(), [0.0, 1.0]);
        assert_eq!(used.try_into_vec_as::<f32>().unwrap(), [-1.0, 1.0]);
        let nothing = Tensor::<1>::from_data([f32::NAN], &Device::flex());
        assert!(clamp(nothing, 0.0, 2.0).into_scalar::<f32>().is_nan());
    }
}
