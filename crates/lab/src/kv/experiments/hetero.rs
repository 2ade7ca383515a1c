//! `kv/hetero`: values of another width.

use attractor_data::stream;

use super::{RANDOM, SOURCE, is_baseline, label, over_seeds};
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::kv::contestant::Kind;
use crate::kv::hetero::{Config, run as run_seed};
use crate::outcome::{Figure, Named, Outcome, Scale};
use crate::recall::sweep::Sweep;

pub(super) const EXPERIMENT: Experiment = Experiment {
    id: "kv/hetero",
    title: "Recall of values of half the width: key-value memory against bidirectional memory",
    source: SOURCE,
    protocol: "pairs of independent random keys of 40 and values of 20 entries, -1 and +1; 60 % of the entries of \
               a cue 0; share of right bits of the value against the number of pairs; 10 memories per load, 10 \
               seeds. Published as a statement (key-value memory works, bidirectional memory degrades), so no \
               number is compared; passes when the sequential memory has at least 98 % at 40 pairs and the \
               bidirectional one less.",
    published: None,
    data: &[],
    run,
};

/// Share of right bits that counts as working, as for the capacity.
const LEVEL: f64 = 0.98;

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let kinds = vec![Kind::Sequential, RANDOM, Kind::Matrix, Kind::Bam, Kind::NearestStored];
    let mut config = Config { kinds, ..Config::default() };
    if context.extent() == Extent::Smoke {
        config = Config { key: 12, value: 6, trials: 2, ..config };
    }
    let loads = config.loads.grid(config.key);
    let runs = over_seeds(context, 10, |seed| Ok(run_seed(&config, |name| stream(seed, name))?))?;
    let names = config.kinds.iter().map(|&kind| label(kind)).collect();
    let mut by_load = Sweep::new(names, loads.iter().map(|&r| r as f64).collect());
    for curves in &runs {
        for x in 0..loads.len() {
            by_load.push(x, curves.iter().map(|curve| curve.accuracy[x]));
        }
    }
    // N itself where the grid has it.
    let full = loads.iter().copied().min_by_key(|r| r.abs_diff(config.key)).unwrap_or(1);
    let at = |kind: Kind, load: usize| by_load.summary(&label(kind), load as f64);
    let quarter = loads.iter().copied().min_by_key(|r| r.abs_diff(config.key / 4)).unwrap_or(1);
    let mut outcome = Outcome { measured: at(Kind::Sequential, full), ..Outcome::default() };
    for &kind in &config.kinds {
        for load in [quarter, full] {
            let named = Named::new(format!("{}, {load} pairs", label(kind)), &at(kind, load));
            if is_baseline(kind) { outcome.baselines.push(named) } else { outcome.series.push(named) }
        }
    }
    outcome.pass = Some(outcome.measured.mean >= LEVEL && at(Kind::Bam, full).mean < LEVEL);
    outcome.figures = vec![Figure {
        title: format!("Recall of values: keys of {}, values of {}", config.key, config.value),
        x: "stored pairs".into(),
        y: "share of right bits".into(),
        x_scale: Scale::Linear,
        curves: by_load.means(),
    }];
    outcome.notes = vec![
        format!("Measured: share of right bits of the sequential memory at {full} pairs."),
        "A constant guess has half of the bits right.".into(),
    ];
    Ok(outcome)
}
