//! Named weights, and their file.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use burn::tensor::{DType, TensorData};
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize, serialize_to_file};

use crate::Error;

/// Weights by name, as PyTorch's `state_dict` names them, from and to safetensors files.
///
/// ```
/// use attractor_nets::hopfield::{Exchange, HopfieldConfig, StateDict};
/// use burn::tensor::Device;
/// use rand::SeedableRng;
/// use rand_chacha::ChaCha8Rng;
///
/// let config = HopfieldConfig::of(4);
/// let layer = config.init(&Device::flex(), &mut ChaCha8Rng::seed_from_u64(1))?;
/// let bytes = layer.state_dict()?.to_bytes()?;
/// let dict = StateDict::from_bytes(&bytes)?;
/// assert!(dict.shapes().any(|(name, shape)| name == "association_core.in_proj_weight" && shape == [12, 4]));
/// let same = config.init(&Device::flex(), &mut ChaCha8Rng::seed_from_u64(2))?.with_state_dict(&dict)?;
/// assert_eq!(same.state_dict()?, dict);
/// # Ok::<(), attractor_nets::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StateDict {
    pub(super) entries: BTreeMap<String, Entry>,
    /// What the reference's file has no room for: lists of numbers, as JSON in the file's metadata.
    pub(super) extras: BTreeMap<String, Vec<f64>>,
}

/// Row by row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) shape: Vec<usize>,
    pub(super) numbers: Vec<f64>,
    /// Whether it is written as F64; otherwise as F32, which holds what was F32, BF16 or F16.
    pub(super) double: bool,
}

const EXTRA: &str = "attractor.";

impl StateDict {
    /// Reads a safetensors file of F64, F32, BF16 or F16 tensors.
    ///
    /// # Errors
    /// [`Error::File`] for a file that cannot be read, or is none of these.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let refused = |reason: String| Error::File { path: path.to_owned(), reason };
        let bytes = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
        Self::parse(&bytes).map_err(refused)
    }

    /// The same from what such a file holds.
    ///
    /// # Errors
    /// [`Error::File`], of the path `<bytes>`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::parse(bytes).map_err(|reason| Error::File { path: "<bytes>".into(), reason })
    }

    /// Writes a safetensors file, replacing what is there at once.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let refused = |error: &dyn ToString| Error::File { path: path.to_owned(), reason: error.to_string() };
        let bytes = self.stored();
        let views = views(&bytes).map_err(|error| refused(&error))?;
        serialize_to_file(views, self.metadata(), path).map_err(|error| refused(&error))
    }

    /// What such a file holds.
    ///
    /// # Errors
    /// [`Error::File`], of the path `<bytes>`.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let refused =
            |error: &dyn ToString| Error::File { path: "<bytes>".into(), reason: error.to_string() };
        let bytes = self.stored();
        let views = views(&bytes).map_err(|error| refused(&error))?;
        serialize(views, self.metadata()).map_err(|error| refused(&error))
    }

    /// Names and shapes, by name.
    pub fn shapes(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.entries.iter().map(|(name, entry)| (name.as_str(), entry.shape.as_slice()))
    }

    /// The numbers of one tensor, row by row.
    pub fn numbers(&self, name: &str) -> Option<&[f64]> {
        Some(&self.entries.get(name)?.numbers)
    }

    /// Those whose names begin with `prefix`, without it: the weights of one layer out of a model's.
    ///
    /// ```
    /// use attractor_nets::hopfield::{Exchange, HopfieldConfig, HopfieldPoolingConfig};
    /// use burn::tensor::Device;
    /// use rand::SeedableRng;
    /// use rand_chacha::ChaCha8Rng;
    ///
    /// let config = HopfieldConfig::of(4);
    /// let pooling = HopfieldPoolingConfig::new(config.clone());
    /// let pooling = pooling.init(&Device::flex(), &mut ChaCha8Rng::seed_from_u64(1))?;
    /// let inside = pooling.state_dict()?.under("hopfield.");
    /// config.init(&Device::flex(), &mut ChaCha8Rng::seed_from_u64(2))?.with_state_dict(&inside)?;
    /// # Ok::<(), attractor_nets::Error>(())
    /// ```
    #[must_use]
    pub fn under(&self, prefix: &str) -> Self {
        fn part<T: Clone>(all: &BTreeMap<String, T>, prefix: &str) -> BTreeMap<String, T> {
            let named =
                |(name, value): (&String, &T)| Some((name.strip_prefix(prefix)?.to_owned(), value.clone()));
            all.iter().filter_map(named).collect()
        }
        Self { entries: part(&self.entries, prefix), extras: part(&self.extras, prefix) }
    }

    /// The inverse temperatures in the file's metadata, where it has them.
    pub fn betas(&self) -> Option<Vec<f64>> {
        let named = |(name, logs): (&String, &Vec<f64>)| {
            name.ends_with("log_beta").then(|| logs.iter().map(|log| log.exp()).collect())
        };
        self.extras.iter().find_map(named)
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let file = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
        let mut entries = BTreeMap::new();
        for (name, view) in file.tensors() {
            let dtype = match view.dtype() {
                Dtype::F64 => DType::F64,
                Dtype::F32 => DType::F32,
                Dtype::BF16 => DType::BF16,
                Dtype::F16 => DType::F16,
                other => return Err(format!("{name} is {other:?}: must be F64, F32, BF16 or F16")),
            };
            let data = TensorData::from_bytes_vec(view.data().to_vec(), view.shape().to_vec(), dtype);
            let numbers: Vec<f64> = data.iter::<f64>().collect();
            let entry = Entry { shape: view.shape().to_vec(), numbers, double: dtype == DType::F64 };
            entries.insert(name, entry);
        }
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
        let mut extras = BTreeMap::new();
        for (key, text) in header.metadata().iter().flatten() {
            let Some(name) = key.strip_prefix(EXTRA) else { continue };
            let list = serde_json::from_str(text).map_err(|error| format!("metadata {key}: {error}"))?;
            extras.insert(name.to_owned(), list);
        }
        Ok(Self { entries, extras })
    }

    fn metadata(&self) -> Option<HashMap<String, String>> {
        if self.extras.is_empty() {
            return None;
        }
        // Debug writes the shortest digits that read back as the same number.
        let text = |list: &Vec<f64>| format!("{list:?}");
        Some(self.extras.iter().map(|(name, list)| (format!("{EXTRA}{name}"), text(list))).collect())
    }

    fn stored(&self) -> Vec<(&str, &Entry, Vec<u8>)> {
        let bytes = |entry: &Entry| -> Vec<u8> {
            match entry.double {
                true => entry.numbers.iter().flat_map(|x| x.to_le_bytes()).collect(),
                false => entry.numbers.iter().flat_map(|&x| (x as f32).to_le_bytes()).collect(),
            }
        };
        self.entries.iter().map(|(name, entry)| (name.as_str(), entry, bytes(entry))).collect()
    }
}

fn views<'a>(
    stored: &'a [(&'a str, &'a Entry, Vec<u8>)],
) -> Result<Vec<(&'a str, TensorView<'a>)>, safetensors::SafeTensorError> {
    let view = |(name, entry, bytes): &'a (&'a str, &'a Entry, Vec<u8>)| {
        let dtype = if entry.double { Dtype::F64 } else { Dtype::F32 };
        Ok((*name, TensorView::new(dtype, entry.shape.clone(), bytes)?))
    };
    stored.iter().map(view).collect()
}
