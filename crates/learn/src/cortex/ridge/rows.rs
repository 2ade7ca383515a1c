//! Examples that are not in the normal equations yet.

use attractor_store::wire::{Reader, Writer};

use crate::Error;
use crate::cortex::check;

/// The slot of an example whose class was forgotten: features that no class claims.
pub(super) const NOBODY: u32 = u32::MAX;

/// Examples, each a row of the constant 1 and the features.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Entries of a row.
    pub(super) order: usize,
    pub(super) values: Vec<f32>,
    /// The slot of each example's class.
    pub(super) slots: Vec<u32>,
    /// Below 0 for an example that is taken back.
    pub(super) weights: Vec<f32>,
}

impl Rows {
    pub(super) fn new(order: usize) -> Self {
        Self { order, ..Self::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn push(&mut self, features: &[f32], slot: usize, weight: f32) {
        self.values.push(1.0);
        self.values.extend_from_slice(features);
        self.slots.push(slot as u32);
        self.weights.push(weight);
    }

    /// Removes the last example that is exactly this one; whether there was one.
    pub(super) fn remove(&mut self, features: &[f32], slot: usize, weight: f32) -> bool {
        let same = |row: usize| {
            let values = &self.values[row * self.order + 1..(row + 1) * self.order];
            self.slots[row] == slot as u32 && self.weights[row] == weight && values == features
        };
        let Some(row) = (0..self.len()).rev().find(|&row| same(row)) else { return false };
        self.values.drain(row * self.order..(row + 1) * self.order);
        self.slots.remove(row);
        self.weights.remove(row);
        true
    }

    /// No example belongs to `slot` any more.
    pub(super) fn disown(&mut self, slot: usize) {
        self.slots.iter_mut().filter(|own| **own == slot as u32).for_each(|own| *own = NOBODY);
    }

    pub(super) fn clear(&mut self) {
        self.values.clear();
        self.slots.clear();
        self.weights.clear();
    }

    /// Gives back what room is left over beyond `rows` examples.
    pub(super) fn shrink(&mut self, rows: usize) {
        self.values.shrink_to(rows * self.order);
        self.slots.shrink_to(rows);
        self.weights.shrink_to(rows);
    }

    /// Features, slot and weight of every example, the constant first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[f32], u32, f32)> {
        let rows = self.values.chunks_exact(self.order);
        rows.zip(&self.slots).zip(&self.weights).map(|((row, &slot), &weight)| (row, slot, weight))
    }

    pub(super) fn bytes(&self) -> usize {
        4 * (self.values.capacity() + self.slots.capacity() + self.weights.capacity())
    }

    pub(super) fn save(&self, to: &mut Writer) {
        to.u32s(&self.slots);
        to.f32s(&self.weights);
        to.f32s(&self.values);
    }

    /// At most `most` rows, whose classes are among `classes` slots.
    pub(super) fn load(
        from: &mut Reader<'_>,
        order: usize,
        classes: usize,
        most: usize,
    ) -> Result<Self, Error> {
        let slots = from.u32s()?;
        if slots.len() > most || slots.iter().any(|&slot| slot != NOBODY && slot as usize >= classes) {
            return Err(from.fault("a buffer of examples that no regression has").into());
        }
        let weights = check::f32s(from, slots.len())?;
        let values = check::f32s(from, slots.len() * order)?;
        Ok(Self { order, values, slots, weights })
    }
}
