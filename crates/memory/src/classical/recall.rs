//! Asking a network: fields, energies, recall.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;

use super::network::{Energy, Network};
use super::update::Spins;
use crate::Error;
use crate::binary::{BinaryRecall, Schedule, Trace, Units, pack, pack_spins, relax, spins, words};

/// Cues that share one reading of the weights.
const BLOCK: usize = 8;

impl Network {
    /// Fields `h = W s - b` of states, shape `(n, width)`; the same shape comes back.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotBinary`].
    pub fn fields(&self, states: ArrayView2<'_, f32>) -> Result<Array2<f64>, Error> {
        let packed = pack(states, self.width(), "states")?;
        let rows =
            self.for_each_state(&packed, |_, s| (0..self.width()).map(|i| s.field(i)).collect::<Vec<_>>());
        Ok(Array2::from_shape_fn(states.dim(), |(row, i)| rows[row][i]))
    }

    /// Energies of states, shape `(n, width)`.
    ///
    /// ```
    /// use attractor_memory::classical::{Network, Rule};
    /// use ndarray::array;
    /// let mut network = Network::new(4, Rule::Hebb)?;
    /// network.store(array![[1.0, 1.0, 1.0, 1.0]].view())?;
    /// assert_eq!(network.energy(array![[1.0, 1.0, 1.0, 1.0]].view())?[0].total(), -1.5);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotBinary`].
    pub fn energy(&self, states: ArrayView2<'_, f32>) -> Result<Vec<Energy>, Error> {
        let packed = pack(states, self.width(), "states")?;
        Ok(self.for_each_state(&packed, |_, s| s.energy_parts()))
    }

    /// By how much the energy of one state, shape `(width)`, would change with each single flip:
    /// `2 s_i h_i - 2 W_ii`.
    ///
    /// ```
    /// use attractor_memory::classical::{Network, Rule};
    /// use ndarray::array;
    /// let mut network = Network::new(2, Rule::Hebb)?;
    /// network.store(array![[1.0, 1.0]].view())?;
    /// assert_eq!(network.flip_energies(array![1.0, 1.0].view())?, array![1.0, 1.0]);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotBinary`].
    pub fn flip_energies(&self, state: ArrayView1<'_, f32>) -> Result<Array1<f64>, Error> {
        let packed = pack(state.insert_axis(Axis(0)), self.width(), "state")?;
        let flips = |_, s: Spins<'_>| (0..self.width()).map(|i| s.flip_energy(i)).collect::<Vec<_>>();
        Ok(self.for_each_state(&packed, flips).into_iter().flatten().collect())
    }

    /// Overlaps `m` of states, shape `(n, width)`, with every pattern in storage order: shape `(n, len)`.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotBinary`].
    pub fn overlaps(&self, states: ArrayView2<'_, f32>) -> Result<Array2<i32>, Error> {
        let packed = pack(states, self.width(), "states")?;
        let mut overlaps = Array2::zeros((states.nrows(), self.len()));
        for (mut row, state) in overlaps.rows_mut().into_iter().zip(packed.chunks_exact(words(self.width())))
        {
            row.iter_mut().zip(self.patterns.overlaps(state)).for_each(|(entry, m)| *entry = m);
        }
        Ok(overlaps)
    }

    /// Recalls a batch of cues, shape `(n, width)`. Cues do not influence each other.
    ///
    /// Fields below 1e-10 of the largest row of weights count as zero, except with Hebb's rule, whose
    /// sums are exact.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Width`], [`Error::NotBinary`], [`Error::Clamp`].
    pub fn recall(&self, cues: ArrayView2<'_, f32>, schedule: &Schedule) -> Result<BinaryRecall, Error> {
        if self.is_empty() {
            return Err(Error::Empty);
        }
        let packed = pack(cues, self.width(), "cues")?;
        let free = schedule.free(self.width())?;
        let traces = self.for_each_state(&packed, |k, mut s| {
            let run = relax(&mut s, schedule, &free, k as u64);
            Trace::new(pack_spins(s.state()), run, &self.patterns)
        });
        Ok(BinaryRecall::gather(self.width(), traces))
    }

    /// How many units of each of these stored patterns one synchronous step gets wrong: the quantity
    /// whose rate is `Q(sqrt(d / K))` for Hebb's rule and random patterns.
    ///
    /// ```
    /// use attractor_memory::classical::{Network, Rule};
    /// use ndarray::array;
    /// let mut network = Network::new(4, Rule::Hebb)?;
    /// let ids = network.store(array![[1.0, 1.0, -1.0, -1.0], [1.0, -1.0, 1.0, 1.0], [1.0, 1.0, 1.0, -1.0]].view())?;
    /// assert_eq!(network.one_step_errors(&ids)?, [0, 1, 1]);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnknownId`].
    pub fn one_step_errors(&self, ids: &[u64]) -> Result<Vec<usize>, Error> {
        let mut packed = Vec::new();
        for &id in ids {
            packed.extend_from_slice(self.patterns.row(self.patterns.index_of(id)?));
        }
        Ok(self.for_each_state(&packed, |_, mut s| (0..self.width()).filter(|&i| s.yields(i)).count()))
    }

    /// Runs `ask` on every packed state, given its number: blocks in parallel, results in order.
    fn for_each_state<T: Send>(&self, packed: &[u64], ask: impl Fn(usize, Spins<'_>) -> T + Sync) -> Vec<T> {
        let stride = words(self.width());
        packed
            .par_chunks(BLOCK * stride)
            .enumerate()
            .flat_map_iter(|(block, rows)| {
                let states = rows.chunks_exact(stride).map(|row| spins(row, self.width())).collect();
                let spins = Spins::block(self, states).into_iter().enumerate();
                spins.map(|(k, s)| ask(block * BLOCK + k, s)).collect::<Vec<_>>()
            })
            .collect()
    }
}
