//! `attractor reproduce` as a person runs it.

use std::process::{Command, Output};

fn attractor(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_attractor")).args(arguments).output().expect("the program starts")
}

#[test]
fn an_unknown_id_is_a_mistake_of_the_user() {
    let run = attractor(&["reproduce", "capacity/clasical"]);
    let error = String::from_utf8(run.stderr).unwrap();
    assert_eq!(run.status.code(), Some(2), "{error}");
    assert!(error.contains("no experiment `capacity/clasical`") && error.contains("--list"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(run.stdout.is_empty());
}

#[test]
fn without_an_id_there_is_nothing_to_run() {
    assert_eq!(attractor(&["reproduce"]).status.code(), Some(2));
}

#[test]
fn the_list_has_a_line_for_every_experiment() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let run = attractor(&["reproduce", "--list", "--json", "--out", out]);
    assert!(run.status.success());
    let lines = String::from_utf8(run.stdout).unwrap();
    let ids: Vec<String> = lines
        .lines()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(line["schema"] == 1 && line["last"].is_null() && line["data"].is_array(), "{line}");
            line["id"].as_str().unwrap().to_owned()
        })
        .collect();
    let known = attractor_lab::experiments().into_iter().chain(attractor_lab::members());
    let known: Vec<String> = known.map(|e| e.id.to_owned()).collect();
    assert_eq!(ids, known);
}
