//! A number for every head.

use serde::{Deserialize, Serialize};

use crate::Error;

/// The same number for every head, or one for each.
///
/// ```
/// use attractor_nets::hopfield::PerHead;
/// assert_eq!(PerHead::from(3), PerHead::Same(3));
/// assert_eq!(PerHead::from(vec![3, 1]), PerHead::Each(vec![3, 1]));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PerHead<T> {
    /// Of every head.
    Same(T),
    /// Head by head.
    Each(Vec<T>),
}

impl<T: Clone> PerHead<T> {
    /// As many numbers as heads.
    pub(super) fn numbers(&self, place: &'static str, heads: usize) -> Result<Vec<T>, Error> {
        match self {
            Self::Same(number) => Ok(vec![number.clone(); heads]),
            Self::Each(numbers) if numbers.len() == heads => Ok(numbers.clone()),
            Self::Each(numbers) => Err(Error::Size { place, expected: heads, found: numbers.len() }),
        }
    }
}

impl<T> From<T> for PerHead<T> {
    fn from(number: T) -> Self {
        Self::Same(number)
    }
}

impl<T> From<Vec<T>> for PerHead<T> {
    fn from(numbers: Vec<T>) -> Self {
        Self::Each(numbers)
    }
}
