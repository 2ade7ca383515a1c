//! A run that was interrupted, on disk.

use std::path::Path;

use burn::module::Module;
use serde::{Deserialize, Serialize};

use super::{Epoch, History, NamedWeights, Split, TrainingConfig};
use crate::{Error, Optimiser};

/// Where a run stands after an epoch. The numbers that are drawn later depend on seed and epoch only.
pub(super) struct State<M> {
    pub(super) model: M,
    pub(super) optimiser: Optimiser,
    pub(super) history: History,
    /// The learned numbers of the best epoch.
    pub(super) best: Option<Vec<f32>>,
}

/// What must be the same for a run to go on.
pub(super) struct Run<'a> {
    pub(super) config: &'a TrainingConfig,
    pub(super) split: &'a Split,
    pub(super) seed: u64,
    /// The model's options and the data, as far as the caller names them.
    pub(super) subject: &'a str,
}

const KEY: &str = "attractor.checkpoint";
const SCHEMA: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Header {
    schema: u32,
    seed: u64,
    split: u64,
    config: String,
    #[serde(default)]
    subject: String,
    steps: u64,
    kept: Option<usize>,
    /// Loss, rate and measure of each epoch, by their bits: text might round them.
    epochs: Vec<[u64; 3]>,
}

impl Run<'_> {
    pub(super) fn write<M: Module>(&self, path: &Path, state: &State<M>) -> Result<(), Error> {
        let bits =
            |epoch: &Epoch| [epoch.loss, epoch.rate, epoch.measure.unwrap_or(f64::NAN)].map(f64::to_bits);
        let header = Header {
            schema: SCHEMA,
            seed: self.seed,
            split: self.split.hash(),
            config: self.config_text(path)?,
            subject: self.subject.to_owned(),
            steps: state.optimiser.steps(),
            kept: state.history.kept,
            epochs: state.history.epochs.iter().map(bits).collect(),
        };
        let text = serde_json::to_string(&header).map_err(|error| refused(path, &error))?;
        let mut file = NamedWeights::default().with_text(KEY, text);
        file.put("model.", NamedWeights::of(&state.model)?);
        for (place, moment) in state.optimiser.moments().iter().enumerate() {
            file.put_vector(&format!("optimiser.{place}"), moment.clone());
        }
        if let Some(best) = &state.best {
            file.put_vector("best", best.clone());
        }
        file.write(path)
    }

    /// `model` gives the architecture, `learned` how many of its numbers are learned.
    pub(super) fn read<M: Module>(&self, path: &Path, model: M, learned: usize) -> Result<State<M>, Error> {
        let mut file = NamedWeights::read(path)?;
        let Some(text) = file.text(KEY) else {
            return Err(refused(path, &"weights without the state of a run: not a checkpoint"));
        };
        let header: Header = serde_json::from_str(text).map_err(|error| refused(path, &error))?;
        let same = |option, expected: String, found: String| match expected == found {
            true => Ok(()),
            false => Err(Error::Checkpoint { path: path.to_owned(), option, expected, found }),
        };
        same("schema", SCHEMA.to_string(), header.schema.to_string())?;
        same("seed", self.seed.to_string(), header.seed.to_string())?;
        same("configuration", self.config_text(path)?, header.config)?;
        same("model or data", self.subject.to_owned(), header.subject)?;
        same("split", format!("{:016x}", self.split.hash()), format!("{:016x}", header.split))?;
        let model = file.take("model.").put_into(model)?;
        let mut vector = |name: &str| file.take(name).numbers("").map(<[f32]>::to_vec);
        let moments: Vec<Vec<f32>> =
            (0..).map_while(|place: usize| vector(&format!("optimiser.{place}"))).collect();
        let best = vector("best");
        for list in moments.iter().chain(&best) {
            Error::shape("learned weights of a checkpoint", &[learned], &[list.len()])?;
        }
        let optimiser = self.config.restored(header.steps, moments)?;
        let epoch = |(epoch, bits): (usize, [u64; 3])| {
            let [loss, rate, measure] = bits.map(f64::from_bits);
            Epoch { epoch, loss, rate, measure: (!measure.is_nan()).then_some(measure) }
        };
        let epochs = header.epochs.into_iter().enumerate().map(epoch).collect();
        Ok(State { model, optimiser, history: History { epochs, kept: header.kept }, best })
    }

    fn config_text(&self, path: &Path) -> Result<String, Error> {
        serde_json::to_string(self.config).map_err(|error| refused(path, &error))
    }
}

fn refused(path: &Path, reason: &dyn ToString) -> Error {
    Error::File { path: path.to_owned(), reason: reason.to_string() }
}
