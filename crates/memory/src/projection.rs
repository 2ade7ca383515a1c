//! Temporary.
#![allow(missing_docs)]
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Projection {
    Linear,
    Tanh { gain: f64 },
    Normalise,
    Sign,
}
impl Projection {
    pub fn check(&self) -> Result<(), crate::Error> {
        Ok(())
    }
    pub fn apply(&self, _s: &mut [f32], _p: &[f32]) {}
    pub fn regulariser(&self, q: &[f32]) -> f64 {
        q.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / 2.0
    }
}
