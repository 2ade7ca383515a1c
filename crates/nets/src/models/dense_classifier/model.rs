//! The classifier, its training and its file.

use std::path::Path;

use ndarray::{Array2, ArrayView1, ArrayView2, Axis, s};
use serde::{Deserialize, Serialize};

use super::DenseClassifierConfig;
use super::energy::{Difference, Gradient, Pass};
use crate::error::check_finite;
use crate::training::NamedWeights;
use crate::{Error, Optimiser};

/// A dense associative memory with trained memories that completes patterns by their class (Krotov and Hopfield 2016,
/// arXiv 1606.01164).
///
/// A state is a pattern `x` and one unit per class. With the memories `xi` the energy is `-sum_mu max(xi_mu . v, 0)^n`.
/// All class units are off (-1) at first; the output of class c says whether turning its unit on lowers the energy:
///
/// ```text
/// y_c = tanh( T^-n sum_mu [ F(xi_mu . v_c) - F(xi_mu . v_0) ] )      F(h) = max(h, 0)^n
/// ```
///
/// with `v_0` the state before and `v_c` the one with unit c on. The class with the largest difference is the answer:
/// one step of recall with the pattern clamped. Training lowers `sum_c (|t_c - y_c| / 2)^(2 m)`, `t_c` being 1 for the
/// class and -1 for the others, and clips memories to [-1, 1]. With small n memories become features that many
/// patterns share, with large n prototypes.
///
/// Nothing overflows for large n: energies are kept relative to the largest overlap of each pattern.
///
/// ```
/// use attractor_nets::Optimiser;
/// use attractor_nets::models::DenseClassifierConfig;
/// use ndarray::array;
/// use rand::SeedableRng;
/// use rand_chacha::ChaCha8Rng;
///
/// let config = DenseClassifierConfig { memories: 8, temperature: 0.5, ..DenseClassifierConfig::of(2, 2) };
/// let mut memory = config.init(&mut ChaCha8Rng::seed_from_u64(1))?;
/// let (patterns, classes) = (array![[-1., -1.], [-1., 1.], [1., -1.], [1., 1.]], [0, 1, 1, 0]);
/// let mut optimiser = Optimiser::adam(0.05)?;
/// for _ in 0..200 {
///     memory.step(patterns.view(), &classes, &mut optimiser)?;
/// }
/// assert_eq!(memory.classify(patterns.view())?, classes);
/// # Ok::<(), attractor_nets::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DenseClassifier {
    config: DenseClassifierConfig,
    memories: Array2<f32>,
}

const KEY: &str = "attractor.dense_classifier";
const WEIGHTS: &str = "memories";

/// What the file says about the classifier.
#[derive(Serialize, Deserialize)]
struct Options {
    config: DenseClassifierConfig,
}

/// Patterns whose overlaps are held at a time.
const BLOCK: usize = 1024;

impl DenseClassifier {
    /// A classifier with these memories, `(memories, inputs + classes)`: the part that meets the pattern, then one entry
    /// per class.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an option outside its range, [`Error::Shape`], [`Error::NotFinite`].
    pub fn new(config: DenseClassifierConfig, memories: Array2<f32>) -> Result<Self, Error> {
        config.check()?;
        let (rows, columns) = config.dims();
        Error::shape("memories", &[rows, columns], memories.shape())?;
        check_finite(&memories, "memories")?;
        Ok(Self { config, memories: memories.as_standard_layout().into_owned() })
    }

    /// The options.
    pub fn config(&self) -> &DenseClassifierConfig {
        &self.config
    }

    /// The memories `(memories, inputs + classes)`.
    pub fn memories(&self) -> ArrayView2<'_, f32> {
        self.memories.view()
    }

    /// `y_c` of every pattern, `(rows, classes)`, from -1 to 1. Where several are 1 to the last bit,
    /// [`DenseClassifier::classify`] can still tell which is larger.
    ///
    /// # Errors
    /// [`Error::Size`] for patterns of another width, [`Error::NotFinite`].
    pub fn outputs(&self, patterns: ArrayView2<'_, f32>) -> Result<Array2<f32>, Error> {
        let differences = self.differences(patterns)?;
        let outputs = differences.iter().flat_map(Difference::outputs).collect();
        Ok(Array2::from_shape_vec((patterns.nrows(), self.config.classes), outputs).unwrap_or_default())
    }

    /// The class of every pattern.
    ///
    /// # Errors
    /// As [`DenseClassifier::outputs`].
    pub fn classify(&self, patterns: ArrayView2<'_, f32>) -> Result<Vec<u32>, Error> {
        Ok(self.differences(patterns)?.iter().map(Difference::best).collect())
    }

    /// What every memory adds to the difference of `class` for one pattern, relative to the largest size among them; in
    /// the order of the memories.
    ///
    /// # Errors
    /// As [`DenseClassifier::outputs`]; [`Error::Parameter`] for a class that it does not have.
    pub fn evidence(&self, pattern: ArrayView1<'_, f32>, class: u32) -> Result<Vec<f64>, Error> {
        self.check(pattern.insert_axis(Axis(0)))?;
        self.check_classes(&[class])?;
        let (inputs, own) = (self.config.inputs, class as usize);
        let overlaps = self.memories.rows().into_iter().map(|memory| {
            let (pixels, units) = (memory.slice(s![..inputs]), memory.slice(s![inputs..]));
            let pairs = pixels.iter().zip(&pattern).map(|(&a, &b)| f64::from(a) * f64::from(b));
            let off = pairs.sum::<f64>() - f64::from(units.sum());
            [off, off + 2.0 * f64::from(units[own])].map(|x| x.max(0.0))
        });
        let overlaps: Vec<[f64; 2]> = overlaps.collect();
        let top = overlaps.iter().flatten().fold(f64::MIN_POSITIVE, |a, &b| a.max(b));
        let powers = overlaps.iter().map(|own| own.map(|x| (x / top).powi(self.config.degree as i32)));
        let changes: Vec<f64> = powers.map(|[off, on]| on - off).collect();
        let largest = changes.iter().fold(f64::MIN_POSITIVE, |a, b| a.max(b.abs()));
        Ok(changes.into_iter().map(|change| change / largest).collect())
    }

    /// Loss and gradient on patterns of these classes.
    ///
    /// # Errors
    /// As [`DenseClassifier::outputs`]; [`Error::Size`] for another number of classes than patterns, or none of them;
    /// [`Error::Parameter`] for a class that it does not have.
    pub fn gradient(&self, patterns: ArrayView2<'_, f32>, classes: &[u32]) -> Result<Gradient, Error> {
        self.check(patterns)?;
        let (expected, found) = (patterns.nrows().max(1), classes.len());
        if expected != found {
            return Err(Error::Size { place: "classes of patterns", expected, found });
        }
        self.check_classes(classes)?;
        Ok(Pass::new(&self.config, self.memories.view()).gradient(patterns, classes))
    }

    /// One step of `optimiser` on a batch, then clips every memory to [-1, 1]. Returns the loss before.
    ///
    /// # Errors
    /// As [`DenseClassifier::gradient`] and of [`Optimiser::step`]. Nothing is moved then.
    pub fn step(
        &mut self,
        patterns: ArrayView2<'_, f32>,
        classes: &[u32],
        optimiser: &mut Optimiser,
    ) -> Result<f64, Error> {
        let Gradient { loss, memories } = self.gradient(patterns, classes)?;
        let gradient: Vec<f32> = memories.into_iter().collect();
        // Made in the standard layout.
        let own = self.memories.as_slice_mut().unwrap_or_default();
        optimiser.step(own, &gradient)?;
        own.iter_mut().for_each(|x| *x = x.clamp(-1.0, 1.0));
        Ok(loss)
    }

    /// Writes the memories, with the options, to a safetensors file. `docs/networks.md` has the format.
    ///
    /// # Errors
    /// [`Error::File`].
    ///
    /// ```
    /// use attractor_nets::models::{DenseClassifier, DenseClassifierConfig};
    /// # use rand::SeedableRng;
    /// # let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    /// let memory = DenseClassifierConfig::of(4, 2).init(&mut rng)?;
    /// # let folder = tempfile::tempdir().unwrap();
    /// let path = folder.path().join("memory.safetensors");
    /// memory.save(&path)?;
    /// assert_eq!(DenseClassifier::load(&path)?, memory);
    /// # Ok::<(), attractor_nets::Error>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let (rows, columns) = self.config.dims();
        let mut weights = NamedWeights::default();
        weights.insert(WEIGHTS, vec![rows, columns], self.memories.iter().copied().collect());
        weights.with_options(KEY, &Options { config: self.config }, path)?.write(path)
    }

    /// Reads such a file.
    ///
    /// # Errors
    /// [`Error::File`] for a file that cannot be read or is none of these, [`Error::Weights`] when its memories are not
    /// those of the options in it; as [`DenseClassifier::new`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let weights = NamedWeights::read(path)?;
        let Options { config } = weights.options(KEY, "a dense classifier", path)?;
        config.check()?;
        let mut own = NamedWeights::default();
        let (rows, columns) = config.dims();
        own.insert(WEIGHTS, vec![rows, columns], Vec::new());
        weights.check(&own)?;
        let numbers = weights.numbers(WEIGHTS).unwrap_or_default().to_vec();
        let memories = Array2::from_shape_vec((rows, columns), numbers);
        Self::new(config, memories.map_err(|error| Error::file(path, &error))?)
    }

    fn differences(&self, patterns: ArrayView2<'_, f32>) -> Result<Vec<Difference>, Error> {
        self.check(patterns)?;
        let pass = Pass::new(&self.config, self.memories.view());
        Ok(patterns.axis_chunks_iter(Axis(0), BLOCK).flat_map(|rows| pass.differences(rows)).collect())
    }

    fn check(&self, patterns: ArrayView2<'_, f32>) -> Result<(), Error> {
        let (expected, found) = (self.config.inputs, patterns.ncols());
        if expected != found {
            return Err(Error::Size { place: "components of a pattern", expected, found });
        }
        check_finite(patterns, "patterns")
    }

    fn check_classes(&self, classes: &[u32]) -> Result<(), Error> {
        match classes.iter().find(|&&class| class as usize >= self.config.classes) {
            None => Ok(()),
            Some(&class) => {
                let (name, limit) = ("class", "below the number of classes");
                Err(Error::Parameter { name, value: f64::from(class), limit })
            }
        }
    }
}
