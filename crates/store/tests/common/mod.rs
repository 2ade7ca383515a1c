//! A directory that remembers every operation, and shows what a crash can leave of it.
#![allow(dead_code, reason = "each test program uses its part")]

mod crash;
mod recorder;

#[allow(unused_imports, reason = "each test program uses its part")]
pub(crate) use crash::{Crash, Depth};
#[allow(unused_imports, reason = "each test program uses its part")]
pub(crate) use recorder::{Fault, Files, Op, Recorder};

use attractor_store::Error;
use attractor_store::ledger::{Change, Ledger, NewFile, Recovered};
use attractor_store::storage::{Ram, Storage};

/// The owner in all these tests.
pub(crate) const FORMAT: &str = "ledger test";

/// What a store shows: the content of its files and its events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct State {
    pub(crate) files: Vec<Vec<u8>>,
    pub(crate) events: Vec<Vec<u8>>,
}

impl State {
    /// Of what was found; checksums are verified.
    pub(crate) fn of(found: &Recovered) -> Result<Self, Error> {
        let mut files = Vec::new();
        for file in &found.files {
            match &file.content {
                Ok(content) => {
                    file.entry.verify(content)?;
                    files.push(content.to_vec());
                }
                Err(error) => {
                    let place = format!("{}: {error}", file.entry.name);
                    return Err(Error::Damaged { place, at: 0, fault: "no content" });
                }
            }
        }
        Ok(Self { files, events: found.events.iter().map(<[u8]>::to_vec).collect() })
    }

    /// As a reader sees it.
    pub(crate) fn read(storage: &dyn Storage) -> Result<Self, Error> {
        Self::of(&Ledger::read(storage, FORMAT, 1)?)
    }
}

/// A change that adds files with these contents.
pub(crate) fn adding(contents: &[&[u8]]) -> Change {
    let add = contents.iter().map(|bytes| {
        // In parts, one of them empty.
        let (head, tail) = bytes.split_at(bytes.len() / 2);
        NewFile { role: "numbers".to_owned(), parts: vec![head.to_vec(), Vec::new(), tail.to_vec()] }
    });
    Change { add: add.collect(), drop: Vec::new() }
}

/// A directory with these files.
pub(crate) fn ram(files: &Files) -> Ram {
    let ram = Ram::new();
    for (name, content) in files {
        ram.create(name).unwrap().write(content).unwrap();
    }
    ram
}

/// What is in a directory now.
pub(crate) fn contents(storage: &dyn Storage) -> Files {
    storage.list().unwrap().into_iter().map(|name| (name.clone(), storage.read(&name).unwrap())).collect()
}
