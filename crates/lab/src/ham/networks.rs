//! Random energy networks.

use attractor_nets::energy::{
    Attention, Bias, Builder, Convolution, Dense, Diagonal, EnergyError, Exponential, GhostSoftmax,
    Hyperedge, Identity, LayerNorm, Memory, Network, Pooling, Profile, RectifiedExponential,
    RectifiedPolynomial, Shape, Sigmoid, Softmax, SphericalNorm, Synapse, Tanh,
};
use burn::tensor::{DType, Device, Tensor};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Names of the Lagrangians and synapses that a network has.
pub(super) type Kinds = Vec<&'static str>;

/// A network under construction.
struct Draft<'a> {
    rng: &'a mut ChaCha8Rng,
    builder: Builder,
    kinds: Kinds,
    layers: Vec<Shape>,
    synapses: usize,
    /// Synapse and layer that feedback may be taken from.
    feedback: Option<(String, String)>,
}

/// A network of 2 to 4 layers, and, where `feedback` says so, the same with one synapse that sends nothing to one of
/// its layers.
pub(super) fn drawn(rng: &mut ChaCha8Rng, feedback: Feedback) -> Result<(Network, Kinds), EnergyError> {
    let image = Shape::image([4, 5], 2);
    let mut draft = Draft {
        rng,
        builder: Network::builder(),
        kinds: Vec::new(),
        layers: Vec::new(),
        synapses: 0,
        feedback: None,
    };
    draft.layer(image);
    for _ in 0..draft.rng.random_range(1..4) {
        draft.above();
    }
    for at in 0..draft.layers.len() {
        draft.alone(at);
    }
    let Draft { rng, mut builder, kinds, feedback: pair, .. } = draft;
    if let (Feedback::Missing, Some((synapse, layer))) = (feedback, &pair) {
        builder = builder.without_feedback(synapse, layer);
    }
    Ok((builder.build(&Device::flex(), rng)?.with_type(DType::F64), kinds))
}

/// Whether all synapses send to all their layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Feedback {
    Whole,
    Missing,
}

impl Draft<'_> {
    fn between(&mut self, low: f64, high: f64) -> f64 {
        self.rng.random_range(low..high)
    }

    fn layer(&mut self, shape: Shape) {
        let name = format!("layer {}", self.layers.len());
        let beta = self.between(0.2, 1.0);
        let builder = std::mem::take(&mut self.builder);
        let (builder, kind) = match self.rng.random_range(0..10) {
            0 => (builder.layer(&name, shape, Identity), "identity"),
            1 => {
                let degree = self.rng.random_range(2..4);
                (builder.layer(&name, shape, RectifiedPolynomial { degree }), "rectified polynomial")
            }
            2 => (builder.layer(&name, shape, Exponential { beta }), "exponential"),
            3 => (builder.layer(&name, shape, RectifiedExponential { beta }), "rectified exponential"),
            4 => (builder.layer(&name, shape, Tanh { beta }), "tanh"),
            5 => (builder.layer(&name, shape, Sigmoid { beta, scale: 2.0 * beta }), "sigmoid"),
            6 => (builder.layer(&name, shape, Softmax { beta }), "softmax"),
            7 => (builder.layer(&name, shape, GhostSoftmax { beta }), "ghost softmax"),
            8 => (builder.layer(&name, shape, LayerNorm { eps: 0.1 }), "layer norm"),
            _ => (builder.layer(&name, shape, SphericalNorm { eps: 0.1 }), "spherical norm"),
        };
        let tau = self.between(1.0, 3.0);
        self.builder = builder.time_constant(&name, tau);
        self.kinds.push(kind);
        self.layers.push(shape);
    }

    fn synapse(&mut self, synapse: impl Synapse + 'static, kind: &'static str, layers: &[usize]) {
        let name = format!("synapse {}", self.synapses);
        let layers: Vec<String> = layers.iter().map(|at| format!("layer {at}")).collect();
        let names: Vec<&str> = layers.iter().map(String::as_str).collect();
        self.builder = std::mem::take(&mut self.builder).synapse(&name, synapse, &names);
        if layers.len() == 2 {
            self.feedback = Some((name, layers[0].clone()));
        }
        self.kinds.push(kind);
        self.synapses += 1;
    }

    /// A layer joined to the last one.
    fn above(&mut self) {
        let below = self.layers.len() - 1;
        let shape = self.layers[below];
        let width = self.rng.random_range(2..6);
        let pooling = match self.rng.random_range(0..3) {
            0 => Pooling::None,
            1 => Pooling::Average { size: 2 },
            _ => Pooling::SoftMax { size: 2, beta: self.between(0.5, 3.0) },
        };
        let padding = self.rng.random_range(0..2);
        let stride = [1, self.rng.random_range(1..3)];
        let filters = Convolution {
            pooling,
            padding: [padding, padding],
            stride,
            deviation: 0.15,
            ..Convolution::of([2, 2])
        };
        let choice = self.rng.random_range(0..4);
        if let (0 | 1, Some(output)) = (choice, filters.output(shape, width)) {
            self.layer(output);
            let kind = match pooling {
                Pooling::None => "convolution",
                Pooling::Average { .. } => "convolution, average pooling",
                Pooling::SoftMax { .. } => "convolution, soft-max pooling",
            };
            self.synapse(filters, kind, &[below, below + 1]);
        } else if choice == 2 {
            self.layer(Shape::tokens(3, width));
            let attention = Attention { deviation: 0.3, ..Attention::of(2, 3) };
            self.synapse(attention, "attention between layers", &[below, below + 1]);
        } else {
            self.layer(Shape::vector(width));
            let deviation = 0.5 / (shape.neurons() as f64).sqrt();
            self.synapse(Dense { deviation }, "dense", &[below, below + 1]);
        }
    }

    /// Something of a layer's own.
    fn alone(&mut self, at: usize) {
        let beta = self.between(0.5, 2.0);
        let memory = |profile| Memory { deviation: 0.4, ..Memory::of(4, profile) };
        match self.rng.random_range(0..7) {
            0 => self.synapse(Bias, "bias", &[at]),
            1 => self.synapse(memory(Profile::Softmax { beta }), "memory, softmax", &[at]),
            2 => self.synapse(memory(Profile::Rectified), "memory, rectified", &[at]),
            3 => self.synapse(memory(Profile::Entmax { beta }), "memory, entmax", &[at]),
            4 => {
                let diagonal = match self.rng.random::<bool>() {
                    true => Diagonal::Included,
                    false => Diagonal::Excluded,
                };
                let attention = Attention { diagonal, deviation: 0.3, ..Attention::of(2, 3) };
                self.synapse(attention, "attention", &[at]);
            }
            5 => {
                let waves = Hyperedge::new("waves", |g: &[Tensor<3>]| {
                    let [batch, ..] = g[0].dims();
                    (g[0].clone().sin() * 0.5).sum_dim(2).sum_dim(1).reshape([batch])
                });
                self.synapse(waves, "hyperedge", &[at]);
            }
            _ => {}
        }
    }
}
