//! What a learner refuses.

/// Why a learner refused, or could not go on. A refused call changes nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A vector of the wrong width.
    #[error("{place}: expected {expected} components, found {found}")]
    Width {
        /// Expected.
        expected: usize,
        /// Found.
        found: usize,
        /// Of what.
        place: &'static str,
    },
    /// An entry that is not finite.
    #[error("{place}: component {component} is {value}, which is not finite")]
    NotFinite {
        /// Which one.
        component: usize,
        /// Its value.
        value: f64,
        /// Of what.
        place: &'static str,
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
    /// Too little was seen.
    #[error("{what} needs at least {needed} examples, there are {found}")]
    TooFew {
        /// What.
        what: &'static str,
        /// Needed.
        needed: usize,
        /// Found.
        found: usize,
    },
    /// A matrix that cannot be factorised, which regularisation should have prevented.
    #[error("{place}: the matrix is singular to working precision: raise the regularisation")]
    Singular {
        /// Where.
        place: &'static str,
    },
    /// A report that cannot be read.
    #[error("report: {0}")]
    Report(String),
    /// No class has this name.
    #[error("no class is called `{label}`")]
    UnknownLabel {
        /// The name.
        label: String,
    },
    /// Nothing was ever observed in a namespace of this name.
    #[error("no namespace is called `{namespace}`")]
    UnknownNamespace {
        /// The name.
        namespace: String,
    },
    /// The learner that is there was made with another recipe.
    #[error("{place} holds a learner of another recipe: open it as it is, or choose another directory")]
    Recipe {
        /// The directory.
        place: String,
    },
    /// What is in memory and what is on the disk may differ.
    #[error("{why}: drop this learner and open it again, nothing that was acknowledged is lost")]
    Broken {
        /// What happened.
        why: &'static str,
    },
    /// The store refused, or its files are damaged.
    #[error(transparent)]
    Store(#[from] attractor_store::Error),
    /// A memory refused.
    #[error(transparent)]
    Memory(#[from] attractor_memory::Error),
    /// A network refused.
    #[cfg(feature = "network")]
    #[error(transparent)]
    Network(#[from] attractor_nets::Error),
}
