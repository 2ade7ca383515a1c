//! The memory commands as a user meets them: what they do.

mod place;

use attractor_data::{npy, png};
use attractor_memory::Memory;
use ndarray::array;

use place::Place;

#[test]
fn damaged_glyphs_come_back() {
    let place = Place::new();
    let stored = &place.json("remember glyphs --into glyphs.attractor")[0];
    assert_eq!(
        (&stored["stored"], &stored["width"], &stored["last_id"]),
        (&95.into(), &64.into(), &94.into())
    );
    let size = std::fs::metadata(place.path("glyphs.attractor")).unwrap().len();
    assert_eq!(stored["file_bytes"], size);

    let line = "recall glyphs.attractor --cues glyphs --damage flip:0.05 --seed 3";
    let answers = place.json(line);
    assert_eq!(answers.len(), 95);
    let right = answers.iter().filter(|a| a["leading"][0]["label"] == a["label"]).count();
    assert!(right > 85, "{right} of 95");
    assert!(answers.iter().all(|a| a["status"] == "converged"));
    let trace = answers[5]["trace"].as_array().unwrap();
    assert!(trace.windows(2).all(|w| w[1].as_f64() <= w[0].as_f64()), "{trace:?}");
    // The same seed gives the same bits, another one other cues.
    assert_eq!(place.ok(line), place.ok(line));
    assert_ne!(place.ok(line), place.ok(&line.replace("--seed 3", "--seed 4")));
    // For people: the character is drawn.
    assert!(place.ok("recall glyphs.attractor --cues glyphs --take 3").contains('█'));
}

#[test]
fn clamped_components_stay_and_the_rest_is_completed() {
    let place = Place::new();
    place.glyphs();
    let masked = "recall glyphs.attractor --cues glyphs --damage mask:lower:0.5 --clamp known --out out.npy";
    let right = place.json(masked).iter().filter(|a| a["leading"][0]["label"] == a["label"]).count();
    assert!(right > 60, "{right} of 95");
    let states = attractor_data::open(place.path("out.npy")).unwrap().into_patterns();
    let glyphs = attractor_data::glyphs();
    for (state, glyph) in states.outer_iter().zip(glyphs.patterns().outer_iter()) {
        assert!(state.iter().zip(glyph).take(32).all(|(a, b)| a == b));
    }
    // The same components by number.
    place.ok(&masked.replace("--clamp known", "--clamp 0-30,31").replace("out.npy", "same.npy"));
    assert_eq!(attractor_data::open(place.path("same.npy")).unwrap().into_patterns(), states);
}

#[test]
fn every_kind_remembers_and_recalls_its_own_patterns() {
    for kind in
        ["sparse", "rectified(4)", "polynomial(9)", "exponential", "storkey", "hebb", "pseudo-inverse(kept)"]
    {
        let place = Place::new();
        place.ok(&format!("remember glyphs --take 1 --into one.attractor --kind {kind}"));
        let answer = &place.json("recall one.attractor --cues glyphs --take 1")[0];
        let (status, id) = (&answer["status"], &answer["leading"][0]["id"]);
        assert_eq!((status, id), (&"converged".into(), &0.into()), "{kind}");
        let seen = &place.json("inspect one.attractor")[0];
        assert_eq!((&seen["patterns"], &seen["width"]), (&1.into(), &64.into()), "{kind}");
        // Added to, with the same choice or none.
        place.ok(&format!("remember glyphs --into one.attractor --kind {kind}"));
        place.ok("remember glyphs --take 2 --into one.attractor");
        assert_eq!(place.json("inspect one.attractor")[0]["patterns"], 98, "{kind}");
    }
}

#[test]
fn cues_of_a_binary_memory_are_clamped_each_by_its_own_mask() {
    let place = Place::new();
    place.ok("remember glyphs --into e.attractor --kind exponential");
    let line = "recall e.attractor --cues glyphs --damage mask:random:0.3:-1 --clamp known";
    let answers = place.json(line);
    let right = answers.iter().filter(|a| a["leading"][0]["label"] == a["label"]).count();
    assert!(answers.len() == 95 && right > 60, "{right}");
    // Ink that is known stays, whatever the memory prefers.
    place.ok(&format!("{line} --out out.npy"));
    place.ok("recall e.attractor --cues glyphs --damage mask:random:0.3:-1 --steps 0 --out cue.npy");
    let read = |name| attractor_data::open(place.path(name)).unwrap().into_patterns();
    let (states, cues) = (read("out.npy"), read("cue.npy"));
    assert!(cues.iter().zip(&states).all(|(&cue, &state)| cue < 0.0 || state == 1.0));
}

#[test]
fn pictures_come_back_as_pictures() {
    let place = Place::new();
    place.pictures("zoo");
    place.ok("remember zoo --into zoo.attractor");
    let seen = &place.json("inspect zoo.attractor")[0];
    assert_eq!(
        (&seen["shape"], &seen["scale"], &seen["labelled"]),
        (&"4x6".into(), &"signed".into(), &3.into())
    );
    let answers =
        place.json("recall zoo.attractor --cues zoo --damage mask:lower:0.5 --clamp known --out back");
    for (answer, name) in answers.iter().zip(["ant", "bee", "cat"]) {
        assert_eq!((&answer["label"], &answer["leading"][0]["label"]), (&name.into(), &name.into()));
        assert!(answer["rms_error"].as_f64().unwrap() < 0.02);
    }
    let original = png::read_set(&place.path("zoo")).unwrap();
    for (cue, original) in original.patterns().outer_iter().enumerate() {
        let back = png::read_set(&place.path(&format!("back/{cue:05}-recalled.png"))).unwrap();
        let worst = back.patterns().iter().zip(original).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst <= 3.0, "{worst} of 255");
        assert!(place.path(&format!("back/{cue:05}-cue.png")).is_file());
    }
    place.ok("inspect zoo.attractor --pattern 1 --out bee.png");
    let bee = png::read_set(&place.path("bee.png")).unwrap();
    assert_eq!(bee.patterns(), png::read_set(&place.path("zoo/bee.png")).unwrap().patterns());
}

#[test]
fn arrays_and_tables_keep_their_numbers() {
    let place = Place::new();
    let patterns = array![[1.0_f32, 20.0, 3.0], [-4.0, 5.0, 60.0], [7.0, -8.0, 9.0]];
    npy::write(&place.path("a.npy"), patterns.view()).unwrap();
    std::fs::write(place.path("b.csv"), "length,width,depth,kind\n0,1,2,low\n30,40,50,high\n").unwrap();
    place.ok("remember a.npy b.csv --into m.attractor");
    let memory = Memory::load(place.path("m.attractor")).unwrap();
    assert_eq!(memory.patterns().slice(ndarray::s![..3, ..]), patterns);
    assert_eq!(memory.patterns().slice(ndarray::s![3.., ..]), array![[0.0, 1.0, 2.0], [30.0, 40.0, 50.0]]);
    let answers = place.json("recall m.attractor --cues b.csv --out c.csv");
    assert_eq!(answers[1]["leading"][0]["label"], "high");
    let back = attractor_data::open(place.path("c.csv")).unwrap().into_patterns();
    assert!((back - array![[0.0_f32, 1.0, 2.0], [30.0, 40.0, 50.0]]).iter().all(|x| x.abs() < 0.1));
}

#[test]
fn cues_are_scaled_by_the_range_of_the_memory() {
    let place = Place::new();
    npy::write(&place.path("a.npy"), array![[0.0_f32, 10.0], [10.0, 0.0]].view()).unwrap();
    npy::write(&place.path("cue.npy"), array![[2.0_f32, 9.0]].view()).unwrap();
    place.ok("remember a.npy --into m.attractor --scale unit");
    assert_eq!(Memory::load(place.path("m.attractor")).unwrap().patterns(), array![[0.0, 1.0], [1.0, 0.0]]);
    place.ok("recall m.attractor --cues cue.npy --steps 0 --out out.npy");
    let cue = attractor_data::open(place.path("out.npy")).unwrap().into_patterns();
    assert_eq!(cue, array![[0.2, 0.9]]);
}

#[test]
fn data_sets_are_listed_and_shown() {
    let place = Place::new();
    let names = place.json("data list");
    assert!(["glyphs", "iris", "mnist"].iter().all(|n| names.iter().any(|object| object["name"] == *n)));
    let iris = &place.json("data show iris")[0];
    assert_eq!((&iris["patterns"], &iris["width"], &iris["classes"]), (&150.into(), &4.into(), &3.into()));
    place.refused("data show mnist", &["no-data", "train-images"]);
    place.refused("data fetch nothing", &["nothing", "mnist"]);
}

#[test]
fn every_command_shows_an_example() {
    let place = Place::new();
    for command in ["remember", "recall", "inspect", "data", "data list", "data fetch", "data show"] {
        let help = place.ok(&format!("{command} --help"));
        assert!(help.contains("EXAMPLE") && help.contains(&format!("attractor {command}")), "{help}");
    }
}

/// What is reported beside the states changes nothing of them.
#[test]
fn bench_times_arrays_of_ones_own() {
    let place = Place::new();
    let keys = array![[1.0f32, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    npy::write(&place.path("keys.npy"), keys.view()).unwrap();
    npy::write(&place.path("cues.npy"), array![[0.9f32, 0.1, 0.0]].view()).unwrap();
    let timed = |detail: &str| {
        let line = "bench --keys keys.npy --cues cues.npy --beta 8 --repeat 3 --out states.npy --detail ";
        let lines = place.json(&format!("{line}{detail}"));
        let timing = lines.iter().find(|line| line["workload"] == "1x3x3").unwrap();
        assert_eq!(timing["samples_ms"].as_array().unwrap().len(), 3);
        attractor_data::open(place.path("states.npy")).unwrap().into_patterns()
    };
    let states = timed("states");
    assert_eq!(states, timed("full"));
    assert!(states[[0, 0]] > 0.99);
}
