//! The association as an operation on Burn tensors.

use std::sync::{Arc, Mutex, PoisonError};

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Bool, DType, Device, Tensor, TensorData};

use super::backward::reverse;
use super::flex::{ahead, array, flags, list, tensor, vector};
use super::forward::{Forward, pass};
use super::trace::{Keep, Trace};
use super::{Inputs, Phantom};
use crate::Error;
use crate::association::{Dropout, Dynamics, Gradient, Patterns, Progress, Retrieved, Separation};

/// Whether an association is one that this operation can do: exponential, in f32 on the CPU, and without a gradient
/// by the mask.
pub(crate) fn serves(patterns: &Patterns, dynamics: &Dynamics) -> bool {
    matches!(dynamics.separation, Separation::Softmax | Separation::Softmax1)
        && patterns.state.dtype() == DType::F32
        && patterns.state.device() == Device::flex()
        && patterns.mask.added.as_ref().is_none_or(|added| !added.is_tracked())
}

/// See [`crate::association::associate`]; the sizes fit, and [`serves`] holds. The values read lie in memory in the
/// order of the states.
pub(crate) fn associate(patterns: Patterns, dynamics: &Dynamics) -> Result<Retrieved, Error> {
    let (device, [batch, heads, rows, _]) = (patterns.state.device(), patterns.state.dims());
    let scores = [batch, heads, rows, patterns.stored.dims()[2]];
    let report = Report::default();
    let limits = Limits {
        forbidden: patterns.mask.forbidden.map(|mask| booleans(mask.expand(scores))).transpose()?,
        added: patterns.mask.added.map(|mask| floats(mask.expand(scores))).transpose()?,
        steps: dynamics.steps.clone(),
        tolerance: dynamics.tolerance.clone(),
        gradient: dynamics.gradient,
        phantom: match dynamics.separation {
            Separation::Softmax1 => Phantom::Present,
            _ => Phantom::Absent,
        },
        dropout: dynamics.dropout,
        report: Arc::clone(&report),
    };
    let state = patterns.state.clone();
    let inputs =
        [patterns.state.into_dispatch(), patterns.stored.into_dispatch(), patterns.values.into_dispatch()];
    let [queries, stored, values] = inputs;
    let output = <Dispatch as AssociationOps>::association(
        queries,
        stored,
        values,
        patterns.beta.into_dispatch(),
        limits,
    );
    let Some(Seen { states, steps, converged }) =
        report.lock().unwrap_or_else(PoisonError::into_inner).take()
    else {
        return Err(Error::device("association", &"nothing was computed"));
    };
    let progress = dynamics.tolerance.as_ref().map(|_| Progress {
        steps: Tensor::from_data(TensorData::new(steps, [batch, heads, rows]), &device),
        converged: Tensor::from_data(TensorData::new(converged, [batch, heads, rows]), &device),
    });
    let states = states.map_or_else(
        || state.detach(),
        |states| {
            let states = Tensor::from_primitive::<Flex>(states);
            if device.is_autodiff() { states.autodiff() } else { states }
        },
    );
    Ok(Retrieved { values: Tensor::from_dispatch(output), states, progress })
}

/// The tensor behind a mask, without its history.
fn floats(mask: Tensor<4>) -> Result<FlexTensor, Error> {
    mask.without_autodiff().try_into_primitive::<Flex>().map(ahead).map_err(elsewhere)
}

fn booleans(mask: Tensor<4, Bool>) -> Result<FlexTensor, Error> {
    mask.without_autodiff().try_into_primitive::<Flex>().map(ahead).map_err(elsewhere)
}

fn elsewhere(error: impl std::fmt::Debug) -> Error {
    Error::Device { place: "mask", reason: format!("not on the CPU backend: {error:?}") }
}

/// What gets no gradient.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// `(batch, heads, queries, patterns)`
    forbidden: Option<FlexTensor>,
    added: Option<FlexTensor>,
    steps: Vec<usize>,
    tolerance: Option<Vec<f64>>,
    gradient: Gradient,
    phantom: Phantom,
    dropout: Option<Dropout>,
    /// An operation returns one tensor; here it leaves the rest.
    report: Report,
}

type Report = Arc<Mutex<Option<Seen>>>;

/// What is reported beside the output.
#[derive(Debug)]
pub(crate) struct Seen {
    states: Option<FlexTensor>,
    steps: Vec<i64>,
    converged: Vec<bool>,
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
        Kept::new([queries, patterns, values, betas], limits).forward(Keep::Nothing).0
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
            steps: &self.limits.steps,
            tolerance: self.limits.tolerance.as_deref(),
            gradient: self.limits.gradient,
            phantom: self.limits.phantom,
            forbidden: self.limits.forbidden.as_ref().map(flags),
            added: self.limits.added.as_ref().map(array),
            dropout: self.limits.dropout,
        }
    }

    fn forward(&self, keep: Keep) -> (FlexTensor, Trace) {
        let forward =
            pass(&self.inputs(), keep).expect("the inputs were checked before they were dispatched");
        let (steps, converged) = match self.limits.tolerance {
            None => (Vec::new(), Vec::new()),
            Some(_) => (
                forward.steps().iter().map(|&n| n as i64).collect(),
                forward.converged().into_iter().collect(),
            ),
        };
        let Forward { output, states, trace } = forward;
        let seen = Seen { states: states.map(tensor), steps, converged };
        *self.limits.report.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        (tensor(output), trace)
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
        match Reverse.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (output, trace) = kept.forward(Keep::All);
                prep.finish(Arc::new((kept, output.clone(), trace)), output)
            }
            OpsKind::UnTracked(prep) => prep.finish(kept.forward(Keep::Nothing).0),
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
