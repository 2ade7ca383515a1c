//! Components of mean 0 and variance 1, by the statistics of the training instances.

use attractor_data::Bags;
use attractor_learn::encoder::{Encode, Standardise, Statistics};
use ndarray::{Array2, ArrayView2};

use crate::LabError;

/// The statistics of a training set. A component that never varied there becomes 0.
pub(super) struct Standard(Standardise);

impl Standard {
    pub(super) fn fit(train: &Bags) -> Result<Self, LabError> {
        let mut statistics = Statistics::new(train.width());
        statistics.observe_all(train.instances())?;
        Ok(Self(statistics.freeze(0.0)?))
    }

    pub(super) fn apply(&self, instances: ArrayView2<'_, f32>) -> Result<Array2<f32>, LabError> {
        let mut standard = Array2::zeros((instances.nrows(), self.0.width()));
        for (from, mut to) in instances.outer_iter().zip(standard.outer_iter_mut()) {
            let from = from.as_standard_layout();
            let (from, to) = (from.as_slice().unwrap_or_default(), to.as_slice_mut().unwrap_or_default());
            self.0.encode(from, to)?;
        }
        Ok(standard)
    }
}
