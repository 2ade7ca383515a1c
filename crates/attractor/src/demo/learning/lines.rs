//! What was learned, for machines: one JSON object per line.

use attractor_learn::{Evidence, Novelty};
use serde_json::{Value, json};

use super::forgetful::NAME;
use super::questions::{Completed, Explained, Questions, Remembered};
use super::results::{Learned, Learning};

/// Lines of the kinds `course`, `mixed`, `kill`, `sleep`, `answer`, `novelty` and `completion`.
pub(crate) fn lines(learning: &Learning, seed: u64) -> Vec<Value> {
    learning.learned.iter().flat_map(|learned| of(learned, seed)).collect()
}

fn of(learned: &Learned, seed: u64) -> Vec<Value> {
    let mut lines = Vec::new();
    let mut line = |kind: &str, fields: Value| {
        let mut line = json!({ "schema": 1, "line": kind, "set": learned.lesson.name, "seed": seed });
        if let (Value::Object(line), Value::Object(fields)) = (&mut line, fields) {
            line.extend(fields);
        }
        lines.push(line);
    };
    for (step, point) in learned.course.points.iter().enumerate() {
        for (learner, accuracy) in [("complementary", point.learner), (NAME, point.naive)] {
            line(
                "course",
                json!({
                    "learner": learner,
                    "step": step + 1,
                    "classes": point.classes,
                    "looks": point.looks,
                    "accuracy": accuracy,
                }),
            );
        }
    }
    line("mixed", json!({ "learner": NAME, "accuracy": learned.course.mixed }));
    if let Some(killed) = &learned.killed {
        line(
            "kill",
            json!({
                "acknowledged": killed.acknowledged,
                "found": killed.found,
                "looks": killed.looks,
                "asked": killed.asked,
                "same": killed.same,
            }),
        );
    }
    let slumber = &learned.slept.slumber;
    line(
        "sleep",
        json!({
            "replays": slumber.updates,
            "learned": slumber.learned,
            "before": slumber.before,
            "after": slumber.after,
            "pruned": slumber.pruned,
            "ended": slumber.ended,
            "episodes": learned.slept.episodes,
            "accuracy": learned.slept.accuracy,
        }),
    );
    if let Some(questions) = &learned.questions {
        answers(questions, &mut line);
    }
    lines
}

fn answers(questions: &Questions, line: &mut impl FnMut(&str, Value)) {
    line("answer", answer(&questions.known));
    if let Some(strange) = &questions.strange {
        line("answer", answer(&strange.stranger));
        line(
            "novelty",
            json!({
                "known": novelty(questions.known.answer.novelty),
                "unknown": novelty(strange.stranger.answer.novelty),
                "auroc": strange.auroc,
                "known_asked": strange.known,
                "unknown_asked": strange.unknown,
            }),
        );
    }
    let Completed { truth, completion, hidden, right, episodes, .. } = &questions.completed;
    line(
        "completion",
        json!({
            "truth": truth,
            "hidden": hidden,
            "right": right,
            "steps": completion.steps,
            "status": completion.status,
            "energy": completion.energy,
            "episodes": evidence(episodes),
        }),
    );
}

fn answer(explained: &Explained) -> Value {
    let answer = &explained.answer;
    json!({
        "truth": explained.truth,
        "label": answer.label,
        "confidence": answer.confidence,
        "system": answer.system,
        "fast": answer.fast,
        "slow": answer.slow,
        "share": answer.share,
        "novelty": novelty(answer.novelty),
        "episodes": evidence(&explained.episodes),
    })
}

fn novelty(novelty: Novelty) -> Value {
    json!({ "energy": novelty.energy, "rank": novelty.rank })
}

fn evidence(episodes: &[Remembered]) -> Vec<&Evidence> {
    episodes.iter().map(|remembered| &remembered.evidence).collect()
}
