//! The association as an operation on Burn tensors.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Bool, DType, Tensor};

use super::backward::reverse;
use super::flex::{ahead, array, list, matrix, tensor, vector};
use super::forward::{Trace, forward};
use super::inputs::{check_beta, check_extents};
use super::{Inputs, Updates};
use crate::Error;

/// What queries may look at.
#[derive(Debug, Clone)]
pub enum Mask {
    /// True forbids, `(queries, patterns)`.
    Forbidden(Tensor<2, Bool>),
    /// The same, `(batch, heads, queries, patterns)`; batch and heads may be 1 for all.
    ForbiddenEach(Tensor<4, Bool>),
    /// Added to the scores, `(queries, patterns)`; minus infinity forbids. Gets no gradient.
    Added(Tensor<2>),
    /// The same, `(batch, heads, queries, patterns)`; batch and heads may be 1 for all.
    AddedEach(Tensor<4>),
}

/// For each head, as often as `updates` says `q <- softmax(beta q k^T + mask) k`, then
/// `softmax(beta q k^T + mask) v`: `(batch, heads, queries, value width)`, in memory in the order of the queries.
///
/// `queries` are `(batch, heads, queries, width)`, `patterns` `(batch, heads, patterns, width)`, `values`
/// `(batch, heads, patterns, value width)`, `betas` `(heads)`, finite and at least 0; `padding` is
/// `(batch, patterns)`, true where no query may look. All are `f32` on Burn's `Device::flex()`, in any memory order.
/// Gradients flow to queries, patterns, values and betas.
///
/// # Errors
/// [`Error::Size`] where extents differ, [`Error::Parameter`] for a width of 0, a beta that is negative or not
/// finite, a tolerance that is not above 0, or a limit of 0; [`Error::Device`] for a tensor elsewhere or of another
/// type.
///
/// ```
/// use attractor_nets::fused::{Updates, associate};
/// use burn::tensor::{Device, Tensor};
///
/// let device = Device::flex().autodiff();
/// let queries = Tensor::<4>::from_floats([[[[0.9, 0.2]]]], &device).require_grad();
/// let patterns = Tensor::<4>::from_floats([[[[1.0, 0.0], [0.0, 1.0]]]], &device);
/// let betas = Tensor::<1>::from_floats([8.0], &device);
/// let output =
///     associate(queries.clone(), patterns.clone(), patterns, betas, None, None, Updates::Unrolled(0))?;
/// let gradients = output.sum().backward();
/// assert!(queries.grad(&gradients).is_some());
/// # Ok::<(), attractor_nets::Error>(())
/// ```
pub fn associate(
    queries: Tensor<4>,
    patterns: Tensor<4>,
    values: Tensor<4>,
    betas: Tensor<1>,
    mask: Option<Mask>,
    padding: Option<Tensor<2, Bool>>,
    updates: Updates,
) -> Result<Tensor<4>, Error> {
    let [batch, heads, rows, _] = queries.dims();
    let columns = patterns.dims()[2];
    let limits = Limits {
        mask: mask.map(|mask| mask.terms([batch, heads, rows, columns])).transpose()?,
        padding: padding.map(|padding| primitive(terms(padding), "padding")).transpose()?,
        updates,
    };
    let padding = limits.padding.as_ref().map(|padding| matrix(padding).dim().into());
    let values_dims = values.dims();
    check_extents(queries.dims(), patterns.dims(), values_dims, betas.dims()[0], None, padding)?;
    updates.check()?;
    for (tensor, place) in [(&queries, "queries"), (&patterns, "patterns"), (&values, "values")] {
        primitive(tensor.clone(), place)?;
    }
    for &beta in &list(&primitive(betas.clone(), "betas")?) {
        check_beta(beta)?;
    }
    let inputs = [queries.into_dispatch(), patterns.into_dispatch(), values.into_dispatch()];
    let [queries, patterns, values] = inputs;
    let output =
        <Dispatch as AssociationOps>::association(queries, patterns, values, betas.into_dispatch(), limits);
    Ok(Tensor::from_dispatch(output))
}

impl Mask {
    /// What it adds to the scores.
    fn terms(self, [batch, heads, queries, patterns]: [usize; 4]) -> Result<FlexTensor, Error> {
        let all: Tensor<4> = match self {
            Self::Forbidden(mask) => terms(mask).unsqueeze(),
            Self::ForbiddenEach(mask) => terms(mask),
            Self::Added(mask) => mask.unsqueeze(),
            Self::AddedEach(mask) => mask,
        };
        let [b, h, q, p] = all.dims();
        for (place, expected, found) in [
            ("mask: batch", batch, if b == 1 { batch } else { b }),
            ("mask: heads", heads, if h == 1 { heads } else { h }),
            ("mask: queries", queries, q),
            ("mask: patterns", patterns, p),
        ] {
            if expected != found {
                return Err(Error::Size { place, expected, found });
            }
        }
        primitive(all.expand([batch, heads, queries, patterns]), "mask")
    }
}

/// 0, or minus infinity where `forbidden`.
fn terms<const D: usize>(forbidden: Tensor<D, Bool>) -> Tensor<D> {
    Tensor::zeros(forbidden.dims(), &forbidden.device()).mask_fill(forbidden, f32::NEG_INFINITY)
}

/// The tensor behind a tensor, without its history.
fn primitive<const D: usize>(tensor: Tensor<D>, place: &'static str) -> Result<FlexTensor, Error> {
    let dtype = tensor.dtype();
    if dtype != DType::F32 {
        return Err(Error::Device { place, reason: format!("{dtype:?} instead of F32") });
    }
    let tensor = tensor.without_autodiff();
    tensor
        .try_into_primitive::<Flex>()
        .map(ahead)
        .map_err(|error| Error::Device { place, reason: format!("not on the CPU backend: {error:?}") })
}

/// What gets no gradient.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// `(batch, heads, queries, patterns)`
    mask: Option<FlexTensor>,
    /// `(batch, patterns)`
    padding: Option<FlexTensor>,
    updates: Updates,
}

#[backend_extension(Flex, Autodiff)]
pub(crate) trait AssociationOps: Backend {
    fn association(
        queries: FloatTensor<Self>,
        patterns: FloatTensor<Self>,
        values: FloatTensor<Self>,
        betas: FloatTensor<Self>,
        limits: Limits,
    ) -> FloatTensor<Self>;
}

impl AssociationOps for Flex {
    fn association(
        queries: FlexTensor,
        patterns: FlexTensor,
        values: FlexTensor,
        betas: FlexTensor,
        limits: Limits,
    ) -> FlexTensor {
        Kept::new([queries, patterns, values, betas], limits).forward().0
    }
}

/// What the way back starts from.
#[derive(Debug)]
struct Kept {
    queries: FlexTensor,
    patterns: FlexTensor,
    values: FlexTensor,
    betas: Vec<f32>,
    limits: Limits,
}

impl Kept {
    fn new([queries, patterns, values, betas]: [FlexTensor; 4], limits: Limits) -> Self {
        let [queries, patterns, values] = [queries, patterns, values].map(ahead);
        Self { queries, patterns, values, betas: list(&betas), limits }
    }

    fn inputs(&self) -> Inputs<'_> {
        Inputs {
            queries: array(&self.queries),
            patterns: array(&self.patterns),
            values: array(&self.values),
            betas: &self.betas,
            mask: self.limits.mask.as_ref().map(array),
            padding: self.limits.padding.as_ref().map(matrix),
            updates: self.limits.updates,
        }
    }

    fn forward(&self) -> (FlexTensor, Trace) {
        let forward = forward(&self.inputs()).expect("the inputs were checked before they were dispatched");
        (tensor(forward.output), forward.trace)
    }

    fn backward(&self, output: &FlexTensor, trace: &Trace, slopes: FlexTensor) -> [FlexTensor; 4] {
        let gradients = reverse(&self.inputs(), trace, array(output), array(&ahead(slopes)))
            .expect("the inputs were checked before they were dispatched");
        let betas = vector(gradients.betas);
        [tensor(gradients.queries), tensor(gradients.patterns), tensor(gradients.values), betas]
    }
}

impl<C: CheckpointStrategy> AssociationOps for Autodiff<Flex, C> {
    fn association(
        queries: FloatTensor<Self>,
        patterns: FloatTensor<Self>,
        values: FloatTensor<Self>,
        betas: FloatTensor<Self>,
        limits: Limits,
    ) -> FloatTensor<Self> {
        let nodes = [queries.node(), patterns.node(), values.node(), betas.node()];
        let (queries, patterns) = (queries.into_primitive(), patterns.into_primitive());
        let (values, betas) = (values.into_primitive(), betas.into_primitive());
        let kept = Kept::new([queries, patterns, values, betas], limits);
        let (output, trace) = kept.forward();
        match Reverse.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(Arc::new((kept, output.clone(), trace)), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }
}

#[derive(Debug)]
struct Reverse;

impl Backward<Flex, 4> for Reverse {
    type State = Arc<(Kept, FlexTensor, Trace)>;

    fn backward(self, ops: Ops<Self::State, 4>, grads: &mut Gradients, _: &mut Checkpointer) {
        let slopes = grads.consume::<Flex>(&ops.node);
        let (kept, output, trace) = &*ops.state;
        for (parent, gradient) in ops.parents.into_iter().zip(kept.backward(output, trace, slopes)) {
            if let Some(node) = parent {
                grads.register::<Flex>(node.id, gradient);
            }
        }
    }
}
