//! A mind as bytes, and back.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use attractor_data::Shape;
use attractor_store::episodes::Episodes;
use attractor_store::wire::{Reader, Writer};

use crate::Error;
use crate::config::Config;
use crate::cortex;
use crate::fast::{self, Fast};
use crate::gate::Gate;
use crate::labels::Labels;
use crate::mind::Mind;
use crate::namespaces::Namespaces;
use crate::novelty::Familiar;
use crate::perception::Perception;
use crate::renewal::Renewal;
use crate::view::{self, View};

impl Mind {
    pub(crate) fn save(&self, to: &mut Writer) {
        self.config.save(to);
        let view = self.view();
        match view.shape {
            Shape::Vector(n) => [0, n as u64, 0, 0],
            Shape::Image { height, width, channels } => [1, height as u64, width as u64, channels as u64],
        }
        .into_iter()
        .for_each(|n| to.u64(n));
        view.labels.save(to);
        view.perception.save(to);
        to.f64(view.fast.scale());
        view.gate.save(to);
        view.familiar.save(to);
        [self.seen, self.draws, self.replays].into_iter().for_each(|n| to.u64(n));
        to.u64(self.looks.len() as u64);
        for (&(namespace, class), &looks) in &self.looks {
            to.u32(namespace);
            to.u32(class);
            to.u64(looks);
        }
        to.u8(u8::from(self.cortex.is_some()));
        self.cortex.iter().for_each(|cortex| cortex.save(to));
        view.namespaces.save(to);
        to.u8(u8::from(self.renewal.is_some()));
        self.renewal.iter().for_each(|renewal| renewal.save(to));
    }

    /// A learner from what [`Mind::save`] wrote; `episodes` are made with the memory that the keys lie in. Of kind 1,
    /// which is older, there are neither namespaces nor a renewal.
    pub(crate) fn load(
        from: &mut Reader<'_>,
        kind: u8,
        episodes: impl FnOnce(fast::Keys) -> Result<Episodes, Error>,
    ) -> Result<Self, Error> {
        let config = Config::load(from)?;
        let shape =
            match [from.u64()?, from.u64()?, from.u64()?, from.u64()?].map(|n| n.min(1 << 20) as usize) {
                [0, n, 0, 0] if n > 0 => Shape::Vector(n),
                [1, height, width, channels] if height * width * channels > 0 => {
                    Shape::Image { height, width, channels }
                }
                _ => return Err(from.fault("a shape that cannot be").into()),
            };
        let labels = Labels::load(from)?;
        let perception = Perception::load(from)?;
        let scale = from.f64()?;
        if !(scale > 0.0 && scale.is_finite()) || perception.input() != shape.components() {
            return Err(from.fault("encoders that do not fit the observations").into());
        }
        let (gate, familiar) = (Gate::load(from)?, Familiar::load(from)?);
        let (seen, draws, replays) = (from.u64()?, from.u64()?, from.u64()?);
        let mut looks = BTreeMap::new();
        for _ in 0..from.count(12)? {
            let namespace = if kind == 1 { 0 } else { from.u32()? };
            looks.insert((namespace, from.u32()?), from.u64()?);
        }
        let cortex = match from.u8()? {
            0 => None,
            _ => Some(cortex::load(from)?),
        };
        let (namespaces, renewal) = match kind {
            1 => (Namespaces::default(), None),
            _ => {
                let namespaces = Namespaces::load(from)?;
                let renewing = from.u8()? != 0;
                (namespaces, renewing.then(|| Renewal::load(from)).transpose()?)
            }
        };
        from.end()?;
        if cortex.as_ref().is_some_and(|cortex| cortex.width() != perception.features()) {
            return Err(from.fault("a slow system of another width than its features").into());
        }
        let keys = fast::Keys { recall: config.recall, width: perception.key_width(), scale };
        let other = |renewal: &Renewal| renewal.input() != shape.components();
        if renewal.as_ref().is_some_and(other) {
            return Err(from.fault("new encoders that do not fit the observations").into());
        }
        let fast = Fast::restore(config.recall, episodes(keys)?, scale)?;
        let readout = cortex.as_ref().map(|cortex| view::Slow(cortex.readout()));
        let view = View {
            shape,
            labels,
            namespaces,
            perception: Arc::new(perception),
            fast,
            readout,
            gate,
            familiar,
        };
        let view = Arc::new(RwLock::new(view));
        Ok(Self { config, view, cortex, renewal, seen, looks, draws, replays })
    }
}
