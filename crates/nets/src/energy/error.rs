//! What an energy network refuses.

use super::Shape;
use crate::relaxation::RelaxationError;

/// Why an energy network could not be built, or refused an input.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnergyError {
    /// Two layers, or two synapses, of one name.
    #[error("{name}: there are two of this name")]
    Duplicate {
        /// The name.
        name: String,
    },
    /// A name that no layer, synapse or parameter has.
    #[error("{name}: no such {kind}; there are {known}")]
    Unknown {
        /// What was looked for.
        kind: &'static str,
        /// By which name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A layer that nothing is joined to.
    #[error("layer {layer}: in no synapse")]
    Unjoined {
        /// Its name.
        layer: String,
    },
    /// A layer that cannot be.
    #[error("layer {layer}: {misfit}")]
    Layer {
        /// Its name.
        layer: String,
        /// Why not.
        misfit: Misfit,
    },
    /// A synapse that does not fit the layers it joins.
    #[error("synapse {synapse} between {layers}: {misfit}")]
    Synapse {
        /// Its name.
        synapse: String,
        /// The layers that it joins, with their shapes.
        layers: String,
        /// Why not.
        misfit: Misfit,
    },
    /// A tensor of the wrong shape.
    #[error("{place}: expected the shape {expected:?}, found {found:?}")]
    Shape {
        /// Of what.
        place: String,
        /// Expected.
        expected: Vec<usize>,
        /// Found.
        found: Vec<usize>,
    },
    /// Numbers of another type than those of the parameters.
    #[error("{place}: expected the type {expected}, found {found}")]
    Type {
        /// Of what.
        place: String,
        /// Expected.
        expected: &'static str,
        /// Found.
        found: &'static str,
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
    /// Credit that cannot be assigned for this network or these clamps.
    #[error("credit: {reason}")]
    Credit {
        /// Why not.
        reason: String,
    },
    /// The relaxation refused or diverged.
    #[error(transparent)]
    Relaxation(#[from] RelaxationError),
}

/// Why a layer or a synapse cannot be what it is asked to be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Misfit {
    /// A number outside its range.
    #[error("{name} = {value}: must be {limit}")]
    Number {
        /// What.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What it may be.
        limit: &'static str,
    },
    /// Another number of layers than it joins.
    #[error("joins {expected} layers, not {found}")]
    Ends {
        /// How many it joins.
        expected: usize,
        /// Found.
        found: usize,
    },
    /// A layer of another shape.
    #[error("layer {end} of it must have the shape {expected}, not {found}")]
    Shape {
        /// Which of its layers, from 0.
        end: usize,
        /// Expected.
        expected: Shape,
        /// Found.
        found: Shape,
    },
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl Misfit {
    /// An error unless `value` is finite and above 0.
    ///
    /// # Errors
    /// [`Misfit::Number`].
    pub fn positive(name: &'static str, value: f64) -> Result<(), Self> {
        if value.is_finite() && value > 0.0 {
            return Ok(());
        }
        Err(Self::Number { name, value, limit: "finite and above 0" })
    }

    /// An error for none of something.
    ///
    /// # Errors
    /// [`Misfit::Number`].
    pub fn at_least_one(name: &'static str, size: usize) -> Result<(), Self> {
        match size {
            0 => Err(Self::Number { name, value: 0.0, limit: "at least 1" }),
            _ => Ok(()),
        }
    }

    /// An error unless there are so many layers.
    ///
    /// # Errors
    /// [`Misfit::Ends`].
    pub fn ends(expected: usize, shapes: &[Shape]) -> Result<(), Self> {
        if shapes.len() == expected {
            return Ok(());
        }
        Err(Self::Ends { expected, found: shapes.len() })
    }
}
