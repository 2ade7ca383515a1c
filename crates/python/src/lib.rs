//! The compiled part of the Python package; `crates/python/python/attractor` is the rest of it.

#![allow(clippy::doc_link_with_quotes, reason = "most comments are docstrings of Python")]

mod arrays;
mod certificate;
mod errors;
mod ham;
mod key_value;
mod lab;
mod layers;
mod learner;
mod memory;
mod network;
mod recall;
mod separation;
mod work;

use pyo3::prelude::*;

/// Results of a step are large and soon freed: an allocator that keeps their pages spares the system the giving and the
/// taking of them, which took a fifth of the processor time of a training step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The engine. Its public names are those of `attractor`.
#[pymodule]
mod _engine {
    #[pymodule_export]
    use super::certificate::Certificate;
    #[pymodule_export]
    use super::ham::Ham;
    #[pymodule_export]
    use super::key_value::KeyValueMemory;
    #[pymodule_export]
    use super::lab::{load_set, reproduce};
    #[pymodule_export]
    use super::layers::Layer;
    #[pymodule_export]
    use super::learner::Learner;
    #[pymodule_export]
    use super::memory::{_memory_of_bytes, Memory};
    #[pymodule_export]
    use super::network::{HopfieldNetwork, NetworkRecall};
    #[pymodule_export]
    use super::recall::Recall;
    #[pymodule_export]
    use super::separation::separate_rows;
    #[allow(non_upper_case_globals, reason = "the name that Python has for it")]
    #[pymodule_export]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
