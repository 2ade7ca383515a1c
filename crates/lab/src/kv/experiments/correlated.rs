//! `kv/correlated`: capacity with patterns that share a template or drift.

use attractor_data::stream;

use super::{RANDOM, SOURCE, is_baseline, label, over_seeds};
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::kv::capacity::Loads;
use crate::kv::contestant::Kind;
use crate::kv::correlated::{Config, run as run_seed};
use crate::kv::stimulus::Stimuli;
use crate::outcome::{Figure, Named, Outcome, Scale};
use crate::recall::sweep::Sweep;
use crate::statistics::Summary;

pub(super) const EXPERIMENT: Experiment = Experiment {
    id: "kv/correlated",
    title: "Capacity for correlated patterns: key-value memory against Hopfield",
    source: SOURCE,
    protocol: "kv/capacity at N = 40 with patterns that keep each entry of a template, or of the pattern before \
               (drift), with probability rho = 0.3, 0.6, 0.9, and draw the others anew; 10 seeds. Published as \
               curves only (unverified), so no number is compared.",
    published: None,
    data: &[],
    run,
};

/// The correlation of the headline.
const HEADLINE: Stimuli = Stimuli::Template { rho: 0.6 };

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let kinds = vec![Kind::Sequential, RANDOM, Kind::Hopfield, Kind::NearestStored, Kind::CueOnly];
    let stimuli = vec![
        Stimuli::Independent,
        Stimuli::Template { rho: 0.3 },
        HEADLINE,
        Stimuli::Template { rho: 0.9 },
        Stimuli::Drift { rho: 0.6 },
        Stimuli::Drift { rho: 0.9 },
    ];
    let mut config = Config { kinds, stimuli, ..Config::default() };
    if context.extent() == Extent::Smoke {
        config = Config { width: 12, trials: 2, stimuli: vec![Stimuli::Independent, HEADLINE], ..config };
    }
    let runs = over_seeds(context, 10, |seed| Ok(run_seed(&config, |name| stream(seed, name))?))?;
    let loads = Loads::Graded.grid(config.width);
    let mut outcome = Outcome::default();
    for &stimuli in &config.stimuli {
        let title = title(stimuli);
        let names = config.kinds.iter().map(|&kind| label(kind)).collect();
        let mut by_load = Sweep::new(names, loads.iter().map(|&r| r as f64).collect());
        let mut capacities = vec![vec![]; config.kinds.len()];
        for (_, curves) in runs.iter().flatten().filter(|(of, _)| *of == stimuli) {
            for x in 0..loads.len() {
                by_load.push(x, curves.iter().map(|curve| curve.accuracy[x]));
            }
            for (all, curve) in capacities.iter_mut().zip(curves) {
                all.push(curve.capacity as f64 / config.width as f64);
            }
        }
        for (&kind, all) in config.kinds.iter().zip(&capacities) {
            let summary = Summary::of(all);
            if (kind, stimuli) == (Kind::Sequential, HEADLINE) {
                outcome.measured = summary;
            }
            let named = Named::new(format!("{}, {title}, capacity per unit", label(kind)), &summary);
            if is_baseline(kind) { outcome.baselines.push(named) } else { outcome.series.push(named) }
        }
        outcome.figures.push(Figure {
            title: format!("Recall against load: {title}"),
            x: "stored patterns".into(),
            y: "share of right bits".into(),
            x_scale: Scale::Linear,
            curves: by_load.means(),
        });
    }
    outcome.notes = vec![
        "Measured: capacity per unit of the sequential memory at 98 % for a template with rho = 0.6.".into(),
        "Two patterns of one template agree by rho squared in the mean, so that a wrong one has many right \
         bits: accuracies of different rho do not compare, memories at one rho do."
            .into(),
        "The first pattern of a list is the template itself, and is stored too. Grid as in kv/capacity."
            .into(),
    ];
    Ok(outcome)
}

fn title(stimuli: Stimuli) -> String {
    match stimuli {
        Stimuli::Independent => "independent".into(),
        Stimuli::Template { rho } => format!("template, rho {rho}"),
        Stimuli::Drift { rho } => format!("drift, rho {rho}"),
    }
}
