//! Weights in and out.

use super::super::{Hopfield, HopfieldLayer, HopfieldPooling};
use super::dict::{Entry, StateDict};
use super::names::{Names, plain, put};
use crate::Error;

/// Exchanges weights with `ml-jku/hopfield-layers` by the names of its `state_dict`.
///
/// Its file has no room for beta, nor for a learned alpha: those go into the file's metadata, which PyTorch ignores.
/// Where they are not in it, the layer keeps its own, so give `scaling` to the layer that takes weights from PyTorch.
pub trait Exchange: Sized {
    /// The weights by name.
    ///
    /// # Errors
    /// [`Error::Device`] when the device does not give them.
    fn state_dict(&self) -> Result<StateDict, Error>;

    /// The layer with these weights. Which of them are learned stays as it was.
    ///
    /// # Errors
    /// [`Error::Weights`] with every name that is missing, unexpected or of another shape; [`Error::NotFinite`].
    fn with_state_dict(self, dict: &StateDict) -> Result<Self, Error>;
}

const INSIDE: &str = "hopfield.";

impl Exchange for Hopfield {
    fn state_dict(&self) -> Result<StateDict, Error> {
        Names { prefix: "" }.export(self)
    }

    fn with_state_dict(self, dict: &StateDict) -> Result<Self, Error> {
        check(&self.state_dict()?, dict)?;
        Ok(Names { prefix: "" }.import(self, dict))
    }
}

impl Exchange for HopfieldPooling {
    fn state_dict(&self) -> Result<StateDict, Error> {
        let mut dict = Names { prefix: INSIDE }.export(&self.hopfield)?;
        let states = plain(&self.pooling_weights)?;
        dict.entries.insert("pooling_weights".into(), placed(states, &self.hopfield));
        Ok(dict)
    }

    fn with_state_dict(self, dict: &StateDict) -> Result<Self, Error> {
        check(&self.state_dict()?, dict)?;
        Ok(Self {
            hopfield: Names { prefix: INSIDE }.import(self.hopfield, dict),
            pooling_weights: put(self.pooling_weights, dict.entries.get("pooling_weights")),
        })
    }
}

impl Exchange for HopfieldLayer {
    fn state_dict(&self) -> Result<StateDict, Error> {
        let mut dict = Names { prefix: INSIDE }.export(&self.hopfield)?;
        let lookup = plain(&self.lookup_weights)?;
        dict.entries.insert("lookup_weights".into(), placed(lookup, &self.hopfield));
        if let Some(targets) = &self.target_weights {
            dict.entries.insert("target_weights".into(), placed(plain(targets)?, &self.hopfield));
        }
        Ok(dict)
    }

    fn with_state_dict(self, dict: &StateDict) -> Result<Self, Error> {
        check(&self.state_dict()?, dict)?;
        Ok(Self {
            hopfield: Names { prefix: INSIDE }.import(self.hopfield, dict),
            lookup_weights: put(self.lookup_weights, dict.entries.get("lookup_weights")),
            target_weights: self
                .target_weights
                .map(|targets| put(targets, dict.entries.get("target_weights"))),
        })
    }
}

/// `(1, quantity, depth)`, or `(quantity, 1, depth)` where the batch is not first: the same numbers.
fn placed(entry: Entry, layer: &Hopfield) -> Entry {
    let mut shape = entry.shape;
    if !layer.config().batch_first {
        shape.swap(0, 1);
    }
    Entry { shape, ..entry }
}

/// The same names and shapes, and finite numbers.
fn check(own: &StateDict, found: &StateDict) -> Result<(), Error> {
    let named = |name: &str, shape: &[usize]| format!("{name} {shape:?}");
    let absent = |of: &StateDict, from: &StateDict| -> Vec<String> {
        // A tensor without numbers is what PyTorch keeps where nothing is projected.
        let entries = of.entries.iter().filter(|(_, entry)| !entry.numbers.is_empty());
        let entries = entries.filter(|(name, _)| !from.entries.contains_key(*name));
        entries.map(|(name, entry)| named(name, &entry.shape)).collect()
    };
    let (missing, unexpected) = (absent(own, found), absent(found, own));
    let mut misshapen = Vec::new();
    for (name, entry) in &own.entries {
        if let Some(other) = found.entries.get(name).filter(|other| other.shape != entry.shape) {
            misshapen.push(format!("{name}: expected {:?}, found {:?}", entry.shape, other.shape));
        }
    }
    for (name, list) in &own.extras {
        if let Some(other) = found.extras.get(name).filter(|other| other.len() != list.len()) {
            misshapen.push(format!("metadata {name}: expected [{}], found [{}]", list.len(), other.len()));
        }
    }
    if !(missing.is_empty() && unexpected.is_empty() && misshapen.is_empty()) {
        return Err(Error::Weights { missing, unexpected, misshapen });
    }
    let lists = found.entries.values().map(|entry| &entry.numbers).chain(found.extras.values());
    for numbers in lists {
        if let Some((entry, &value)) = numbers.iter().enumerate().find(|(_, x)| !x.is_finite()) {
            return Err(Error::NotFinite { place: "weights of a state_dict", entry, value });
        }
    }
    Ok(())
}
