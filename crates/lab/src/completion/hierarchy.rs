//! Half-masked images, completed by hierarchical associative memories.

use attractor_data::{Corruption, Region};
use attractor_nets::models::{CompleterConfig, ConvolutionalConfig, ThreeLayerConfig, TwoLayerConfig};
use attractor_nets::training::each;

use super::sets::{characters, digits};
use super::trial::{Scores, Trial};
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::outcome::Outcome;

pub(crate) const EXPERIMENT: Experiment = Experiment {
    id: "ham/completion",
    title: "Half an image, completed by hierarchical associative memories",
    source: "Krotov 2021, Hierarchical associative memory, arXiv 2107.06446 (the networks; the task is ours)",
    protocol: "MNIST (10,000 training digits, 1,000 test digits, drawn by seed) and the first 200 background \
        characters of Omniglot at 28 x 28 (15 images of each learned from, the other 5 asked); of each image one of \
        the four halves is hidden, drawn anew whenever it is learned from. Two-layer (784-256), three-layer \
        (784-224-64) and convolutional (16 filters 5 x 5, stride 2, 64 above) networks, trained through their steps \
        by the squared error of hidden pixels: AdamW 3e-3 without decay, half a cosine, clipped at 1, batches of 128, \
        6 epochs of digits or 20 of characters; known pixels are held. Beside them: the mean image, the nearest \
        stored image by known pixels, the one-layer softmax memory of all training images with known pixels held \
        (inverse temperature chosen on 200 left-out training images), and an autoencoder (784-128-784) with as many \
        parameters as the two-layer network, trained for three times the epochs. Sizes and rates were chosen on \
        500 training digits that were held out, with a few short trials of the same networks in another framework. The number measured is the error of the two-layer network on \
        digits; the claim checked is that on both sets each network has a lower error than the one-layer memory, \
        the nearest image and the mean. 3 seeds.",
    published: None,
    data: &["mnist", "omniglot"],
    run,
};

struct Sizes {
    seeds: usize,
    digits: (usize, usize),
    characters: usize,
    epochs: [usize; 2],
}

impl Sizes {
    fn of(context: &Context<'_>) -> Self {
        let seeds = context.repetitions(3, 1);
        match context.extent() {
            Extent::Full => Self { seeds, digits: (10_000, 1_000), characters: 200, epochs: [6, 20] },
            Extent::Smoke => Self { seeds, digits: (300, 40), characters: 8, epochs: [1, 1] },
        }
    }
}

/// The networks by name.
fn networks(extent: Extent) -> Vec<(&'static str, CompleterConfig)> {
    let share = if extent == Extent::Smoke { 8 } else { 1 };
    let two = TwoLayerConfig { hidden: 256 / share, dt: 1.0, steps: 6, ..TwoLayerConfig::default() };
    let three = ThreeLayerConfig {
        hidden: 224 / share,
        top: 64 / share,
        dt: 1.0,
        steps: 6,
        ..ThreeLayerConfig::default()
    };
    let convolutional = ConvolutionalConfig {
        filters: 16 / share,
        top: 64 / share,
        dt: 1.0,
        steps: 6,
        ..ConvolutionalConfig::default()
    };
    vec![
        ("two-layer", CompleterConfig::TwoLayer(two)),
        ("three-layer", CompleterConfig::ThreeLayer(three)),
        ("convolutional", CompleterConfig::Convolutional(convolutional)),
    ]
}

const REGIONS: [Region; 4] = [Region::Upper(0.5), Region::Lower(0.5), Region::Left(0.5), Region::Right(0.5)];

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let sizes = Sizes::of(context);
    let threads = rayon::current_num_threads();
    let seed = context.seed;
    let networks = networks(context.extent());
    let trial = |epochs| Trial {
        networks: networks.clone(),
        autoencoder: 128,
        hide: REGIONS.map(|region| Corruption::Mask { region, fill: 0.0 }).to_vec(),
        epochs,
        batch: 128,
        rate: 3e-3,
        shown: 12,
    };
    context.progress(0.0, "digits");
    let by_seed = |number: usize| seed.wrapping_add(number as u64);
    let (train, test) = sizes.digits;
    let images = (0..sizes.seeds)
        .map(|number| digits(context, train, test, by_seed(number)))
        .collect::<Result<Vec<_>, _>>()?;
    let of_digits = trial(sizes.epochs[0]);
    let runs = each(sizes.seeds, threads, |number| of_digits.run(&images[number], by_seed(number)))?;
    let digits = Scores { set: "MNIST", runs };
    context.progress(0.6, "characters");
    let images = characters(context, sizes.characters)?;
    let of_characters = trial(sizes.epochs[1]);
    let runs = each(sizes.seeds, threads, |number| of_characters.run(&images, by_seed(number)))?;
    let characters = Scores { set: "Omniglot", runs };
    context.progress(1.0, "done");
    Ok(outcome(&[digits, characters], &networks, context.extent()))
}

fn outcome(sets: &[Scores<'_>; 2], networks: &[(&'static str, CompleterConfig)], extent: Extent) -> Outcome {
    const ONE_LAYER: [&str; 3] = ["one-layer memory", "nearest stored image", "mean image"];
    let below = |set: &Scores<'_>, rival: &str| {
        networks.iter().all(|(name, _)| set.error(name).mean < set.error(rival).mean)
    };
    let lost: Vec<String> = sets
        .iter()
        .flat_map(|set| {
            let lost =
                networks.iter().filter(|(name, _)| set.error(name).mean >= set.error("autoencoder").mean);
            lost.map(|(name, _)| format!("{name} on {}", set.set)).collect::<Vec<_>>()
        })
        .collect();
    let against = match lost.is_empty() {
        true => "Every network has a lower error than the autoencoder.".to_owned(),
        false => format!("The autoencoder has the lower error against: {}.", lost.join(", ")),
    };
    let holds = || sets.iter().all(|set| ONE_LAYER.iter().all(|rival| below(set, rival)));
    Outcome {
        measured: sets[0].error("two-layer"),
        series: sets.iter().flat_map(|set| set.named(true)).collect(),
        baselines: sets.iter().flat_map(|set| set.named(false)).collect(),
        pass: (extent == Extent::Full).then(holds),
        figures: Vec::new(),
        sheets: sets.iter().map(Scores::sheet).collect(),
        notes: vec![
            against,
            "Networks are read after as many steps as they were trained for, shorter ones where the energy would \
             rise; few of them are at rest by then, as the table says."
                .to_owned(),
            "Classified right: a perceptron (784-256) that was trained on the whole training images; \"whole\" and \
             \"cue\" are the intact image and the image with grey at its hidden half. Characters have 200 classes \
             with 15 images each."
                .to_owned(),
            "The order of the 20 images of a character in the published file is taken for that of the people who \
             drew them (unverified)."
                .to_owned(),
        ],
    }
}
