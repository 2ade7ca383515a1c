//! A completer as a file.

use std::path::Path;

use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::{Completer, CompleterConfig};
use crate::Error;
use crate::energy::{Opened, Shape};
use crate::training::{Draws, NamedWeights};

/// What it is built from again.
#[derive(Serialize, Deserialize)]
struct Saved {
    /// Rows, columns and channels of an image.
    image: [usize; 3],
    model: CompleterConfig,
}

impl Completer {
    /// The parameters by their names: those of the energy network, and those of the encoder and decoder where there are
    /// some.
    ///
    /// # Errors
    /// [`Error::Device`] when the device does not give them.
    pub fn weights(&self) -> Result<NamedWeights, Error> {
        let mut weights = self.network.weights()?;
        for (name, parameter) in self.patches.iter().flat_map(super::patches::Patches::parameters) {
            let value: Tensor<2> = parameter.val().without_autodiff();
            let shape = value.dims().to_vec();
            let numbers = value.try_into_vec_as::<f32>();
            weights.insert(name, shape, numbers.map_err(|error| Error::device("parameters", &error))?);
        }
        Ok(weights)
    }

    /// Writes parameters and config to a safetensors file; `docs/networks.md` has the format.
    ///
    /// # Errors
    /// [`Error::File`].
    ///
    /// ```
    /// use attractor_nets::energy::Shape;
    /// use attractor_nets::models::{Completer, CompleterConfig, EnergyTransformerConfig};
    /// use burn::tensor::Device;
    /// use rand::SeedableRng;
    /// use rand_chacha::ChaCha8Rng;
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// let path = folder.path().join("completer.safetensors");
    /// let config = CompleterConfig::EnergyTransformer(EnergyTransformerConfig::default());
    /// let mut rng = ChaCha8Rng::seed_from_u64(1);
    /// let completer = config.build(Shape::image([8, 8], 1), &Device::flex(), &mut rng)?;
    /// completer.save(&path)?;
    /// let same = Completer::load(&path, &Device::flex())?;
    /// assert_eq!(same.weights()?, completer.weights()?);
    /// assert_eq!((same.config(), same.image()), (&config, Shape::image([8, 8], 1)));
    /// # Ok::<(), attractor_nets::Error>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let Shape { grid: [rows, columns], width } = self.image();
        let saved = Saved { image: [rows, columns, width], model: self.config().clone() };
        self.network.sealed(self.weights()?, &saved, path)?.write(path)
    }

    /// Reads such a file.
    ///
    /// # Errors
    /// [`Error::File`] for a file that cannot be read or is none of these; [`Error::Weights`] and
    /// [`Error::Checkpoint`] where parameters, layers or synapses are not those of its config; as of
    /// [`CompleterConfig::build`].
    pub fn load(path: impl AsRef<Path>, device: &Device) -> Result<Self, Error> {
        let path = path.as_ref();
        let weights = NamedWeights::read(path)?;
        let opened: Opened<'_, Saved> = Opened::of(&weights, path)?;
        let [rows, columns, channels] = opened.config.image;
        let image = Shape::image([rows, columns], channels);
        let model = opened.config.model.build(image, device, &mut Draws::Weights.rng(0))?;
        weights.check(&model.weights()?)?;
        opened.fits(&model.network)?;
        let place = model.network.device();
        let patches = model.patches.clone();
        let patches = patches.map(|patches| patches.with(|name| weights.matrix(name, &place)));
        let network = model.network.clone().filled(&weights)?;
        Ok(Self::new(network, patches, image, model.config().clone()))
    }
}
