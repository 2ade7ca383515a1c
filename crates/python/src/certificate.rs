//! What theory says about a memory and a cue.

use attractor::capacity::Network;
use attractor::certificate::{Certificate as Bounds, posterior, separation, sphere_capacity};
use attractor::{Dynamics, Memory, Projection, Similarity, Told};
use ndarray::ArrayView2;
use numpy::PyArray1;
use pyo3::prelude::*;

use crate::arrays::given_list;
use crate::errors::Refusal;

/// What can be proved about one update of each cue, around the pattern that leads it.
///
/// Attributes
/// ----------
/// id : int64 array (n,)
///     The leading pattern x.
/// weight : float64 array (n,)
///     Its weight p.
/// error : float64 array (n,)
///     The updated cue lies within this distance of x: ``2 M (1 - p)``, from the weights found.
/// distance : float64 array (n,)
///     Distance of the cue from x.
/// separation : float64 array (n,)
///     ``x . x - max x . y`` over the other patterns y; infinite for a single pattern.
/// one_step_error : float64 array (n,)
///     As ``error``, from the distance alone (Ramsauer et al. 2021, theorem 5); infinite where nothing is proved.
/// fixed_point_error : float64 array (n,)
///     A fixed point lies within this distance of x; infinite where none is proved.
/// basin : float64 array (n,)
///     Every cue closer to x than this ends at that fixed point; for sparse separations, at x itself after one update.
/// certain : bool array (n,)
///     Whether the cue lies in that basin.
#[pyclass(frozen, module = "attractor", get_all)]
pub(crate) struct Certificate {
    id: Py<PyArray1<i64>>,
    weight: Py<PyArray1<f64>>,
    error: Py<PyArray1<f64>>,
    distance: Py<PyArray1<f64>>,
    separation: Py<PyArray1<f64>>,
    one_step_error: Py<PyArray1<f64>>,
    fixed_point_error: Py<PyArray1<f64>>,
    basin: Py<PyArray1<f64>>,
    certain: Py<PyArray1<bool>>,
}

/// The bounds of one cue.
pub(crate) struct Bound {
    id: u64,
    weight: f64,
    error: f64,
    distance: f64,
    separation: f64,
    one_step_error: f64,
    fixed_point_error: f64,
    basin: f64,
}

impl Certificate {
    pub(crate) fn of(py: Python<'_>, bounds: &[Bound]) -> Self {
        let list = |part: fn(&Bound) -> f64| given_list(py, bounds.iter().map(part).collect());
        Self {
            id: given_list(py, bounds.iter().map(|bound| bound.id as i64).collect()),
            weight: list(|bound| bound.weight),
            error: list(|bound| bound.error),
            distance: list(|bound| bound.distance),
            separation: list(|bound| bound.separation),
            one_step_error: list(|bound| bound.one_step_error),
            fixed_point_error: list(|bound| bound.fixed_point_error),
            basin: list(|bound| bound.basin),
            certain: given_list(py, bounds.iter().map(|bound| bound.distance < bound.basin).collect()),
        }
    }
}

/// The bounds of every cue.
pub(crate) fn bounds(memory: &Memory, cues: ArrayView2<'_, f32>) -> Result<Vec<Bound>, Refusal> {
    let kind = memory.separation().kind();
    let softmax = kind.name() == "softmax";
    let margin = kind.margin();
    let beta = inner_product_beta(memory).filter(|_| softmax || (margin.is_some() && kind.sums_to_one()));
    let Some(beta) = beta else {
        return Err(Refusal::new(
            "UnsupportedError",
            "certificate: there are bounds for similarity dot or scaled_dot with softmax, sparsemax, entmax, normmax \
             or argmax, without binary",
        ));
    };
    let one = Dynamics { steps: 0, told: Told::EndState, leading: 1, ..Dynamics::default() };
    let recall = memory.recall_with(cues, &one)?;
    let patterns = memory.patterns();
    let ids = memory.ids();
    let radius = memory.largest_norm();
    let mut known: Vec<Option<f64>> = vec![None; ids.len()];
    let mut bounds = Vec::with_capacity(cues.nrows());
    for (cue, report) in cues.rows().into_iter().zip(&recall.reports) {
        let leading = report.leading.first().ok_or(attractor::Error::Empty)?;
        let row = ids.partition_point(|&id| id < leading.id);
        let apart = match known[row] {
            Some(apart) => apart,
            None => *known[row].insert(separation(patterns.view(), row)?),
        };
        let squares = cue.iter().zip(patterns.row(row)).map(|(&q, &x)| (f64::from(q) - f64::from(x)).powi(2));
        let distance = squares.sum::<f64>().sqrt();
        let theory = Bounds::new(beta, ids.len(), radius, apart)?;
        let exact = margin.and_then(|margin| theory.exact_radius(margin)).unwrap_or(0.0);
        let (one_step_error, fixed_point_error, basin) = match softmax {
            true => (
                theory.one_step_error(distance),
                theory.fixed_point_error().unwrap_or(f64::INFINITY),
                theory.basin().map_or(0.0, |basin| basin.outer),
            ),
            false if distance < exact => (0.0, 0.0, exact),
            false => (f64::INFINITY, if exact > 0.0 { 0.0 } else { f64::INFINITY }, exact),
        };
        bounds.push(Bound {
            id: leading.id,
            weight: leading.weight,
            error: posterior::one_step_error(leading.weight, 2.0 * radius),
            distance,
            separation: apart,
            one_step_error,
            fixed_point_error,
            basin,
        });
    }
    Ok(bounds)
}

/// How many random patterns fit.
pub(crate) fn capacity(memory: &Memory) -> Result<f64, Refusal> {
    /// Probability with which the theorem for softmax may fail.
    const FAILURE: f64 = 1e-3;
    let name = memory.separation().kind().name();
    let width = memory.width();
    let degree = name.strip_prefix("polynomial(").and_then(|rest| rest.strip_suffix(')')?.parse().ok());
    let network = match (name.as_str(), degree) {
        ("identity", _) => Network::Hebb,
        ("exponential", _) => Network::Exponential { damage: 0.0 },
        (_, Some(degree)) => Network::Polynomial { degree },
        _ => {
            let beta = inner_product_beta(memory).filter(|_| name == "softmax");
            let Some(beta) = beta else {
                return Err(Refusal::new(
                    "UnsupportedError",
                    "capacity: theory has a number for similarity dot or scaled_dot with linear, polynomial, exponential or \
                     softmax",
                ));
            };
            if memory.is_empty() {
                return Err(attractor::Error::Empty.into());
            }
            let k = memory.largest_norm() / ((width.max(2) - 1) as f64).sqrt();
            return Ok(sphere_capacity(beta, k, width, FAILURE)?.patterns.unwrap_or(0.0));
        }
    };
    Ok(network.capacity(width)?)
}

/// The inverse temperature of the dot product, where the update is an average of patterns by it.
fn inner_product_beta(memory: &Memory) -> Option<f64> {
    let beta = memory.separation().beta();
    match (memory.similarity(), memory.projection()) {
        (Similarity::Dot, Projection::Linear) => Some(beta),
        (Similarity::ScaledDot, Projection::Linear) => Some(beta / (memory.width() as f64).sqrt()),
        _ => None,
    }
}
