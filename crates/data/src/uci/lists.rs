//! Splits as lists of row numbers: two lines each, what is learned from and what is measured on.

use std::path::Path;

use super::{Fold, check, parsed};
use crate::Split;
use crate::error::{Error, Malformed};

/// The splits in `bytes` for a table of `n` rows: pairs of lines with row numbers from 0, separated by spaces.
///
/// ```
/// let splits = attractor_data::uci::parse_lists(b"2 0\n1\n", 3)?;
/// assert_eq!((&splits[0].train[..], &splits[0].test[..]), (&[0, 2][..], &[1][..]));
/// # Ok::<(), attractor_data::Malformed>(())
/// ```
///
/// # Errors
/// [`Malformed::Cell`] for a word that is no row number, [`Malformed::Parts`] for a training part without test part, and
/// for parts that overlap, are empty, or name a row twice or one that is not there.
pub fn parse_lists(bytes: &[u8], n: usize) -> Result<Vec<Split>, Malformed> {
    let lines = bytes.split(|&byte| byte == b'\n').zip(1u64..);
    let lines = lines.filter(|(line, _)| !line.trim_ascii().is_empty());
    let lists: Vec<Vec<usize>> = lines.map(|(line, number)| rows(line, number)).collect::<Result<_, _>>()?;
    let (pairs, rest) = lists.as_chunks::<2>();
    if pairs.is_empty() || !rest.is_empty() {
        let fault = "lines come in pairs, a training part and a test part".to_owned();
        return Err(Malformed::Parts { place: format!("{} lines", lists.len()), fault });
    }
    let split = |(number, [train, test]): (usize, &[Vec<usize>; 2])| {
        check(&format!("split {number}"), n, &[("training", train), ("test", test)])?;
        Ok(Split::new(train.clone(), test.clone()))
    };
    pairs.iter().enumerate().map(split).collect()
}

/// The one split of the file at `path`, if it is there.
pub(super) fn selection(path: &Path, n: usize) -> Result<Option<Split>, Error> {
    if !path.is_file() {
        return Ok(None);
    }
    parsed(path, |bytes| {
        let splits = parse_lists(bytes, n)?;
        match <[Split; 1]>::try_from(splits) {
            Ok([split]) => Ok(Some(split)),
            Err(splits) => {
                let fault = "one is needed for choosing".to_owned();
                Err(Malformed::Parts { place: format!("{} splits", splits.len()), fault })
            }
        }
    })
}

/// The folds of the file at `path`.
pub(super) fn folds(path: &Path, n: usize) -> Result<Vec<Fold>, Error> {
    let splits = parsed(path, |bytes| parse_lists(bytes, n))?;
    let fold = |Split { train, test }| Fold { train, validation: Vec::new(), test };
    Ok(splits.into_iter().map(fold).collect())
}

/// The row numbers of one line.
fn rows(line: &[u8], number: u64) -> Result<Vec<usize>, Malformed> {
    let words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let row = |(word, column): (&[u8], usize)| {
        let row = str::from_utf8(word).ok().and_then(|word| word.parse().ok());
        row.ok_or_else(|| {
            let shown: String = String::from_utf8_lossy(word).chars().take(40).collect();
            Malformed::Cell { line: number, column, reason: format!("{shown:?} is no row number") }
        })
    };
    words.zip(1..).map(row).collect()
}
