//! Which class numbers were met, and where their columns lie.

use attractor_store::wire::{Reader, Writer};

use super::check::CLASSES;
use crate::Error;

/// Class numbers, which may have gaps, mapped to slots, which have none.
///
/// A slot is taken when its class is first met and stays with it. It is live while examples of the class are held.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Classes {
    slots: Vec<Option<u32>>,
    numbers: Vec<u32>,
    examples: Vec<u64>,
}

impl Classes {
    /// Slots taken, live or not.
    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Class numbers run below this.
    pub(crate) fn bound(&self) -> usize {
        self.slots.len()
    }

    /// The number of the class in `slot`.
    pub(crate) fn number(&self, slot: usize) -> u32 {
        self.numbers[slot]
    }

    /// Slots that hold examples, in the order in which their classes were first met.
    pub(crate) fn live(&self) -> impl Iterator<Item = usize> {
        (0..self.len()).filter(|&slot| self.examples[slot] > 0)
    }

    /// The slot of `class`, where it holds examples.
    pub(crate) fn find(&self, class: u32) -> Option<usize> {
        let slot = (*self.slots.get(class as usize)?)? as usize;
        (self.examples[slot] > 0).then_some(slot)
    }

    /// The slot of `class`, made where it is new, with one example more.
    pub(crate) fn add(&mut self, class: u32) -> usize {
        let at = class as usize;
        if at >= self.slots.len() {
            self.slots.resize(at + 1, None);
        }
        let slot = *self.slots[at].get_or_insert_with(|| {
            self.numbers.push(class);
            self.examples.push(0);
            self.numbers.len() as u32 - 1
        }) as usize;
        self.examples[slot] += 1;
        slot
    }

    /// One example fewer in a live slot; whether it still holds some.
    pub(crate) fn remove(&mut self, slot: usize) -> bool {
        self.examples[slot] -= 1;
        self.examples[slot] > 0
    }

    /// Empties the slot of `class`; which one it was, where it held examples.
    pub(crate) fn forget(&mut self, class: u32) -> Option<usize> {
        let slot = self.find(class)?;
        self.examples[slot] = 0;
        Some(slot)
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Option<u32>>()
            + self.numbers.capacity() * 4
            + self.examples.capacity() * 8
    }

    pub(crate) fn save(&self, to: &mut Writer) {
        to.u32(self.bound() as u32);
        to.u32s(&self.numbers);
        to.u64s(&self.examples);
    }

    pub(crate) fn load(from: &mut Reader<'_>) -> Result<Self, Error> {
        let bound = from.u32()?;
        let numbers = from.u32s()?;
        let examples = from.u64s()?;
        if bound > CLASSES || numbers.len() != examples.len() || examples.iter().any(|&n| n >= 1 << 62) {
            return Err(from.fault("class numbers out of range").into());
        }
        let mut slots = vec![None; bound as usize];
        for (slot, &number) in numbers.iter().enumerate() {
            match slots.get_mut(number as usize) {
                Some(free @ None) => *free = Some(slot as u32),
                _ => return Err(from.fault("a class number twice, or out of range").into()),
            }
        }
        Ok(Self { slots, numbers, examples })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_follow_the_order_of_arrival_and_numbers_may_have_gaps() -> Result<(), Error> {
        let mut classes = Classes::default();
        assert_eq!([7, 2, 7].map(|class| classes.add(class)), [0, 1, 0]);
        assert_eq!((classes.bound(), classes.len(), classes.number(1)), (8, 2, 2));
        assert_eq!((classes.find(7), classes.find(3), classes.find(900)), (Some(0), None, None));
        assert!(classes.remove(0) && !classes.remove(0));
        assert_eq!((classes.find(7), classes.forget(7), classes.forget(2)), (None, None, Some(1)));
        assert_eq!(classes.live().count(), 0);
        assert_eq!(classes.add(7), 0);

        let mut to = Writer::new();
        classes.save(&mut to);
        let bytes = to.finish();
        assert_eq!(Classes::load(&mut Reader::new(&bytes, "classes"))?, classes);
        Ok(())
    }

    #[test]
    fn a_class_that_is_written_twice_is_refused() {
        let mut to = Writer::new();
        to.u32(4);
        to.u32s(&[1, 1]);
        to.u64s(&[1, 1]);
        let bytes = to.finish();
        assert!(Classes::load(&mut Reader::new(&bytes, "classes")).is_err());
    }
}
