//! `kv/continual`: recall from an endless stream.

use attractor_data::stream;

use super::{RANDOM, SOURCE, is_baseline, label, over_seeds};
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::kv::contestant::Kind;
use crate::kv::continual::{Config, run as run_seed};
use crate::outcome::{Figure, Named, Outcome, Scale};
use crate::recall::sweep::Sweep;

pub(super) const EXPERIMENT: Experiment = Experiment {
    id: "kv/continual",
    title: "Recall from an endless stream of patterns, against the delay",
    source: SOURCE,
    protocol: "N = 40; max(1000, 20 R) moments for a delay of R moments; at each a new pattern is stored, or with \
               probability 0.5 the one of R moments ago is recalled from a cue with 60 % of its entries 0; share \
               of right bits; 10 seeds. Published as curves only (unverified), so no number is compared.",
    published: None,
    data: &[],
    run,
};

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let kinds =
        vec![Kind::Sequential, RANDOM, Kind::Palimpsest, Kind::Hopfield, Kind::NearestStored, Kind::CueOnly];
    let mut config = Config { kinds, ..Config::default() };
    if context.extent() == Extent::Smoke {
        config = Config { width: 12, delays: vec![1, 8, 40], ..config };
    }
    let runs = over_seeds(context, 10, |seed| Ok(run_seed(&config, |name| stream(seed, name))?))?;
    let names = || config.kinds.iter().map(|&kind| label(kind)).collect();
    let mut by_delay = Sweep::new(names(), config.delays.iter().map(|&r| r as f64).collect());
    for points in &runs {
        for (x, &delay) in config.delays.iter().enumerate() {
            by_delay.push(x, points.iter().filter(|p| p.delay == delay).map(|p| p.accuracy));
        }
    }
    let headline = if config.delays.contains(&40) { 40.0 } else { 1.0 };
    let mut outcome =
        Outcome { measured: by_delay.summary(&label(Kind::Sequential), headline), ..Outcome::default() };
    for &kind in &config.kinds {
        for &delay in config.delays.iter().filter(|&&delay| [1, 10, 40, 80, 120].contains(&delay)) {
            let summary = by_delay.summary(&label(kind), delay as f64);
            let named = Named::new(format!("{}, R = {delay}", label(kind)), &summary);
            if is_baseline(kind) { outcome.baselines.push(named) } else { outcome.series.push(named) }
        }
    }
    outcome.figures = vec![Figure {
        title: format!("Continual recall, N = {}", config.width),
        x: "delay R in moments".into(),
        y: "share of right bits".into(),
        x_scale: Scale::Linear,
        curves: by_delay.means(),
    }];
    outcome.notes = vec![
        "Measured: share of right bits of the sequential memory at a delay of 40 moments.".into(),
        "A cue does not use up a slot here; the public code moves its cyclic slot at cues too, so that its \
         sequential memory reaches back N moments and ours N patterns. At a delay of R moments, fewer than R \
         patterns were stored since."
            .into(),
        "The bounded Hopfield network has rate 1/sqrt(N) and weights within 0.35, as in the public \
         configuration; the unbounded one is the setting of kv/capacity."
            .into(),
    ];
    Ok(outcome)
}
