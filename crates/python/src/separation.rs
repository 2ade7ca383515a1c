//! Separations and similarities by the names of the package.

use attractor::{Separation, Similarity};
use ndarray::Array2;
use numpy::PyArray2;
use pyo3::prelude::*;
use rayon::prelude::*;

use crate::arrays;
use crate::errors::Refusal;
use crate::work::by_pieces;

/// What a name stands for, and the one option that it takes.
enum Form {
    Plain(&'static str),
    Alpha(&'static str),
    Degree(&'static str),
    K(&'static str),
}

const FORMS: [(&str, Form); 12] = [
    ("linear", Form::Plain("identity")),
    ("polynomial", Form::Degree("polynomial")),
    ("exponential", Form::Plain("exponential")),
    ("softmax", Form::Plain("softmax")),
    ("sparsemax", Form::Plain("sparsemax")),
    ("entmax", Form::Alpha("entmax")),
    ("normmax", Form::Alpha("normmax")),
    ("budget", Form::K("budget")),
    ("topk", Form::K("topk")),
    ("topk_raw", Form::K("topk-keep")),
    ("argmax", Form::Plain("argmax")),
    ("epanechnikov", Form::Plain("epanechnikov")),
];

/// What a separation is made of.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub(crate) name: String,
    pub(crate) beta: f64,
    pub(crate) alpha: Option<f64>,
    pub(crate) degree: Option<i64>,
    pub(crate) k: Option<i64>,
}

impl Choice {
    /// The separation of the engine.
    pub(crate) fn make(&self) -> Result<Separation, Refusal> {
        let name = &self.name;
        let Some((_, form)) = FORMS.iter().find(|(known, _)| known == name) else {
            let choices = FORMS.map(|(name, _)| name).join(", ");
            return Err(Refusal::range(format!("separation = {name:?}: must be one of {choices}")));
        };
        let (engine, option, value) = match form {
            Form::Plain(engine) => (engine, "", None),
            Form::Alpha(engine) => (engine, "alpha", self.alpha.map(|alpha| alpha.to_string())),
            Form::Degree(engine) => (engine, "degree", self.degree.map(|degree| degree.to_string())),
            Form::K(engine) => (engine, "k", self.k.map(|k| k.to_string())),
        };
        let given =
            [("alpha", self.alpha.is_some()), ("degree", self.degree.is_some()), ("k", self.k.is_some())];
        if let Some((idle, _)) = given.iter().find(|(given, there)| *there && *given != option) {
            return Err(Refusal::range(format!("{idle}: separation {name:?} does not take it")));
        }
        let refused =
            |value: String| Refusal::range(format!("{option} = {value}: out of range for {name:?}"));
        let text = match (option, value) {
            ("", _) => (*engine).to_owned(),
            (_, Some(value)) if value.starts_with('-') => return Err(refused(value)),
            (_, Some(value)) => format!("{engine}({value})"),
            (_, None) => return Err(Refusal::range(format!("{option}: separation {name:?} needs it"))),
        };
        Separation::parse(&text, self.beta).map_err(|error| match error {
            // The engine's names of the options are those of the papers.
            attractor::Error::Parameter { name, value, limit } if name != "beta" => {
                Refusal::range(format!("{option} = {value}: must be {limit}"))
            }
            other => other.into(),
        })
    }

    /// The choice that a separation of the engine was made from; `None` for one without a name here.
    pub(crate) fn of(separation: &Separation) -> Option<Self> {
        let text = separation.kind().name();
        let (engine, value) = match text.split_once('(') {
            Some((engine, value)) => (engine, value.strip_suffix(')')),
            None => (text.as_str(), None),
        };
        let (name, form) = FORMS.iter().find(|(_, form)| {
            matches!(form, Form::Plain(known) | Form::Alpha(known) | Form::Degree(known) | Form::K(known)
                if *known == engine)
        })?;
        let whole = || value.and_then(|value| value.parse().ok());
        let mut choice =
            Self { name: (*name).to_owned(), beta: separation.beta(), alpha: None, degree: None, k: None };
        match form {
            Form::Plain(_) => {}
            Form::Alpha(_) => choice.alpha = value.and_then(|value| value.parse().ok()),
            Form::Degree(_) => choice.degree = whole(),
            Form::K(_) => choice.k = whole(),
        }
        Some(choice)
    }
}

/// The similarity of this name.
pub(crate) fn similarity(name: &str) -> Result<Similarity, Refusal> {
    let known = |similarity: &Similarity| similarity_name(*similarity) == name;
    Similarity::ALL.into_iter().find(known).ok_or_else(|| {
        let choices = Similarity::ALL.map(similarity_name).join(", ");
        Refusal::range(format!("similarity = {name:?}: must be one of {choices}"))
    })
}

/// What the package calls a similarity.
pub(crate) fn similarity_name(similarity: Similarity) -> String {
    match similarity {
        Similarity::SquaredEuclidean => "sqeuclidean".to_owned(),
        other => other.name().replace('-', "_"),
    }
}

/// The weights of rows of scores; see `attractor.separate`.
#[pyfunction]
#[pyo3(signature = (scores, separation, *, beta, alpha, degree, k))]
pub(crate) fn separate_rows(
    py: Python<'_>,
    scores: &Bound<'_, PyAny>,
    separation: String,
    beta: f64,
    alpha: Option<f64>,
    degree: Option<i64>,
    k: Option<i64>,
) -> PyResult<Py<PyArray2<f64>>> {
    let separation = Choice { name: separation, beta, alpha, degree, k }.make()?;
    let scores = arrays::double_rows(scores, "scores")?;
    let scores = scores.as_array();
    if let Some(((row, column), _)) = scores.indexed_iter().find(|(_, score)| score.is_nan()) {
        return Err(Refusal::range(format!("scores: row {row}, column {column} is NaN")).into());
    }
    let n = scores.ncols();
    if scores.is_empty() {
        return Ok(arrays::given(py, Array2::zeros(scores.dim())));
    }
    let weights = by_pieces(py, scores.nrows(), usize::MAX / 2, |_| {
        let mut weights: Array2<f64> = scores.mapv(|score| beta * score);
        let kind = separation.kind();
        weights.outer_iter_mut().into_par_iter().for_each(|mut row| {
            let Some(theta) = row.as_slice_mut() else { return };
            let partition = match kind.needs_partition() {
                true => log_sum_exp(theta),
                false => f64::NAN,
            };
            kind.weights(theta, n, partition);
        });
        Ok(weights)
    })?;
    let weights = weights.into_iter().next().unwrap_or_else(|| Array2::zeros((0, n)));
    Ok(arrays::given(py, weights))
}

fn log_sum_exp(theta: &[f64]) -> f64 {
    let top = theta.iter().copied().fold(f64::NEG_INFINITY, f64::max).min(f64::MAX);
    if top == f64::NEG_INFINITY {
        return top;
    }
    top + theta.iter().map(|t| (t.min(f64::MAX) - top).exp()).sum::<f64>().ln()
}
