//! Small tables of measurements with their published splits, as two collections file them.
//!
//! Fernandez-Delgado et al. 2014 ("Do we need hundreds of classifiers?", JMLR 15, 3133): the folder `NAME` holds
//! `NAME_R.dat`, or `NAME_train_R.dat` and `NAME_test_R.dat`; `conxuntos.dat`, one half for learning and one for choosing
//! hyper-parameters; `conxuntos_kfold.dat`, four times a part for learning and a part for measuring.
//! **The four test parts are random draws that overlap, not a partition, and the choice is made on rows that are
//! measured on later. Every file was standardised by its own statistics, that of the test too.** Results of this protocol
//! compare with those of the paper; they are not unbiased.
//!
//! Klambauer et al. 2017 ("Self-normalizing neural networks"): the folder holds `NAME_py.dat`, `labels_py.dat`,
//! and for four folds a column each in `folds_py.dat` and `validation_folds_py.dat`, where a 1 marks the rows that are
//! measured on or chosen on.

mod lists;
mod masks;

use std::path::Path;

use ndarray::{Axis, concatenate};

use crate::error::{Error, Malformed, read_bytes};
use crate::{Set, Split, catalogue, csv};

pub use lists::parse_lists;
pub use masks::parse_masks;

/// Rows of a table that are learned from, chosen on and measured on. No row is in two of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// Learned from, in ascending order.
    pub train: Vec<usize>,
    /// Chosen on, in ascending order; empty where the collection has no such rows of a fold.
    pub validation: Vec<usize>,
    /// Measured on, in ascending order.
    pub test: Vec<usize>,
}

/// A table with its published splits.
#[derive(Debug, Clone, PartialEq)]
pub struct Uci {
    /// The rows, with their classes; those of a test file stand after those of the training file.
    pub set: Set,
    /// Rows for learning and rows for measuring while hyper-parameters are chosen, where the collection has one such
    /// split for the whole table. Without a test file these rows are measured on later.
    pub selection: Option<Split>,
    /// What to report the mean of: four folds, or a single one where the table has a test file.
    pub folds: Vec<Fold>,
}

/// Names of the folders in `folder` that hold a table of either collection, in alphabetical order.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// std::fs::create_dir(folder.path().join("iris"))?;
/// std::fs::write(folder.path().join("iris/iris_R.dat"), "\tf1\tclase\n1\t0.5\t0\n")?;
/// assert_eq!(attractor_data::uci::list(folder.path())?, ["iris"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Io`] when the folder cannot be read.
pub fn list(folder: &Path) -> Result<Vec<String>, Error> {
    let failed = |reason| Error::Io { path: folder.to_owned(), reason };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
        let table = ["_R.dat", "_train_R.dat", "_py.dat"]
            .iter()
            .any(|ending| folder.join(&name).join(format!("{name}{ending}")).is_file());
        if table {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// The table `NAME` in `folder/NAME`, with the splits that lie beside it.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// let coin = folder.path().join("coin");
/// std::fs::create_dir(&coin)?;
/// std::fs::write(coin.join("coin_R.dat"), "\tf1\tclase\n1\t0.5\t0\n2\t-1\t1\n3\t2\t1\n")?;
/// std::fs::write(coin.join("conxuntos.dat"), "0 1\n2\n")?;
/// std::fs::write(coin.join("conxuntos_kfold.dat"), "0 1\n2\n2 1\n0\n")?;
/// let coin = attractor_data::uci::read(folder.path(), "coin")?;
/// assert_eq!(coin.set.labels(), Some(&[0, 1, 1][..]));
/// assert_eq!((&coin.folds[1].train[..], &coin.folds[1].test[..]), (&[1, 2][..], &[0][..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Missing`] when there is no such table; [`Error::Io`] when a file of its splits cannot be read;
/// [`Error::Malformed`] for a cell that is no finite number, a class that is no whole number, and for splits whose
/// parts overlap, are empty, name a row twice or a row that is not there; [`Error::Count`] for a test file of another
/// width or masks of another length.
pub fn read(folder: &Path, name: &str) -> Result<Uci, Error> {
    let place = folder.join(name);
    let (whole, train, test) = (
        place.join(format!("{name}_R.dat")),
        place.join(format!("{name}_train_R.dat")),
        place.join(format!("{name}_test_R.dat")),
    );
    if whole.is_file() {
        let set = table(&whole)?;
        let selection = lists::selection(&place.join("conxuntos.dat"), set.len())?;
        let folds = lists::folds(&place.join("conxuntos_kfold.dat"), set.len())?;
        return Ok(Uci { set: set.named(name.to_owned()), selection, folds });
    }
    if train.is_file() {
        let (train, test) = (table(&train)?, table(&test)?);
        let selection = lists::selection(&place.join("conxuntos.dat"), train.len())?;
        let rows = train.len()..train.len() + test.len();
        let fold = Fold { train: (0..train.len()).collect(), validation: Vec::new(), test: rows.collect() };
        return Ok(Uci { set: joined(name, &train, &test)?, selection, folds: vec![fold] });
    }
    if place.join(format!("{name}_py.dat")).is_file() {
        return masks::read(&place, name);
    }
    Err(Error::Missing {
        path: place,
        what: format!("no {name}_R.dat, {name}_train_R.dat or {name}_py.dat"),
        hint: catalogue::hint("uci121"),
    })
}

/// A table of the collection of 2014: its classes are the last column.
fn table(path: &Path) -> Result<Set, Error> {
    let set = csv::read_set(path, &csv::Label::Name("clase".to_owned()))?;
    if let Some(class) = set.class_names().first() {
        let fault = format!("class {class:?} is no whole number from 0");
        return Err(Malformed::Parts { place: "column clase".to_owned(), fault }.at(path));
    }
    Ok(set)
}

/// The rows of `test` after those of `train`.
fn joined(name: &str, train: &Set, test: &Set) -> Result<Set, Error> {
    let rows = concatenate(Axis(0), &[train.patterns(), test.patterns()]).map_err(|_| Error::Count {
        place: format!("components of {name}_test_R.dat"),
        expected: train.shape().components(),
        found: test.shape().components(),
    })?;
    let labels = [train, test].map(|set| set.labels().unwrap_or_default()).concat();
    Set::new(name, rows, train.shape())?.with_labels(labels)
}

/// Parts of the `n` rows of a table: none of them empty, no row beyond the table, no row twice.
///
/// A row may be in no part: it can neither leak nor count.
fn check(place: &str, n: usize, parts: &[(&str, &[usize])]) -> Result<(), Malformed> {
    let wrong = |fault| Err(Malformed::Parts { place: place.to_owned(), fault });
    let mut owner: Vec<Option<&str>> = vec![None; n];
    for &(part, rows) in parts {
        if rows.is_empty() {
            return wrong(format!("the {part} part is empty"));
        }
        for &row in rows {
            match owner.get_mut(row).map(|owner| owner.replace(part)) {
                Some(None) => {}
                Some(Some(before)) if before == part => {
                    return wrong(format!("row {row} is in the {part} part twice"));
                }
                Some(Some(before)) => {
                    return wrong(format!("row {row} is in the {before} part and in the {part} part"));
                }
                None => return wrong(format!("there is no row {row} of the {part} part among {n} rows")),
            }
        }
    }
    Ok(())
}

/// The bytes of a file of splits, parsed.
fn parsed<T>(path: &Path, parse: impl Fn(&[u8]) -> Result<T, Malformed>) -> Result<T, Error> {
    parse(&read_bytes(path)?).map_err(|reason| reason.at(path))
}
