//! What a run found, as a page.

use std::fmt::Write as _;

use attractor_lab::page::{document, escape};

use super::Results;
use crate::training::page::{fitted, validated};

/// One HTML file that asks for nothing else.
pub(super) fn page(results: &Results) -> String {
    let data = results.config.data.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (rows, classes) = (results.rows, results.classes.len());
    let mut body = format!("<p class=\"id\">{rows} rows of {}, {classes} classes</p>\n", escape(&data));
    if let Some(accuracy) = &results.accuracy {
        let members = results.config.cross_validation.as_ref().map_or(1, |cv| cv.members);
        body.push_str(&validated("accuracy %", accuracy, members));
    }
    let _ =
        writeln!(body, "<p>{:.1} % of the rows are of the commonest class.</p>", 100.0 * results.majority);
    body.push_str(&fitted(&results.history, ["training rows", "held rows"], "accuracy"));
    let _ = writeln!(body, "<footer>{:.1} s, seed {}</footer>", results.seconds, results.config.seed);
    document(&format!("Training on {data}"), &body)
}
