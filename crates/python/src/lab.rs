//! Published results, and data sets. What users see is `attractor.reproduce` and `attractor.data`.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;

use attractor::data::{self, Part, Set, Shape, TABLES, catalogue};
use attractor::lab::{Context, Effort, experiment};
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;

use crate::arrays::{given, given_list};
use crate::errors::Refusal;
use crate::work::heeded;

/// Runs an experiment; its record as JSON.
#[pyfunction]
pub(crate) fn reproduce(
    py: Python<'_>,
    id: &str,
    effort: &str,
    seed: u64,
    folder: Option<PathBuf>,
) -> PyResult<String> {
    /// Ctrl-C, on its way through the experiment.
    struct Stopped(PyErr);

    let chosen = experiment(id).map_err(Refusal::from)?;
    let root = folder.unwrap_or_else(catalogue::root);
    if let Some(name) = chosen.data.iter().find(|name| !root.join(name).is_dir()) {
        let text = format!("{id} needs the data set {name}, which is not in {}", root.display());
        return Err(Refusal::new("MissingDataError", text).into());
    }
    let effort = match effort {
        "full" => Effort::Full,
        "quick" => Effort::Quick,
        "smoke" => Effort::Smoke,
        other => {
            let text = format!("effort = {other:?}: one of full, quick, smoke").replace('"', "'");
            return Err(Refusal::new("ValueRangeError", text).into());
        }
    };
    let folder = root.is_dir().then_some(root);
    let done = py.detach(|| {
        let mut heed = |_: f64, _: &str| {
            if let Err(signal) = heeded() {
                resume_unwind(Box::new(Stopped(signal)));
            }
        };
        let mut context = Context::new(seed, effort, folder, &mut heed);
        catch_unwind(AssertUnwindSafe(|| chosen.reproduce(&mut context)))
    });
    let (_, record) = match done {
        Ok(done) => done.map_err(Refusal::from)?,
        Err(payload) => match payload.downcast::<Stopped>() {
            Ok(stopped) => return Err(stopped.0),
            Err(payload) => resume_unwind(payload),
        },
    };
    serde_json::to_string(&record).map_err(|error| Refusal::new("UnsupportedError", error.to_string()).into())
}

/// Name, patterns, extents of a pattern, class numbers and class names of a set.
type Parts = (String, Py<PyArray2<f32>>, Vec<usize>, Option<Py<PyArray1<i64>>>, Vec<String>);

/// The set of this name, or in this file.
#[pyfunction]
pub(crate) fn load_set(py: Python<'_>, name: &str) -> PyResult<Parts> {
    let set = py.detach(|| found(name).map_err(Refusal::from))?;
    let shape = match set.shape() {
        Shape::Vector(width) => vec![width],
        Shape::Image { height, width, channels: 1 } => vec![height, width],
        Shape::Image { height, width, channels } => vec![height, width, channels],
    };
    let labels = set.labels().map(|labels| given_list(py, labels.iter().map(|&l| i64::from(l)).collect()));
    let (title, names) = (set.name().to_owned(), set.class_names().to_vec());
    Ok((title, given(py, set.into_patterns()), shape, labels, names))
}

fn found(name: &str) -> Result<Set, data::Error> {
    match name {
        "glyphs" => Ok(data::glyphs()),
        "mnist" => data::mnist(Part::Train),
        "mnist:test" => data::mnist(Part::Test),
        table if TABLES.contains(&table) => data::table(table),
        path => data::open(path),
    }
}
