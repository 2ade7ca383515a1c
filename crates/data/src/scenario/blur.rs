//! Streams without sharp boundaries.

use rand::RngExt;

use super::Scenario;
use crate::{Error, stream};

/// How one experience gives way to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Blur {
    /// Over this many samples around each boundary the share of the old experience falls linearly from 1 to 0:
    /// the fuzzy boundaries of task-free protocols. At least 0 and finite; 0 keeps boundaries sharp.
    Linear(f64),
    /// The share falls as a logistic curve of the time since the boundary, divided by this many samples.
    /// It has long tails: 1 sample in 21 is still of the old experience after three widths. At least 0 and finite.
    Logistic(f64),
}

impl Scenario {
    /// Blurs all boundaries: which experience gives the next sample becomes random around them, drawn from the stream
    /// `scenario/blur`. Every experience still shows all its samples once, in its own order.
    ///
    /// Each sample is moved in time by a random amount, and the experiences give their samples in the order of the
    /// moved times; so the share of each at a boundary is the distribution of the amount, whatever the width,
    /// also where the blur of two boundaries overlaps.
    ///
    /// ```
    /// use attractor_data::scenario::{Blur, Scenario};
    /// let glyphs = attractor_data::glyphs();
    /// let scenario = Scenario::new_instances(&glyphs, 2, 1)?.blurred(Blur::Linear(20.0), 1)?;
    /// let from: Vec<_> = scenario.samples(&glyphs)?.map(|moment| moment.experience).collect();
    /// assert!(!from.is_sorted() && from[0] == 0 && from[from.len() - 1] == 1);
    /// # Ok::<(), attractor_data::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] for a width below 0 or not finite.
    pub fn blurred(mut self, blur: Blur, seed: u64) -> Result<Self, Error> {
        let (Blur::Linear(width) | Blur::Logistic(width)) = blur;
        if !(width.is_finite() && width >= 0.0) {
            let limit = "finite and at least 0".to_owned();
            return Err(Error::Parameter { name: "blur width", value: width, limit });
        }
        let mut rng = stream(seed, "scenario/blur");
        let mut moved = Vec::with_capacity(self.len());
        for (number, experience) in self.experiences.iter().enumerate() {
            for _ in &experience.indices {
                let u: f64 = rng.random();
                let amount = match blur {
                    Blur::Linear(width) => width * (u - 0.5),
                    // 1 - u is never 0; u may be.
                    Blur::Logistic(width) => width * (u.max(f64::EPSILON) / (1.0 - u)).ln(),
                };
                moved.push((moved.len() as f64 + amount, number as u32));
            }
        }
        moved.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.schedule = moved.into_iter().map(|(_, number)| number).collect();
        Ok(self)
    }
}
