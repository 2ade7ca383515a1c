//! From the patterns of the three roles to those of the heads.

use burn::nn::Linear;
use burn::tensor::Tensor;

use super::normalise::Norm;
use super::projection::{cut, for_all};
use super::{Hopfield, Roles};
use crate::dense::{Affine, same};

/// Patterns of one role on their way to the heads.
struct Prepared<'a> {
    /// Standardised where the role is normalised.
    patterns: Tensor<3>,
    norm: Option<&'a Norm>,
}

impl Prepared<'_> {
    /// Normalised and projected, where it is; cut into heads.
    fn heads(self, projection: Option<&Linear>, heads: usize) -> Tensor<4> {
        match projection {
            Some(projection) => cut(self.projected(projection), heads),
            None => for_all(self.normalised(), heads),
        }
    }

    fn projected(self, projection: &Linear) -> Tensor<3> {
        let map = match self.norm {
            Some(norm) => norm.folded(projection),
            None => Affine::of(projection),
        };
        map.forward(self.patterns)
    }

    fn normalised(self) -> Tensor<3> {
        match self.norm {
            Some(norm) => norm.weighed(self.patterns),
            None => self.patterns,
        }
    }
}

impl Hopfield {
    /// State patterns, stored patterns and values, `(N, H, T, c)` each.
    pub(super) fn prepared(&self, roles: Roles) -> [Tensor<4>; 3] {
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
    fn standardised(&self, roles: Roles) -> [Prepared<'_>; 3] {
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
