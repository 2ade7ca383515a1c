//! `attractor train` and `recall --model` of networks that complete images, as a person runs them.

#![cfg(feature = "network")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod place;

use place::Place;
use serde_json::Value;

/// The example of the docs, in small: glyphs instead of digits.
fn small() -> String {
    let docs = include_str!("../../../docs/train.md");
    let mut examples = docs.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let text = examples.find(|text| text.contains("task = \"completion\"")).unwrap();
    let changes = [
        ("data = \"mnist\"", "data = \"glyphs\""),
        ("take = 10000", "take = 80"),
        ("runs/digits", "out"),
        ("hidden = 256", "hidden = 16"),
        ("epochs = 10", "epochs = 30"),
        ("rate = 3e-3", "rate = 0.02"),
        ("batch = 128", "batch = 8"),
    ];
    changes.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

fn place(config: &str) -> Place {
    let place = Place::new();
    std::fs::write(place.path("run.toml"), config).unwrap();
    place
}

const RECALL: &str = "recall --model out/model.safetensors --cues glyphs --take 5 --damage mask:lower:0.5";

#[test]
fn the_example_of_the_docs_trains_in_small_and_completes() {
    let place = place(&small());
    let lines = place.json("train run.toml");
    let results = &lines[0];
    assert_eq!((results["images"].as_u64(), results["held"].as_u64()), (Some(72), Some(8)));
    let losses: Vec<f64> = results["history"]["epochs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["loss"].as_f64().unwrap())
        .collect();
    assert!(losses.len() == 30 && losses[29] < 0.9 * losses[0], "{losses:?}");
    assert!(results["error"].as_f64().unwrap() < 0.3);
    let page = std::fs::read_to_string(place.path("out/results.html")).unwrap();
    assert!(page.matches("<img").count() >= 24 && page.contains("<svg"));

    let reports = place.json(&format!("{RECALL} --out done.npy --page page.html"));
    assert_eq!(reports.len(), 5);
    for report in &reports {
        assert_eq!((report["command"].as_str(), report["known"].as_u64()), (Some("recall"), Some(32)));
        assert!(report["energy"].as_f64().unwrap() <= report["start"].as_f64().unwrap(), "{report}");
        assert!((1..=8).contains(&report["steps"].as_u64().unwrap()) && report["converged"].is_boolean());
    }
    let done = attractor_data::open(place.path("done.npy")).unwrap();
    let whole = attractor_data::glyphs().scaled(attractor_data::Scale::Unit);
    for (done, whole) in done.patterns().rows().into_iter().zip(whole.patterns().rows()) {
        assert_eq!(done.slice(ndarray::s![..32]), whole.slice(ndarray::s![..32]), "the upper half is held");
        assert_ne!(
            done.slice(ndarray::s![32..]),
            whole.slice(ndarray::s![32..]),
            "the lower half is not known"
        );
    }
    let page = std::fs::read_to_string(place.path("page.html")).unwrap();
    for words in ["Layer image", "Layer hidden", "Energy by component", "Energy by sample", "memories"] {
        assert!(page.contains(words), "{words}");
    }
    assert_eq!(page.matches("<svg").count(), 2);

    let longer = place.json(&format!("{RECALL} --steps 400 --tolerance 0.01"));
    let rests = |reports: &[Value]| reports.iter().filter(|report| report["converged"] == true).count();
    assert_eq!(rests(&longer), 5);
    assert!(place.ok(RECALL).contains("cue 0"));
}

#[test]
fn a_run_goes_on_where_it_stopped() {
    let place = place(&small());
    let whole = place.json("train run.toml").remove(0);
    let resumed = place.json("train run.toml --resume").remove(0);
    assert_eq!((&whole["error"], &whole["history"]), (&resumed["error"], &resumed["history"]));
    std::fs::write(place.path("run.toml"), small().replace("rate = 0.02", "rate = 0.01")).unwrap();
    place.refused("train run.toml --resume", &["checkpoint.safetensors", "another configuration"]);
}

#[test]
fn an_energy_transformer_trains_and_completes_pictures() {
    let model = "[model.energy-transformer]\npatch = 2\nsteps = 4\n\
        block = { width = 8, heads = 2, depth = 4, memories = 8 }\n";
    let text = small();
    let (head, rest) = text.split_once("[model.two-layer]").unwrap();
    let (_, training) = rest.split_once("[training]").unwrap();
    let config = format!("{head}{model}[training]{training}").replace("mask:upper:0.5", "patches:2:0.5");
    let place = place(&config);
    place.ok("train run.toml");
    place.ok("recall --model out/model.safetensors --cues glyphs --take 3 --damage patches:2:0.5 --out done");
    assert_eq!(std::fs::read_dir(place.path("done")).unwrap().count(), 6);
}

#[test]
fn mistakes_are_named() {
    let broken = |from: &str, to: &str| {
        assert!(small().contains(from), "{from}");
        place(&small().replace(from, to))
    };
    broken("hidden = ", "hiden = ").refused("train run.toml", &["run.toml", "line", "unknown field `hiden`"]);
    broken("two-layer", "ten-layer").refused("train run.toml", &["unknown variant `ten-layer`"]);
    broken("mask:upper:0.5", "flip:0.1").refused("train run.toml", &["flip:0.1"]);
    broken("mask:upper:0.5", "mask:middle:1").refused("train run.toml", &["mask:middle:1"]);
    broken("held = 0.1", "held = 1.5").refused("train run.toml", &["held = 1.5"]);
    broken("\"glyphs\"", "\"iris\"").refused("train run.toml", &["iris", "pixels are from 0 to 1"]);
    broken("\"glyphs\"", "\"absent.npz\"").refused("train run.toml", &["absent.npz"]);
    broken("steps = 8", "steps = 0").refused("train run.toml", &["steps = 0"]);

    let place = place(&small());
    place.refused("recall --cues glyphs", &["nothing to recall from"]);
    place.refused(RECALL, &["model.safetensors"]);
    place.ok("train run.toml");
    let model = "recall --model out/model.safetensors --take 2 --cues";
    place.refused(&format!("{model} glyphs"), &["which pixels are known"]);
    place.refused(&format!("{model} glyphs --damage mask:lower:0.5 --damping 0.5"), &["--damping"]);
    place.refused(&format!("{model} glyphs --damage mask:lower:0.5 --steps 0"), &["--steps 0"]);
    place.pictures("photos");
    place.refused(&format!("{model} photos --damage mask:lower:0.5"), &["4x6", "completes 8x8x1"]);
    place.glyphs();
    place.refused("recall glyphs.attractor --cues glyphs --page a.html", &["--page"]);
    place.refused(
        "recall --model glyphs.attractor --cues glyphs --damage mask:lower:0.5",
        &["glyphs.attractor"],
    );
    let weights = std::fs::read(place.path("out/model.safetensors")).unwrap();
    std::fs::write(place.path("cut.safetensors"), &weights[..weights.len() - 9]).unwrap();
    place.refused(
        "recall --model cut.safetensors --cues glyphs --damage mask:lower:0.5",
        &["cut.safetensors"],
    );
}
