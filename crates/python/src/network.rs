//! The classical Hopfield network.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use attractor::Status;
use attractor::binary::Schedule;
use attractor::classical::{Diagonal, Energy, Network, Rule};
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;

use crate::arrays::{self, count, extent, given, given_list};
use crate::errors::Refusal;

/// Patterns that a recall names: as many as the engine does.
const NAMED: usize = 5;

/// A network of ``dim`` units of -1 and +1, whose patterns lie in one symmetric weight matrix.
///
/// Parameters
/// ----------
/// dim : int
///     Units, at most 32768: the weights take ``8 * dim**2`` bytes.
/// rule : {"hebb", "storkey", "pseudoinverse"}
///     How patterns become weights. "pseudoinverse" is the projection on their span, diagonal included.
///
/// Examples
/// --------
/// >>> network = attractor.HopfieldNetwork(5, rule="hebb").fit([[1, 1, -1, -1, 1]])
/// >>> network.recall([1, 1, -1, 1, 1]).state
/// array([[ 1.,  1., -1., -1.,  1.]], dtype=float32)
#[pyclass(frozen, module = "attractor")]
pub(crate) struct HopfieldNetwork {
    rule: Rule,
    network: RwLock<Network>,
}

/// What a classical network recalls, row by row for the cues.
///
/// Attributes
/// ----------
/// state : float32 array (n, dim)
///     The end states, of -1 and +1.
/// energy : float64 array (n,)
///     Their energy.
/// steps : int64 array (n,)
///     Sweeps made, with the last one that found nothing to change.
/// converged : bool array (n,)
///     Whether a fixed point was reached.
/// trace : list of float64 arrays
///     Energy of the cue and after every sweep.
/// ids : int64 array (n, 5)
///     The patterns of largest absolute overlap, numbered as they were fitted; -1 where there are fewer.
/// overlaps : float32 array (n, 5)
///     Their overlaps with the state, from -1 (the inverse of the pattern) to 1 (the pattern itself).
#[pyclass(frozen, module = "attractor", get_all)]
pub(crate) struct NetworkRecall {
    state: Py<PyArray2<f32>>,
    energy: Py<PyArray1<f64>>,
    steps: Py<PyArray1<i64>>,
    converged: Py<PyArray1<bool>>,
    trace: Vec<Py<PyArray1<f64>>>,
    ids: Py<PyArray2<i64>>,
    overlaps: Py<PyArray2<f32>>,
}

impl HopfieldNetwork {
    fn read(&self) -> RwLockReadGuard<'_, Network> {
        self.network.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl HopfieldNetwork {
    #[new]
    #[pyo3(signature = (dim, rule="hebb"))]
    fn new(dim: i64, rule: &str) -> PyResult<Self> {
        let rule = match rule {
            "hebb" => Rule::Hebb,
            "storkey" => Rule::Storkey,
            "pseudoinverse" => Rule::pseudo_inverse(Diagonal::Kept),
            _ => {
                let text = format!("rule = {rule:?}: must be one of hebb, storkey, pseudoinverse");
                return Err(Refusal::range(text).into());
            }
        };
        let network = Network::new(extent("dim", dim)?, rule).map_err(Refusal::from)?;
        Ok(Self { rule, network: RwLock::new(network) })
    }

    /// Learns patterns, in place of those learned before.
    ///
    /// Parameters
    /// ----------
    /// patterns : array (n, dim)
    ///     Of -1 and +1.
    ///
    /// Returns
    /// -------
    /// HopfieldNetwork
    ///     The network itself.
    fn fit<'py>(slf: &Bound<'py, Self>, patterns: &Bound<'_, PyAny>) -> PyResult<Bound<'py, Self>> {
        let patterns = arrays::rows(patterns, "patterns")?;
        let (rows, this) = (patterns.as_array(), slf.get());
        slf.py().detach(|| -> Result<(), Refusal> {
            let mut network = Network::new(this.read().width(), this.rule)?;
            network.store(rows)?;
            *this.network.write().unwrap_or_else(PoisonError::into_inner) = network;
            Ok(())
        })?;
        Ok(slf.clone())
    }

    /// Recalls every cue.
    ///
    /// Parameters
    /// ----------
    /// cues : array (n, dim)
    ///     Of -1 and +1.
    /// mode : {"async", "sync"}
    ///     One unit after the other, in a fresh random order for each sweep, or all at once.
    /// max_sweeps : int
    ///     Most sweeps.
    /// seed : int
    ///     Of the random orders; every cue has its own, which does not depend on the other cues.
    ///
    /// Returns
    /// -------
    /// NetworkRecall
    #[pyo3(signature = (cues, mode="async", max_sweeps=100, seed=0))]
    fn recall(
        &self,
        py: Python<'_>,
        cues: &Bound<'_, PyAny>,
        mode: &str,
        max_sweeps: i64,
        seed: u64,
    ) -> PyResult<NetworkRecall> {
        let cues = arrays::rows(cues, "cues")?;
        let rows = cues.as_array();
        let schedule = match mode {
            "async" => Schedule::random(seed),
            "sync" => Schedule::synchronous(),
            _ => return Err(Refusal::range(format!("mode = {mode:?}: must be async or sync")).into()),
        };
        let schedule = schedule.sweeps(count("max_sweeps", max_sweeps)?);
        let recall = py.detach(|| self.read().recall(rows, &schedule).map_err(Refusal::from))?;
        py.check_signals()?;
        let (n, width) = recall.states.dim();
        let mut ids = ndarray::Array2::from_elem((n, NAMED), -1);
        let mut overlaps = ndarray::Array2::zeros((n, NAMED));
        for (row, leading) in recall.leading.iter().enumerate() {
            for (place, leading) in leading.iter().take(NAMED).enumerate() {
                ids[[row, place]] = leading.id as i64;
                overlaps[[row, place]] = leading.overlap as f32 / width as f32;
            }
        }
        let last = |trace: &Vec<f64>| trace.last().copied().unwrap_or(0.0);
        let converged = recall.status.iter().map(|status| *status == Status::Converged).collect();
        Ok(NetworkRecall {
            state: given(py, recall.states),
            energy: given_list(py, recall.energies.iter().map(last).collect()),
            steps: given_list(py, recall.sweeps.iter().map(|&sweeps| sweeps as i64).collect()),
            converged: given_list(py, converged),
            trace: recall.energies.into_iter().map(|trace| given_list(py, trace)).collect(),
            ids: given(py, ids),
            overlaps: given(py, overlaps),
        })
    }

    /// The energy of states, ``-state @ weights @ state / 2``.
    ///
    /// Parameters
    /// ----------
    /// states : array (n, dim)
    ///     Of -1 and +1.
    ///
    /// Returns
    /// -------
    /// float64 array (n,)
    fn energy(&self, py: Python<'_>, states: &Bound<'_, PyAny>) -> PyResult<Py<PyArray1<f64>>> {
        let states = arrays::rows(states, "states")?;
        let rows = states.as_array();
        let energies = py.detach(|| self.read().energy(rows).map_err(Refusal::from))?;
        Ok(given_list(py, energies.into_iter().map(Energy::total).collect()))
    }

    /// The weights, float64 (dim, dim).
    #[getter]
    fn weights(&self, py: Python<'_>) -> Py<PyArray2<f64>> {
        let weights = py.detach(|| self.read().weights());
        given(py, weights)
    }

    /// Units.
    #[getter]
    fn dim(&self, py: Python<'_>) -> usize {
        py.detach(|| self.read().width())
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        py.detach(|| self.read().len())
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        let (n, width) = py.detach(|| (self.read().len(), self.read().width()));
        let rule = match self.rule {
            Rule::Storkey => "storkey",
            Rule::PseudoInverse { .. } => "pseudoinverse",
            _ => "hebb",
        };
        format!("HopfieldNetwork({n} patterns of {width}, {rule})")
    }
}
