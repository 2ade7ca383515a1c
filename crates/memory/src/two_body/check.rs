//! What every input is held to before anything is computed or changed.

use ndarray::{Array1, ArrayView1, ArrayView2};

use crate::Error;

/// Products of four entries of this size, summed over any array that fits in memory, stay finite.
pub(crate) const LARGEST: f64 = 1e60;

/// What a computed number must be.
pub(crate) const RANGE: &str = "within the range of f64: scale the patterns or the state down";

/// A vector of the expected width whose entries are finite and not absurdly large.
pub(crate) fn vector(x: ArrayView1<f64>, expected: usize, place: &'static str) -> Result<(), Error> {
    if x.len() != expected {
        return Err(Error::Width { expected, found: x.len(), place });
    }
    x.iter().enumerate().try_for_each(|(column, &value)| entry(0, column, value, place))
}

/// A matrix whose entries are finite and not absurdly large.
pub(crate) fn matrix(x: ArrayView2<f64>, place: &'static str) -> Result<(), Error> {
    x.indexed_iter().try_for_each(|((row, column), &value)| entry(row, column, value, place))
}

/// A number in `[low, high]`; `limit` is that interval in words.
pub(crate) fn within(
    name: &'static str,
    value: f64,
    (low, high): (f64, f64),
    limit: &'static str,
) -> Result<(), Error> {
    if (low..=high).contains(&value) { Ok(()) } else { Err(Error::Parameter { name, value, limit }) }
}

/// A computed vector, refused when it left the range of f64.
pub(crate) fn in_range(x: Array1<f64>) -> Result<Array1<f64>, Error> {
    match x.iter().find(|x| !x.is_finite()) {
        None => Ok(x),
        Some(&value) => Err(Error::Parameter { name: "activation", value, limit: RANGE }),
    }
}

fn entry(row: usize, column: usize, value: f64, place: &'static str) -> Result<(), Error> {
    if !value.is_finite() {
        return Err(Error::NotFinite { row, column, value, place });
    }
    within(place, value, (-LARGEST, LARGEST), "of magnitude 1e60 at most")
}
