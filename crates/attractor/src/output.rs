//! Where results, progress and errors go: results on standard output, the rest on standard error.

/// How to speak to whoever called.
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether results are JSON lines.
    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// One line on what went wrong and where.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        eprintln!("error: {error:#}");
    }
}
