//! Refusals of the engine as exceptions of the package.

use attractor::{data, lab, learn, nets, store};
use pyo3::prelude::*;

/// A refusal: which exception of `attractor.errors`, and what it says.
#[derive(Debug)]
pub(crate) struct Refusal {
    class: &'static str,
    text: String,
}

impl Refusal {
    pub(crate) fn new(class: &'static str, text: impl Into<String>) -> Self {
        Self { class, text: text.into() }
    }

    /// A value outside of its range.
    pub(crate) fn range(text: impl Into<String>) -> Self {
        Self::new("ValueRangeError", text)
    }
}

impl From<Refusal> for PyErr {
    fn from(refusal: Refusal) -> Self {
        Python::attach(|py| {
            let raised = py
                .import("attractor.errors")
                .and_then(|errors| errors.getattr(refusal.class))
                .and_then(|class| class.call1((refusal.text,)));
            raised.map_or_else(|error| error, PyErr::from_value)
        })
    }
}

impl From<attractor::Error> for Refusal {
    fn from(error: attractor::Error) -> Self {
        use attractor::Error as E;
        let class = match &error {
            E::Width { .. } | E::Rows { .. } | E::Clamp { .. } => "ShapeError",
            E::Empty => "EmptyMemoryError",
            E::UnknownId { .. } => "UnknownIdError",
            E::Unsupported { .. } => "UnsupportedError",
            E::File { .. } => "FormatError",
            _ => "ValueRangeError",
        };
        Self::new(class, error.to_string())
    }
}

impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Self {
        use store::Error as E;
        let class = match &error {
            E::Memory(_) => {
                let E::Memory(error) = error else { unreachable!("matched above") };
                return error.into();
            }
            E::Locked { .. } => "StoreLockedError",
            E::Io { .. } | E::Poisoned { .. } | E::Bound { .. } => "StoreError",
            E::Damaged { .. } | E::Newer { .. } | E::Owner { .. } => "FormatError",
            E::Width { .. } => "ShapeError",
            E::UnknownId { .. } => "UnknownIdError",
            _ => "ValueRangeError",
        };
        Self::new(class, error.to_string())
    }
}

impl From<learn::Error> for Refusal {
    fn from(error: learn::Error) -> Self {
        use learn::Error as E;
        let class = match error {
            E::Store(error) => return error.into(),
            E::Memory(error) => return error.into(),
            E::Network(error) => return error.into(),
            E::Width { .. } => "ShapeError",
            E::TooFew { .. } => "EmptyMemoryError",
            E::UnknownLabel { .. } | E::UnknownNamespace { .. } => "UnknownIdError",
            E::Recipe { .. } => "RecipeError",
            E::Broken { .. } => "StoreError",
            _ => "ValueRangeError",
        };
        Self::new(class, error.to_string())
    }
}

impl From<nets::Error> for Refusal {
    fn from(error: nets::Error) -> Self {
        use nets::Error as E;
        let class = match &error {
            E::Size { .. } | E::Shape { .. } | E::Heads { .. } => "ShapeError",
            E::Weights { .. } | E::File { .. } => "FormatError",
            E::Type { .. } => "DTypeError",
            _ => "ValueRangeError",
        };
        Self::new(class, error.to_string())
    }
}

impl From<data::Error> for Refusal {
    fn from(error: data::Error) -> Self {
        use data::Error as E;
        let class = match &error {
            E::Missing { .. } => "MissingDataError",
            E::Io { .. } => "StoreError",
            E::Malformed { .. } => "FormatError",
            _ => "ValueRangeError",
        };
        Self::new(class, error.to_string())
    }
}

impl From<lab::LabError> for Refusal {
    fn from(error: lab::LabError) -> Self {
        use lab::LabError as E;
        match error {
            E::Data(error) => error.into(),
            E::UnknownId { .. } => Self::new("UnknownIdError", error.to_string()),
            _ => Self::new("UnsupportedError", error.to_string()),
        }
    }
}
