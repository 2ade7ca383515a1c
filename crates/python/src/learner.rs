//! The complementary learner. What users see is `attractor.Learner`, in Python; labels are texts here.

use std::collections::HashMap;
use std::ops::{ControlFlow, Range};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use attractor::data::Shape;
use attractor::learn::{Config, Error, Reader, replay::Order};
use attractor::store::storage::{Ram, Storage};
use attractor::{Answer, Budget, Forget, Learner as Engine, Look, Observed, Slow, Vision};
use ndarray::{Array2, ArrayView1, s};
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rayon::prelude::*;

use crate::arrays::{self, check_finite, given, given_list};
use crate::errors::Refusal;
use crate::work::{by_pieces, heeded};

/// Rows that are learned, or asked for, between two looks at Ctrl-C.
const PIECE: usize = 256;

const ENCODERS: [(&str, Vision); 5] = [
    ("auto", Vision::Auto),
    ("plain", Vision::Plain),
    ("whitened", Vision::Whitened),
    ("random", Vision::Random),
    ("patches", Vision::Patches),
];

/// "auto" first: where a learner is told of, it is the second.
const CORTICES: [(&str, Slow); 6] = [
    ("auto", Slow::Ridge),
    ("ridge", Slow::Ridge),
    ("mean", Slow::Mean),
    ("discriminant", Slow::Discriminant),
    ("network", Slow::Network),
    ("none", Slow::None),
];

/// Names and contents.
type Files = Vec<(String, Py<PyBytes>)>;

/// A learner in a directory, or in memory.
#[pyclass(frozen)]
pub(crate) struct Learner {
    /// `None` once it is closed.
    engine: Mutex<Option<Engine>>,
    reader: Reader,
    /// Its files, when it lives in memory.
    ram: Option<Ram>,
}

impl Learner {
    fn of(engine: Engine, ram: Option<Ram>) -> Self {
        Self { reader: engine.reader(), engine: Mutex::new(Some(engine)), ram }
    }

    fn engine(&self) -> MutexGuard<'_, Option<Engine>> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, work: impl FnOnce(&mut Engine) -> Result<T, Error>) -> Result<T, Refusal> {
        let mut engine = self.engine();
        let engine = engine.as_mut().ok_or_else(|| Refusal::new("StoreError", "the learner is closed"))?;
        Ok(work(engine)?)
    }

    fn reader(&self, namespace: Option<&str>) -> Reader {
        namespace.map_or_else(|| self.reader.clone(), |namespace| self.reader.within(namespace))
    }

    /// What `ask` says of every row, in order.
    fn each<T: Send>(
        &self,
        py: Python<'_>,
        patterns: &Bound<'_, PyAny>,
        ask: impl Fn(usize, &[f32]) -> Result<T, Error> + Sync + Send,
    ) -> PyResult<Vec<T>> {
        if py.detach(|| self.engine().is_none()) {
            return Err(Refusal::new("StoreError", "the learner is closed").into());
        }
        let patterns = arrays::rows(patterns, "X")?;
        let rows = patterns.as_array();
        check_finite(rows, "X")?;
        let pieces = by_pieces(py, rows.nrows(), PIECE, |piece: Range<usize>| {
            let asked = piece.into_par_iter().map(|row| ask(row, &contiguous(rows.row(row))));
            Ok(asked.collect::<Result<Vec<_>, _>>()?)
        })?;
        Ok(pieces.into_iter().flatten().collect())
    }
}

fn contiguous(row: ArrayView1<'_, f32>) -> std::borrow::Cow<'_, [f32]> {
    match row.to_slice() {
        Some(slice) => slice.into(),
        None => row.to_vec().into(),
    }
}

/// What a name stands for.
fn named<T: Copy>(option: &str, name: &str, choices: &[(&str, T)]) -> Result<T, Refusal> {
    choices.iter().find(|(known, _)| *known == name).map(|(_, choice)| *choice).ok_or_else(|| {
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        Refusal::range(format!("{option} = {name:?}: must be one of {}", names.join(", ")))
    })
}

fn shape_of(shape: &[usize]) -> Result<Shape, Refusal> {
    match *shape {
        [width] => Ok(Shape::Vector(width)),
        [height, width] => Ok(Shape::grey(height, width)),
        [height, width, channels] => Ok(Shape::Image { height, width, channels }),
        _ => {
            Err(Refusal::new("ShapeError", format!("shape = {shape:?}: must have one, two or three extents")))
        }
    }
}

/// Opens the learner that is there, or makes one. What differs from the defaults must be as it was made.
fn opened(path: Option<PathBuf>, config: Config) -> Result<Learner, Refusal> {
    let builder = Engine::builder().config(config.clone());
    let Some(path) = path else {
        let ram = Ram::new();
        return Ok(Learner::of(builder.open_in(Arc::new(ram.clone()))?, Some(ram)));
    };
    match builder.open(&path) {
        Err(Error::Recipe { .. }) => {}
        done => return Ok(Learner::of(done?, None)),
    }
    let engine = Engine::open(&path)?;
    let (found, default) = (engine.config(), Config::default());
    let differs = [
        ("shape", config.shape != default.shape && config.shape != found.shape),
        ("encoder", config.vision != default.vision && config.vision != found.vision),
        ("cortex", config.slow != default.slow && config.slow != found.slow),
        (
            "memory_bytes",
            config.memory_bytes != default.memory_bytes && config.memory_bytes != found.memory_bytes,
        ),
        ("seed", config.seed != default.seed && config.seed != found.seed),
    ];
    match differs.into_iter().find(|(_, differs)| *differs) {
        None => Ok(Learner::of(engine, None)),
        Some((option, _)) => Err(Refusal::new(
            "RecipeError",
            format!("{option}: the learner in {} was made with another: leave it out", path.display()),
        )),
    }
}

#[pymethods]
impl Learner {
    #[new]
    fn new(
        py: Python<'_>,
        path: Option<PathBuf>,
        memory_bytes: u64,
        encoder: &str,
        cortex: &str,
        seed: u64,
        shape: Option<Vec<usize>>,
    ) -> PyResult<Self> {
        let config = Config {
            shape: shape.as_deref().map(shape_of).transpose()?,
            vision: named("encoder", encoder, &ENCODERS)?,
            slow: named("cortex", cortex, &CORTICES)?,
            memory_bytes,
            seed,
            ..Config::default()
        };
        Ok(py.detach(|| opened(path, config))?)
    }

    /// The files of a learner in memory, by name; None of one in a directory.
    fn files(&self, py: Python<'_>) -> PyResult<Option<Files>> {
        let Some(ram) = &self.ram else { return Ok(None) };
        let files = py.detach(|| {
            // Whoever holds this writes nothing.
            let _quiet = self.engine();
            let file = |name: String| ram.read(&name).map(|bytes| (name, bytes));
            ram.list()?.into_iter().map(file).collect::<std::io::Result<Vec<_>>>()
        })?;
        let given = |(name, bytes): (String, Vec<u8>)| (name, PyBytes::new(py, &bytes).unbind());
        Ok(Some(files.into_iter().map(given).collect()))
    }

    /// A learner in memory with these files.
    #[staticmethod]
    fn of_files(py: Python<'_>, files: Vec<(String, Vec<u8>)>) -> PyResult<Self> {
        let ram = Ram::new();
        for (name, bytes) in files {
            ram.create(&name)?.write(&bytes)?;
        }
        let opened = py.detach(|| Engine::builder().open_in(Arc::new(ram.clone())).map_err(Refusal::from))?;
        Ok(Self::of(opened, Some(ram)))
    }

    /// One look at every row; ids of the episodes, -1 where the slow system alone learned.
    fn observe(
        &self,
        py: Python<'_>,
        patterns: &Bound<'_, PyAny>,
        labels: Vec<String>,
        namespace: &str,
        utility: f32,
    ) -> PyResult<Py<PyArray1<i64>>> {
        let patterns = arrays::rows(patterns, "X")?;
        let rows = patterns.as_array();
        if labels.len() != rows.nrows() {
            let text = format!("y: {} labels, but X has {} rows", labels.len(), rows.nrows());
            return Err(Refusal::new("ShapeError", text).into());
        }
        check_finite(rows, "X")?;
        let pieces = by_pieces(py, rows.nrows(), PIECE, |piece: Range<usize>| {
            let part: Vec<_> = piece.clone().map(|row| contiguous(rows.row(row))).collect();
            let looks = part.iter().zip(&labels[piece]).map(|(pattern, label)| Look {
                namespace,
                utility,
                ..Look::new(pattern, label)
            });
            let looks: Vec<_> = looks.collect();
            self.with(|engine| engine.observe_looks(&looks))
        })?;
        let id = |observed| match observed {
            Observed::Stored(id) | Observed::Merged(id) => id as i64,
            Observed::Passed => -1,
        };
        Ok(given_list(py, pieces.into_iter().flatten().map(id).collect()))
    }

    /// The label of every row; None where no class is known.
    fn predict(
        &self,
        py: Python<'_>,
        patterns: &Bound<'_, PyAny>,
        namespace: Option<&str>,
    ) -> PyResult<Vec<Option<String>>> {
        let reader = self.reader(namespace);
        self.each(py, patterns, |_, row| Ok(reader.predict(row)?.label))
    }

    /// Probabilities (n, classes), and the classes.
    fn predict_proba(
        &self,
        py: Python<'_>,
        patterns: &Bound<'_, PyAny>,
        namespace: Option<&str>,
    ) -> PyResult<(Py<PyArray2<f64>>, Vec<String>)> {
        let reader = self.reader(namespace);
        let answers = self.each(py, patterns, |_, row| Ok(reader.predict(row)?.probabilities))?;
        // One who learns meanwhile may have brought a class.
        let most = answers.iter().max_by_key(|answer| answer.len());
        let classes: Vec<String> = most.into_iter().flatten().map(|(label, _)| label.clone()).collect();
        let columns: HashMap<&str, usize> =
            classes.iter().enumerate().map(|(column, label)| (label.as_str(), column)).collect();
        let mut probabilities = Array2::zeros((answers.len(), classes.len()));
        for (row, answer) in answers.iter().enumerate() {
            for (label, probability) in answer {
                if let Some(&column) = columns.get(label.as_str()) {
                    probabilities[[row, column]] = *probability;
                }
            }
        }
        Ok((given(py, probabilities), classes))
    }

    /// What the answers rest on, as JSON.
    fn explain(
        &self,
        py: Python<'_>,
        patterns: &Bound<'_, PyAny>,
        namespace: Option<&str>,
    ) -> PyResult<String> {
        let reader = self.reader(namespace);
        let answers: Vec<Answer> = self.each(py, patterns, |_, row| reader.predict(row))?;
        json(&answers)
    }

    /// How strange every row is, 0 to 1, and its energy.
    fn novelty(
        &self,
        py: Python<'_>,
        patterns: &Bound<'_, PyAny>,
        namespace: Option<&str>,
    ) -> PyResult<Py<PyArray1<f64>>> {
        let reader = self.reader(namespace);
        let ranks = self.each(py, patterns, |_, row| Ok(reader.novelty(row)?.rank))?;
        Ok(given_list(py, ranks))
    }

    /// Every row with its unknown components completed.
    fn recall(
        &self,
        py: Python<'_>,
        patterns: &Bound<'_, PyAny>,
        known: &Bound<'_, PyAny>,
        namespace: Option<&str>,
    ) -> PyResult<Py<PyArray2<f32>>> {
        let reader = self.reader(namespace);
        let known = arrays::mask(known, "mask")?;
        let known = known.as_array();
        let recalled = self.each(py, patterns, |row, pattern| {
            let mask = known.slice(s![row, ..]).to_vec();
            Ok(reader.recall(pattern, &mask)?.pattern)
        })?;
        let mut rows = Array2::zeros((recalled.len(), known.ncols()));
        for (mut row, pattern) in rows.rows_mut().into_iter().zip(recalled) {
            row.iter_mut().zip(pattern).for_each(|(to, x)| *to = x);
        }
        Ok(given(py, rows))
    }

    /// Sleeps, for so many seconds or replays, or until more replay would not generalise better; a report as JSON.
    fn sleep(&self, py: Python<'_>, seconds: Option<f64>, updates: Option<u64>) -> PyResult<String> {
        let budget = match (seconds, updates) {
            (Some(seconds), None) => Budget::seconds(seconds),
            (None, updates) => Budget::updates(updates.unwrap_or(u64::MAX)),
            (Some(_), Some(_)) => {
                return Err(Refusal::range("updates: give seconds or updates, not both").into());
            }
        };
        let mut stopped = None;
        let slumber = py.detach(|| {
            self.with(|engine| {
                engine.sleep_with(budget, Order::Prioritised { exponent: 0.5 }, |_| match heeded() {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(signal) => {
                        stopped = Some(signal);
                        ControlFlow::Break(())
                    }
                })
            })
        })?;
        stopped.map_or_else(|| json(&slumber), Err)
    }

    fn forget_episode(&self, py: Python<'_>, id: u64) -> PyResult<()> {
        Ok(py.detach(|| self.with(|engine| engine.forget(Forget::Episode(id))))?)
    }

    fn forget_label(&self, py: Python<'_>, label: String) -> PyResult<()> {
        Ok(py.detach(|| self.with(|engine| engine.forget(Forget::Label(label))))?)
    }

    fn forget_namespace(&self, py: Python<'_>, namespace: String) -> PyResult<()> {
        Ok(py.detach(|| self.with(|engine| engine.forget(Forget::Namespace(namespace))))?)
    }

    /// Numbers about the learner, as JSON.
    fn stats(&self, py: Python<'_>) -> PyResult<String> {
        json(&py.detach(|| self.with(|engine| Ok(engine.stats())))?)
    }

    /// Writes a checkpoint and lets go of the directory; again, nothing.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.engine().take().map_or(Ok(()), Engine::close)).map_err(Refusal::from)?;
        Ok(())
    }
}

fn json(value: &impl serde::Serialize) -> PyResult<String> {
    serde_json::to_string(value).map_err(|error| Refusal::new("UnsupportedError", error.to_string()).into())
}
