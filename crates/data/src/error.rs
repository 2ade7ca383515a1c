//! What can be wrong with a file, a parameter or a download, said with the value, the limit and the place.

use std::path::{Path, PathBuf};

/// Every refusal of this crate.
///
/// The text of each fits on one line and names the file or the parameter.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused to read or write.
    #[error("{}: {reason}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// The bytes of a file are not what its format asks for.
    #[error("{}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with its bytes.
        reason: Malformed,
    },
    /// A file, folder or data set that is not there.
    #[error("{}: {what}; {hint}", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
        /// What was looked for.
        what: String,
        /// What to do about it.
        hint: String,
    },
    /// Pictures of one folder differ in size.
    #[error("{} is {found}, but {} is {expected}: one folder holds pictures of one size", path.display(), first.display())]
    PictureSize {
        /// The picture that differs.
        path: PathBuf,
        /// Its height and width.
        found: String,
        /// The first picture of the folder.
        first: PathBuf,
        /// Height and width of the first.
        expected: String,
    },
    /// Two things that belong together differ in their number.
    #[error("{place}: {found}, expected {expected}")]
    Count {
        /// What was counted, such as "labels of set mnist".
        place: String,
        /// How many there have to be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A NaN or an infinity among the patterns.
    #[error("{place}: row {row}, column {column} is {value}: every component must be finite")]
    NotFinite {
        /// Which patterns.
        place: String,
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
        /// What stands there.
        value: f64,
    },
    /// A bag that cannot be one.
    #[error("set {set}: bag {bag} {fault}")]
    Bag {
        /// The set.
        set: String,
        /// Name of the bag.
        bag: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// Binary damage was asked for, but the patterns are not -1 and +1.
    #[error("row {row}, column {column} is {value}: flips need patterns of -1 and +1, binarise them first")]
    NotBinary {
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
        /// What stands there.
        value: f32,
    },
    /// A parameter outside its range.
    #[error("{name} = {value}: must be {limit}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The range, in words.
        limit: String,
    },
    /// A word that is none of the choices.
    #[error("{what} \"{found}\": choose one of {choices}")]
    Choice {
        /// What is chosen.
        what: &'static str,
        /// What was given.
        found: String,
        /// What there is.
        choices: String,
    },
    /// A download that did not arrive.
    #[error("{url}: {reason}")]
    Download {
        /// The address.
        url: String,
        /// Why not.
        reason: String,
    },
    /// A download whose content is not the published one.
    #[error("{url}: sha256 of the content is {found}, expected {expected}; nothing was kept")]
    Checksum {
        /// The address.
        url: String,
        /// Checksum of the catalogue.
        expected: String,
        /// Checksum of what arrived.
        found: String,
    },
}

/// What is wrong with the bytes of a file, before anyone knows its name.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// The first bytes belong to another format.
    #[error("not a {format} file: begins with {found}, expected {expected}")]
    Magic {
        /// The format.
        format: &'static str,
        /// The first bytes, in hexadecimal.
        found: String,
        /// What they have to be.
        expected: &'static str,
    },
    /// The file ends too early.
    #[error("truncated {part}: {found} bytes of {expected}")]
    Truncated {
        /// Which part of the file.
        part: &'static str,
        /// Bytes that have to be there.
        expected: usize,
        /// Bytes that are there.
        found: usize,
    },
    /// The file goes on after its end.
    #[error("data goes on after the {expected} bytes that the header announces")]
    Trailing {
        /// Bytes of the body.
        expected: usize,
    },
    /// The announced sizes multiply to more than the machine can address.
    #[error("sizes {shape:?} of {item} bytes each overflow")]
    Overflow {
        /// The sizes.
        shape: Vec<usize>,
        /// Bytes of one number.
        item: usize,
    },
    /// A compressed or structured part that does not decode.
    #[error("damaged {part}: {reason}")]
    Damaged {
        /// Which part.
        part: &'static str,
        /// What the decoder said.
        reason: String,
    },
    /// Correct, but not something that can be read here.
    #[error("{what} {found} cannot be read: supported are {supported}")]
    Unsupported {
        /// What it is.
        what: &'static str,
        /// Which one the file has.
        found: String,
        /// Which ones can be read.
        supported: &'static str,
    },
    /// One cell of a table.
    #[error("line {line}, column {column}: {reason}")]
    Cell {
        /// Line in the file, from 1.
        line: u64,
        /// Column, from 1.
        column: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A NaN or an infinity.
    #[error("pattern {row}, component {column} is {value}: every component must be finite")]
    NotFinite {
        /// Pattern, from 0.
        row: usize,
        /// Component, from 0.
        column: usize,
        /// What stands there.
        value: f64,
    },
    /// A label that is no class number.
    #[error("label {row} is {value}: must be a whole number from 0 to 4294967295")]
    Label {
        /// Which label, from 0.
        row: usize,
        /// Its value.
        value: f64,
    },
    /// A table without the column that was asked for.
    #[error("no column {wanted}: there are {columns}")]
    Column {
        /// Name or position.
        wanted: String,
        /// The columns, at most the first few.
        columns: String,
    },
    /// An archive without the member that was asked for, or with several to choose from.
    #[error("{reason}: members are {members}")]
    Member {
        /// What is wrong.
        reason: String,
        /// The members, at most the first few.
        members: String,
    },
    /// Bags of a table that a file about them does not name, or the other way round.
    #[error("bag {bag} {fault}")]
    Bag {
        /// Name of the bag.
        bag: String,
        /// What is wrong with it.
        fault: String,
    },
    /// Parts of a split that overlap, are empty, or name what is not there.
    #[error("{place}: {fault}")]
    Parts {
        /// Which split of the file.
        place: String,
        /// What is wrong with it.
        fault: String,
    },
    /// A file without a single pattern.
    #[error("holds no patterns (sizes {shape:?})")]
    Empty {
        /// The sizes.
        shape: Vec<usize>,
    },
}

impl Malformed {
    /// Says which file it was.
    pub(crate) fn at(self, path: &Path) -> Error {
        Error::Malformed { path: path.to_owned(), reason: self }
    }

    /// The first bytes of a file are not the magic number of `format`.
    pub(crate) fn magic(format: &'static str, bytes: &[u8], expected: &'static str) -> Self {
        let shown: Vec<String> = bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let found = if shown.is_empty() { "nothing".to_owned() } else { shown.join(" ") };
        Self::Magic { format, found, expected }
    }
}

/// A share or probability: finite and from 0 to 1.
pub(crate) fn share(name: &'static str, value: f64) -> Result<f64, Error> {
    if (0.0..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err(Error::Parameter { name, value, limit: "from 0 to 1".to_owned() })
    }
}

/// The whole file.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|reason| Error::Io { path: path.to_owned(), reason })
}

/// The first few of many names, for an error message.
pub(crate) fn few<S: AsRef<str>>(names: &[S]) -> String {
    const SHOWN: usize = 12;
    let mut text = names.iter().take(SHOWN).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(", ...");
    }
    text
}
