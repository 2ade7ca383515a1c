//! A folder in which the command line runs, and what is expected of every run.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "part of every test, which may fail by panic, and used by each in part"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use attractor_data::{Shape, png};
use serde_json::Value;
use tempfile::TempDir;

/// A folder of its own, in which commands run.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs `attractor` with the words of `line`.
    pub fn run(&self, line: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_attractor"))
            .args(line.split_whitespace())
            .current_dir(self.0.path())
            .env("ATTRACTOR_DATA", self.path("no-data"))
            .output()
            .unwrap()
    }

    /// Runs a line that has to succeed; returns what it printed.
    pub fn ok(&self, line: &str) -> String {
        let done = self.run(line);
        let errors = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{line}: {errors}");
        String::from_utf8(done.stdout).unwrap()
    }

    /// The JSON lines of a line that has to succeed.
    pub fn json(&self, line: &str) -> Vec<Value> {
        let printed = self.ok(&format!("{line} --json"));
        let objects: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(!objects.is_empty() && objects.iter().all(|object| object["schema"] == 1), "{printed}");
        objects
    }

    /// Runs a line that has to fail as a user's mistake does: code 2, one line with `words`, one hint, nothing
    /// printed, and every file as it was.
    pub fn refused(&self, line: &str, words: &[&str]) {
        let before = files(self.0.path());
        let done = self.run(line);
        let errors = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(2), "{line}: {errors}");
        assert!(done.stdout.is_empty(), "{line}");
        let lines: Vec<&str> = errors.lines().collect();
        assert_eq!(lines.len(), 2, "{line}: {errors}");
        assert!(lines[0].starts_with("error: ") && lines[1].starts_with("hint: "), "{line}: {errors}");
        for word in words {
            assert!(lines[0].contains(word), "{line}: {errors} lacks {word}");
        }
        assert!(before == files(self.0.path()), "{line} changed a file");
    }

    /// The characters in `glyphs.attractor`.
    pub fn glyphs(&self) {
        self.ok("remember glyphs --into glyphs.attractor");
    }

    /// A folder of three pictures of 4x6.
    pub fn pictures(&self, folder: &str) {
        std::fs::create_dir(self.path(folder)).unwrap();
        for (name, seed) in [("ant", 3), ("bee", 5), ("cat", 7)] {
            let pixels: Vec<f32> = (0..24).map(|i| ((i * i * seed + i) % 256) as f32).collect();
            let path = self.path(folder).join(format!("{name}.png"));
            png::write(&path, ndarray::ArrayView1::from(&pixels), Shape::grey(4, 6), (0.0, 255.0)).unwrap();
        }
    }
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            all.push((path, bytes));
        }
    }
    all.sort();
    all
}
