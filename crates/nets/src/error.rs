//! What a network refuses.

/// Why a network refused. A refused call changes nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something of the wrong size.
    #[error("{place}: expected {expected}, found {found}")]
    Size {
        /// Of what.
        place: &'static str,
        /// Expected.
        expected: usize,
        /// Found.
        found: usize,
    },
    /// A number outside its range.
    #[error("{name} = {value}: must be {limit}")]
    Parameter {
        /// What.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What it may be.
        limit: &'static str,
    },
    /// An entry that is not finite. Where it is a gradient or a weight, the learning rate is too large.
    #[error("{place}: entry {entry} is {value}, which is not finite")]
    NotFinite {
        /// Of what.
        place: &'static str,
        /// Which one.
        entry: usize,
        /// Its value.
        value: f64,
    },
    /// The device gave a result back that cannot be read.
    #[error("{place}: the device did not return its result: {reason}")]
    Device {
        /// Which one.
        place: &'static str,
        /// What it said.
        reason: String,
    },
}

/// The first entry that is not finite is an error.
pub(crate) fn check_finite<'a>(
    values: impl IntoIterator<Item = &'a f32>,
    place: &'static str,
) -> Result<(), Error> {
    match values.into_iter().enumerate().find(|(_, value)| !value.is_finite()) {
        None => Ok(()),
        Some((entry, &value)) => Err(Error::NotFinite { place, entry, value: f64::from(value) }),
    }
}
