//! A network that completes images.

use burn::module::Module;
use burn::tensor::{Bool, Device, Tensor, TensorData};
use ndarray::{Array2, ArrayView1, ArrayView2, Axis, Slice, concatenate};

use super::CompleterConfig;
use super::hierarchy::{IMAGE, IMAGE_BIAS};
use super::patches::Patches;
use crate::Error;
use crate::energy::{Clamps, Credit, Network, Shape};
use crate::relaxation::{Relaxation, Report, Solver};

/// A network that completes images of which a part is known; [`CompleterConfig::build`] makes one.
///
/// Hidden pixels start where the bias draws them. Images are rows of pixels from 0 to 1, `(images, pixels)`, the channels of a pixel side by side. What is known is
/// held while the network relaxes, and comes back as it was given.
///
/// ```
/// use attractor_nets::energy::Shape;
/// use attractor_nets::models::{CompleterConfig, TwoLayerConfig};
/// use burn::module::Module;
/// use burn::optim::{AdamConfig, GradientsParams};
/// use burn::tensor::Device;
/// use ndarray::array;
/// use rand::SeedableRng;
/// use rand_chacha::ChaCha8Rng;
///
/// // Two images of four pixels, of which the left half says which it is.
/// let images = array![[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0]];
/// let known = array![[true, true, false, false], [true, true, false, false]];
/// let config = TwoLayerConfig { hidden: 8, ..TwoLayerConfig::default() };
/// let device = Device::flex().autodiff();
/// let shape = Shape::image([1, 4], 1);
/// let mut completer =
///     CompleterConfig::TwoLayer(config).build(shape, &device, &mut ChaCha8Rng::seed_from_u64(1))?;
/// let mut optimiser = AdamConfig::new().init();
/// for _ in 0..60 {
///     let loss = completer.loss(images.view(), known.view(), &completer.unrolled(), &device)?;
///     let gradients = GradientsParams::from_grads(loss.backward(), &completer);
///     completer = optimiser.step(0.1, completer, gradients);
/// }
/// let completer = completer.valid();
/// let done = completer.complete(images.view(), known.view(), &completer.relaxation())?;
/// assert!((&done.images - &images).iter().all(|apart| apart.abs() < 0.2), "{}", done.images);
/// # Ok::<(), attractor_nets::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct Completer {
    pub(super) network: Network,
    pub(super) patches: Option<Patches>,
    #[module(skip)]
    image: Shape,
    #[module(skip)]
    config: CompleterConfig,
}

/// Completed images, and what the relaxation did.
#[derive(Debug, Clone, PartialEq)]
pub struct Completed {
    /// `(images, pixels)`, from 0 to 1; known pixels as they were given.
    pub images: Array2<f32>,
    /// Of every image.
    pub report: Report,
}

/// Images that relax together.
const BATCH: usize = 250;
/// Known pixels are held this far from 0 and 1, where the state of a sigmoid neuron would be infinite.
const MARGIN: f64 = 0.01;
/// A sample rests when its largest `|dx/dt|` is at most this, relative to its state.
const TOLERANCE: f64 = 1e-3;

/// A batch as tensors `(batch, pixels, channels)`.
pub(super) struct Batch {
    pub(super) images: Tensor<3>,
    /// 1 or 0.
    pub(super) known: Tensor<3>,
}

impl Completer {
    pub(super) fn new(
        network: Network,
        patches: Option<Patches>,
        image: Shape,
        config: CompleterConfig,
    ) -> Self {
        Self { network, patches, image, config }
    }

    /// The same with a bias that draws hidden pixels to those of `mean`, such as the mean training image: learning
    /// begins there, and not at grey.
    ///
    /// # Errors
    /// [`Error::Size`], [`Error::Parameter`] for a pixel outside 0 to 1.
    pub fn expecting(self, mean: ArrayView1<'_, f32>) -> Result<Self, Error> {
        let mean = mean.insert_axis(Axis(0));
        let known = Array2::from_elem(mean.dim(), true);
        self.check(mean, known.view())?;
        let Batch { images, .. } = self.batch(mean, known.view(), &self.network.device());
        match self.patches {
            Some(patches) => Ok(Self { patches: Some(patches.expecting(images)), ..self }),
            None => {
                let [_, pixels, channels] = images.dims();
                let field = logit(images).reshape([pixels, channels]);
                Ok(Self { network: self.network.with_parameter(IMAGE_BIAS, field)?, ..self })
            }
        }
    }

    /// What it was built from.
    pub fn config(&self) -> &CompleterConfig {
        &self.config
    }

    /// The shape of its images.
    pub fn image(&self) -> Shape {
        self.image
    }

    /// The energy network inside.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The relaxation that it was trained for: its steps of time, shorter where the energy would rise.
    pub fn relaxation(&self) -> Relaxation {
        let (dt, steps) = self.config.pace();
        Relaxation { solver: Solver::Damped { dt }, steps, tolerance: TOLERANCE }
    }

    /// Training through the steps.
    pub fn unrolled(&self) -> Credit {
        let (dt, steps) = self.config.pace();
        Credit::Unrolled { dt, steps }
    }

    /// The squared error of the hidden pixels, averaged over those of each image and over the images, `(1)`, on
    /// `device`, which differentiates and has the parameters. Its backward pass gives the gradients that `credit` finds.
    ///
    /// # Errors
    /// [`Error::Size`] and [`Error::Shape`] for arrays of another size, [`Error::Parameter`] for a pixel outside 0 to
    /// 1, [`Error::Options`] for other credit than unrolled where images are read by an encoder, which is outside of
    /// the energy; [`Error::Energy`].
    pub fn loss(
        &self,
        images: ArrayView2<'_, f32>,
        known: ArrayView2<'_, bool>,
        credit: &Credit,
        device: &Device,
    ) -> Result<Tensor<1>, Error> {
        self.check(images, Array2::from_elem(known.dim(), true).view())?;
        if self.patches.is_some() && !matches!(credit, Credit::Unrolled { .. }) {
            let reason = "an Energy Transformer is trained unrolled: its encoder is outside of the energy";
            return Err(Error::Options { option: "credit", reason });
        }
        let Batch { images, known } = self.batch(images, known, device);
        let hidden = known.clone().neg() + 1.0;
        let share = hidden.clone().sum_dim(1).sum_dim(2).clamp_min(1.0).recip();
        let (states, clamps) = self.start(images.clone(), known)?;
        let [count, ..] = images.dims();
        let loss = |g: &[Tensor<3>]| {
            let apart = (self.read(g) - images.clone()).square() * hidden.clone();
            (apart.sum_dim(1).sum_dim(2) * share.clone()).reshape([count])
        };
        Ok(credit.loss(&self.network, states, &clamps, &loss)?)
    }

    /// Completes every image, whatever stands at the pixels that are not known. The completer is on a device that does
    /// not differentiate.
    ///
    /// # Errors
    /// [`Error::Size`] and [`Error::Shape`] for arrays of another size, [`Error::Parameter`] for no images and for a
    /// known pixel outside 0 to 1, [`Error::Energy`] when the relaxation refuses.
    pub fn complete(
        &self,
        images: ArrayView2<'_, f32>,
        known: ArrayView2<'_, bool>,
        how: &Relaxation,
    ) -> Result<Completed, Error> {
        self.check(images, known)?;
        let mut parts = Vec::new();
        for first in (0..images.nrows()).step_by(BATCH) {
            let rows = Slice::from(first..(first + BATCH).min(images.nrows()));
            let (images, known) = (images.slice_axis(Axis(0), rows), known.slice_axis(Axis(0), rows));
            parts.push(self.watched(images, known, how, &mut |_| {})?);
        }
        Ok(joined(parts))
    }

    /// One batch, `watcher` seeing the states of all layers at the start and after every step.
    pub(super) fn watched(
        &self,
        images: ArrayView2<'_, f32>,
        known: ArrayView2<'_, bool>,
        how: &Relaxation,
        watcher: &mut dyn FnMut(&[Tensor<3>]),
    ) -> Result<Completed, Error> {
        let device = self.network.device();
        let batch = self.batch(images, known, &device);
        let (mut states, clamps) = self.start(batch.images, batch.known)?;
        let report = self.network.watch(&mut states, &clamps, how, watcher)?;
        let read = self.shown(&states)?;
        let images = Array2::from_shape_fn(images.dim(), |at| if known[at] { images[at] } else { read[at] });
        Ok(Completed { images, report })
    }

    /// The images that states stand for, from 0 to 1.
    pub(super) fn shown(&self, states: &[Tensor<3>]) -> Result<Array2<f32>, Error> {
        let read = self.read(&self.network.activations(states)?).clamp(0.0, 1.0);
        let [count, pixels, channels] = read.dims();
        let numbers = read.without_autodiff().try_into_vec_as::<f32>();
        let numbers = numbers.map_err(|error| Error::device("completed images", &error))?;
        Array2::from_shape_vec((count, pixels * channels), numbers)
            .map_err(|error| Error::device("completed images", &error))
    }

    pub(super) fn batch(
        &self,
        images: ArrayView2<'_, f32>,
        known: ArrayView2<'_, bool>,
        device: &Device,
    ) -> Batch {
        let dims = self.image.dims(images.nrows());
        let tensor = |numbers: Vec<f32>| Tensor::from_data(TensorData::new(numbers, dims), device);
        Batch {
            images: tensor(images.iter().copied().collect()),
            known: tensor(known.iter().map(|&known| f32::from(u8::from(known))).collect()),
        }
    }

    /// The states at the start, and what is held.
    fn start(&self, images: Tensor<3>, known: Tensor<3>) -> Result<(Vec<Tensor<3>>, Clamps), Error> {
        let [count, ..] = images.dims();
        let unknown: Tensor<3, Bool> = known.clone().lower_elem(0.5);
        let seen = images.mask_fill(unknown.clone(), 0.5);
        let mut states = self.network.zeros(count);
        let (state, clamps) = match &self.patches {
            Some(patches) => (patches.tokens(seen, known), Clamps::none()),
            None => {
                let field = self.network.parameter(IMAGE_BIAS)?.unsqueeze::<3>();
                let state = logit(seen) * known.clone() + field * (known.neg() + 1.0);
                (state, Clamps::none().neurons(IMAGE, unknown.bool_not()))
            }
        };
        states[0] = state;
        Ok((states, clamps))
    }

    /// The images, from the activations of all layers.
    fn read(&self, g: &[Tensor<3>]) -> Tensor<3> {
        match &self.patches {
            Some(patches) => patches.read(g[0].clone()),
            None => g[0].clone(),
        }
    }

    pub(super) fn check(
        &self,
        images: ArrayView2<'_, f32>,
        known: ArrayView2<'_, bool>,
    ) -> Result<(), Error> {
        let (expected, found) = (self.image.neurons(), images.ncols());
        if expected != found {
            return Err(Error::Size { place: "pixels of an image", expected, found });
        }
        Error::shape("which pixels are known", images.shape(), known.shape())?;
        Error::at_least_one("images", images.nrows())?;
        let outside = |(pixel, known): &(&f32, &bool)| **known && !(0.0..=1.0).contains(*pixel);
        match images.iter().zip(known.iter()).find(outside) {
            None => Ok(()),
            Some((&pixel, _)) => {
                let (name, value) = ("known pixel", f64::from(pixel));
                Err(Error::Parameter { name, value, limit: "from 0 to 1" })
            }
        }
    }
}

/// The states of sigmoid neurons with these activations.
fn logit(activations: Tensor<3>) -> Tensor<3> {
    let share = activations.clamp(MARGIN, 1.0 - MARGIN);
    share.clone().log() - (share.neg() + 1.0).log()
}

/// Batches one after the other. Those that rested earlier keep their last energies.
fn joined(parts: Vec<Completed>) -> Completed {
    let steps = parts.iter().map(|part| part.report.energies.len()).max().unwrap_or(0);
    let mut report = Report {
        energies: vec![Vec::new(); steps],
        residuals: Vec::new(),
        iterations: Vec::new(),
        converged: Vec::new(),
    };
    let mut images = Vec::new();
    for part in parts {
        let kept = part.report.energies;
        for (step, all) in report.energies.iter_mut().enumerate() {
            all.extend_from_slice(&kept[step.min(kept.len() - 1)]);
        }
        report.residuals.extend(part.report.residuals);
        report.iterations.extend(part.report.iterations);
        report.converged.extend(part.report.converged);
        images.push(part.images);
    }
    let views: Vec<_> = images.iter().map(|part| part.view()).collect();
    // All parts are as wide as an image.
    let images = concatenate(Axis(0), &views).unwrap_or_default();
    Completed { images, report }
}
