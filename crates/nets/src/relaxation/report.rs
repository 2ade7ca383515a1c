//! What a relaxation reports.

/// What happened to every sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Energy of every sample at the start and after every step, `[step][sample]`. A sample that rests keeps its
    /// last.
    pub energies: Vec<Vec<f64>>,
    /// The largest `|dx/dt|` of every sample at the end.
    pub residuals: Vec<f64>,
    /// Steps that every sample was moved for; those that were tried and taken back count.
    pub iterations: Vec<usize>,
    /// Whether every sample came to rest within the tolerance.
    pub converged: Vec<bool>,
}
