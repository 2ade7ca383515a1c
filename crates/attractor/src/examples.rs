//! Labelled data, in the numbers in which a learner sees them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use attractor_data::{Scale, Set, Shape, idx, npy, npz};

use crate::output::Refusal;
use crate::source::{is_eight_bit, set};

/// Where the labels of examples come from.
#[derive(clap::Args)]
pub(crate) struct Labels {
    /// Column of a CSV file that holds labels: name, place from 0, or none [default: guessed]
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,
    /// File of labels, one whole number per example: npy, FILE.npz:MEMBER or IDX
    #[arg(long, value_name = "FILE", conflicts_with = "label")]
    labels: Option<PathBuf>,
}

impl Labels {
    /// Whether something was said about them.
    pub(crate) fn given(&self) -> bool {
        self.label.is_some() || self.labels.is_some()
    }

    /// The examples behind `spec`, at most `limit`; bytes become numbers from 0 to 1.
    pub(crate) fn read(&self, spec: &str, limit: Option<usize>) -> anyhow::Result<Set> {
        read(spec, self.label.as_deref(), self.labels.as_deref(), limit)
    }

    /// Other examples, with their labels in the column of the same name.
    pub(crate) fn read_alike(&self, spec: &str, labels: Option<&Path>) -> anyhow::Result<Set> {
        let column = if labels.is_some() { None } else { self.label.as_deref() };
        read(spec, column, labels, None)
    }
}

fn read(
    spec: &str,
    column: Option<&str>,
    labels: Option<&Path>,
    limit: Option<usize>,
) -> anyhow::Result<Set> {
    // With a file of labels, a table has no column of them, unless one is named after them.
    let mut set = set(spec, column)?;
    if let Some(path) = labels {
        set = set
            .with_labels(read_labels(path)?)
            .map_err(|error| anyhow::Error::from(error).context(format!("{} for {spec}", path.display())))?;
    }
    if let Some(limit) = limit.filter(|limit| *limit < set.len()) {
        set = set.take(limit);
    }
    if set.is_empty() {
        return Err(Refusal::new(format!("{spec}: holds no examples"), "give one that has some").into());
    }
    let scale = if is_eight_bit(spec, &set) { Scale::Unit } else { Scale::Raw };
    Ok(set.scaled(scale))
}

fn read_labels(path: &Path) -> anyhow::Result<Vec<u32>> {
    let text = path.to_string_lossy();
    let ends = |path: &Path, ending: &str| path.extension().is_some_and(|found| found == ending);
    let member = text.rsplit_once(':').map(|(archive, member)| (Path::new(archive), member));
    let array = match member.filter(|(archive, _)| ends(archive, "npz")) {
        Some((archive, member)) => npz::read(archive, member)?,
        None if ends(path, "npy") => npy::read(path)?,
        None if ends(path, "npz") => {
            let what = format!("{text}: which of its members has the labels?");
            return Err(Refusal::new(what, format!("name it: {text}:labels")).into());
        }
        None => idx::read(path)?,
    };
    let at = |reason| attractor_data::Error::Malformed { path: path.to_owned(), reason };
    Ok(array.to_labels().map_err(at)?)
}

/// The label of every example; an error where there are none.
pub(crate) fn named(set: &Set, spec: &str) -> anyhow::Result<Vec<String>> {
    match set.labels() {
        Some(labels) => Ok(labels.iter().map(|&label| set.class_name(label).into_owned()).collect()),
        None => Err(Refusal::new(
            format!("{spec}: has no labels"),
            "name the column with --label COLUMN, or a file of labels with --labels FILE",
        )
        .into()),
    }
}

/// `test` with the class numbers of `train`: classes are the same where their names are.
pub(crate) fn alike(train: &Set, test: &Set, spec: &str) -> anyhow::Result<Set> {
    if test.shape().components() != train.shape().components() {
        let what = format!("{spec}: size {}, but the learner sees {}", test.shape(), train.shape());
        return Err(Refusal::new(what, "test on what has the same components").into());
    }
    let mut numbers: HashMap<String, u32> = HashMap::new();
    for (name, &label) in named(train, "data")?.into_iter().zip(train.labels().unwrap_or_default()) {
        numbers.insert(name, label);
    }
    // Classes that were not learned get numbers that no experience has.
    let mut next = numbers.values().max().map_or(0, |&most| most.saturating_add(1));
    let mut labels = Vec::with_capacity(test.len());
    for name in named(test, spec)? {
        labels.push(*numbers.entry(name).or_insert_with(|| {
            next = next.saturating_add(1);
            next - 1
        }));
    }
    Ok(Set::new(test.name(), test.patterns().to_owned(), train.shape())?.with_labels(labels)?)
}

/// Refuses examples of another size than those that a learner knows.
pub(crate) fn fits(known: Shape, found: Shape, spec: &str, brain: &Path) -> Result<(), Refusal> {
    if known.components() == found.components() {
        return Ok(());
    }
    let what = format!("{spec}: size {found}, but {} knows observations of {known}", brain.display());
    Err(Refusal::new(what, "one learner sees observations of one size; `attractor inspect DIR` shows it"))
}
