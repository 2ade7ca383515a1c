//! A bag as its similarities to all training instances.

use attractor_data::{Bags, Error};
use ndarray::{Array1, Array2, ArrayView2, Axis, s};

use super::distances::squared;
use super::ridge::Ridge;
use super::standard::Standard;
use super::{Method, Model};
use crate::LabError;

/// The embedding of MILES (Chen, Bi and Wang 2006) with ridge regression in place of its sparse support vector machine.
///
/// A bag has one component per training instance `x`, its largest `exp(-|x - x_j|^2 / sigma^2)` over its own
/// standardised instances `x_j`; sigma^2 is `width` times the mean squared distance of two training instances.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Miles {
    /// Squared width of the kernel, relative to the mean squared distance; above 0.
    pub width: f64,
    /// Weight of the squared weights, relative to the mean squared length of an embedded bag; above 0.
    pub lambda: f64,
}

struct Fitted {
    standard: Standard,
    /// The training instances, standardised.
    instances: Array2<f32>,
    /// 1 / sigma^2.
    rate: f32,
    ridge: Ridge,
}

impl Method for Miles {
    fn name(&self) -> String {
        format!("MILES embedding, width {}, lambda {}", self.width, self.lambda)
    }

    fn fit(&self, train: &Bags) -> Result<Box<dyn Model>, LabError> {
        if !(self.width > 0.0 && self.width.is_finite()) {
            let limit = "finite and above 0".to_owned();
            return Err(Error::Parameter { name: "width", value: self.width, limit }.into());
        }
        let standard = Standard::fit(train)?;
        let instances = standard.apply(train.instances())?;
        let between = squared(instances.view(), instances.view());
        let mean = between.iter().map(|&d| f64::from(d)).sum::<f64>() / between.len().max(1) as f64;
        // Where all instances are equal every width gives the same similarity, 1.
        let rate = if mean > 0.0 { (1.0 / (self.width * mean)) as f32 } else { 1.0 };
        let mut rows = Array2::zeros((train.len(), instances.nrows()));
        for (bag, mut row) in rows.outer_iter_mut().enumerate() {
            row.assign(&embedded(between.slice(s![train.range(bag), ..]), rate));
        }
        let ridge = Ridge::fit(rows, train.labels(), self.lambda)?;
        Ok(Box::new(Fitted { standard, instances, rate, ridge }))
    }
}

impl Model for Fitted {
    fn score(&self, instances: ArrayView2<'_, f32>) -> Result<f64, LabError> {
        let instances = self.standard.apply(instances)?;
        let distances = squared(instances.view(), self.instances.view());
        Ok(self.ridge.score(embedded(distances.view(), self.rate).view()))
    }
}

/// Similarities to the columns of the closest row; 0 for a bag without instances.
fn embedded(squared: ArrayView2<'_, f32>, rate: f32) -> Array1<f32> {
    squared.fold_axis(Axis(0), f32::INFINITY, |&closest, &d| closest.min(d)).mapv(|d| (-rate * d).exp())
}
