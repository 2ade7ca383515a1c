//! Repetitions of cross-validation, on disk as soon as each is done.

use std::fmt::Write as _;

use anyhow::Context as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::places::Places;
use super::run::Progress;

/// One repetition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Repetition<F> {
    pub(crate) schema: u32,
    #[serde(rename = "repetition")]
    pub(crate) number: usize,
    /// Of the run that measured it: options and data.
    pub(crate) run: String,
    pub(crate) folds: Vec<F>,
}

/// So many repetitions of the run that is known as `run`. With `resume`, those that are on disk already are not measured
/// again.
pub(crate) fn repetitions<F: Serialize + DeserializeOwned>(
    (run, count): (&str, usize),
    places: &Places,
    resume: bool,
    progress: Progress<'_>,
    mut measure: impl FnMut(usize) -> anyhow::Result<Vec<F>>,
) -> anyhow::Result<Vec<Repetition<F>>> {
    let path = places.repetitions();
    let mut done: Vec<Repetition<F>> = match resume && path.is_file() {
        false => Vec::new(),
        true => std::fs::read_to_string(&path)
            .with_context(|| format!("{}: cannot be read", path.display()))?
            .lines()
            .map_while(|line| serde_json::from_str(line).ok())
            .take_while(|repetition: &Repetition<F>| repetition.run == run)
            .collect(),
    };
    done.truncate(count);
    while done.len() < count {
        let number = done.len();
        let doing = format!("cross-validation, repetition {} of {count}", number + 1);
        progress(number as f64 / count as f64, &doing);
        done.push(Repetition { schema: 1, number, run: run.to_owned(), folds: measure(number)? });
        let mut text = String::new();
        for repetition in &done {
            writeln!(text, "{}", serde_json::to_string(repetition)?)?;
        }
        Places::write(&path, &text)?;
    }
    Ok(done)
}
