//! What the demo shows: which memory remembers how many characters, and how recall looks from within.

pub(crate) mod count;
pub(crate) mod damage;
pub(crate) mod kind;
pub(crate) mod store;
