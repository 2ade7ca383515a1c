//! How the state moves, and what holds it.

use ndarray::Array2;

use crate::Error;

/// Components of the cue that are known and must not move.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Clamp {
    /// Every component moves.
    #[default]
    Free,
    /// These components are held at the cue's values, in every cue.
    Components(Vec<usize>),
    /// `(cues, width)`: true where a component is held.
    Mask(Array2<bool>),
}

/// Which association of a recall is told: its values, leading patterns, entropy and kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Told {
    /// That of the end state: what the next update would weigh.
    #[default]
    EndState,
    /// That of the last update: what the end state is made of. Of the cue itself, where no step is taken.
    LastUpdate,
}

/// How much is told of each cue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Detail {
    /// A [`Report`](super::Report) per cue: one more pass over the memory than the states need.
    #[default]
    Full,
    /// States, steps and status only.
    States,
}

/// How the state moves. [`Dynamics::default`] runs to a fixed point and reports everything.
#[derive(Debug, Clone, PartialEq)]
pub struct Dynamics {
    /// Most steps. Default 100. Zero reports on the cue itself.
    pub steps: usize,
    /// A cue rests when `|q' - q| <= tolerance * (1 + |q|)`. Default 1e-5. With zero, only an exact fixed
    /// point stops a cue before the step limit.
    pub tolerance: f64,
    /// Share of the way to the update that a step goes, in (0, 1]. Default 1.
    pub damping: f64,
    /// Known components. Default none.
    pub clamp: Clamp,
    /// How much is told. Default everything.
    pub detail: Detail,
    /// Of which association. Default that of the end state.
    pub told: Told,
    /// Most patterns that are named in a report. Default 8.
    pub leading: usize,
}

impl Default for Dynamics {
    fn default() -> Self {
        Self {
            steps: 100,
            tolerance: 1e-5,
            damping: 1.0,
            clamp: Clamp::Free,
            detail: Detail::Full,
            told: Told::EndState,
            leading: 8,
        }
    }
}

impl Dynamics {
    /// Checks the numbers, and returns the clamp as a mask.
    pub(super) fn check(&self, cues: usize, width: usize) -> Result<Option<Array2<bool>>, Error> {
        if !(self.damping > 0.0 && self.damping <= 1.0) {
            return Err(Error::Parameter {
                name: "damping",
                value: self.damping,
                limit: "above 0, at most 1",
            });
        }
        if !(self.tolerance >= 0.0 && self.tolerance.is_finite()) {
            let limit = "finite and at least 0";
            return Err(Error::Parameter { name: "tolerance", value: self.tolerance, limit });
        }
        match &self.clamp {
            Clamp::Free => Ok(None),
            Clamp::Components(held) => {
                let mut mask = Array2::from_elem((cues, width), false);
                for &component in held {
                    if component >= width {
                        return Err(Error::Clamp { component, width });
                    }
                    mask.column_mut(component).fill(true);
                }
                Ok(Some(mask))
            }
            Clamp::Mask(mask) if mask.ncols() != width => {
                Err(Error::Width { expected: width, found: mask.ncols(), place: "clamp" })
            }
            Clamp::Mask(mask) if mask.nrows() != cues => {
                Err(Error::Rows { expected: cues, found: mask.nrows(), place: "clamp" })
            }
            Clamp::Mask(mask) => Ok(Some(mask.clone())),
        }
    }
}
