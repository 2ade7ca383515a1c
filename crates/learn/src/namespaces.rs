//! Namespaces: parts of the episodic memory that are read apart from one another.
//!
//! The slow system and the classes are common to all: what they have in common is what it is for. Episodes, and all
//! that is read from them (evidence, familiarity, completions), are those of one namespace, or of all when none is
//! named.

use attractor_store::wire::{Reader, Writer};

use crate::Error;
use crate::labels::Labels;

/// Longest name of a namespace, in bytes.
pub const LONGEST_NAMESPACE: usize = 256;
/// Most namespaces of one learner, beside the one without a name.
pub const MOST_NAMESPACES: usize = 65_536;

/// Whose episodes answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All.
    All,
    /// Those of the namespace with this number.
    Of(u32),
}

/// The namespaces seen so far. The one without a name has number 0.
#[derive(Debug, Clone, Default)]
pub(crate) struct Namespaces {
    /// The others, from number 1 on.
    named: Labels,
}

impl Namespaces {
    /// The number of a namespace.
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        if name.is_empty() { Some(0) } else { self.named.number(name).map(|number| number + 1) }
    }

    /// The name of a number.
    pub(crate) fn name(&self, number: u32) -> &str {
        number.checked_sub(1).and_then(|number| self.named.name(number)).unwrap_or_default()
    }

    /// The names, by number.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once("").chain(self.named.names())
    }

    /// The episodes of a namespace that must be there; all of them for `None`.
    pub(crate) fn scope(&self, name: Option<&str>) -> Result<Scope, Error> {
        let Some(name) = name else { return Ok(Scope::All) };
        let unknown = || Error::UnknownNamespace { namespace: name.to_owned() };
        self.number(name).map(Scope::Of).ok_or_else(unknown)
    }

    /// Refuses a name that [`Namespaces::intern`] could not take.
    pub(crate) fn check(&self, name: &str) -> Result<(), Error> {
        let refuse =
            |what, value: usize, limit| Err(Error::Parameter { name: what, value: value as f64, limit });
        if name.len() > LONGEST_NAMESPACE {
            return refuse("length of the namespace", name.len(), "at most 256 bytes long");
        }
        if self.named.len() >= MOST_NAMESPACES && self.number(name).is_none() {
            return refuse("namespaces", self.named.len() + 1, "at most 65536");
        }
        Ok(())
    }

    /// The number of a namespace, a new one if need be.
    pub(crate) fn intern(&mut self, name: &str) -> u32 {
        if name.is_empty() { 0 } else { self.named.intern(name) + 1 }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.named.bytes()
    }

    pub(crate) fn save(&self, to: &mut Writer) {
        self.named.save(to);
    }

    pub(crate) fn load(from: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self { named: Labels::load(from)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_without_a_name_is_always_there() {
        let mut namespaces = Namespaces::default();
        assert_eq!((namespaces.number(""), namespaces.number("a")), (Some(0), None));
        assert_eq!((namespaces.intern("a"), namespaces.intern(""), namespaces.intern("a")), (1, 0, 1));
        assert_eq!((namespaces.name(0), namespaces.name(1)), ("", "a"));
        assert_eq!(namespaces.scope(Some("a")).ok(), Some(Scope::Of(1)));
        assert_eq!(namespaces.scope(None).ok(), Some(Scope::All));
        assert!(
            matches!(namespaces.scope(Some("b")), Err(Error::UnknownNamespace { namespace }) if namespace == "b")
        );
        assert!(namespaces.check("").is_ok() && namespaces.check(&"x".repeat(257)).is_err());
        let mut to = Writer::new();
        namespaces.save(&mut to);
        let bytes = to.finish();
        let again = Namespaces::load(&mut Reader::new(&bytes, "namespaces")).expect("our own bytes");
        assert_eq!(again.names().collect::<Vec<_>>(), ["", "a"]);
    }
}
