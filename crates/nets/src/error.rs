//! What a network refuses.

use burn::tensor::DType;

use crate::energy::EnergyError;

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
    /// A tensor of the wrong shape.
    #[error("{place}: expected the shape {expected:?}, found {found:?}")]
    Shape {
        /// Of what.
        place: &'static str,
        /// Expected; where an axis may be 1 instead, the size that it stands for.
        expected: Vec<usize>,
        /// Found.
        found: Vec<usize>,
    },
    /// Numbers of another type than those they meet.
    #[error("{place}: expected the type {expected}, found {found}")]
    Type {
        /// Of what.
        place: &'static str,
        /// Expected.
        expected: &'static str,
        /// Found.
        found: &'static str,
    },
    /// A size that does not divide evenly among the heads.
    #[error("{name} = {size}: must be divisible by num_heads = {heads}")]
    Heads {
        /// Which size.
        name: &'static str,
        /// Its value.
        size: usize,
        /// The heads.
        heads: usize,
    },
    /// Options that do not go together.
    #[error("{option}: {reason}")]
    Options {
        /// The option to change.
        option: &'static str,
        /// What is wrong with it here.
        reason: &'static str,
    },
    /// An option by the name that a file has for it.
    #[error("{option}: {reason}")]
    Named {
        /// The name in the file.
        option: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Weights that are not those of this layer.
    #[error("weights do not fit the layer: missing [{}]; unexpected [{}]; of another shape [{}]",
        missing.join(", "), unexpected.join(", "), misshapen.join(", "))]
    Weights {
        /// `name shape` of those that are not there.
        missing: Vec<String>,
        /// `name shape` of those that the layer does not have.
        unexpected: Vec<String>,
        /// `name: expected shape, found shape`.
        misshapen: Vec<String>,
    },
    /// A file that cannot be read or written.
    #[error("{}: {reason}", path.display())]
    File {
        /// Where.
        path: std::path::PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A loss or a gradient that is not finite: the learning rate is too large, or a sample is.
    #[error("epoch {epoch}, batch {batch}: the {what} is {value}; lower the learning rate or clip gradients")]
    Diverged {
        /// Loss, or gradient.
        what: &'static str,
        /// From 0.
        epoch: usize,
        /// Within the epoch, from 0.
        batch: usize,
        /// Its value.
        value: f64,
    },
    /// Folds that cannot be measured on.
    #[error("fold {fold}: sample {sample} {fault}")]
    Fold {
        /// Which one, from 0.
        fold: usize,
        /// The sample in question.
        sample: usize,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A fold without samples on one side.
    #[error("fold {fold}: no sample is {side}")]
    EmptyFold {
        /// Which one, from 0.
        fold: usize,
        /// Learned from, or held out.
        side: &'static str,
    },
    /// A checkpoint of another run, or of another network.
    #[error("{}: the checkpoint was written with another {option}: {found}; expected {expected}", path.display())]
    Checkpoint {
        /// Where.
        path: std::path::PathBuf,
        /// What differs.
        option: &'static str,
        /// As this run, or network, has it.
        expected: String,
        /// As it stands in the file.
        found: String,
    },
    /// An energy network refused.
    #[error(transparent)]
    Energy(#[from] EnergyError),
    /// The device gave a result back that cannot be read.
    #[error("{place}: the device did not return its result: {reason}")]
    Device {
        /// Which one.
        place: &'static str,
        /// What it said.
        reason: String,
    },
}

impl Error {
    /// An error unless the shapes are the same.
    pub(crate) fn shape(place: &'static str, expected: &[usize], found: &[usize]) -> Result<(), Self> {
        if expected == found {
            return Ok(());
        }
        Err(Self::Shape { place, expected: expected.to_vec(), found: found.to_vec() })
    }

    /// An error for nothing.
    pub(crate) fn at_least_one(name: &'static str, size: usize) -> Result<(), Self> {
        match size {
            0 => Err(Self::Parameter { name, value: 0.0, limit: "at least 1" }),
            _ => Ok(()),
        }
    }

    /// An error unless the types are the same.
    pub(crate) fn dtype(place: &'static str, expected: DType, found: DType) -> Result<(), Self> {
        if expected == found {
            return Ok(());
        }
        Err(Self::Type { place, expected: expected.name(), found: found.name() })
    }

    /// What the device said.
    pub(crate) fn device(place: &'static str, reason: &impl ToString) -> Self {
        Self::Device { place, reason: reason.to_string() }
    }
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
