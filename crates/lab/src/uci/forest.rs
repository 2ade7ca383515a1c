//! A random forest, of the crate `smartcore`.

use ndarray::ArrayView2;
use smartcore::ensemble::random_forest_classifier::{
    RandomForestClassifier, RandomForestClassifierParameters,
};
use smartcore::linalg::basic::matrix::DenseMatrix;

use super::{Cases, Method, Model, check_width, refused};
use crate::LabError;

/// Trees on bootstrap samples, each split on the best of some randomly drawn components (Breiman 2001); the class that
/// most trees name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forest {
    /// Trees, 1 to 65,535.
    pub trees: usize,
    /// Components drawn for a split, relative to the square root of all; above 0. At least one is drawn, at most all.
    pub drawn: f64,
    /// Fewest rows in a leaf, at least 1.
    pub leaf: usize,
}

type Inner = RandomForestClassifier<f32, u32, DenseMatrix<f32>, Vec<u32>>;

struct Fitted {
    width: usize,
    forest: Grown,
}

enum Grown {
    Trees(Inner),
    /// The only class there was, for which the crate grows nothing.
    Leaf(u32),
}

impl Method for Forest {
    fn name(&self) -> String {
        format!("forest, {} sqrt(d) drawn, leaves of {}", self.drawn, self.leaf)
    }

    fn fit(&self, train: &Cases, _: Option<usize>, seed: u64) -> Result<Box<dyn Model>, LabError> {
        train.check()?;
        let trees = u16::try_from(self.trees).unwrap_or(0);
        if trees == 0 {
            return Err(refused("trees", self.trees as f64, "from 1 to 65535"));
        }
        if !(self.drawn > 0.0 && self.drawn.is_finite()) {
            return Err(refused("drawn", self.drawn, "finite and above 0"));
        }
        let width = train.rows.ncols();
        let drawn = (self.drawn * (width as f64).sqrt()).round().clamp(1.0, width as f64) as usize;
        let parameters = RandomForestClassifierParameters::default()
            .with_n_trees(trees)
            .with_m(drawn)
            .with_min_samples_leaf(self.leaf.max(1))
            .with_seed(seed);
        let first = train.classes[0];
        let forest = match train.classes.iter().all(|&class| class == first) {
            true => Grown::Leaf(first),
            false => {
                let rows = matrix(train.rows.view())?;
                Grown::Trees(Inner::fit(&rows, &train.classes, parameters).map_err(failed)?)
            }
        };
        Ok(Box::new(Fitted { width, forest }))
    }
}

impl Model for Fitted {
    fn classify(&self, rows: ArrayView2<'_, f32>) -> Result<Vec<u32>, LabError> {
        check_width(self.width, rows)?;
        match &self.forest {
            Grown::Trees(forest) => forest.predict(&matrix(rows)?).map_err(failed),
            Grown::Leaf(class) => Ok(vec![*class; rows.nrows()]),
        }
    }
}

fn matrix(rows: ArrayView2<'_, f32>) -> Result<DenseMatrix<f32>, LabError> {
    // By columns: a split reads one component of many rows.
    let values = rows.t().iter().copied().collect();
    DenseMatrix::new(rows.nrows(), rows.ncols(), values, true).map_err(failed)
}

fn failed(reason: smartcore::error::Failed) -> LabError {
    LabError::Peer { name: "smartcore", reason: reason.to_string() }
}
