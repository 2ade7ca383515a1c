//! `kv/sequence`: a whole sequence from its first pattern.

use attractor_data::stream;

use super::{RANDOM, SOURCE, is_baseline, label, over_seeds};
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::kv::contestant::Kind;
use crate::kv::sequence::{Config, run as run_seed};
use crate::outcome::{Curve, Figure, Named, Outcome, Scale};
use crate::recall::sweep::Sweep;

pub(super) const EXPERIMENT: Experiment = Experiment {
    id: "kv/sequence",
    title: "Recall of a whole sequence from its first pattern",
    source: SOURCE,
    protocol: "N = 40; each pattern of a random sequence of length L stored with the next as its value; recall \
               starts at the first, unmasked, and feeds each answer back; share of right bits over the L - 1 \
               answers; 10 sequences per length, 10 seeds. The paper runs the task with a learned controller, of \
               which only the protocol is known here (unverified): nothing is compared.",
    published: None,
    data: &[],
    run,
};

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let kinds = vec![Kind::Sequential, RANDOM, Kind::Matrix, Kind::NearestStored];
    let mut config = Config { kinds, ..Config::default() };
    if context.extent() == Extent::Smoke {
        config = Config { width: 12, lengths: vec![2, 6, 13], trials: 2, ..config };
    }
    let runs = over_seeds(context, 10, |seed| Ok(run_seed(&config, |name| stream(seed, name))?))?;
    let sweep = || {
        let names = config.kinds.iter().map(|&kind| label(kind)).collect();
        Sweep::new(names, config.lengths.iter().map(|&l| l as f64).collect())
    };
    let (mut bits, mut whole) = (sweep(), sweep());
    for points in &runs {
        for (x, &length) in config.lengths.iter().enumerate() {
            let here = || points.iter().filter(|p| p.length == length);
            bits.push(x, here().map(|p| p.accuracy));
            whole.push(x, here().map(|p| p.whole));
        }
    }
    // As many associations as slots.
    let full = config.width + 1;
    let at = |kind: Kind| bits.summary(&label(kind), full as f64);
    let mut outcome = Outcome { measured: at(Kind::Sequential), ..Outcome::default() };
    for &kind in &config.kinds {
        let exact = whole.summary(&label(kind), full as f64);
        let named = [
            Named::new(format!("{}, right bits, L = {full}", label(kind)), &at(kind)),
            Named::new(format!("{}, whole sequences, L = {full}", label(kind)), &exact),
        ];
        if is_baseline(kind) { outcome.baselines.extend(named) } else { outcome.series.extend(named) }
    }
    let figure = |title: &str, y: &str, curves: Vec<Curve>| Figure {
        title: title.into(),
        x: "length L".into(),
        y: y.into(),
        x_scale: Scale::Linear,
        curves,
    };
    outcome.figures = vec![
        figure("Sequence recall", "share of right bits", bits.means()),
        figure("Sequences without a fault", "share of the sequences", whole.means()),
    ];
    outcome.notes = vec![
        format!("Measured: share of right bits of the sequential memory at L = {full}: one slot per step."),
        "One wrong answer is the next cue: faults spread to the end of the sequence.".into(),
    ];
    Ok(outcome)
}
