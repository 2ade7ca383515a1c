//! What happens to a learner, as its journal has it.

use attractor_store::wire::{Reader, Writer};

use crate::Error;
use crate::replay::Order;

/// Everything that changes a learner. A learner is its last checkpoint and the events since.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event {
    /// One look at an observation.
    Observe(Observation),
    /// One episode goes.
    ForgetEpisode(u64),
    /// A class goes, with its episodes.
    ForgetLabel(String),
    /// All episodes of a namespace go.
    ForgetNamespace(String),
    /// So many replays were done.
    Slept {
        /// How episodes were drawn.
        order: Order,
        /// How many.
        updates: u64,
    },
    /// A sleep ended: what the slow system knows was pruned.
    Woke,
}

/// One look.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Observation {
    pub(crate) pattern: Vec<f32>,
    pub(crate) label: String,
    /// Where its episode belongs; empty for the one without a name.
    pub(crate) namespace: String,
    /// What it is worth to the user; 1 if nothing was said.
    pub(crate) utility: f32,
    pub(crate) meta: Vec<u8>,
}

const OBSERVE: u8 = 1;
const FORGET_EPISODE: u8 = 2;
const FORGET_LABEL: u8 = 3;
const SLEPT: u8 = 4;
const WOKE: u8 = 5;
const OBSERVE_WITHIN: u8 = 6;
const FORGET_NAMESPACE: u8 = 7;

impl Event {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut to = Writer::new();
        match self {
            Self::Observe(look) => look.encode(&mut to),
            Self::ForgetEpisode(id) => {
                to.u8(FORGET_EPISODE);
                to.u64(*id);
            }
            Self::ForgetLabel(label) => {
                to.u8(FORGET_LABEL);
                to.str(label);
            }
            Self::ForgetNamespace(namespace) => {
                to.u8(FORGET_NAMESPACE);
                to.str(namespace);
            }
            Self::Slept { order, updates } => {
                to.u8(SLEPT);
                order.save(&mut to);
                to.u64(*updates);
            }
            Self::Woke => to.u8(WOKE),
        }
        to.finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let mut from = Reader::new(bytes, "an event of the journal");
        let event = match from.u8()? {
            OBSERVE => Self::Observe(Observation::decode(&mut from, String::new())?),
            OBSERVE_WITHIN => {
                let namespace = from.str()?.to_owned();
                Self::Observe(Observation::decode(&mut from, namespace)?)
            }
            FORGET_EPISODE => Self::ForgetEpisode(from.u64()?),
            FORGET_LABEL => Self::ForgetLabel(from.str()?.to_owned()),
            FORGET_NAMESPACE => Self::ForgetNamespace(from.str()?.to_owned()),
            SLEPT => Self::Slept { order: Order::load(&mut from)?, updates: from.u64()? },
            WOKE => Self::Woke,
            _ => return Err(from.fault("an event of unknown kind").into()),
        };
        from.end()?;
        Ok(event)
    }
}

impl Observation {
    fn encode(&self, to: &mut Writer) {
        if self.namespace.is_empty() {
            to.u8(OBSERVE);
        } else {
            to.u8(OBSERVE_WITHIN);
            to.str(&self.namespace);
        }
        to.str(&self.label);
        to.f32(self.utility);
        to.bytes(&self.meta);
        // Grey levels of 8 bits are the common case: a quarter of the bytes, and nothing is lost.
        match self.pattern.iter().map(|&x| level(x)).collect::<Option<Vec<u8>>>() {
            Some(levels) => {
                to.u8(1);
                to.bytes(&levels);
            }
            None => {
                to.u8(0);
                to.f32s(&self.pattern);
            }
        }
    }

    fn decode(from: &mut Reader<'_>, namespace: String) -> Result<Self, Error> {
        let (label, utility, meta) = (from.str()?.to_owned(), from.f32()?, from.bytes()?.to_vec());
        let pattern = match from.u8()? {
            0 => from.f32s()?,
            1 => from.bytes()?.iter().map(|&level| f32::from(level) / 255.0).collect(),
            _ => return Err(from.fault("a pattern of unknown form").into()),
        };
        Ok(Self { pattern, label, namespace, utility, meta })
    }
}

/// The level of 0 to 255 that is `x` times 255, when that gives the same bits back.
fn level(x: f32) -> Option<u8> {
    let level = (x * 255.0).round();
    let fits = (0.0..=255.0).contains(&level) && (level / 255.0).to_bits() == x.to_bits();
    fits.then_some(level as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_back_to_the_bit() {
        let grey: Vec<f32> = (0..=255u8).map(|l| f32::from(l) / 255.0).collect();
        let patterns = [grey, vec![0.1, -3.0, 1e-30], vec![-0.0, 1.0], Vec::new()];
        let looks = patterns.map(|pattern| {
            let namespace = if pattern.len() == 2 { "kitchen" } else { "" }.to_owned();
            let label = "seven".into();
            Event::Observe(Observation { pattern, label, namespace, utility: 2.0, meta: vec![1, 2] })
        });
        let others = [
            Event::ForgetEpisode(7),
            Event::ForgetLabel("x".into()),
            Event::ForgetNamespace("kitchen".into()),
            Event::Slept { order: Order::Uniform, updates: 9 },
            Event::Woke,
        ];
        for event in looks.iter().chain(&others) {
            let bytes = event.encode();
            let again = Event::decode(&bytes).expect("our own bytes");
            assert_eq!(again.encode(), bytes);
            assert_eq!(again, *event);
            for cut in 0..bytes.len() {
                assert!(Event::decode(&bytes[..cut]).is_err());
            }
        }
        let grey = looks[0].encode().len();
        assert!(grey < 256 + 64, "{grey}");
    }
}
