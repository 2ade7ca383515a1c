//! Fitting a Burn module to samples.
//!
//! A [`Task`] says what a model is, what the loss of a batch is, and how good a model does on a set; samples are
//! known by their index. [`Fit`] runs the epochs: shuffled batches, a [`Schedule`] of the learning rate, clipped
//! gradients, [`Stopping`] on validation samples with the best weights kept, a [`History`], and checkpoints from which a
//! run goes on with the same bits.
//!
//! [`nested`] chooses among candidates inside each training fold and measures on the fold that was held out. [`each`]
//! runs independent fits on a few threads, every one of them single-threaded inside: small models spend their time in
//! the overhead of operations, not in arithmetic.
//!
//! **Determinism.** Weights, order and dropout are drawn from [`Draws`] of a seed; the generator of Burn's device is global
//! and must not be used by a task (leave the `dropout` of a layer at 0 and drop with [`keep`] instead). Inside
//! [`each`] the same seed gives the same bits for any number of threads.
//!
//! ```
//! use attractor_nets::Error;
//! use attractor_nets::training::{Fit, Split, Task, TrainingConfig, scalars};
//! use burn::module::{Module, Param};
//! use burn::tensor::{Device, Tensor};
//! use rand_chacha::ChaCha8Rng;
//!
//! #[derive(Module, Debug)]
//! struct Line {
//!     slope: Param<Tensor<1>>,
//! }
//!
//! /// y = 3 x, from eight points.
//! struct Points;
//!
//! fn points(of: &[usize], device: &Device) -> Tensor<1> {
//!     Tensor::from_floats(of.iter().map(|&i| i as f32 / 8.0).collect::<Vec<_>>().as_slice(), device)
//! }
//!
//! impl Task for Points {
//!     type Model = Line;
//!     fn init(&self, device: &Device, _rng: &mut ChaCha8Rng) -> Result<Line, Error> {
//!         Ok(Line { slope: Param::from_tensor(Tensor::zeros([1], device)) })
//!     }
//!     fn loss(&self, model: &Line, batch: &[usize], device: &Device, _: &mut ChaCha8Rng) -> Result<Tensor<1>, Error> {
//!         let x = points(batch, device);
//!         Ok((x.clone() * model.slope.val() - x * 3.0).square().mean())
//!     }
//!     fn measure(&self, model: &Line, _set: &[usize]) -> Result<f64, Error> {
//!         Ok(-(scalars(model.slope.val())?[0] - 3.0).abs())
//!     }
//! }
//!
//! let config = TrainingConfig::sgd(0.5, 50).with_batch(4);
//! let all: Vec<usize> = (0..8).collect();
//! let fitted = Fit::new(&Points, &config, 1).run(&Split { train: all, held: vec![] })?;
//! assert!((scalars(fitted.model.slope.val())?[0] - 3.0).abs() < 1e-2);
//! # Ok::<(), Error>(())
//! ```

mod batches;
mod checkpoint;
mod config;
mod digest;
mod draws;
mod each;
mod fit;
mod flat;
mod folds;
mod history;
mod nested;
mod options;
mod padding;
mod schedule;
mod stop;
mod task;
mod weights;

pub use batches::batches;
pub use config::{RuleConfig, TrainingConfig};
pub use digest::digest;
pub use draws::{Draws, keep};
pub use each::each;
pub use fit::{Fit, Fitted};
pub use folds::{Split, check_folds};
pub use history::{Epoch, History};
pub use nested::{Chosen, nested, select};
pub use padding::{Padded, padded};
pub use schedule::Schedule;
pub use stop::Stopping;
pub use task::{Task, scalars};
pub use weights::NamedWeights;
