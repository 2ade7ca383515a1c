//! Networks on bags, as a task of the training loop.

use attractor_data::Bags;
use attractor_nets::models::{BagModel, BagModelConfig, cross_entropy};
use attractor_nets::training::{Padded, Task, padded, scalars};
use burn::tensor::{Device, Tensor};
use ndarray::{Array2, ArrayView2, Axis};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::auc;
use crate::LabError;

/// Which components of an instance vary, and their mean and deviation, by the instances of some bags.
///
/// ```
/// use attractor_data::Bags;
/// use attractor_lab::mil::Features;
/// use ndarray::array;
/// let instances = array![[1.0, 7.0], [3.0, 7.0], [100.0, 8.0]];
/// let names = vec!["a".to_owned(), "b".to_owned()];
/// let bags = Bags::new("two", instances, &[2, 1], vec![true, false], names)?;
/// let features = Features::of(&bags, &[0]);
/// assert_eq!(features.apply(bags.instances()), array![[-1.0], [1.0], [98.0]]);
/// # Ok::<(), attractor_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Features {
    /// Component, mean, deviation.
    varying: Vec<(usize, f64, f64)>,
}

impl Features {
    /// Of the instances of the bags at `train`. Components that do not vary there are left out.
    pub fn of(bags: &Bags, train: &[usize]) -> Self {
        let rows: Vec<usize> = train.iter().flat_map(|&bag| bags.range(bag)).collect();
        Self::of_rows(bags.instances(), &rows)
    }

    /// Of some rows of a table. Components that do not vary there are left out.
    pub fn of_rows(all: ArrayView2<'_, f32>, rows: &[usize]) -> Self {
        let count = rows.len().max(1) as f64;
        let column = |component: usize| {
            let value = |&row: &usize| f64::from(all[[row, component]]);
            let mean = rows.iter().map(value).sum::<f64>() / count;
            let variance = rows.iter().map(|row| (value(row) - mean).powi(2)).sum::<f64>() / count;
            (component, mean, variance.sqrt())
        };
        // A constant column leaves a deviation of rounding only.
        let varies = |(_, mean, deviation): &(usize, f64, f64)| *deviation > 1e-7 * mean.abs().max(1e-30);
        Self { varying: (0..all.ncols()).map(column).filter(varies).collect() }
    }

    /// The components that vary, standardised.
    pub fn apply(&self, instances: ArrayView2<'_, f32>) -> Array2<f32> {
        Array2::from_shape_fn((instances.nrows(), self.varying.len()), |(row, place)| {
            let (component, mean, deviation) = self.varying[place];
            ((f64::from(instances[[row, component]]) - mean) / deviation) as f32
        })
    }

    /// How many they are.
    pub fn width(&self) -> usize {
        self.varying.len()
    }
}

/// Bags of a set, for a network to be fitted to. The measure is the AUC.
///
/// ```
/// use attractor_data::{bags, stratified_k_fold, stream};
/// use attractor_lab::mil::BagTask;
/// use attractor_nets::models::{BagClassifierConfig, BagModelConfig, EmbeddingConfig};
/// use attractor_nets::training::{Fit, Split, TrainingConfig};
///
/// let rows: String = (0..24).map(|bag| format!("{bag},{},{},0\n", bag % 2, (bag % 2) * 3 + bag / 12)).collect();
/// let set = bags::parse("keys", format!("bag,label,f1,f2\n{rows}").as_bytes())?;
/// let split = Split { train: (0..18).collect(), held: (18..24).collect() };
/// let embedding = EmbeddingConfig::Dense(vec![8]);
/// let model = BagModelConfig::Hopfield(BagClassifierConfig { embedding, heads: 2, ..Default::default() });
/// let task = BagTask::standardised(&set, &split.train, model)?;
/// let fitted = Fit::new(&task, &TrainingConfig::adamw(1e-2, 10).with_batch(4), 1).run(&split)?;
/// assert_eq!(fitted.history.measure(), Some(1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct BagTask {
    bags: Vec<Array2<f32>>,
    labels: Vec<bool>,
    width: usize,
    model: BagModelConfig,
}

impl BagTask {
    /// All bags of `bags`, standardised by those at `train`.
    ///
    /// # Errors
    /// [`LabError::Data`] when nothing varies.
    pub fn standardised(bags: &Bags, train: &[usize], model: BagModelConfig) -> Result<Self, LabError> {
        let features = Features::of(bags, train);
        if features.width() == 0 {
            let place = format!("components that vary in the training bags of set {}", bags.name());
            return Err(attractor_data::Error::Count { place, expected: 1, found: 0 }.into());
        }
        let all = features.apply(bags.instances());
        Ok(Self::of(bags, &all, model))
    }

    /// All bags of `bags` as they are.
    pub fn plain(bags: &Bags, model: BagModelConfig) -> Self {
        Self::of(bags, &bags.instances().to_owned(), model)
    }

    fn of(bags: &Bags, instances: &Array2<f32>, model: BagModelConfig) -> Self {
        let cut = |bag| {
            let rows: Vec<usize> = bags.range(bag).collect();
            instances.select(Axis(0), &rows)
        };
        Self {
            bags: (0..bags.len()).map(cut).collect(),
            labels: bags.labels().to_vec(),
            width: instances.ncols(),
            model,
        }
    }

    /// Components of an instance, as the network sees it.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The logits of these bags.
    ///
    /// # Errors
    /// [`attractor_nets::Error`] as of the network.
    pub fn logits(&self, model: &BagModel, bags: &[usize]) -> Result<Vec<f64>, attractor_nets::Error> {
        let mut logits = Vec::with_capacity(bags.len());
        for some in bags.chunks(64) {
            logits.extend(scalars(model.logits(&self.padded(some, &Device::flex())?, None)?)?);
        }
        Ok(logits)
    }

    /// How much each instance of a bag counts; the sum is 1.
    ///
    /// # Errors
    /// [`attractor_nets::Error`] as of the network.
    pub fn attention(&self, model: &BagModel, bag: usize) -> Result<Vec<f64>, attractor_nets::Error> {
        scalars(model.attention(&self.padded(&[bag], &Device::flex())?)?)
    }

    fn padded(&self, bags: &[usize], device: &Device) -> Result<Padded, attractor_nets::Error> {
        let views: Vec<ArrayView2<'_, f32>> = bags.iter().map(|&bag| self.bags[bag].view()).collect();
        padded(&views, device)
    }
}

impl Task for BagTask {
    type Model = BagModel;

    fn init(&self, device: &Device, rng: &mut ChaCha8Rng) -> Result<BagModel, attractor_nets::Error> {
        self.model.init(self.width, device, rng)
    }

    fn loss(
        &self,
        model: &BagModel,
        batch: &[usize],
        device: &Device,
        rng: &mut ChaCha8Rng,
    ) -> Result<Tensor<1>, attractor_nets::Error> {
        let labels: Vec<bool> = batch.iter().map(|&bag| self.labels[bag]).collect();
        Ok(cross_entropy(model.logits(&self.padded(batch, device)?, Some(rng))?, &labels))
    }

    fn measure(&self, model: &BagModel, set: &[usize]) -> Result<f64, attractor_nets::Error> {
        let labels: Vec<bool> = set.iter().map(|&bag| self.labels[bag]).collect();
        Ok(auc(&self.logits(model, set)?, &labels).unwrap_or(f64::NAN))
    }
}
