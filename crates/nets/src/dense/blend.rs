//! Weighted sums of two tensors of one shape.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Tensor, TensorData};
use rayon::prelude::*;

/// Numbers that one thread takes at a time.
pub(super) const RUN: usize = 1 << 14;

/// `of_a a + of_b b`, of equal shapes.
pub(crate) fn blend<const D: usize>(of_a: f64, a: Tensor<D>, of_b: f64, b: Tensor<D>) -> Tensor<D> {
    if !super::serves(&a) || a.dims() != b.dims() {
        return a * of_a + b * of_b;
    }
    let factors = [of_a as f32, of_b as f32];
    Tensor::from_dispatch(<Dispatch as BlendOps>::blended(a.into_dispatch(), b.into_dispatch(), factors))
}

#[backend_extension(Flex, Autodiff)]
pub(crate) trait BlendOps: Backend {
    fn blended(a: FloatTensor<Self>, b: FloatTensor<Self>, factors: [f32; 2]) -> FloatTensor<Self>;
}

impl BlendOps for Flex {
    fn blended(a: FlexTensor, b: FlexTensor, [of_a, of_b]: [f32; 2]) -> FlexTensor {
        let (mut a, mut b) = (whole(a), whole(b));
        // Into one of the two where nobody else has it.
        if let Some(to) = b.try_storage_mut::<f32>() {
            to.par_chunks_mut(RUN).zip(a.storage::<f32>().par_chunks(RUN)).for_each(|(to, a)| {
                to.iter_mut().zip(a).for_each(|(to, a)| *to = of_a * a + of_b * *to);
            });
            return b;
        }
        if let Some(to) = a.try_storage_mut::<f32>() {
            to.par_chunks_mut(RUN).zip(b.storage::<f32>().par_chunks(RUN)).for_each(|(to, b)| {
                to.iter_mut().zip(b).for_each(|(to, b)| *to = of_a * *to + of_b * b);
            });
            return a;
        }
        let mut output = vec![0.0; a.storage::<f32>().len()];
        let from = a.storage::<f32>().par_chunks(RUN).zip(b.storage::<f32>().par_chunks(RUN));
        output.par_chunks_mut(RUN).zip(from).for_each(|(to, (a, b))| {
            to.iter_mut().zip(a.iter().zip(b)).for_each(|(to, (a, b))| *to = of_a * a + of_b * b);
        });
        shaped(output, &a)
    }
}

impl<C: CheckpointStrategy> BlendOps for Autodiff<Flex, C> {
    fn blended(a: FloatTensor<Self>, b: FloatTensor<Self>, factors: [f32; 2]) -> FloatTensor<Self> {
        let nodes = [a.node(), b.node()];
        let output = Flex::blended(a.into_primitive(), b.into_primitive(), factors);
        match Reverse.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(Arc::new(factors), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }
}

#[derive(Debug)]
struct Reverse;

impl Backward<Flex, 2> for Reverse {
    type State = Arc<[f32; 2]>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let slopes = grads.consume::<Flex>(&ops.node).to_contiguous();
        for (parent, &factor) in ops.parents.into_iter().zip(&*ops.state) {
            let Some(node) = parent else { continue };
            let by = match factor {
                1.0 => slopes.clone(),
                _ => shaped(slopes.storage::<f32>().iter().map(|g| factor * g).collect(), &slopes),
            };
            grads.register::<Flex>(node.id, by);
        }
    }
}

/// The same numbers in order, from the first of their storage to the last.
pub(super) fn whole(tensor: FlexTensor) -> FlexTensor {
    let whole = tensor.to_contiguous();
    drop(tensor);
    whole
}

/// The floats of a tensor of this shape.
pub(super) fn shaped(floats: Vec<f32>, like: &FlexTensor) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(floats, like.layout().shape().clone()))
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn sums_and_slopes_are_those_of_the_plain_formula() {
        let device = Device::flex().autodiff();
        let [a, b] = [[[1.0f32, -2.0], [3.0, 0.5]], [[0.25, 4.0], [-1.0, 2.0]]]
            .map(|entries| Tensor::<2>::from_data(entries, &device).require_grad());
        // One of them turned: its memory order is another.
        let sum = blend(2.0, a.clone(), -0.5, b.clone().transpose());
        let numbers = sum.clone().try_into_vec_as::<f32>().unwrap();
        assert_eq!(numbers, [1.875, -3.5, 4.0, 0.0]);
        let weights = Tensor::<2>::from_data([[1.0f32, 2.0], [3.0, 4.0]], &device);
        let gradients = (sum * weights).sum().backward();
        let slope = |of: &Tensor<2>| of.grad(&gradients).unwrap().try_into_vec_as::<f32>().unwrap();
        assert_eq!(slope(&a), [2.0, 4.0, 6.0, 8.0]);
        assert_eq!(slope(&b), [-0.5, -1.5, -1.0, -2.0]);
    }

    #[test]
    fn what_is_used_elsewhere_stays() {
        let device = Device::flex();
        let make = || [[1.0f32, 2.0], [3.0, 4.0]].map(|entries| Tensor::<1>::from_data(entries, &device));
        let numbers = |tensor: Tensor<1>| tensor.try_into_vec_as::<f32>().unwrap();
        for kept in 0..4 {
            let [a, b] = make();
            let (again, other) = ((kept & 1 > 0).then(|| a.clone()), (kept & 2 > 0).then(|| b.clone()));
            assert_eq!(numbers(blend(2.0, a, 3.0, b)), [11.0, 16.0]);
            assert!(again.is_none_or(|a| numbers(a) == [1.0, 2.0]));
            assert!(other.is_none_or(|b| numbers(b) == [3.0, 4.0]));
        }
    }
}
