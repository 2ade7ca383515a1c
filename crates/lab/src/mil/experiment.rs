//! The baselines on every set with published folds.

use attractor_data::bags::{Benchmark, benchmark, list};
use attractor_data::catalogue;
use rayon::prelude::*;

use super::{Citation, MeanEmbedding, Method, Miles, auc, measure};
use crate::experiment::{Context, Effort, Experiment, LabError};
use crate::outcome::{Named, Outcome};
use crate::published::{MIL_CITATION, MIL_MILES};
use crate::statistics::Summary;

/// Folds for choosing.
const INNER: usize = 5;

pub(crate) const EXPERIMENT: Experiment = Experiment {
    id: "mil/baselines",
    title: "Multiple-instance learning without networks",
    source: "Wang and Zucker 2000; Chen, Bi and Wang 2006; numbers from table 1 of Ramsauer et al. 2021",
    protocol: "Every set with published folds, five times 10-fold cross-validation; parameters chosen by AUC on 5 \
        stratified folds of the training bags; instances standardised by training bags; AUC of a repetition is the \
        mean over its folds; mean and spread over repetitions. The number of the title is citation-kNN on Tiger, \
        and holds within its tolerance.",
    published: Some(MIL_CITATION[0].1),
    data: &["mil"],
    run,
};

/// The methods with what is chosen among.
fn methods(effort: Effort) -> Vec<(&'static str, Vec<Box<dyn Method>>)> {
    let mut citation: Vec<Box<dyn Method>> = Vec::new();
    let mut mean: Vec<Box<dyn Method>> = Vec::new();
    let mut miles: Vec<Box<dyn Method>> = Vec::new();
    for references in [2, 3, 5, 8] {
        citation.push(Box::new(Citation { references, citers: references + 2 }));
    }
    for lambda in [0.1, 1.0, 10.0] {
        mean.push(Box::new(MeanEmbedding { lambda }));
    }
    for width in [0.1, 0.3, 1.0] {
        for lambda in [0.01, 0.1, 1.0] {
            miles.push(Box::new(Miles { width, lambda }));
        }
    }
    let mut methods =
        vec![("citation-kNN", citation), ("mean embedding", mean), ("MILES embedding, ridge", miles)];
    if effort == Effort::Smoke {
        methods.iter_mut().for_each(|(_, candidates)| candidates.truncate(1));
    }
    methods
}

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let folder = context.data.clone().unwrap_or_else(catalogue::root).join("mil");
    let tiger = benchmark(&folder, "tiger")?;
    let mut sets = Vec::new();
    for name in list(&folder)?.iter().filter(|name| *name != "tiger") {
        sets.push(benchmark(&folder, name)?);
    }
    sets.retain(|set| !set.repetitions.is_empty());
    sets.insert(0, tiger);
    if context.effort == Effort::Smoke {
        sets.truncate(1);
        sets.iter_mut().for_each(|set| {
            set.repetitions.truncate(1);
            set.repetitions.iter_mut().for_each(|folds| folds.truncate(2));
        });
    }
    let methods = methods(context.effort);
    let runs = (sets.len() * methods.len()) as f64;
    let (mut series, mut measured, mut done) = (Vec::new(), Summary::default(), 0.0);
    for set in &sets {
        for (name, candidates) in &methods {
            context.progress(done / runs, &format!("{name} on {}", set.bags.name()));
            let summary = Summary::of(&areas(set, candidates, context.seed)?);
            if done == 0.0 {
                measured = summary;
            }
            done += 1.0;
            series.push(Named::new(format!("{name}, {}, AUC %", set.bags.name()), &summary));
        }
    }
    context.progress(1.0, "done");
    let published = |method: &str, numbers: &[(&str, crate::Published)]| -> Vec<Named> {
        let named = |&(set, number): &(&str, crate::Published)| Named {
            name: format!("{method} as published, {set}, AUC %"),
            mean: number.value,
            spread: number.spread,
        };
        numbers.iter().map(named).collect()
    };
    let holds = (measured.mean - MIL_CITATION[0].1.value).abs() <= MIL_CITATION[0].1.tolerance;
    Ok(Outcome {
        measured,
        series,
        baselines: [published("citation-kNN", &MIL_CITATION), published("MILES", &MIL_MILES)].concat(),
        pass: (context.effort == Effort::Full).then_some(holds),
        figures: Vec::new(),
        notes: vec![
            "The folds behind the published numbers and the grids of their choice are not known: equal protocols \
             cannot be claimed. The MILES embedding stands here with ridge regression, not with the sparse support \
             vector machine of the paper."
                .to_owned(),
        ],
    })
}

/// AUC in per cent of each repetition: the mean over its folds.
fn areas(set: &Benchmark, candidates: &[Box<dyn Method>], seed: u64) -> Result<Vec<f64>, LabError> {
    let repetition = |folds: &Vec<attractor_data::Split>| {
        let area = |split: &attractor_data::Split| {
            let measured = measure(&set.bags, split, candidates, INNER, seed)?;
            let labels: Vec<bool> = split.test.iter().map(|&bag| set.bags.labels()[bag]).collect();
            Ok(auc(&measured.scores, &labels).map(|area| 100.0 * area))
        };
        let areas = folds.par_iter().map(area).collect::<Result<Vec<Option<f64>>, LabError>>()?;
        Ok(Summary::of(&areas.into_iter().flatten().collect::<Vec<_>>()).mean)
    };
    set.repetitions.iter().map(repetition).collect()
}
