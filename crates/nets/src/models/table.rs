//! Classes of the rows of a table.

use std::path::Path;

use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor, TensorData};
use ndarray::{Array2, ArrayView1, ArrayView2};
use rand::{Rng, RngExt};

use crate::Error;
use crate::hopfield::{HopfieldConfig, HopfieldLayer, HopfieldLayerConfig, Masks, PerHead};
use crate::selu::selu;
use crate::training::{Draws, NamedWeights, scalars};

const KEY: &str = "attractor.table_classifier";

/// Options of a [`TableClassifier`].
#[derive(Config, Debug, PartialEq)]
pub struct TableConfig {
    /// Components of a row.
    pub inputs: usize,
    /// Classes, at least 2.
    pub classes: usize,
    /// Layers that embed a row; without any, the association reads the row itself.
    #[config(default = 1)]
    pub layers: usize,
    /// Units of an embedding layer, and components of the association over all heads.
    #[config(default = 32)]
    pub width: usize,
    /// Heads, which divide the width.
    #[config(default = 1)]
    pub heads: usize,
    /// Inverse temperature of the association, above 0.
    #[config(default = 1.0)]
    pub beta: f64,
    /// Learned stored patterns for each class.
    #[config(default = 1)]
    pub patterns: usize,
}

/// A row is embedded, looks learned patterns up, and what they answer is one logit per class.
///
/// The embedding is a self-normalising network (Klambauer et al. 2017: scaled exponential units, weights from N(0, 1 /
/// inputs), biases 0), the lookup a [`HopfieldLayer`] with layer normalisation (Ramsauer et al. 2021, A.5.3).
///
/// ```
/// use attractor_nets::models::TableConfig;
/// use burn::tensor::Device;
/// use ndarray::Array2;
/// use rand::SeedableRng;
/// use rand_chacha::ChaCha8Rng;
///
/// let rng = &mut ChaCha8Rng::seed_from_u64(1);
/// let model = TableConfig::new(5, 3).with_heads(4).init(&Device::flex(), rng)?;
/// assert_eq!(model.classify(Array2::ones((7, 5)).view())?.len(), 7);
/// # Ok::<(), attractor_nets::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct TableClassifier {
    /// The embedding.
    pub embedding: Vec<Linear>,
    /// The lookup, whose output are the logits.
    pub lookup: HopfieldLayer,
    #[module(skip)]
    inputs: usize,
    #[module(skip)]
    classes: usize,
}

impl TableConfig {
    /// A network with weights drawn from `rng`.
    ///
    /// # Errors
    /// [`Error::Parameter`] for sizes of 0 and a beta that is not above 0, [`Error::Heads`] for heads that do not divide
    /// the width.
    pub fn init(&self, device: &Device, rng: &mut impl Rng) -> Result<TableClassifier, Error> {
        for (name, size) in [("inputs", self.inputs), ("width", self.width), ("patterns", self.patterns)] {
            Error::at_least_one(name, size)?;
        }
        if self.classes < 2 {
            return Err(Error::Parameter {
                name: "classes",
                value: self.classes as f64,
                limit: "at least 2",
            });
        }
        if self.heads == 0 || !self.width.is_multiple_of(self.heads) {
            return Err(Error::Heads { name: "width", size: self.width, heads: self.heads });
        }
        let stored = self.patterns.saturating_mul(self.classes);
        Error::allocatable("patterns, times the classes", &[stored])?;
        let mut embedding = Vec::new();
        let mut depth = self.inputs;
        for _ in 0..self.layers {
            Error::allocatable("weights of an embedding layer", &[depth, self.width])?;
            embedding.push(lecun(depth, self.width, device, rng));
            depth = self.width;
        }
        let hopfield = HopfieldConfig::of(depth)
            .with_hidden_size(Some(self.width / self.heads))
            .with_output_size(Some(self.classes))
            .with_num_heads(self.heads)
            .with_scaling(Some(PerHead::Same(self.beta)));
        let lookup = HopfieldLayerConfig::new(hopfield).with_quantity(stored);
        let lookup = lookup.init(device, rng)?;
        Ok(TableClassifier { embedding, lookup, inputs: self.inputs, classes: self.classes })
    }
}

impl TableClassifier {
    /// The logits `(n, classes)` of `rows` `(n, inputs)`.
    ///
    /// # Errors
    /// [`Error::Shape`] for rows of another width.
    pub fn forward(&self, rows: Tensor<2>) -> Result<Tensor<2>, Error> {
        let [n, width] = rows.dims();
        Error::shape("rows", &[n, self.inputs], &[n, width])?;
        let mut state = rows;
        for layer in &self.embedding {
            state = selu(layer.forward(state));
        }
        // All rows are queries of one association: what is stored is projected once.
        let logits = self.lookup.forward(state.unsqueeze_dim(0), &Masks::none())?;
        Ok(logits.squeeze_dim(0))
    }

    /// How probable each class is for each of `rows` `(n, inputs)`, `(n, classes)`; a row sums to 1.
    ///
    /// # Errors
    /// [`Error::Size`] for rows of another width, [`Error::Device`].
    pub fn probabilities(&self, rows: ArrayView2<'_, f32>) -> Result<Array2<f64>, Error> {
        let (expected, found) = (self.inputs, rows.ncols());
        if expected != found {
            return Err(Error::Size { place: "components of a row", expected, found });
        }
        if rows.nrows() == 0 {
            return Ok(Array2::zeros((0, self.classes)));
        }
        let device = self.lookup.lookup_weights.val().device();
        let numbers = scalars(softmax(self.forward(tensor(rows, &device))?, 1))?;
        let found = numbers.len();
        let shape = (rows.nrows(), self.classes);
        let size = Error::Size { place: "probabilities of classes", expected: shape.0 * shape.1, found };
        Array2::from_shape_vec(shape, numbers).map_err(|_| size)
    }

    /// Writes the weights, with the options that the network is made from, to a safetensors file.
    ///
    /// # Errors
    /// [`Error::File`].
    ///
    /// ```
    /// use attractor_nets::models::{TableClassifier, TableConfig};
    /// use attractor_nets::training::Draws;
    /// use burn::tensor::Device;
    /// let config = TableConfig::new(5, 3);
    /// let model = config.init(&Device::flex(), &mut Draws::Weights.rng(1))?;
    /// # let folder = tempfile::tempdir().unwrap();
    /// let path = folder.path().join("model.safetensors");
    /// model.save(&config, &path)?;
    /// let (same, options) = TableClassifier::load(&path, &Device::flex())?;
    /// let rows = ndarray::Array2::ones((2, 5));
    /// assert_eq!((same.probabilities(rows.view())?, options), (model.probabilities(rows.view())?, config));
    /// # Ok::<(), attractor_nets::Error>(())
    /// ```
    pub fn save(&self, config: &TableConfig, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        NamedWeights::of(self)?.with_options(KEY, config, path)?.write(path)
    }

    /// Reads such a file: the network and its options.
    ///
    /// # Errors
    /// [`Error::File`] for a file that cannot be read or is none of these, [`Error::Weights`] when its weights are not
    /// those of the options in it.
    pub fn load(path: impl AsRef<Path>, device: &Device) -> Result<(Self, TableConfig), Error> {
        let path = path.as_ref();
        let weights = NamedWeights::read(path)?;
        let config: TableConfig = weights.options(KEY, "a classifier of tables", path)?;
        let model = config.init(device, &mut Draws::Weights.rng(0))?;
        Ok((weights.put_into(model)?, config))
    }

    /// The class of each of `rows` `(n, inputs)`: the most probable one, of equals the first.
    ///
    /// # Errors
    /// As [`TableClassifier::probabilities`].
    pub fn classify(&self, rows: ArrayView2<'_, f32>) -> Result<Vec<u32>, Error> {
        Ok(most_probable(&self.probabilities(rows)?))
    }
}

/// The class of each row of `probabilities` `(n, classes)`: the largest one, of equals the first.
///
/// ```
/// use attractor_nets::models::most_probable;
/// assert_eq!(most_probable(&ndarray::array![[0.2, 0.8], [0.5, 0.5]]), [1, 0]);
/// ```
pub fn most_probable(probabilities: &Array2<f64>) -> Vec<u32> {
    let largest = |row: ArrayView1<'_, f64>| {
        (0..row.len()).rev().max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or(0) as u32
    };
    probabilities.rows().into_iter().map(largest).collect()
}

pub(super) fn tensor(rows: ArrayView2<'_, f32>, device: &Device) -> Tensor<2> {
    Tensor::from_data(
        TensorData::new(rows.iter().copied().collect::<Vec<_>>(), [rows.nrows(), rows.ncols()]),
        device,
    )
}

/// Weights of variance 1 / inputs, for which scaled exponential units keep mean 0 and variance 1.
fn lecun(inputs: usize, outputs: usize, device: &Device, rng: &mut impl Rng) -> Linear {
    let deviation = (1.0 / inputs as f64).sqrt();
    let mut draw = || {
        // Box and Muller 1958.
        let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
        (deviation * radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()) as f32
    };
    let weights: Vec<f32> = (0..inputs * outputs).map(|_| draw()).collect();
    Linear {
        weight: Param::from_tensor(Tensor::from_data(TensorData::new(weights, [inputs, outputs]), device)),
        bias: Some(Param::from_tensor(Tensor::zeros([outputs], device))),
    }
}
