//! The baselines on every set with published folds.

use attractor_data::bags::{Benchmark, benchmark, list};
use attractor_data::{Split, catalogue};
use rayon::prelude::*;

use super::{Citation, MeanEmbedding, Method, Miles, auc, measure};
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::outcome::{Named, Outcome};
use crate::published::{MIL_CITATION, MIL_MILES, Published};
use crate::statistics::Summary;

const CITATION: &str = "citation-kNN";
const MEAN: &str = "mean embedding";
const MILES: &str = "MILES embedding, ridge";

/// Folds for choosing.
const INNER: usize = 5;

pub(crate) const EXPERIMENT: Experiment = Experiment {
    id: "mil/baselines",
    title: "Multiple-instance learning without networks",
    source: "Wang and Zucker 2000; Chen, Bi and Wang 2006; numbers from table 1 of Ramsauer et al. 2021",
    protocol: "Every set with published folds, five times 10-fold cross-validation; parameters chosen by AUC on 5 \
        stratified folds of the training bags; instances standardised by training bags; AUC of a repetition is the \
        mean over its folds; mean and spread over repetitions. The number measured is citation-kNN on Tiger; holds \
        when citation-kNN is within the tolerance of every number that is published for a set at hand.",
    published: Some(MIL_CITATION[0].1),
    data: &["mil"],
    run,
};

/// The methods with what is chosen among.
pub(super) fn methods(extent: Extent) -> Vec<(&'static str, Vec<Box<dyn Method>>)> {
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
    let mut methods = vec![(CITATION, citation), (MEAN, mean), (MILES, miles)];
    if extent == Extent::Smoke {
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
    for set in &mut sets {
        let repetitions = context.repetitions(set.repetitions.len(), 1);
        set.repetitions.truncate(repetitions);
    }
    if context.extent() == Extent::Smoke {
        sets.truncate(1);
        sets.iter_mut().for_each(|set| {
            set.repetitions.iter_mut().for_each(|folds| folds.truncate(2));
        });
    }
    let methods = methods(context.extent());
    let runs = (sets.len() * methods.len()) as f64;
    let mut all: Vec<(&str, &str, Summary)> = Vec::new();
    for set in &sets {
        for (name, candidates) in &methods {
            context.progress(all.len() as f64 / runs, &format!("{name} on {}", set.bags.name()));
            all.push((*name, set.bags.name(), Summary::of(&areas(set, candidates, context.seed)?)));
        }
    }
    context.progress(1.0, "done");
    let named = |baseline: bool| -> Vec<Named> {
        let some = all.iter().filter(|(name, ..)| (*name == MEAN) == baseline);
        some.map(|(name, set, area)| Named::new(format!("{name}, {set}, AUC %"), area)).collect()
    };
    let find = |method: &str, of: &str| {
        all.iter().find(|(name, set, _)| *name == method && *set == of).map(|(.., area)| *area)
    };
    let off = |(set, number): &(&str, Published)| {
        find(CITATION, set).is_some_and(|ours| (ours.mean - number.value).abs() > number.tolerance)
    };
    let compared = [(CITATION, &MIL_CITATION[..]), (MILES, &MIL_MILES[..])].map(|(method, numbers)| {
        let line = |(set, number): &(&str, Published)| {
            let ours = find(method, set)?;
            let (value, spread) = (number.value, number.spread);
            Some(format!("{method}, {set}: {:.1} (published {value} +- {spread})", ours.mean))
        };
        numbers.iter().filter_map(line).collect::<Vec<_>>().join("; ")
    });
    Ok(Outcome {
        measured: find(CITATION, "tiger").unwrap_or_default(),
        series: named(false),
        baselines: named(true),
        pass: (context.extent() == Extent::Full).then_some(!MIL_CITATION.iter().any(off)),
        sheets: vec![],
        figures: Vec::new(),
        notes: vec![
            format!("AUC in per cent, ours and published: {}.", compared.join("; ")),
            "The folds behind the published numbers and the grids of their choice are not known: equal protocols \
             cannot be claimed. The MILES embedding stands here with ridge regression, not with the sparse support \
             vector machine of the paper: its numbers are shown, not judged."
                .to_owned(),
        ],
    })
}

/// AUC in per cent of each repetition: the mean over its folds.
pub(super) fn areas(
    set: &Benchmark,
    candidates: &[Box<dyn Method>],
    seed: u64,
) -> Result<Vec<f64>, LabError> {
    let repetition = |folds: &Vec<Split>| {
        let area = |split: &Split| {
            let measured = measure(&set.bags, split, candidates, INNER, seed)?;
            let labels: Vec<bool> = split.test.iter().map(|&bag| set.bags.labels()[bag]).collect();
            Ok(auc(&measured.scores, &labels).map(|area| 100.0 * area))
        };
        let areas = folds.par_iter().map(area).collect::<Result<Vec<Option<f64>>, LabError>>()?;
        Ok(Summary::of(&areas.into_iter().flatten().collect::<Vec<_>>()).mean)
    };
    set.repetitions.iter().map(repetition).collect()
}
