//! What several contestants reach over a swept quantity, run by run.

use crate::outcome::{Curve, Named};
use crate::statistics::{Summary, quantile};

/// One number per contestant, value of the swept quantity, and run.
#[derive(Debug, Clone)]
pub(crate) struct Sweep {
    names: Vec<String>,
    xs: Vec<f64>,
    /// `[name][x]`, then the runs in their order.
    cells: Vec<Vec<Vec<f64>>>,
}

impl Sweep {
    /// No runs yet.
    pub(crate) fn new(names: Vec<String>, xs: Vec<f64>) -> Self {
        let cells = vec![vec![Vec::new(); xs.len()]; names.len()];
        Self { names, xs, cells }
    }

    /// Adds the number of a run at the `x`-th value, contestant by contestant.
    pub(crate) fn push(&mut self, x: usize, numbers: impl IntoIterator<Item = f64>) {
        for (row, number) in self.cells.iter_mut().zip(numbers) {
            row[x].push(number);
        }
    }

    /// Mean and spread over the runs; nothing for a contestant that did not take part.
    pub(crate) fn summary(&self, name: &str, x: f64) -> Summary {
        let row = self.names.iter().position(|n| n == name);
        let column = self.xs.iter().position(|&at| at == x);
        match (row, column) {
            (Some(row), Some(column)) => Summary::of(&self.cells[row][column]),
            _ => Summary::default(),
        }
    }

    /// The mean over the swept values of the contestant's median over the runs.
    pub(crate) fn area(&self, name: &str) -> f64 {
        let rows = self.names.iter().zip(&self.cells).filter(|(n, _)| *n == name);
        let medians: Vec<f64> = rows.flat_map(|(_, row)| row).map(|runs| quantile(runs, 0.5)).collect();
        Summary::of(&medians).mean
    }

    /// Every contestant at the last value of the sweep, as `label` says.
    pub(crate) fn last(&self, label: &str) -> Vec<Named> {
        let ends = self.names.iter().zip(&self.cells).filter_map(|(name, row)| Some((name, row.last()?)));
        ends.map(|(name, runs)| Named::new(format!("{name}, {label}"), &Summary::of(runs))).collect()
    }

    /// The contestants' `q`-quantiles over the runs, as curves called `NAME` and `suffix`.
    pub(crate) fn curves(&self, q: f64, suffix: &str) -> Vec<Curve> {
        let rows = self.names.iter().zip(&self.cells);
        rows.map(|(name, row)| Curve {
            name: format!("{name}{suffix}"),
            points: self.xs.iter().zip(row).map(|(&x, runs)| (x, quantile(runs, q))).collect(),
        })
        .collect()
    }

    /// The contestants' means over the runs, as curves.
    pub(crate) fn means(&self) -> Vec<Curve> {
        let rows = self.names.iter().zip(&self.cells);
        rows.map(|(name, row)| Curve {
            name: name.clone(),
            points: self.xs.iter().zip(row).map(|(&x, runs)| (x, Summary::of(runs).mean)).collect(),
        })
        .collect()
    }
}
