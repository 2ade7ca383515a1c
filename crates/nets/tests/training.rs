//! The loop: against plain arithmetic, interrupted and resumed, and on what it has to refuse.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use attractor_nets::Error;
use attractor_nets::training::{
    Draws, Fit, NamedWeights, RuleConfig, Schedule, Split, Stopping, Task, TrainingConfig, batches, each,
    keep, scalars,
};
use burn::module::{Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::tanh;
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

#[derive(Module, Debug)]
struct Net {
    first: Linear,
    frozen: Param<Tensor<1>>,
    last: Linear,
}

/// y = sin of a sum, with dropout in the hidden layer.
struct Sines {
    inputs: Vec<[f32; 3]>,
    width: usize,
    poison: Option<usize>,
}

impl Sines {
    fn new(width: usize) -> Self {
        let mut rng = Draws::Fit(9).rng(9);
        let inputs = (0..24).map(|_| std::array::from_fn(|_| rng.random_range(-1.0..1.0))).collect();
        Self { inputs, width, poison: None }
    }

    fn tensors(&self, of: &[usize], device: &Device) -> (Tensor<2>, Tensor<2>) {
        let rows: Vec<f32> = of.iter().flat_map(|&i| self.inputs[i]).collect();
        let mut targets: Vec<f32> = of.iter().map(|&i| self.inputs[i].iter().sum::<f32>().sin()).collect();
        if let Some(at) = of.iter().position(|&i| Some(i) == self.poison) {
            targets[at] = f32::NAN;
        }
        let tensor = |list, width| Tensor::from_data(TensorData::new(list, [of.len(), width]), device);
        (tensor(rows, 3), tensor(targets, 1))
    }
}

fn uniform(inputs: usize, outputs: usize, device: &Device, rng: &mut ChaCha8Rng) -> Linear {
    let numbers: Vec<f32> = (0..inputs * outputs).map(|_| rng.random_range(-0.5..0.5)).collect();
    let weight = Tensor::from_data(TensorData::new(numbers, [inputs, outputs]), device);
    Linear {
        weight: Param::from_tensor(weight),
        bias: Some(Param::from_tensor(Tensor::zeros([outputs], device))),
    }
}

impl Task for Sines {
    type Model = Net;

    fn init(&self, device: &Device, rng: &mut ChaCha8Rng) -> Result<Net, Error> {
        Ok(Net {
            first: uniform(3, self.width, device, rng),
            frozen: Param::from_tensor(Tensor::full([1], 1.5, device)).set_require_grad(false),
            last: uniform(self.width, 1, device, rng),
        })
    }

    fn loss(
        &self,
        model: &Net,
        batch: &[usize],
        device: &Device,
        rng: &mut ChaCha8Rng,
    ) -> Result<Tensor<1>, Error> {
        let (x, y) = self.tensors(batch, device);
        let hidden = tanh(model.first.forward(x)) * keep([batch.len(), self.width], 0.25, device, rng);
        Ok((model.last.forward(hidden) * model.frozen.val().unsqueeze() - y).square().mean())
    }

    fn measure(&self, model: &Net, set: &[usize]) -> Result<f64, Error> {
        let (x, y) = self.tensors(set, &Device::flex());
        let out = model.last.forward(tanh(model.first.forward(x))) * model.frozen.val().unsqueeze();
        Ok(-scalars((out - y).square().mean())?[0])
    }
}

fn split() -> Split {
    Split { train: (0..18).collect(), held: (18..24).collect() }
}

fn config(epochs: usize) -> TrainingConfig {
    TrainingConfig::adamw(0.02, epochs)
        .with_batch(4)
        .with_clip(0.5)
        .with_warm_up(2)
        .with_schedule(Schedule::Cosine { least: 0.1 })
}

fn weights(model: &Net) -> NamedWeights {
    NamedWeights::of(model).unwrap()
}

#[test]
fn a_run_is_plain_gradient_descent() {
    // One weight w, loss (w x - 1)^2, x = 2, rate 0.1 halved every epoch: arithmetic in f64.
    #[derive(Module, Debug)]
    struct One {
        w: Param<Tensor<1>>,
    }
    struct Single;
    impl Task for Single {
        type Model = One;
        fn init(&self, device: &Device, _: &mut ChaCha8Rng) -> Result<One, Error> {
            Ok(One { w: Param::from_tensor(Tensor::zeros([1], device)) })
        }
        fn loss(&self, m: &One, _: &[usize], _: &Device, _: &mut ChaCha8Rng) -> Result<Tensor<1>, Error> {
            Ok((m.w.val() * 2.0 - 1.0).square())
        }
        fn measure(&self, _: &One, _: &[usize]) -> Result<f64, Error> {
            Ok(0.0)
        }
    }
    let config = TrainingConfig::sgd(0.1, 4).with_schedule(Schedule::Exponential { gamma: 0.5 });
    let fitted = Fit::new(&Single, &config, 1).run(&Split { train: vec![0], held: vec![] }).unwrap();
    let (mut w, mut losses) = (0.0f64, Vec::new());
    for epoch in 0..4 {
        losses.push((2.0 * w - 1.0).powi(2));
        w -= 0.1 * 0.5f64.powi(epoch) * 4.0 * (2.0 * w - 1.0);
    }
    assert!((scalars(fitted.model.w.val()).unwrap()[0] - w).abs() < 1e-6);
    for (epoch, loss) in fitted.history.epochs.iter().zip(losses) {
        assert!((epoch.loss - loss).abs() < 1e-6);
    }
    assert_eq!(fitted.history.kept, Some(3));
}

#[test]
fn it_learns_and_leaves_what_is_frozen() {
    let task = Sines::new(16);
    let fitted = Fit::new(&task, &config(120), 3).run(&split()).unwrap();
    let measures = fitted.history.measures();
    assert!(measures[119] > -0.02 && measures[119] > measures[0], "{measures:?}");
    assert_eq!(weights(&fitted.model).numbers("frozen").unwrap(), [1.5]);
}

#[test]
fn the_seed_decides_and_the_number_of_threads_does_not() {
    let task = Sines::new(5);
    let fit = |seed| Fit::new(&task, &config(6), seed).run(&split()).map(|f| weights(&f.model));
    let with = |threads| each(4, threads, |job| fit(job as u64 / 2)).unwrap();
    let one = with(1);
    assert_eq!(one, with(2));
    assert_eq!(one, with(3));
    assert_eq!(one[0], one[1]);
    assert_ne!(one[0], one[2]);
}

#[test]
fn a_resumed_run_has_the_bits_of_one_that_was_never_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let task = Sines::new(7);
    for (name, rule, stopping) in [
        ("adamw", RuleConfig::AdamW { decay: 0.1 }, None),
        ("stopped", RuleConfig::AdamW { decay: 0.0 }, Some(Stopping { patience: Some(30), window: 3 })),
        ("momentum", RuleConfig::Sgd { momentum: 0.9, decay: 1e-3 }, Some(Stopping::default())),
        ("plain", RuleConfig::Sgd { momentum: 0.0, decay: 0.0 }, None),
    ] {
        let config = TrainingConfig { rule, stopping, ..config(12) };
        let path = folder.path().join(name);
        // The observer keeps what stood on disk in the middle: an interrupted run leaves nothing else behind.
        let middle = folder.path().join(format!("{name}.middle"));
        let mut copy = |epoch: &attractor_nets::training::Epoch| {
            if epoch.epoch == 6 {
                std::fs::copy(&path, &middle).unwrap();
            }
        };
        let fit = Fit::new(&task, &config, 5).checkpoints(&path, 5).observed(&mut copy);
        let whole = fit.run(&split()).unwrap();
        let resumed = Fit::new(&task, &config, 5).resumed(&middle).run(&split()).unwrap();
        assert_eq!(weights(&resumed.model), weights(&whole.model), "{name}");
        assert_eq!(resumed.history, whole.history, "{name}");
        let ended = Fit::new(&task, &config, 5).resumed(&path).run(&split()).unwrap();
        assert_eq!(weights(&ended.model), weights(&whole.model), "{name}: nothing is left to do");
    }
}

#[test]
fn a_checkpoint_of_another_run_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.safetensors");
    Fit::new(&Sines::new(5), &config(2), 1).checkpoints(&path, 1).run(&split()).unwrap();
    let refused = |task: &Sines, config: &TrainingConfig, seed, split: &Split| {
        Fit::new(task, config, seed).resumed(&path).run(split).unwrap_err()
    };
    let task = Sines::new(5);
    let text = refused(&Sines::new(6), &config(2), 1, &split()).to_string();
    assert!(text.contains("first.weight: expected [3, 6], found [3, 5]"), "{text}");
    let Error::Checkpoint { option: "seed", .. } = refused(&task, &config(2), 2, &split()) else {
        panic!("the seed is another")
    };
    let Error::Checkpoint { option: "configuration", .. } = refused(&task, &config(3), 1, &split()) else {
        panic!("the configuration is another")
    };
    let other = Split { train: (0..17).collect(), held: (17..24).collect() };
    let Error::Checkpoint { option: "split", .. } = refused(&task, &config(2), 1, &other) else {
        panic!("the samples are others")
    };
    NamedWeights::default().write(&path).unwrap();
    let text = refused(&task, &config(2), 1, &split()).to_string();
    assert!(text.contains("c.safetensors: weights without the state of a run"), "{text}");
    std::fs::write(&path, b"nothing").unwrap();
    let Error::File { .. } = refused(&task, &config(2), 1, &split()) else { panic!("no such file") };
}

#[test]
fn missing_and_unexpected_weights_are_named() {
    let device = Device::flex();
    let net = Sines::new(4).init(&device, &mut Draws::Weights.rng(1)).unwrap();
    let linear = LinearConfig::new(3, 4).init(&device);
    let text = NamedWeights::of(&linear).unwrap().put_into(net).unwrap_err().to_string();
    assert!(text.contains("missing [first.bias [4], first.weight [3, 4], frozen [1]"), "{text}");
    assert!(text.contains("unexpected [bias [4], weight [3, 4]]"), "{text}");
}

#[test]
fn the_best_epoch_is_kept_and_patience_ends_the_run() {
    let task = Sines::new(16);
    let config = TrainingConfig { stopping: Some(Stopping::patience(4)), ..config(200) };
    let fitted = Fit::new(&task, &config, 3).run(&split()).unwrap();
    let measures = fitted.history.measures();
    let best = measures.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    assert!(measures.len() < 200);
    assert_eq!(fitted.history.measure(), Some(best));
    assert_eq!(measures.len() - 1 - fitted.history.kept.unwrap(), 4);
    assert_eq!(task.measure(&fitted.model, &split().held).unwrap(), best, "its weights are those kept");
}

/// A task whose measure is never a number.
struct Unmeasured(Sines);

impl Task for Unmeasured {
    type Model = Net;

    fn init(&self, device: &Device, rng: &mut ChaCha8Rng) -> Result<Net, Error> {
        self.0.init(device, rng)
    }

    fn loss(
        &self,
        model: &Net,
        batch: &[usize],
        device: &Device,
        rng: &mut ChaCha8Rng,
    ) -> Result<Tensor<1>, Error> {
        self.0.loss(model, batch, device, rng)
    }

    fn measure(&self, _: &Net, _: &[usize]) -> Result<f64, Error> {
        Ok(f64::NAN)
    }
}

#[test]
fn without_a_measure_the_last_epoch_is_kept() {
    let config = TrainingConfig { stopping: Some(Stopping::patience(4)), ..config(200) };
    let history = Fit::new(&Unmeasured(Sines::new(4)), &config, 3).run(&split()).unwrap().history;
    assert_eq!((history.epochs.len(), history.kept), (4, Some(3)));
}

#[test]
fn a_checkpoint_belongs_to_what_it_is_about() {
    let task = Sines::new(4);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.safetensors");
    let config = TrainingConfig { stopping: Some(Stopping::patience(2)), ..config(40) };
    let fit = || Fit::new(&task, &config, 3).about("sines").checkpoints(&path, 1_000);
    let whole = fit().run(&split()).unwrap();
    assert!(whole.history.epochs.len() < 40, "it stopped early, and wrote its end all the same");
    let again = Fit::new(&task, &config, 3).about("sines").resumed(&path).run(&split()).unwrap();
    assert_eq!(again.history, whole.history);
    let other = Fit::new(&task, &config, 3).about("cosines").resumed(&path).run(&split()).unwrap_err();
    assert!(other.to_string().contains("another model or data: sines"), "{other}");
}

#[test]
fn a_window_counts_only_when_it_is_full() {
    let stopping = Stopping::patience(3).with_window(4);
    let measures = [1.0, 0.0, 0.0, 0.0, 0.1, 0.2, 0.3, 0.0, 0.0];
    for n in 1..=measures.len() {
        let naive = |end: usize| measures[end - 4..end].iter().sum::<f64>();
        let expected = if n < 4 {
            n - 1
        } else {
            (4..=n).rev().max_by(|&a, &b| naive(a).total_cmp(&naive(b))).unwrap() - 1
        };
        assert_eq!(stopping.best(&measures[..n]), Some(expected), "{n}");
        assert_eq!(stopping.over(&measures[..n]), n >= 4 && n - 1 - expected >= 3, "{n}");
    }
}

#[test]
fn a_loss_that_is_no_number_names_epoch_and_batch() {
    let task = Sines { poison: Some(11), ..Sines::new(4) };
    let error = Fit::new(&task, &config(3), 1).run(&split()).unwrap_err();
    let Error::Diverged { what: "loss", epoch: 0, batch, value } = error else { panic!("{error}") };
    assert!(value.is_nan());
    assert!(batches(&split().train, 4, 1, 0).unwrap()[batch].contains(&11));
}

#[test]
fn bad_options_are_refused() {
    let task = Sines::new(4);
    let fails = |config: TrainingConfig, split: &Split| {
        Fit::new(&task, &config, 1).run(split).unwrap_err().to_string()
    };
    let held = Split { train: vec![0, 1], held: vec![1] };
    assert!(fails(config(1), &held).contains("sample 1 is learned from and held out at once"));
    let none = Split { train: vec![0], held: vec![] };
    let stopped = TrainingConfig { stopping: Some(Stopping::default()), ..config(1) };
    assert!(fails(stopped, &none).starts_with("stopping: early stopping needs held samples"));
    assert!(fails(config(1), &Split::default()).starts_with("training samples = 0"));
    assert!(fails(config(0), &split()).starts_with("epochs = 0"));
    assert!(fails(TrainingConfig { batch: 0, ..config(1) }, &split()).starts_with("batch = 0"));
    assert!(fails(TrainingConfig { rate: f64::NAN, ..config(1) }, &split()).starts_with("learning rate"));
    let schedule = Schedule::Exponential { gamma: 1.5 };
    assert!(fails(TrainingConfig { schedule, ..config(1) }, &split()).starts_with("gamma = 1.5"));
    let schedule = Schedule::Exponential { gamma: 0.1 };
    assert!(fails(TrainingConfig { schedule, ..config(400) }, &split()).starts_with("rate = "));
}

#[test]
fn each_epoch_has_every_sample_once() {
    for epoch in 0..3 {
        let mut all = batches(&[3, 1, 4, 15, 9, 2, 6], 3, 7, epoch).unwrap().concat();
        all.sort_unstable();
        assert_eq!(all, [1, 2, 3, 4, 6, 9, 15]);
    }
}
