//! States of several batch elements that look up the same stored patterns.

use super::{Masks, Retrieval, Roles};
use crate::association::Progress;

/// States that were laid into one batch element, so that what is stored is prepared once and not for each of theirs.
pub(super) struct Folded {
    batch: usize,
    length: usize,
}

impl Folded {
    /// `None` where the batch elements have stored patterns or masks of their own.
    pub(super) fn of(roles: &Roles, masks: &Masks) -> Option<Self> {
        let [batch, length, _] = roles.state.dims();
        let shared = roles.stored.dims()[0] == 1 && roles.values.dims()[0] == 1;
        let alike = masks.padding.is_none() && masks.association.is_none();
        (batch > 1 && shared && alike).then_some(Self { batch, length })
    }

    pub(super) fn together(&self, roles: Roles) -> Roles {
        let [_, _, depth] = roles.state.dims();
        Roles { state: roles.state.reshape([1, self.batch * self.length, depth]), ..roles }
    }

    pub(super) fn apart(self, retrieval: Retrieval) -> Retrieval {
        let Self { batch, length } = self;
        let [_, _, depth] = retrieval.output.dims();
        let [_, heads, _, width] = retrieval.states.dims();
        let states = retrieval.states.reshape([heads, batch, length, width]).swap_dims(0, 1);
        let progress = retrieval.progress.map(|Progress { steps, converged }| Progress {
            steps: steps.reshape([heads, batch, length]).swap_dims(0, 1),
            converged: converged.reshape([heads, batch, length]).swap_dims(0, 1),
        });
        Retrieval { output: retrieval.output.reshape([batch, length, depth]), states, progress }
    }
}
