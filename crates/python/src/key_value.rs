//! The key-value memory with plasticity.

use std::sync::{Mutex, MutexGuard, PoisonError};

use attractor::key_value::{Gate, KeyValue, Output, Shape, Slots, Stability, Values, WriteRule};
use ndarray::Array2;
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::arrays::{self, extent, given, given_list};
use crate::errors::Refusal;

/// Slots of keys and values that are written one by one and may be overwritten, by three-factor plasticity.
///
/// Reading is softmax attention over the slots, ``values @ softmax(keys @ key)``. Numbers are float64 (Tyulmankov,
/// Fang, Vadaparty and Yang 2021).
///
/// Parameters
/// ----------
/// slots, key_dim, value_dim : int
///     How many slots of which widths.
/// write : {"sequential", "least_recent", "random"}
///     Which slot a pair is written to: one after the other, the one whose last write is longest ago, or each slot on
///     its own with ``probability``.
/// probability : float, optional
///     For "random"; 1 / slots when left out.
/// key_rate, value_rate : float
///     How much of what is written replaces what was there.
/// decay : float, optional
///     When given, every slot takes the value in proportion to its activity, and all values decay by this factor.
/// gate : {"open", "linear", "sigmoid"}
///     How much less is written of what the memory recalls already.
/// lock : float, optional
///     A write whose rate reaches it locks its slot for ever.
/// seed : int
///     Of everything random.
///
/// Examples
/// --------
/// >>> memory = attractor.KeyValueMemory(3, 4, 2)
/// >>> slots = memory.write([[4, 4, -4, -4], [4, -4, 4, -4]], [[1, -1], [-1, -1]])
/// >>> memory.read([4, 4, 0, 0]).round(2)
/// array([[ 1., -1.]])
#[pyclass(frozen, module = "attractor")]
pub(crate) struct KeyValueMemory(Mutex<State>);

struct State {
    memory: KeyValue,
    rng: ChaCha8Rng,
}

impl KeyValueMemory {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl KeyValueMemory {
    #[new]
    #[pyo3(signature = (slots, key_dim, value_dim, write="sequential", *, probability=None, key_rate=1.0,
        value_rate=1.0, decay=None, gate="open", lock=None, seed=0))]
    #[allow(clippy::too_many_arguments, reason = "keyword arguments of Python")]
    fn new(
        slots: i64,
        key_dim: i64,
        value_dim: i64,
        write: &str,
        probability: Option<f64>,
        key_rate: f64,
        value_rate: f64,
        decay: Option<f64>,
        gate: &str,
        lock: Option<f64>,
        seed: u64,
    ) -> PyResult<Self> {
        let shape = Shape {
            slots: extent("slots", slots)?,
            key: extent("key_dim", key_dim)?,
            value: extent("value_dim", value_dim)?,
        };
        let choice = match (write, probability) {
            ("sequential", None) => Slots::Cyclic,
            ("least_recent", None) => Slots::LeastRecent,
            ("random", p) => Slots::Bernoulli { p: p.unwrap_or(1.0 / shape.slots.max(1) as f64) },
            ("sequential" | "least_recent", Some(_)) => {
                let text = format!("probability: write {write:?} does not take it");
                return Err(Refusal::range(text).into());
            }
            _ => {
                let text = format!("write = {write:?}: must be one of sequential, least_recent, random");
                return Err(Refusal::range(text).into());
            }
        };
        let gate = match gate {
            "open" => Gate::Open,
            "linear" => Gate::Linear,
            "sigmoid" => Gate::Sigmoid,
            _ => {
                let text = format!("gate = {gate:?}: must be one of open, linear, sigmoid");
                return Err(Refusal::range(text).into());
            }
        };
        let rule = WriteRule {
            slots: choice,
            values: decay.map_or(Values::Chosen, |decay| Values::All { decay }),
            key_rate,
            value_rate,
            gate,
            stability: lock.map_or(Stability::Plastic, |threshold| Stability::Lock { threshold }),
        };
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let memory = KeyValue::new(shape, rule, &mut rng).map_err(Refusal::from)?;
        Ok(Self(Mutex::new(State { memory, rng })))
    }

    /// Writes pairs, in their order.
    ///
    /// Parameters
    /// ----------
    /// keys : array (n, key_dim)
    /// values : array (n, value_dim)
    /// strength : float
    ///     The global third factor: how strongly this moment is written.
    ///
    /// Returns
    /// -------
    /// list of int64 arrays
    ///     The slots that each pair was written to.
    #[pyo3(signature = (keys, values, *, strength=1.0))]
    fn write(
        &self,
        py: Python<'_>,
        keys: &Bound<'_, PyAny>,
        values: &Bound<'_, PyAny>,
        strength: f64,
    ) -> PyResult<Vec<Py<PyArray1<i64>>>> {
        let (keys, values) = (arrays::double_rows(keys, "keys")?, arrays::double_rows(values, "values")?);
        let (keys, values) = (keys.as_array(), values.as_array());
        if keys.nrows() != values.nrows() {
            let text =
                format!("values: {} rows, expected {}, one for each key", values.nrows(), keys.nrows());
            return Err(Refusal::new("ShapeError", text).into());
        }
        let written = py.detach(|| {
            let mut state = self.state();
            let State { memory, rng } = &mut *state;
            let pairs = keys.rows().into_iter().zip(values.rows());
            let slots = |(key, value)| Ok(memory.write(key, value, strength, rng)?.slots);
            pairs.map(slots).collect::<Result<Vec<_>, Refusal>>()
        })?;
        let ids = |slots: Vec<usize>| slots.into_iter().map(|slot| slot as i64).collect();
        Ok(written.into_iter().map(|slots| given_list(py, ids(slots))).collect())
    }

    /// Reads the values of keys.
    ///
    /// Parameters
    /// ----------
    /// keys : array (n, key_dim)
    ///     Unknown components are 0.
    /// output : {"linear", "sign"}
    ///     The weighted sum, or its sign.
    ///
    /// Returns
    /// -------
    /// float64 array (n, value_dim)
    #[pyo3(signature = (keys, *, output="linear"))]
    fn read(&self, py: Python<'_>, keys: &Bound<'_, PyAny>, output: &str) -> PyResult<Py<PyArray2<f64>>> {
        let output = match output {
            "linear" => Output::Linear,
            "sign" => Output::Sign,
            _ => return Err(Refusal::range(format!("output = {output:?}: must be linear or sign")).into()),
        };
        let keys = arrays::double_rows(keys, "keys")?;
        let keys = keys.as_array();
        let values = py.detach(|| -> Result<_, Refusal> {
            let state = self.state();
            let mut values = Array2::zeros((keys.nrows(), state.memory.shape().value));
            for (key, mut value) in keys.rows().into_iter().zip(values.rows_mut()) {
                value.assign(&state.memory.read(key, output)?.value);
            }
            Ok(values)
        })?;
        Ok(given(py, values))
    }

    /// The keys of the slots, float64 (slots, key_dim).
    #[getter]
    fn keys(&self, py: Python<'_>) -> Py<PyArray2<f64>> {
        let keys = py.detach(|| self.state().memory.keys().to_owned());
        given(py, keys)
    }

    /// The values of the slots, float64 (slots, value_dim).
    #[getter]
    fn values(&self, py: Python<'_>) -> Py<PyArray2<f64>> {
        let values = py.detach(|| self.state().memory.values().t().as_standard_layout().into_owned());
        given(py, values)
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        py.detach(|| self.state().memory.shape().slots)
    }
}
