//! What an association is given.

use ndarray::{ArrayView2, ArrayView4, s};

use crate::Error;
use crate::association::{Dropout, Gradient};

/// Queries, patterns, values and what goes with them. Arrays may have any strides, 0 included; rows that lie
/// together in memory are read fastest.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// `(batch, heads, queries, width)`
    pub queries: ArrayView4<'a, f32>,
    /// `(batch, heads, patterns, width)`
    pub patterns: ArrayView4<'a, f32>,
    /// `(batch, heads, patterns, value width)`
    pub values: ArrayView4<'a, f32>,
    /// The inverse temperature of each head, finite and at least 0.
    pub betas: &'a [f32],
    /// Updates of each head before the values are read; 0 is attention.
    pub steps: &'a [usize],
    /// Of each head, above 0: a query rests after an update that moved it by no more than this times one plus its
    /// length. `None` takes all the steps.
    pub tolerance: Option<&'a [f64]>,
    /// Which gradient the updates have; that of the fixed point needs a tolerance and at least one step.
    pub gradient: Gradient,
    /// Whether a pattern of score zero and value zero joins the others.
    pub phantom: Phantom,
    /// A pattern is out of a query's reach where this is not 0, `(batch, heads, queries, patterns)`.
    pub forbidden: Option<ArrayView4<'a, u8>>,
    /// Added to the scores, `(batch, heads, queries, patterns)`; minus infinity forbids.
    pub added: Option<ArrayView4<'a, f32>>,
    /// Of the weights that read the values.
    pub dropout: Option<Dropout>,
}

/// A pattern that takes weight and gives nothing: with it the separation is softmax1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phantom {
    /// Weights sum to 1.
    Absent,
    /// Weights sum to less.
    Present,
}

/// How many of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extents {
    pub(crate) batch: usize,
    pub(crate) heads: usize,
    pub(crate) queries: usize,
    pub(crate) patterns: usize,
    pub(crate) width: usize,
    pub(crate) value_width: usize,
}

impl Extents {
    /// `(batch, heads, queries, value width)`
    pub(crate) fn output(&self) -> [usize; 4] {
        [self.batch, self.heads, self.queries, self.value_width]
    }

    /// Heads of all of the batch.
    pub(crate) fn units(&self) -> usize {
        self.batch * self.heads
    }
}

impl<'a> Inputs<'a> {
    /// Softmax, with all the steps, without masks and dropout.
    pub fn new(
        queries: ArrayView4<'a, f32>,
        patterns: ArrayView4<'a, f32>,
        values: ArrayView4<'a, f32>,
        betas: &'a [f32],
        steps: &'a [usize],
    ) -> Self {
        Self {
            queries,
            patterns,
            values,
            betas,
            steps,
            tolerance: None,
            gradient: Gradient::Unrolled,
            phantom: Phantom::Absent,
            forbidden: None,
            added: None,
            dropout: None,
        }
    }

    /// The extents, if everything fits together.
    pub(crate) fn check(&self) -> Result<Extents, Error> {
        let (batch, heads, queries, width) = self.queries.dim();
        let (patterns, value_width) = (self.patterns.dim().2, self.values.dim().3);
        let extents = Extents { batch, heads, queries, patterns, width, value_width };
        let shape = |place, expected: [usize; 4], found: (usize, usize, usize, usize)| {
            Error::shape(place, &expected, &[found.0, found.1, found.2, found.3])
        };
        shape("patterns", [batch, heads, patterns, width], self.patterns.dim())?;
        shape("values", [batch, heads, patterns, value_width], self.values.dim())?;
        let scores = [batch, heads, queries, patterns];
        if let Some(forbidden) = &self.forbidden {
            shape("mask", scores, forbidden.dim())?;
        }
        if let Some(added) = &self.added {
            shape("mask", scores, added.dim())?;
        }
        for (name, width) in [("width", width), ("value width", value_width)] {
            Error::at_least_one(name, width)?;
        }
        Error::shape("betas", &[heads], &[self.betas.len()])?;
        Error::shape("update steps", &[heads], &[self.steps.len()])?;
        self.betas.iter().try_for_each(|&beta| check_beta(f64::from(beta)))?;
        self.check_dynamics(heads)?;
        Ok(extents)
    }

    fn check_dynamics(&self, heads: usize) -> Result<(), Error> {
        if let Some(tolerance) = self.tolerance {
            Error::shape("tolerances", &[heads], &[tolerance.len()])?;
            tolerance.iter().copied().try_for_each(check_tolerance)?;
        }
        self.gradient.check(self.steps, self.tolerance)?;
        self.dropout.map_or(Ok(()), Dropout::check)
    }

    /// What the masks say about one head of one element of the batch.
    pub(crate) fn mask(&self, n: usize, h: usize) -> Limits<'_> {
        Limits {
            forbidden: self.forbidden.as_ref().map(|mask| mask.slice(s![n, h, .., ..])),
            added: self.added.as_ref().map(|mask| mask.slice(s![n, h, .., ..])),
        }
    }
}

/// The masks of one head.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits<'a> {
    pub(crate) forbidden: Option<ArrayView2<'a, u8>>,
    pub(crate) added: Option<ArrayView2<'a, f32>>,
}

pub(crate) fn check_tolerance(value: f64) -> Result<(), Error> {
    match value > 0.0 && value.is_finite() {
        true => Ok(()),
        false => Err(Error::Parameter { name: "tolerance", value, limit: "finite and above 0" }),
    }
}

pub(crate) fn check_beta(value: f64) -> Result<(), Error> {
    match value >= 0.0 && value.is_finite() {
        true => Ok(()),
        false => Err(Error::Parameter { name: "beta", value, limit: "finite and at least 0" }),
    }
}
