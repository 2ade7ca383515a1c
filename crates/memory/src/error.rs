//! What a user can get wrong, said with the value, the limit and the place.

/// Every refusal of this crate. Nothing is stored or changed when one is returned.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An array is not as wide as the memory.
    #[error("{place}: width {found}, but this memory holds patterns of width {expected}")]
    Width {
        /// Width of the memory.
        expected: usize,
        /// Width that was given.
        found: usize,
        /// Which argument.
        place: &'static str,
    },
    /// Two arrays that belong together differ in their number of rows.
    #[error("{place}: {found} rows, expected {expected}")]
    Rows {
        /// Rows of the array that sets the count.
        expected: usize,
        /// Rows that were given.
        found: usize,
        /// Which argument.
        place: &'static str,
    },
    /// A NaN or an infinity among the inputs.
    #[error("{place}: row {row}, column {column} is {value}: every entry must be finite")]
    NotFinite {
        /// Row of the entry.
        row: usize,
        /// Column of the entry.
        column: usize,
        /// What stands there.
        value: f64,
        /// Which argument.
        place: &'static str,
    },
    /// A binary memory was given something else than -1 and +1.
    #[error("{place}: row {row}, column {column} is {value}: a binary memory holds -1 and +1 only")]
    NotBinary {
        /// Row of the entry.
        row: usize,
        /// Column of the entry.
        column: usize,
        /// What stands there.
        value: f64,
        /// Which argument.
        place: &'static str,
    },
    /// A parameter outside its range.
    #[error("{name} = {value}: must be {limit}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The range, in words, such as "finite and above 0".
        limit: &'static str,
    },
    /// Recall from a memory that holds nothing.
    #[error("the memory is empty: store a pattern first")]
    Empty,
    /// An id that was never given out, or whose pattern was removed.
    #[error("no pattern has id {id}: it was removed or never stored")]
    UnknownId {
        /// The id.
        id: u64,
    },
    /// A clamp that does not fit the cue.
    #[error("component {component} cannot be clamped: cues have width {width}")]
    Clamp {
        /// The component.
        component: usize,
        /// Width of a cue.
        width: usize,
    },
    /// A combination of choices that has no meaning.
    #[error("{what}")]
    Unsupported {
        /// Which combination, and what to choose instead.
        what: &'static str,
    },
    /// A name that stands for nothing.
    #[error("{place}: `{found}` is not known: choose one of {choices}")]
    Choice {
        /// What was to be chosen, such as "separation".
        place: &'static str,
        /// The text that was given.
        found: String,
        /// The names that are known, with commas between them.
        choices: String,
    },
    /// A memory file that cannot be read or written.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Error {
    /// `value` must be finite and above zero; `name` says which parameter it is.
    ///
    /// # Errors
    /// [`Error::Parameter`] otherwise.
    pub fn positive(name: &'static str, value: f64) -> Result<f64, Self> {
        if value.is_finite() && value > 0.0 {
            Ok(value)
        } else {
            Err(Self::Parameter { name, value, limit: "finite and above 0" })
        }
    }
}
