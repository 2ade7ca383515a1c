//! The dense associative memory: what it holds, and the energy of a state.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;

use super::bits::{BitPatterns, pack, words};
use super::columns::Columns;
use super::dynamics::relax;
use super::interaction::Interaction;
use super::levels::Levels;
use super::report::{BinaryRecall, Trace};
use super::schedule::Schedule;
use super::units::DenseUnits;
use crate::{Error, Status};

/// By which comparison a unit decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// `sign sum [F(c + xi_i) - F(c - xi_i)]`, `c` being the overlap of the other units: the exact
    /// comparison of the two energies. Asynchronous updates never raise the energy.
    #[default]
    Difference,
    /// `sign sum xi_i F'(c)`: the first order of it. The same for degree 2 and for the
    /// exponential; for other interactions it may raise the energy.
    FirstOrder,
}

/// The energy of one state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Energy {
    /// `E = - sum F(m)`; infinite where a float cannot hold it.
    pub value: f64,
    /// `ln |E|`, which stays comparable where `value` is infinite: for exponential memories it is
    /// the log-sum-exp of `beta m`. Minus infinity where `E` is zero.
    pub log: f64,
}

/// A memory for patterns of -1 and +1 with the energy `E = - sum F(m)`.
///
/// ```
/// use attractor_memory::binary::{DenseMemory, Interaction, Schedule};
/// use ndarray::array;
///
/// let mut memory = DenseMemory::new(4, Interaction::Rectified(3))?;
/// memory.store(array![[1.0, 1.0, -1.0, -1.0], [1.0, -1.0, 1.0, 1.0]].view())?;
/// let recall = memory.recall(array![[1.0, 1.0, -1.0, 1.0]].view(), &Schedule::sequential())?;
/// assert_eq!(recall.leading[0][0].overlap, 4);
/// # Ok::<(), attractor_memory::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct DenseMemory {
    pub(super) interaction: Interaction,
    form: Form,
    pub(crate) patterns: BitPatterns,
    pub(super) columns: Columns,
    pub(super) values: Option<Columns>,
    pub(super) energy_levels: Levels,
    pub(super) rule_levels: Levels,
}

/// The widest pattern: tables of a few hundred megabytes.
const WIDEST: usize = 1 << 24;

impl DenseMemory {
    /// An empty auto-associative memory for patterns of `width` components, with [`Form::Difference`].
    ///
    /// # Errors
    /// [`Error::Parameter`] when `width` is 0 or above 2^24, a degree below 2, or beta out of range.
    pub fn new(width: usize, interaction: Interaction) -> Result<Self, Error> {
        check_width("width", width)?;
        interaction.check()?;
        Ok(Self {
            interaction,
            form: Form::Difference,
            patterns: BitPatterns::new(width),
            columns: Columns::new(width),
            values: None,
            energy_levels: Levels::energy(interaction, width),
            rule_levels: Levels::difference(interaction, width - 1),
        })
    }

    /// The same memory with another update rule.
    #[must_use]
    pub fn with_form(mut self, form: Form) -> Self {
        let others = self.width() - 1;
        self.rule_levels = match form {
            Form::Difference => Levels::difference(self.interaction, others),
            Form::FirstOrder => Levels::force(self.interaction, others),
        };
        self.form = form;
        self
    }

    /// Stores patterns, shape `(n, width)`; returns their ids. Storing the same pattern twice counts twice.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotBinary`]; [`Error::Unsupported`] when the memory holds pairs.
    pub fn store(&mut self, patterns: ArrayView2<'_, f32>) -> Result<Vec<u64>, Error> {
        if self.values.is_some() {
            return Err(Error::Unsupported { what: "this memory holds pairs: use store_pairs" });
        }
        let packed = pack(patterns, self.width(), "patterns")?;
        Ok(self.append(&packed))
    }

    /// Removes a pattern (and its value), as if it had never been stored.
    ///
    /// # Errors
    /// [`Error::UnknownId`].
    pub fn remove(&mut self, id: u64) -> Result<(), Error> {
        let index = self.patterns.index_of(id)?;
        self.patterns.remove(index);
        self.columns.remove(index);
        if let Some(values) = &mut self.values {
            values.remove(index);
        }
        Ok(())
    }

    /// Number of stored patterns.
    pub fn len(&self) -> usize {
        self.patterns.len()
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Components of a pattern.
    pub fn width(&self) -> usize {
        self.patterns.width()
    }

    /// The interaction function.
    pub fn interaction(&self) -> Interaction {
        self.interaction
    }

    /// The update rule.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Ids in storage order, which is that of [`DenseMemory::patterns`].
    pub fn ids(&self) -> &[u64] {
        self.patterns.ids()
    }

    /// The stored patterns, shape `(len, width)`.
    pub fn patterns(&self) -> Array2<f32> {
        self.patterns.to_array()
    }

    /// Energies of states, shape `(n, width)`.
    ///
    /// ```
    /// use attractor_memory::binary::{DenseMemory, Interaction};
    /// use ndarray::array;
    /// let mut memory = DenseMemory::new(3, Interaction::Rectified(3))?;
    /// memory.store(array![[1.0, 1.0, 1.0]].view())?;
    /// assert_eq!(memory.energy(array![[1.0, 1.0, 1.0]].view())?[0].value, -27.0);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Width`], [`Error::NotBinary`].
    pub fn energy(&self, states: ArrayView2<'_, f32>) -> Result<Vec<Energy>, Error> {
        let packed = self.pack_cues(states, "states")?;
        Ok(packed
            .par_chunks_exact(words(self.width()))
            .map(|state| {
                let energy = DenseUnits::new(self, state).exact_energy();
                Energy { value: energy.value(), log: energy.ln_abs() }
            })
            .collect())
    }

    /// By how much the energy of one state, shape `(width)`, would change with each single flip.
    /// The state is a fixed point of [`Form::Difference`] exactly when no entry is negative.
    ///
    /// ```
    /// use attractor_memory::binary::{DenseMemory, Interaction};
    /// use ndarray::array;
    /// let mut memory = DenseMemory::new(3, Interaction::Rectified(3))?;
    /// memory.store(array![[1.0, 1.0, 1.0]].view())?;
    /// assert_eq!(memory.flip_energies(array![1.0, 1.0, -1.0].view())?, array![1.0, 1.0, -26.0]);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Width`], [`Error::NotBinary`].
    pub fn flip_energies(&self, state: ArrayView1<'_, f32>) -> Result<Array1<f64>, Error> {
        let packed = self.pack_cues(state.insert_axis(Axis(0)), "state")?;
        let table = Levels::difference(self.interaction, self.width() - 1);
        let mut units = DenseUnits::new(self, &packed);
        Ok((0..self.width()).map(|i| units.pull(i, &table).value()).collect())
    }

    /// Recalls a batch of cues, shape `(n, width)`. Cues do not influence each other.
    ///
    /// [`Status::OutOfSupport`] is given where a rectified memory has no positive overlap with the state.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Width`], [`Error::NotBinary`], [`Error::Clamp`].
    pub fn recall(&self, cues: ArrayView2<'_, f32>, schedule: &Schedule) -> Result<BinaryRecall, Error> {
        let packed = self.pack_cues(cues, "cues")?;
        let free = schedule.free(self.width())?;
        let traces = packed
            .par_chunks_exact(words(self.width()))
            .enumerate()
            .map(|(k, cue)| {
                let mut units = DenseUnits::new(self, cue);
                let mut run = relax(&mut units, schedule, &free, k as u64);
                let flat =
                    matches!(self.interaction, Interaction::Rectified(_)) && units.exact_energy().sign() == 0;
                if flat && run.status == Status::Converged {
                    run.status = Status::OutOfSupport;
                }
                Trace::new(units.into_state(), run, &self.patterns)
            })
            .collect();
        Ok(BinaryRecall::gather(self.width(), traces))
    }

    pub(super) fn append(&mut self, packed: &[u64]) -> Vec<u64> {
        for row in packed.chunks_exact(words(self.width())) {
            self.columns.push(row);
        }
        self.patterns.extend(packed)
    }

    pub(super) fn is_exponential(&self) -> bool {
        matches!(self.interaction, Interaction::Exponential(_))
    }

    pub(super) fn pack_cues(
        &self,
        cues: ArrayView2<'_, f32>,
        place: &'static str,
    ) -> Result<Vec<u64>, Error> {
        if self.is_empty() {
            return Err(Error::Empty);
        }
        pack(cues, self.width(), place)
    }
}

pub(super) fn check_width(name: &'static str, width: usize) -> Result<(), Error> {
    if (1..=WIDEST).contains(&width) {
        return Ok(());
    }
    Err(Error::Parameter { name, value: width as f64, limit: "between 1 and 16777216" })
}
