//! How familiar a cue is: its energy in the fast memory, ranked among those of cues that were familiar.

use attractor_store::wire::{Reader, Writer};

use crate::Error;

/// Energies kept.
const KEPT: usize = 512;

/// The energies of the last familiar cues: what the learner was shown, of classes that it knew, before it
/// stored them. The rank of a new energy among them says how unusual it is, whatever the scale of the keys.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Familiar {
    /// In the order in which they came, the oldest overwritten first.
    ring: Vec<f64>,
    next: usize,
    sorted: Vec<f64>,
}

impl Familiar {
    /// Takes up the energy of a familiar cue.
    pub(crate) fn add(&mut self, energy: f64) {
        if !energy.is_finite() {
            return;
        }
        if self.ring.len() == KEPT {
            let old = std::mem::replace(&mut self.ring[self.next], energy);
            let at = self.sorted.partition_point(|&x| x < old);
            self.sorted.remove(at);
            self.next = (self.next + 1) % KEPT;
        } else {
            self.ring.push(energy);
        }
        let at = self.sorted.partition_point(|&x| x < energy);
        self.sorted.insert(at, energy);
    }

    /// Share of the familiar cues with a lower energy: near 0 for the well known, 1 for what is stranger than
    /// all of them. A half as long as nothing was familiar.
    pub(crate) fn rank(&self, energy: f64) -> f64 {
        if self.sorted.is_empty() {
            return 0.5;
        }
        self.sorted.partition_point(|&x| x < energy) as f64 / self.sorted.len() as f64
    }

    /// Starts anew: energies under other keys are not comparable.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn save(&self, to: &mut Writer) {
        to.f64s(&self.ring);
        to.u64(self.next as u64);
    }

    pub(crate) fn load(from: &mut Reader<'_>) -> Result<Self, Error> {
        let (ring, next) = (from.f64s()?, from.u64()? as usize);
        let fine = ring.iter().all(|x| x.is_finite())
            && ring.len() <= KEPT
            && (next == 0 || ring.len() == KEPT && next < KEPT);
        if !fine {
            return Err(from.fault("energies out of their range").into());
        }
        let mut sorted = ring.clone();
        sorted.sort_by(f64::total_cmp);
        Ok(Self { ring, next, sorted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_of_the_last_energies() {
        let mut familiar = Familiar::default();
        assert_eq!(familiar.rank(3.0), 0.5);
        for i in 0..2_000 {
            familiar.add(f64::from((i * 7919) % 2_000));
        }
        let last: Vec<f64> = (2_000 - KEPT as i32..2_000).map(|i| f64::from((i * 7919) % 2_000)).collect();
        for energy in [-1.0, 0.0, 500.5, 1_999.0, 5_000.0] {
            let naive = last.iter().filter(|&&x| x < energy).count() as f64 / KEPT as f64;
            assert_eq!(familiar.rank(energy), naive);
        }
        familiar.add(f64::NAN);
        let mut to = Writer::new();
        familiar.save(&mut to);
        let bytes = to.finish();
        assert_eq!(Familiar::load(&mut Reader::new(&bytes, "x")).expect("our own"), familiar);
    }
}
