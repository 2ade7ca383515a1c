//! What every encoder asks of its input, its output and its bytes.

use attractor_store::wire::Reader;

use crate::Error;

/// Refuses a vector of another width.
pub(crate) fn width(found: usize, expected: usize, place: &'static str) -> Result<(), Error> {
    if found == expected { Ok(()) } else { Err(Error::Width { expected, found, place }) }
}

/// Refuses an entry that is not finite.
pub(crate) fn finite(values: &[f32], place: &'static str) -> Result<(), Error> {
    // Without a way out of the loop it is a vector loop; the entry is looked for only when there is one.
    if values.iter().fold(true, |all, x| all & x.is_finite()) {
        return Ok(());
    }
    let component = values.iter().position(|x| !x.is_finite()).unwrap_or_default();
    Err(Error::NotFinite { component, value: f64::from(values[component]), place })
}

/// What every [`super::Encode::encode`] refuses before it writes anything.
pub(crate) fn call(observation: &[f32], input: usize, features: &[f32], output: usize) -> Result<(), Error> {
    width(observation.len(), input, "an observation")?;
    width(features.len(), output, "features")?;
    finite(observation, "an observation")
}

/// What every [`super::Encode::encode_rows`] refuses: returns the widths of both, of rows that are as many.
pub(crate) fn rows(
    observations: &[f32],
    input: usize,
    features: &[f32],
    output: usize,
) -> Result<(usize, usize), Error> {
    let rows = observations.len() / input;
    width(observations.len(), rows * input, "observations")?;
    width(features.len(), rows * output, "features")?;
    Ok((input, output))
}

/// Features that overflowed are no features: they become zeros, and the call an error.
pub(crate) fn made(features: &mut [f32]) -> Result<(), Error> {
    finite(features, "features").inspect_err(|_| features.fill(0.0))
}

/// Refuses a number for which `fits` does not hold.
pub(crate) fn parameter(
    name: &'static str,
    value: f64,
    fits: bool,
    limit: &'static str,
) -> Result<(), Error> {
    if fits { Ok(()) } else { Err(Error::Parameter { name, value, limit }) }
}

/// `count` finite floats.
pub(crate) fn read_f32s(from: &mut Reader<'_>, count: usize, fault: &'static str) -> Result<Vec<f32>, Error> {
    let values = from.f32s()?;
    let fits = values.len() == count && values.iter().all(|x| x.is_finite());
    if fits { Ok(values) } else { Err(from.fault(fault).into()) }
}

/// A number that is a size in memory.
pub(crate) fn read_size(from: &mut Reader<'_>, fault: &'static str) -> Result<usize, Error> {
    let size = from.u64()?;
    u32::try_from(size).map(|size| size as usize).map_err(|_| from.fault(fault).into())
}
