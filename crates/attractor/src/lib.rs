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

pub use attractor_data as data;
pub use attractor_kernel as kernel;
pub use attractor_lab as lab;
pub use attractor_memory::*;
