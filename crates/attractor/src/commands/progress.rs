//! The progress bar of long work, on standard error; nothing is drawn when that is no terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar of 1000 steps that says what is being done.
pub(crate) fn bar(doing: &str) -> ProgressBar {
    let template = "{elapsed_precise} [{bar:32}] {percent:>3} %  {msg}";
    styled(ProgressBar::new(1000).with_message(doing.to_owned()), template)
}

/// A bar of so many observations, with their rate.
pub(crate) fn observations(all: u64) -> ProgressBar {
    styled(ProgressBar::new(all), "{elapsed_precise} [{bar:32}] {pos}/{len}  {per_sec}  {msg}")
}

/// Observations of which nobody knows how many come, with their rate.
pub(crate) fn spinner() -> ProgressBar {
    styled(ProgressBar::new_spinner(), "{elapsed_precise} {spinner} {pos} observations  {per_sec}")
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
