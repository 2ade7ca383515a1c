//! Data sets, splits, streams and seeded damage, as arrays and as iterators of samples.
//!
//! **What.** [`open`] turns a path into a [`Set`]: PNG folders, npy and npz, IDX (plain and gzipped), CSV.
//! [`mnist`] finds the handwritten digits, [`fetch`] downloads them; [`glyphs`] and [`table`] need no file at all.
//! [`bags`] reads multiple-instance sets, [`uci`] small tables, both with the folds that were published with them;
//! [`toy`] draws the sets that were published as a seed.
//! [`Corruption`] makes cues from patterns, [`holdout`], [`k_fold`], [`stratified_k_fold`] and [`prequential`] say what
//! is learned and what is measured, [`stream`] is where every random draw of the engine comes from.
//!
//! **When.** For sets that fit into memory: patterns are `f32`, 4 bytes per component, 188 MB for the 60,000 training
//! digits of MNIST.
//!
//! **When not.** For data larger than memory, for columns of text or time, for missing values: a cell that is no finite
//! number is an error, never a guess.
//!
//! **Cost.** A file is read whole, parsed once and converted once: while it is parsed, its bytes, its decoded numbers
//! and the patterns exist side by side. What a header announces is not allocated before the bytes are there.
//! Wrong bytes of any kind give an [`Error`] that names the file and the fault, never a panic.
//!
//! Features, both on by default: `fetch` (downloads; brings an HTTP and TLS client), `tables` (brings the embedded
//! tables of `linfa-datasets`).
//!
//! ```
//! use attractor_data::{Corruption, glyphs, stream};
//!
//! let glyphs = glyphs();
//! let damage: Corruption = "flip:0.1".parse()?;
//! let damaged = damage.apply(glyphs.patterns(), glyphs.shape(), &mut stream(1, "damage"))?;
//! for (sample, cue) in glyphs.samples().zip(damaged.cues.outer_iter()) {
//!     let wrong = sample.pattern.iter().zip(cue).filter(|(stored, shown)| stored != shown).count();
//!     assert_eq!(wrong, 6);
//! }
//! # Ok::<(), attractor_data::Error>(())
//! ```

mod array;
pub mod bags;
mod bytes;
pub mod catalogue;
mod corrupt;
pub mod csv;
mod error;
#[cfg(feature = "fetch")]
mod fetch;
mod glyphs;
pub mod idx;
pub mod mersenne;
mod mnist;
pub mod npy;
pub mod npz;
mod open;
pub mod png;
mod rows;
pub mod scenario;
mod seed;
mod set;
mod shape;
mod split;
mod strata;
#[cfg(feature = "tables")]
mod tables;
pub mod toy;
pub mod uci;

pub use array::{Array, Values};
pub use bags::{Bag, Bags};
pub use corrupt::{Corruption, Damaged, Region};
pub use error::{Error, Malformed};
#[cfg(feature = "fetch")]
pub use fetch::{Progress, fetch, fetch_entry};
pub use glyphs::glyphs;
pub use mnist::{Part, mnist, split_set};
pub use open::open;
pub use seed::stream;
pub use set::{Sample, Scale, Set};
pub use shape::Shape;
pub use split::{Split, holdout, k_fold, prequential};
pub use strata::{selection_folds, stratified_k_fold};
#[cfg(feature = "tables")]
pub use tables::{TABLES, table};

/// What the set in a file is called: the name of the file without its endings.
fn name_of(path: &std::path::Path) -> String {
    const ENDINGS: [&str; 8] = [".gz", ".png", ".npy", ".npz", ".csv", ".tsv", ".txt", ".dat"];
    let mut name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let ending = |name: &str| ENDINGS.iter().find_map(|ending| name.strip_suffix(ending).map(str::to_owned));
    while let Some(short) = ending(&name).filter(|short| !short.is_empty()) {
        name = short;
    }
    name
}
