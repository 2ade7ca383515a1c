//! Attention as an energy.

use burn::tensor::{Bool, Tensor};
use serde::{Deserialize, Serialize};

use super::dense::DEVIATION;
use super::{Ends, Synapse};
use crate::dense::{serves, times};
use crate::energy::{Draw, Misfit, Parameter, Shape};
use crate::fused::{Side, mutual};

/// Whether a position of a layer attends to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Diagonal {
    /// It does.
    Included,
    /// It does not, as in the paper.
    Excluded,
}

/// `E = -(1/beta) sum_h sum_C ln sum_B exp(beta K_hB . Q_hC)`, with queries `Q_h = W_q g` and keys `K_h = W_k g` of
/// every head h; B runs over the positions that position C may attend to (Hoover et al. 2023, Energy Transformer).
/// It joins one layer to itself, or two: the first has the queries, the second the keys. A position that may attend
/// to none adds nothing. A layer that is named twice counts as two: [`Diagonal`] is of a layer that is named once.
///
/// ```
/// use attractor_nets::energy::{Attention, Shape, Synapse};
///
/// let tokens = Shape::tokens(10, 64);
/// let [queries, keys] = [0, 1].map(|at| Attention::of(4, 16).parameters(&[tokens])[at]);
/// assert_eq!((queries.rows, keys.columns), (64, 64));
/// ```
#[derive(Debug, Clone)]
pub struct Attention {
    /// Number of heads.
    pub heads: usize,
    /// Length of a query and of a key.
    pub depth: usize,
    /// Inverse temperature; `1 / sqrt(depth)` by default.
    pub beta: f64,
    /// Of a layer joined to itself.
    pub diagonal: Diagonal,
    /// True where a query (row) may not attend to a key (column).
    pub forbidden: Option<Tensor<2, Bool>>,
    /// Standard deviation of the first weights.
    pub deviation: f64,
}

/// Both products of a relaxation's step.
struct Attended {
    queries: Tensor<4>,
    keys: Tensor<4>,
    /// `(batch, heads, queries, keys)`.
    weights: Tensor<4>,
    /// Log-sum-exp of each query, 0 where it attends to nothing; `(batch, heads, queries, 1)`.
    logs: Tensor<4>,
}

impl Attention {
    /// So many heads with keys of this depth, no self term, nothing forbidden and weights from N(0, 0.02).
    pub fn of(heads: usize, depth: usize) -> Self {
        Self {
            heads,
            depth,
            beta: 1.0 / (depth as f64).sqrt(),
            diagonal: Diagonal::Excluded,
            forbidden: None,
            deviation: DEVIATION,
        }
    }

    /// Through one of the two matrices, `(batch, positions, heads, depth)`.
    fn projected(&self, ends: Ends<'_>, end: usize, parameter: usize) -> Tensor<4> {
        let positions = ends.shapes[end].positions();
        let weight = ends.parameters[parameter].clone().transpose();
        let all = times(ends.activations[end].clone(), weight, 1.0);
        all.reshape([ends.batch(), positions, self.heads, self.depth])
    }

    /// Queries and keys.
    fn both(&self, ends: Ends<'_>) -> [Tensor<4>; 2] {
        [self.projected(ends, 0, 0), self.projected(ends, ends.shapes.len() - 1, 1)]
    }

    /// Where no query may look, `(queries, keys)`.
    fn out_of_reach(&self, ends: Ends<'_>) -> Option<Tensor<2, Bool>> {
        let alone = ends.shapes.len() == 1 && self.diagonal == Diagonal::Excluded;
        let own = alone.then(|| {
            let positions = ends.shapes[0].positions();
            Tensor::<2, Bool>::diag_mask([positions, positions], 0, &ends.activations[0].device()).bool_not()
        });
        match (own, self.forbidden.clone()) {
            (Some(own), Some(mask)) => Some(own.bool_or(mask)),
            (own, mask) => own.or(mask),
        }
    }

    /// What [`mutual`] computes, of Burn's own operations: `(batch, positions, heads, depth)`.
    fn composed(&self, ends: Ends<'_>, side: Side) -> Tensor<4> {
        let Attended { queries, keys, weights, .. } = self.attended(ends);
        let looking = |weights: Tensor<4>| weights.matmul(keys).swap_dims(1, 2);
        let seen = |weights: Tensor<4>| weights.swap_dims(2, 3).matmul(queries).swap_dims(1, 2);
        match side {
            Side::Looking => looking(weights),
            Side::Seen => seen(weights),
            Side::Both => Tensor::cat(vec![looking(weights.clone()), seen(weights)], 2),
        }
    }

    fn attended(&self, ends: Ends<'_>) -> Attended {
        let [queries, keys] = self.both(ends).map(|heads| heads.swap_dims(1, 2));
        let scores = (queries.clone() * self.beta).matmul(keys.clone().swap_dims(2, 3));
        let Some(mask) = self.out_of_reach(ends) else {
            let largest = scores.clone().detach().max_dim(3);
            let terms = (scores - largest.clone()).exp();
            let sum = terms.clone().sum_dim(3);
            return Attended { queries, keys, weights: terms / sum.clone(), logs: largest + sum.log() };
        };
        // So far below all scores that the exponential is 0; one sum costs less than filling scores and terms.
        let low = scores.dtype().finfo().map_or(f64::from(f32::MIN), |info| info.min) / 4.0;
        let like = (&scores.device(), scores.dtype());
        let shade = Tensor::<2>::zeros(mask.dims(), like).mask_fill(mask.clone(), low).unsqueeze::<4>();
        // 0 for queries that may look nowhere.
        let [rows, _] = mask.dims();
        let shut = mask.all_dim(1);
        let open = Tensor::<2>::ones([rows, 1], like).mask_fill(shut, 0.0).unsqueeze::<4>();
        let scores = scores + shade;
        let largest = scores.clone().detach().max_dim(3);
        let terms = (scores - largest.clone()).exp();
        let sum = terms.clone().sum_dim(3);
        let weights = terms * (open.clone() / sum.clone());
        let logs = (largest + sum.log()) * open;
        Attended { queries, keys, weights, logs }
    }
}

impl Synapse for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn check(&self, shapes: &[Shape]) -> Result<(), Misfit> {
        if !(1..=2).contains(&shapes.len()) {
            return Err(Misfit::Ends { expected: 2, found: shapes.len() });
        }
        Misfit::at_least_one("heads", self.heads)?;
        Misfit::at_least_one("depth", self.depth)?;
        Misfit::positive("beta", self.beta)?;
        Misfit::positive("deviation", self.deviation)?;
        let expected = [shapes[0].positions(), shapes[shapes.len() - 1].positions()];
        match &self.forbidden {
            Some(mask) if mask.dims() != expected => {
                let found = mask.dims();
                let what = format!("its mask must have the shape {expected:?}, not {found:?}");
                Err(Misfit::Other(what))
            }
            _ => Ok(()),
        }
    }

    fn parameters(&self, shapes: &[Shape]) -> Vec<Parameter> {
        let (rows, draw) = (self.heads * self.depth, Draw::Normal(self.deviation));
        let keys = shapes[shapes.len() - 1].width;
        vec![
            Parameter { name: "queries", rows, columns: shapes[0].width, draw },
            Parameter { name: "keys", rows, columns: keys, draw },
        ]
    }

    fn energy(&self, ends: Ends<'_>) -> Tensor<1> {
        let logs = self.attended(ends).logs;
        logs.sum_dim(3).sum_dim(2).sum_dim(1).reshape([ends.batch()]) * -self.beta.recip()
    }

    fn gradient(&self, ends: Ends<'_>, end: usize) -> Tensor<3> {
        let side = match (ends.shapes.len(), end) {
            (1, _) => Side::Both,
            (_, 0) => Side::Looking,
            _ => Side::Seen,
        };
        let read = match serves(&ends.activations[0]) {
            true => {
                let [queries, keys] = self.both(ends);
                mutual(queries, keys, self.beta, side, self.out_of_reach(ends))
            }
            false => self.composed(ends, side),
        };
        // Back through the matrices, the heads side by side.
        let [batch, positions, heads, depth] = read.dims();
        let weight = match side {
            Side::Looking => ends.parameters[0].clone(),
            Side::Seen => ends.parameters[1].clone(),
            Side::Both => Tensor::cat(ends.parameters.to_vec(), 0),
        };
        times(read.reshape([batch, positions, heads * depth]), weight, -1.0)
    }
}
