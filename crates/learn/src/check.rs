//! Checks of what comes from outside.

use crate::Error;

pub(crate) fn width(found: usize, expected: usize, place: &'static str) -> Result<(), Error> {
    if found == expected { Ok(()) } else { Err(Error::Width { expected, found, place }) }
}

/// Right width, every entry finite and at most 1e18 in magnitude.
pub(crate) fn pattern(pattern: &[f32], expected: usize, place: &'static str) -> Result<(), Error> {
    width(pattern.len(), expected, place)?;
    let bad = pattern
        .iter()
        .enumerate()
        .find(|(_, x)| x.abs().partial_cmp(&1e18).is_none_or(std::cmp::Ordering::is_gt));
    match bad {
        Some((component, &value)) => Err(Error::NotFinite { component, value: f64::from(value), place }),
        None => Ok(()),
    }
}
