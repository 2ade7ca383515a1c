//! How well a learner learns, keeps and recognises: one definition per number, and the number never without it.
//!
//! | what | measures |
//! | --- | --- |
//! | [`Matrix`] and [`Definition`] | accuracy, forgetting and transfer over tasks, in the variants of all packages |
//! | [`Course`] | what happens between the boundaries: the stability gap, anytime accuracy |
//! | [`Prequential`] | a stream, predicted before it is learned, beside trivial baselines |
//! | [`auroc`], [`fpr_at_tpr`], [`oscr`] | telling the unknown from the known |
//! | [`Latency`], [`Bytes`], [`Throughput`] | what it costs |
//! | [`Report`] | all of it in one file: JSON, plain text, and a page to look at |

mod bytes;
mod course;
mod definition;
mod latency;
mod matrix;
mod open_set;
mod page;
mod plot;
mod prequential;
mod report;

pub use bytes::{Bytes, Component, Throughput};
pub use course::{Course, Evaluation};
pub use definition::{Definition, Line, Value, summaries};
pub use latency::{Latency, Percentiles};
pub use matrix::Matrix;
pub use open_set::{auroc, fpr_at_tpr, oscr};
pub use page::page;
pub use prequential::{Prequential, Score, Standing};
pub use report::{Report, SCHEMA, Seed};

use crate::Error;

/// An accuracy or share: a number from 0 to 1.
fn share(name: &'static str, value: f64) -> Result<f64, Error> {
    if (0.0..=1.0).contains(&value) {
        return Ok(value);
    }
    Err(Error::Parameter { name, value, limit: "from 0 to 1" })
}

/// The mean of some numbers; `None` of none.
fn mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.into_iter().fold((0.0, 0usize), |(sum, count), x| (sum + x, count + 1));
    (count > 0).then(|| sum / count as f64)
}
