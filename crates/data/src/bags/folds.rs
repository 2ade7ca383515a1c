//! The published folds of a multiple-instance set: for each repetition, in which fold a bag is measured.

use std::collections::HashMap;
use std::path::Path;

use ::csv::ByteRecord;

use super::Bags;
use super::table::{column, positive};
use crate::Split;
use crate::error::{Error, Malformed, read_bytes};
use crate::rows::{Rows, position, shown, text};

/// The folds in `bytes`, which may be gzipped: repetitions of cross-validation, each a partition of the bags of `bags`.
///
/// The first line names the columns: `bag`, `label`, and a column for each repetition that holds the number of the
/// fold, from 0, in which the bag is measured; in all other folds it is learned from. Indices are those of `bags`.
///
/// ```
/// use attractor_data::bags::{parse, parse_folds};
/// let bags = parse("keys", b"bag,label,f\na,1,1\nb,0,2\nc,0,3\n")?;
/// let repetitions = parse_folds(b"bag,label,rep1_fold\na,1,1\nb,0,0\nc,0,1\n", &bags)?;
/// assert_eq!(repetitions[0][1].train, [1]);
/// assert_eq!(repetitions[0][1].test, [0, 2]);
/// # Ok::<(), attractor_data::Malformed>(())
/// ```
///
/// # Errors
/// [`Malformed::Cell`] with line and column for a bag that is not in `bags`, that was named before (it would be learned
/// from and measured on at once) or has another label there, and for a fold that is no whole number below the number
/// of bags; [`Malformed::Bag`] for a bag that is left out, [`Malformed::Parts`] for a fold without bags and for a
/// repetition of a single fold; [`Malformed::Column`], [`Malformed::Empty`], [`Malformed::Damaged`].
pub fn parse_folds(bytes: &[u8], bags: &Bags) -> Result<Vec<Vec<Split>>, Malformed> {
    let mut rows = Rows::new(bytes)?;
    let mut record = ByteRecord::new();
    if !rows.next(&mut record)? {
        return Err(Malformed::Empty { shape: vec![0] });
    }
    let columns: Vec<String> = record.iter().map(text).collect();
    let (bag, label) = (column(&columns, "bag")?, column(&columns, "label")?);
    let repetitions: Vec<usize> = (0..columns.len()).filter(|&at| at != bag && at != label).collect();
    if repetitions.is_empty() {
        return Err(Malformed::Empty { shape: vec![0, 0] });
    }
    let places: HashMap<&str, usize> =
        bags.names().iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
    let mut starts = vec![None; bags.len()];
    let mut folds = vec![vec![0; bags.len()]; repetitions.len()];
    while rows.next(&mut record)? {
        let name = text(&record[bag]);
        let Some(&place) = places.get(name.as_str()) else {
            let reason = format!("there is no bag {name} in set {}", bags.name());
            return Err(rows.fault(&record, bag, reason));
        };
        if let Some(before) = starts[place].replace(position(&record)) {
            let line = rows.line(&before);
            let reason =
                format!("bag {name} is on line {line} already: it would be learned from and measured on");
            return Err(rows.fault(&record, bag, reason));
        }
        let same = positive(&record[label]).map(|positive| positive == bags.labels()[place]);
        if !same.map_err(|reason| rows.fault(&record, label, reason))? {
            let reason = format!("bag {name} has the other label in set {}", bags.name());
            return Err(rows.fault(&record, label, reason));
        }
        for (folds, &at) in folds.iter_mut().zip(&repetitions) {
            let fold = text(&record[at]).parse().ok().filter(|&fold: &usize| fold < bags.len());
            folds[place] = fold.ok_or_else(|| {
                let most = bags.len().saturating_sub(1);
                let reason = format!("the fold is {}: must be from 0 to {most}", shown(&record[at]));
                rows.fault(&record, at, reason)
            })?;
        }
    }
    if let Some(place) = starts.iter().position(Option::is_none) {
        let fault = format!("of set {} is in no fold", bags.name());
        return Err(Malformed::Bag { bag: bags.names()[place].clone(), fault });
    }
    folds.iter().zip(&repetitions).map(|(folds, &at)| splits(folds, &columns[at])).collect()
}

/// The folds in the file at `path`, plain or gzipped, for the bags of `bags`.
///
/// # Errors
/// [`Error::Io`], or [`Error::Malformed`] as of [`parse_folds`].
pub fn read_folds(path: &Path, bags: &Bags) -> Result<Vec<Vec<Split>>, Error> {
    parse_folds(&read_bytes(path)?, bags).map_err(|reason| reason.at(path))
}

/// A split per fold number of one repetition.
fn splits(folds: &[usize], repetition: &str) -> Result<Vec<Split>, Malformed> {
    let parts = |fault| Err(Malformed::Parts { place: format!("column {repetition}"), fault });
    let count = folds.iter().max().map_or(0, |&most| most + 1);
    if count < 2 {
        return parts(format!("{count} folds leave nothing to learn from: must be at least 2"));
    }
    let mut used = vec![false; count];
    folds.iter().for_each(|&fold| used[fold] = true);
    if let Some(empty) = used.iter().position(|used| !used) {
        return parts(format!("fold {empty} of 0 to {} has no bag", count - 1));
    }
    let split = |fold| {
        let (test, train) = (0..folds.len()).partition(|&place| folds[place] == fold);
        Split { train, test }
    };
    Ok((0..count).map(split).collect())
}
