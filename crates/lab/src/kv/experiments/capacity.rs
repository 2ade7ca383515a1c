//! `kv/capacity`: patterns recalled per unit.

use attractor_data::stream;

use super::{RANDOM, SOURCE, is_baseline, label, over_seeds};
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::kv::capacity::{Config, Loads, Outcome as Seed, run as run_seed};
use crate::kv::contestant::Kind;
use crate::kv::search;
use crate::outcome::{Figure, Named, Outcome, Scale};
use crate::published::{KV_HOPFIELD, KV_RANDOM, KV_RANDOM_SLOTS, KV_SEQUENTIAL};
use crate::recall::sweep::Sweep;
use crate::statistics::Summary;

pub(super) const EXPERIMENT: Experiment = Experiment {
    id: "kv/capacity",
    title: "Capacity of key-value memory with three-factor plasticity against Hopfield",
    source: SOURCE,
    protocol: "random patterns of -1 and +1, N = 40, 60, 80 units and slots; every entry of a cue set to 0 with \
               probability 0.6; R patterns stored in turn, then each recalled, 10 memories per R; capacity: \
               largest R of the grid of the public code with at least 98 % of the bits right; per unit: slope of \
               the line through the origin over N; 10 seeds. Random slots take the probability 4/N that the paper \
               found by meta-learning. Passes when sequential, random and Hopfield lie within 0.02 of 1.0, 0.16, \
               0.14.",
    published: Some(KV_SEQUENTIAL),
    data: &[],
    run,
};

/// The search for the random memory's probability never sees a reported seed.
const SEARCH_SEED_OFFSET: u64 = 1_000_000;
const SEEDS: u64 = 10;
/// The form that was meta-learned, with a decay in the middle of the range where learning starts.
const PASSIVE: Kind = Kind::RandomPassive { slots_per_write: KV_RANDOM_SLOTS, decay: 0.95 };

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let smoke = context.extent() == Extent::Smoke;
    let search_seed = context.seed.wrapping_add(SEARCH_SEED_OFFSET);
    let mut search = search::Config::default();
    if smoke {
        search = search::Config { width: 12, candidates: vec![2.0, 4.0], trials: 2, ..search };
    }
    context.progress(0.0, "searching the probability of random slots");
    let found = search::run(
        &search,
        |slots_per_write| Kind::Random { slots_per_write },
        |name| stream(search_seed, name),
    )?;
    let searched = Kind::Random { slots_per_write: found.best };
    let denser = Kind::Random { slots_per_write: 6.0 };
    let mut kinds = vec![Kind::Sequential, Kind::LeastRecent, RANDOM, Kind::Hopfield, PASSIVE, denser];
    if !kinds.contains(&searched) {
        kinds.push(searched);
    }
    kinds.extend([Kind::NearestStored, Kind::CueOnly]);
    let graded = Config { kinds, ..Config::default() };
    let fine = Config {
        widths: vec![40],
        kinds: vec![Kind::Sequential, RANDOM, Kind::Hopfield],
        loads: Loads::Every { up_to: 2 },
        ..Config::default()
    };
    let small = |config: Config| match smoke {
        true => Config { widths: config.widths.iter().map(|n| n / 4).collect(), trials: 2, ..config },
        false => config,
    };
    let (graded, fine) = (small(graded), small(fine));
    let seeds = over_seeds(context, SEEDS, |seed| {
        let of = |name: &str| stream(seed, name);
        Ok((run_seed(&graded, of)?, run_seed(&fine, of)?))
    })?;
    let (graded_runs, fine_runs): (Vec<Seed>, Vec<Seed>) = seeds.into_iter().unzip();
    Ok(outcome(&graded, &graded_runs, &fine, &fine_runs, found.best))
}

fn outcome(graded: &Config, runs: &[Seed], fine: &Config, fine_runs: &[Seed], searched: f64) -> Outcome {
    let growth = |kind: Kind, of: fn(&crate::kv::capacity::Growth) -> f64| {
        let lines = runs.iter().flat_map(|run| &run.growth).filter(|g| g.kind == kind);
        Summary::of(&lines.map(of).collect::<Vec<_>>())
    };
    let per_unit = |kind| growth(kind, |g| g.per_unit);
    let mut result = Outcome { measured: per_unit(Kind::Sequential), ..Outcome::default() };
    let mut by_width = Sweep::new(
        graded.kinds.iter().map(|&kind| label(kind)).collect(),
        graded.widths.iter().map(|&n| n as f64).collect(),
    );
    for &kind in &graded.kinds {
        let named = Named::new(format!("{}, per unit", label(kind)), &per_unit(kind));
        if is_baseline(kind) {
            result.baselines.push(named);
            continue;
        }
        result.series.push(named);
        let slope = growth(kind, |g| g.slope);
        result.series.push(Named::new(format!("{}, slope of a free line", label(kind)), &slope));
    }
    for (x, &width) in graded.widths.iter().enumerate() {
        for run in runs {
            let curves = run.curves.iter().filter(|c| c.width == width);
            by_width.push(x, curves.map(|c| c.capacity as f64));
        }
    }
    for &kind in &fine.kinds {
        let curves = fine_runs.iter().flat_map(|run| &run.curves).filter(|c| c.kind == kind);
        let ratios: Vec<f64> = curves.map(|c| c.capacity as f64 / c.width as f64).collect();
        let name = format!("{}, N = {}, every R tried", label(kind), fine.widths[0]);
        result.series.push(Named::new(name, &Summary::of(&ratios)));
    }
    let near = |kind: Kind, published: crate::Published| {
        (per_unit(kind).mean - published.value).abs() <= published.tolerance
    };
    result.pass = Some(
        near(Kind::Sequential, KV_SEQUENTIAL) && near(RANDOM, KV_RANDOM) && near(Kind::Hopfield, KV_HOPFIELD),
    );
    let width = graded.widths[0];
    let axis = |title: &str, x: &str, y: &str, curves| Figure {
        title: title.into(),
        x: x.into(),
        y: y.into(),
        x_scale: Scale::Linear,
        curves,
    };
    result.figures = vec![
        axis(
            &format!("Recall against load, N = {width}"),
            "stored patterns",
            "share of right bits",
            accuracy(graded, runs, width).means(),
        ),
        axis("Capacity at 98 % against size", "N", "patterns", by_width.means()),
    ];
    result.notes = vec![
        format!(
            "Published: sequential {}, random {}, Hopfield {} (per unit).",
            KV_SEQUENTIAL.value, KV_RANDOM.value, KV_HOPFIELD.value
        ),
        format!(
            "The random memory's number depends on what is read into the protocol. At 4/N, as published, with \
             only the chosen slots changing, it is {:.3}. A search for the probability with the best share of \
             right bits at 15 to 25 patterns, on a seed of its own, found {searched}/N: {:.3}. With values that \
             decay by 0.95 in all slots (a decay that the paper learns; ours is not learned) 4/N gives {:.3}. \
             Only the first counts for passing.",
            per_unit(RANDOM).mean,
            per_unit(Kind::Random { slots_per_write: searched }).mean,
            per_unit(PASSIVE).mean,
        ),
        "The grid decides the first number: that of the public code tries nothing between N and 1.2 N. Trying \
         every R gives slightly more than N (series; outside the tolerance), because two lost patterns of \
         forty still leave 98 % of the bits."
            .into(),
        "The largest R that reaches 98 % in a mean over 10 memories is an upward-biased reading for memories \
         that fade slowly (random, Hopfield): single lucky loads count."
            .into(),
        "Grid, masking entry by entry, and 10 memories per load follow the public code (unverified against the \
         text of the paper). The nearest stored pattern keeps everything; its capacity is the end of the grid."
            .into(),
    ];
    result
}

/// Accuracy by load at one width.
fn accuracy(config: &Config, runs: &[Seed], width: usize) -> Sweep {
    let loads = config.loads.grid(width);
    let names = config.kinds.iter().map(|&kind| label(kind)).collect();
    let mut sweep = Sweep::new(names, loads.iter().map(|&r| r as f64).collect());
    for run in runs {
        for x in 0..loads.len() {
            sweep.push(x, run.curves.iter().filter(|c| c.width == width).map(|c| c.accuracy[x]));
        }
    }
    sweep
}
