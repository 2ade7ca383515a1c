//! Sequences of one length as something to learn.

use attractor_data::Bags;
use attractor_nets::Error;
use attractor_nets::training::{Task, scalars};
use burn::tensor::activation::softplus;
use burn::tensor::{Device, Tensor, TensorData};
use ndarray::s;
use rand_chacha::ChaCha8Rng;

use super::reader::{Reader, Reading};

/// Bags of equal length, read by a network: binary cross-entropy, measured by the share that is right.
pub(super) struct Sequences<'a> {
    pub(super) bags: &'a Bags,
    /// Instances of each bag.
    pub(super) length: usize,
    pub(super) reading: Reading,
}

/// Sequences that are measured at once.
const CHUNK: usize = 256;

impl Sequences<'_> {
    fn tensor(&self, batch: &[usize], device: &Device) -> Tensor<3> {
        let mut numbers: Vec<f32> = Vec::with_capacity(batch.len() * self.length * self.bags.width());
        for &bag in batch {
            numbers.extend(self.bags.instances().slice(s![self.bags.range(bag), ..]).iter());
        }
        Tensor::from_data(TensorData::new(numbers, [batch.len(), self.length, self.bags.width()]), device)
    }
}

impl Task for Sequences<'_> {
    type Model = Reader;

    fn init(&self, device: &Device, rng: &mut ChaCha8Rng) -> Result<Reader, Error> {
        self.reading.init([self.length, self.bags.width()], device, rng)
    }

    fn loss(
        &self,
        model: &Reader,
        batch: &[usize],
        device: &Device,
        _: &mut ChaCha8Rng,
    ) -> Result<Tensor<1>, Error> {
        let logits = model.logits(self.tensor(batch, device))?;
        // -ln sigmoid(z) for positives and -ln sigmoid(-z) for negatives.
        let signs: Vec<f32> =
            batch.iter().map(|&bag| if self.bags.labels()[bag] { -1.0 } else { 1.0 }).collect();
        let signs = Tensor::<1>::from_data(TensorData::new(signs, [batch.len()]), device);
        Ok(softplus(logits * signs, 1.0).mean())
    }

    fn measure(&self, model: &Reader, set: &[usize]) -> Result<f64, Error> {
        let device = Device::flex();
        let mut right = 0;
        for chunk in set.chunks(CHUNK) {
            let logits = scalars(model.logits(self.tensor(chunk, &device))?)?;
            right +=
                logits.iter().zip(chunk).filter(|&(z, &bag)| (*z > 0.0) == self.bags.labels()[bag]).count();
        }
        Ok(right as f64 / set.len().max(1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use attractor_nets::training::Draws;

    #[test]
    fn loss_and_measure_are_those_of_the_logits() {
        let rows =
            ndarray::Array2::from_shape_fn((24, 2), |(row, bit)| ((row * 7 + bit * 3) % 5) as f32 - 2.0);
        let positive = vec![true, false, false, true, false, true];
        let names = (0..6).map(|bag| bag.to_string()).collect();
        let bags = Bags::new("made", rows, &[4; 6], positive.clone(), names).unwrap();
        let task = Sequences { bags: &bags, length: 4, reading: Reading::Mean(3) };
        let rng = &mut Draws::Weights.rng(4);
        let device = Device::flex();
        let model = task.init(&device, rng).unwrap();
        let all: Vec<usize> = (0..6).collect();
        let logits = scalars(model.logits(task.tensor(&all, &device)).unwrap()).unwrap();
        let terms = logits.iter().zip(&positive).map(|(z, &positive)| {
            let p = 1.0 / (1.0 + (-z).exp());
            -(if positive { p } else { 1.0 - p }).ln()
        });
        let expected = terms.sum::<f64>() / 6.0;
        let loss = scalars(task.loss(&model, &all, &device, rng).unwrap()).unwrap()[0];
        assert!((loss - expected).abs() < 1e-6, "{loss} {expected}");
        let right = logits.iter().zip(&positive).filter(|&(z, &positive)| (*z > 0.0) == positive).count();
        assert_eq!(task.measure(&model, &all).unwrap(), right as f64 / 6.0);
    }
}
