//! Small streams, and learners in memory whose every bit can be compared.
#![allow(dead_code, reason = "each test program uses its part")]

use std::path::Path;
use std::sync::Arc;

use attractor_data::Shape;
use attractor_learn::{Budget, Config, Forget, Learner, Look, Slow, Vision};
use attractor_store::ledger::Durability;
use attractor_store::storage::{Ram, Storage};
use rand::{Rng, RngExt};

/// Observations with their classes.
pub(crate) type Stream = Vec<(Vec<f32>, String)>;

/// Numbers of about unit variance around zero.
fn noise(rng: &mut impl Rng) -> f32 {
    (0..6).map(|_| rng.random::<f32>() - 0.5).sum::<f32>() * std::f32::consts::SQRT_2
}

/// Clusters of width 8 around six centres; the stream goes from class to class, with repetitions now and then.
pub(crate) fn clusters(count: usize, seed: u64) -> Stream {
    let mut centres = attractor_data::stream(1, "centres");
    let centres: Vec<Vec<f32>> =
        (0..6).map(|_| (0..8).map(|_| 2.0 * noise(&mut centres)).collect()).collect();
    let mut rng = attractor_data::stream(seed, "clusters");
    let mut stream: Stream = Vec::with_capacity(count);
    for i in 0..count {
        if i % 29 == 28 {
            let again = rng.random_range(0..i);
            stream.push(stream[again].clone());
            continue;
        }
        // Classes come one after the other, and old ones come back.
        let known = (1 + i / 40).min(6);
        let class = rng.random_range(0..known);
        let pattern = centres[class].iter().map(|c| c + 0.7 * noise(&mut rng)).collect();
        stream.push((pattern, format!("class {class}")));
    }
    stream
}

/// Letters in pictures of 12 x 12 pixels, moved and noisy, of 256 levels of grey.
pub(crate) fn pictures(count: usize, seed: u64) -> Stream {
    let glyphs = attractor_data::glyphs();
    let mut rng = attractor_data::stream(seed, "pictures");
    let draw = |_| {
        let class = rng.random_range(0..5);
        let glyph = glyphs.patterns().row(33 + 5 * class).to_vec();
        let (down, right) = (rng.random_range(0..5), rng.random_range(0..5));
        let mut picture = vec![0.0f32; 144];
        for (at, pixel) in picture.iter_mut().enumerate() {
            let (y, x) = ((at / 12).wrapping_sub(down), (at % 12).wrapping_sub(right));
            let ink = y < 8 && x < 8 && glyph[8 * y + x] > 0.0;
            let level = if ink { 255 - rng.random_range(0..60u8) } else { rng.random_range(0..30) };
            *pixel = f32::from(level) / 255.0;
        }
        (picture, format!("letter {class}"))
    };
    (0..count).map(draw).collect()
}

/// A learner of few features, for [`clusters`].
pub(crate) fn config(slow: Slow) -> Config {
    Config { features: 48, slow, vision: Vision::Random, memory_bytes: 4 << 20, seed: 5, ..Config::default() }
}

/// A learner of few features, for [`pictures`].
pub(crate) fn picture_config(slow: Slow) -> Config {
    Config { shape: Some(Shape::grey(12, 12)), vision: Vision::Auto, memory_bytes: 16 << 20, ..config(slow) }
}

/// Every slow system that needs no network.
pub(crate) const SLOW: [Slow; 4] = [Slow::Ridge, Slow::Mean, Slow::Discriminant, Slow::None];

/// Opens the learner in `storage`.
pub(crate) fn open(storage: &(impl Storage + Clone + 'static), config: &Config) -> Learner {
    try_open(storage, config).unwrap()
}

/// As [`open`].
pub(crate) fn try_open(
    storage: &(impl Storage + Clone + 'static),
    config: &Config,
) -> Result<Learner, attractor_learn::Error> {
    let builder = Learner::builder().config(config.clone()).durability(Durability::System);
    builder.open_in(Arc::new(storage.clone()))
}

/// What a directory holds at this moment, in another one: as a kill leaves it.
pub(crate) fn copy(from: &Ram) -> Ram {
    let to = Ram::new();
    for name in from.list().unwrap() {
        to.create(&name).unwrap().write(&from.read(&name).unwrap()).unwrap();
    }
    to
}

/// All but the episodes, to the bit, as the next checkpoint writes it.
pub(crate) fn mind(learner: &mut Learner, ram: &Ram) -> Vec<u8> {
    learner.checkpoint().unwrap();
    let names = ram.list().unwrap();
    let name =
        names.iter().find(|name| Path::new(name).extension().is_some_and(|end| end == "mind")).unwrap();
    ram.read(name).unwrap()
}

/// What a learner says to each probe, to the bit: numbers are written so that they can be read back exactly.
pub(crate) fn answers(learner: &Learner, probes: &Stream) -> Vec<String> {
    probes.iter().map(|(pattern, _)| format!("{:?}", learner.predict(pattern).unwrap())).collect()
}

/// Numbers about a learner that do not depend on when it wrote files.
pub(crate) fn numbers(learner: &Learner) -> String {
    let stats = learner.stats();
    format!(
        "{:?} {} {} {:?} {} {} {}",
        stats.shape,
        stats.observations,
        stats.replays,
        stats.classes,
        stats.episodes,
        stats.room,
        stats.encoder_version
    )
}

/// Share of right answers.
pub(crate) fn accuracy(learner: &Learner, probes: &Stream) -> f64 {
    let right = |(pattern, label): &&(Vec<f32>, String)| {
        learner.predict(pattern).unwrap().label.as_deref() == Some(label)
    };
    probes.iter().filter(right).count() as f64 / probes.len() as f64
}

/// Something that happens to a learner.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    See(Vec<f32>, String),
    Sleep(u64),
    /// The episode that this brings to mind.
    ForgetLike(Vec<f32>),
    ForgetLabel(String),
    ForgetNamespace(&'static str),
}

/// The namespace of a class.
pub(crate) fn home(label: &str) -> &'static str {
    if label.ends_with('2') { "two" } else { "" }
}

/// Does it.
pub(crate) fn step(learner: &mut Learner, step: &Step) {
    match step {
        Step::See(pattern, label) => {
            let utility = if label.ends_with('1') { 5.0 } else { 1.0 };
            let meta = label.as_bytes();
            learner
                .observe_with(Look { utility, meta, namespace: home(label), ..Look::new(pattern, label) })
                .unwrap();
        }
        Step::Sleep(updates) => _ = learner.sleep(Budget::updates(*updates)).unwrap(),
        Step::ForgetLike(pattern) => {
            if let Some(first) = learner.predict(pattern).unwrap().episodes.first() {
                learner.forget(Forget::Episode(first.id)).unwrap();
            }
        }
        Step::ForgetLabel(label) => learner.forget(Forget::Label(label.clone())).unwrap(),
        Step::ForgetNamespace(name) => learner.forget(Forget::Namespace((*name).to_owned())).unwrap(),
    }
}

/// A stream with sleeps in it, and things that are forgotten.
pub(crate) fn steps(stream: &Stream) -> Vec<Step> {
    let mut steps = Vec::new();
    for (i, (pattern, label)) in stream.iter().enumerate() {
        steps.push(Step::See(pattern.clone(), label.clone()));
        match i % 180 {
            60 => steps.push(Step::ForgetLike(pattern.clone())),
            100 => steps.push(Step::Sleep(300)),
            101 => steps.push(Step::Sleep(70)),
            150 => steps.push(Step::ForgetLabel(label.clone())),
            160 if i > 180 => steps.push(Step::ForgetNamespace("two")),
            _ => {}
        }
    }
    steps
}
