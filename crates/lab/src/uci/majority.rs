//! The most frequent class, whatever is asked.

use ndarray::ArrayView2;

use super::{Cases, Method, Model, check_width};
use crate::LabError;

/// The most frequent class of what was learned from; of equals the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Majority;

struct Fitted {
    width: usize,
    class: u32,
}

impl Method for Majority {
    fn name(&self) -> String {
        "majority".to_owned()
    }

    fn fit(&self, train: &Cases, _: Option<usize>, _: u64) -> Result<Box<dyn Model>, LabError> {
        train.check()?;
        let mut votes = vec![0usize; train.count()];
        train.classes.iter().for_each(|&class| votes[class as usize] += 1);
        let class = (0..votes.len()).rev().max_by_key(|&class| votes[class]).unwrap_or(0) as u32;
        Ok(Box::new(Fitted { width: train.rows.ncols(), class }))
    }
}

impl Model for Fitted {
    fn classify(&self, rows: ArrayView2<'_, f32>) -> Result<Vec<u32>, LabError> {
        check_width(self.width, rows)?;
        Ok(vec![self.class; rows.nrows()])
    }
}
