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
        } else {
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
    assert!(page.matches("<figure>").count() >= 4, "capacity and energies are drawn");
}
