//! Networks chosen, fitted and measured on one fold after the other.

use attractor_data::{Bags, Split as Fold, selection_folds, stream};
use attractor_nets::Error;
use attractor_nets::models::BagModelConfig;
use attractor_nets::training::{Chosen, Draws, Fit, Split, Task, TrainingConfig, nested};

use super::auc;
use serde::{Deserialize, Serialize};

use super::network::BagTask;
use crate::LabError;

/// A kind of network, with what is chosen among.
#[derive(Debug, Clone)]
pub struct Contender {
    /// What it is called.
    pub name: &'static str,
    /// Network and training.
    pub candidates: Vec<(BagModelConfig, TrainingConfig)>,
    /// Networks that are fitted to each outer fold with different seeds, at least 1.
    pub members: usize,
    /// Stratified folds of the training bags on which is chosen.
    pub inner: usize,
}

/// One fold, measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Area {
    /// Which candidate was chosen.
    pub chosen: usize,
    /// Mean AUC of the members, each for itself; `None` when the test bags are all of one class.
    pub single: Option<f64>,
    /// AUC of the mean of their logits.
    pub together: Option<f64>,
}

impl Area {
    /// Means of `single` and of `together` over folds, those without an area left out; NaN of nothing.
    ///
    /// ```
    /// use attractor_lab::mil::Area;
    /// let fold = |area| Area { chosen: 0, single: area, together: area };
    /// assert_eq!(Area::means(&[fold(Some(0.5)), fold(None), fold(Some(1.0))]), (0.75, 0.75));
    /// ```
    pub fn means(folds: &[Self]) -> (f64, f64) {
        let mean = |of: fn(&Self) -> Option<f64>| {
            let areas: Vec<f64> = folds.iter().filter_map(of).collect();
            areas.iter().sum::<f64>() / areas.len() as f64
        };
        (mean(|fold| fold.single), mean(|fold| fold.together))
    }
}

impl Contender {
    /// Nested cross-validation over `folds` on `threads` threads, with everything random drawn from `seed`.
    ///
    /// What is chosen in a fold depends on its training bags only; standardisation and early stopping too.
    ///
    /// ```
    /// use attractor_data::{bags, stratified_k_fold, stream};
    /// use attractor_lab::mil::{Area, Contender};
    /// use attractor_nets::models::{AttentionMilConfig, BagModelConfig, EmbeddingConfig};
    /// use attractor_nets::training::TrainingConfig;
    ///
    /// let rows: String = (0..24).map(|bag| format!("{bag},{},{},0\n", bag % 2, (bag % 2) * 3 + bag / 12)).collect();
    /// let set = bags::parse("keys", format!("bag,label,f1,f2\n{rows}").as_bytes())?;
    /// let folds = stratified_k_fold(set.labels(), 3, &mut stream(1, "folds"))?;
    /// let embedding = EmbeddingConfig::Dense(vec![8]);
    /// let model = BagModelConfig::Attention(AttentionMilConfig { embedding, ..Default::default() });
    /// let training = TrainingConfig::adamw(1e-2, 10).with_batch(4);
    /// let contender = Contender { name: "attention", candidates: vec![(model, training)], members: 2, inner: 2 };
    /// let areas = contender.measure(&set, &folds, 2, 1)?;
    /// assert_eq!(Area::means(&areas).1, 1.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`LabError::Nets`] for folds that leak, for no candidates or members, and for a training that diverged.
    pub fn measure(
        &self,
        bags: &Bags,
        folds: &[Fold],
        threads: usize,
        seed: u64,
    ) -> Result<Vec<Area>, LabError> {
        if self.members == 0 {
            let (name, limit) = ("members", "at least 1");
            return Err(Error::Parameter { name, value: 0.0, limit }.into());
        }
        let outer: Vec<Split> = folds.iter().map(split).collect();
        let inner = |train: &[usize]| {
            let fold = Fold { train: train.to_vec(), test: Vec::new() };
            let rng = &mut stream(seed, "selection");
            let folds = selection_folds(&fold, bags.labels(), self.inner, rng)?;
            Ok::<_, LabError>(folds.iter().map(split).collect())
        };
        let fit = |candidate: usize, split: &Split, member: usize| {
            let (model, training) = &self.candidates[candidate];
            let held = held_out(bags, &split.train, training, seed)?;
            let task = BagTask::standardised(bags, &held.train, model.clone())?;
            let fitted = Fit::new(&task, training, Draws::Fit(member).seed(seed)).run(&held)?;
            Ok::<_, LabError>((task, fitted.model))
        };
        let score = |candidate: usize, split: &Split| {
            let (task, model) = fit(candidate, split, 0)?;
            Ok(task.measure(&model, &split.held)?)
        };
        let measure = |chosen: Chosen, split: &Split| {
            let labels: Vec<bool> = split.held.iter().map(|&bag| bags.labels()[bag]).collect();
            let (mut single, mut sum) = (Some(0.0), vec![0.0; labels.len()]);
            for member in 0..self.members {
                let (task, model) = fit(chosen.candidate, split, member)?;
                let logits = task.logits(&model, &split.held)?;
                single =
                    single.zip(auc(&logits, &labels)).map(|(sum, area)| sum + area / self.members as f64);
                sum.iter_mut().zip(&logits).for_each(|(sum, logit)| *sum += logit);
            }
            Ok(Area { chosen: chosen.candidate, single, together: auc(&sum, &labels) })
        };
        nested(&outer, bags.len(), self.candidates.len(), threads, inner, score, measure)
    }
}

/// The bags at `train`; when `training` stops early, the first of nine stratified folds of them that has both classes is
/// held out for that.
///
/// ```
/// use attractor_data::bags::parse;
/// use attractor_lab::mil::held_out;
/// use attractor_nets::training::{Stopping, TrainingConfig};
/// let rows: String = (0..20).map(|bag| format!("{bag},{},1\n", bag % 2)).collect();
/// let bags = parse("twenty", format!("bag,label,f\n{rows}").as_bytes())?;
/// let train: Vec<usize> = (0..18).collect();
/// let training = TrainingConfig::adamw(1e-3, 5);
/// assert_eq!(held_out(&bags, &train, &training, 1)?.train, train);
/// let split = held_out(&bags, &train, &training.with_stopping(Stopping::patience(2)), 1)?;
/// assert_eq!((split.train.len(), split.held.len()), (16, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`LabError::Data`] for fewer than nine bags to hold some of out, or an index beyond the bags; [`LabError::Nets`] when
/// no fold has both classes.
pub fn held_out(
    bags: &Bags,
    train: &[usize],
    training: &TrainingConfig,
    seed: u64,
) -> Result<Split, LabError> {
    const FOLDS: usize = 9;
    if training.stopping.is_none() {
        return Ok(Split { train: train.to_vec(), held: Vec::new() });
    }
    let all = Fold { train: train.to_vec(), test: Vec::new() };
    let folds = selection_folds(&all, bags.labels(), FOLDS, &mut stream(seed, "stopping"))?;
    let both = |fold: &&Fold| {
        let positive = fold.test.iter().filter(|&&bag| bags.labels()[bag]).count();
        (1..fold.test.len()).contains(&positive)
    };
    let reason = "early stopping needs bags of both classes to measure on, and there are too few of one";
    let found = folds.iter().find(both).ok_or(Error::Options { option: "stopping", reason })?;
    Ok(split(found))
}

fn split(fold: &Fold) -> Split {
    Split { train: fold.train.clone(), held: fold.test.clone() }
}
