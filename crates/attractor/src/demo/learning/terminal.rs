//! What was learned, in a terminal.

use std::io::Write;

use attractor_data::Shape;
use attractor_learn::System;
use ndarray::ArrayView1;

use super::forgetful::ABOUT;
use super::kill::Killed;
use super::questions::{Completed, Explained, Questions, Remembered, Strangeness};
use super::results::{Learned, Learning, Slept};
use crate::picture::draw;

/// Characters of a full bar.
const BAR: f64 = 24.0;

/// Tells the second half; its first section has the number `number`.
pub(crate) fn tell(learning: &Learning, mut number: usize, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(
        out,
        "{number}. Learning. A learner joins such a memory, which keeps what it saw once, with a slow system that\n   \
         knows what is common to it. Below, a few classes come at a time and never again, and every example is\n   \
         shown once. The same stream goes to {ABOUT},\n   \
         trained by gradient descent on what comes. Both are asked about all classes so far, none ruled out.\n"
    )?;
    for learned in &learning.learned {
        number += 1;
        writeln!(out, "{number}. {}. {}\n", learned.lesson.title, learned.lesson.about)?;
        course(learned, out)?;
        if let Some(killed) = &learned.killed {
            kill(killed, out)?;
        }
        sleep(&learned.slept, out)?;
        if let Some(questions) = &learned.questions {
            ask(questions, learned.lesson.shape, out)?;
        }
        writeln!(out)?;
    }
    match &learning.missing {
        Some(hint) => writeln!(out, "{}. Digits would be learned too: {hint}.\n", number + 1),
        None => Ok(()),
    }
}

fn course(learned: &Learned, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "   {:>7}{:>7}{:>10}{:>9}", "classes", "looks", "learner", "naive")?;
    for point in &learned.course.points {
        let bar = |share: f64, mark: &str| mark.repeat((share * BAR).round() as usize);
        writeln!(
            out,
            "   {:>7}{:>7}{:>10}{:>9}  {:<24} {}",
            point.classes,
            point.looks,
            percent(point.learner),
            percent(point.naive),
            bar(point.learner, "█"),
            bar(point.naive, "░"),
        )?;
    }
    writeln!(
        out,
        "   The naive network after the same examples in mixed order: {}.",
        percent(learned.course.mixed)
    )
}

fn kill(killed: &Killed, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(
        out,
        "   Killed: another process learned the same, had said so of {} looks, and was killed without warning.\n   \
         Its directory knew {} of them. It went on to {} looks, and then {} of {} answers were those of the\n   \
         learner that nobody killed, to the last bit.",
        killed.acknowledged, killed.found, killed.looks, killed.same, killed.asked
    )
}

fn sleep(slept: &Slept, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "   Slept: {}.", slumber(slept))
}

/// What a sleep did, in a sentence.
pub(super) fn slumber(slept: &Slept) -> String {
    let slumber = &slept.slumber;
    let loss = match (slumber.before, slumber.after) {
        (Some(before), Some(after)) => {
            format!("log-loss on episodes that are never replayed {before:.4} before, {after:.4} after")
        }
        _ => "no episode was kept out to measure on".to_owned(),
    };
    format!(
        "{} replays, learned from {}; {loss}; {} episodes let go, {} kept; accuracy then {}",
        slumber.updates,
        slumber.learned,
        slumber.pruned,
        slept.episodes,
        percent(slept.accuracy)
    )
}

fn ask(questions: &Questions, shape: Shape, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(
        out,
        "\n   Asked: {}\n   The picture, and the episodes that lead:\n",
        explained(&questions.known)
    )?;
    pictures(&questions.known.picture, &questions.known.episodes, shape, out)?;
    if let Some(strange) = &questions.strange {
        writeln!(out, "\n   Asked about the unknown: {}\n", explained(&strange.stranger))?;
        pictures(&strange.stranger.picture, &strange.stranger.episodes, shape, out)?;
        writeln!(out, "\n   {}", strangeness(questions, strange))?;
    }
    let Completed { whole, cue, completion, .. } = &questions.completed;
    writeln!(
        out,
        "\n   Completed: {} The cue, what came back, and the whole:\n",
        completed(&questions.completed)
    )?;
    beside(&[cue, &completion.pattern, whole], shape, out)
}

/// An answer in a sentence.
pub(super) fn explained(explained: &Explained) -> String {
    let answer = &explained.answer;
    let truth = match &explained.truth {
        Some(truth) => format!("a new picture of {truth}"),
        None => "a picture of a class that was never shown".to_owned(),
    };
    let none = || "nothing".to_owned();
    let system = match answer.system {
        System::Fast => "fast",
        System::Slow => "slow",
    };
    format!(
        "{truth} is called {}, confidence {:.2}, mostly by the {system} system (fast alone: {}, slow alone: {}); \
         novelty rank {:.2}.",
        answer.label.clone().unwrap_or_else(none),
        answer.confidence,
        answer.fast.clone().unwrap_or_else(none),
        answer.slow.clone().unwrap_or_else(none),
        answer.novelty.rank
    )
}

/// How known and unknown compare, in a sentence.
pub(super) fn strangeness(questions: &Questions, strange: &Strangeness) -> String {
    format!(
        "Novelty rank (0 familiar, 1 stranger than all that was familiar): {:.2} for the known, {:.2} for the \
         unknown. Of {} known and {} unknown pictures, the unknown of a pair is the more novel one in {} of all pairs.",
        questions.known.answer.novelty.rank,
        strange.stranger.answer.novelty.rank,
        strange.known,
        strange.unknown,
        percent(strange.auroc)
    )
}

/// A completion in a sentence.
pub(super) fn completed(completed: &Completed) -> String {
    format!(
        "the lower half of a picture of {} was hidden, and {} of its {} pixels came back with the right sign.",
        completed.truth, completed.right, completed.hidden
    )
}

fn pictures(
    asked: &[f32],
    episodes: &[Remembered],
    shape: Shape,
    out: &mut impl Write,
) -> std::io::Result<()> {
    let all: Vec<&[f32]> =
        std::iter::once(asked).chain(episodes.iter().map(|e| e.picture.as_slice())).collect();
    beside(&all, shape, out)?;
    let named = episodes.iter().map(caption);
    writeln!(out, "   {}", named.collect::<Vec<_>>().join(", "))
}

/// An episode in few words.
pub(super) fn caption(remembered: &Remembered) -> String {
    let evidence = &remembered.evidence;
    let label = evidence.label.as_deref().unwrap_or("?");
    format!("#{} {label} weight {:.2}", evidence.id, evidence.weight)
}

fn beside(pictures: &[&[f32]], shape: Shape, out: &mut impl Write) -> std::io::Result<()> {
    let drawn: Vec<Vec<String>> =
        pictures.iter().filter_map(|pixels| draw(ArrayView1::from(*pixels), shape, (-1.0, 1.0))).collect();
    for line in 0..drawn.first().map_or(0, Vec::len) {
        let cells: Vec<&str> = drawn.iter().map(|picture| picture[line].as_str()).collect();
        writeln!(out, "   {}", cells.join("   ").trim_end())?;
    }
    Ok(())
}

/// A share in per cent.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}
