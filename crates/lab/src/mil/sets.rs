//! Hopfield pooling on the published multiple-instance sets.

use attractor_data::bags::{Benchmark, benchmark};
use attractor_data::catalogue;
use attractor_nets::models::{
    AttentionMilConfig, BagClassifierConfig, BagModelConfig, EmbeddingConfig, Gate,
};
use attractor_nets::training::{RuleConfig, Schedule, TrainingConfig};

use super::contender::{Area, Contender};
use super::experiment::{areas, methods};
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::outcome::{Named, Outcome};
use crate::published::{MIL_HOPFIELD, Published};
use crate::statistics::Summary;

const SOURCE: &str = "Ramsauer et al. 2021, table 1 and A.5.2.2; Ilse, Tomczak and Welling 2018";
const PROTOCOL: &str = "Five times 10-fold cross-validation on the published folds; options of the networks chosen by AUC on \
    3 stratified folds of the training bags; instances standardised by training bags, constant components left out; a \
    fixed number of epochs, AdamW, cosine. Ten networks with different seeds are fitted to each fold: the number \
    measured is the mean AUC of one of them, as the published one is of one network; the AUC of the mean of their \
    logits stands beside it. AUC of a repetition is the mean over its folds; mean and spread over repetitions.";

macro_rules! experiment {
    ($set:literal, $title:literal, $published:expr) => {
        Experiment {
            id: concat!("mil/", $set),
            title: $title,
            source: SOURCE,
            protocol: PROTOCOL,
            published: $published,
            data: &["mil"],
            run: |context| run($set, $published, context),
        }
    };
}

pub(crate) const ALL: [Experiment; 5] = [
    experiment!("elephant", "Which pictures show an elephant", Some(MIL_HOPFIELD[2].1)),
    experiment!("tiger", "Which pictures show a tiger", Some(MIL_HOPFIELD[0].1)),
    experiment!("fox", "Which pictures show a fox", Some(MIL_HOPFIELD[1].1)),
    experiment!("musk1", "Which molecules smell of musk", None),
    experiment!("musk2", "Which molecules smell of musk, many shapes each", None),
];

/// Networks that are fitted to each fold, and folds for choosing.
const MEMBERS: usize = 10;
const INNER: usize = 3;

/// Hopfield pooling, then attention, with the same training.
fn contenders(extent: Extent) -> [Contender; 2] {
    let training = TrainingConfig::adamw(1e-3, 12)
        .with_batch(8)
        .with_rule(RuleConfig::AdamW { decay: 1.0 })
        .with_clip(1.0)
        .with_schedule(Schedule::Cosine { least: 0.0 });
    let pooling = |width: usize, beta| {
        let config = BagClassifierConfig {
            embedding: EmbeddingConfig::Dense(vec![width, width]),
            heads: 8,
            head_size: 16,
            hidden: 32,
            beta,
            dropout: 0.5,
            ..BagClassifierConfig::default()
        };
        (BagModelConfig::Hopfield(config), training.clone())
    };
    let attending = |gate, dropout| {
        let config = AttentionMilConfig { gate, dropout, ..AttentionMilConfig::default() };
        (BagModelConfig::Attention(config), training.clone())
    };
    let hopfield = vec![pooling(32, Some(1.0)), pooling(64, None), pooling(64, Some(1.0))];
    let attention = [Gate::Tanh, Gate::Gated].into_iter();
    let attention = attention.flat_map(|gate| [attending(gate, 0.0), attending(gate, 0.25)]).collect();
    let mut both = [("Hopfield pooling", hopfield), ("attention", attention)]
        .map(|(name, candidates)| Contender { name, candidates, members: MEMBERS, inner: INNER });
    if extent == Extent::Smoke {
        for contender in &mut both {
            contender.candidates.truncate(2);
            contender.members = 2;
            contender.candidates.iter_mut().for_each(|(_, training)| training.epochs = 2);
        }
    }
    both
}

fn run(name: &str, published: Option<Published>, context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let folder = context.data.clone().unwrap_or_else(catalogue::root).join("mil");
    let mut set = benchmark(&folder, name)?;
    if set.repetitions.is_empty() {
        return Err(attractor_data::Error::Missing {
            path: folder,
            what: format!("no {name}.folds5x10.csv: the published folds"),
            hint: format!(
                "put {name}.folds5x10.csv (bag, label, and the fold of each repetition) beside the table"
            ),
        }
        .into());
    }
    let repetitions = context.repetitions(set.repetitions.len(), 1);
    set.repetitions.truncate(repetitions);
    if context.extent() == Extent::Smoke {
        set.repetitions.iter_mut().for_each(|folds| folds.truncate(2));
    }
    let contenders = contenders(context.extent());
    let steps = contenders.len() * set.repetitions.len() + 1;
    let mut done = 0;
    let mut measured: Vec<Vec<Vec<Area>>> = Vec::new();
    for contender in &contenders {
        let mut repetitions = Vec::new();
        for (repetition, folds) in set.repetitions.iter().enumerate() {
            let doing = format!("{}, repetition {}", contender.name, repetition + 1);
            context.progress(done as f64 / steps as f64, &doing);
            let seed = context.seed.wrapping_add(repetition as u64);
            repetitions.push(contender.measure(&set.bags, folds, rayon::current_num_threads(), seed)?);
            done += 1;
        }
        measured.push(repetitions);
    }
    context.progress(done as f64 / steps as f64, "baselines");
    let baselines = baselines(&set, context)?;
    context.progress(1.0, "done");
    let area = |of: &[Vec<Area>], which: fn((f64, f64)) -> f64| {
        Summary::of(&of.iter().map(|folds| 100.0 * which(Area::means(folds))).collect::<Vec<_>>())
    };
    let mut series = Vec::new();
    for (contender, areas) in contenders.iter().zip(&measured) {
        let (name, members) = (contender.name, contender.members);
        series.push(Named::new(format!("{name}, one network, AUC %"), &area(areas, |means| means.0)));
        let together = area(areas, |means| means.1);
        series.push(Named::new(format!("{name}, {members} networks together, AUC %"), &together));
    }
    let ours = area(&measured[0], |means| means.0);
    let together = area(&measured[0], |means| means.1).mean;
    let reached = |mean: f64| published.map(|number| mean >= number.value - number.tolerance);
    let full = context.extent() == Extent::Full;
    Ok(Outcome {
        measured: ours,
        series,
        baselines,
        pass: reached(ours.mean).filter(|_| full),
        sheets: vec![],
        figures: Vec::new(),
        notes: notes(&contenders, &measured, published, together),
    })
}

fn notes(
    contenders: &[Contender],
    measured: &[Vec<Vec<Area>>],
    published: Option<Published>,
    together: f64,
) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    for (contender, areas) in contenders.iter().zip(measured) {
        let times = |candidate: usize| {
            areas.iter().flatten().filter(|fold| fold.chosen == candidate).count().to_string()
        };
        let times: Vec<String> = (0..contender.candidates.len()).map(times).collect();
        notes.push(format!("{}: candidates were chosen {} times.", contender.name, times.join(", ")));
    }
    if let Some(number) = published {
        let members = contenders.first().map_or(0, |contender| contender.members);
        let verdict =
            if together >= number.value - number.tolerance { "would hold" } else { "would not hold" };
        notes.push(format!(
            "The published number is that of one network chosen by hand on validation bags, with unpublished folds. \
             By {members} networks together, {together:.1}, the claim {verdict}."
        ));
    }
    notes
}

/// The methods without networks, on the same folds.
fn baselines(set: &Benchmark, context: &Context<'_>) -> Result<Vec<Named>, LabError> {
    let mut named = Vec::new();
    for (name, candidates) in methods(context.extent()) {
        let summary = Summary::of(&areas(set, &candidates, context.seed)?);
        named.push(Named::new(format!("{name}, AUC %"), &summary));
    }
    Ok(named)
}
