//! The progress bar of long work, on standard error; nothing is drawn when that is no terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar of 1000 steps that says what is being done.
pub(crate) fn bar(doing: &str) -> ProgressBar {
    let bar = ProgressBar::new(1000).with_message(doing.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{elapsed_precise} [{bar:32}] {percent:>3} %  {msg}") {
        bar.set_style(style);
    }
    bar
}
