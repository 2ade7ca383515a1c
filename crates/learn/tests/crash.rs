//! A loss of power after every operation on the disk: what was acknowledged is there, and nothing in part.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

#[path = "../../store/tests/common/mod.rs"]
mod common;
mod streams;

use std::ops::ControlFlow;
use std::sync::Arc;

use attractor_learn::replay::Order;
use attractor_learn::{Budget, Config, Forget, Learner, Slow};
use attractor_store::ledger::Durability;
use attractor_store::storage::Storage;
use common::{Depth, Op, Recorder, ram};
use streams::*;

/// Crashes looked at, about.
const MOST: usize = 700;

fn recipe(slow: Slow) -> Config {
    Config { features: 12, fits: vec![6, 12, 24], ..config(slow) }
}

fn learner(storage: Arc<dyn Storage>, slow: Slow) -> Result<Learner, attractor_learn::Error> {
    Learner::builder().config(recipe(slow)).durability(Durability::Always).open_in(storage)
}

fn print(learner: &Learner) -> String {
    format!("{:?} {}", answers(learner, &clusters(4, 4)), numbers(learner))
}

/// What was done: after each call the position in the log, and what was to be found then.
struct Scenario {
    recorder: Recorder,
    steps: Vec<(usize, String)>,
}

fn scenario(slow: Slow) -> Scenario {
    let recorder = Recorder::new();
    let mut learner = learner(Arc::new(recorder.clone()), slow).unwrap();
    let mut steps = vec![(0, print(&learner)), (recorder.position(), print(&learner))];
    for (i, (pattern, label)) in clusters(30, 3).iter().enumerate() {
        let mut done = |learner: &Learner| steps.push((recorder.position(), print(learner)));
        learner.observe(pattern, label).unwrap();
        done(&learner);
        match i {
            9 | 25 => learner.checkpoint().unwrap(),
            14 => learner.forget(Forget::Episode(3)).unwrap(),
            17 => {
                // One round of replay, and then what comes at the end of a sleep: each is one event.
                let order = Order::Prioritised { exponent: 0.5 };
                learner.sleep_with(Budget::updates(64), order, |_| ControlFlow::Break(())).unwrap();
                done(&learner);
                learner.sleep(Budget::updates(0)).unwrap();
            }
            21 => learner.forget(Forget::Label("class 0".into())).unwrap(),
            _ => continue,
        }
        done(&learner);
    }
    drop(learner);
    let last = steps[steps.len() - 1].1.clone();
    steps.push((recorder.position(), last));
    Scenario { recorder, steps }
}

/// Looks at crashes; how many there were.
fn check(scenario: &Scenario, slow: Slow, every: usize) -> Result<usize, String> {
    let mut count = 0;
    let mut looked_at = 0;
    for prefix in 0..=scenario.recorder.position() {
        let last = scenario.steps.iter().rposition(|(position, _)| *position <= prefix).unwrap();
        let allowed = &scenario.steps[last..scenario.steps.len().min(last + 2)];
        for crash in scenario.recorder.crashes(prefix, Depth::Writes) {
            count += 1;
            if count % every != 0 {
                continue;
            }
            looked_at += 1;
            let storage = ram(&crash.files);
            let mut found =
                learner(Arc::new(storage.clone()), slow).map_err(|e| format!("{e}: {}", crash.story))?;
            let print = print(&found);
            if !allowed.iter().any(|(_, state)| *state == print) {
                return Err(format!("{print}\nis not\n{}\n{}", allowed[0].1, crash.story));
            }
            if !found.damage().is_empty() {
                return Err(format!("{:?}: {}", found.damage(), crash.story));
            }
            // And goes on.
            let seen = found.stats().observations;
            found.observe(&[0.25; 8], "after").map_err(|e| format!("{e}: {}", crash.story))?;
            drop(found);
            let found = learner(Arc::new(storage), slow).map_err(|e| format!("{e}: {}", crash.story))?;
            if found.stats().observations != seen + 1 {
                return Err(format!("what came after the crash is lost: {}", crash.story));
            }
        }
    }
    println!("{slow:?}: {} operations, {looked_at} of {count} crashes", scenario.recorder.position());
    Ok(count)
}

#[test]
fn every_crash_leaves_what_was_acknowledged() {
    for slow in [Slow::Ridge, Slow::Mean] {
        let scenario = scenario(slow);
        let all: usize = (0..=scenario.recorder.position())
            .map(|at| scenario.recorder.crashes(at, Depth::Writes).len())
            .sum();
        check(&scenario, slow, all.div_ceil(MOST)).unwrap();
    }
}

/// The check must be able to fail.
#[test]
fn a_disk_that_lies_about_syncs_is_found_out() {
    let honest = scenario(Slow::Mean);
    let recorder = honest.recorder.forget(|op| matches!(op, Op::SyncFile { .. }));
    let lied_to = Scenario { recorder, steps: honest.steps };
    assert!(check(&lied_to, Slow::Mean, 3).is_err());
}
