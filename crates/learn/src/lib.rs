//! The complementary learner: a fast memory for what was seen once, slow cortices for what is common to it,
//! and sleep, which replays the one into the other.

mod answer;
mod check;
mod config;
pub mod cortex;
pub mod encoder;
mod error;
mod event;
mod fast;
mod forgetting;
mod gate;
mod labels;
mod learner;
mod looking_back;
pub mod metrics;
mod mind;
mod namespaces;
mod novelty;
mod perception;
mod renewal;
pub mod replay;
mod sleep;
mod state;
#[cfg(feature = "network")]
pub mod strategy;
mod view;

pub use answer::{Answer, Evidence, Novelty, System};
pub use config::{Config, Slow};
pub use error::Error;
pub use fast::{Admission, Eviction, Recall};
pub use labels::{LONGEST_LABEL, MOST_LABELS};
pub use learner::{
    Budget, Builder, Ended, Forget, Learner, Look, Observed, Progress, Reader, Slumber, Snapshot, Stats,
};
pub use namespaces::{LONGEST_NAMESPACE, MOST_NAMESPACES};
pub use perception::Vision;
pub use view::Completion;
