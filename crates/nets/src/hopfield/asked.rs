//! Few states that ask many stored patterns, as in pooling.
//!
//! With `k = y W_K`, `v = y' W_V`: `q k^T = (q W_K^T) y^T` and `p v = (p y') W_V`. Where states are few, it is less
//! work to turn each of them round than to project every stored pattern. The bias of the keys adds the same to all
//! scores of a state, which softmax does not see; that of the values is read with the sum of the weights, which is 1,
//! or 0 where everything is masked.

use super::projection::spread;
use super::{Hopfield, Masks, Normalise, Roles, SeparationConfig};
use crate::Error;
use crate::association::{Dynamics, Mask, Patterns, Retrieved, Separation, associate};

impl Hopfield {
    /// Whether that is allowed here, and less than half of the work.
    pub(super) fn asks_few(&self, roles: &Roles, [_, heads, states, stored]: [usize; 4]) -> bool {
        let config = &self.config;
        let one_look = self.steps.iter().all(|&steps| steps == 0) && self.tolerance.is_none();
        let alone = !config.concat_bias_pattern && !config.add_zero_association && self.dropping.is_none();
        let plain = config.separation == SeparationConfig::Softmax
            && config.normalize_hopfield_space == Normalise::Off
            && !config.pattern_projection_as_connected;
        let (Some(key), Some(value)) = (&self.projections.key, &self.projections.value) else { return false };
        let ([inputs, keys], [others, values]) = (key.weight.dims(), value.weight.dims());
        let asking = states * heads * stored * (inputs + others) + states * (inputs * keys + others * values);
        let projecting = stored * (inputs * keys + others * values) + states * stored * (keys + values);
        // One batch element of stored patterns for many of states would be projected once.
        let each = roles.stored.dims()[0] > 1 || roles.state.dims()[0] == 1;
        one_look && alone && plain && each && 2 * asking < projecting
    }

    /// What the heads read, and their states. The sizes are those that were checked.
    pub(super) fn asked(
        &self,
        roles: Roles,
        masks: &Masks,
        [batch, heads, states, stored]: [usize; 4],
    ) -> Result<Retrieved, Error> {
        let projections = &self.projections;
        let [state, keys, values] = self.standardised(roles);
        let q = state.heads(projections.query.as_ref(), heads);
        let (Some(key), Some(value)) = (&projections.key, &projections.value) else {
            return Err(Error::Options {
                option: "stored_pattern_as_static",
                reason: "nothing is projected",
            });
        };
        let (key, value) = (keys.weight(key), values.map(value));
        let hot = q.clone() * self.beta().reshape([1, heads, 1, 1]);
        let [inputs, outputs] = key.dims();
        let back = key.reshape([inputs, heads, outputs / heads]).permute([1, 2, 0]).unsqueeze::<4>();
        let asking = spread(hot.matmul(back), batch).reshape([batch, 1, heads * states, inputs]);
        let mask = masks.at([batch, heads, states, stored], 0, q.dtype())?;
        let alive =
            mask.forbidden.clone().map(|forbidden| forbidden.all_dim(3).bool_not().float().cast(q.dtype()));
        let patterns = Patterns {
            state: asking,
            stored: spread(keys.patterns.unsqueeze_dim::<4>(1), batch),
            values: spread(values.patterns.unsqueeze_dim::<4>(1), batch),
            beta: self.beta().ones_like().narrow(0, 0, 1),
            mask: laid(mask, [batch, heads, states, stored]),
        };
        let read = associate(patterns, &Dynamics::new(Separation::Softmax, vec![0]))?.values;
        let [inputs, outputs] = value.weight.dims();
        let maps = value.weight.reshape([inputs, heads, outputs / heads]).swap_dims(0, 1).unsqueeze::<4>();
        let read = read.reshape([batch, heads, states, inputs]).matmul(maps);
        let read = match value.bias.map(|bias| bias.reshape([1, heads, 1, outputs / heads])) {
            None => read,
            Some(bias) => match alive {
                None => read + bias,
                Some(alive) => read + alive * bias,
            },
        };
        Ok(Retrieved { values: read, states: spread(q, batch).detach(), progress: None })
    }
}

/// The mask with the heads of an element below one another.
fn laid(mask: Mask, [_, heads, states, stored]: [usize; 4]) -> Mask {
    let Mask { forbidden, added } = mask;
    let forbidden = forbidden.map(|mask| {
        let [batch, h, l, _] = mask.dims();
        match (h, l) {
            (1, 1) => mask,
            _ => mask.expand([batch, heads, states, stored]).reshape([batch, 1, heads * states, stored]),
        }
    });
    let added = added.map(|mask| {
        let [batch, ..] = mask.dims();
        mask.expand([batch, heads, states, stored]).reshape([batch, 1, heads * states, stored])
    });
    Mask { forbidden, added }
}
