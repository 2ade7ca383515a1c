//! What a file needs to know, and to give back, beyond the public face.

use super::Memory;

impl Memory {
    /// The id that the next pattern gets.
    pub(crate) fn next_id(&self) -> u64 {
        self.next_id
    }

    /// Gives the stored patterns these ids: as many as there are rows, ascending, and below `next_id`.
    pub(crate) fn rename(&mut self, ids: Vec<u64>, next_id: u64) {
        debug_assert_eq!(ids.len(), self.ids.len());
        self.ids = ids;
        self.next_id = next_id;
    }
}
