//! A relaxation step by step.

use burn::tensor::Tensor;
use ndarray::{Array2, ArrayView2};

use super::{Completed, Completer};
use crate::Error;
use crate::energy::Shape;
use crate::relaxation::Relaxation;

/// A completer at one moment of its relaxation.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// The images as they are read from it, `(images, pixels)`; known pixels are not put back.
    pub images: Array2<f32>,
    /// Name, shape and activations `(images, neurons)` of every layer.
    pub layers: Vec<(String, Shape, Array2<f32>)>,
    /// Name and energy of every layer and synapse, one number per image.
    pub energies: Vec<(String, Vec<f64>)>,
}

impl Completer {
    /// Completes the images as one batch, and tells what was there at the start and after every step.
    ///
    /// # Errors
    /// As [`Completer::complete`].
    ///
    /// ```
    /// use attractor_nets::energy::Shape;
    /// use attractor_nets::models::{CompleterConfig, TwoLayerConfig};
    /// use burn::tensor::Device;
    /// use ndarray::array;
    /// use rand::SeedableRng;
    /// use rand_chacha::ChaCha8Rng;
    ///
    /// let config = CompleterConfig::TwoLayer(TwoLayerConfig { hidden: 8, ..TwoLayerConfig::default() });
    /// let mut rng = ChaCha8Rng::seed_from_u64(1);
    /// let completer = config.build(Shape::image([1, 3], 1), &Device::flex(), &mut rng)?;
    /// let (images, known) = (array![[1.0, 0.0, 0.0]], array![[true, true, false]]);
    /// let (done, moments) = completer.watch(images.view(), known.view(), &completer.relaxation())?;
    /// for (moment, energies) in moments.iter().zip(&done.report.energies) {
    ///     let sum: f64 = moment.energies.iter().map(|(_, energy)| energy[0]).sum();
    ///     assert!((sum - energies[0]).abs() < 1e-4);
    /// }
    /// # Ok::<(), attractor_nets::Error>(())
    /// ```
    pub fn watch(
        &self,
        images: ArrayView2<'_, f32>,
        known: ArrayView2<'_, bool>,
        how: &Relaxation,
    ) -> Result<(Completed, Vec<Moment>), Error> {
        self.check(images, known)?;
        let mut moments: Vec<Result<Moment, Error>> = Vec::new();
        let done = self.watched(images, known, how, &mut |states| moments.push(self.moment(states)))?;
        Ok((done, moments.into_iter().collect::<Result<_, _>>()?))
    }

    fn moment(&self, states: &[Tensor<3>]) -> Result<Moment, Error> {
        let activations = self.network().activations(states)?;
        let layers = self.network().layers().zip(activations);
        let layer = |((name, shape), activation): ((&str, Shape), Tensor<3>)| {
            Ok((name.to_owned(), shape, rows(activation, shape)?))
        };
        let energies = self.network().energies(states)?;
        let energy = |(name, energy): (String, Tensor<1>)| {
            let numbers = energy.without_autodiff().try_into_vec_as::<f64>();
            Ok((name, numbers.map_err(|error| Error::device("energies", &error))?))
        };
        Ok(Moment {
            images: self.shown(states)?,
            layers: layers.map(layer).collect::<Result<_, Error>>()?,
            energies: energies
                .layers
                .into_iter()
                .chain(energies.synapses)
                .map(energy)
                .collect::<Result<_, Error>>()?,
        })
    }
}

fn rows(activation: Tensor<3>, shape: Shape) -> Result<Array2<f32>, Error> {
    let [count, ..] = activation.dims();
    let numbers = activation.without_autodiff().try_into_vec_as::<f32>();
    let numbers = numbers.map_err(|error| Error::device("activations", &error))?;
    Array2::from_shape_vec((count, shape.neurons()), numbers)
        .map_err(|error| Error::device("activations", &error))
}
