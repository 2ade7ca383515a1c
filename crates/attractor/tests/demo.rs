//! `attractor demo` on an empty machine.

use std::process::Command;

use serde_json::Value;

/// Runs the demo without data; returns its lines and its page.
fn demo(seed: &str) -> (Vec<Value>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("page.html");
    let run = Command::new(env!("CARGO_BIN_EXE_attractor"))
        .args(["demo", "--json", "--runs", "1", "--seed", seed, "--out"])
        .arg(&page)
        .env("ATTRACTOR_DATA", folder.path())
        .output()
        .expect("the program starts");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let lines = String::from_utf8(run.stdout).expect("lines are text");
    let lines = lines.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    (lines, std::fs::read_to_string(page).expect("the page is there"))
}

#[test]
fn numbers_and_traces_are_what_theory_allows() {
    let (lines, _) = demo("3");
    let mean = |line: &Value, what: &str| line[what]["mean"].as_f64().unwrap();
    let (mut counts, mut traces) = (0, 0);
    for line in &lines {
        assert_eq!((&line["schema"], &line["seed"]), (&Value::from(1), &Value::from(3)));
        if line["line"] == "count" {
            counts += 1;
            let stored = line["stored"].as_f64().unwrap();
            assert!(
                mean(line, "recalled") <= stored && mean(line, "exact") <= mean(line, "recalled"),
                "{line}"
            );
        } else if line["line"] == "trace" {
            traces += 1;
            let energies: Vec<f64> =
                line["energies"].as_array().unwrap().iter().map(|e| e.as_f64().unwrap()).collect();
            // States are f32: an energy is known to seven digits of the terms that it is made of.
            let scale = energies.iter().fold(64.0, |m: f64, e| m.max(e.abs()));
            assert!(energies.windows(2).all(|w| w[1] <= w[0] + 1e-6 * scale), "{line}");
        }
    }
    assert_eq!((counts, traces), (8 * 14, 22));
    let count = |kind: &str, stored: u64, damage: &str| {
        let line = lines.iter().find(|line| {
            line["line"] == "count"
                && line["kind"] == kind
                && line["stored"] == stored
                && line["damage"] == damage
        });
        mean(line.unwrap(), "recalled")
    };
    assert_eq!(count("hebb", 1, "flip:0.1"), 1.0, "one pattern is always recalled");
    for modern in ["exponential", "softmax", "entmax", "sparsemax"] {
        assert!(count(modern, 95, "flip:0.1") > 10.0 * count("hebb", 95, "flip:0.1").max(1.0), "{modern}");
    }
}

#[test]
fn what_is_learned_stays_and_what_is_unknown_is_told() {
    let (lines, page) = demo("2");
    let of = |kind: &str, set: &str| -> Vec<&Value> {
        lines.iter().filter(|line| line["line"] == kind && line["set"] == set).collect()
    };
    assert!(of("course", "mnist").is_empty(), "there are no digits here");
    for (set, steps, looks) in [("characters", 10, 800), ("iris", 3, 90)] {
        let course = of("course", set);
        assert_eq!(course.len(), 2 * steps, "{set}: two learners");
        let last = |complementary: bool| {
            let mut of = course.iter().filter(|line| (line["learner"] == "complementary") == complementary);
            let line = of.next_back().unwrap();
            assert_eq!((line["step"].as_u64(), line["looks"].as_u64()), (Some(steps as u64), Some(looks)));
            line["accuracy"].as_f64().unwrap()
        };
        let (learner, naive) = (last(true), last(false));
        let mixed = of("mixed", set)[0]["accuracy"].as_f64().unwrap();
        assert!(learner > naive + 0.2, "{set}: {learner} against {naive}");
        // Else the network cannot learn this at all, and forgetting explains nothing.
        assert!(mixed > naive, "{set}: {mixed} in mixed order, {naive} in this one");
        let sleep = of("sleep", set)[0];
        assert!(sleep["replays"].as_u64().unwrap() > 0 && sleep["before"].is_f64(), "{sleep}");
        assert!(
            sleep["after"].as_f64() <= sleep["before"].as_f64(),
            "a harmful replay is taken back: {sleep}"
        );
    }
    let kill = of("kill", "characters")[0];
    assert_eq!((&kill["acknowledged"], &kill["found"]), (&Value::from(400), &Value::from(400)));
    assert_eq!((&kill["looks"], &kill["same"]), (&Value::from(800), &kill["asked"]), "{kill}");
    let answers = of("answer", "characters");
    assert_eq!(answers.len(), 2);
    for answer in answers {
        let confidence = answer["confidence"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&confidence) && answer["label"].is_string(), "{answer}");
        assert!(answer["system"] == "fast" || answer["system"] == "slow", "{answer}");
        let episodes = answer["episodes"].as_array().unwrap();
        assert!(!episodes.is_empty() && episodes.iter().all(|e| e["time"].as_u64() < Some(800)), "{answer}");
    }
    let novelty = of("novelty", "characters")[0];
    assert!(novelty["auroc"].as_f64().unwrap() > 0.6, "chance is 0.5: {novelty}");
    let completion = of("completion", "characters")[0];
    let (right, hidden) = (completion["right"].as_u64().unwrap(), completion["hidden"].as_u64().unwrap());
    assert_eq!(hidden, 32);
    assert!(right > 16, "{completion}");
    for part in
        ["Learning without forgetting", "Killed half way", "Slept.", "Asked.", "the unknown", "Completed."]
    {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn the_same_seed_gives_the_same_demo() {
    let (first, second) = (demo("5"), demo("5"));
    assert_eq!(first, second);
}

#[test]
fn the_page_is_well_formed_and_asks_for_nothing() {
    let (_, page) = demo("1");
    for outside in ["http://", "https://", "url(", "src=", "@import", "<script", "<link"] {
        assert!(!page.contains(outside), "{outside}");
    }
    let mut open = Vec::new();
    for piece in page.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').expect("a tag ends");
        let name = tag.split_whitespace().next().unwrap_or("").trim_end_matches('/');
        match name.strip_prefix('/') {
            Some(closed) => assert_eq!(open.pop(), Some(closed), "in {tag}"),
            None if name.starts_with('!') || name == "meta" || tag.ends_with('/') => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    assert!(page.matches("<figure>").count() >= 6, "capacity, energies and what was learned are drawn");
}
