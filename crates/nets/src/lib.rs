//! Trainable networks on Burn.
//!
//! **What.** [`Mlp`], a multilayer perceptron whose weights are one flat vector: to save, to average, to carry
//! over into a larger head. [`Loss`] says what its outputs should have been, [`Optimiser`] moves the weights.
//! [`fused`] has the association of a Hopfield layer as one operation on arrays, with its own gradients.
//!
//! [`hopfield`] has the layers of modern Hopfield networks as Burn modules, for any Burn device, and [`association`]
//! what they compute: state patterns look stored patterns up, step by step, with an energy that never rises. It is
//! that operation in f32 on the CPU, and Burn's own elsewhere.
//!
//! [`training`] fits any Burn module to samples: batches, schedules, early stopping, checkpoints, nested
//! cross-validation. [`models`] has the networks that learn from bags of instances.
//!
//! [`energy`] has networks of layers and synapses with one energy, as a Burn module too, and [`relaxation`] lets such
//! systems fall to rest.
//!
//! **When not.** The perceptron is not for a graphics card: it runs on Burn's `Device::flex()`, the CPU.
//!
//! **Determinism.** Weights are drawn from the generator that is handed in, gradients come from Burn's automatic
//! differentiation, updates are plain arithmetic: the same calls give the same bits for any number of threads.
//!
//! ```
//! use attractor_nets::{Loss, Mlp, Optimiser};
//! use ndarray::array;
//! use rand::SeedableRng;
//! use rand_chacha::ChaCha8Rng;
//!
//! let mut network = Mlp::new(&[2, 16, 2], &mut ChaCha8Rng::seed_from_u64(1))?;
//! let mut optimiser = Optimiser::adam(0.05)?;
//! let (inputs, classes) = (array![[0., 0.], [0., 1.], [1., 0.], [1., 1.]], [0, 1, 1, 0]);
//! for _ in 0..200 {
//!     let loss = |outputs: &mut Loss<'_>| outputs.mean_cross_entropy(0, &classes, |_, _| true);
//!     network.step(inputs.view(), loss, &mut optimiser)?;
//! }
//! let outputs = network.forward(inputs.view())?;
//! for (row, class) in outputs.rows().into_iter().zip(classes) {
//!     assert_eq!(u32::from(row[1] > row[0]), class);
//! }
//! # Ok::<(), attractor_nets::Error>(())
//! ```

pub mod association;
mod dense;
pub mod energy;
mod error;
pub mod fused;
pub mod hopfield;
mod loss;
mod mlp;
pub mod models;
mod optimiser;
pub mod relaxation;
mod selu;
mod shape;
pub mod training;

pub use error::Error;
pub use loss::Loss;
pub use mlp::{Draw, Mlp};
pub use optimiser::{Optimiser, Rule};
