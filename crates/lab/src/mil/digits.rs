//! Bags of digits: is there a nine among them?

use attractor_data::toy::MnistBags;
use attractor_data::{Bags, Part, catalogue, split_set};
use attractor_nets::models::{
    AttentionMilConfig, BagClassifierConfig, BagModelConfig, EmbeddingConfig, Gate,
};
use attractor_nets::training::{Draws, Fit, RuleConfig, Split, TrainingConfig, each};
use ndarray::{Axis, concatenate};

use super::network::BagTask;
use super::{Method, auc, mean::MeanEmbedding};
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::outcome::{Named, Outcome};
use crate::statistics::Summary;

pub(crate) const EXPERIMENT: Experiment = Experiment {
    id: "mnist-bags",
    title: "Is there a nine in the bag",
    source: "Ilse, Tomczak and Welling 2018; Hopfield pooling as in the examples of ml-jku/hopfield-layers",
    protocol: "200 training bags of about 10 digits by the published draws, 500 test bags of test digits; two \
        convolutions and a layer of 500, then Hopfield pooling (1 head of 32, 500 wide, dropout 0.1) or attention \
        (128 wide); AdamW 5e-4, decay 1e-4, clipped at 1, one bag at a time, 20 epochs, the last weights; three \
        seeds of the network. The number measured is the AUC of Hopfield pooling.",
    published: None,
    data: &["mnist"],
    run,
};

/// Networks by name, and the epochs of a fit.
fn networks(extent: Extent) -> (Vec<(&'static str, BagModelConfig)>, usize) {
    let width = if extent == Extent::Smoke { 20 } else { 500 };
    let hopfield = BagClassifierConfig {
        embedding: EmbeddingConfig::Digits(width),
        heads: 1,
        head_size: 32,
        hidden: width,
        dropout: 0.1,
        ..BagClassifierConfig::default()
    };
    let attention = |gate| {
        let embedding = EmbeddingConfig::Digits(width);
        BagModelConfig::Attention(AttentionMilConfig {
            embedding,
            attention: 128,
            gate,
            ..AttentionMilConfig::default()
        })
    };
    let networks = vec![
        ("Hopfield pooling", BagModelConfig::Hopfield(hopfield)),
        ("attention", attention(Gate::Tanh)),
        ("gated attention", attention(Gate::Gated)),
    ];
    (networks, if extent == Extent::Smoke { 1 } else { 20 })
}

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let root = context.data.clone().unwrap_or_else(catalogue::root);
    let seeds = context.repetitions(3, 1);
    let (train, test) = if context.extent() == Extent::Smoke { (8, 8) } else { (200, 500) };
    let draws = MnistBags::default();
    let learned = draws.draw(&split_set(&root, "mnist", Part::Train)?, train)?;
    let asked = draws.draw(&split_set(&root, "mnist", Part::Test)?, test)?;
    let bags = joined(&learned, &asked)?;
    let (networks, epochs) = networks(context.extent());
    let training =
        TrainingConfig::adamw(5e-4, epochs).with_rule(RuleConfig::AdamW { decay: 1e-4 }).with_clip(1.0);
    let split = Split { train: (0..train).collect(), held: Vec::new() };
    let held: Vec<usize> = (train..train + test).collect();
    let mut series = Vec::new();
    let mut measured = Summary::default();
    for (place, (name, config)) in networks.iter().enumerate() {
        context.progress(place as f64 / networks.len() as f64, name);
        let task = BagTask::plain(&bags, config.clone());
        let results = each(seeds, rayon::current_num_threads(), |seed| {
            let seed = Draws::Fit(seed).seed(context.seed);
            let fitted = Fit::new(&task, &training, seed).run(&split)?;
            Ok::<_, LabError>(shares(&task.logits(&fitted.model, &held)?, asked.labels()))
        })?;
        let over = |which: fn(&(f64, f64)) -> f64| {
            Summary::of(&results.iter().map(|result| 100.0 * which(result)).collect::<Vec<_>>())
        };
        let area = over(|result| result.0);
        if place == 0 {
            measured = area;
        }
        series.push(Named::new(format!("{name}, AUC %"), &area));
        series.push(Named::new(format!("{name}, % right"), &over(|result| result.1)));
    }
    context.progress(1.0, "done");
    let mean = MeanEmbedding { lambda: 1.0 }.fit(&learned)?;
    let scores = asked.iter().map(|bag| mean.score(bag.instances)).collect::<Result<Vec<_>, _>>()?;
    let baseline = 100.0 * auc(&scores, asked.labels()).unwrap_or(f64::NAN);
    let most = asked.labels().iter().filter(|&&label| label).count() as f64 / test as f64;
    Ok(Outcome {
        measured,
        series,
        baselines: vec![
            Named::new("mean embedding, ridge, AUC %", &Summary::of(&[baseline])),
            Named::new("the commoner label, % right", &Summary::of(&[100.0 * most.max(1.0 - most)])),
        ],
        pass: None,
        sheets: vec![],
        figures: Vec::new(),
        notes: vec![
            "The published loader has 50 test bags; 500 of the same draws are asked here, since 50 tell apart little. \
             A ReLU follows the pooling, where the published example has none."
                .to_owned(),
        ],
    })
}

/// AUC, and the share of bags on the right side of 0.
fn shares(logits: &[f64], labels: &[bool]) -> (f64, f64) {
    let right = logits.iter().zip(labels).filter(|&(&logit, &label)| (logit > 0.0) == label).count();
    (auc(logits, labels).unwrap_or(f64::NAN), right as f64 / labels.len() as f64)
}

/// Both sets in one, the second after the first.
fn joined(first: &Bags, second: &Bags) -> Result<Bags, LabError> {
    let both = [first, second];
    let count = |part: &str| attractor_data::Error::Count {
        place: format!("{part} of bags of digits"),
        expected: first.width(),
        found: second.width(),
    };
    let instances = concatenate(Axis(0), &both.map(Bags::instances)).map_err(|_| count("components"))?;
    let lengths: Vec<usize> =
        both.iter().flat_map(|bags| bags.iter().map(|bag| bag.instances.nrows())).collect();
    let labels = both.iter().flat_map(|bags| bags.labels().to_vec()).collect();
    let names = (0..lengths.len()).map(|number| number.to_string()).collect();
    Ok(Bags::new("bags of digits", instances, &lengths, labels, names)?)
}
