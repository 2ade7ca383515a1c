//! Key-value memory with three-factor plasticity against Hebbian matrix memories.
//!
//! The experiments of Tyulmankov, Fang, Vadaparty and Yang 2021 (arXiv 2110.13976): capacity,
//! continual recall, correlated patterns, hetero-association, sequences. Each `run` is one seed of
//! its experiment and gives plain numbers; what was published stands elsewhere.
//!
//! Protocol where the paper's text was not at hand (unverified): it follows the authors' public code
//! (gyyang/bio-kvm, MIT; read, not copied). Patterns are -1 and +1, an unknown entry of a cue is 0,
//! and a bit counts as recalled when the sign of the output equals it, so an output of 0 is wrong.
//!
//! Randomness: every `run` takes a function from the name of a stream to a generator, such as
//! `|name| attractor_data::stream(seed, name)`, so that parts do not disturb each other's draws.

pub mod capacity;
pub mod contestant;
pub mod continual;
pub mod correlated;
pub mod experiments;
pub mod hetero;
pub mod search;
pub mod sequence;
pub mod stimulus;
