//! Gradient descent on flat vectors.

use crate::Error;
use crate::error::check_finite;

/// How a gradient moves weights. All arithmetic is in f32, as PyTorch's is, except for the powers of the betas.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Rule {
    /// `g += decay w; v = momentum v + g; w -= rate v`, the first velocity being the first gradient (PyTorch's
    /// `SGD`, dampening 0). Without momentum no velocity is held.
    Descent {
        /// From 0 up to, not including, 1.
        momentum: f32,
        /// Weight decay, at least 0.
        decay: f32,
    },
    /// Kingma and Ba 2015, as PyTorch's `Adam`: betas 0.9 and 0.999, epsilon 1e-8, no weight decay.
    Adam,
    /// Loshchilov and Hutter 2019, as PyTorch's `AdamW`: `w -= rate decay w`, then the step of [`Rule::Adam`].
    AdamW {
        /// Weight decay, at least 0.
        decay: f32,
    },
}

const BETAS: (f32, f32) = (0.9, 0.999);
const EPSILON: f32 = 1e-8;

/// A rule, its rate, and what it remembers between steps.
///
/// ```
/// let mut optimiser = attractor_nets::Optimiser::sgd(0.5)?;
/// let mut weights = [1.0, 2.0];
/// optimiser.step(&mut weights, &[1.0, -1.0])?;
/// assert_eq!(weights, [0.5, 2.5]);
/// # Ok::<(), attractor_nets::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Optimiser {
    rule: Rule,
    rate: f64,
    /// Longest gradient that is followed as it is.
    longest: f32,
    steps: u64,
    /// Velocity, or first and second moment; empty before the first step.
    moments: Vec<Vec<f32>>,
}

impl Optimiser {
    /// `rule` with learning rate `rate`.
    ///
    /// # Errors
    /// [`Error::Parameter`]: a rate that is not finite and above 0, a momentum outside [0, 1), a negative decay.
    pub fn new(rule: Rule, rate: f64) -> Result<Self, Error> {
        check_rate(rate)?;
        let (momentum, decay) = match rule {
            Rule::Descent { momentum, decay } => (momentum, decay),
            Rule::Adam => (0.0, 0.0),
            Rule::AdamW { decay } => (0.0, decay),
        };
        if !(0.0..1.0).contains(&momentum) {
            let (name, value) = ("momentum", f64::from(momentum));
            return Err(Error::Parameter { name, value, limit: "at least 0 and below 1" });
        }
        if !(decay.is_finite() && decay >= 0.0) {
            let (name, value) = ("weight decay", f64::from(decay));
            return Err(Error::Parameter { name, value, limit: "finite and at least 0" });
        }
        Ok(Self { rule, rate, longest: f32::INFINITY, steps: 0, moments: Vec::new() })
    }

    /// With gradients that are longer than `norm` (Euclidean, over all weights) scaled down to that length (Pascanu,
    /// Mikolov and Bengio 2013). Without a call of this, none is. What [`Optimiser::restored`] gives clips nothing.
    ///
    /// ```
    /// let mut optimiser = attractor_nets::Optimiser::sgd(1.0)?.clipped(5.0)?;
    /// let mut weights = [0.0, 0.0];
    /// optimiser.step(&mut weights, &[30.0, 40.0])?;
    /// assert_eq!(weights, [-3.0, -4.0]);
    /// # Ok::<(), attractor_nets::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`]: a norm that is not above 0.
    pub fn clipped(self, norm: f32) -> Result<Self, Error> {
        if norm > 0.0 {
            return Ok(Self { longest: norm, ..self });
        }
        let (name, value) = ("norm of a clipped gradient", f64::from(norm));
        Err(Error::Parameter { name, value, limit: "above 0" })
    }

    /// Plain gradient descent.
    ///
    /// # Errors
    /// As [`Optimiser::new`].
    pub fn sgd(rate: f64) -> Result<Self, Error> {
        Self::new(Rule::Descent { momentum: 0.0, decay: 0.0 }, rate)
    }

    /// Adam.
    ///
    /// # Errors
    /// As [`Optimiser::new`].
    pub fn adam(rate: f64) -> Result<Self, Error> {
        Self::new(Rule::Adam, rate)
    }

    /// Continues from what [`Optimiser::steps`] and [`Optimiser::moments`] gave.
    ///
    /// # Errors
    /// As [`Optimiser::new`]; [`Error::Size`] when the moments are not those of the rule,
    /// [`Error::NotFinite`] when one of them is not.
    pub fn restored(rule: Rule, rate: f64, steps: u64, moments: Vec<Vec<f32>>) -> Result<Self, Error> {
        let new = Self::new(rule, rate)?;
        let expected = if steps == 0 { 0 } else { new.kept() };
        if moments.len() != expected {
            return Err(Error::Size { place: "moments of an optimiser", expected, found: moments.len() });
        }
        for moment in &moments {
            check_size("a moment of an optimiser", moments[0].len(), moment.len())?;
            check_finite(moment, "a moment of an optimiser")?;
        }
        Ok(Self { steps, moments, ..new })
    }

    /// The rule.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// The learning rate.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// Changes the learning rate from the next step on.
    ///
    /// # Errors
    /// [`Error::Parameter`] when it is not finite and above 0.
    pub fn set_rate(&mut self, rate: f64) -> Result<(), Error> {
        check_rate(rate)?;
        self.rate = rate;
        Ok(())
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// What is remembered between steps: one vector per moment, as long as the weights; empty before the first.
    pub fn moments(&self) -> &[Vec<f32>] {
        &self.moments
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.moments.iter().map(|m| m.capacity() * 4).sum::<usize>()
    }

    /// Moves `weights` against `gradient`.
    ///
    /// # Errors
    /// [`Error::Size`] when their lengths differ, or are not those of the steps before; [`Error::NotFinite`] for a
    /// gradient that is not finite. Nothing is moved then.
    pub fn step(&mut self, weights: &mut [f32], gradient: &[f32]) -> Result<(), Error> {
        check_size("entries of a gradient", weights.len(), gradient.len())?;
        if let Some(moment) = self.moments.first() {
            check_size("weights of an optimiser", moment.len(), weights.len())?;
        }
        check_finite(gradient, "gradient")?;
        if self.moments.is_empty() {
            self.moments = vec![vec![0.0; weights.len()]; self.kept()];
        }
        self.steps += 1;
        let norm = gradient.iter().map(|&g| f64::from(g) * f64::from(g)).sum::<f64>().sqrt();
        let short: Vec<f32>;
        let gradient = if norm > f64::from(self.longest) {
            let scale = f64::from(self.longest) / norm;
            short = gradient.iter().map(|&g| (f64::from(g) * scale) as f32).collect();
            &short
        } else {
            gradient
        };
        match self.rule {
            Rule::Descent { momentum, decay } => self.descend(weights, gradient, momentum, decay),
            Rule::Adam => self.adapt(weights, gradient),
            Rule::AdamW { decay } => {
                let kept = (1.0 - self.rate * f64::from(decay)) as f32;
                weights.iter_mut().for_each(|w| *w *= kept);
                self.adapt(weights, gradient);
            }
        }
        Ok(())
    }

    /// Every moment rewritten, for weights that were rearranged.
    pub(crate) fn carry(&mut self, carried: impl Fn(&[f32]) -> Vec<f32>) {
        for moment in &mut self.moments {
            *moment = carried(moment);
        }
    }

    /// Zeroes every moment at these places.
    pub(crate) fn clear(&mut self, places: impl Iterator<Item = usize> + Clone) {
        for moment in &mut self.moments {
            places.clone().for_each(|at| moment[at] = 0.0);
        }
    }

    /// Moments that the rule keeps.
    fn kept(&self) -> usize {
        match self.rule {
            Rule::Descent { momentum, .. } => usize::from(momentum > 0.0),
            Rule::Adam | Rule::AdamW { .. } => 2,
        }
    }

    fn descend(&mut self, weights: &mut [f32], gradient: &[f32], momentum: f32, decay: f32) {
        let rate = self.rate as f32;
        match self.moments.first_mut() {
            None => {
                for (w, g) in weights.iter_mut().zip(gradient) {
                    *w -= rate * (g + decay * *w);
                }
            }
            Some(velocity) => {
                for ((w, g), v) in weights.iter_mut().zip(gradient).zip(velocity) {
                    *v = momentum * *v + (g + decay * *w);
                    *w -= rate * *v;
                }
            }
        }
    }

    fn adapt(&mut self, weights: &mut [f32], gradient: &[f32]) {
        let power = self.steps.min(i32::MAX as u64) as i32;
        let correction = |beta: f32| 1.0 - f64::from(beta).powi(power);
        let rate = (self.rate / correction(BETAS.0)) as f32;
        let root = correction(BETAS.1).sqrt() as f32;
        let [first, second] = self.moments.as_mut_slice() else { return };
        for (((w, &g), m), v) in weights.iter_mut().zip(gradient).zip(first).zip(second) {
            *m += (1.0 - BETAS.0) * (g - *m);
            *v = BETAS.1 * *v + (1.0 - BETAS.1) * g * g;
            *w -= rate * *m / (v.sqrt() / root + EPSILON);
        }
    }
}

fn check_rate(rate: f64) -> Result<(), Error> {
    if rate.is_finite() && rate > 0.0 {
        return Ok(());
    }
    Err(Error::Parameter { name: "learning rate", value: rate, limit: "finite and above 0" })
}

fn check_size(place: &'static str, expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::Size { place, expected, found }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adam_is_that_of_the_paper() {
        let mut optimiser = Optimiser::adam(0.1).unwrap();
        let mut weights = [1.0f32, -2.0];
        let gradients = [[0.5f32, -1.0], [0.25, 3.0], [-1.0, 0.0]];
        let (mut w, mut m, mut v) = ([1.0f64, -2.0], [0.0f64; 2], [0.0f64; 2]);
        for (t, g) in gradients.iter().enumerate() {
            optimiser.step(&mut weights, g).unwrap();
            for i in 0..2 {
                let g = f64::from(g[i]);
                m[i] = 0.9 * m[i] + 0.1 * g;
                v[i] = 0.999 * v[i] + 0.001 * g * g;
                let (a, b) = (1.0 - 0.9f64.powi(t as i32 + 1), 1.0 - 0.999f64.powi(t as i32 + 1));
                w[i] -= 0.1 * (m[i] / a) / ((v[i] / b).sqrt() + 1e-8);
                assert!((w[i] - f64::from(weights[i])).abs() < 1e-5, "{t} {i}");
            }
        }
    }

    #[test]
    fn adamw_is_that_of_burn() {
        use burn::optim::{AdamWConfig, Optimizer};
        use burn::tensor::{Device, Tensor};
        let device = Device::flex();
        let burn = AdamWConfig::new().with_epsilon(EPSILON).with_weight_decay(0.5).build();
        let mut optimiser = Optimiser::new(Rule::AdamW { decay: 0.5 }, 0.01).unwrap();
        let mut weights = [1.0f32, -2.0, 0.5];
        let (mut theirs, mut state) = (Tensor::<1>::from_floats(weights, &device), None);
        for g in [[0.5f32, -1.0, 0.0], [0.25, 3.0, -0.1], [-1.0, 0.0, 0.7]] {
            optimiser.step(&mut weights, &g).unwrap();
            (theirs, state) = burn.step(0.01, theirs, Tensor::from_floats(g, &device), state);
            for (ours, theirs) in weights.iter().zip(theirs.clone().try_into_vec_as::<f32>().unwrap()) {
                assert!((ours - theirs).abs() < 1e-6, "{ours} {theirs}");
            }
        }
    }

    #[test]
    fn momentum_has_no_dampening_and_decay_pulls_to_zero() {
        let rule = Rule::Descent { momentum: 0.9, decay: 0.1 };
        let mut optimiser = Optimiser::new(rule, 0.5).unwrap();
        let mut weights = [2.0f32];
        optimiser.step(&mut weights, &[1.0]).unwrap();
        assert!((weights[0] - (2.0 - 0.5 * 1.2)).abs() < 1e-6);
        optimiser.step(&mut weights, &[0.0]).unwrap();
        let velocity = 0.9 * 1.2 + 0.1 * 1.4;
        assert!((weights[0] - (1.4 - 0.5 * velocity)).abs() < 1e-6);
    }

    #[test]
    fn a_restored_optimiser_goes_on_with_the_same_bits() {
        for rule in [Rule::Adam, Rule::Descent { momentum: 0.5, decay: 0.0 }] {
            let mut one = Optimiser::new(rule, 0.01).unwrap();
            let mut weights = vec![0.3f32, -0.7, 0.1];
            one.step(&mut weights, &[0.1, 0.2, -0.3]).unwrap();
            let mut two = Optimiser::restored(rule, 0.01, one.steps(), one.moments().to_vec()).unwrap();
            let mut same = weights.clone();
            one.step(&mut weights, &[1.0, -0.2, 0.0]).unwrap();
            two.step(&mut same, &[1.0, -0.2, 0.0]).unwrap();
            assert_eq!(weights, same);
            assert!(Optimiser::restored(rule, 0.01, 3, vec![]).is_err());
        }
    }

    #[test]
    fn what_is_refused_moves_nothing() {
        let mut optimiser = Optimiser::adam(0.1).unwrap();
        let mut weights = [1.0];
        assert!(optimiser.step(&mut weights, &[f32::NAN]).is_err());
        assert!(optimiser.step(&mut weights, &[1.0, 2.0]).is_err());
        assert_eq!((weights[0], optimiser.steps()), (1.0, 0));
        assert!(Optimiser::sgd(0.0).is_err() && Optimiser::sgd(f64::NAN).is_err());
        assert!(Optimiser::new(Rule::Descent { momentum: 1.0, decay: 0.0 }, 0.1).is_err());
    }
}
