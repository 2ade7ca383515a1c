//! MNIST, and every other set that is filed like it.

use std::path::Path;

use crate::error::Error;
use crate::{Set, catalogue, idx};

/// The two parts of an official split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What is learned from.
    Train,
    /// What is measured on.
    Test,
}

/// The handwritten digits below [`catalogue::root`]: 60,000 (training) or 10,000 (test) grey pictures of 28x28,
/// values 0 to 255, with their labels.
///
/// Takes 188 MB for the training part.
///
/// ```
/// use attractor_data::{Error, Part, mnist};
/// match mnist(Part::Test) {
///     Ok(digits) => assert_eq!(digits.shape().to_string(), "28x28"),
///     Err(Error::Missing { hint, .. }) => assert!(hint.contains("attractor data fetch mnist")),
///     Err(other) => return Err(other),
/// }
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// As [`split_set`].
pub fn mnist(part: Part) -> Result<Set, Error> {
    split_set(&catalogue::root(), "mnist", part)
}

/// A part of the set `name` below the folder `root`, filed like MNIST:
/// `NAME/train-images-idx3-ubyte` and `NAME/t10k-images-idx3-ubyte`, plain or `.gz`, labels beside them
/// (`images.idx3` instead of `images-idx3` is found too).
///
/// # Errors
/// [`Error::Missing`] with what to do when there is no such file; else as [`idx::read_set`].
pub fn split_set(root: &Path, name: &str, part: Part) -> Result<Set, Error> {
    let (prefix, suffix) = match part {
        Part::Train => ("train", "train"),
        Part::Test => ("t10k", "test"),
    };
    let folder = root.join(name);
    let candidates = ["-idx3-ubyte", "-idx3-ubyte.gz", ".idx3-ubyte", ".idx3-ubyte.gz"];
    let images = candidates.iter().map(|ending| folder.join(format!("{prefix}-images{ending}")));
    match images.into_iter().find(|path| path.is_file()) {
        Some(path) => Ok(idx::read_set(&path)?.named(format!("{name} {suffix}"))),
        None => Err(Error::Missing {
            path: folder,
            what: format!("no {prefix}-images-idx3-ubyte or {prefix}-images-idx3-ubyte.gz"),
            hint: catalogue::hint(name),
        }),
    }
}
