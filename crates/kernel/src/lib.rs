//! One pass over a block of keys.
//!
//! Softmax attention, the modern Hopfield update, nearest-neighbour search and kernel regression read a
//! memory the same way: compare a cue with every key, turn the scores into weights, sum the values. This
//! crate does that for one block, for one cue or many, without ever writing the matrix of scores.
//!
//! - [`retrieve`] is the fused exponential pass, with the mergeable state of [`Running`].
//! - [`scores`] and [`weigh`] are its halves, for separations that are not exponential.
//! - [`multiply`], [`soften`], [`resume`], [`means`] and [`slope`] are the steps of a trained association, where cues are as
//!   many as keys and gradients flow back.
//!
//! It allocates nothing, starts no thread and does no IO. `unsafe` code lives here and nowhere above.
//!
//! **Levels.** [`Level`] is chosen once per process: AVX-512, AVX2 with FMA, or portable Rust; the
//! environment variable [`LEVEL_VARIABLE`] forces one.
//!
//! **Bits.** On one level, the result for a cue depends neither on the other cues of the call nor on how
//! a caller groups them. Across levels, results agree within rounding.
//!
//! **Numbers.** Keys, cues and values must be finite. Scores beyond the range of `f32` are clamped to it;
//! weights that would be subnormal are exact zeros, so that no level falls into microcode assists.
//!
//! ```
//! use attractor_kernel::{Lane, Level, Measure, Panels, Query, Running, retrieve, weight_floor};
//!
//! // Two keys of width 4, (1, 0, 0, 0) and (0, 1, 0, 0), in the first two rows of one panel.
//! let mut lanes = [Lane::ZERO; 4];
//! lanes[0].0[0] = 1.0;
//! lanes[1].0[1] = 1.0;
//! let live = [0b11];
//! let keys = Panels::new(&lanes, &live, &[], 4).unwrap();
//! let query = Query::new(&[0.9, 0.2, 0.0, 0.0], &[8.0], 4, Measure::Dot).unwrap();
//!
//! let (mut maximum, mut sum, mut weighted) = ([f32::NEG_INFINITY], [0.0], [0.0; 4]);
//! let mut running = Running { maximum: &mut maximum, sum: &mut sum, weighted: &mut weighted };
//! retrieve(Level::current(), &query, &keys, &keys, weight_floor(2), &mut running);
//! assert!((f64::from(weighted[0]) / sum[0] - 0.996316).abs() < 1e-6);
//! ```
#![allow(unsafe_code)]

mod ahead;
mod arch;
mod dispatch;
mod lane;
mod level;
pub mod probe;
mod product;
mod query;
mod retrieve;
mod score;
mod soften;
mod weigh;

pub use arch::EXP_FLOOR;
pub use dispatch::{exp, means, multiply, resume, retrieve, scores, slope, soften, weigh};
pub use lane::{LANES, Lane, Panels, WIDTH_STEP, padded};
pub use level::{LEVEL_VARIABLE, Level, LevelError};
pub use product::{Left, Onto};
pub use query::{Measure, Query};
pub use retrieve::{Running, weight_floor};
pub use soften::{Partition, Terms};
