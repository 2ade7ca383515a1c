//! Things never seen: does the learner know that it does not know?

use attractor_data::{Part, Set};
use attractor_learn::encoder::{Encode, Scaling, Whiten, Whitening};
use attractor_learn::metrics::{auroc, fpr_at_tpr};
use attractor_learn::{Answer, Learner};
use ndarray::{Array2, Axis};

use super::{ask, class, learner, mnist, rows_of, show};
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::omniglot::omniglot;
use crate::outcome::{Named, Outcome};
use crate::statistics::Summary;

pub(crate) const EXPERIMENT: Experiment = Experiment {
    id: "learner/unknown",
    title: "Letters among digits, and digits among digits",
    source: "Open-set recognition; no published number for this learner",
    protocol: "A learner of MNIST's training digits is asked for its 10,000 test digits (known) and for Omniglot's \
        evaluation characters at 28 x 28, white on black (unknown): area under the ROC curve of the memory's \
        energy, of 1 - confidence, and of the Mahalanobis distance to the nearest class mean in 64 whitened principal \
        components of the pixels; the same with digits 0 to 4 known and 5 to 9 unknown. Holds when the energy reaches \
        0.98 on the first. Keys were chosen on Omniglot's background set and training digits.",
    published: None,
    data: &["mnist", "omniglot"],
    run,
};

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let (shown, asked) = match context.extent() {
        Extent::Full => (60_000, 10_000),
        Extent::Smoke => (300, 100),
    };
    let part = if context.extent() == Extent::Full { Part::Train } else { Part::Test };
    let train = mnist(context, part)?.take(shown);
    let test = mnist(context, Part::Test)?.take(asked);
    let letters = omniglot(context, "evaluation", asked.max(1))?;
    let mut series = Vec::new();

    let mut teacher = learner(&train, context.seed)?;
    show(&mut teacher, &train, &(0..train.len()).collect::<Vec<_>>())?;
    context.progress(0.4, "digits and letters");
    let known = ask(&teacher, &test, &(0..test.len()).collect::<Vec<_>>())?;
    let unknown = ask(&teacher, &letters, &(0..letters.len()).collect::<Vec<_>>())?;
    let headline = compare(&mut series, "letters", &known, &unknown)?;
    let distance = Mahalanobis::fit(&train, &(0..10).collect::<Vec<_>>())?;
    distance.compare(
        &mut series,
        "letters",
        (&test, &rows_of(&test, &(0..10).collect::<Vec<_>>())),
        &letters,
    )?;

    context.progress(0.6, "half of the digits");
    let few: Vec<u32> = (0..5).collect();
    let mut half: Learner = learner(&train, context.seed)?;
    show(&mut half, &train, &rows_of(&train, &few))?;
    let inside = rows_of(&test, &few);
    let outside = rows_of(&test, &[5, 6, 7, 8, 9]);
    let (known, unknown) = (ask(&half, &test, &inside)?, ask(&half, &test, &outside)?);
    compare(&mut series, "digits 5 to 9", &known, &unknown)?;
    let distance = Mahalanobis::fit(&train, &few)?;
    distance.compare(&mut series, "digits 5 to 9", (&test, &inside), &test.subset(&outside)?)?;
    context.progress(1.0, "done");

    Ok(Outcome {
        measured: Summary::of(&[headline]),
        series,
        baselines: Vec::new(),
        pass: (context.extent() == Extent::Full).then_some(headline >= 0.98),
        sheets: vec![],
        figures: Vec::new(),
        notes: vec![
            "Letters differ from digits in the width and the evenness of their strokes too: an AUROC near 1 there is \
             no proof of understanding. Digits among digits are the harder question."
                .to_owned(),
        ],
    })
}

/// AUROC and FPR95 of what the learner says; returns the AUROC of the energy.
fn compare(
    series: &mut Vec<Named>,
    name: &str,
    known: &[Answer],
    unknown: &[Answer],
) -> Result<f64, LabError> {
    let mut measure = |what: &str, score: fn(&Answer) -> f64| -> Result<f64, LabError> {
        let (known, unknown): (Vec<f64>, Vec<f64>) =
            (known.iter().map(score).collect(), unknown.iter().map(score).collect());
        push(series, name, what, &known, &unknown)
    };
    measure("1 - confidence", |a| 1.0 - a.confidence)?;
    measure("energy", |a| a.novelty.energy.min(1e9))
}

fn push(
    series: &mut Vec<Named>,
    name: &str,
    what: &str,
    known: &[f64],
    unknown: &[f64],
) -> Result<f64, LabError> {
    let area = auroc(known, unknown)?;
    let rate = fpr_at_tpr(known, unknown, 0.95)?;
    series.push(Named::new(format!("{name}: AUROC of {what}"), &Summary::of(&[area])));
    series.push(Named::new(format!("{name}: FPR95 of {what}"), &Summary::of(&[rate])));
    Ok(area)
}

/// Distance to the nearest class mean under the covariance inside of the classes.
struct Mahalanobis {
    whiten: Whiten,
    means: Vec<Vec<f32>>,
}

impl Mahalanobis {
    fn fit(train: &Set, classes: &[u32]) -> Result<Self, LabError> {
        let rows = rows_of(train, classes);
        let patterns = train.patterns().select(Axis(0), &rows);
        let mean_of = |wanted: u32| {
            let rows: Vec<usize> = (0..rows.len()).filter(|&i| class(train, rows[i]) == wanted).collect();
            patterns.select(Axis(0), &rows).mean_axis(Axis(0))
        };
        let means: Vec<_> =
            classes.iter().filter_map(|&class| mean_of(class).map(|mean| (class, mean))).collect();
        let mut centred: Array2<f32> = patterns.clone();
        for (mut row, &at) in centred.rows_mut().into_iter().zip(&rows) {
            if let Some((_, mean)) = means.iter().find(|(c, _)| *c == class(train, at)) {
                row -= mean;
            }
        }
        let whiten =
            Whitening { components: 64, shrinkage: 0.01, scaling: Scaling::None }.fit(centred.view())?;
        let mut whitened = Vec::new();
        for (_, mean) in &means {
            let mut to = vec![0.0; whiten.width()];
            whiten.encode(&mean.to_vec(), &mut to)?;
            whitened.push(to);
        }
        Ok(Self { whiten, means: whitened })
    }
}

impl Mahalanobis {
    fn scores(&self, set: &Set, rows: &[usize]) -> Result<Vec<f64>, LabError> {
        let mut to = vec![0.0; self.whiten.width()];
        rows.iter()
            .map(|&row| {
                self.whiten.encode(&set.patterns().row(row).to_vec(), &mut to)?;
                let distance = |mean: &Vec<f32>| -> f64 {
                    mean.iter().zip(&to).map(|(m, x)| f64::from(m - x).powi(2)).sum()
                };
                Ok(self.means.iter().map(distance).fold(f64::INFINITY, f64::min))
            })
            .collect()
    }

    fn compare(
        &self,
        series: &mut Vec<Named>,
        name: &str,
        (known, rows): (&Set, &[usize]),
        unknown: &Set,
    ) -> Result<(), LabError> {
        let known = self.scores(known, rows)?;
        let unknown = self.scores(unknown, &(0..unknown.len()).collect::<Vec<_>>())?;
        push(series, name, "Mahalanobis distance", &known, &unknown).map(|_| ())
    }
}
