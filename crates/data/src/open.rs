//! One way in: a path to a set, whatever the format.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::{Error, Malformed};
use crate::{Set, csv, idx, name_of, npy, npz, png};

/// The data set at `path`.
///
/// | what | read as |
/// | --- | --- |
/// | a folder | its `.png` files, by name ([`png::read_set`]); where it has none, those of its folders, each a class ([`png::read_classes`]) |
/// | begins like a PNG, npy or zip file | that ([`png`], [`npy`], [`npz`]) |
/// | `FILE.npz:MEMBER` | that member |
/// | `.csv`, `.tsv`, `.txt` or `.dat`, also with `.gz` | a table, its label column guessed ([`csv::Label::Guess`]) |
/// | anything else | IDX, plain or gzipped, with the labels beside it ([`idx::read_set`]) |
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("points.csv");
/// std::fs::write(&path, "x,y1,class\n1,2,0\n3,4,1\n")?;
/// let set = attractor_data::open(&path)?;
/// assert_eq!((set.len(), set.name()), (2, "points"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Missing`] when nothing is there; else as of the loader.
pub fn open(path: impl AsRef<Path>) -> Result<Set, Error> {
    let path = path.as_ref();
    if path.is_dir() {
        return if png::has_pictures(path)? { png::read_set(path) } else { png::read_classes(path) };
    }
    if !path.exists() {
        return match member(path) {
            Some((archive, member)) => npz::read_set(Path::new(archive), Some(member)),
            None => Err(Error::Missing {
                path: path.to_owned(),
                what: "no such file or folder".to_owned(),
                hint: "name a folder of PNG pictures, or a PNG, npy, npz, CSV or IDX file".to_owned(),
            }),
        };
    }
    let start = beginning(path)?;
    if start.starts_with(b"\x89PNG") {
        png::read_set(path)
    } else if start.starts_with(b"\x93NUMPY") {
        npy::read(path)?.into_set(name_of(path)).map_err(|reason| reason.at(path))
    } else if start.starts_with(b"PK") {
        npz::read_set(path, None)
    } else if is_table(path) {
        csv::read_set(path, &csv::Label::Guess)
    } else if start.starts_with(&[0, 0]) || start.starts_with(&[0x1f, 0x8b]) {
        idx::read_set(path)
    } else {
        Err(Malformed::magic("data", &start, "that of PNG, npy, npz or IDX, or the ending .csv").at(path))
    }
}

/// Splits `FILE.npz:MEMBER`.
fn member(path: &Path) -> Option<(&str, &str)> {
    let (archive, member) = path.to_str()?.rsplit_once(':')?;
    Path::new(archive).extension().is_some_and(|ending| ending == "npz").then_some((archive, member))
}

fn beginning(path: &Path) -> Result<Vec<u8>, Error> {
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| file.take(8).read_to_end(&mut start))
        .map_err(|reason| Error::Io { path: path.to_owned(), reason })?;
    Ok(start)
}

fn is_table(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let plain = name.strip_suffix(".gz").unwrap_or(&name);
    [".csv", ".tsv", ".txt", ".dat"].iter().any(|ending| plain.ends_with(ending))
}
