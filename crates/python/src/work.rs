//! Long work: the interpreter goes on meanwhile, and Ctrl-C ends it between two pieces.

use std::ops::Range;

use pyo3::prelude::*;

use crate::errors::Refusal;

/// Multiply-adds of one piece: about a second on two cores.
const PIECE: usize = 1 << 35;

/// Rows of a piece, when one row costs so many multiply-adds. Never so few that a pass over the patterns serves but
/// one cue.
pub(crate) fn piece(cost: usize) -> usize {
    (PIECE / cost.max(1)).max(8)
}

/// What `work` gives for `0..rows`, piece by piece, without the interpreter lock.
pub(crate) fn by_pieces<T: Send>(
    py: Python<'_>,
    rows: usize,
    piece: usize,
    mut work: impl FnMut(Range<usize>) -> Result<T, Refusal> + Send,
) -> PyResult<Vec<T>> {
    let mut done = Vec::new();
    let mut start = 0;
    loop {
        let end = rows.min(start + piece);
        done.push(py.detach(|| work(start..end))?);
        py.check_signals()?;
        start = end;
        if start >= rows {
            return Ok(done);
        }
    }
}

/// Whether to go on, asked from work that holds no interpreter lock.
pub(crate) fn heeded() -> PyResult<()> {
    #[allow(clippy::redundant_closure_for_method_calls, reason = "the method is of one lifetime only")]
    Python::attach(|py| py.check_signals())
}
