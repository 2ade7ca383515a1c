//! A crash after every operation, in every way: what was acknowledged is there, and nothing is there in part.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use attractor_store::ledger::{Durability, Ledger};
use attractor_store::storage::Storage;
use common::{Crash, Depth, FORMAT, Files, Op, Recorder, State, adding, contents, ram};

/// What was done: after each call, the position in the log and what had then been handed over.
struct Scenario {
    recorder: Recorder,
    steps: Vec<(usize, State)>,
}

/// About a hundred appends, and commits that add, drop and do nothing.
fn scenario(durability: Durability, before: &Files) -> Scenario {
    let recorder = Recorder::with(before);
    let storage: Arc<dyn Storage> = Arc::new(recorder.clone());
    let (mut ledger, found) = Ledger::open(storage, FORMAT, 1, durability).unwrap();
    let mut state = State::of(&found).unwrap();
    let mut steps = vec![(0, state.clone()), (recorder.position(), state.clone())];
    for step in 0..110_usize {
        if step % 12 == 11 {
            let drop =
                ledger.files().iter().map(|file| file.name.clone()).skip(step % 3).take(step % 4).collect();
            let new = [vec![step as u8; step], vec![], vec![1; 70]];
            let new: Vec<&[u8]> = new.iter().map(Vec::as_slice).take(step % 5).collect();
            let mut change = adding(&new);
            change.drop = drop;
            let kept =
                ledger.files().iter().zip(&state.files).filter(|(f, _)| !change.drop.contains(&f.name));
            state.files = kept.map(|(_, c)| c.clone()).chain(new.iter().map(|c| c.to_vec())).collect();
            state.events.clear();
            let added = ledger.commit(change).unwrap();
            assert_eq!(added.len(), new.len());
        } else {
            let event = vec![step as u8; step * 7 % 23];
            ledger.append(&event).unwrap();
            state.events.push(event);
        }
        steps.push((recorder.position(), state.clone()));
    }
    drop(ledger);
    steps.push((recorder.position(), state));
    Scenario { recorder, steps }
}

/// The states that may be shown after `prefix` operations: what was acknowledged, or that and the next step. With
/// `lazy` durability, events since the last commit or opening may be missing, from the end.
fn allowed(steps: &[(usize, State)], prefix: usize, durability: Durability) -> Vec<State> {
    let last = steps.iter().rposition(|(position, _)| *position <= prefix).unwrap();
    let mut states = vec![steps[last].1.clone()];
    states.extend(steps.get(last + 1).map(|(_, state)| state.clone()));
    if durability != Durability::Always {
        for state in states.clone() {
            let shorter = (0..state.events.len())
                .map(|count| State { files: state.files.clone(), events: state.events[..count].to_vec() });
            states.extend(shorter);
        }
    }
    states
}

/// Opens what a crash left, as reader and as writer, and appends and commits once more.
fn check(crash: &Crash, allowed: &[State], fresh: bool) -> Result<(), String> {
    let tell = |what: &str| format!("{what}: {}", crash.story);
    let ram = ram(&crash.files);
    let seen = State::read(&ram);
    if let Ok(seen) = &seen
        && !allowed.contains(seen)
    {
        return Err(tell(&format!("a reader sees {seen:?}")));
    }
    let storage: Arc<dyn Storage> = Arc::new(ram.clone());
    let open = || Ledger::open(storage.clone(), FORMAT, 1, Durability::Always);
    let (mut ledger, found) = open().map_err(|error| tell(&format!("no opening: {error}")))?;
    let state = State::of(&found).map_err(|error| tell(&error.to_string()))?;
    // A reader may come before the first manifest is there, and else sees the same.
    if !allowed.contains(&state) || !(seen.is_ok_and(|seen| seen == state) || fresh) {
        return Err(tell(&format!("found {state:?}")));
    }
    let on_disk: u64 = contents(&ram).values().map(|content| content.len() as u64).sum();
    if on_disk != ledger.bytes() {
        return Err(tell("something is left over, or miscounted"));
    }
    ledger.append(b"after").map_err(|error| tell(&error.to_string()))?;
    drop(ledger);
    let (mut ledger, found) = open().map_err(|error| tell(&error.to_string()))?;
    let mut expected = state;
    expected.events.push(b"after".to_vec());
    if State::of(&found).ok().as_ref() != Some(&expected) || found.cut.is_some() {
        return Err(tell("what was appended after the crash is not there"));
    }
    ledger.commit(adding(&[b"new"])).map_err(|error| tell(&error.to_string()))?;
    Ok(())
}

/// Every crash of a scenario; returns how many were looked at.
fn check_all(scenario: &Scenario, durability: Durability, depth: Depth) -> Result<usize, String> {
    let mut count = 0;
    let created = scenario.steps[1].0;
    for prefix in 0..=scenario.recorder.position() {
        let allowed = allowed(&scenario.steps, prefix, durability);
        for crash in scenario.recorder.crashes(prefix, depth) {
            check(&crash, &allowed, prefix < created)?;
            count += 1;
        }
    }
    Ok(count)
}

#[test]
fn every_crash_leaves_what_was_acknowledged() {
    let scenario = scenario(Durability::Always, &Files::new());
    let count = check_all(&scenario, Durability::Always, Depth::EveryByte).unwrap();
    println!("{} operations, {count} crashes", scenario.recorder.position());
    assert!(count > 5000);
}

#[test]
fn without_a_sync_after_each_append_a_crash_leaves_a_beginning_of_the_events() {
    for durability in [Durability::System, Durability::Grouped(Duration::from_hours(1))] {
        let scenario = scenario(durability, &Files::new());
        let count = check_all(&scenario, durability, Depth::Writes).unwrap();
        println!("{durability:?}: {} operations, {count} crashes", scenario.recorder.position());
    }
}

#[test]
fn a_crash_while_recovering_from_a_crash_leaves_the_same() {
    let scenario = scenario(Durability::Always, &Files::new());
    let mut count = 0;
    for prefix in 0..=scenario.recorder.position() {
        let allowed = allowed(&scenario.steps, prefix, Durability::Always);
        for crash in scenario.recorder.crashes(prefix, Depth::Writes) {
            let recorder = Recorder::with(&crash.files);
            let storage: Arc<dyn Storage> = Arc::new(recorder.clone());
            let (ledger, found) = Ledger::open(storage, FORMAT, 1, Durability::Always).unwrap();
            // What was shown once must be shown ever after.
            let shown = State::of(&found).unwrap();
            let shown_at = recorder.position();
            drop(ledger);
            for second in 0..=recorder.position() {
                for mut again in recorder.crashes(second, Depth::Writes) {
                    again.story = format!("{}; then {}", crash.story, again.story);
                    let allowed = if second >= shown_at { std::slice::from_ref(&shown) } else { &allowed };
                    check(&again, allowed, prefix < scenario.steps[1].0).unwrap();
                    count += 1;
                }
            }
        }
    }
    println!("{count} crashes of recoveries");
}

/// The check must be able to fail: with syncs that do nothing, something acknowledged is lost.
#[test]
fn a_disk_that_lies_about_syncs_is_found_out() {
    let honest = scenario(Durability::Always, &Files::new());
    let lies: [fn(&Op) -> bool; 2] =
        [|op| matches!(op, Op::SyncFile { .. }), |op| matches!(op, Op::SyncDirectory)];
    for lie in lies {
        let scenario = Scenario { recorder: honest.recorder.forget(lie), steps: honest.steps.clone() };
        assert!(check_all(&scenario, Durability::Always, Depth::Writes).is_err());
    }
}

/// Removing before syncing the directory is the mistake that loses a store: the first crash leaves the new
/// manifest visible but not durable, and the second one brings the old manifest back.
#[test]
fn a_store_that_a_killed_process_left_survives_a_loss_of_power() {
    let first = scenario(Durability::Always, &Files::new());
    let ops = first.recorder.ops();
    for (index, op) in ops.iter().enumerate() {
        let Op::Rename { .. } = op else { continue };
        // Killed right after the rename: the next process goes on in the same log.
        let killed = first.recorder.until(index + 1);
        let allowed = allowed(&first.steps, index + 1, Durability::Always);
        let storage: Arc<dyn Storage> = Arc::new(killed.clone());
        let (ledger, _) = Ledger::open(storage, FORMAT, 1, Durability::Always).unwrap();
        drop(ledger);
        for prefix in index + 1..=killed.position() {
            for crash in killed.crashes(prefix, Depth::Writes) {
                check(&crash, &allowed, index + 1 < first.steps[1].0).unwrap();
            }
        }
    }
}
