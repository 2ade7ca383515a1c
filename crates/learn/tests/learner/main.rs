//! The learner as its users see it, on small streams.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

#[path = "../streams/mod.rs"]
mod streams;

mod bounds;
mod edges;
mod forgetting;
mod namespaces;
mod refusals;
mod renewal;
mod same_bits;
mod sharing;
mod sleeping;
