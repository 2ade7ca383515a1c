//! What an association is given.

use ndarray::{ArrayView2, ArrayView4};

use crate::Error;

/// How often a query is replaced by what it retrieves before the values are read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Updates {
    /// So many times; gradients flow through all of them. 0 is plain attention.
    Unrolled(usize),
    /// Until a query moves by at most `tolerance` times its length (or times 1, if it is shorter), each query by
    /// itself, but at most `limit` times.
    ///
    /// Gradients are those of the fixed point (the implicit function theorem): the adjoint equation is iterated
    /// with the same tolerance and limit, and the gradient by the queries is zero.
    Settled {
        /// Above 0.
        tolerance: f32,
        /// At least 1.
        limit: usize,
    },
}

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
    /// Added to the scores, `(batch, heads, queries, patterns)`; minus infinity forbids.
    pub mask: Option<ArrayView4<'a, f32>>,
    /// Added to the scores of every head and query, `(batch, patterns)`; minus infinity forbids.
    pub padding: Option<ArrayView2<'a, f32>>,
    /// Before the values are read.
    pub updates: Updates,
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

impl Inputs<'_> {
    /// The extents, if everything fits together.
    pub(crate) fn check(&self) -> Result<Extents, Error> {
        let (batch, heads, queries, width) = self.queries.dim();
        let (patterns, value_width) = (self.patterns.dim().2, self.values.dim().3);
        let extents = Extents { batch, heads, queries, patterns, width, value_width };
        check_extents(
            [batch, heads, queries, width],
            self.patterns.dim().into(),
            self.values.dim().into(),
            self.betas.len(),
            self.mask.map(|mask| mask.dim().into()),
            self.padding.map(|padding| padding.dim().into()),
        )?;
        for &beta in self.betas {
            check_beta(beta)?;
        }
        self.updates.check()?;
        Ok(extents)
    }
}

impl Updates {
    pub(crate) fn check(self) -> Result<(), Error> {
        match self {
            Self::Settled { tolerance, .. } if !(tolerance > 0.0 && tolerance.is_finite()) => {
                let value = f64::from(tolerance);
                Err(Error::Parameter { name: "tolerance", value, limit: "finite and above 0" })
            }
            Self::Settled { limit: 0, .. } => {
                Err(Error::Parameter { name: "limit", value: 0.0, limit: "at least 1" })
            }
            _ => Ok(()),
        }
    }
}

pub(crate) fn check_beta(beta: f32) -> Result<(), Error> {
    match beta >= 0.0 && beta.is_finite() {
        true => Ok(()),
        false => {
            let value = f64::from(beta);
            Err(Error::Parameter { name: "beta", value, limit: "finite and at least 0" })
        }
    }
}

/// Whether the shapes of an association fit together.
pub(crate) fn check_extents(
    queries: [usize; 4],
    patterns: [usize; 4],
    values: [usize; 4],
    betas: usize,
    mask: Option<[usize; 4]>,
    padding: Option<[usize; 2]>,
) -> Result<(), Error> {
    let [batch, heads, _, width] = queries;
    let sizes = [
        ("patterns: batch", batch, patterns[0]),
        ("patterns: heads", heads, patterns[1]),
        ("patterns: width", width, patterns[3]),
        ("values: batch", batch, values[0]),
        ("values: heads", heads, values[1]),
        ("values: patterns", patterns[2], values[2]),
        ("betas", heads, betas),
    ];
    let mut sizes = sizes.to_vec();
    if let Some(mask) = mask {
        sizes.push(("mask: batch", batch, mask[0]));
        sizes.push(("mask: heads", heads, mask[1]));
        sizes.push(("mask: queries", queries[2], mask[2]));
        sizes.push(("mask: patterns", patterns[2], mask[3]));
    }
    if let Some(padding) = padding {
        sizes.push(("padding: batch", batch, padding[0]));
        sizes.push(("padding: patterns", patterns[2], padding[1]));
    }
    for (place, expected, found) in sizes {
        if expected != found {
            return Err(Error::Size { place, expected, found });
        }
    }
    for (name, width) in [("width", width), ("value width", values[3])] {
        if width == 0 {
            return Err(Error::Parameter { name, value: 0.0, limit: "at least 1" });
        }
    }
    Ok(())
}
