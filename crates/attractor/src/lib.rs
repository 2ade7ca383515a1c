//! Associative memory and complementary learning: the facade.
//!
//! ```
//! use attractor::{Memory, Separation};
//! use ndarray::array;
//!
//! let mut memory = Memory::builder(2).separation(Separation::softmax(8.0)).build()?;
//! memory.store(array![[1.0, 0.0], [0.0, 1.0]].view())?;
//! assert_eq!(memory.recall(array![[0.8, 0.1]].view())?.reports[0].leading[0].id, 0);
//! # Ok::<(), attractor::Error>(())
//! ```
//!
//! A [`Learner`] keeps what it was shown once, and sleeps over it:
//!
//! ```
//! use attractor::{Budget, Learner};
//!
//! let mut learner = Learner::builder().seed(7).ephemeral()?; // or Learner::open("brain") for a directory
//! for x in [0.1, 0.2, 0.8, 0.9] {
//!     learner.observe(&[x, 1.0 - x], if x < 0.5 { "low" } else { "high" })?;
//! }
//! let answer = learner.predict(&[0.15, 0.85])?;
//! assert_eq!(answer.label.as_deref(), Some("low"));
//! assert_eq!(answer.episodes[0].label.as_deref(), Some("low")); // what it rests on
//! learner.sleep(Budget::updates(64))?;
//! # Ok::<(), attractor::learn::Error>(())
//! ```

pub use attractor_data as data;
pub use attractor_kernel as kernel;
pub use attractor_lab as lab;
pub use attractor_learn as learn;
pub use attractor_learn::{
    Answer, Budget, Completion, Forget, Learner, Look, Observed, Slow, Slumber, Vision,
};
pub use attractor_memory::*;
#[cfg(feature = "network")]
pub use attractor_nets as nets;
pub use attractor_store as store;
