//! Splits as masks: a line per row of the table, a column per fold.

use std::path::Path;

use ::csv::ByteRecord;

use super::{Fold, Uci, check, parsed};
use crate::error::{Error, Malformed};
use crate::rows::{Rows, number, shown};
use crate::{Set, Shape, csv};

/// The rows that are marked in each column of `bytes`, and the number of rows: comma-separated 0 and 1, no header.
///
/// ```
/// let (rows, marked) = attractor_data::uci::parse_masks(b"0,1\n1,0\n0,1\n")?;
/// assert_eq!((rows, marked), (3, vec![vec![1], vec![0, 2]]));
/// # Ok::<(), attractor_data::Malformed>(())
/// ```
///
/// # Errors
/// [`Malformed::Cell`] for anything but 0 and 1 and for a row of another length, [`Malformed::Empty`],
/// [`Malformed::Damaged`].
pub fn parse_masks(bytes: &[u8]) -> Result<(usize, Vec<Vec<usize>>), Malformed> {
    let mut rows = Rows::new(bytes)?;
    let mut record = ByteRecord::new();
    let (mut count, mut marked) = (0, Vec::new());
    while rows.next(&mut record)? {
        marked.resize(record.len(), Vec::new());
        for (column, marked) in marked.iter_mut().enumerate() {
            match number(&record[column]) {
                Some(1.0) => marked.push(count),
                Some(0.0) => {}
                _ => {
                    let reason = format!("{} is neither 0 nor 1", shown(&record[column]));
                    return Err(rows.fault(&record, column, reason));
                }
            }
        }
        count += 1;
    }
    if count == 0 {
        return Err(Malformed::Empty { shape: vec![0] });
    }
    Ok((count, marked))
}

/// The table `NAME` of the collection of 2017 in the folder `place`.
pub(super) fn read(place: &Path, name: &str) -> Result<Uci, Error> {
    let table = csv::read(&place.join(format!("{name}_py.dat")), &csv::Label::None)?;
    let n = table.values.nrows();
    let shape = Shape::Vector(table.values.ncols());
    let set = Set::new(name, table.values, shape)?.with_labels(labels(&place.join("labels_py.dat"))?)?;
    let (test_path, path) = (place.join("folds_py.dat"), place.join("validation_folds_py.dat"));
    let test = columns(&test_path, n)?;
    let validation = columns(&path, n)?;
    if validation.len() != test.len() {
        let place = format!("columns of {}", path.display());
        return Err(Error::Count { place, expected: test.len(), found: validation.len() });
    }
    let fold = |((number, test), validation): ((usize, Vec<usize>), Vec<usize>)| {
        let mut free = vec![true; n];
        test.iter().chain(&validation).for_each(|&row| free[row] = false);
        let train: Vec<usize> = (0..n).filter(|&row| free[row]).collect();
        let parts = [("training", &train[..]), ("validation", &validation), ("test", &test)];
        check(&format!("fold {number}"), n, &parts).map_err(|reason| reason.at(&path))?;
        Ok(Fold { train, validation, test })
    };
    let folds = test.into_iter().enumerate().zip(validation).map(fold).collect::<Result<_, Error>>()?;
    Ok(Uci { set, selection: None, folds })
}

/// The masks in the file at `path` for a table of `n` rows.
fn columns(path: &Path, n: usize) -> Result<Vec<Vec<usize>>, Error> {
    let (rows, marked) = parsed(path, parse_masks)?;
    if rows != n {
        return Err(Error::Count { place: format!("rows of {}", path.display()), expected: n, found: rows });
    }
    Ok(marked)
}

/// The classes in the file at `path`, one per line.
fn labels(path: &Path) -> Result<Vec<u32>, Error> {
    let table = csv::read(path, &csv::Label::None)?;
    if table.values.ncols() != 1 {
        let place = format!("columns of {}", path.display());
        return Err(Error::Count { place, expected: 1, found: table.values.ncols() });
    }
    let label = |(row, &value): (usize, &f32)| {
        // Whole numbers up to 2^24 are exact.
        let whole = (0.0..=16_777_216.0).contains(&value) && value.fract() == 0.0;
        let wrong = Malformed::Label { row, value: f64::from(value) };
        if whole { Ok(value as u32) } else { Err(wrong.at(path)) }
    };
    table.values.iter().enumerate().map(label).collect()
}
