//! Files of energy networks.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use std::path::Path;

use attractor_nets::Error;
use attractor_nets::energy::{Bias, Dense, Identity, LayerNorm, Network, Shape, Softmax, Tanh};
use attractor_nets::training::NamedWeights;
use burn::tensor::Device;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Config {
    neurons: usize,
    memories: usize,
    middle: Middle,
    bias: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Middle {
    Softmax,
    Tanh,
    Norm,
}

const CONFIG: Config = Config { neurons: 5, memories: 7, middle: Middle::Softmax, bias: 1 };

fn build(config: &Config, seed: u64) -> Result<Network, Error> {
    let shape = Shape::vector(config.memories);
    let builder = Network::builder().layer("image", Shape::vector(config.neurons), Identity);
    let mut builder = match config.middle {
        Middle::Softmax => builder.layer("memories", shape, Softmax { beta: 2.0 }),
        Middle::Tanh => builder.layer("memories", shape, Tanh { beta: 2.0 }),
        Middle::Norm => builder.layer("memories", shape, LayerNorm { eps: 1e-5 }),
    };
    builder = builder.synapse("patterns", Dense::default(), &["image", "memories"]);
    for bias in 0..config.bias {
        builder = builder.synapse(&format!("bias {bias}"), Bias, &["image"]);
    }
    Ok(builder.build(&Device::flex().autodiff(), &mut ChaCha8Rng::seed_from_u64(seed))?)
}

/// What comes of loading a file of `CONFIG` into a network of another config.
fn refused(path: &Path, other: Config) -> Error {
    build(&CONFIG, 1).unwrap().save(&CONFIG, path).unwrap();
    Network::load(path, |_: &Config| build(&other, 2)).unwrap_err()
}

#[test]
fn what_comes_back_is_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("network.safetensors");
    let network = build(&CONFIG, 1).unwrap();
    network.save(&CONFIG, &path).unwrap();
    let (same, config) = Network::load(&path, |config: &Config| build(config, 2)).unwrap();
    assert_eq!(config, CONFIG);
    assert_eq!(same.weights().unwrap(), network.weights().unwrap());
    assert_ne!(build(&CONFIG, 2).unwrap().weights().unwrap(), network.weights().unwrap());
    for name in ["patterns.weight", "bias 0.bias"] {
        assert!(same.parameter(name).unwrap().is_require_grad(), "{name} is learned on");
    }
}

#[test]
fn parameters_of_another_graph_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("network.safetensors");
    let cases = [
        (Config { memories: 6, ..CONFIG }, "patterns.weight: expected [5, 6], found [5, 7]"),
        (Config { bias: 2, ..CONFIG }, "missing [bias 1.bias [1, 5]]"),
        (Config { bias: 0, ..CONFIG }, "unexpected [bias 0.bias [1, 5]]"),
        (Config { middle: Middle::Norm, ..CONFIG }, "missing [memories.delta [1, 7], memories.gamma [1, 1]]"),
    ];
    for (other, expected) in cases {
        let error = refused(&path, other);
        assert!(matches!(error, Error::Weights { .. }) && error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn layers_of_another_kind_are_named_though_their_parameters_fit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("network.safetensors");
    let error = refused(&path, Config { middle: Middle::Tanh, ..CONFIG });
    let Error::Checkpoint { option: "graph", expected, found, .. } = error else { panic!("{error}") };
    assert_eq!(found, "layer memories: 1x1x7 of softmax with time constant 1");
    assert_eq!(expected, "layer memories: 1x1x7 of tanh with time constant 1");
}

#[test]
fn what_is_no_network_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("network.safetensors");
    let load = || Network::load(&path, |config: &Config| build(config, 2)).unwrap_err().to_string();
    assert!(load().contains("network.safetensors"), "a file that is not there");
    std::fs::write(&path, [7; 40]).unwrap();
    assert!(load().contains("network.safetensors"), "no safetensors");
    let network = build(&CONFIG, 1).unwrap();
    network.weights().unwrap().write(&path).unwrap();
    assert!(load().contains("not the file of an energy network"), "{}", load());
    network.save(&CONFIG, &path).unwrap();
    let later = NamedWeights::read(&path).unwrap().with_text("attractor.energy_network", "{\"schema\":2}");
    later.write(&path).unwrap();
    assert!(load().contains("schema 2: this program knows 1"), "{}", load());
    let spoilt =
        network.with_parameter("bias 0.bias", burn::tensor::Tensor::full([1, 5], f32::NAN, &Device::flex()));
    spoilt.unwrap().save(&CONFIG, &path).unwrap();
    assert!(load().contains("not finite"), "{}", load());
}
