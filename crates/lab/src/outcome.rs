//! What a reproduction returns: numbers, baselines, curves.

use serde::Serialize;

use crate::experiment::Effort;
use crate::published::Published;
use crate::statistics::Summary;

/// A named number with its spread, such as a baseline or one point of a series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Named {
    /// What it is, such as `hebb` or `n = 3`.
    pub name: String,
    /// Mean over the runs.
    pub mean: f64,
    /// Standard deviation over the runs.
    pub spread: f64,
}

impl Named {
    /// The summary under a name.
    pub fn new(name: impl Into<String>, summary: &Summary) -> Self {
        Self { name: name.into(), mean: summary.mean, spread: summary.spread }
    }
}

/// One curve of a figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Its label.
    pub name: String,
    /// Points `(x, y)`, in order of x.
    pub points: Vec<(f64, f64)>,
}

/// A figure: curves over common axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Title.
    pub title: String,
    /// Label of the x axis.
    pub x: String,
    /// Label of the y axis.
    pub y: String,
    /// Whether x is drawn logarithmically (base 2); all x must be above zero then.
    pub x_scale: Scale,
    /// The curves.
    pub curves: Vec<Curve>,
}

/// Small pictures in named rows, such as what a network has learned or recalled.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// Title.
    pub title: String,
    /// The rows.
    pub rows: Vec<Row>,
}

/// A row of pictures of one size.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its label.
    pub name: String,
    /// Height and width of each picture, in pixels.
    pub size: [usize; 2],
    /// The values that are drawn black and white.
    pub range: (f32, f32),
    /// The pictures, row by row of pixels.
    pub pictures: Vec<Vec<f32>>,
}

/// How an axis is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Equal steps.
    #[default]
    Linear,
    /// Equal factors.
    Logarithmic,
}

/// What an experiment measured.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// The number that is compared with the published one, over the runs.
    pub measured: Summary,
    /// What one number cannot hold: exponents by degree, accuracies by separation, buffer sizes.
    pub series: Vec<Named>,
    /// Trivial baselines, measured in the same run.
    pub baselines: Vec<Named>,
    /// Whether the claim holds; `None` where nothing is published to hold it against.
    pub pass: Option<bool>,
    /// Figures of the page.
    pub figures: Vec<Figure>,
    /// Sheets of pictures of the page, below the figures.
    pub sheets: Vec<Sheet>,
    /// What a reader must know: deviations from the protocol, what is unverified, what fell short.
    pub notes: Vec<String>,
}

/// The machine-readable line of `reproduce ID --json`.
#[derive(Debug, Clone, Serialize)]
pub struct Record {
    /// Version of this layout.
    pub schema: u32,
    /// The experiment.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Where the claim was published.
    pub source: &'static str,
    /// What is done, in short.
    pub protocol: &'static str,
    /// The published number.
    pub published: Option<Published>,
    /// Ours.
    pub measured: Summary,
    /// Further numbers.
    pub series: Vec<Named>,
    /// Trivial baselines.
    pub baselines: Vec<Named>,
    /// Whether the claim holds.
    pub pass: Option<bool>,
    /// Wall time of the run.
    pub seconds: f64,
    /// The seed.
    pub seed: u64,
    /// Which kind of run it was.
    pub effort: Effort,
}
