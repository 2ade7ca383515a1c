//! Masked and noisy digits, recalled with every separation: the image retrieval protocol of the
//! Hopfield-Fenchel-Young networks (Santos, Niculae, McNamee and Martins 2024, arXiv 2411.08590).

use attractor_data::{Corruption, Region, Scale, Set, Shape, stream};
use attractor_memory::{Memory, Projection, Separation};
use ndarray::{ArrayView2, Axis, s};

use super::answers::{TRIVIAL, aligned, steps, trivial};
use super::digits::{digits, draw};
use super::sweep::Sweep;
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::outcome::{Figure, Named, Outcome, Scale as Axes};

/// The experiment.
pub const EXPERIMENT: Experiment = Experiment {
    id: "recall/masked",
    title: "Digits recalled from their upper half, and from noise, by separation",
    source: "Santos, Niculae, McNamee, Martins 2024, Hopfield-Fenchel-Young networks, arXiv 2411.08590",
    protocol: "MNIST in [-1, 1]; M = 2, 4, ..., 4096 stored; cue: lower half set to 0, or (M = 100) Gaussian \
               noise of deviation 0, 2.5, ..., 15 clamped to [-1, 1]; 5 updates; recalled when the cosine is \
               above 0.9; betas 1 and 0.1; 5 seeds; medians and quartiles in the figures. Published as \
               figures only, so no number is compared; the check is our reading of them (unverified): over \
               all M, each sparse separation recalls at least the share that softmax does, within 0.01, at \
               both betas. At most 256 cues per memory.",
    published: None,
    data: &["mnist"],
    run,
};

const BETAS: [f64; 2] = [1.0, 0.1];
/// Inverse temperature inside the exponential, for MNIST.
const INNER_BETA: f64 = 0.05;
/// Updates of a state.
const STEPS: usize = 5;
/// Cosine above which an image counts as recalled.
const LEVEL: f64 = 0.9;
/// Most cues per memory: all that is stored is a rival of each, so that a sample of cues will do.
const CUES: usize = 256;
/// How far the mean share of a sparse separation may lie below that of softmax.
const SLACK: f64 = 0.01;

/// The separations whose weights form an average, with an identity projection.
const AVERAGES: [&str; 7] =
    ["softmax", "entmax(1.5)", "sparsemax", "normmax(2)", "normmax(5)", "topk(8)", "argmax"];
/// Those of the paper that are sparse.
const SPARSE: std::ops::Range<usize> = 1..5;
/// The separations that the paper follows with a hyperbolic tangent, and their inverse temperature.
const SUMS: [(&str, f64); 3] = [("identity", 1.0), ("polynomial(10)", 1.0), ("exponential", INNER_BETA)];

struct Sizes {
    seeds: u64,
    loads: Vec<usize>,
    noisy: usize,
    deviations: Vec<f32>,
    cues: usize,
}

impl Sizes {
    fn of(context: &Context<'_>) -> Self {
        let seeds = context.repetitions(5, 2);
        match context.extent() {
            Extent::Full => Self {
                seeds,
                loads: (1..=12).map(|i| 1 << i).collect(),
                noisy: 100,
                deviations: (0..=6).map(|i| 2.5 * i as f32).collect(),
                cues: CUES,
            },
            Extent::Smoke => {
                Self { seeds, loads: vec![2, 8, 32], noisy: 16, deviations: vec![0.0, 5.0], cues: 16 }
            }
        }
    }
}

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let sizes = Sizes::of(context);
    let digits = digits(context)?;
    let names = || names().into_iter().map(str::to_owned).collect::<Vec<_>>();
    let masked = || Sweep::new(names(), sizes.loads.iter().map(|&m| m as f64).collect());
    let noisy = || Sweep::new(names(), sizes.deviations.iter().map(|&s| f64::from(s)).collect());
    let (mut by_load, mut by_noise) = (BETAS.map(|_| masked()), BETAS.map(|_| noisy()));
    let largest = sizes.loads.last().copied().unwrap_or(0).max(sizes.noisy);
    for run in 0..sizes.seeds {
        let seed = context.seed.wrapping_add(run);
        let images = draw(&digits, largest, seed, Scale::Signed)?;
        let lower = Corruption::Mask { region: Region::Lower(0.5), fill: 0.0 };
        for (x, &load) in sizes.loads.iter().enumerate() {
            let done = (run as f64 + (1 << x) as f64 / (1 << sizes.loads.len()) as f64) / sizes.seeds as f64;
            context.progress(done, &format!("seed {seed}, {load} images"));
            trial(&images, load, sizes.cues, lower, (seed, x), &mut by_load)?;
        }
        for (x, &std) in sizes.deviations.iter().enumerate() {
            let noise = Corruption::Gaussian { std, clamp: Some((-1.0, 1.0)) };
            trial(&images, sizes.noisy, sizes.cues, noise, (seed, x), &mut by_noise)?;
        }
    }
    context.progress(1.0, "done");
    Ok(outcome(&sizes, &by_load, &by_noise))
}

/// Names of all that take part: separations, then baselines.
fn names() -> Vec<&'static str> {
    let sums = SUMS.iter().map(|(name, _)| *name);
    AVERAGES.into_iter().chain(sums).chain(TRIVIAL).collect()
}

/// Stores the first `load` images and recalls the first of them from damaged cues, with everything.
fn trial(
    images: &Set,
    load: usize,
    cues: usize,
    damage: Corruption,
    (seed, x): (u64, usize),
    sweeps: &mut [Sweep; 2],
) -> Result<(), LabError> {
    let stored = images.patterns().slice_move(s![..load.min(images.len()), ..]);
    let targets = stored.slice_axis(Axis(0), (..cues.min(stored.nrows())).into());
    let shape: Shape = images.shape();
    let cues = damage.apply(targets, shape, &mut stream(seed, "recall/masked/damage"))?.cues;
    let baselines = trivial(stored, cues.view())?.map(|answers| aligned(answers.view(), targets, LEVEL));
    for (sweep, beta) in sweeps.iter_mut().zip(BETAS) {
        let mut shares = vec![];
        for name in AVERAGES {
            let separation = Separation::parse(name, beta)?;
            shares.push(recalled(separation, Projection::Linear, stored, (cues.view(), targets))?);
        }
        for (name, inner) in SUMS {
            let separation = Separation::parse(name, inner)?;
            let projection = Projection::Tanh { gain: beta };
            shares.push(recalled(separation, projection, stored, (cues.view(), targets))?);
        }
        sweep.push(x, shares.into_iter().chain(baselines));
    }
    Ok(())
}

fn recalled(
    separation: Separation,
    projection: Projection,
    stored: ArrayView2<'_, f32>,
    (cues, targets): (ArrayView2<'_, f32>, ArrayView2<'_, f32>),
) -> Result<f64, LabError> {
    let builder = Memory::builder(stored.ncols()).separation(separation).projection(projection);
    let mut memory = builder.build()?;
    memory.store(stored)?;
    let states = memory.recall_with(cues, &steps(STEPS))?.states;
    Ok(aligned(states.view(), targets, LEVEL))
}

fn outcome(sizes: &Sizes, by_load: &[Sweep; 2], by_noise: &[Sweep; 2]) -> Outcome {
    let load = sizes.loads.last().map_or(0.0, |&m| m as f64);
    let noise = sizes.deviations.get(2).or(sizes.deviations.last()).map_or(0.0, |&s| f64::from(s));
    let of = |sweep: &Sweep, name: &str, x: f64, label: String| Named::new(label, &sweep.summary(name, x));
    let mut series = vec![];
    for ((beta, masked), noisy) in BETAS.iter().zip(by_load).zip(by_noise) {
        for name in AVERAGES.into_iter().chain(SUMS.iter().map(|s| s.0)) {
            series.push(of(masked, name, load, format!("{name}, beta {beta}, lower half 0, M = {load}")));
            let label = format!("{name}, beta {beta}, noise {noise}, M = {}", sizes.noisy);
            series.push(of(noisy, name, noise, label));
        }
    }
    let mut baselines = vec![];
    for name in TRIVIAL {
        baselines.push(of(&by_load[0], name, load, format!("{name}, lower half 0, M = {load}")));
        baselines.push(of(&by_noise[0], name, noise, format!("{name}, noise {noise}, M = {}", sizes.noisy)));
    }
    let holds = |sweep: &Sweep| {
        let softmax = sweep.area("softmax");
        AVERAGES[SPARSE].iter().all(|name| sweep.area(name) >= softmax - SLACK)
    };
    let mut figures = vec![];
    for (beta, sweep) in BETAS.iter().zip(by_load) {
        figures.extend(pair(
            sweep,
            &format!("Lower half set to 0, beta {beta}"),
            "stored images",
            Axes::Logarithmic,
        ));
    }
    for (beta, sweep) in BETAS.iter().zip(by_noise) {
        let title = format!("Gaussian noise, {} images, beta {beta}", sizes.noisy);
        figures.extend(pair(sweep, &title, "standard deviation", Axes::Linear));
    }
    Outcome {
        measured: by_load[0].summary("sparsemax", load),
        series,
        baselines,
        pass: Some(by_load.iter().all(holds)),
        sheets: vec![],
        figures,
        notes: vec![
            "Measured: share recalled by sparsemax at beta 1 from the upper half, at the largest M.".into(),
            "Published as figures only (unverified): no number is compared.".into(),
            "The hyperbolic tangent has gain beta, and the exponential an inner beta of 0.05; identity and \
             polynomial have none, as the reference gives it (unverified)."
                .into(),
            "topk(8) and argmax are ours. A memory of more images is cued with its first 256 only, and \
             contains the smaller ones of its seed."
                .into(),
            "Digits in [-1, 1] share their background: the cosine of the mean image with a digit is high, \
             so that the baselines say what a share is worth."
                .into(),
        ],
    }
}

/// The medians, and the quartiles around them.
fn pair(sweep: &Sweep, title: &str, x: &str, x_scale: Axes) -> [Figure; 2] {
    let figure = |what: &str, curves| Figure {
        title: format!("{title}: {what}"),
        x: x.into(),
        y: "share recalled".into(),
        x_scale,
        curves,
    };
    let mut quartiles = sweep.curves(0.25, ", lower quartile");
    quartiles.extend(sweep.curves(0.75, ", upper quartile"));
    [figure("medians", sweep.curves(0.5, "")), figure("quartiles", quartiles)]
}
