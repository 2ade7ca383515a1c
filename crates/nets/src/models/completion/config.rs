//! Which network completes.

use burn::tensor::Device;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Completer, ConvolutionalConfig, EnergyTransformerConfig, ThreeLayerConfig, TwoLayerConfig};
use crate::Error;
use crate::energy::Shape;

/// A kind of [`Completer`], and its options.
///
/// ```
/// use attractor_nets::models::{CompleterConfig, TwoLayerConfig};
/// let config = CompleterConfig::TwoLayer(TwoLayerConfig { hidden: 64, ..TwoLayerConfig::default() });
/// let text = serde_json::to_string(&config)?;
/// assert!(text.starts_with(r#"{"two-layer":{"hidden":64,"#), "{text}");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CompleterConfig {
    /// The image and one hidden layer.
    TwoLayer(TwoLayerConfig),
    /// The image and two hidden layers.
    ThreeLayer(ThreeLayerConfig),
    /// The image, features by convolution, and one layer above them.
    Convolutional(ConvolutionalConfig),
    /// Patches as tokens of an Energy Transformer.
    EnergyTransformer(EnergyTransformerConfig),
}

impl CompleterConfig {
    /// A completer for images of this shape, with weights drawn from `rng` on `device`.
    ///
    /// # Errors
    /// [`Error::Energy`] for layers that do not fit, [`Error::Parameter`] and [`Error::Options`] for numbers out of
    /// range and patches that do not fill the image.
    pub fn build(&self, image: Shape, device: &Device, rng: &mut ChaCha8Rng) -> Result<Completer, Error> {
        let (network, patches) = match self {
            Self::TwoLayer(config) => (config.build(image, device, rng)?, None),
            Self::ThreeLayer(config) => (config.build(image, device, rng)?, None),
            Self::Convolutional(config) => (config.build(image, device, rng)?, None),
            Self::EnergyTransformer(config) => {
                let (network, patches) = config.build(image, device, rng)?;
                (network, Some(patches))
            }
        };
        let (dt, steps) = self.pace();
        Error::at_least_one("steps", steps)?;
        if !(dt.is_finite() && dt > 0.0) {
            return Err(Error::Parameter { name: "dt", value: dt, limit: "finite and above 0" });
        }
        Ok(Completer::new(network, patches, image, self.clone()))
    }

    /// Step of time and number of steps.
    pub(super) fn pace(&self) -> (f64, usize) {
        match self {
            Self::TwoLayer(config) => (config.dt, config.steps),
            Self::ThreeLayer(config) => (config.dt, config.steps),
            Self::Convolutional(config) => (config.dt, config.steps),
            Self::EnergyTransformer(config) => (config.dt, config.steps),
        }
    }
}
