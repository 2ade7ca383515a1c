//! A process that learns and is killed half way, and what its directory still knows.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context;
use attractor_learn::{Learner, Reader};

use super::characters::characters;
use super::course::labels;
use super::lesson::Lesson;

/// Names the directory in which a process of its own learns; set by [`kill`] alone.
const DIRECTORY: &str = "ATTRACTOR_DEMO_LEARNS_IN";

/// What a kill left.
pub(crate) struct Killed {
    /// Looks that the learner had said it took when it was killed.
    pub(crate) acknowledged: u64,
    /// Looks that the directory knew when it was opened again.
    pub(crate) found: u64,
    /// Looks after which answers were compared.
    pub(crate) looks: u64,
    /// Test examples, and those that were answered to the last bit as by a learner that nobody killed.
    pub(crate) asked: usize,
    pub(crate) same: usize,
}

/// The directory in which this process shall learn and be killed, if that is what it was started for.
pub(crate) fn is_child() -> Option<OsString> {
    std::env::var_os(DIRECTORY)
}

/// Learns the first half of the letters, says so after every look, and waits for its end.
pub(crate) fn live(directory: &Path, seed: u64) -> anyhow::Result<()> {
    let lesson = characters(seed)?;
    let mut learner = open(&lesson, directory, seed)?;
    let names = labels(&lesson, &lesson.stream);
    let mut out = std::io::stdout().lock();
    let rows = lesson.stream.patterns.rows();
    for (row, (pattern, name)) in rows.into_iter().zip(names).take(half(&lesson)).enumerate() {
        learner.observe(&pattern.to_vec(), name)?;
        writeln!(out, "{}", row + 1)?;
        out.flush()?;
    }
    // Ends by itself only when the one who should kill it is gone.
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Lets another process learn half of the letters in `directory`, kills it, opens the directory, learns the rest,
/// and compares with `unharmed`, which has seen the same letters.
pub(super) fn kill(
    lesson: &Lesson,
    directory: &Path,
    unharmed: &Reader,
    seed: u64,
) -> anyhow::Result<Killed> {
    let program = std::env::current_exe().context("this program cannot find itself")?;
    let mut child = Command::new(program)
        .args(["demo", "--seed", &seed.to_string()])
        .env(DIRECTORY, directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("a second process cannot be started")?;
    let mut acknowledged = 0;
    let said = child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines());
    for line in said {
        acknowledged = line?.parse().context("the second process speaks of something else")?;
        if acknowledged >= half(lesson) as u64 {
            break;
        }
    }
    // SIGKILL where there are signals: no handler runs, nothing is closed.
    child.kill().context("the second process cannot be killed")?;
    child.wait()?;
    anyhow::ensure!(
        acknowledged >= half(lesson) as u64,
        "the second process ended by itself after {acknowledged} looks"
    );
    let mut learner = open(lesson, directory, seed)?;
    let found = learner.stats().observations;
    let rest: Vec<usize> = (found as usize..lesson.stream.len()).collect();
    let rest = lesson.stream.rows(&rest);
    learner.observe_many(rest.patterns.view(), &labels(lesson, &rest))?;
    let reader = learner.reader();
    let mut same = 0;
    for pattern in lesson.test.patterns.rows() {
        let pattern = pattern.to_vec();
        same += usize::from(reader.predict(&pattern)? == unharmed.predict(&pattern)?);
    }
    let (looks, asked) = (learner.stats().observations, lesson.test.len());
    Ok(Killed { acknowledged, found, looks, asked, same })
}

/// The learner of a lesson.
pub(super) fn open(lesson: &Lesson, directory: &Path, seed: u64) -> anyhow::Result<Learner> {
    Ok(Learner::builder().shape(lesson.shape).seed(seed).open(directory)?)
}

fn half(lesson: &Lesson) -> usize {
    lesson.stream.len() / 2
}
