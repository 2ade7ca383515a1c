//! What every example and every saved number is held to before anything changes.

use attractor_store::wire::Reader;

use crate::Error;

/// Largest magnitude of a feature: its square, weighted and summed over any stream, stays within f32.
pub(crate) const LARGEST: f32 = 1e12;
/// Weights of examples lie between this and its inverse.
pub(crate) const LIGHTEST: f32 = 1e-6;
/// Class numbers run below this, so that a wrong number cannot ask for gigabytes.
pub(crate) const CLASSES: u32 = 1 << 16;
/// Feature vectors have at most this many components: square matrices of them must fit in memory.
pub(crate) const WIDTH: usize = 1 << 15;

/// An example that a cortex of `width` may learn.
pub(crate) fn example(features: &[f32], width: usize, class: u32, weight: f32) -> Result<(), Error> {
    if features.len() != width {
        return Err(Error::Width { expected: width, found: features.len(), place: "features" });
    }
    for (component, &value) in features.iter().enumerate() {
        if !value.is_finite() {
            return Err(Error::NotFinite { component, value: value.into(), place: "features" });
        }
        if value.abs() > LARGEST {
            return Err(parameter("feature", value.into(), "of magnitude 1e12 at most"));
        }
    }
    if class >= CLASSES {
        return Err(parameter("class", class.into(), "below 65,536"));
    }
    if !(LIGHTEST..=1.0 / LIGHTEST).contains(&weight) {
        return Err(parameter("weight", weight.into(), "from 1e-6 to 1e6"));
    }
    Ok(())
}

/// A number of components that a cortex can have.
pub(crate) fn width(width: usize) -> Result<usize, Error> {
    if (1..=WIDTH).contains(&width) {
        return Ok(width);
    }
    Err(parameter("width", width as f64, "from 1 to 32,768"))
}

/// A strength of regularisation.
pub(crate) fn strength(name: &'static str, value: f64, limits: (f64, f64)) -> Result<f64, Error> {
    if value.is_finite() && (limits.0..=limits.1).contains(&value) {
        return Ok(value);
    }
    Err(parameter(name, value, if limits.1 == 1.0 { "from 1e-9 to 1" } else { "from 1e-9 to 1e9" }))
}

fn parameter(name: &'static str, value: f64, limit: &'static str) -> Error {
    Error::Parameter { name, value, limit }
}

/// `count` finite numbers, as saved.
pub(crate) fn f32s(from: &mut Reader<'_>, count: usize) -> Result<Vec<f32>, Error> {
    let values = from.f32s()?;
    if values.len() != count || values.iter().any(|x| !x.is_finite()) {
        return Err(from.fault("numbers of a cortex that are missing or not finite").into());
    }
    Ok(values)
}

/// `count` finite numbers, as saved.
pub(crate) fn f64s(from: &mut Reader<'_>, count: usize) -> Result<Vec<f64>, Error> {
    let values = from.f64s()?;
    if values.len() != count || values.iter().any(|x| !x.is_finite()) {
        return Err(from.fault("numbers of a cortex that are missing or not finite").into());
    }
    Ok(values)
}

/// A finite number that is not negative, as saved.
pub(crate) fn amount(from: &mut Reader<'_>) -> Result<f64, Error> {
    let value = from.f64()?;
    if value.is_finite() && value >= 0.0 {
        return Ok(value);
    }
    Err(from.fault("an amount that is negative or not finite").into())
}

/// A count that can still grow, as saved.
pub(crate) fn count(from: &mut Reader<'_>) -> Result<u64, Error> {
    let value = from.u64()?;
    if value < 1 << 62 { Ok(value) } else { Err(from.fault("a count out of range").into()) }
}

/// The version of a cortex's format, and its width.
pub(crate) fn head(from: &mut Reader<'_>) -> Result<usize, Error> {
    if from.u8()? != VERSION {
        return Err(from.fault("a version of a cortex that is not known here").into());
    }
    let width = from.u32()? as usize;
    if !(1..=WIDTH).contains(&width) {
        return Err(from.fault("a width that no cortex has").into());
    }
    Ok(width)
}

/// Of the bytes that cortices write.
pub(crate) const VERSION: u8 = 1;
