//! Toy problems that are published as a seed: bit patterns, latch sequences, bags of digits.
//!
//! Each has a struct of its sizes and seeds, whose defaults are the published ones, with a function that draws the set.
//! The numbers are those of the reference's scripts, draw for draw (see [`mersenne`](crate::mersenne)).

mod bit_pattern;
mod latch;
mod mnist_bags;

use crate::Error;

pub use bit_pattern::{BitPattern, BitPatternSet};
pub use latch::{Latch, LatchSet};
pub use mnist_bags::MnistBags;

/// Most numbers of a drawn set: 8 GiB of them.
const MOST: usize = 1 << 31;

/// A count from `least` to `most`.
fn count(name: &'static str, value: usize, least: usize, most: usize) -> Result<(), Error> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        let limit = format!("from {least} to {most}");
        Err(Error::Parameter { name, value: value as f64, limit })
    }
}

/// A set of that many numbers, given by its sizes.
fn volume(name: &'static str, sizes: &[usize]) -> Result<(), Error> {
    let volume = sizes.iter().fold(1usize, |product, &size| product.saturating_mul(size));
    count(name, volume, 1, MOST)
}

/// Names by number.
fn numbered(n: usize) -> Vec<String> {
    (0..n).map(|number| number.to_string()).collect()
}
