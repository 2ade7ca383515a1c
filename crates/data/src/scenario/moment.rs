//! The stream itself.

use std::borrow::Cow;

use ndarray::Axis;

use super::{Scenario, Target};
use crate::Set;

/// One sample of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment<'a> {
    /// Place in the stream, from 0.
    pub time: usize,
    /// The experience that the sample comes from, from 0. A learner that is not told boundaries must not look.
    pub experience: usize,
    /// The task, where the learner is told.
    pub task: Option<u32>,
    /// Row in the set.
    pub index: usize,
    /// The components as the experience shows them, `(d,)`: borrowed where it shows them as they are.
    pub pattern: Cow<'a, [f32]>,
    /// What has to be answered ([`Target`]), where the set has labels.
    pub label: Option<u32>,
    /// The class number of the set, where it has labels.
    pub class: Option<u32>,
}

/// The samples of a scenario, in time.
#[derive(Debug, Clone)]
pub struct Moments<'a> {
    scenario: &'a Scenario,
    set: &'a Set,
    time: usize,
    /// The experience of the last sample, where they come one after the other.
    current: usize,
    /// How many samples each experience has given.
    given: Vec<usize>,
}

impl<'a> Moments<'a> {
    pub(super) fn new(scenario: &'a Scenario, set: &'a Set) -> Self {
        Self { scenario, set, time: 0, current: 0, given: vec![0; scenario.experiences.len()] }
    }

    fn next_experience(&mut self) -> Option<usize> {
        let scenario = self.scenario;
        if !scenario.schedule.is_empty() {
            return scenario.schedule.get(self.time).map(|&experience| experience as usize);
        }
        while self.given.get(self.current)? == &scenario.experiences[self.current].indices.len() {
            self.current += 1;
        }
        Some(self.current)
    }
}

impl<'a> Iterator for Moments<'a> {
    type Item = Moment<'a>;

    fn next(&mut self) -> Option<Moment<'a>> {
        let number = self.next_experience()?;
        let (scenario, set) = (self.scenario, self.set);
        let experience = &scenario.experiences[number];
        let index = *experience.indices.get(self.given[number])?;
        self.given[number] += 1;
        let time = self.time;
        self.time += 1;
        let class = set.labels().map(|labels| labels[index]);
        let label = class.and_then(|class| match scenario.target {
            Target::Class => Some(class),
            Target::Modulo(modulus) => class.checked_rem(modulus),
            Target::Place => {
                experience.classes.iter().position(|&other| other == class).map(|place| place as u32)
            }
        });
        let row = set.patterns().index_axis_move(Axis(0), index);
        let pattern = match row.to_slice() {
            Some(pattern) => experience.transform.show(Cow::Borrowed(pattern), set.shape()),
            None => experience.transform.show(Cow::Owned(row.to_vec()), set.shape()),
        };
        Some(Moment { time, experience: number, task: experience.task, index, pattern, label, class })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.scenario.len() - self.time;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Moments<'_> {}
