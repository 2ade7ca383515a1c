//! Streaming ridge regression to one-hot targets.

mod dual;
mod normal;
mod rows;

use std::sync::Arc;

use attractor_store::wire::{Reader, Writer};

use self::dual::Dual;
use self::normal::Normal;
use self::rows::Rows;
use super::classes::Classes;
use super::later::{Later, System};
use super::linear::{Linear, Solution};
use super::temperature::Temperature;
use super::{Cortex, Plasticity, Readout, check, schedule};
use crate::Error;

/// Examples that enter the normal equations at a time.
const BLOCK: usize = 64;
/// Examples up to which the system of examples is solved instead.
const YOUNG: usize = 512;
/// Added to the penalty, so that features that are all 0 give an answer.
const FLOOR: f64 = 1e-6;

/// Ridge regression of the one-hot classes on the features and a constant.
///
/// ```text
/// W = (G + lambda I)^-1 Q,   G = sum w h h^T,   Q = sum w h y^T,   lambda = c trace(G) / M + 1e-6
/// ```
///
/// over features h with the constant 1 put before them (which the trace leaves out), `c = 1e-3` by default. It depends
/// on the sum of the examples alone: their order does not matter beyond rounding (G is f32, of the features less the mean
/// of the first ones: relative errors of W below 1e-4 where c is 1e-3), a weight of 2 is two examples, and [`Cortex::unlearn`] subtracts. Scores are
/// `s (W^T h + b)`, with a scale s that is fitted on every example before it is learned ([`Ridge::temperature`]).
///
/// **How the inverse is kept.** No inverse is kept: an exact one costs `O(M^2)` of memory traffic per example, which no
/// blocking reduces ([`RankOne`](super::RankOne) is that cortex, for narrow features). Instead,
///
/// - up to `min(512, M + 1)` examples, the system of examples is solved, in f64: at every example at first, then
///   whenever their count has grown by a sixteenth. The first readouts are exact.
/// - Beyond, examples enter G in blocks of 64 by one triangular product. When the count has grown by a sixteenth, at
///   least `M / 8` (256 at most) and at most 1,024, a copy is solved by Cholesky on a thread of its own, and
///   taken over half such a gap later: at a count, so that no bit depends on timing. (With `M < 128`, at once.)
///
/// Until then a new example changes no score here; a memory beside this cortex answers for it.
/// [`Cortex::settle`] takes everything up at once. A solve that fails leaves the last readout in place;
/// `settle` reports it.
///
/// [`Cortex::forget`] drops the class's column of Q, which leaves the scores of all other classes as they
/// are; the features of its examples stay in G.
///
/// Bytes: `4 M^2`, and `6 M^2` more while a solve is pending. Cost: `M^2` operations per example and
/// `M^3 / 3` per solve.
///
/// ```
/// use attractor_learn::cortex::{Cortex, Ridge};
///
/// let mut cortex = Ridge::new(2)?;
/// for (features, class) in [([1.0, 0.0], 0), ([0.0, 1.0], 1), ([1.1, 0.2], 0)] {
///     cortex.learn(&features, class, 1.0)?;
/// }
/// let mut scores = vec![];
/// cortex.readout().scores(&[0.9, 0.0], &mut scores);
/// assert!(scores[0] > scores[1]);
/// # Ok::<(), attractor_learn::Error>(())
/// ```
pub struct Ridge {
    width: usize,
    strength: f64,
    classes: Classes,
    rows: Rows,
    age: Age,
    /// Of G, without the constant.
    trace: f64,
    events: u64,
    due: u64,
    stale: bool,
    later: Option<Later>,
    temperature: Temperature,
    solution: Arc<Solution>,
    readout: Arc<Linear>,
}

enum Age {
    Young(Dual),
    Grown(Normal),
}

impl Ridge {
    /// What [`Cortex::name`] and files call it.
    pub const KIND: &'static str = "ridge";

    /// For features of `width` components, 1 to 32,768, with `c = 1e-3`.
    ///
    /// # Errors
    /// [`Error::Parameter`] for another width.
    pub fn new(width: usize) -> Result<Self, Error> {
        let width = check::width(width)?;
        let solution = Arc::new(Solution::empty(width));
        let temperature = Temperature::default();
        Ok(Self {
            width,
            strength: 1e-3,
            classes: Classes::default(),
            rows: Rows::new(width + 1),
            age: Age::Young(Dual::default()),
            trace: 0.0,
            events: 0,
            due: 1,
            stale: false,
            later: None,
            readout: Arc::new(Linear::new(Arc::clone(&solution), temperature.scale())),
            temperature,
            solution,
        })
    }

    /// With another strength c of the penalty, 1e-9 to 1e9, which counts from the next solve.
    ///
    /// # Errors
    /// [`Error::Parameter`] outside that range.
    pub fn with_strength(mut self, strength: f64) -> Result<Self, Error> {
        self.strength = check::strength("strength", strength, (1e-9, 1e9))?;
        Ok(self)
    }

    /// The penalty lambda at this moment.
    pub fn penalty(&self) -> f64 {
        self.strength * self.trace / self.width as f64 + FLOOR
    }

    /// The scale s of the scores at the next solve: of 1, sqrt 2, 2, … 128 the one with the least log-loss on the
    /// examples so far, each answered before it was learned, older ones forgotten slowly (by half in 2,800).
    /// It is 8 before there are 16 such examples.
    pub fn temperature(&self) -> f32 {
        self.temperature.scale()
    }

    /// Weights `(M,)` of `class` in the present readout, and its bias.
    pub fn weights(&self, class: u32) -> Option<(&[f32], f32)> {
        let row = self.solution.numbers.iter().position(|&number| number == class)?;
        Some((&self.solution.weights[row * self.width..][..self.width], self.solution.biases[row]))
    }

    /// Whether a solve is under way whose result is not taken over yet.
    pub fn is_solving(&self) -> bool {
        self.later.is_some()
    }

    fn young(&self) -> usize {
        YOUNG.min(self.width + 1)
    }

    fn count(&mut self, features: &[f32], weight: f32) {
        let square: f64 = features.iter().map(|&h| f64::from(h) * f64::from(h)).sum();
        self.trace = (self.trace + f64::from(weight) * square).max(0.0);
        self.events += 1;
        self.stale = true;
    }

    /// After each example: takes over what is ready by now, and begins what is due.
    fn advance(&mut self) {
        if let Some(later) = self.later.take_if(|later| later.at() <= self.events)
            && let Some(solution) = later.wait()
        {
            self.take_over(solution);
        }
        if self.rows.len() >= self.room() {
            self.flush();
        }
        if self.events >= self.due {
            self.renew();
        }
    }

    /// Examples that are held back before they enter the normal equations.
    fn room(&self) -> usize {
        match self.age {
            Age::Young(_) => self.young(),
            Age::Grown(_) => BLOCK,
        }
    }

    fn renew(&mut self) {
        if self.rows.len() > 0 && matches!(self.age, Age::Grown(_)) {
            self.flush();
        }
        let penalty = self.penalty();
        match &mut self.age {
            Age::Young(dual) => {
                self.due = self.events + (self.events / 16).max(1);
                if let Some(solution) = dual.solve(&self.rows, &self.classes, penalty) {
                    self.take_over(solution);
                }
            }
            Age::Grown(normal) => {
                let gap = schedule::gap(self.events, self.width);
                let delay = schedule::delay(gap, self.width);
                self.due = self.events + gap;
                let system = normal.system(&self.classes, penalty);
                if delay > 0 {
                    self.later = Some(Later::start(self.events + delay, system));
                } else if let Some(solution) = system.solve() {
                    self.take_over(solution);
                }
            }
        }
    }

    /// Moves the rows into the normal equations; the young grow up.
    fn flush(&mut self) {
        if matches!(self.age, Age::Young(_)) {
            self.age = Age::Grown(Normal::new(&self.rows));
            self.due = self.events;
        }
        if let Age::Grown(normal) = &mut self.age {
            normal.add(&self.rows, self.classes.len());
        }
        self.rows.clear();
        self.rows.shrink(BLOCK);
    }

    fn take_over(&mut self, solution: Solution) {
        self.solution = Arc::new(solution);
        self.readout = Arc::new(Linear::new(Arc::clone(&self.solution), self.temperature.scale()));
    }

    pub(crate) fn load(from: &mut Reader<'_>) -> Result<Self, Error> {
        let width = check::head(from)?;
        let strength = check::strength("strength", from.f64()?, (1e-9, 1e9))?;
        let classes = Classes::load(from)?;
        let rows = Rows::load(from, width + 1, classes.len(), YOUNG)?;
        let age = match from.u8()? {
            YOUNG_AGE => Age::Young(Dual::load(from, &rows)?),
            GROWN_AGE => Age::Grown(Normal::load(from, width + 1, classes.len())?),
            _ => return Err(from.fault("a regression of unknown age").into()),
        };
        let trace = check::amount(from)?;
        let (events, due, stale) = (check::count(from)?, check::count(from)?, from.u8()? != 0);
        let later = Later::load(from, width)?;
        let temperature = Temperature::load(from)?;
        let scale = check::f32s(from, 1)?[0];
        let solution = Arc::new(Solution::load(from, width)?);
        let readout = Arc::new(Linear::new(Arc::clone(&solution), scale));
        Ok(Self {
            width,
            strength,
            classes,
            rows,
            age,
            trace,
            events,
            due,
            stale,
            later,
            temperature,
            solution,
            readout,
        })
    }
}

const YOUNG_AGE: u8 = 0;
const GROWN_AGE: u8 = 1;

impl Cortex for Ridge {
    fn name(&self) -> &'static str {
        Self::KIND
    }

    fn plasticity(&self) -> Plasticity {
        Plasticity::Closed
    }

    fn width(&self) -> usize {
        self.width
    }

    fn learn(&mut self, features: &[f32], class: u32, weight: f32) -> Result<(), Error> {
        check::example(features, self.width, class, weight)?;
        self.temperature.observe(&self.solution, features, class, weight);
        let slot = self.classes.add(class);
        self.rows.push(features, slot, weight);
        self.count(features, weight);
        self.advance();
        Ok(())
    }

    fn unlearn(&mut self, features: &[f32], class: u32, weight: f32) -> Result<bool, Error> {
        check::example(features, self.width, class, weight)?;
        let Some(slot) = self.classes.find(class) else { return Ok(false) };
        let held = self.rows.remove(features, slot, weight);
        match &mut self.age {
            Age::Young(dual) if held => dual.reset(),
            Age::Young(_) => self.flush(),
            Age::Grown(_) => {}
        }
        if !held {
            self.rows.push(features, slot, -weight);
        }
        self.count(features, -weight);
        if !self.classes.remove(slot) {
            self.drop_class(class, slot);
        }
        self.advance();
        Ok(true)
    }

    fn forget(&mut self, class: u32) {
        if let Some(slot) = self.classes.forget(class) {
            self.drop_class(class, slot);
        }
    }

    fn readout(&self) -> Arc<dyn Readout> {
        self.readout.clone()
    }

    fn settle(&mut self) -> Result<(), Error> {
        if !self.stale {
            return Ok(());
        }
        if matches!(self.age, Age::Grown(_)) {
            self.flush();
            self.due = self.events + schedule::gap(self.events, self.width);
        }
        let penalty = self.penalty();
        let solution = match &mut self.age {
            Age::Young(dual) => dual.solve(&self.rows, &self.classes, penalty),
            Age::Grown(normal) => normal.system(&self.classes, penalty).solve(),
        };
        let solution = solution.ok_or(Error::Singular { place: "the normal equations" })?;
        self.later = None;
        self.take_over(solution);
        self.stale = false;
        Ok(())
    }

    fn bytes(&self) -> usize {
        let age = match &self.age {
            Age::Young(dual) => dual.bytes(),
            Age::Grown(normal) => normal.bytes(),
        };
        size_of::<Self>()
            + self.classes.bytes()
            + self.rows.bytes()
            + age
            + self.later.as_ref().map_or(0, Later::bytes)
            + self.solution.bytes()
    }

    fn save(&self, to: &mut Writer) {
        to.str(Self::KIND);
        to.u8(check::VERSION);
        to.u32(self.width as u32);
        to.f64(self.strength);
        self.classes.save(to);
        self.rows.save(to);
        match &self.age {
            Age::Young(dual) => {
                to.u8(YOUNG_AGE);
                dual.save(to);
            }
            Age::Grown(normal) => {
                to.u8(GROWN_AGE);
                normal.save(to);
            }
        }
        to.f64(self.trace);
        to.u64(self.events);
        to.u64(self.due);
        to.u8(u8::from(self.stale));
        Later::save(self.later.as_ref(), to);
        self.temperature.save(to);
        to.f32s(&[self.readout.scale()]);
        self.solution.save(to);
    }
}

impl Ridge {
    /// Removes what is held of `class`, whose slot is no longer live.
    fn drop_class(&mut self, class: u32, slot: usize) {
        self.rows.disown(slot);
        if let Age::Grown(normal) = &mut self.age {
            normal.disown(slot);
        }
        if let Some(later) = &mut self.later {
            later.forget(class);
        }
        let rest = Arc::new(self.solution.without(class));
        self.readout = Arc::new(Linear::new(Arc::clone(&rest), self.readout.scale()));
        self.solution = rest;
        self.stale = true;
    }
}
