//! Networks that complete images, as a task of the training loop.

use attractor_data::{Corruption, Damaged, Shape, stream};
use attractor_nets::energy::{Credit, Shape as Grid};
use attractor_nets::models::{Completed, Completer, CompleterConfig};
use attractor_nets::relaxation::Relaxation;
use attractor_nets::training::Task;
use burn::tensor::{Device, Tensor};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, Slice};
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::LabError;

/// Images with pixels from 0 to 1, for a network to learn to complete. Each gets one of some kinds of damage, drawn anew
/// every time that it is learned from. The measure is the mean squared error of hidden pixels, negative, under damage
/// that is the same whenever it is measured.
///
/// ```
/// use attractor_data::{Scale, Shape, glyphs};
/// use attractor_lab::completion::{Assigning, CompletionTask};
/// use attractor_nets::models::{CompleterConfig, TwoLayerConfig};
/// use attractor_nets::training::{Fit, Split, TrainingConfig};
///
/// let images = glyphs().scaled(Scale::Unit).into_patterns();
/// let model = CompleterConfig::TwoLayer(TwoLayerConfig { hidden: 32, ..TwoLayerConfig::default() });
/// let hide = vec!["mask:upper:0.5".parse()?, "mask:lower:0.5".parse()?];
/// let split = Split { train: (0..80).collect(), held: (80..95).collect() };
/// let task = CompletionTask::new(images, Shape::grey(8, 8), &split.train, hide, model, Assigning::Unrolled)?;
/// let training = TrainingConfig::adamw(1e-2, 5).with_batch(10);
/// let fitted = Fit::new(&task, &training, 1).run(&split)?;
/// assert!(fitted.history.epochs[4].loss < fitted.history.epochs[0].loss);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct CompletionTask {
    images: Array2<f32>,
    shape: Shape,
    hide: Vec<Corruption>,
    model: CompleterConfig,
    credit: Assigning,
    /// Of the training images.
    mean: Array1<f32>,
}

/// How training finds gradients.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assigning {
    /// Through the steps.
    #[default]
    Unrolled,
    /// At the state of rest.
    Implicit,
}

/// Steps to a state of rest, for each that a network would be unrolled for.
const PATIENCE: usize = 8;
/// Relative residual of the linear system at the state of rest, and its iterations at most.
const SOLVED: (f64, usize) = (1e-2, 20);
/// Of the damage that the measure is taken under.
const MEASURED: u64 = 0;

impl CompletionTask {
    /// Images `(n, pixels)` of this shape, of which those at `train` are learned from, and the damage to learn from.
    ///
    /// # Errors
    /// [`LabError::Data`] for damage that hides nothing, does not fit the shape or is missing, and for pixels outside 0
    /// to 1.
    pub fn new(
        images: Array2<f32>,
        shape: Shape,
        train: &[usize],
        hide: Vec<Corruption>,
        model: CompleterConfig,
        credit: Assigning,
    ) -> Result<Self, LabError> {
        let choice = |found: String| attractor_data::Error::Choice {
            what: "damage to learn from",
            found,
            choices: "mask, occlude, patches: what hides a part and leaves the rest as it was".to_owned(),
        };
        if hide.is_empty() {
            return Err(choice(String::new()).into());
        }
        if let Some(kind) = hide.iter().find(|kind| !kind.hides()) {
            return Err(choice(kind.to_string()).into());
        }
        let one = images.slice_axis(Axis(0), (..images.nrows().min(1)).into());
        damaged(one, shape, &hide, &mut stream(0, "shape"))?;
        if let Some(((row, _), &value)) = images.indexed_iter().find(|(_, x)| !(0.0..=1.0).contains(*x)) {
            let limit = format!("from 0 to 1, in image {row}");
            return Err(attractor_data::Error::Parameter { name: "pixel", value: value.into(), limit }.into());
        }
        let mean = images.select(Axis(0), train).mean_axis(Axis(0)).unwrap_or_default();
        Ok(Self { images, shape, hide, model, credit, mean })
    }

    /// Which pixels of these images are known.
    fn known(&self, of: &[usize], rng: &mut impl Rng) -> Array2<bool> {
        match damaged(self.images.select(Axis(0), of).view(), self.shape, &self.hide, rng) {
            Ok(damaged) => damaged.known,
            Err(error) => unreachable!("the damage was checked when the task was made: {error}"),
        }
    }

    /// The mean training image.
    pub fn mean(&self) -> ArrayView1<'_, f32> {
        self.mean.view()
    }

    /// These images, with what is hidden of them whenever the task is measured, completed.
    ///
    /// # Errors
    /// [`attractor_nets::Error`] as of the network.
    pub fn complete(
        &self,
        model: &Completer,
        set: &[usize],
        how: &Relaxation,
    ) -> Result<(Array2<bool>, Completed), attractor_nets::Error> {
        let known = self.known(set, &mut stream(MEASURED, "hidden when measured"));
        let done = model.complete(self.images.select(Axis(0), set).view(), known.view(), how)?;
        Ok((known, done))
    }
}

impl Task for CompletionTask {
    type Model = Completer;

    fn init(&self, device: &Device, rng: &mut ChaCha8Rng) -> Result<Completer, attractor_nets::Error> {
        self.model.build(grid(self.shape), device, rng)?.expecting(self.mean.view())
    }

    fn loss(
        &self,
        model: &Completer,
        batch: &[usize],
        device: &Device,
        rng: &mut ChaCha8Rng,
    ) -> Result<Tensor<1>, attractor_nets::Error> {
        let images = self.images.select(Axis(0), batch);
        let credit = match self.credit {
            Assigning::Unrolled => model.unrolled(),
            Assigning::Implicit => {
                let trained = model.relaxation();
                let relaxation = Relaxation { steps: PATIENCE * trained.steps, ..trained };
                let (tolerance, iterations) = SOLVED;
                Credit::Implicit { relaxation, tolerance, iterations }
            }
        };
        model.loss(images.view(), self.known(batch, rng).view(), &credit, device)
    }

    fn measure(&self, model: &Completer, set: &[usize]) -> Result<f64, attractor_nets::Error> {
        let (known, done) = self.complete(model, set, &model.relaxation())?;
        let whole = self.images.select(Axis(0), set);
        Ok(-hidden_error(whole.view(), known.view(), done.images.view()))
    }
}

/// The grid of pixels that a network has for patterns of this shape; a vector is a row.
pub fn grid(shape: Shape) -> Grid {
    match shape {
        Shape::Vector(width) => Grid::image([1, width], 1),
        Shape::Image { height, width, channels } => Grid::image([height, width], channels),
    }
}

/// The mean squared error of the hidden pixels of all images; 0 where nothing is hidden.
pub fn hidden_error(
    whole: ArrayView2<'_, f32>,
    known: ArrayView2<'_, bool>,
    completed: ArrayView2<'_, f32>,
) -> f64 {
    let pixels = whole.iter().zip(completed.iter()).zip(known.iter());
    let hidden = pixels.filter(|(_, known)| !**known);
    let (mut sum, mut count) = (0.0, 0.0);
    hidden.for_each(|((a, b), _)| {
        sum += f64::from(a - b).powi(2);
        count += 1.0;
    });
    if count == 0.0 { 0.0 } else { sum / count }
}

/// Every image with one of the kinds of damage, which is drawn.
///
/// # Errors
/// [`attractor_data::Error`] for damage that does not fit the shape.
pub fn damaged(
    images: ArrayView2<'_, f32>,
    shape: Shape,
    kinds: &[Corruption],
    rng: &mut impl Rng,
) -> Result<Damaged, attractor_data::Error> {
    let mut cues = images.to_owned();
    let mut known = Array2::from_elem(images.dim(), true);
    for row in 0..images.nrows() {
        let rows = Slice::from(row..row + 1);
        let kind = kinds[rng.random_range(0..kinds.len())];
        let one = kind.apply(images.slice_axis(Axis(0), rows), shape, rng)?;
        cues.slice_axis_mut(Axis(0), rows).assign(&one.cues);
        known.slice_axis_mut(Axis(0), rows).assign(&one.known);
    }
    Ok(Damaged { cues, known })
}
