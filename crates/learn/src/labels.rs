//! Names of classes, and the numbers that the cortices know them by.

use std::collections::HashMap;

use attractor_store::wire::{Reader, Writer};

use crate::Error;

/// Longest name of a class, in bytes.
pub const LONGEST_LABEL: usize = 256;
/// Most classes of one learner.
pub const MOST_LABELS: usize = 65_536;

/// The classes seen so far, numbered in the order in which they came. Numbers are never given out again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Labels {
    names: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32>,
}

impl Labels {
    /// Classes seen so far.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// The number of a class.
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// The name of a number.
    pub(crate) fn name(&self, number: u32) -> Option<&str> {
        self.names.get(number as usize).map(AsRef::as_ref)
    }

    /// The names, by number.
    pub(crate) fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter().map(AsRef::as_ref)
    }

    /// Refuses a name that [`Labels::intern`] could not take.
    pub(crate) fn check(&self, name: &str) -> Result<(), Error> {
        if name.is_empty() || name.len() > LONGEST_LABEL {
            let limit = "1 to 256 bytes long";
            return Err(Error::Parameter { name: "length of the label", value: name.len() as f64, limit });
        }
        if self.names.len() >= MOST_LABELS && self.number(name).is_none() {
            let limit = "at most 65536";
            return Err(Error::Parameter { name: "classes", value: self.names.len() as f64 + 1.0, limit });
        }
        Ok(())
    }

    /// The number of a class, a new one if need be.
    pub(crate) fn intern(&mut self, name: &str) -> u32 {
        if let Some(number) = self.number(name) {
            return number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.into());
        self.numbers.insert(name.into(), number);
        number
    }

    pub(crate) fn bytes(&self) -> usize {
        self.names.iter().map(|name| 2 * (name.len() + 24) + 8).sum()
    }

    pub(crate) fn save(&self, to: &mut Writer) {
        to.u64(self.names.len() as u64);
        self.names.iter().for_each(|name| to.str(name));
    }

    pub(crate) fn load(from: &mut Reader<'_>) -> Result<Self, Error> {
        let mut labels = Self::default();
        for number in 0..from.count(9)? {
            let name = from.str()?;
            labels.check(name)?;
            if labels.intern(name) as usize != number {
                return Err(from.fault("a class that is named twice").into());
            }
        }
        Ok(labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_in_order_and_come_back() {
        let mut labels = Labels::default();
        assert_eq!((labels.intern("cat"), labels.intern("dog"), labels.intern("cat")), (0, 1, 0));
        assert!(labels.check("").is_err() && labels.check(&"x".repeat(257)).is_err());
        let mut to = Writer::new();
        labels.save(&mut to);
        let bytes = to.finish();
        let again = Labels::load(&mut Reader::new(&bytes, "labels")).expect("our own bytes");
        assert_eq!(again.names().collect::<Vec<_>>(), ["cat", "dog"]);
        for cut in 0..bytes.len() {
            assert!(Labels::load(&mut Reader::new(&bytes[..cut], "labels")).is_err());
        }
    }
}
