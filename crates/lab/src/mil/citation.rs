//! Citation-kNN: a bag is known by its neighbours, and by those whose neighbour it is.

use attractor_data::{Bags, Error};
use ndarray::{Array2, ArrayView2, s};

use super::distances::{nearest, squared};
use super::standard::Standard;
use super::{Method, Model};
use crate::LabError;

/// Citation-kNN on standardised instances (Wang and Zucker 2000): the references of a bag are its `references` nearest
/// training bags, its citers the training bags that have it among their `citers` nearest. The distance of two bags is
/// that of their closest instances. The score is the share of positive bags among references and citers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Citation {
    /// Nearest bags that are asked, at least 1.
    pub references: usize,
    /// Rank up to which a bag cites.
    pub citers: usize,
}

struct Fitted {
    method: Citation,
    standard: Standard,
    train: Bags,
    /// The training instances, standardised.
    instances: Array2<f32>,
    /// For each training bag, the squared distance up to which it cites.
    reach: Vec<f32>,
}

impl Method for Citation {
    fn name(&self) -> String {
        format!("citation-kNN, {} references, {} citers", self.references, self.citers)
    }

    fn fit(&self, train: &Bags) -> Result<Box<dyn Model>, LabError> {
        if self.references == 0 {
            let limit = "at least 1".to_owned();
            return Err(Error::Parameter { name: "references", value: 0.0, limit }.into());
        }
        let standard = Standard::fit(train)?;
        let instances = standard.apply(train.instances())?;
        let between = squared(instances.view(), instances.view());
        let reach = |bag| {
            let mut others = nearest(between.slice(s![train.range(bag), ..]), train);
            others.remove(bag);
            others.sort_by(f32::total_cmp);
            // The new bag is among the nearest while fewer than `citers` of the others are nearer.
            match self.citers.checked_sub(1) {
                None => f32::NEG_INFINITY,
                Some(last) => others.get(last).copied().unwrap_or(f32::INFINITY),
            }
        };
        let reach = (0..train.len()).map(reach).collect();
        Ok(Box::new(Fitted { method: *self, standard, train: train.clone(), instances, reach }))
    }
}

impl Model for Fitted {
    fn score(&self, instances: ArrayView2<'_, f32>) -> Result<f64, LabError> {
        let instances = self.standard.apply(instances)?;
        let distances = nearest(squared(instances.view(), self.instances.view()).view(), &self.train);
        let mut order: Vec<usize> = (0..distances.len()).collect();
        order.sort_by(|&a, &b| distances[a].total_cmp(&distances[b]));
        let references = order.iter().take(self.method.references);
        let citers = order.iter().filter(|&&bag| distances[bag] <= self.reach[bag]);
        let (mut positive, mut all) = (0.0, 0.0);
        for &bag in references.chain(citers) {
            positive += f64::from(u8::from(self.train.labels()[bag]));
            all += 1.0;
        }
        Ok(positive / all)
    }
}
