//! What completes images without an energy network, or with one layer of memories.

use attractor_data::{Corruption, Shape, holdout, stream};
use attractor_memory::{Clamp, Detail, Dynamics, Memory, Separation};
use attractor_nets::{Loss, Mlp, Optimiser};
use ndarray::{Array1, Array2, ArrayView2, Axis};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::{damaged, hidden_error};
use crate::experiment::LabError;

/// Images of which a part is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cues<'a> {
    pub(super) images: ArrayView2<'a, f32>,
    pub(super) known: ArrayView2<'a, bool>,
}

impl Cues<'_> {
    /// With something else where nothing is known.
    pub(super) fn filled(&self, fill: impl Fn(usize, usize) -> f32) -> Array2<f32> {
        Array2::from_shape_fn(self.images.dim(), |(row, pixel)| {
            if self.known[[row, pixel]] { self.images[[row, pixel]] } else { fill(row, pixel) }
        })
    }
}

/// The mean of what was learned from.
pub(super) fn mean(stored: ArrayView2<'_, f32>, cues: Cues<'_>) -> Array2<f32> {
    let mean = stored.mean_axis(Axis(0)).unwrap_or_default();
    cues.filled(|_, pixel| mean[pixel])
}

/// The stored image that is nearest in the known pixels.
pub(super) fn nearest(stored: ArrayView2<'_, f32>, cues: Cues<'_>) -> Array2<f32> {
    let seen = cues.filled(|_, _| 0.0);
    let known = cues.known.mapv(|known| f32::from(u8::from(known)));
    let squares = stored.mapv(|x| x * x);
    let distances = known.dot(&squares.t()) - 2.0 * seen.dot(&stored.t());
    let least = |row: usize| {
        let distances = distances.row(row);
        let place = distances.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1));
        place.map_or(0, |(place, _)| place)
    };
    let best: Vec<usize> = (0..seen.nrows()).map(least).collect();
    cues.filled(|row, pixel| stored[[best[row], pixel]])
}

/// Inverse temperatures of the one-layer memory that are tried on training images.
const BETAS: [f64; 5] = [0.01, 0.02, 0.05, 0.1, 0.2];
/// Training images that are left out for that.
const LEFT_OUT: usize = 200;
/// Updates of a state.
const STEPS: usize = 20;

/// The modern Hopfield network whose memories are the stored images, in [-1, 1], the known pixels held. Its inverse
/// temperature is that of least error for some training images, which are left out for the choice.
pub(super) fn one_layer(
    stored: ArrayView2<'_, f32>,
    cues: Cues<'_>,
    shape: Shape,
    hide: &[Corruption],
) -> Result<Array2<f32>, LabError> {
    let mut rng = stream(0, "to choose an inverse temperature");
    let share = (LEFT_OUT as f64 / stored.nrows() as f64).min(0.5);
    let parts = holdout(stored.nrows(), share, &mut rng)?;
    let (rest, tried) = (stored.select(Axis(0), &parts.train), stored.select(Axis(0), &parts.test));
    let known = damaged(tried.view(), shape, hide, &mut rng)?.known;
    let trial = Cues { images: tried.view(), known: known.view() };
    let mut best = (f64::INFINITY, BETAS[0]);
    for beta in BETAS {
        let error = hidden_error(tried.view(), known.view(), recalled(rest.view(), trial, beta)?.view());
        if error < best.0 {
            best = (error, beta);
        }
    }
    recalled(stored, cues, best.1)
}

fn recalled(stored: ArrayView2<'_, f32>, cues: Cues<'_>, beta: f64) -> Result<Array2<f32>, LabError> {
    let signed = |x: f32| 2.0 * x - 1.0;
    let mut memory = Memory::builder(stored.ncols()).separation(Separation::softmax(beta)).build()?;
    memory.store(stored.mapv(signed).view())?;
    let start = mean(stored, cues).mapv(signed);
    let clamp = Clamp::Mask(cues.known.to_owned());
    let how = Dynamics { steps: STEPS, clamp, detail: Detail::States, ..Dynamics::default() };
    let states = memory.recall_with(start.view(), &how)?.states;
    Ok(cues.filled(|row, pixel| f32::midpoint(states[[row, pixel]], 1.0).clamp(0.0, 1.0)))
}

/// A perceptron that is trained in batches with Adam, its rate falling along half a cosine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) epochs: usize,
    pub(super) batch: usize,
    pub(super) rate: f64,
    pub(super) seed: u64,
}

impl Plan {
    fn run(
        self,
        widths: &[usize],
        count: usize,
        mut step: impl FnMut(&mut Mlp, &[usize], &mut Optimiser, &mut ChaCha8Rng) -> Result<(), LabError>,
    ) -> Result<Mlp, LabError> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let mut network = Mlp::new(widths, &mut rng)?;
        let mut optimiser = Optimiser::adam(self.rate)?;
        let mut order: Vec<usize> = (0..count).collect();
        for epoch in 0..self.epochs {
            order.shuffle(&mut rng);
            for (place, rows) in order.chunks(self.batch).enumerate() {
                let done =
                    (epoch as f64 + place as f64 * self.batch as f64 / count as f64) / self.epochs as f64;
                let factor = f64::midpoint(1.0, (std::f64::consts::PI * done).cos());
                optimiser.set_rate(self.rate * factor.max(1e-3))?;
                step(&mut network, rows, &mut optimiser, &mut rng)?;
            }
        }
        Ok(network)
    }

    /// An autoencoder with one hidden layer of rectified units: from images with grey at the hidden pixels to whole
    /// ones, learned from the error of the hidden pixels.
    pub(super) fn autoencoder(
        self,
        stored: ArrayView2<'_, f32>,
        hidden: usize,
        shape: Shape,
        hide: &[Corruption],
    ) -> Result<Mlp, LabError> {
        let pixels = stored.ncols();
        self.run(&[pixels, hidden, pixels], stored.nrows(), |network, rows, optimiser, rng| {
            let images = stored.select(Axis(0), rows);
            let known = damaged(images.view(), shape, hide, rng)?.known;
            let cues = Cues { images: images.view(), known: known.view() };
            let loss = |loss: &mut Loss<'_>| {
                let outputs = loss.outputs();
                // An output at a known pixel is its own target.
                let target = |at: (usize, usize)| if known[at] { outputs[at] } else { images[at] };
                loss.squared_error(0, Array2::from_shape_fn(images.dim(), target).view(), 1.0);
            };
            network.step(cues.filled(|_, _| GREY).view(), loss, optimiser)?;
            Ok(())
        })
    }

    /// A classifier of whole images with one hidden layer.
    pub(super) fn classifier(
        self,
        images: ArrayView2<'_, f32>,
        classes: &[u32],
        count: usize,
        hidden: usize,
    ) -> Result<Mlp, LabError> {
        self.run(&[images.ncols(), hidden, count], images.nrows(), |network, rows, optimiser, _| {
            let labels: Vec<u32> = rows.iter().map(|&row| classes[row]).collect();
            let inputs = images.select(Axis(0), rows);
            network.step(
                inputs.view(),
                |loss| loss.mean_cross_entropy(0, &labels, |_, _| true),
                optimiser,
            )?;
            Ok(())
        })
    }
}

/// What stands at a hidden pixel.
const GREY: f32 = 0.5;

/// Cues as the autoencoder sees them, completed.
pub(super) fn decoded(network: &Mlp, cues: Cues<'_>) -> Result<Array2<f32>, LabError> {
    let outputs = network.forward(cues.filled(|_, _| GREY).view())?;
    Ok(cues.filled(|row, pixel| outputs[[row, pixel]].clamp(0.0, 1.0)))
}

/// Share of the images that are classified right, in per cent.
pub(super) fn right(classifier: &Mlp, images: ArrayView2<'_, f32>, classes: &[u32]) -> Result<f64, LabError> {
    let outputs = classifier.forward(images)?;
    let best = |row: ndarray::ArrayView1<'_, f32>| {
        let place = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        place.map_or(0, |(place, _)| place)
    };
    let found: Array1<usize> = outputs.rows().into_iter().map(best).collect();
    let hits = found.iter().zip(classes).filter(|(found, class)| **found == **class as usize).count();
    Ok(100.0 * hits as f64 / classes.len().max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn the_nearest_is_that_of_the_known_pixels() {
        let stored = array![[1.0, 0.0, 0.25], [0.0, 1.0, 0.75]];
        let (images, known) = (array![[0.1, 0.9, 0.25]], array![[true, true, false]]);
        let cues = Cues { images: images.view(), known: known.view() };
        assert_eq!(nearest(stored.view(), cues), array![[0.1, 0.9, 0.75]]);
        assert_eq!(mean(stored.view(), cues), array![[0.1, 0.9, 0.5]]);
    }

    #[test]
    fn a_memory_completes_what_it_has_stored() {
        let stored = Array2::from_shape_fn((8, 64), |(row, at)| f32::from((at * (row + 3) / 7) % 2 == 0));
        let known = Array2::from_shape_fn((8, 64), |(_, at)| at < 48);
        let cues = Cues { images: stored.view(), known: known.view() };
        let done = recalled(stored.view(), cues, 0.2).unwrap();
        assert!(hidden_error(stored.view(), known.view(), done.view()) < 1e-3);
        let wrong = hidden_error(stored.view(), known.view(), mean(stored.view(), cues).view());
        assert!(wrong > 0.05, "the control: the mean is far off");
    }
}
