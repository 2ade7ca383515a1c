//! Networks that complete images.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use attractor_nets::Error;
use attractor_nets::energy::{Credit, Shape};
use attractor_nets::models::{
    Activation, Completer, CompleterConfig, ConvolutionalConfig, EnergyTransformerConfig, ThreeLayerConfig,
    TransformerBlock, TwoLayerConfig,
};
use attractor_nets::relaxation::{Relaxation, Solver};
use attractor_nets::training::{Draws, NamedWeights, scalars};
use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams, SgdConfig};
use burn::tensor::Device;
use ndarray::{Array2, s};

const SIDE: usize = 8;

/// One network of each kind, small.
fn configs() -> Vec<CompleterConfig> {
    let block =
        TransformerBlock { width: 12, heads: 2, depth: 4, memories: 16, ..TransformerBlock::default() };
    vec![
        CompleterConfig::TwoLayer(TwoLayerConfig { hidden: 16, ..TwoLayerConfig::default() }),
        CompleterConfig::TwoLayer(TwoLayerConfig {
            hidden: 16,
            activation: Activation::Softmax(2.0),
            ..TwoLayerConfig::default()
        }),
        CompleterConfig::ThreeLayer(ThreeLayerConfig { hidden: 16, top: 6, ..ThreeLayerConfig::default() }),
        CompleterConfig::Convolutional(ConvolutionalConfig {
            filters: 3,
            kernel: 3,
            top: 6,
            ..ConvolutionalConfig::default()
        }),
        CompleterConfig::EnergyTransformer(EnergyTransformerConfig {
            block,
            ..EnergyTransformerConfig::default()
        }),
    ]
}

fn build(config: &CompleterConfig, device: &Device) -> Completer {
    config.build(Shape::image([SIDE, SIDE], 1), device, &mut Draws::Weights.rng(1)).unwrap()
}

/// Bars at different places, and everything but the lower half known.
fn bars() -> (Array2<f32>, Array2<bool>) {
    let images = Array2::from_shape_fn((6, SIDE * SIDE), |(image, pixel)| {
        f32::from(u8::from((pixel % SIDE) / 2 == image % 4 || (pixel / SIDE) == image))
    });
    let known = Array2::from_shape_fn(images.dim(), |(_, pixel)| pixel < SIDE * SIDE / 2);
    (images, known)
}

/// Every kind, trained for a few steps.
fn trained(config: &CompleterConfig, steps: usize) -> (Completer, Vec<f64>) {
    let device = Device::flex().autodiff();
    let (images, known) = bars();
    let mean = images.mean_axis(ndarray::Axis(0)).unwrap();
    let mut completer = build(config, &device).expecting(mean.view()).unwrap();
    let mut optimiser = AdamConfig::new().init();
    let mut losses = Vec::new();
    for _ in 0..steps {
        let loss = completer.loss(images.view(), known.view(), &completer.unrolled(), &device).unwrap();
        losses.push(scalars(loss.clone()).unwrap()[0]);
        let gradients = GradientsParams::from_grads(loss.backward(), &completer);
        completer = optimiser.step(0.02, completer, gradients);
    }
    (completer.valid(), losses)
}

#[test]
fn every_kind_learns_and_its_energy_never_rises() {
    let (images, known) = bars();
    for config in configs() {
        let (completer, losses) = trained(&config, 40);
        assert!(losses[39] < 0.75 * losses[0], "{config:?}: {} to {}", losses[0], losses[39]);
        let how = Relaxation { steps: 30, ..completer.relaxation() };
        let done = completer.complete(images.view(), known.view(), &how).unwrap();
        let energies = &done.report.energies;
        assert!(energies.len() > 5, "{config:?}");
        for pair in energies.windows(2) {
            // In single precision: by no more than its rounding.
            let falls = |(before, after): (&f64, &f64)| *after <= before + 1e-5 * (1.0 + before.abs());
            assert!(pair[0].iter().zip(&pair[1]).all(falls), "{config:?}: {pair:?}");
        }
        for (pixel, (&completed, &given)) in done.images.indexed_iter().map(|(at, x)| (at, (x, &images[at])))
        {
            assert!((0.0..=1.0).contains(&completed));
            assert!(!known[pixel] || completed == given, "{config:?}: a known pixel moved");
        }
    }
}

#[test]
fn an_image_depends_on_nothing_but_its_known_pixels() {
    let (images, known) = bars();
    for config in configs() {
        let (completer, _) = trained(&config, 5);
        let how = completer.relaxation();
        let together = completer.complete(images.view(), known.view(), &how).unwrap();
        let mut other = images.clone();
        other.zip_mut_with(&known, |pixel, known| *pixel = if *known { *pixel } else { f32::NAN });
        let alone = completer.complete(other.slice(s![2..3, ..]), known.slice(s![2..3, ..]), &how).unwrap();
        let apart = &alone.images.row(0) - &together.images.row(2);
        assert!(apart.iter().all(|apart| apart.abs() < 1e-5), "{config:?}: {apart}");
        let many = Array2::from_shape_fn((251, SIDE * SIDE), |(row, pixel)| images[[row % 6, pixel]]);
        let marks = Array2::from_shape_fn(many.dim(), |(_, pixel)| known[[0, pixel]]);
        let done = completer.complete(many.view(), marks.view(), &how).unwrap();
        assert_eq!((done.images.nrows(), done.report.converged.len()), (251, 251));
        let apart = &done.images.row(250) - &together.images.row(4);
        assert!(apart.iter().all(|apart| apart.abs() < 1e-5), "{config:?}: {apart}");
    }
}

/// A small step against the gradient lowers the loss by its squared length times the rate, to first order.
#[test]
fn the_gradient_is_that_of_the_loss() {
    let device = Device::flex().autodiff();
    let (images, known) = bars();
    for config in configs() {
        let completer = build(&config, &device);
        let loss = |of: &Completer| of.loss(images.view(), known.view(), &of.unrolled(), &device).unwrap();
        let before = loss(&completer);
        let gradients = GradientsParams::from_grads(before.backward(), &completer);
        let old = completer.weights().unwrap();
        let stepped = |rate: f64| {
            let gradients = GradientsParams::from_grads(loss(&completer).backward(), &completer);
            SgdConfig::new().init().step(rate, completer.clone(), gradients)
        };
        drop(gradients);
        let one = stepped(1.0).weights().unwrap();
        let square: f64 = old.shapes().map(|(name, _)| squared(&old, &one, name)).sum();
        // Short against tokens of 0.02, which a layer norm makes large.
        let rate = 5e-4 / square.sqrt();
        let value = |of: &Completer| scalars(loss(of)).unwrap()[0];
        let slope = (value(&stepped(-rate)) - value(&stepped(rate))) / (2.0 * rate);
        assert!((slope / square - 1.0).abs() < 0.03, "{config:?}: {slope} against {square}");
        // The control: twice the length is told apart.
        assert!((slope / (4.0 * square) - 1.0).abs() > 0.03);
    }
}

fn squared(old: &NamedWeights, new: &NamedWeights, name: &str) -> f64 {
    let (old, new) = (old.numbers(name).unwrap(), new.numbers(name).unwrap());
    old.iter().zip(new).map(|(a, b)| f64::from(a - b).powi(2)).sum()
}

#[test]
fn credit_at_the_fixed_point_is_that_of_many_steps() {
    let device = Device::flex().autodiff();
    let (images, known) = bars();
    let completer = build(&configs()[0], &device);
    let gradients = |credit: &Credit| {
        let loss = completer.loss(images.view(), known.view(), credit, &device).unwrap();
        let gradients = GradientsParams::from_grads(loss.clone().backward(), &completer);
        let one = SgdConfig::new().init().step(1.0, completer.clone(), gradients);
        (scalars(loss).unwrap()[0], one.weights().unwrap())
    };
    let relaxation = Relaxation { steps: 200, tolerance: 1e-6, solver: Solver::Euler { dt: 0.5 } };
    let (loss, implicit) = gradients(&Credit::Implicit { relaxation, tolerance: 1e-6, iterations: 100 });
    let (same, unrolled) = gradients(&Credit::Unrolled { dt: 0.5, steps: 60 });
    assert!((loss - same).abs() < 1e-5);
    let old = completer.weights().unwrap();
    for (name, _) in old.shapes() {
        let apart = squared(&implicit, &unrolled, name).sqrt();
        let length = squared(&old, &unrolled, name).sqrt();
        assert!(apart < 0.01 * length, "{name}: {apart} of {length}");
    }
}

#[test]
fn what_comes_back_from_a_file_completes_alike() {
    let folder = tempfile::tempdir().unwrap();
    let (images, known) = bars();
    for (place, config) in configs().iter().enumerate() {
        let path = folder.path().join(format!("{place}.safetensors"));
        let (completer, _) = trained(config, 3);
        completer.save(&path).unwrap();
        let same = Completer::load(&path, &Device::flex()).unwrap();
        assert_eq!((same.config(), same.image()), (config, completer.image()));
        let how = completer.relaxation();
        let done = |of: &Completer| of.complete(images.view(), known.view(), &how).unwrap();
        assert_eq!(done(&same), done(&completer), "{config:?}");
    }
}

#[test]
fn files_of_other_networks_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let completer = build(&configs()[4], &Device::flex());
    completer.save(&path).unwrap();
    let file = NamedWeights::read(&path).unwrap();
    let text = file.text("attractor.energy_network").unwrap().replace("\"width\":12", "\"width\":10");
    file.clone().with_text("attractor.energy_network", text).write(&path).unwrap();
    let error = Completer::load(&path, &Device::flex()).unwrap_err().to_string();
    assert!(error.contains("encoder.weight: expected [16, 10], found [16, 12]"), "{error}");
    let text = file.text("attractor.energy_network").unwrap().replace("layer norm", "identity");
    file.with_text("attractor.energy_network", text).write(&path).unwrap();
    let error = Completer::load(&path, &Device::flex()).unwrap_err();
    assert!(matches!(error, Error::Checkpoint { option: "graph", .. }), "{error}");
}

#[test]
fn mistakes_are_named() {
    let device = Device::flex();
    let (mut images, known) = bars();
    let completer = build(&configs()[0], &device);
    let how = completer.relaxation();
    let refused = |images: &Array2<f32>, known: &Array2<bool>| {
        completer.complete(images.view(), known.view(), &how).unwrap_err().to_string()
    };
    let narrow = images.slice(s![.., ..40]).to_owned();
    assert_eq!(refused(&narrow, &known), "pixels of an image: expected 64, found 40");
    let few = known.slice(s![..2, ..]).to_owned();
    assert!(refused(&images, &few).starts_with("which pixels are known: expected the shape [6, 64]"));
    images[[1, 3]] = 1.5;
    assert_eq!(refused(&images, &known), "known pixel = 1.5: must be from 0 to 1");
    images[[1, 3]] = f32::NAN;
    assert_eq!(refused(&images, &known), "known pixel = NaN: must be from 0 to 1");
    let none = Array2::zeros((0, 64));
    assert!(refused(&none, &none.mapv(|_: f32| true)).starts_with("images = 0"));

    let built = |config: CompleterConfig| {
        let rng = &mut Draws::Weights.rng(1);
        config.build(Shape::image([SIDE, SIDE], 1), &device, rng).unwrap_err().to_string()
    };
    let two = TwoLayerConfig::default();
    assert!(
        built(CompleterConfig::TwoLayer(TwoLayerConfig { steps: 0, ..two.clone() })).starts_with("steps = 0")
    );
    assert!(
        built(CompleterConfig::TwoLayer(TwoLayerConfig { dt: -1.0, ..two.clone() })).starts_with("dt = -1")
    );
    assert!(built(CompleterConfig::TwoLayer(TwoLayerConfig { hidden: 0, ..two })).contains("layer hidden"));
    let large = ConvolutionalConfig { kernel: 9, ..ConvolutionalConfig::default() };
    assert!(built(CompleterConfig::Convolutional(large)).starts_with("kernel: the filters"));
    let odd = EnergyTransformerConfig { patch: 3, ..EnergyTransformerConfig::default() };
    assert!(built(CompleterConfig::EnergyTransformer(odd)).starts_with("patch: its side"));

    let device = Device::flex().autodiff();
    let transformer = build(&configs()[4], &device);
    let (images, known) = bars();
    let credit = Credit::Implicit { relaxation: how, tolerance: 1e-3, iterations: 10 };
    let error = transformer.loss(images.view(), known.view(), &credit, &device).unwrap_err().to_string();
    assert!(error.starts_with("credit: an Energy Transformer is trained unrolled"), "{error}");
}
