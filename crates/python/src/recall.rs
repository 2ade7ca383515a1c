//! What a recall returns.

use attractor::{FixedPoint, Status};
use ndarray::{Array2, Axis, concatenate};
use numpy::{PyArray1, PyArray2};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

use crate::arrays::{given, given_list};
use crate::memory::Memory;

/// What a recall returns, row by row for the cues.
///
/// Attributes
/// ----------
/// state : float32 array (n, dim)
///     The end states.
/// value : float32 array (n, value_dim) or None
///     The values, read with the association of the last update; None without values.
/// energy : float64 array (n,) or None
///     Energy of the end states.
/// steps : int64 array (n,)
///     Updates made.
/// converged : bool array (n,)
///     Whether the last update moved the state by no more than ``tol * (1 + |state|)``.
/// ids : int64 array (n, top)
///     The patterns with the largest weights in the last update, largest first; -1 where fewer have weight.
/// weights : float32 array (n, top)
///     Their weights; 0 where there is no pattern.
/// entropy : float64 array (n,) or None
///     Entropy of the weights of the last update, in nats.
/// kind : list of str or None
///     What the state is made of: one pattern with 90 % of the weight ("single"), an average over at most half of the
///     patterns ("metastable") or over more ("global"); "none" where no pattern has weight.
/// trace : list of float64 arrays or None
///     Energy of the cue and of every state after it.
/// cues : float32 array (n, dim)
///     What was asked.
///
/// With ``top=0`` only states, values, steps and convergence are computed, and the others are None or empty.
#[pyclass(frozen, module = "attractor")]
pub(crate) struct Recall {
    #[pyo3(get)]
    state: Py<PyArray2<f32>>,
    #[pyo3(get)]
    value: Option<Py<PyArray2<f32>>>,
    #[pyo3(get)]
    energy: Option<Py<PyArray1<f64>>>,
    #[pyo3(get)]
    steps: Py<PyArray1<i64>>,
    #[pyo3(get)]
    converged: Py<PyArray1<bool>>,
    #[pyo3(get)]
    ids: Py<PyArray2<i64>>,
    #[pyo3(get)]
    weights: Py<PyArray2<f32>>,
    #[pyo3(get)]
    entropy: Option<Py<PyArray1<f64>>>,
    #[pyo3(get)]
    kind: Option<Py<PyList>>,
    #[pyo3(get)]
    cues: Py<PyArray2<f32>>,
    traces: Option<Vec<Vec<f64>>>,
    memory: Py<Memory>,
}

#[pymethods]
impl Recall {
    #[getter]
    fn trace(&self, py: Python<'_>) -> Option<Vec<Py<PyArray1<f64>>>> {
        let traces = self.traces.as_ref()?;
        Some(traces.iter().map(|trace| PyArray1::from_slice(py, trace).unbind()).collect())
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        self.state.bind(py).as_any().len()
    }

    fn __repr__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("attractor._show")?.call_method1("text", (slf,))
    }

    fn _repr_html_<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("attractor._show")?.call_method1("html", (slf,))
    }

    /// Draws the energy trace of one cue, and cue, recall and nearest pattern.
    ///
    /// Parameters
    /// ----------
    /// row : int
    ///     Which cue.
    /// shape : tuple of int, optional
    ///     How the components lie, such as (28, 28); otherwise they are drawn as curves, or as a square picture where
    ///     their number is that of one.
    ///
    /// Returns
    /// -------
    /// matplotlib.figure.Figure
    ///     Needs matplotlib.
    #[pyo3(signature = (row=0, *, shape=None))]
    fn plot<'py>(
        slf: &Bound<'py, Self>,
        row: i64,
        shape: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let memory = slf.get().memory.bind(slf.py());
        slf.py().import("attractor._show")?.call_method1("figure", (slf, memory, row, shape))
    }
}

impl Recall {
    /// Puts the pieces together.
    pub(crate) fn of(
        memory: &Bound<'_, Memory>,
        cues: Py<PyArray2<f32>>,
        pieces: Vec<attractor::Recall>,
        top: usize,
    ) -> PyResult<Self> {
        let py = memory.py();
        let mut all = joined(pieces);
        let n = all.steps.len();
        let told = top > 0;
        let mut ids = Array2::from_elem((n, top), -1_i64);
        let mut weights = Array2::<f32>::zeros((n, top));
        for ((report, mut ids), mut weights) in all.reports.iter().zip(ids.rows_mut()).zip(weights.rows_mut())
        {
            for ((leading, id), weight) in report.leading.iter().zip(&mut ids).zip(&mut weights) {
                (*id, *weight) = (leading.id as i64, leading.weight as f32);
            }
        }
        let report = |part: fn(&attractor::Report) -> f64| {
            told.then(|| given_list(py, all.reports.iter().map(part).collect()))
        };
        let (energy, entropy) = (report(|r| r.energy.total()), report(|r| r.entropy));
        let kind = match told {
            true => {
                let kinds = all.reports.iter().map(|report| kind(py, report.kind));
                Some(PyList::new(py, kinds.collect::<Vec<_>>())?.unbind())
            }
            false => None,
        };
        let converged = all.status.iter().map(|status| *status == Status::Converged).collect();
        let traces = told.then(|| all.reports.iter_mut().map(|r| std::mem::take(&mut r.trace)).collect());
        Ok(Self {
            steps: given_list(py, all.steps.iter().map(|&steps| steps as i64).collect()),
            converged: given_list(py, converged),
            state: given(py, all.states),
            value: all.values.map(|values| given(py, values)),
            energy,
            ids: given(py, ids),
            weights: given(py, weights),
            entropy,
            kind,
            cues,
            traces,
            memory: memory.clone().unbind(),
        })
    }
}

fn kind(py: Python<'_>, kind: FixedPoint) -> &Bound<'_, PyString> {
    match kind {
        FixedPoint::Single => intern!(py, "single"),
        FixedPoint::Metastable { .. } => intern!(py, "metastable"),
        FixedPoint::Global => intern!(py, "global"),
        _ => intern!(py, "none"),
    }
}

/// The pieces, which are those of one batch, as one.
fn joined(mut pieces: Vec<attractor::Recall>) -> attractor::Recall {
    let Some(mut all) = (pieces.len() == 1).then(|| pieces.pop()).flatten() else {
        let rows = |part: fn(&attractor::Recall) -> Option<&Array2<f32>>| {
            let views: Vec<_> = pieces.iter().filter_map(part).map(|rows| rows.view()).collect();
            concatenate(Axis(0), &views).ok()
        };
        let states = rows(|piece| Some(&piece.states)).unwrap_or_default();
        let values = rows(|piece| piece.values.as_ref());
        let mut all = attractor::Recall {
            states,
            values,
            steps: Vec::new(),
            status: Vec::new(),
            residuals: Vec::new(),
            reports: Vec::new(),
        };
        for piece in pieces {
            all.steps.extend(piece.steps);
            all.status.extend(piece.status);
            all.residuals.extend(piece.residuals);
            all.reports.extend(piece.reports);
        }
        return all;
    };
    all.residuals.clear();
    all
}
