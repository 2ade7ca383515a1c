//! Attention as an energy.

use burn::tensor::{Bool, Tensor};
use serde::{Deserialize, Serialize};

use super::dense::DEVIATION;
use super::{Ends, Synapse};
use crate::dense::times;
use crate::energy::{Draw, Misfit, Parameter, Shape};

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

    /// Through one of the two matrices, `(batch, heads, positions, depth)`.
    fn projected(&self, ends: Ends<'_>, end: usize, parameter: usize) -> Tensor<4> {
        let positions = ends.shapes[end].positions();
        let weight = ends.parameters[parameter].clone().transpose();
        let all = times(ends.activations[end].clone(), weight);
        all.reshape([ends.batch(), positions, self.heads, self.depth]).swap_dims(1, 2)
    }

    /// Back through it, `(batch, positions, width)`.
    fn returned(&self, ends: Ends<'_>, heads: Tensor<4>, parameter: usize) -> Tensor<3> {
        let [batch, _, positions, _] = heads.dims();
        let side_by_side = heads.swap_dims(1, 2).reshape([batch, positions, self.heads * self.depth]);
        times(side_by_side, ends.parameters[parameter].clone())
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

    fn attended(&self, ends: Ends<'_>) -> Attended {
        let queries = self.projected(ends, 0, 0);
        let keys = self.projected(ends, ends.shapes.len() - 1, 1);
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
        let Attended { queries, keys, weights, .. } = self.attended(ends);
        let looking = |weights: Tensor<4>| self.returned(ends, weights.matmul(keys), 0);
        let seen = |weights: Tensor<4>| self.returned(ends, weights.swap_dims(2, 3).matmul(queries), 1);
        let drive = match (ends.shapes.len(), end) {
            (1, _) => looking(weights.clone()) + seen(weights),
            (_, 0) => looking(weights),
            _ => seen(weights),
        };
        drive.neg()
    }
}
