//! `attractor train` as a person runs it.

#![cfg(feature = "network")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod place;

use std::fmt::Write as _;

use place::Place;
use serde_json::Value;

/// 30 bags of 1 to 3 instances; a positive one has an instance whose first component is high.
fn table() -> String {
    let mut text = String::from("bag,label,f1,f2,f3\n");
    for bag in 0..30usize {
        for instance in 0..=bag % 3 {
            let noise = |n: usize| ((bag * 37 + instance * 11 + n * 7) % 19) as f64 / 19.0;
            let lift = if bag % 2 == 0 && instance == 0 { 2.0 } else { 0.0 };
            writeln!(text, "b{bag},{},{},{},0.5", u8::from(bag % 2 == 0), noise(1) + lift, noise(2)).unwrap();
        }
    }
    text
}

fn folds() -> String {
    let mut text = String::from("bag,label,rep1_fold,rep2_fold\n");
    for bag in 0..30 {
        writeln!(text, "b{bag},{},{},{}", u8::from(bag % 2 == 0), bag / 2 % 3, bag / 10).unwrap();
    }
    text
}

const HEAD: &str = "task = \"bags\"\ndata = \"keys.csv\"\noutput = \"out\"\nseed = 3\n";
const HOPFIELD: &str = "[[model]]\n\
    hopfield = { embedding.dense = [8], heads = 2, head_size = 4, hidden = 8, beta = 1.0 }\n";
const ATTENTION: &str = "[[model]]\nattention = { embedding.dense = [8], attention = 4 }\n";
const TRAINING: &str = "[training]\nepochs = 12\nbatch = 4\nrate = 0.01\nstopping.patience = 8\n";
const FOLDS: &str =
    "[cross_validation]\nfile = \"keys.folds2x3.csv\"\nrepetitions = 2\ninner = 2\nmembers = 2\n";

fn place(config: &[&str]) -> Place {
    let place = Place::new();
    std::fs::write(place.path("keys.csv"), table()).unwrap();
    std::fs::write(place.path("keys.folds2x3.csv"), folds()).unwrap();
    std::fs::write(place.path("run.toml"), config.concat()).unwrap();
    place
}

fn without_seconds(mut results: Value) -> Value {
    results["seconds"] = Value::Null;
    results
}

#[test]
fn a_run_leaves_results_page_and_network() {
    let place = place(&[HEAD, HOPFIELD, ATTENTION, TRAINING, FOLDS]);
    let lines = place.json("train run.toml");
    assert_eq!(lines.len(), 3);
    let results = &lines[2];
    assert_eq!((&results["kind"], results["bags"].as_u64()), (&Value::from("results"), Some(30)));
    assert!(results["auc"]["single"]["mean"].as_f64().unwrap() > 90.0, "{results}");
    for attention in results["attention"].as_array().unwrap() {
        let weights = attention["weights"].as_array().unwrap();
        let sum: f64 = weights.iter().map(|weight| weight.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-5, "{attention}");
    }
    let saved: Value =
        serde_json::from_slice(&std::fs::read(place.path("out/results.json")).unwrap()).unwrap();
    assert_eq!(&saved, results);
    let page = std::fs::read_to_string(place.path("out/results.html")).unwrap();
    assert!(page.contains("Attention over the instances of a bag") && page.contains("<svg"));
    let features: Value =
        serde_json::from_slice(&std::fs::read(place.path("out/features.json")).unwrap()).unwrap();
    let path = place.path("out/model.safetensors");
    let (_, width) = attractor_nets::models::BagModel::load(path, &burn::tensor::Device::flex()).unwrap();
    assert_eq!(width, 2, "the third component never varies");
    assert_eq!(features["varying"].as_array().unwrap().len(), 2);
}

#[test]
fn a_run_goes_on_where_it_stopped() {
    let place = place(&[HEAD, HOPFIELD, ATTENTION, TRAINING, FOLDS]);
    let whole = place.json("train run.toml").pop().unwrap();
    let path = place.path("out/repetitions.jsonl");
    let lines = std::fs::read_to_string(&path).unwrap();
    assert_eq!(lines.lines().count(), 2);
    // The second repetition was being written when the run was interrupted.
    std::fs::write(&path, &lines[..lines.len() - 40]).unwrap();
    let resumed = place.json("train run.toml --resume").pop().unwrap();
    assert_eq!(without_seconds(resumed), without_seconds(whole));
    let other = [HEAD, HOPFIELD, &TRAINING.replace("0.01", "0.02")].concat();
    std::fs::write(place.path("run.toml"), other).unwrap();
    place.refused("train run.toml --resume", &["checkpoint.safetensors", "another configuration"]);
    let colder = [HEAD, &HOPFIELD.replace("beta = 1.0", "beta = 0.1"), TRAINING].concat();
    std::fs::write(place.path("run.toml"), colder).unwrap();
    place.refused("train run.toml --resume", &["checkpoint.safetensors", "another model or data"]);
}

#[test]
fn repetitions_of_other_labels_or_folds_are_measured_again() {
    let place = place(&[HEAD, HOPFIELD, TRAINING, FOLDS]);
    let auc = |results: Value| results["repetitions"].clone();
    let first = auc(place.json("train run.toml").pop().unwrap());
    assert_eq!(first, auc(place.json("train run.toml --resume").pop().unwrap()));
    // The first repetition with the folds of the second.
    let mut turned = String::from("bag,label,rep1_fold,rep2_fold\n");
    for bag in 0..30 {
        writeln!(turned, "b{bag},{},{},{}", u8::from(bag % 2 == 0), bag / 10, bag / 2 % 3).unwrap();
    }
    std::fs::write(place.path("keys.folds2x3.csv"), turned).unwrap();
    std::fs::remove_file(place.path("out/checkpoint.safetensors")).unwrap();
    let other = auc(place.json("train run.toml --resume").pop().unwrap());
    assert_ne!(first[0]["folds"], other[0]["folds"]);
}

/// 60 rows of three kinds of flowers, told apart by two of three columns.
fn flowers() -> String {
    let mut text = String::from("length,width,none,species\n");
    for row in 0..60usize {
        let noise = |n: usize| ((row * 37 + n * 11) % 17) as f64 / 17.0;
        let kind = row % 3;
        let (length, width) =
            (noise(1) + 2.0 * (kind as f64 - 1.0), noise(2) - 2.0 * f64::from(u8::from(kind == 1)));
        writeln!(text, "{length},{width},1,{}", ["iris", "rose", "lily"][kind]).unwrap();
    }
    text
}

#[test]
fn a_table_is_learned_and_a_run_goes_on() {
    let config = "task = \"table\"\ndata = \"flowers.csv\"\nlabel = \"species\"\noutput = \"out\"\nseed = 3\n\
        [[model]]\nwidth = 8\nheads = 2\n[[model]]\nlayers = 0\nwidth = 8\n\
        [training]\nepochs = 30\nbatch = 4\nrate = 0.02\nstopping.patience = 10\n\
        [cross_validation]\nfolds = 3\nrepetitions = 2\ninner = 2\nmembers = 2\n";
    let place = Place::new();
    std::fs::write(place.path("flowers.csv"), flowers()).unwrap();
    std::fs::write(place.path("run.toml"), config).unwrap();
    let lines = place.json("train run.toml");
    assert_eq!(lines.len(), 3);
    let results = &lines[2];
    assert_eq!(results["classes"], serde_json::json!(["iris", "lily", "rose"]));
    assert!((results["majority"].as_f64().unwrap() - 1.0 / 3.0).abs() < 1e-12);
    assert!(results["accuracy"]["together"]["mean"].as_f64().unwrap() > 90.0, "{results}");
    let path = place.path("out/model.safetensors");
    let (_, options) =
        attractor_nets::models::TableClassifier::load(path, &burn::tensor::Device::flex()).unwrap();
    assert_eq!((options.inputs, options.classes), (2, 3), "the third column never varies");
    let page = std::fs::read_to_string(place.path("out/results.html")).unwrap();
    assert!(page.contains("accuracy on the held rows") && page.contains("<svg"));
    let resumed = place.json("train run.toml --resume").pop().unwrap();
    assert_eq!(without_seconds(resumed), without_seconds(results.clone()));
    // Other classes are another run.
    let (head, rest) = config.split_once("[[model]]").unwrap();
    let training = &rest[rest.find("[training]").unwrap()..rest.find("[cross_validation]").unwrap()];
    std::fs::write(place.path("run.toml"), format!("{head}[[model]]\nwidth = 8\n{training}")).unwrap();
    place.json("train run.toml");
    std::fs::write(place.path("flowers.csv"), flowers().replace("rose", "lily")).unwrap();
    place.refused("train run.toml --resume", &["checkpoint.safetensors", "another model or data"]);
    std::fs::write(place.path("flowers.csv"), flowers().replace("rose", "iris").replace("lily", "iris"))
        .unwrap();
    place.refused("train run.toml", &["flowers.csv", "one class"]);
    std::fs::write(place.path("run.toml"), config.replace("species", "kind")).unwrap();
    place.refused("train run.toml", &["kind"]);
    std::fs::write(place.path("run.toml"), config.replace("width = 8", "widht = 8")).unwrap();
    place.refused("train run.toml", &["line", "unknown field `widht`"]);
}

#[test]
fn mistakes_are_named() {
    let config = [HEAD, HOPFIELD, ATTENTION, TRAINING, FOLDS];
    let broken = |from: &str, to: &str| {
        let place = place(&[]);
        std::fs::write(place.path("run.toml"), config.concat().replace(from, to)).unwrap();
        place
    };
    broken("epochs", "epoch").refused("train run.toml", &["run.toml", "line", "unknown field `epoch`"]);
    broken("\"bags\"", "\"poem\"").refused("train run.toml", &["unknown variant `poem`"]);
    broken("keys.csv", "locks.csv").refused("train run.toml", &["locks.csv"]);
    broken("heads = 2", "heads = 0").refused("train run.toml", &["heads"]);
    broken("rate = 0.01", "rate = 1e30").refused("train run.toml", &["epoch 0, batch"]);
    broken("repetitions = 2", "repetitions = 3").refused("train run.toml", &["repetitions = 3", "has 2"]);
    place(&[]).refused("train absent.toml", &["absent.toml"]);
    let empty = place(&config);
    std::fs::write(empty.path("keys.csv"), "bag,label,f1\n").unwrap();
    empty.refused("train run.toml", &["keys.csv"]);
    let leak = place(&config);
    std::fs::write(leak.path("keys.folds2x3.csv"), folds() + "b0,1,2,2\n").unwrap();
    leak.refused("train run.toml", &["keys.folds2x3.csv", "bag b0", "learned from and measured on"]);
}
