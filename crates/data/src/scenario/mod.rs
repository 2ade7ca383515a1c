//! Streams that change as they go: what a continual learner sees, and in which order.
//!
//! **What.** A [`Scenario`] cuts a [`Set`] into [`Experience`]s, as lists of indices and lazy transforms:
//! no pattern is copied before it is asked for. [`Scenario::samples`] is the stream, one [`Moment`] after the other;
//! [`Scenario::matching`] gives the experiences of a test set that belong to those of the training set;
//! [`delayed`] lets every label arrive late.
//!
//! | scenario | experiences | at test time |
//! | --- | --- | --- |
//! | [`Scenario::class_incremental`] | groups of classes | the class, of all that were seen |
//! | [`Scenario::task_incremental`] | the same, with the task told | the class, of those of the task |
//! | [`Scenario::domain_incremental`] | the same, labels shared by all groups | the shared label, group unknown |
//! | [`Scenario::new_instances`] | random parts, all classes in each | the class |
//! | [`Scenario::permuted`], [`Scenario::rotated`] | the whole set, transformed | the class, transform unknown |
//! | [`Scenario::iid`], [`Scenario::in_order`], [`Scenario::given`] | one | the class |
//!
//! [`Scenario::blurred`] takes away the boundaries of any of them.
//!
//! **Seeds and orders.** Every draw comes from [`stream`](crate::stream) under the seed given and a name of its own
//! (`scenario/classes`, `scenario/parts`, `scenario/permutation/E`, `scenario/shuffle/E`, `scenario/blur`).
//! *The order of the classes shifts results* by a percent and more, so a result without its class order
//! ([`Scenario::class_order`]) or without several of them is not comparable with any other.
//!
//! ```
//! use attractor_data::scenario::{ClassOrder, Scenario};
//! use attractor_data::{Set, Shape};
//! use ndarray::Array2;
//!
//! let set = Set::new("six", Array2::zeros((6, 2)), Shape::Vector(2))?.with_labels(vec![0, 1, 2, 3, 0, 3])?;
//! let scenario = Scenario::class_incremental(&set, &ClassOrder::Given(vec![3, 0, 1, 2]), 2)?;
//! let seen: Vec<_> = scenario.samples(&set)?.map(|moment| (moment.experience, moment.label)).collect();
//! assert_eq!(seen, [(0, Some(0)), (0, Some(3)), (0, Some(0)), (0, Some(3)), (1, Some(1)), (1, Some(2))]);
//! # Ok::<(), attractor_data::Error>(())
//! ```

mod blur;
mod classes;
mod delay;
mod experience;
mod instances;
mod moment;
mod order;
mod timeline;
mod transform;

pub use blur::Blur;
pub use classes::ClassOrder;
pub use delay::{Delayed, Turn, delayed};
pub use experience::{Experience, Scenario, Target};
pub use instances::First;
pub use moment::{Moment, Moments};
pub use order::read_order;
pub use timeline::Timeline;
pub use transform::Transform;

use crate::{Error, Set};

/// The labels of a set, where there have to be some.
fn labels(set: &Set) -> Result<&[u32], Error> {
    set.labels().ok_or_else(|| Error::Count {
        place: format!("labels of set {}", set.name()),
        expected: set.len(),
        found: 0,
    })
}
