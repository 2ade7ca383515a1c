//! The dense associative memory as a classifier.

mod baselines;
mod digits;
mod memories;
mod mnist;
mod training;

pub(crate) use mnist::EXPERIMENT;
