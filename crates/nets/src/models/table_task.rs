//! A table as something to learn.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use ndarray::{Array2, Axis};
use rand_chacha::ChaCha8Rng;

use super::table::{most_probable, tensor};
use super::{TableClassifier, TableConfig};
use crate::Error;
use crate::training::Task;

/// Rows with their classes, for a [`Fit`](crate::training::Fit) of a [`TableClassifier`]: softmax cross-entropy,
/// measured by the share that is classified right.
///
/// ```
/// use attractor_nets::models::{TableConfig, TableTask};
/// use attractor_nets::training::{Fit, Split, TrainingConfig};
///
/// let rows = ndarray::Array2::from_shape_fn((24, 2), |(row, column)| ((row + column) % 2) as f32 * 2.0 - 1.0);
/// let task = TableTask::new(rows, (0..24).map(|row| row % 2).collect(), TableConfig::new(2, 2))?;
/// let split = Split { train: (0..16).collect(), held: (16..24).collect() };
/// let fitted = Fit::new(&task, &TrainingConfig::adamw(0.01, 30).with_batch(4), 1).run(&split)?;
/// assert_eq!(fitted.history.measure(), Some(1.0));
/// # Ok::<(), attractor_nets::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TableTask {
    rows: Array2<f32>,
    classes: Vec<u32>,
    config: TableConfig,
}

impl TableTask {
    /// The task of `rows` `(n, inputs)` with their classes, for a network of these options.
    ///
    /// # Errors
    /// [`Error::Size`] when there is not one class per row or a row is not as wide as the network's inputs,
    /// [`Error::Parameter`] for a class that the network does not have, [`Error::NotFinite`] for a row that is not.
    pub fn new(rows: Array2<f32>, classes: Vec<u32>, config: TableConfig) -> Result<Self, Error> {
        let sizes = [
            ("classes of the rows", rows.nrows(), classes.len()),
            ("components of a row", config.inputs, rows.ncols()),
        ];
        if let Some(&(place, expected, found)) = sizes.iter().find(|(_, expected, found)| expected != found) {
            return Err(Error::Size { place, expected, found });
        }
        if let Some(&class) = classes.iter().find(|&&class| class as usize >= config.classes) {
            let limit = "below the number of classes";
            return Err(Error::Parameter { name: "class", value: f64::from(class), limit });
        }
        crate::error::check_finite(rows.iter(), "rows of a table")?;
        Ok(Self { rows, classes, config })
    }

    /// The options of the network.
    pub fn config(&self) -> &TableConfig {
        &self.config
    }

    /// How probable each class is for these rows, `(rows, classes)`.
    ///
    /// # Errors
    /// As [`TableClassifier::probabilities`].
    pub fn probabilities(&self, model: &TableClassifier, rows: &[usize]) -> Result<Array2<f64>, Error> {
        model.probabilities(self.rows.select(Axis(0), rows).view())
    }

    /// The share of `rows` whose most probable class is theirs.
    ///
    /// ```
    /// use attractor_nets::models::{TableConfig, TableTask};
    /// let task = TableTask::new(ndarray::Array2::zeros((3, 1)), vec![0, 1, 1], TableConfig::new(1, 2))?;
    /// assert_eq!(task.accuracy(&ndarray::array![[0.2, 0.8], [0.9, 0.1]], &[2, 1]), 0.5);
    /// # Ok::<(), attractor_nets::Error>(())
    /// ```
    pub fn accuracy(&self, probabilities: &Array2<f64>, rows: &[usize]) -> f64 {
        let found = most_probable(probabilities);
        let right = found.iter().zip(rows).filter(|&(&class, &row)| class == self.classes[row]).count();
        right as f64 / rows.len().max(1) as f64
    }
}

impl Task for TableTask {
    type Model = TableClassifier;

    fn init(&self, device: &Device, rng: &mut ChaCha8Rng) -> Result<TableClassifier, Error> {
        self.config.init(device, rng)
    }

    fn loss(
        &self,
        model: &TableClassifier,
        batch: &[usize],
        device: &Device,
        _: &mut ChaCha8Rng,
    ) -> Result<Tensor<1>, Error> {
        let logits = model.forward(tensor(self.rows.select(Axis(0), batch).view(), device))?;
        let classes: Vec<i64> = batch.iter().map(|&row| i64::from(self.classes[row])).collect();
        let classes = Tensor::<2, Int>::from_data(TensorData::new(classes, [batch.len(), 1]), device);
        Ok(log_softmax(logits, 1).gather(1, classes).mean().neg())
    }

    fn measure(&self, model: &TableClassifier, set: &[usize]) -> Result<f64, Error> {
        Ok(self.accuracy(&self.probabilities(model, set)?, set))
    }
}
