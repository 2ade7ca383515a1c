//! Networks on bags: against plain formulas, and what must not matter.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use attractor_nets::Error;
use attractor_nets::models::{
    AttentionMilConfig, BagClassifierConfig, BagModel, BagModelConfig, EmbeddingConfig, Gate, cross_entropy,
};
use attractor_nets::training::{
    Draws, Fit, NamedWeights, Padded, RuleConfig, Split, Task, TrainingConfig, padded, scalars,
};
use burn::tensor::{Device, Tensor};
use ndarray::{Array2, Axis};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

const WIDTH: usize = 5;

fn bags(lengths: &[usize], seed: u64) -> Vec<Array2<f32>> {
    let mut rng = Draws::Fit(0).rng(seed);
    let bag = |&n: &usize| Array2::from_shape_simple_fn((n, WIDTH), || rng.random_range(-1.0f32..1.0));
    lengths.iter().map(bag).collect()
}

fn together(bags: &[Array2<f32>], device: &Device) -> Padded {
    padded(&bags.iter().map(|bag| bag.view()).collect::<Vec<_>>(), device).unwrap()
}

fn configs() -> Vec<BagModelConfig> {
    let embedding = EmbeddingConfig::Dense(vec![7, 6]);
    let hopfield = BagClassifierConfig {
        embedding: embedding.clone(),
        heads: 2,
        head_size: 3,
        hidden: 4,
        quantity: 2,
        updates: 1,
        beta: Some(2.0),
        ..BagClassifierConfig::default()
    };
    let attention = |gate| {
        let embedding = embedding.clone();
        BagModelConfig::Attention(AttentionMilConfig { embedding, attention: 3, gate, ..Default::default() })
    };
    vec![BagModelConfig::Hopfield(hopfield), attention(Gate::Tanh), attention(Gate::Gated)]
}

fn model(config: &BagModelConfig, seed: u64) -> BagModel {
    config.init(WIDTH, &Device::flex(), &mut Draws::Weights.rng(seed)).unwrap()
}

fn logits(model: &BagModel, bags: &[Array2<f32>]) -> Vec<f64> {
    scalars(model.logits(&together(bags, &Device::flex()), None).unwrap()).unwrap()
}

fn close(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() < 1e-5 * (1.0 + b.abs()), "{a} {b}");
    }
}

/// One row through a layer of `weights`, in f64.
fn layer(weights: &NamedWeights, name: &str, row: &[f64]) -> Vec<f64> {
    let (w, b) = (
        weights.numbers(&format!("{name}.weight")).unwrap(),
        weights.numbers(&format!("{name}.bias")).unwrap(),
    );
    let outputs = b.len();
    let output = |j: usize| {
        f64::from(b[j]) + row.iter().enumerate().map(|(i, x)| x * f64::from(w[i * outputs + j])).sum::<f64>()
    };
    (0..outputs).map(output).collect()
}

#[test]
fn attention_is_the_formula_of_its_paper() {
    let bags = bags(&[1, 4, 6], 3);
    for (config, gated) in [(&configs()[1], false), (&configs()[2], true)] {
        let model = model(config, 8);
        let BagModel::Attention(inside) = &model else { panic!("not attention") };
        let weights = NamedWeights::of(inside).unwrap();
        let naive = bags.iter().map(|bag| {
            let features: Vec<Vec<f64>> = bag
                .outer_iter()
                .map(|row| {
                    let mut state: Vec<f64> = row.iter().map(|&x| f64::from(x)).collect();
                    for place in 0..2 {
                        state = layer(&weights, &format!("embedding.layers.{place}"), &state);
                        state.iter_mut().for_each(|x| *x = x.max(0.0));
                    }
                    state
                })
                .collect();
            let score = |h: &Vec<f64>| {
                let mut state: Vec<f64> = layer(&weights, "tanh", h).iter().map(|x| x.tanh()).collect();
                if gated {
                    let gate = layer(&weights, "sigmoid", h);
                    state.iter_mut().zip(gate).for_each(|(s, g)| *s /= 1.0 + (-g).exp());
                }
                layer(&weights, "weight", &state)[0]
            };
            let raised: Vec<f64> = features.iter().map(|h| score(h).exp()).collect();
            let sum: f64 = raised.iter().sum();
            let pooled: Vec<f64> =
                (0..6).map(|j| features.iter().zip(&raised).map(|(h, a)| a / sum * h[j]).sum()).collect();
            layer(&weights, "output", &pooled)[0]
        });
        close(&logits(&model, &bags), &naive.collect::<Vec<_>>());
    }
}

#[test]
fn neither_bag_mates_nor_the_order_of_instances_matter() {
    let bags = bags(&[2, 9, 5], 4);
    for config in configs() {
        let model = model(&config, 2);
        let all = logits(&model, &bags);
        for (bag, logit) in bags.iter().zip(&all) {
            close(&logits(&model, std::slice::from_ref(bag)), &[*logit]);
            let turned: Vec<usize> = (0..bag.nrows()).rev().collect();
            close(&logits(&model, &[bag.select(Axis(0), &turned)]), &[*logit]);
        }
    }
}

#[test]
fn attention_sums_to_one_and_leaves_padding_out() {
    let bags = bags(&[2, 9, 5], 5);
    for config in configs() {
        let weights = model(&config, 2).attention(&together(&bags, &Device::flex())).unwrap();
        let weights = scalars(weights).unwrap();
        for (row, bag) in weights.chunks(9).zip(&bags) {
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-5);
            assert!(row[bag.nrows()..].iter().all(|&weight| weight == 0.0));
        }
    }
}

#[test]
fn every_parameter_is_moved_by_a_step() {
    struct One(BagModelConfig, Vec<Array2<f32>>);
    impl Task for One {
        type Model = BagModel;
        fn init(&self, device: &Device, rng: &mut ChaCha8Rng) -> Result<BagModel, Error> {
            self.0.init(WIDTH, device, rng)
        }
        fn loss(
            &self,
            model: &BagModel,
            _: &[usize],
            device: &Device,
            rng: &mut ChaCha8Rng,
        ) -> Result<Tensor<1>, Error> {
            let logits = model.logits(&together(&self.1, device), Some(rng))?;
            Ok(cross_entropy(logits, &[true, false, true]))
        }
        fn measure(&self, _: &BagModel, _: &[usize]) -> Result<f64, Error> {
            Ok(0.0)
        }
    }
    for config in configs() {
        let task = One(config.clone(), bags(&[3, 4, 5], 6));
        // AdamW moves by the rate, however small a gradient is.
        let training = TrainingConfig::adamw(0.01, 4).with_rule(RuleConfig::AdamW { decay: 0.0 });
        let before =
            NamedWeights::of(&task.init(&Device::flex(), &mut Draws::Weights.rng(1)).unwrap()).unwrap();
        let fitted = Fit::new(&task, &training, 1).run(&Split { train: vec![0], held: vec![] }).unwrap();
        let after = NamedWeights::of(&fitted.model).unwrap();
        for (name, _) in before.shapes() {
            if name.ends_with("weight.bias") {
                continue; // A softmax ignores a common shift.
            }
            // Beta is fixed in this configuration.
            let moved = before.numbers(name) != after.numbers(name);
            assert_eq!(moved, !name.ends_with("log_beta"), "{name} of {config:?}");
        }
    }
}

#[test]
fn dropped_instances_leave_one_and_features_keep_their_mean() {
    // Bag dropout alone: the logit of a bag with a single instance cannot change.
    let single = bags(&[1], 7);
    let several = bags(&[6], 7);
    let config = BagClassifierConfig { bag_dropout: 0.9, ..BagClassifierConfig::default() };
    let model = model(&BagModelConfig::Hopfield(config), 1);
    let mut rng = Draws::Noise(0).rng(1);
    let mut noisy = |bag: &[Array2<f32>]| {
        scalars(model.logits(&together(bag, &Device::flex()), Some(&mut rng)).unwrap()).unwrap()[0]
    };
    let mut draws = |bag: &[Array2<f32>]| -> Vec<f64> { (0..40).map(|_| noisy(bag)).collect() };
    assert!(draws(&single).iter().all(|&logit| (logit - logits(&model, &single)[0]).abs() < 1e-6));
    let many = draws(&several);
    assert!(many.iter().all(|logit| logit.is_finite()) && many.iter().any(|&logit| logit != many[0]));
}

#[test]
fn a_saved_model_is_the_same_and_another_architecture_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let bags = bags(&[3, 4], 9);
    for config in configs() {
        let model = model(&config, 3);
        model.save(&config, WIDTH, &path).unwrap();
        let (same, width) = BagModel::load(&path, &Device::flex()).unwrap();
        assert_eq!((width, logits(&same, &bags)), (WIDTH, logits(&model, &bags)));
    }
    let text = NamedWeights::read(&path).unwrap().put_into(model(&configs()[0], 1)).unwrap_err().to_string();
    assert!(text.contains("missing [") && text.contains("unexpected ["), "{text}");
    NamedWeights::default().write(&path).unwrap();
    let text = BagModel::load(&path, &Device::flex()).unwrap_err().to_string();
    assert!(text.contains("model.safetensors: weights without options"), "{text}");
}

#[test]
fn cross_entropy_is_finite_where_the_logit_is_large() {
    let logits = [0.3f32, -2.0, 400.0, -400.0];
    let labels = [true, true, false, true];
    let naive: f64 = logits
        .iter()
        .zip(labels)
        .map(|(&x, y)| {
            let x = f64::from(x);
            x.max(0.0) + (-x.abs()).exp().ln_1p() - if y { x } else { 0.0 }
        })
        .sum::<f64>()
        / 4.0;
    let ours = cross_entropy(Tensor::from_floats(logits, &Device::flex()), &labels).into_scalar::<f32>();
    assert!((f64::from(ours) - naive).abs() < 1e-4 * naive, "{ours} {naive}");
}

#[test]
fn sizes_that_make_no_network_are_refused() {
    let refused = |config: BagClassifierConfig, width: usize| {
        let config = BagModelConfig::Hopfield(config);
        config.init(width, &Device::flex(), &mut Draws::Weights.rng(1)).unwrap_err().to_string()
    };
    let base = BagClassifierConfig::default;
    assert!(refused(base(), 0).starts_with("width of an instance = 0"));
    assert!(refused(BagClassifierConfig { hidden: 0, ..base() }, 5).starts_with("hidden = 0"));
    assert!(refused(BagClassifierConfig { dropout: 1.0, ..base() }, 5).starts_with("dropout = 1"));
    assert!(refused(BagClassifierConfig { beta: Some(-1.0), ..base() }, 5).contains("-1"));
    let digits = EmbeddingConfig::Digits(9);
    let text = refused(BagClassifierConfig { embedding: digits, ..base() }, 5);
    assert_eq!(text, "pixels of a digit: expected 784, found 5");
    let model = model(&configs()[0], 1);
    let wide = padded(&[Array2::zeros((2, 6)).view()], &Device::flex()).unwrap();
    assert!(model.logits(&wide, None).unwrap_err().to_string().contains("expected the shape [2, 5]"));
    assert!(padded(&[Array2::zeros((0, 6)).view()], &Device::flex()).is_err());
    assert!(padded(&[Array2::zeros((1, 6)).view(), Array2::zeros((1, 5)).view()], &Device::flex()).is_err());
}

#[test]
fn pictures_of_digits_become_features() {
    let embedding =
        EmbeddingConfig::Digits(9).init(784, &Device::flex(), &mut Draws::Weights.rng(1)).unwrap();
    let mut rng = Draws::Fit(1).rng(1);
    let pixels: Vec<f32> = (0..2 * 784).map(|_| rng.random_range(0.0..1.0)).collect();
    let pictures = Tensor::<1>::from_floats(pixels.as_slice(), &Device::flex()).reshape([2, 784]);
    let both = scalars(embedding.forward(pictures.clone()).unwrap()).unwrap();
    assert_eq!(both.len(), 18);
    let second = scalars(embedding.forward(pictures.narrow(0, 1, 1)).unwrap()).unwrap();
    close(&both[9..], &second);
    assert!(both.iter().any(|&x| x > 0.0) && both[..9] != both[9..]);
}
