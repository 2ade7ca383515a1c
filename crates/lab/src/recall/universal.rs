//! Which similarity retrieves most: dot product against distances (Millidge, Salvatori, Song,
//! Lukasiewicz and Bogacz 2022, arXiv 2202.04557).

use attractor_data::{Corruption, Region, Scale, Set, stream};
use attractor_memory::{Memory, Separation, Similarity};
use ndarray::{Array2, ArrayView2, Axis};

use super::answers::{TRIVIAL, nearest, steps, trivial, within};
use super::digits::{digits, draw};
use super::sweep::Sweep;
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::outcome::{Figure, Outcome, Scale as Axes};

/// The experiment.
pub const EXPERIMENT: Experiment = Experiment {
    id: "recall/universal",
    title: "Digits retrieved by dot product, cosine, Euclidean and Manhattan distance",
    source: "Millidge, Salvatori, Song, Lukasiewicz, Bogacz 2022, Universal Hopfield networks, ICML, \
             arXiv 2202.04557",
    protocol: "MNIST in [0, 1]; N = 2 to 1000 stored, each cued once; Gaussian noise of deviation 0.5, made \
               positive and cut at 1 (clamp(|image + noise|, 0, 1)), or the lower half set to 0; one step with \
               all weight on the most similar; retrieved when the summed squared error is at most 60; 5 runs. \
               Published as figures only, so no number is compared; the check is their finding (unverified): \
               Manhattan and squared Euclidean distance retrieve more than the dot product, averaged over N.",
    published: None,
    data: &["mnist"],
    run,
};

/// Largest summed squared error of a retrieved image of 784 pixels: the published threshold, which a
/// similar image passes, and ours, which only the image itself does.
const THRESHOLDS: [f64; 2] = [60.0, 1.0];
/// Standard deviation of the noise.
const DEVIATION: f32 = 0.5;

const SIMILARITIES: [Similarity; 5] = [
    Similarity::Dot,
    Similarity::Cosine,
    Similarity::SquaredEuclidean,
    Similarity::Euclidean,
    Similarity::Manhattan,
];

/// What a cue is, and what is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    /// The image, from `clamp(|image + noise|, 0, 1)`.
    FoldedNoise,
    /// The image, from `clamp(image + noise, 0, 1)`.
    Noise,
    /// The image, from its upper half.
    Masked,
    /// Another image that was stored with it, from the cue of [`Task::FoldedNoise`].
    Associated,
}

impl Task {
    const ALL: [Self; 4] = [Self::FoldedNoise, Self::Noise, Self::Masked, Self::Associated];

    fn title(self) -> &'static str {
        match self {
            Self::FoldedNoise => "folded noise",
            Self::Noise => "noise",
            Self::Masked => "lower half 0",
            Self::Associated => "another image, from folded noise",
        }
    }

    /// Cues for these images.
    fn cues(self, images: &Set, seed: u64) -> Result<Array2<f32>, LabError> {
        let damage = match self {
            Self::FoldedNoise | Self::Associated => Corruption::Gaussian { std: DEVIATION, clamp: None },
            Self::Noise => Corruption::Gaussian { std: DEVIATION, clamp: Some((0.0, 1.0)) },
            Self::Masked => Corruption::Mask { region: Region::Lower(0.5), fill: 0.0 },
        };
        let mut rng = stream(seed, "recall/universal/damage");
        let mut cues = damage.apply(images.patterns(), images.shape(), &mut rng)?.cues;
        if matches!(self, Self::FoldedNoise | Self::Associated) {
            cues.mapv_inplace(|x| x.abs().min(1.0));
        }
        Ok(cues)
    }
}

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let runs: u64 = context.repetitions(5, 2);
    let loads: &[usize] = match context.extent() {
        Extent::Full => &[2, 5, 10, 20, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000],
        Extent::Smoke => &[2, 10, 30],
    };
    let digits = digits(context)?;
    let names: Vec<String> =
        SIMILARITIES.iter().map(|s| s.name()).chain(TRIVIAL).map(str::to_owned).collect();
    let xs: Vec<f64> = loads.iter().map(|&n| n as f64).collect();
    let mut sweeps = Task::ALL.map(|task| (task, THRESHOLDS.map(|_| Sweep::new(names.clone(), xs.clone()))));
    for run in 0..runs {
        let seed = context.seed.wrapping_add(run);
        for (x, &load) in loads.iter().enumerate() {
            let done = (run as f64 + x as f64 / loads.len() as f64) / runs as f64;
            context.progress(done, &format!("run {run}, {load} images"));
            // The second half of the draw are the images to be recalled by association.
            let all = draw(&digits, 2 * load, seed, Scale::Unit)?;
            let images = all.take(load);
            let others = all.patterns().slice_axis_move(Axis(0), (load.min(all.len())..).into());
            for (task, sweeps) in &mut sweeps {
                let answers = answers(*task, &images, others, seed)?;
                let targets = if *task == Task::Associated { others } else { images.patterns() };
                for (sweep, threshold) in sweeps.iter_mut().zip(THRESHOLDS) {
                    sweep.push(x, answers.iter().map(|a| within(a.view(), targets, threshold)));
                }
            }
        }
    }
    context.progress(1.0, "done");
    Ok(outcome(&sweeps, xs.last().copied().unwrap_or(0.0)))
}

/// What each similarity and each baseline answers, `(cues, d)` each.
fn answers(
    task: Task,
    images: &Set,
    others: ArrayView2<'_, f32>,
    seed: u64,
) -> Result<Vec<Array2<f32>>, LabError> {
    let stored = images.patterns();
    let cues = task.cues(images, seed)?;
    if task != Task::Associated {
        let mut all = vec![];
        for similarity in SIMILARITIES {
            all.push(nearest(similarity, stored, cues.view())?);
        }
        all.extend(trivial(stored, cues.view())?);
        return Ok(all);
    }
    let value = |similarity| associated(similarity, stored, others, cues.view());
    let mut all = vec![];
    for similarity in SIMILARITIES {
        all.push(value(similarity)?);
    }
    let [.., mean] = trivial(others, cues.view())?;
    all.extend([cues.clone(), value(Similarity::Dot)?, value(Similarity::SquaredEuclidean)?, mean]);
    Ok(all)
}

/// The value of the key that is most similar to each cue.
fn associated(
    similarity: Similarity,
    keys: ArrayView2<'_, f32>,
    values: ArrayView2<'_, f32>,
    cues: ArrayView2<'_, f32>,
) -> Result<Array2<f32>, LabError> {
    let builder = Memory::builder(keys.ncols()).values(values.ncols()).similarity(similarity);
    let mut memory = builder.separation(Separation::argmax()).build()?;
    memory.store_pairs(keys, values)?;
    // No step before the values are read: they are those of the key nearest to the cue itself.
    let recall = memory.recall_with(cues, &steps(0))?;
    Ok(recall.values.unwrap_or_default())
}

fn outcome(sweeps: &[(Task, [Sweep; 2]); 4], load: f64) -> Outcome {
    let (_, [folded, _]) = &sweeps[0];
    let better = |s: Similarity| folded.area(s.name()) > folded.area(Similarity::Dot.name());
    let (mut series, mut baselines, mut figures) = (vec![], vec![], vec![]);
    for (task, sweeps) in sweeps {
        for (sweep, threshold) in sweeps.iter().zip(THRESHOLDS) {
            let what = format!("{}, error at most {threshold}", task.title());
            let mut all = sweep.last(&format!("{what}, N = {load}"));
            baselines.extend(all.split_off(SIMILARITIES.len()));
            series.extend(all);
            figures.push(Figure {
                title: format!("Retrieved: {what}"),
                x: "stored images".into(),
                y: "share retrieved".into(),
                x_scale: Axes::Logarithmic,
                curves: sweep.means(),
            });
        }
    }
    Outcome {
        measured: folded.summary(Similarity::Manhattan.name(), load),
        series,
        baselines,
        pass: Some(better(Similarity::Manhattan) && better(Similarity::SquaredEuclidean)),
        sheets: vec![],
        figures,
        notes: vec![
            "Measured: share retrieved by Manhattan distance from folded noise, at the largest N.".into(),
            "Published as figures only (unverified): no number is compared.".into(),
            "Deviations from the authors' public code: distances enter as negatives, not as reciprocals, \
             which are infinite at a stored image; cosine divides by the norm of each image, not of the \
             whole matrix (there it ranks like the dot product); the mask is a mask (there every \
             perturbation is Gaussian noise). With all weight on the largest score, the division of scores \
             by their sum, which cancels beta there, changes nothing and is left out."
                .into(),
            "The noise is folded at 0 as in the public code; the same noise cut at 0 stands beside it."
                .into(),
            "The published threshold is lenient: the mean image alone passes it for most digits, and most half \
             masked cues do without any recall, so that it says little about the masked task. A threshold of 1, \
             which only the image itself passes, stands beside it."
                .into(),
            "A larger memory contains the smaller ones of its run. By association, `nearest` means the \
             value of the nearest key; `cue itself` and `mean image` are compared with the value."
                .into(),
        ],
    }
}
