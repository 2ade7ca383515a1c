//! The demo for machines: one JSON object per line.

use serde_json::{Value, json};

use super::learning;
use super::results::{Cell, Ending, Results, Show};

/// A line per cell of the tables (`"line": "count"`) and per watched recall (`"line": "trace"`), and
/// those of the learners.
pub(crate) fn lines(results: &Results, seed: u64) -> Vec<Value> {
    let glyphs = results.table.iter().chain(&results.capacity).map(|cell| count("glyphs", cell, seed));
    let shows = std::iter::once(&results.few).chain(&results.shows).map(|show| trace(show, seed));
    let digits = results.digits.iter().flat_map(|d| &d.cells).map(|cell| count("mnist", cell, seed));
    glyphs.chain(shows).chain(digits).chain(learning::lines(&results.learning, seed)).collect()
}

fn count(set: &str, cell: &Cell, seed: u64) -> Value {
    json!({
        "schema": 1,
        "line": "count",
        "set": set,
        "kind": cell.answer.name(),
        "stored": cell.stored,
        "damage": cell.damage.name(),
        "recalled": cell.count.recalled,
        "exact": cell.count.exact,
        "seed": seed,
    })
}

fn trace(show: &Show, seed: u64) -> Value {
    let ending = match &show.ending {
        Ending::Recalled => "recalled",
        Ending::Other(_) => "other",
        Ending::Spurious => "spurious",
    };
    json!({
        "schema": 1,
        "line": "trace",
        "set": "glyphs",
        "kind": show.kind.name(),
        "stored": show.stored,
        "asked": show.asked,
        "energies": show.trace.energies,
        "ending": ending,
        "seed": seed,
    })
}
