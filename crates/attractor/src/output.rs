//! Where results, progress and errors go: results on standard output, the rest on standard error.

use std::fmt;
use std::io::{ErrorKind, Write};

use attractor_data::Error as Data;
use attractor_kernel::LevelError;
use attractor_learn::Error as Learn;
use attractor_memory::Error as Memory;
#[cfg(feature = "network")]
use attractor_nets::Error as Nets;
use attractor_store::Error as Store;
use serde::Serialize;

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

    /// A line for people; not written where machines read.
    pub(crate) fn line(&self, text: impl fmt::Display) -> anyhow::Result<()> {
        if self.json { Ok(()) } else { write_line(format_args!("{text}")) }
    }

    /// A line for machines; not written where people read.
    pub(crate) fn object(&self, object: &impl Serialize) -> anyhow::Result<()> {
        if self.json { write_line(format_args!("{}", serde_json::to_string(object)?)) } else { Ok(()) }
    }
}

/// One line on what went wrong and where, and one on what to do.
pub(crate) fn complain(error: &anyhow::Error) {
    let mut causes: Vec<String> = Vec::new();
    for cause in error.chain().map(said) {
        // Some errors say their cause themselves.
        if !causes.last().is_some_and(|last| last.ends_with(&cause)) {
            causes.push(cause);
        }
    }
    eprintln!("error: {}", causes.join(": ").replace('\n', " "));
    if let Some(hint) = error.chain().find_map(hint) {
        eprintln!("hint: {hint}");
    }
}

/// A reader that has seen enough ends the program quietly.
fn write_line(line: fmt::Arguments<'_>) -> anyhow::Result<()> {
    match writeln!(std::io::stdout().lock(), "{line}") {
        Err(reason) if reason.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        other => Ok(other?),
    }
}

/// What the command line itself refuses, with what to do about it.
#[derive(Debug)]
pub(crate) struct Refusal {
    what: String,
    hint: String,
}

impl Refusal {
    pub(crate) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Refusal {}

/// The text of one error of a chain, without the hint that it may carry.
fn said(error: &(dyn std::error::Error + 'static)) -> String {
    match error.downcast_ref() {
        Some(Data::Missing { path, what, .. }) => format!("{}: {what}", path.display()),
        _ => error.to_string(),
    }
}

/// What to do about an error.
fn hint(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    if let Some(refusal) = error.downcast_ref::<Refusal>() {
        return Some(refusal.hint.clone());
    }
    if let Some(Data::Missing { hint, .. }) = error.downcast_ref() {
        return Some(hint.clone());
    }
    #[cfg(feature = "network")]
    if let Some(error) = error.downcast_ref() {
        return of_nets(error).map(str::to_owned);
    }
    let learn = match (error.downcast_ref::<Learn>(), error.downcast_ref::<Store>()) {
        (Some(error), _) => of_learn(error),
        (_, Some(error)) => of_store(error),
        _ => None,
    };
    if let Some(hint) = learn {
        return Some(hint.to_owned());
    }
    let hint = match (error.downcast_ref::<Memory>(), error.downcast_ref::<Data>()) {
        (Some(error), _) => of_memory(error)?,
        (_, Some(error)) => of_data(error)?,
        _ if error.is::<LevelError>() => "unset the variable to use the best level that this machine has",
        _ => return None,
    };
    Some(hint.to_owned())
}

#[cfg(feature = "network")]
fn of_nets(error: &Nets) -> Option<&'static str> {
    Some(match error {
        Nets::Diverged { .. } => "lower rate in [training], or give clip",
        Nets::Parameter { .. } | Nets::Options { .. } | Nets::Heads { .. } | Nets::Energy(_) => {
            "change it in the configuration; docs/train.md has every option"
        }
        Nets::Fold { .. } | Nets::EmptyFold { .. } => {
            "every bag is learned from or measured on, in every fold"
        }
        Nets::Checkpoint { .. } | Nets::Weights { .. } => {
            "use it with the configuration and the program that it was written with, or train without --resume"
        }
        Nets::File { .. } => "check that the file is there, and that a run of `attractor train` wrote it",
        _ => return None,
    })
}

fn of_memory(error: &Memory) -> Option<&'static str> {
    Some(match error {
        Memory::Width { .. } | Memory::Rows { .. } => "`attractor inspect FILE` shows the width of a memory",
        Memory::NotFinite { .. } => "replace or leave out what is no finite number",
        Memory::NotBinary { .. } => {
            "make -1 and +1 of the patterns with --binary THRESHOLD, and give masks a fill that is one of the \
             two, such as mask:lower:0.5:-1"
        }
        Memory::Parameter { name: "beta", .. } => "leave --beta out for one that fits the patterns",
        Memory::Parameter { .. } => "give a value in that range, or leave the option out for its default",
        Memory::Empty => "store patterns first: attractor remember PATH --into FILE",
        Memory::UnknownId { .. } => "`attractor inspect FILE` shows the ids that there are",
        Memory::Clamp { .. } => "components are counted from 0, and a picture row by row",
        Memory::Unsupported { .. } => "`attractor remember --help` says which choices go together",
        Memory::Choice { .. } => "quote names with parentheses for the shell, such as 'entmax(1.5)'",
        Memory::File { .. } => {
            "FILE has to be a memory that `attractor remember PATH --into FILE` wrote, where it may be read \
             and written"
        }
        _ => return None,
    })
}

fn of_learn(error: &Learn) -> Option<&'static str> {
    Some(match error {
        Learn::Width { .. } => "one learner sees observations of one size; `attractor inspect DIR` shows it",
        Learn::NotFinite { .. } => "replace or leave out what is no finite number",
        Learn::Parameter { .. } => "give a value in that range",
        Learn::TooFew { .. } => "learn something first: attractor learn DATA --brain DIR",
        Learn::UnknownLabel { .. } => "`attractor inspect DIR` lists the classes",
        Learn::UnknownNamespace { .. } => "`attractor inspect DIR` lists the namespaces",
        Learn::Recipe { .. } => "leave out the options that make a learner, or name another directory",
        Learn::Broken { .. } => "run the command again",
        Learn::Store(error) => of_store(error)?,
        Learn::Memory(error) => of_memory(error)?,
        _ => return None,
    })
}

fn of_store(error: &Store) -> Option<&'static str> {
    Some(match error {
        Store::Io { .. } => "check that the directory is there, may be read and written, and has room",
        Store::Damaged { .. } => {
            "keep a copy of the directory; what is not damaged can be learned again into another one"
        }
        Store::Newer { .. } => "update this program, or learn into another directory",
        Store::Locked { .. } => "wait for it, or end it; predict, recall and inspect work meanwhile",
        Store::Owner { .. } => "name the directory of a learner",
        Store::Poisoned { .. } => "check the disk, then run the command again",
        Store::UnknownId { .. } => {
            "`attractor predict DIR DATA` names episodes; some give way as others come"
        }
        Store::Bound { place, .. } if place.ends_with("disk") => {
            "give more bytes with --disk to a new learner, or let this one sleep and forget"
        }
        Store::Bound { .. } => "give more bytes with --memory",
        Store::Memory(error) => of_memory(error)?,
        _ => return None,
    })
}

fn of_data(error: &Data) -> Option<&'static str> {
    Some(match error {
        Data::Io { .. } => "check that it is there, and that you may read or write it",
        Data::Malformed { .. } => {
            "give a folder of PNG pictures, or a PNG, npy, npz, CSV or IDX file that is whole"
        }
        Data::PictureSize { .. } => "bring the pictures to one size, or remember them into several files",
        Data::Count { .. } => "a memory holds patterns of one size",
        Data::NotFinite { .. } => "replace or leave out what is no finite number",
        Data::NotBinary { .. } => "flip patterns of -1 and +1 only: remember them with --binary THRESHOLD",
        Data::Parameter { .. } => "give a value in that range",
        Data::Choice { .. } => "write it as in the list",
        Data::Download { .. } => {
            "check the network, or set ATTRACTOR_DATA to a folder that has the files already"
        }
        Data::Checksum { .. } => "try again later, or bring the files from elsewhere and set ATTRACTOR_DATA",
        _ => return None,
    })
}
