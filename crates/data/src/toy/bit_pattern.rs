//! Bags of random bits; some hold one of a few signals.

use std::collections::BTreeSet;

use ndarray::Array2;

use super::{count, numbered, volume};
use crate::error::share;
use crate::mersenne::Mersenne;
use crate::{Bags, Error};

/// Sizes and seeds of the bit-pattern problem. A bag is positive when one of its instances is a signal.
///
/// Source: the examples of Ramsauer et al., "Hopfield networks is all you need", 2021 (class `BitPatternSet`).
///
/// ```
/// use attractor_data::toy::BitPattern;
/// let set = BitPattern::default().draw()?;
/// assert_eq!((set.bags.len(), set.bags.instances().dim()), (2048, (2048 * 16, 8)));
/// assert_eq!(set.signals.row(0).to_vec(), [0, 0, 1, 1, 1, 0, 0, 1]);
/// # Ok::<(), attractor_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct BitPattern {
    /// Bags. Default 2,048.
    pub bags: usize,
    /// Instances of each bag. Default 16.
    pub instances: usize,
    /// Different signals. Default 8.
    pub signals: usize,
    /// Instances of a positive bag that are signals. Default 1.
    pub signals_per_bag: usize,
    /// Share of positive bags, rounded up; they come first. Default 0.5.
    pub positive: f64,
    /// Bits of an instance. Default 8.
    pub bits: usize,
    /// Seed of the signals. Default 43.
    pub seed_signals: u32,
    /// Seed of everything else. Default 44.
    pub seed_data: u32,
}

impl Default for BitPattern {
    fn default() -> Self {
        Self {
            bags: 2_048,
            instances: 16,
            signals: 8,
            signals_per_bag: 1,
            positive: 0.5,
            bits: 8,
            seed_signals: 43,
            seed_data: 44,
        }
    }
}

/// A drawn bit-pattern problem.
#[derive(Debug, Clone, PartialEq)]
pub struct BitPatternSet {
    /// The bags, called by their numbers, the positive ones first; components are 0 and 1.
    pub bags: Bags,
    /// The signals, `(signals, bits)`, in ascending order; none is all zero.
    pub signals: Array2<u8>,
    /// Instances that had to be drawn again because they were all zero or a signal, in each pass over the set.
    pub redraws: Vec<usize>,
    /// For each positive bag, its signals: instance in the bag and number of the signal.
    pub implants: Vec<Vec<(usize, usize)>>,
}

impl BitPattern {
    /// Draws the set.
    ///
    /// # Errors
    /// [`Error::Parameter`] when a size is 0, for bits beyond 30, for signals that would leave less than a quarter of
    /// the patterns to other instances, for more signals in a bag than instances, for a share outside 0 to 1.
    pub fn draw(&self) -> Result<BitPatternSet, Error> {
        count("bits", self.bits, 2, 30)?;
        count("signals", self.signals, 1, 3 * (1 << self.bits) / 4 - 1)?;
        count("signals per bag", self.signals_per_bag, 0, self.instances)?;
        volume("bags times instances times bits", &[self.bags, self.instances, self.bits])?;
        let positive = (share("positive", self.positive)? * self.bags as f64).ceil() as usize;

        let signals = self.draw_signals();
        let mut rng = Mersenne::new(self.seed_data);
        let mut bits: Vec<u8> =
            (0..self.bags * self.instances * self.bits).map(|_| rng.remainder(2) as u8).collect();
        let taken: BTreeSet<&[u8]> = signals.iter().map(Vec::as_slice).collect();
        let wrong = |pattern: &[u8]| pattern.iter().all(|&bit| bit == 0) || taken.contains(pattern);
        let mut redraws = Vec::new();
        loop {
            let instances = bits.chunks_exact_mut(self.bits);
            let again: Vec<&mut [u8]> = instances.filter(|instance| wrong(instance)).collect();
            if again.is_empty() {
                break;
            }
            redraws.push(again.len());
            again.into_iter().flatten().for_each(|bit| *bit = rng.remainder(2) as u8);
        }
        let implants: Vec<_> = (0..positive).map(|_| self.draw_implants(&mut rng)).collect();
        for (bag, implants) in implants.iter().enumerate() {
            for &(instance, signal) in implants {
                let start = (bag * self.instances + instance) * self.bits;
                bits[start..start + self.bits].copy_from_slice(&signals[signal]);
            }
        }

        let (rows, width) = (self.bags * self.instances, self.bits);
        let bags = Bags::new(
            "bit pattern",
            Array2::from_shape_fn((rows, width), |(row, bit)| f32::from(bits[row * width + bit])),
            &vec![self.instances; self.bags],
            (0..self.bags).map(|bag| bag < positive && self.signals_per_bag > 0).collect(),
            numbered(self.bags),
        )?;
        let signals = Array2::from_shape_fn((self.signals, width), |(signal, bit)| signals[signal][bit]);
        Ok(BitPatternSet { bags, signals, redraws, implants })
    }

    /// Different patterns that are not all zero, sorted.
    fn draw_signals(&self) -> Vec<Vec<u8>> {
        let mut rng = Mersenne::new(self.seed_signals);
        let mut signals = BTreeSet::new();
        while signals.len() < self.signals {
            for _ in signals.len()..self.signals {
                signals.insert((0..self.bits).map(|_| rng.remainder(2) as u8).collect::<Vec<_>>());
            }
            signals.retain(|signal| signal.contains(&1));
        }
        signals.into_iter().collect()
    }

    /// The signals of one bag, at different instances.
    fn draw_implants(&self, rng: &mut Mersenne) -> Vec<(usize, usize)> {
        let mut implants: Vec<(usize, usize)> = Vec::with_capacity(self.signals_per_bag);
        while implants.len() < self.signals_per_bag {
            let instance = rng.remainder(self.instances as u32) as usize;
            if implants.iter().all(|&(used, _)| used != instance) {
                implants.push((instance, rng.remainder(self.signals as u32) as usize));
            }
        }
        implants
    }
}
