//! Learners that are killed while they observe, write checkpoints, learn encoders, sleep and forget.

use std::ops::ControlFlow;
use std::time::Instant;

use attractor_learn::replay::Order;
use attractor_learn::{Budget, Config, Forget, Learner, Slow};

use crate::child::{alone, durability, order, run_and_kill, tell};
use crate::streams::*;
use crate::{Tally, kills};

/// Kills that one directory goes through.
const LIVES: u64 = 50;
/// Replays of one sleep: one round.
const REPLAYS: u64 = 100;

/// Encoders are learned every 40 observations, as often as a recipe may say.
fn recipe(epoch: u64) -> Config {
    let slow = SLOW[(epoch % 4) as usize];
    // Wide enough for solves that run beside the learning.
    let features = if slow == Slow::Ridge { 140 } else { 32 };
    Config { features, fits: (1..=64).map(|i| 40 * i - 20).collect(), ..config(slow) }
}

/// What comes after an observation. Doing it twice is doing it once: whoever was killed does it again.
#[derive(Debug, Clone)]
enum Act {
    Replay,
    Wake,
    Forget(String),
    Checkpoint,
}

fn acts(seen: u64) -> Vec<Act> {
    let mut acts = Vec::new();
    if seen % 30 == 25 {
        acts.extend([Act::Replay, Act::Wake]);
    }
    if seen % 70 == 60 {
        acts.push(Act::Forget(format!("class {}", seen / 70 % 6)));
    }
    if seen % 8 == 5 {
        acts.push(Act::Checkpoint);
    }
    acts
}

fn act(learner: &mut Learner, act: &Act) {
    match act {
        Act::Replay => {
            // Every sleep so far has replayed as much.
            let stats = learner.stats();
            if stats.replays < (stats.observations + 5) / 30 * REPLAYS && stats.slow.is_some() {
                let order = Order::Prioritised { exponent: 0.5 };
                learner.sleep_with(Budget::updates(REPLAYS), order, |_| ControlFlow::Break(())).unwrap();
            }
        }
        Act::Wake => _ = learner.sleep(Budget::updates(0)).unwrap(),
        Act::Forget(label) => {
            if learner.stats().classes.iter().any(|class| class.label == *label) {
                learner.forget(Forget::Label(label.clone())).unwrap();
            }
        }
        Act::Checkpoint => learner.checkpoint().unwrap(),
    }
}

fn sample(seen: u64) -> (Vec<f32>, String) {
    // Six classes that overlap a little.
    let class = (seen * 7 % 6) as usize;
    let (mut pattern, _) = clusters(1, 1_000 + seen).remove(0);
    pattern.iter_mut().skip(class).step_by(6).for_each(|x| *x += 2.5);
    (pattern, format!("class {class}"))
}

/// All that can be told of a learner, at the precision of bits.
fn print(learner: &Learner) -> String {
    let probes: Stream = (0..3).map(|i| sample(1 << 20 | i)).collect();
    format!("{:?} {}", answers(learner, &probes), numbers(learner))
}

/// The child.
#[test]
fn a_life_of_a_learner() {
    let Some((place, number)) = order() else { return };
    let builder = Learner::builder().config(recipe(number / LIVES)).durability(durability(number));
    let mut learner = builder.open(place).unwrap();
    let mut seen = learner.stats().observations;
    tell(seen);
    loop {
        acts(seen).iter().for_each(|one| act(&mut learner, one));
        let (pattern, label) = sample(seen);
        learner.observe(&pattern, &label).unwrap();
        seen += 1;
        tell(seen);
    }
}

/// A learner that nobody kills.
struct Reference {
    learner: Learner,
    seen: u64,
    /// Whether what comes after the last observation was done.
    done: bool,
}

impl Reference {
    fn new(epoch: u64) -> Self {
        let learner = Learner::builder().config(recipe(epoch)).ephemeral().unwrap();
        Self { learner, seen: 0, done: false }
    }

    /// The states after `seen` observations, more than before: before and after each thing that comes then.
    fn states(&mut self, seen: u64) -> Vec<String> {
        while self.seen < seen {
            if !self.done {
                acts(self.seen).iter().for_each(|one| act(&mut self.learner, one));
            }
            let (pattern, label) = sample(self.seen);
            self.learner.observe(&pattern, &label).unwrap();
            (self.seen, self.done) = (self.seen + 1, false);
        }
        let mut states = vec![print(&self.learner)];
        for one in acts(seen) {
            act(&mut self.learner, &one);
            states.push(print(&self.learner));
        }
        self.done = true;
        states
    }
}

#[test]
fn a_learner_survives_kills() {
    if order().is_some() {
        return;
    }
    let mut rng = attractor_data::stream(11, "kills of learners");
    let mut tally = Tally::default();
    let mut folder = tempfile::tempdir().unwrap();
    let mut reference = Reference::new(0);
    let (mut known, mut states) = (0, reference.states(0));
    for number in 0..kills() {
        let epoch = number / LIVES;
        if number % LIVES == 0 && number > 0 {
            folder = tempfile::tempdir().unwrap();
            reference = Reference::new(epoch);
            (known, states) = (0, reference.states(0));
        }
        let told = run_and_kill("learner::a_life_of_a_learner", folder.path(), number, &mut rng);
        tally.kills += 1;
        tally.early += u64::from(told.is_none());
        let acknowledged = told.unwrap_or(known);
        assert!(acknowledged >= known, "kill {number}: opened with {acknowledged} of {known}");
        let held = alone();
        let start = Instant::now();
        let builder = Learner::builder().config(recipe(epoch)).durability(durability(number));
        let learner = builder.open(folder.path()).unwrap();
        tally.openings.push(start.elapsed());
        let found = learner.stats().observations;
        assert!(
            found >= acknowledged && found <= acknowledged + 1,
            "kill {number}: {found} observations, {acknowledged} were acknowledged"
        );
        assert!(learner.damage().is_empty(), "kill {number}: {:?}", learner.damage());
        if found != known {
            states = reference.states(found);
        }
        let state = print(&learner);
        assert!(states.contains(&state), "kill {number} after {found}: {state}\nis none of {states:#?}");
        tally.acknowledged += acknowledged - known;
        tally.untold += found - acknowledged;
        known = found;
        tally.tell("learner");
        // Now and then the next life begins with a checkpoint.
        if number % 3 == 0 {
            learner.close().unwrap();
        } else {
            drop(learner);
        }
        drop(held);
    }
}
