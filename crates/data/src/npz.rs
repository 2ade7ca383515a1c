//! npz, the archive format of NumPy: a zip file whose members are npy files.

use std::io::Cursor;
use std::path::Path;

use zip::ZipArchive;

use crate::array::Array;
use crate::bytes::Source;
use crate::error::{Error, Malformed, few, read_bytes};
use crate::{Set, name_of, npy};

/// Members that hold class numbers, by the habits of those who write such files.
const LABELS: [&str; 5] = ["labels", "label", "y", "targets", "target"];

/// Names of the arrays in `bytes`, without `.npy`.
///
/// # Errors
/// [`Malformed::Magic`] or [`Malformed::Damaged`] when this is no zip archive.
pub fn members(bytes: &[u8]) -> Result<Vec<String>, Malformed> {
    let archive = open(bytes)?;
    let names = archive.file_names_raw().map(String::from_utf8_lossy);
    Ok(names.map(|name| name.strip_suffix(".npy").unwrap_or(&name).to_owned()).collect())
}

/// The array called `member` in `bytes`.
///
/// # Errors
/// [`Malformed::Member`] when there is none of that name; else as of [`npy::parse`].
pub fn parse(bytes: &[u8], member: &str) -> Result<Array, Malformed> {
    let names = members(bytes)?;
    let Some(index) = names.iter().position(|name| name == member) else {
        return Err(Malformed::Member { reason: format!("no member {member:?}"), members: few(&names) });
    };
    let mut archive = open(bytes)?;
    let file = archive.by_index(index).map_err(|reason| damaged(&reason))?;
    let compressed = usize::try_from(file.compressed_size()).unwrap_or(usize::MAX).min(bytes.len());
    npy::parse_source(Source::compressed(file, compressed, "zip member"))
}

/// The array called `member` in the file at `path`.
///
/// # Errors
/// [`Error::Io`], or [`Error::Malformed`] as of [`parse`].
pub fn read(path: &Path, member: &str) -> Result<Array, Error> {
    parse(&read_bytes(path)?, member).map_err(|reason| reason.at(path))
}

/// The patterns in the file at `path`: of `member`, or of the only array that is not a list of labels.
///
/// A member called `labels`, `label`, `y`, `targets` or `target` gives the class numbers when it has one whole
/// number per pattern.
///
/// # Errors
/// As [`read`]; [`Malformed::Member`] when there are several arrays and none was named.
pub fn read_set(path: &Path, member: Option<&str>) -> Result<Set, Error> {
    let bytes = read_bytes(path)?;
    let at = |reason: Malformed| reason.at(path);
    let names = members(&bytes).map_err(at)?;
    let member = match member {
        Some(member) => member,
        None => only_patterns(&names).map_err(at)?,
    };
    let set = parse(&bytes, member).and_then(|array| array.into_set(name_of(path))).map_err(at)?;
    let Some(labels) = names.iter().find(|name| is_labels(name) && *name != member) else { return Ok(set) };
    let labels = parse(&bytes, labels).map_err(at)?;
    match labels.to_labels() {
        Ok(numbers) if numbers.len() == set.len() => set.with_labels(numbers),
        // A list of another length or type belongs to another member.
        _ => Ok(set),
    }
}

/// The one member that is no list of labels, or the one member that there is.
fn only_patterns(names: &[String]) -> Result<&str, Malformed> {
    let patterns: Vec<&String> = names.iter().filter(|name| !is_labels(name)).collect();
    match (&patterns[..], names) {
        (&[only], _) | ([], [only]) => Ok(only),
        _ => {
            let reason = "name one member, as in FILE.npz:MEMBER".to_owned();
            Err(Malformed::Member { reason, members: few(names) })
        }
    }
}

fn is_labels(name: &str) -> bool {
    LABELS.contains(&name)
}

fn open(bytes: &[u8]) -> Result<ZipArchive<Cursor<&[u8]>>, Malformed> {
    if !bytes.starts_with(b"PK") {
        return Err(Malformed::magic("npz", &bytes[..bytes.len().min(4)], "50 4b"));
    }
    ZipArchive::new(Cursor::new(bytes)).map_err(|reason| damaged(&reason))
}

fn damaged(reason: &zip::result::ZipError) -> Malformed {
    Malformed::Damaged { part: "zip archive", reason: reason.to_string() }
}
