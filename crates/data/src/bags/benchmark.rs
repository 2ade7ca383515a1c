//! A folder of multiple-instance sets with their published folds.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Bags, read, read_folds};
use crate::error::Error;
use crate::{Split, catalogue};

/// Where the table of a set may be, after its name.
const ENDINGS: [&str; 2] = [".csv.gz", ".csv"];

/// A set with its published folds.
#[derive(Debug, Clone, PartialEq)]
pub struct Benchmark {
    /// The bags.
    pub bags: Bags,
    /// Repetitions of cross-validation, each of them its folds; empty where none were published.
    pub repetitions: Vec<Vec<Split>>,
}

/// Names of the sets in `folder`: the files `NAME.csv` and `NAME.csv.gz` that are no folds, in alphabetical order.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("keys.csv"), "bag,label,f\na,1,1\n")?;
/// std::fs::write(folder.path().join("keys.folds1x2.csv"), "bag,label,rep1_fold\na,1,0\n")?;
/// assert_eq!(attractor_data::bags::list(folder.path())?, ["keys"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Io`] when the folder cannot be read.
pub fn list(folder: &Path) -> Result<Vec<String>, Error> {
    let names = files(folder)?;
    let set = |name: &String| {
        let name = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending))?;
        (!name.is_empty() && !name.contains(".folds")).then(|| name.to_owned())
    };
    Ok(names.iter().filter_map(set).collect::<BTreeSet<_>>().into_iter().collect())
}

/// The set `name` in `folder`: the table `NAME.csv.gz` or `NAME.csv`, and the folds of the first file
/// `NAME.folds*.csv` (or `.csv.gz`) in alphabetical order, if there is one.
///
/// # Errors
/// [`Error::Missing`] when there is no such table; else as of [`read`] and [`read_folds`].
pub fn benchmark(folder: &Path, name: &str) -> Result<Benchmark, Error> {
    let mut tables = ENDINGS.iter().map(|ending| folder.join(format!("{name}{ending}")));
    let Some(table) = tables.find(|path| path.is_file()) else {
        return Err(Error::Missing {
            path: folder.to_owned(),
            what: format!("no {name}.csv.gz or {name}.csv"),
            hint: catalogue::hint("mil"),
        });
    };
    let bags = read(&table)?;
    let is_folds = |file: &&String| {
        let rest = file.strip_prefix(name).is_some_and(|rest| rest.starts_with(".folds"));
        rest && ENDINGS.iter().any(|ending| file.ends_with(ending))
    };
    let repetitions = match files(folder)?.iter().find(is_folds) {
        Some(file) => read_folds(&folder.join(file), &bags)?,
        None => Vec::new(),
    };
    Ok(Benchmark { bags, repetitions })
}

/// Names of what is in `folder`, in alphabetical order.
fn files(folder: &Path) -> Result<BTreeSet<String>, Error> {
    let failed = |reason| Error::Io { path: folder.to_owned(), reason };
    let entry = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.map(|entry| entry.file_name().to_string_lossy().into_owned()).map_err(failed)
    };
    std::fs::read_dir(folder).map_err(failed)?.map(entry).collect()
}
