//! Energy networks: layers of neurons, synapses between them, one energy that falls while the network recalls.
//!
//! Every layer a has a state `x`, a [`Lagrangian`] `L` and the activation `g = dL/dx`; every [`Synapse`] an energy of
//! the activations of the layers that it joins. The whole has
//!
//! ```text
//! E = sum_a [x_a . g_a - L_a(x_a)] + sum_s E_s(g ...)        tau_a dx_a/dt = -dE/dg_a = -(x_a + sum_s dE_s/dg_a)
//! ```
//!
//! and E never rises along the flow while the Lagrangians are convex (Krotov and Hopfield 2021; Krotov 2021,
//! Hierarchical associative memory; Hoover et al. 2022). With two layers this is the theory of
//! `attractor_memory::two_body`.
//!
//! **What.** [`Network`] is the hypergraph with its parameters, a Burn module; [`Flow`] the network with some neurons
//! clamped, for [`relaxation`](crate::relaxation); [`Credit`] trains it. A new Lagrangian or synapse is one type.
//!
//! **Shapes.** A layer is a grid of positions with a width ([`Shape`]), its state a tensor `(batch, positions,
//! width)`. A batch of states is one such tensor per layer, in the order of the layers.
//!
//! ```
//! use attractor_nets::energy::{Clamps, Dense, Identity, Network, Shape, Softmax};
//! use attractor_nets::relaxation::Relaxation;
//! use burn::tensor::{Device, Tensor};
//! use rand::SeedableRng;
//! use rand_chacha::ChaCha8Rng;
//!
//! // The modern Hopfield network as two layers: three patterns, beta 8.
//! let device = Device::flex();
//! let patterns = Tensor::<2>::from_data([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]], &device);
//! let network = Network::builder()
//!     .layer("features", Shape::vector(2), Identity)
//!     .layer("memories", Shape::vector(3), Softmax { beta: 8.0 })
//!     .synapse("patterns", Dense::default(), &["features", "memories"])
//!     .build(&device, &mut ChaCha8Rng::seed_from_u64(1))?
//!     .with_parameter("patterns.weight", patterns.transpose())?;
//! let mut states = network.zeros(1);
//! network.place(&mut states, "features", Tensor::from_data([[[0.9, 0.2]]], &device))?;
//! let report = network.relax(&mut states, &Clamps::none(), &Relaxation::euler(0.1))?;
//! assert!(report.converged[0]);
//! let recalled = states[0].clone().try_into_vec_as::<f32>().unwrap();
//! assert!(recalled[0] > 0.99 && recalled[1] < 0.01);
//! # Ok::<(), attractor_nets::energy::EnergyError>(())
//! ```

mod builder;
mod clamps;
mod credit;
mod error;
mod file;
mod flow;
mod implicit;
mod lagrangian;
mod network;
mod parameter;
mod shape;
mod synapse;

pub use builder::Builder;
pub use clamps::{Breach, Clamps};
pub use credit::{Assigned, Credit, Loss, local};
pub use error::{EnergyError, Misfit};
pub(crate) use file::Opened;
pub use flow::Flow;
pub use lagrangian::{
    Evaluated, Exponential, GhostSoftmax, Identity, Lagrangian, LayerNorm, RectifiedExponential,
    RectifiedPolynomial, Sigmoid, Softmax, SphericalNorm, Tanh,
};
pub use network::{Energies, Network};
pub(crate) use parameter::gaussian;
pub use parameter::{Draw, Parameter};
pub use shape::Shape;
pub use synapse::{
    Attention, Bias, Convolution, Curvature, Dense, Diagonal, Ends, Hyperedge, Memory, Pooling, Profile,
    Synapse,
};
