//! The recipe of a memory.

use super::{Memory, Rows};
use crate::{Error, Projection, Separation, Similarity, Threads};

/// Collects the choices for a [`Memory`]; see [`Memory::builder`].
#[derive(Debug, Clone)]
pub struct Builder {
    width: usize,
    value_width: Option<usize>,
    similarity: Similarity,
    separation: Separation,
    projection: Projection,
    threads: Threads,
}

impl Builder {
    pub(super) fn new(width: usize) -> Self {
        Self {
            width,
            value_width: None,
            similarity: Similarity::default(),
            separation: Separation::softmax(1.0),
            projection: Projection::Linear,
            threads: Threads::default(),
        }
    }

    /// How cues and patterns are compared. Default: [`Similarity::Dot`].
    #[must_use]
    pub fn similarity(self, similarity: Similarity) -> Self {
        Self { similarity, ..self }
    }

    /// How scores become weights, with the inverse temperature. Default: softmax at beta 1.
    #[must_use]
    pub fn separation(self, separation: Separation) -> Self {
        Self { separation, ..self }
    }

    /// What is done to the weighted sum of patterns. Default: nothing ([`Projection::Linear`]).
    #[must_use]
    pub fn projection(self, projection: Projection) -> Self {
        Self { projection, ..self }
    }

    /// Who does the work. Default: [`Threads::Pool`].
    #[must_use]
    pub fn threads(self, threads: Threads) -> Self {
        Self { threads, ..self }
    }

    /// Patterns carry values of `width` components. Default: none.
    #[must_use]
    pub fn values(self, width: usize) -> Self {
        Self { value_width: Some(width), ..self }
    }

    /// The empty memory.
    ///
    /// # Errors
    /// A width of zero; a beta that is not finite and above zero; a projection that is out of range.
    ///
    /// ```
    /// use attractor_memory::{Memory, Separation};
    /// let error = Memory::builder(3).separation(Separation::softmax(f64::NAN)).build().unwrap_err();
    /// assert_eq!(error.to_string(), "beta = NaN: must be finite and above 0");
    /// ```
    pub fn build(self) -> Result<Memory, Error> {
        self.separation.check()?;
        self.projection.check()?;
        for (name, width) in [("width", Some(self.width)), ("value width", self.value_width)] {
            if width == Some(0) {
                return Err(Error::Parameter { name, value: 0.0, limit: "at least 1" });
            }
        }
        Ok(Memory {
            similarity: self.similarity,
            separation: self.separation,
            projection: self.projection,
            threads: self.threads,
            keys: Rows::new(self.width),
            values: self.value_width.map(Rows::new),
            ids: Vec::new(),
            norms: Vec::new(),
            next_id: 0,
            dead: 0,
            largest_norm: 0.0,
        })
    }
}
