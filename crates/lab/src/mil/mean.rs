//! A bag as the mean of its instances.

use attractor_data::Bags;
use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::ridge::Ridge;
use super::standard::Standard;
use super::{Method, Model};
use crate::LabError;

/// Ridge regression on the mean of the standardised instances of a bag: the simplest embedding there is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanEmbedding {
    /// Weight of the squared weights, relative to the mean squared length of an embedded bag; above 0.
    pub lambda: f64,
}

struct Fitted {
    standard: Standard,
    ridge: Ridge,
}

impl Method for MeanEmbedding {
    fn name(&self) -> String {
        format!("mean embedding, lambda {}", self.lambda)
    }

    fn fit(&self, train: &Bags) -> Result<Box<dyn Model>, LabError> {
        let standard = Standard::fit(train)?;
        let mut rows = Array2::zeros((train.len(), train.width()));
        for (bag, mut row) in train.iter().zip(rows.outer_iter_mut()) {
            row.assign(&embedded(&standard, bag.instances)?);
        }
        Ok(Box::new(Fitted { ridge: Ridge::fit(rows, train.labels(), self.lambda)?, standard }))
    }
}

impl Model for Fitted {
    fn score(&self, instances: ArrayView2<'_, f32>) -> Result<f64, LabError> {
        Ok(self.ridge.score(embedded(&self.standard, instances)?.view()))
    }
}

/// The mean instance; zeros, which is the mean of all, for a bag without any.
fn embedded(standard: &Standard, instances: ArrayView2<'_, f32>) -> Result<Array1<f32>, LabError> {
    let instances = standard.apply(instances)?;
    Ok(instances.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(instances.ncols())))
}
