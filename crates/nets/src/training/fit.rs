//! The loop over epochs.

use std::path::PathBuf;

use burn::module::Module;
use burn::tensor::Device;

use super::checkpoint::{Run, State};
use super::flat::{gradient, learned, replaced};
use super::{Draws, Epoch, History, Split, Task, TrainingConfig, batches, scalars};
use crate::Error;

/// One run of a [`Task`]; see the [module](super) for an example.
pub struct Fit<'a, T: Task> {
    task: &'a T,
    config: &'a TrainingConfig,
    seed: u64,
    subject: String,
    checkpoint: Option<(PathBuf, usize)>,
    resumed: Option<PathBuf>,
    observer: Option<&'a mut (dyn FnMut(&Epoch) + Send)>,
}

/// What a run ended with.
#[derive(Debug, Clone)]
pub struct Fitted<M> {
    /// The model, on a device that does not differentiate. With early stopping it has the weights of the best epoch.
    pub model: M,
    /// What happened.
    pub history: History,
}

impl<'a, T: Task> Fit<'a, T> {
    /// A run of `task` with everything random drawn from `seed`, on the CPU.
    pub fn new(task: &'a T, config: &'a TrainingConfig, seed: u64) -> Self {
        let subject = String::new();
        Self { task, config, seed, subject, checkpoint: None, resumed: None, observer: None }
    }

    /// Writes the state of the run to the safetensors file `path` after every `every` epochs (at least 1), and at the
    /// end.
    #[must_use]
    pub fn checkpoints(self, path: impl Into<PathBuf>, every: usize) -> Self {
        Self { checkpoint: Some((path.into(), every.max(1))), ..self }
    }

    /// What is fitted to what, for instance the options of the model and a [`digest`](super::digest) of the samples: a
    /// run does not go on from the checkpoint of another subject. Seed, split and configuration are always compared.
    #[must_use]
    pub fn about(self, subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), ..self }
    }

    /// Goes on from such a file: the result has the bits of a run that was never interrupted.
    #[must_use]
    pub fn resumed(self, path: impl Into<PathBuf>) -> Self {
        Self { resumed: Some(path.into()), ..self }
    }

    /// Tells `observer` of every epoch that is done.
    #[must_use]
    pub fn observed(self, observer: &'a mut (dyn FnMut(&Epoch) + Send)) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// Learns from `split.train`; stops, and chooses the epoch, on `split.held`, which may be empty.
    ///
    /// # Errors
    /// [`Error::Diverged`] with epoch and batch for a loss or gradient that is not finite; [`Error::Fold`] for a sample
    /// on both sides, [`Error::Options`] for early stopping without held samples; [`Error::Checkpoint`] and
    /// [`Error::Weights`] for a checkpoint of another run or architecture; as of [`TrainingConfig::check`] and of the
    /// task.
    pub fn run(mut self, split: &Split) -> Result<Fitted<T::Model>, Error> {
        self.config.check()?;
        if let Some(&sample) = split.held.iter().find(|sample| split.train.contains(sample)) {
            return Err(Error::Fold { fold: 0, sample, fault: "is learned from and held out at once" });
        }
        if self.config.stopping.is_some() && split.held.is_empty() {
            let reason = "early stopping needs held samples to measure on";
            return Err(Error::Options { option: "stopping", reason });
        }
        let device = Device::flex().autodiff();
        let subject = std::mem::take(&mut self.subject);
        let run = Run { config: self.config, split, seed: self.seed, subject: &subject };
        let model = self.task.init(&device, &mut Draws::Weights.rng(self.seed))?;
        let mut weights = learned(&model)?;
        let mut state = match &self.resumed {
            Some(path) => run.read(path, model, weights.len())?,
            None => {
                State { model, optimiser: self.config.optimiser()?, history: History::default(), best: None }
            }
        };
        weights = learned(&state.model)?;
        for epoch in state.history.epochs.len()..self.config.epochs {
            if self.config.stopping.is_some_and(|stopping| stopping.over(&state.history.measures())) {
                // It may have been written some epochs ago.
                if let Some((path, _)) = &self.checkpoint {
                    run.write(path, &state)?;
                }
                break;
            }
            let (loss, rate) = self.epoch(epoch, &split.train, &device, &mut state, &mut weights)?;
            let measure = match split.held.is_empty() {
                true => None,
                false => Some(self.task.measure(&state.model.valid(), &split.held)?),
            };
            let done = Epoch { epoch, loss, rate, measure };
            state.history.epochs.push(done);
            self.keep(epoch, &mut state, &weights);
            if let Some((path, every)) = &self.checkpoint
                && ((epoch + 1) % every == 0 || epoch + 1 == self.config.epochs)
            {
                run.write(path, &state)?;
            }
            if let Some(observer) = &mut self.observer {
                observer(&done);
            }
        }
        let model = match state.best {
            Some(best) => replaced(state.model, &best),
            None => state.model,
        };
        Ok(Fitted { model: model.valid(), history: state.history })
    }

    /// Remembers the weights of the epoch that was just done when it is the best so far.
    fn keep(&self, epoch: usize, state: &mut State<T::Model>, weights: &[f32]) {
        match self.config.stopping {
            None => state.history.kept = Some(epoch),
            Some(stopping) => {
                // A window that fills up starts the comparison anew, so the best epoch may change to this one only.
                let best = stopping.best(&state.history.measures());
                // Where no measure is a number the last epoch is as good as any.
                if best.is_none_or(|best| best == epoch) {
                    state.best = Some(weights.to_vec());
                    state.history.kept = Some(epoch);
                }
            }
        }
    }

    /// The mean loss and the last learning rate.
    fn epoch(
        &self,
        epoch: usize,
        train: &[usize],
        device: &Device,
        state: &mut State<T::Model>,
        weights: &mut [f32],
    ) -> Result<(f64, f64), Error> {
        let batches = batches(train, self.config.batch, self.seed, epoch)?;
        let rng = &mut Draws::Noise(epoch).rng(self.seed);
        let (mut total, mut rate) = (0.0, 0.0);
        for (place, batch) in batches.iter().enumerate() {
            let diverged = |what, value| Error::Diverged { what, epoch, batch: place, value };
            let loss = self.task.loss(&state.model, batch, device, rng)?;
            let value = scalars(loss.clone())?.first().copied().unwrap_or(f64::NAN);
            if !value.is_finite() {
                return Err(diverged("loss", value));
            }
            total += value * batch.len() as f64;
            let gradients = loss.backward();
            let gradient = gradient(&state.model, &gradients)?;
            rate = self.config.rate_at(epoch as f64 + (place as f64 + 0.5) / batches.len() as f64);
            state.optimiser.set_rate(rate)?;
            state.optimiser.step(weights, &gradient).map_err(|error| match error {
                Error::NotFinite { value, .. } => diverged("gradient", value),
                other => other,
            })?;
            state.model = replaced(state.model.clone(), weights);
        }
        Ok((total / train.len() as f64, rate))
    }
}
