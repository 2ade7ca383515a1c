//! From the patterns of the three roles to those of the heads.

use burn::nn::Linear;
use burn::tensor::Tensor;

use super::normalise::Norm;
use super::projection::{cut, for_all, spread, with_row, with_zeros};
use super::{Hopfield, Masks, Roles};
use crate::Error;
use crate::association::Patterns;
use crate::dense::{Affine, same};

/// Patterns of one role on their way to the heads.
pub(super) struct Prepared<'a> {
    /// Standardised where the role is normalised.
    pub(super) patterns: Tensor<3>,
    norm: Option<&'a Norm>,
}

impl Prepared<'_> {
    /// Normalised and projected, where it is; cut into heads.
    pub(super) fn heads(self, projection: Option<&Linear>, heads: usize) -> Tensor<4> {
        match projection {
            Some(projection) => cut(self.projected(projection), heads),
            None => for_all(self.normalised(), heads),
        }
    }

    fn projected(self, projection: &Linear) -> Tensor<3> {
        self.map(projection).forward(self.patterns)
    }

    /// What makes of `patterns` what the projection makes of the normalised ones.
    pub(super) fn map(&self, projection: &Linear) -> Affine {
        match self.norm {
            Some(norm) => norm.folded(projection),
            None => Affine::of(projection),
        }
    }

    /// The weight of that map, where nothing sees its bias. A sum that nothing reads stays in the lists of the automatic
    /// differentiation (Burn 0.22) after its step of training, and makes every later step slower.
    pub(super) fn weight(&self, projection: &Linear) -> Tensor<2> {
        match self.norm {
            Some(norm) => norm.scaled(projection),
            None => projection.weight.val(),
        }
    }

    fn normalised(self) -> Tensor<3> {
        match self.norm {
            Some(norm) => norm.weighed(self.patterns),
            None => self.patterns,
        }
    }
}

impl Hopfield {
    /// Batch, heads, states and stored patterns, where the roles fit the layer and one another.
    pub(super) fn check(&self, roles: &Roles) -> Result<[usize; 4], Error> {
        let batch = roles.batch()?;
        let [_, states, _] = roles.state.dims();
        let [_, stored, _] = roles.stored.dims();
        for (name, size) in [("batch", batch), ("state patterns", states), ("stored patterns", stored)] {
            Error::at_least_one(name, size)?;
        }
        let dtype = self.log_beta.val().dtype();
        for (place, patterns, depth) in [
            ("state patterns", &roles.state, self.sizes.state),
            ("stored patterns", &roles.stored, self.sizes.stored),
            ("values", &roles.values, self.sizes.values),
        ] {
            Error::dtype(place, dtype, patterns.dtype())?;
            check_depth(place, patterns, depth)?;
        }
        Ok([batch, self.config.num_heads, states, stored])
    }

    /// Normalised, projected and cut into heads; batch first.
    pub(super) fn heads(&self, roles: Roles, masks: &Masks) -> Result<Patterns, Error> {
        let [batch, heads, states, stored] = self.check(&roles)?;
        let projections = &self.projections;
        let [mut q, mut k, mut v] = self.prepared(roles);
        if let Some(row) = &projections.bias_key {
            k = with_row(k, row.val());
        }
        if let Some(row) = &projections.bias_value {
            v = with_row(v, row.val());
        }
        if let Some(norm) = &self.norm_association {
            q = norm.forward(q);
            k = norm.forward(k);
        }
        if self.config.add_zero_association {
            k = with_zeros(k);
            v = with_zeros(v);
        }
        let extra =
            usize::from(self.config.concat_bias_pattern) + usize::from(self.config.add_zero_association);
        let mask = masks.at([batch, heads, states, stored], extra, q.dtype())?;
        Ok(Patterns {
            state: spread(q, batch),
            stored: spread(k, batch),
            values: spread(v, batch),
            beta: self.beta(),
            mask,
        })
    }

    /// State patterns, stored patterns and values, `(N, H, T, c)` each.
    fn prepared(&self, roles: Roles) -> [Tensor<4>; 3] {
        let heads = self.config.num_heads;
        let [state, stored, values] = self.standardised(roles);
        let projections = &self.projections;
        let q = state.heads(projections.query.as_ref(), heads);
        let k = stored.heads(projections.key.as_ref(), heads);
        let v = match (&projections.key, self.config.pattern_projection_as_connected) {
            (Some(key), true) => {
                let through = values.projected(key);
                match &projections.value {
                    Some(value) => cut(Affine::of(value).forward(through), heads),
                    None => cut(through, heads),
                }
            }
            _ => values.heads(projections.value.as_ref(), heads),
        };
        [q, k, v]
    }

    /// One tensor in several roles is standardised once.
    pub(super) fn standardised(&self, roles: Roles) -> [Prepared<'_>; 3] {
        let mut done: Vec<(Tensor<3>, Tensor<3>, &Norm)> = Vec::new();
        let norms = [&self.norm_state, &self.norm_stored, &self.norm_values];
        let of = [roles.state, roles.stored, roles.values];
        let mut norms = norms.into_iter();
        of.map(|patterns| {
            let norm = norms.next().and_then(Option::as_ref);
            let Some(norm) = norm else { return Prepared { patterns, norm } };
            let known = done.iter().find(|(from, _, other)| norm.like(other) && same(from, &patterns));
            if let Some((_, standardised, _)) = known {
                return Prepared { patterns: standardised.clone(), norm: Some(norm) };
            }
            let standardised = norm.standardised(patterns.clone());
            done.push((patterns, standardised.clone(), norm));
            Prepared { patterns: standardised, norm: Some(norm) }
        })
    }
}

fn check_depth(place: &'static str, patterns: &Tensor<3>, depth: Option<usize>) -> Result<(), Error> {
    let [batch, length, found] = patterns.dims();
    match depth {
        Some(depth) => Error::shape(place, &[batch, length, depth], &[batch, length, found]),
        None => Ok(()),
    }
}
