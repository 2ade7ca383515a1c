//! A network in training.

use std::collections::BTreeSet;

use attractor_data::stream;
use attractor_nets::{Loss, Mlp, Optimiser};
use ndarray::{Array2, ArrayBase, ArrayView2, Axis, CowArray, Ix2, concatenate};

use super::{Batch, Recipe, Support};
use crate::Error;

/// A network, its optimiser, and the classes that it has seen.
#[derive(Debug, Clone)]
pub(super) struct Student {
    pub(super) network: Mlp,
    pub(super) optimiser: Optimiser,
    mean: f32,
    deviation: f32,
    support: Support,
    seen: BTreeSet<u32>,
}

impl Student {
    pub(super) fn new(recipe: &Recipe) -> Result<Self, Error> {
        let network = Mlp::drawn(&recipe.widths, recipe.draw, &mut stream(recipe.seed, "strategy/weights"))?;
        let optimiser = Optimiser::new(recipe.rule, recipe.rate)?.clipped(recipe.longest)?;
        let Recipe { mean, deviation, .. } = *recipe;
        if !(mean.is_finite() && deviation.is_finite() && deviation > 0.0) {
            let value = f64::from(deviation);
            return Err(Error::Parameter {
                name: "deviation of the inputs",
                value,
                limit: "above 0, the mean finite",
            });
        }
        let (support, seen) = (recipe.support.clone(), BTreeSet::new());
        Ok(Self { network, optimiser, mean, deviation, support, seen })
    }

    /// Notes the classes of a batch that this network can be trained on.
    pub(super) fn meet(&mut self, batch: Batch<'_>) -> Result<(), Error> {
        let (expected, found) = (self.network.inputs(), batch.inputs().ncols());
        if expected != found {
            return Err(Error::Width { expected, found, place: "inputs of a batch" });
        }
        for ((_, component), &value) in batch.inputs().indexed_iter() {
            if !value.is_finite() {
                let value = f64::from(value);
                return Err(Error::NotFinite { component, value, place: "inputs of a batch" });
            }
        }
        let outputs = self.network.outputs();
        if let Some(&class) = batch.classes().iter().find(|&&class| class as usize >= outputs) {
            let (name, value) = ("class", f64::from(class));
            return Err(Error::Parameter { name, value, limit: "below the outputs of the network" });
        }
        self.seen.extend(batch.classes());
        Ok(())
    }

    /// One step down the loss that `terms` puts together.
    pub(super) fn step(
        &mut self,
        inputs: ArrayView2<'_, f32>,
        terms: impl FnOnce(&mut Terms<'_, '_>),
    ) -> Result<(), Error> {
        let inputs = self.scaled(inputs);
        let Self { network, optimiser, support, seen, .. } = self;
        network.step(inputs.view(), |loss| terms(&mut Terms { loss, support, seen }), optimiser)?;
        Ok(())
    }

    /// What the network sees.
    pub(super) fn scaled<'a>(&self, inputs: ArrayView2<'a, f32>) -> CowArray<'a, f32, Ix2> {
        match (self.mean, self.deviation) {
            (0.0, 1.0) => inputs.into(),
            (mean, deviation) => inputs.mapv(|x| (x - mean) / deviation).into(),
        }
    }

    pub(super) fn scores(&self, inputs: ArrayView2<'_, f32>) -> Result<Array2<f32>, Error> {
        Ok(self.network.forward(self.scaled(inputs).view())?)
    }

    pub(super) fn bytes(&self) -> usize {
        self.network.bytes() + self.optimiser.bytes() + self.seen.len() * 4
    }
}

/// A loss with the softmax of a recipe.
pub(super) struct Terms<'a, 'b> {
    pub(super) loss: &'a mut Loss<'b>,
    support: &'a Support,
    seen: &'a BTreeSet<u32>,
}

impl Terms<'_, '_> {
    /// `weight` times the mean cross-entropy of the rows from `first` on.
    pub(super) fn classes(&mut self, first: usize, classes: &[u32], weight: f64) {
        let each = vec![(weight / classes.len().max(1) as f64) as f32; classes.len()];
        let group = |groups: &[u32], class: usize| groups.get(class).copied();
        match self.support {
            Support::All => self.loss.cross_entropy(first, classes, &each, |_, _| true),
            Support::Seen => {
                let seen = self.seen;
                self.loss.cross_entropy(first, classes, &each, |_, output| seen.contains(&(output as u32)));
            }
            Support::Grouped(groups) => {
                self.loss.cross_entropy(first, classes, &each, |class, output| {
                    let own = group(groups, class as usize);
                    own.is_some() && own == group(groups, output)
                });
            }
        }
    }
}

/// Rows below rows.
pub(super) fn stack(parts: &[ArrayView2<'_, f32>]) -> Result<Array2<f32>, Error> {
    let expected = parts.first().map_or(0, ArrayBase::ncols);
    concatenate(Axis(0), parts).map_err(|_| {
        let found = parts.iter().map(ArrayBase::ncols).find(|&width| width != expected).unwrap_or(expected);
        Error::Width { expected, found, place: "an input beside those that were kept" }
    })
}
