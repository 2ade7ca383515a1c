//! Mutual reading as an operation on Burn tensors.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Bool, Tensor};
use ndarray::Array2;

use super::flex::{ahead, array, tensor};
use super::mutual::{Mutual, Side};

/// What queries read of keys, and keys of queries, `(batch, positions, heads, depth)` each: the result has that shape
/// too, with twice the heads for both sides. Both are f32 on the CPU.
pub(crate) fn mutual(
    queries: Tensor<4>,
    keys: Tensor<4>,
    beta: f64,
    side: Side,
    forbidden: Option<Tensor<2, Bool>>,
) -> Tensor<4> {
    let forbidden = forbidden.map(|mask| {
        let dims = mask.dims();
        let flags: Vec<u8> = mask.into_data().iter::<bool>().map(u8::from).collect();
        Array2::from_shape_fn(dims, |(query, key)| flags[query * dims[1] + key])
    });
    let how = How { beta: beta as f32, side, forbidden };
    Tensor::from_dispatch(<Dispatch as MutualOps>::mutual(queries.into_dispatch(), keys.into_dispatch(), how))
}

/// What gets no gradient.
#[derive(Debug, Clone)]
pub(crate) struct How {
    beta: f32,
    side: Side,
    forbidden: Option<Array2<u8>>,
}

impl How {
    fn of<T>(&self, queries: &FlexTensor, keys: &FlexTensor, run: impl FnOnce(Mutual<'_>) -> T) -> T {
        run(Mutual {
            queries: array(queries).permuted_axes([0, 2, 1, 3]),
            keys: array(keys).permuted_axes([0, 2, 1, 3]),
            beta: self.beta,
            side: self.side,
            forbidden: self.forbidden.as_ref().map(|mask| mask.view()),
        })
    }
}

#[backend_extension(Flex, Autodiff)]
pub(crate) trait MutualOps: Backend {
    fn mutual(queries: FloatTensor<Self>, keys: FloatTensor<Self>, how: How) -> FloatTensor<Self>;
}

impl MutualOps for Flex {
    fn mutual(queries: FlexTensor, keys: FlexTensor, how: How) -> FlexTensor {
        let (queries, keys) = (ahead(queries), ahead(keys));
        tensor(how.of(&queries, &keys, |of| of.forward()).permuted_axes([0, 2, 1, 3]))
    }
}

impl<C: CheckpointStrategy> MutualOps for Autodiff<Flex, C> {
    fn mutual(queries: FloatTensor<Self>, keys: FloatTensor<Self>, how: How) -> FloatTensor<Self> {
        let nodes = [queries.node(), keys.node()];
        let (queries, keys) = (ahead(queries.into_primitive()), ahead(keys.into_primitive()));
        let output = Flex::mutual(queries.clone(), keys.clone(), how.clone());
        match Reverse.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(Arc::new((queries, keys, how)), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }
}

#[derive(Debug)]
struct Reverse;

impl Backward<Flex, 2> for Reverse {
    type State = Arc<(FlexTensor, FlexTensor, How)>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let slopes = ahead(grads.consume::<Flex>(&ops.node));
        let (queries, keys, how) = &*ops.state;
        let slopes = array(&slopes).permuted_axes([0, 2, 1, 3]);
        let by = how.of(queries, keys, |of| of.backward(slopes));
        for (parent, by) in ops.parents.into_iter().zip(by) {
            if let Some(node) = parent {
                grads.register::<Flex>(node.id, tensor(by.permuted_axes([0, 2, 1, 3])));
            }
        }
    }
}
