//! Associative memories: show one a thing and it remembers; show it a damaged piece and it recalls the whole.
//!
//! Every memory here reads alike, `similarity(cue, patterns) -> separation -> projection`, has an energy
//! that recall goes down, and reports what it did: states, steps, energies, which patterns answered.
//!
//! | patterns | take | cost of a step, `N` patterns of width `d` |
//! | --- | --- | --- |
//! | real vectors | [`Memory`] | `N d`, one streaming pass for any number of cues |
//! | -1 and +1, many | [`binary::DenseMemory`] | `N d` per sweep, on packed bits |
//! | -1 and +1, as a weight matrix | [`classical::Network`] | `d` per flip, `d^2` bytes whatever `N` is |
//! | neurons in continuous time | [`two_body::TwoBody`] | `N d` per time step, f64 |
//! | pairs that come one by one | [`key_value::KeyValue`] | `slots d` per read or write, f64 |
//!
//! [`certificate`] and [`capacity`] say how far a recall can be trusted.
//!
//! **When not.** Nothing here learns a representation: patterns are stored as they are. Search is exact and
//! linear in `N`; a million patterns of width 128 take some 20 ms per pass on two cores.
//!
//! ```
//! use attractor_memory::{Memory, Separation, Status};
//! use ndarray::array;
//!
//! let mut memory = Memory::builder(4).separation(Separation::entmax(1.5, 2.0)?).build()?;
//! memory.store(array![[1.0, 1.0, -1.0, -1.0], [1.0, -1.0, 1.0, -1.0]].view())?;
//!
//! let recall = memory.recall(array![[1.0, 0.9, -0.2, 0.0]].view())?;
//! assert_eq!(recall.status[0], Status::Converged);
//! assert_eq!(recall.states.row(0), array![1.0, 1.0, -1.0, -1.0]);
//! # Ok::<(), attractor_memory::Error>(())
//! ```

pub mod associative;
pub mod binary;
pub mod capacity;
pub mod certificate;
pub mod classical;
mod error;
pub mod file;
pub mod key_value;
mod lambert;
mod projection;
pub mod separation;
mod similarity;
mod status;
mod threads;
pub mod two_body;

pub use associative::{
    Associate, Association, BLOCK_ROWS, Block, Builder, Clamp, Detail, Dynamics, Energy, FixedPoint, Leading,
    Memory, Recall, Report, Told,
};
pub use error::Error;
pub use projection::Projection;
pub use separation::{Reach, Rectification, Separate, Separation};
pub use similarity::Similarity;
pub use status::Status;
pub use threads::Threads;
