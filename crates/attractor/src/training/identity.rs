//! What makes a run the same run: what it learns from, and with which options. Where files lie does not count.

use attractor_data::{Bags, Split};
use attractor_nets::training::digest;

use super::config::Config;

/// Of the instances, of what belongs together, and of the labels.
pub(crate) fn of_bags(bags: &Bags) -> String {
    let instances = bags.instances();
    let numbers = instances.iter().map(|number| u64::from(number.to_bits()));
    let each = (0..bags.len()).flat_map(|bag| [bags.range(bag).len() as u64, u64::from(bags.labels()[bag])]);
    format!(
        "{:016x}",
        digest([bags.len() as u64, bags.width() as u64].into_iter().chain(each).chain(numbers))
    )
}

/// Of cross-validation over these folds.
pub(crate) fn of_validation(
    config: &Config,
    bags: &Bags,
    folds: &[Vec<Split>],
) -> serde_json::Result<String> {
    let indices = folds.iter().flatten().flat_map(|fold| {
        let lists = [&fold.train, &fold.test].into_iter();
        lists.flat_map(|list| std::iter::once(list.len()).chain(list.iter().copied()))
    });
    let folds = format!("{:016x}", digest(indices.map(|index| index as u64)));
    let cv = config.cross_validation.as_ref().map(|cv| (cv.inner, cv.members));
    serde_json::to_string(&(&config.model, &config.training, cv, config.seed, of_bags(bags), folds))
}

/// Of the fit of one candidate.
pub(crate) fn of_fit(config: &Config, candidate: usize, bags: &Bags) -> serde_json::Result<String> {
    serde_json::to_string(&(&config.model[candidate], of_bags(bags)))
}
