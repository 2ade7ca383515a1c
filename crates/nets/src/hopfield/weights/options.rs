//! A layer's options from a file of names and values.

use burn::tensor::Device;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value};

use super::super::{HopfieldConfig, HopfieldLayerConfig, HopfieldPoolingConfig};
use super::{Exchange, StateDict};
use crate::Error;

/// The options of one of the three layers.
#[derive(Debug, Clone, PartialEq)]
pub enum LayerOptions {
    /// Of a [`super::super::Hopfield`].
    Hopfield(HopfieldConfig),
    /// Of a [`super::super::HopfieldPooling`].
    Pooling(HopfieldPoolingConfig),
    /// Of a [`super::super::HopfieldLayer`].
    Lookup(HopfieldLayerConfig),
}

impl LayerOptions {
    /// From values by name, as JSON and TOML have them: `layer` is `"hopfield"` (the default), `"pooling"` or
    /// `"lookup"`; every other name is a field of [`HopfieldConfig`], or of the configuration of that layer. What is
    /// not named has its default.
    ///
    /// ```
    /// use attractor_nets::hopfield::LayerOptions;
    ///
    /// let text = r#"{ "layer": "pooling", "input_size": 8, "num_heads": 2, "quantity": 3 }"#;
    /// let options = LayerOptions::from_values(serde_json::from_str(text)?)?;
    /// let LayerOptions::Pooling(config) = options else { panic!("a pooling was asked for") };
    /// assert_eq!((config.quantity, config.hopfield.num_heads), (3, 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Named`] for a name that is not known or a value that does not fit.
    pub fn from_values(mut values: Map<String, Value>) -> Result<Self, Error> {
        let layer = values.remove("layer").unwrap_or_else(|| "hopfield".into());
        let names: &[&str] = match layer.as_str() {
            Some("hopfield") => &[],
            Some("pooling") => &["quantity", "trainable"],
            Some("lookup") => {
                &["quantity", "trainable", "lookup_weights_as_separated", "lookup_targets_as_trainable"]
            }
            _ => {
                let reason = format!("{layer} is not known: hopfield, pooling or lookup");
                return Err(Error::Named { option: "layer".into(), reason });
            }
        };
        let outer: Vec<(&str, Value)> =
            names.iter().filter_map(|&name| Some((name, values.remove(name)?))).collect();
        let hopfield = HopfieldConfig::new();
        let inner: Vec<(&str, Value)> =
            values.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let hopfield = with(&hopfield, inner)?;
        Ok(match layer.as_str() {
            Some("pooling") => Self::Pooling(with(&HopfieldPoolingConfig::new(hopfield), outer)?),
            Some("lookup") => Self::Lookup(with(&HopfieldLayerConfig::new(hopfield), outer)?),
            _ => Self::Hopfield(hopfield),
        })
    }

    /// The weights as a layer of these options holds them, in f32 and with its beta. What is not in `dict` and need
    /// not be is as the options say.
    ///
    /// # Errors
    /// As the `init` of the layer; [`Error::Weights`] with every name that is missing, unexpected or of another
    /// shape; [`Error::NotFinite`].
    pub fn fitted(&self, dict: &StateDict) -> Result<StateDict, Error> {
        let (device, mut rng) = (Device::flex(), ChaCha8Rng::seed_from_u64(0));
        match self {
            Self::Hopfield(config) => config.init(&device, &mut rng)?.with_state_dict(dict)?.state_dict(),
            Self::Pooling(config) => config.init(&device, &mut rng)?.with_state_dict(dict)?.state_dict(),
            Self::Lookup(config) => config.init(&device, &mut rng)?.with_state_dict(dict)?.state_dict(),
        }
    }
}

/// The configuration with these fields in place of its own, one by one, so that an error says which.
fn with<C: serde::Serialize + serde::de::DeserializeOwned>(
    config: &C,
    fields: Vec<(&str, Value)>,
) -> Result<C, Error> {
    let refused = |option: &str, reason: String| Error::Named { option: option.to_owned(), reason };
    let whole = |error: serde_json::Error| refused("options", error.to_string());
    let mut all = serde_json::to_value(config).map_err(whole)?;
    for (name, value) in fields {
        let Some(field) = all.get_mut(name) else {
            let known: Vec<&str> =
                all.as_object().into_iter().flat_map(Map::keys).map(String::as_str).collect();
            return Err(refused(name, format!("is no option of this layer; there are {}", known.join(", "))));
        };
        *field = value;
        serde_json::from_value::<C>(all.clone()).map_err(|error| refused(name, error.to_string()))?;
    }
    serde_json::from_value(all).map_err(whole)
}
