//! The associative memory.

use std::path::PathBuf;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use attractor::file::Stored;
use attractor::{Clamp, Detail, Dynamics, Projection, Similarity, Told};
use ndarray::{Array2, ArrayView2, Axis, concatenate, s};
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::arrays::{self, check_signs, count, extent, given, given_list};
use crate::certificate::Certificate;
use crate::errors::Refusal;
use crate::recall::Recall;
use crate::separation::{Choice, similarity, similarity_name};
use crate::work::{by_pieces, piece};

/// An associative memory over patterns of ``dim`` components.
///
/// Recall weighs the stored patterns by ``separation(beta * similarity(cue, patterns))`` and moves the state to their
/// weighted sum. With dot product and softmax this is the modern Hopfield network.
///
/// Parameters
/// ----------
/// dim : int
///     Components of a pattern.
/// value_dim : int, optional
///     Components of the value that comes with each pattern; without it patterns stand for themselves.
/// similarity : str
///     How a cue and a pattern are compared: "dot", "scaled_dot" (over ``sqrt(dim)``), "cosine", or one of the distances,
///     which count with a minus sign, "euclidean", "sqeuclidean", "manhattan", and "hamming", the number of differing
///     components of patterns of -1 and +1.
/// separation : str
///     How scores become weights: "linear", "polynomial", "exponential", "softmax", "sparsemax", "entmax", "normmax",
///     "budget", "topk" (softmax over the k best), "topk_raw" (the k largest weights of softmax), "argmax" or
///     "epanechnikov".
/// beta : float
///     Inverse temperature: scores are beta times the similarity.
/// alpha : float, optional
///     For "entmax" (at least 1) and "normmax" (above 1).
/// degree : int, optional
///     For "polynomial" (at least 2).
/// k : int, optional
///     For "budget", "topk" and "topk_raw".
/// binary : bool
///     Patterns and cues are -1 and +1, and an update takes the sign of the weighted sum.
///
/// Examples
/// --------
/// >>> import numpy as np
/// >>> memory = attractor.Memory(4, beta=8.0)
/// >>> memory.store(np.array([[1, 1, -1, -1], [1, -1, 1, -1]]))
/// array([0, 1])
/// >>> recall = memory.recall(np.array([1.0, 0.9, -0.2, 0.0]))
/// >>> recall.ids[0, 0], recall.kind
/// (np.int64(0), ['single'])
#[pyclass(frozen, module = "attractor")]
pub(crate) struct Memory {
    memory: RwLock<attractor::Memory>,
    width: usize,
}

impl Memory {
    fn of(memory: attractor::Memory) -> Self {
        Self { width: memory.width(), memory: RwLock::new(memory) }
    }

    fn read(&self) -> RwLockReadGuard<'_, attractor::Memory> {
        self.memory.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, attractor::Memory> {
        self.memory.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Multiply-adds of one update of one cue.
    fn cost(&self, py: Python<'_>) -> usize {
        py.detach(|| self.read().len()) * self.width
    }
}

/// Whether patterns are -1 and +1.
fn is_binary(memory: &attractor::Memory) -> bool {
    memory.projection() == Projection::Sign
}

/// Refuses cues or patterns that a binary memory cannot take.
fn check_binary(
    memory: &attractor::Memory,
    rows: ArrayView2<'_, f32>,
    place: &'static str,
) -> Result<(), Refusal> {
    let hamming = memory.similarity() == Similarity::Hamming;
    if (is_binary(memory) || hamming) && rows.ncols() == memory.width() {
        return check_signs(rows, place);
    }
    Ok(())
}

#[pymethods]
impl Memory {
    #[new]
    #[pyo3(signature = (dim, *, value_dim=None, similarity="dot", separation="softmax", beta=1.0, alpha=None,
        degree=None, k=None, binary=false))]
    #[allow(clippy::too_many_arguments, reason = "keyword arguments of Python")]
    fn new(
        dim: i64,
        value_dim: Option<i64>,
        similarity: &str,
        separation: &str,
        beta: f64,
        alpha: Option<f64>,
        degree: Option<i64>,
        k: Option<i64>,
        binary: bool,
    ) -> PyResult<Self> {
        let separation = Choice { name: separation.to_owned(), beta, alpha, degree, k }.make()?;
        let mut builder = attractor::Memory::builder(extent("dim", dim)?)
            .similarity(self::similarity(similarity)?)
            .separation(separation);
        if let Some(value_dim) = value_dim {
            builder = builder.values(extent("value_dim", value_dim)?);
        }
        if binary {
            builder = builder.projection(Projection::Sign);
        }
        Ok(Self::of(builder.build().map_err(Refusal::from)?))
    }

    /// Stores patterns.
    ///
    /// Parameters
    /// ----------
    /// patterns : array (n, dim)
    ///     One pattern (dim,) counts as one row.
    /// values : array (n, value_dim), optional
    ///     For a memory with values, and only for it.
    ///
    /// Returns
    /// -------
    /// int64 array (n,)
    ///     The ids, in the order of the rows.
    ///
    /// Examples
    /// --------
    /// >>> memory = attractor.Memory(2, value_dim=1)
    /// >>> memory.store([[1.0, 0.0], [0.0, 1.0]], values=[[10.0], [20.0]])
    /// array([0, 1])
    #[pyo3(signature = (patterns, values=None))]
    fn store(
        &self,
        py: Python<'_>,
        patterns: &Bound<'_, PyAny>,
        values: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyArray1<i64>>> {
        let patterns = arrays::rows(patterns, "patterns")?;
        let values = values.map(|values| arrays::rows(values, "values")).transpose()?;
        let (rows, values) = (patterns.as_array(), values.as_ref().map(|values| values.as_array()));
        let stored = py.detach(|| {
            let mut memory = self.write();
            check_binary(&memory, rows, "patterns")?;
            match (memory.value_width(), values) {
                (Some(_), None) => Err(Refusal::new(
                    "ShapeError",
                    "values: this memory holds a value with each pattern: give both",
                )),
                (None, Some(_)) => {
                    Err(Refusal::new("ShapeError", "values: this memory was made without value_dim"))
                }
                (_, Some(values)) => Ok(memory.store_pairs(rows, values)?),
                (_, None) => Ok(memory.store(rows)?),
            }
        })?;
        Ok(given_list(py, stored.map(|id| id as i64).collect()))
    }

    /// Removes patterns, with their values. When an id is not known, nothing is removed.
    ///
    /// Parameters
    /// ----------
    /// ids : int or int array (n,)
    ///
    /// Examples
    /// --------
    /// >>> memory = attractor.Memory(2)
    /// >>> ids = memory.store([[1.0, 0.0], [0.0, 1.0]])
    /// >>> memory.remove(ids[:1])
    /// >>> len(memory)
    /// 1
    fn remove(&self, py: Python<'_>, ids: &Bound<'_, PyAny>) -> PyResult<()> {
        let mut ids = arrays::ids(ids, "ids")?;
        ids.sort_unstable();
        ids.dedup();
        py.detach(|| -> Result<(), Refusal> {
            let mut memory = self.write();
            ids.iter().try_for_each(|&id| memory.pattern(id).map(drop))?;
            Ok(ids.iter().try_for_each(|&id| memory.remove(id))?)
        })?;
        Ok(())
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        py.detach(|| self.read().len())
    }

    /// Components of a pattern.
    #[getter]
    fn dim(&self) -> usize {
        self.width
    }

    /// Components of a value; None without values.
    #[getter]
    fn value_dim(&self, py: Python<'_>) -> Option<usize> {
        py.detach(|| self.read().value_width())
    }

    /// Ids of the stored patterns, int64 (len,), ascending.
    #[getter]
    fn ids(&self, py: Python<'_>) -> Py<PyArray1<i64>> {
        let ids = py.detach(|| self.read().ids());
        given_list(py, ids.into_iter().map(|id| id as i64).collect())
    }

    /// The stored patterns.
    ///
    /// Parameters
    /// ----------
    /// ids : int array (n,), optional
    ///     Which ones; all, in the order of their ids, when left out.
    ///
    /// Returns
    /// -------
    /// float32 array (n, dim)
    ///
    /// Examples
    /// --------
    /// >>> memory = attractor.Memory(2)
    /// >>> ids = memory.store([[1.0, 0.0], [0.0, 1.0]])
    /// >>> memory.patterns(ids[1:])
    /// array([[0., 1.]], dtype=float32)
    #[pyo3(signature = (ids=None))]
    fn patterns(&self, py: Python<'_>, ids: Option<&Bound<'_, PyAny>>) -> PyResult<Py<PyArray2<f32>>> {
        let rows = self.chosen(py, ids, |memory| Some(memory.patterns()))?;
        Ok(given(py, rows.unwrap_or_default()))
    }

    /// The values of the stored patterns.
    ///
    /// Parameters
    /// ----------
    /// ids : int array (n,), optional
    ///     Whose; all, in the order of their ids, when left out.
    ///
    /// Returns
    /// -------
    /// float32 array (n, value_dim) or None
    ///     None for a memory without values.
    ///
    /// Examples
    /// --------
    /// >>> memory = attractor.Memory(2, value_dim=1)
    /// >>> ids = memory.store([[1.0, 0.0], [0.0, 1.0]], values=[[10.0], [20.0]])
    /// >>> memory.values()
    /// array([[10.],
    ///        [20.]], dtype=float32)
    #[pyo3(signature = (ids=None))]
    fn values(&self, py: Python<'_>, ids: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Py<PyArray2<f32>>>> {
        Ok(self.chosen(py, ids, attractor::Memory::values)?.map(|rows| given(py, rows)))
    }

    /// Recalls every cue.
    ///
    /// Parameters
    /// ----------
    /// cues : array (n, dim)
    ///     One cue (dim,) counts as one row. float32 in C order is read where it lies; other numbers are converted.
    /// max_steps : int
    ///     Most updates; 1 is exactly one.
    /// tol : float
    ///     A state rests when an update moves it by no more than ``tol * (1 + |state|)``.
    /// clamp : bool array (n, dim) or (dim,), optional
    ///     True components keep their value.
    /// top : int
    ///     Most patterns that are named for a cue. With 0, nothing but states, values, steps and convergence is
    ///     computed.
    ///
    /// Returns
    /// -------
    /// Recall
    ///     The result for a cue depends neither on the other cues nor on the number of threads, to the bit.
    ///
    /// Examples
    /// --------
    /// >>> memory = attractor.Memory(4, beta=4.0)
    /// >>> ids = memory.store([[1, 1, 1, 1], [1, -1, 1, -1]])
    /// >>> known = [True, True, False, False]
    /// >>> memory.recall([1, -1, 0, 0], max_steps=10, clamp=known).state.round(2)
    /// array([[ 1., -1.,  1., -1.]], dtype=float32)
    #[pyo3(signature = (cues, *, max_steps=1, tol=1e-6, clamp=None, top=8))]
    fn recall(
        slf: &Bound<'_, Self>,
        cues: &Bound<'_, PyAny>,
        max_steps: i64,
        tol: f64,
        clamp: Option<&Bound<'_, PyAny>>,
        top: i64,
    ) -> PyResult<Recall> {
        let (py, this) = (slf.py(), slf.get());
        let (steps, top) = (count("max_steps", max_steps)?, count("top", top)?);
        let cues = arrays::rows(cues, "cues")?;
        let rows = cues.as_array();
        let clamp = clamp.map(|clamp| arrays::mask(clamp, "clamp")).transpose()?;
        let clamp = clamp.as_ref().map(|clamp| clamp.as_array());
        if let Some(clamp) = clamp
            && (clamp.ncols() != rows.ncols() || (clamp.nrows() != rows.nrows() && clamp.nrows() != 1))
        {
            let text = format!("clamp: shape {:?}, but the cues have {:?}", clamp.shape(), rows.shape());
            return Err(Refusal::new("ShapeError", text).into());
        }
        let dynamics = Dynamics {
            steps,
            tolerance: tol,
            detail: if top == 0 { Detail::States } else { Detail::Full },
            told: Told::LastUpdate,
            leading: top,
            ..Dynamics::default()
        };
        let size = piece(this.cost(py).saturating_mul(steps));
        let pieces = by_pieces(py, rows.nrows(), size, |piece| {
            let memory = this.read();
            let part = rows.slice(s![piece.clone(), ..]);
            check_binary(&memory, part, "cues")?;
            let Some(clamp) = clamp else { return Ok(memory.recall_with(part, &dynamics)?) };
            let mask = match clamp.nrows() == rows.nrows() {
                true => clamp.slice(s![piece, ..]).to_owned(),
                false => Array2::from_shape_fn(part.dim(), |(_, column)| clamp[[0, column]]),
            };
            Ok(memory.recall_with(part, &Dynamics { clamp: Clamp::Mask(mask), ..dynamics.clone() })?)
        })?;
        Recall::of(slf, cues.as_unbound().clone_ref(py), pieces, top)
    }

    /// The energy of states, which recall goes down.
    ///
    /// For softmax and dot product ``-logsumexp(beta * patterns @ state) / beta + |state|**2 / 2 + log(N) / beta +
    /// M**2 / 2``, with M the length of the longest pattern (Ramsauer et al. 2021).
    ///
    /// Parameters
    /// ----------
    /// states : array (n, dim)
    ///
    /// Returns
    /// -------
    /// float64 array (n,)
    ///
    /// Examples
    /// --------
    /// >>> memory = attractor.Memory(2)
    /// >>> ids = memory.store([[1.0, 0.0]])
    /// >>> memory.energy([[1.0, 0.0]])
    /// array([0.])
    fn energy(&self, py: Python<'_>, states: &Bound<'_, PyAny>) -> PyResult<Py<PyArray1<f64>>> {
        let states = arrays::rows(states, "states")?;
        let rows = states.as_array();
        let pieces = by_pieces(py, rows.nrows(), piece(self.cost(py)), |piece| {
            Ok(self.read().energies(rows.slice(s![piece, ..]))?)
        })?;
        Ok(given_list(py, pieces.into_iter().flatten().map(|energy| energy.total()).collect()))
    }

    /// The weight of every stored pattern for every cue: what one update would sum.
    ///
    /// Parameters
    /// ----------
    /// cues : array (n, dim)
    ///
    /// Returns
    /// -------
    /// float32 array (n, len)
    ///     Columns in the order of ``ids``. Rows sum to one where the separation is a distribution.
    ///
    /// Examples
    /// --------
    /// >>> memory = attractor.Memory(2, beta=2.0)
    /// >>> ids = memory.store([[1.0, 0.0], [0.0, 1.0]])
    /// >>> memory.association([[0.5, 0.5]])
    /// array([[0.5, 0.5]], dtype=float32)
    fn association(&self, py: Python<'_>, cues: &Bound<'_, PyAny>) -> PyResult<Py<PyArray2<f32>>> {
        let cues = arrays::rows(cues, "cues")?;
        let rows = cues.as_array();
        let pieces = by_pieces(py, rows.nrows(), piece(self.cost(py)), |piece| {
            let memory = self.read();
            let part = rows.slice(s![piece, ..]);
            check_binary(&memory, part, "cues")?;
            Ok(memory.weights(part)?.mapv(|weight| weight as f32))
        })?;
        Ok(given(py, stacked(pieces)))
    }

    /// What can be proved about one update of each cue, around the pattern that leads; see ``Certificate``.
    ///
    /// Parameters
    /// ----------
    /// cues : array (n, dim)
    ///
    /// Returns
    /// -------
    /// Certificate
    ///     For the similarities "dot" and "scaled_dot", and separations whose weights sum to one.
    ///
    /// Examples
    /// --------
    /// >>> memory = attractor.Memory(2, beta=20.0)
    /// >>> ids = memory.store([[1.0, 0.0], [0.0, 1.0]])
    /// >>> certificate = memory.certificate([[0.9, 0.0]])
    /// >>> bool(certificate.certain[0]), bool(certificate.error[0] < 1e-6)
    /// (True, True)
    fn certificate(&self, py: Python<'_>, cues: &Bound<'_, PyAny>) -> PyResult<Certificate> {
        let cues = arrays::rows(cues, "cues")?;
        let rows = cues.as_array();
        let bounds = py.detach(|| crate::certificate::bounds(&self.read(), rows))?;
        Ok(Certificate::of(py, &bounds))
    }

    /// How many random patterns a memory of this kind and width holds, as far as theory says.
    ///
    /// For "softmax" the number that is guaranteed on the sphere of the longest stored pattern, with a probability of
    /// 0.999 (Ramsauer et al. 2021, theorem 3), 0 where the theorem does not hold. For "linear", "polynomial" and
    /// "exponential" the number of patterns of -1 and +1 without a wrong bit.
    ///
    /// Returns
    /// -------
    /// float
    ///
    /// Examples
    /// --------
    /// >>> round(attractor.Memory(1000, separation="linear", binary=True).capacity())
    /// 72
    fn capacity(&self, py: Python<'_>) -> PyResult<f64> {
        Ok(py.detach(|| crate::certificate::capacity(&self.read()))?)
    }

    /// Writes the memory to one file, which is replaced in one step.
    ///
    /// Parameters
    /// ----------
    /// path : str or path
    ///
    /// Examples
    /// --------
    /// >>> memory = attractor.Memory(2)
    /// >>> ids = memory.store([[1.0, 0.0]])
    /// >>> memory.save(folder / "corners.attractor")
    /// >>> len(attractor.Memory.load(folder / "corners.attractor"))
    /// 1
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        Ok(py.detach(|| self.read().save(path).map_err(Refusal::from))?)
    }

    /// Reads a memory that ``save``, or the command line, wrote.
    ///
    /// Parameters
    /// ----------
    /// path : str or path
    ///
    /// Returns
    /// -------
    /// Memory
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let bytes = std::fs::read(&path).map_err(|error| {
            let class = match error.kind() {
                std::io::ErrorKind::NotFound => "MissingFileError",
                _ => "StoreError",
            };
            Refusal::new(class, format!("{}: {error}", path.display()))
        })?;
        Ok(py.detach(|| decoded(&bytes, &path))?)
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        let (n, similarity, separation) = py.detach(|| {
            let memory = self.read();
            (memory.len(), memory.similarity(), memory.separation().clone())
        });
        let name = Choice::of(&separation).map_or_else(|| separation.kind().name(), |choice| choice.name);
        let (similarity, beta) = (similarity_name(similarity), separation.beta());
        format!("Memory({n} patterns of {}, {similarity}, {name}, beta={beta})", self.width)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        let bytes = py.detach(|| {
            let folder = tempfile::tempdir()?;
            let path = folder.path().join("memory");
            self.read().save(&path).map_err(std::io::Error::other)?;
            std::fs::read(path)
        })?;
        let restore = py.import("attractor._engine")?.getattr("_memory_of_bytes")?;
        Ok((restore, (PyBytes::new(py, &bytes),)))
    }
}

impl Memory {
    /// Rows of all patterns, or of those with these ids.
    fn chosen(
        &self,
        py: Python<'_>,
        ids: Option<&Bound<'_, PyAny>>,
        all: fn(&attractor::Memory) -> Option<Array2<f32>>,
    ) -> PyResult<Option<Array2<f32>>> {
        let ids = ids.map(|ids| arrays::ids(ids, "ids")).transpose()?;
        Ok(py.detach(|| -> Result<_, Refusal> {
            let memory = self.read();
            let (rows, Some(ids)) = (all(&memory), ids) else { return Ok(all(&memory)) };
            let known = memory.ids();
            let place =
                |id: &u64| known.binary_search(id).map_err(|_| attractor::Error::UnknownId { id: *id });
            let places: Vec<usize> = ids.iter().map(place).collect::<Result<_, _>>()?;
            Ok(rows.map(|rows| rows.select(Axis(0), &places)))
        })?)
    }
}

/// A memory as `__reduce__` took it apart.
#[pyfunction]
pub(crate) fn _memory_of_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Memory> {
    Ok(py.detach(|| decoded(bytes, std::path::Path::new("<bytes>")))?)
}

fn decoded(bytes: &[u8], path: &std::path::Path) -> Result<Memory, Refusal> {
    match Stored::from_bytes(bytes, path)?.0 {
        Stored::Continuous(memory) => Ok(Memory::of(memory)),
        _ => {
            let text = format!("{}: holds a memory over -1 and +1 of another kind", path.display());
            Err(Refusal::new("FormatError", text))
        }
    }
}

fn stacked(pieces: Vec<Array2<f32>>) -> Array2<f32> {
    let views: Vec<_> = pieces.iter().map(|rows| rows.view()).collect();
    match views.as_slice() {
        [_] => pieces.into_iter().next().unwrap_or_default(),
        views => concatenate(Axis(0), views).unwrap_or_default(),
    }
}
