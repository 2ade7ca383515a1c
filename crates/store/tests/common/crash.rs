//! What a crash can leave.
//!
//! The model is the least that POSIX promises: names are durable after a sync of the directory, content after a
//! sync of the file, and until then any part may be there or not. Of operations on names not synced yet, any
//! subset may have happened; of writes, none, all, all but one (a hole of zeros), or the last one up to any byte,
//! with nothing or with zeros in the place of the rest.

use std::collections::BTreeMap;

use super::recorder::{Files, Op, Recorder};

/// A directory as it may look after a crash, and how that came about.
#[derive(Debug, Clone)]
pub(crate) struct Crash {
    pub(crate) files: Files,
    pub(crate) story: String,
}

/// How many of the possible directories are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Also those with the last write torn at each of its bytes.
    EveryByte,
    /// Whole writes only.
    Writes,
}

/// A file: what is durable, and the writes that are not.
#[derive(Debug, Clone, Default)]
struct File {
    durable: Vec<u8>,
    pending: Vec<Vec<u8>>,
}

impl File {
    fn with(&self, mut keep: impl FnMut(usize) -> Kept) -> Vec<u8> {
        let mut content = self.durable.clone();
        let mut offset = content.len();
        for (index, write) in self.pending.iter().enumerate() {
            match keep(index) {
                Kept::All => {
                    content.resize(offset, 0);
                    content.extend_from_slice(write);
                }
                Kept::Nothing => {}
                Kept::Start(bytes) => {
                    content.resize(offset, 0);
                    content.extend_from_slice(&write[..bytes]);
                }
                Kept::StartAndZeros(bytes) => {
                    content.resize(offset, 0);
                    content.extend_from_slice(&write[..bytes]);
                    content.resize(offset + write.len(), 0);
                }
            }
            offset += write.len();
        }
        content
    }
}

#[derive(Debug, Clone, Copy)]
enum Kept {
    All,
    Nothing,
    Start(usize),
    StartAndZeros(usize),
}

impl Recorder {
    /// What a crash after the first `prefix` operations can leave.
    pub(crate) fn crashes(&self, prefix: usize, depth: Depth) -> Vec<Crash> {
        let inner = self.hold();
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        let mut files: Vec<File> = Vec::new();
        for (name, content) in &inner.before {
            names.insert(name.clone(), files.len());
            files.push(File { durable: content.clone(), pending: Vec::new() });
        }
        let ops = &inner.ops[..prefix];
        let mut pending: Vec<&Op> = Vec::new();
        for op in ops {
            match op {
                Op::Create { .. } | Op::Rename { .. } | Op::Remove { .. } => pending.push(op),
                Op::SyncDirectory => pending.drain(..).for_each(|op| apply(op, &mut names)),
                Op::Write { file, bytes } => files[*file].pending.push(bytes.clone()),
                Op::Cut { file, at } => {
                    let mut content = files[*file].with(|_| Kept::All);
                    content.truncate(*at);
                    files[*file] = File { durable: content, pending: Vec::new() };
                }
                Op::SyncFile { file } => {
                    let durable = files[*file].with(|_| Kept::All);
                    files[*file] = File { durable, pending: Vec::new() };
                }
            }
            if let Op::Create { file, .. } = op {
                assert_eq!(*file, files.len());
                files.push(File::default());
            }
        }
        let contents = data(&files, ops.last(), depth);
        let mut crashes = Vec::new();
        for subset in subsets(pending.len()) {
            let mut names = names.clone();
            (0..pending.len()).filter(|i| subset >> i & 1 == 1).for_each(|i| apply(pending[i], &mut names));
            for (story, contents) in &contents {
                let files =
                    names.iter().map(|(name, file)| (name.clone(), contents[*file].clone())).collect();
                let story = format!("after {prefix} operations, names {subset:#b} of {pending:?}, {story}");
                crashes.push(Crash { files, story });
            }
        }
        crashes
    }
}

/// All subsets of a few; of many, all, none, each beginning, and all but each one.
fn subsets(count: usize) -> Vec<u64> {
    let all = (1_u64 << count) - 1;
    if count <= 4 {
        return (0..=all).collect();
    }
    let mut subsets: Vec<u64> =
        (0..=count).map(|i| (1 << i) - 1).chain((0..count).map(|i| all & !(1 << i))).collect();
    subsets.sort_unstable();
    subsets.dedup();
    subsets
}

fn apply(op: &Op, names: &mut BTreeMap<String, usize>) {
    match op {
        Op::Create { name, file } => _ = names.insert(name.clone(), *file),
        Op::Rename { from, to, file } => {
            names.remove(from);
            names.insert(to.clone(), *file);
        }
        Op::Remove { name } => _ = names.remove(name),
        _ => {}
    }
}

/// The contents of all files as they may be.
fn data(files: &[File], last: Option<&Op>, depth: Depth) -> Vec<(String, Vec<Vec<u8>>)> {
    let whole = |kept: Kept| -> Vec<Vec<u8>> { files.iter().map(|file| file.with(|_| kept)).collect() };
    let mut found = vec![("all writes".to_owned(), whole(Kept::All))];
    if files.iter().any(|file| !file.pending.is_empty()) {
        found.push(("no unsynced write".to_owned(), whole(Kept::Nothing)));
    }
    for (number, file) in files.iter().enumerate() {
        let count = file.pending.len();
        let mut add = |story: String, kept: &dyn Fn(usize) -> Kept| {
            let mut contents = whole(Kept::All);
            contents[number] = file.with(kept);
            found.push((story, contents));
        };
        for missing in 0..count.saturating_sub(1) {
            let kept = |i| if i == missing { Kept::Nothing } else { Kept::All };
            add(format!("without unsynced write {missing} of {count} to file {number}"), &kept);
        }
        let Some(Op::Write { file: written, bytes }) = last else { continue };
        if *written == number && depth == Depth::EveryByte {
            for cut in 0..bytes.len() {
                let torn = |i| if i + 1 == count { Kept::Start(cut) } else { Kept::All };
                add(format!("the last write torn at {cut}"), &torn);
                let zeros = |i| if i + 1 == count { Kept::StartAndZeros(cut) } else { Kept::All };
                add(format!("the last write zero from {cut}"), &zeros);
            }
        }
    }
    found
}
