//! One face for memories over signs and memories over real numbers.

use attractor_memory::binary::{DenseMemory, Schedule};
use attractor_memory::classical::Network;
use attractor_memory::{Clamp, Detail, Dynamics, Error, Memory};
use ndarray::{Array2, ArrayView1, ArrayView2, Axis};

/// Share of the way that a shown step goes; at the whole way most recalls are over in one.
const DAMPING: f64 = 0.35;
/// Most frames of a trace.
const FRAMES: usize = 60;
/// A shown state rests when no component moves further than this.
const REST: f32 = 2e-3;

/// A filled memory of one kind.
pub(crate) enum Store {
    Classical(Network),
    Dense(DenseMemory),
    Continuous(Memory),
}

/// A recall as it happens.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    /// The states, the cue first.
    pub(crate) frames: Vec<Vec<f32>>,
    /// The energy of each; `-ln(-E)` for the exponential memory, whose energy no float holds.
    pub(crate) energies: Vec<f64>,
}

impl Store {
    /// The end states for the rows of `cues`; unknown components are 0, components in `held` are known.
    pub(crate) fn recall(&self, cues: ArrayView2<'_, f32>, held: &[usize]) -> Result<Array2<f32>, Error> {
        let schedule = Schedule::sequential().clamped(held);
        match self {
            Self::Classical(network) => Ok(network.recall(guessed(cues).view(), &schedule)?.states),
            Self::Dense(memory) => Ok(memory.recall(guessed(cues).view(), &schedule)?.states),
            Self::Continuous(memory) => {
                let clamp = Clamp::Components(held.to_vec());
                let dynamics = Dynamics { clamp, detail: Detail::States, ..Dynamics::default() };
                Ok(memory.recall_with(cues, &dynamics)?.states)
            }
        }
    }

    /// The recall of one cue in steps small enough to watch: memories over signs update `row` units at a
    /// time, the others go a part of the way.
    pub(crate) fn watch(&self, cue: ArrayView1<'_, f32>, held: &[usize], row: usize) -> Result<Trace, Error> {
        let cue = cue.insert_axis(Axis(0));
        let (mut state, stride) = match self {
            Self::Continuous(_) => (cue.to_owned(), cue.ncols()),
            Self::Classical(_) | Self::Dense(_) => (guessed(cue), row),
        };
        let blocks: Vec<usize> = (0..state.ncols()).step_by(stride).collect();
        let mut trace = Trace { frames: vec![state.row(0).to_vec()], energies: vec![self.energy(&state)?] };
        let mut quiet = 0;
        for &first in blocks.iter().cycle() {
            if quiet == blocks.len() || trace.frames.len() == FRAMES {
                break;
            }
            let next = self.step(&state, held, first..first + stride)?;
            let moved = next.iter().zip(&state).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            quiet = if moved > REST { 0 } else { quiet + 1 };
            state = next;
            if moved > REST {
                trace.frames.push(state.row(0).to_vec());
                trace.energies.push(self.energy(&state)?);
            }
        }
        Ok(trace)
    }

    fn step(
        &self,
        state: &Array2<f32>,
        held: &[usize],
        block: std::ops::Range<usize>,
    ) -> Result<Array2<f32>, Error> {
        let rest = (0..state.ncols()).filter(|i| !block.contains(i) || held.contains(i));
        let schedule = Schedule::sequential().sweeps(1).clamped(&rest.collect::<Vec<_>>());
        match self {
            Self::Classical(network) => Ok(network.recall(state.view(), &schedule)?.states),
            Self::Dense(memory) => Ok(memory.recall(state.view(), &schedule)?.states),
            Self::Continuous(memory) => {
                let clamp = Clamp::Components(held.to_vec());
                let detail = Detail::States;
                let dynamics = Dynamics { steps: 1, damping: DAMPING, clamp, detail, ..Dynamics::default() };
                Ok(memory.recall_with(state.view(), &dynamics)?.states)
            }
        }
    }

    fn energy(&self, state: &Array2<f32>) -> Result<f64, Error> {
        Ok(match self {
            Self::Classical(network) => network.energy(state.view())?[0].total(),
            Self::Dense(memory) => {
                let energy = memory.energy(state.view())?[0];
                match memory.interaction() {
                    attractor_memory::binary::Interaction::Exponential(_) => -energy.log,
                    _ => energy.value,
                }
            }
            Self::Continuous(memory) => memory.energies(state.view())?[0].total(),
        })
    }
}

/// Memories over signs cannot hold an unknown: it becomes -1, paper.
fn guessed(cues: ArrayView2<'_, f32>) -> Array2<f32> {
    cues.mapv(|x| if x > 0.0 { 1.0 } else { -1.0 })
}
