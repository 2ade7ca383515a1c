//! The learner's commands as a user meets them: what they do, and what they refuse.

#![allow(clippy::unwrap_used, reason = "tests may fail by panic")]

mod place;

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use attractor_data::{Shape, npy, png};
use attractor_learn::Learner;
use attractor_store::ledger::{Durability, Ledger};
use attractor_store::storage::Disk;
use ndarray::Array2;
use serde_json::Value;

use place::Place;

/// `rows` of two classes that are far from each other.
fn table(place: &Place, name: &str, rows: usize) {
    let mut text = b"length,width,depth,kind\n".to_vec();
    for row in 0..rows {
        let wiggle = (row * 7 % 11) as f32 / 50.0;
        let (base, kind) = if row % 2 == 0 { (0.0, "low") } else { (3.0, "high") };
        writeln!(text, "{},{},{},{kind}", base + wiggle, base - wiggle, 1.0 + wiggle).unwrap();
    }
    std::fs::write(place.path(name), text).unwrap();
}

/// A folder of two folders, `bars` and `rings`, of so many pictures of 12x12 each.
fn pictures(place: &Place, folder: &str, each: usize) {
    for class in ["bars", "rings"] {
        std::fs::create_dir_all(place.path(folder).join(class)).unwrap();
        for number in 0..each {
            let ink = |i: usize| {
                let (row, column) = (i / 12, (i % 12 + number) % 12);
                let ring = (row as f32 - 5.5).hypot(column as f32 - 5.5);
                let on = if class == "bars" { column < 4 } else { (3.0..5.0).contains(&ring) };
                if on { 255.0 } else { (number * 3) as f32 }
            };
            let pixels: Vec<f32> = (0..144).map(ink).collect();
            let path = place.path(folder).join(class).join(format!("{number:02}.png"));
            let shape = Shape::grey(12, 12);
            png::write(&path, ndarray::ArrayView1::from(&pixels), shape, (0.0, 255.0)).unwrap();
        }
    }
}

/// Runs a line with something on standard input.
fn feed(place: &Place, line: &str, input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_attractor"))
        .args(line.split_whitespace())
        .current_dir(place.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses may have ended before it read all.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// Whether a run failed as a user's mistake does: code 2, one line with `words`, one hint.
fn complained(done: &Output, words: &[&str]) {
    let errors = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{errors}");
    let lines: Vec<&str> = errors.lines().collect();
    assert_eq!(lines.len(), 2, "{errors}");
    assert!(lines[0].starts_with("error: ") && lines[1].starts_with("hint: "), "{errors}");
    for word in words {
        assert!(lines[0].contains(word), "{errors} lacks {word}");
    }
}

fn objects(done: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&done.stdout);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_table_is_learned_continued_predicted_and_inspected() {
    let place = Place::new();
    table(&place, "some.csv", 12);
    table(&place, "more.csv", 40);
    let learned = place.json("learn some.csv --label kind --order iid --seed 3 --brain brain");
    let total = learned.last().unwrap();
    assert_eq!((&total["command"], &total["kind"]), (&"learn".into(), &"total".into()));
    assert_eq!((&total["observations"], &total["total"]), (&12.into(), &12.into()));
    assert_eq!(total["classes"], 2);
    let became: u64 = ["stored", "merged", "passed"].iter().map(|name| total[name].as_u64().unwrap()).sum();
    assert_eq!(became, 12);
    for number in ["seconds", "per_second", "episodes", "room", "memory_total", "disk_bytes"] {
        assert!(total[number].as_f64().unwrap() > 0.0, "{number} in {total}");
    }
    let parts = total["memory_bytes"].as_object().unwrap();
    let sum: u64 = parts.values().map(|bytes| bytes.as_u64().unwrap()).sum();
    assert_eq!((sum, parts.len()), (total["memory_total"].as_u64().unwrap(), 5));
    assert!(total.get("test").is_none());

    let again = &place.json("learn more.csv --label kind --limit 20 --brain brain")[0];
    assert_eq!((&again["observations"], &again["total"]), (&20.into(), &32.into()));

    let answers = place.json("predict brain more.csv --label kind");
    let (total, answers) = answers.split_last().unwrap();
    assert_eq!((&total["kind"], &total["observations"], answers.len()), (&"total".into(), &40.into(), 40));
    assert!(total["accuracy"].as_f64().unwrap() > 0.95, "{total}");
    let answer = &answers[1];
    assert_eq!(
        (&answer["row"], &answer["label"], &answer["expected"]),
        (&1.into(), &"high".into(), &"high".into())
    );
    assert!(answer["confidence"].as_f64().unwrap() > 0.5);
    assert!(["fast", "slow"].contains(&answer["system"].as_str().unwrap()));
    assert!((0.0..=1.0).contains(&answer["novelty"]["rank"].as_f64().unwrap()));
    assert!(answer["episodes"][0]["id"].is_u64() && answer["episodes"][0]["weight"].is_f64());
    // For people.
    let said = place.ok("predict brain more.csv --label kind --limit 2");
    assert!(said.starts_with("0 (low): low") && said.contains("accuracy 1.0000 (2 of 2)"), "{said}");

    let seen = &place.json("inspect brain")[0];
    assert_eq!((&seen["observations"], &seen["shape"]), (&32.into(), &"3".into()));
    assert_eq!(seen["classes"].as_array().unwrap().len(), 2);
    assert_eq!(seen["damage"], Value::Array(Vec::new()));
    assert!(seen["generation"].as_u64().unwrap() > 1 && seen["disk_bytes"].as_u64().unwrap() > 0);
    assert!(seen["memory_bytes"]["episodes"].as_u64().unwrap() > 0 && seen["memory_total"].is_u64());
    let said = place.ok("inspect brain");
    assert!(said.contains("high: 16 observations") && said.contains("room for"), "{said}");
}

#[test]
fn sleeping_and_forgetting_change_the_learner() {
    let place = Place::new();
    table(&place, "some.csv", 40);
    place.ok("learn some.csv --label kind --brain brain --slow mean");
    let slept = &place.json("sleep brain --updates 300 --order class-balanced")[0];
    assert_eq!((&slept["command"], &slept["brain"]), (&"sleep".into(), &"brain".into()));
    assert!(slept["updates"].as_u64().unwrap() > 0, "{slept}");
    assert!(["budget", "generalised"].contains(&slept["ended"].as_str().unwrap()), "{slept}");
    assert_eq!(place.json("inspect brain")[0]["replays"], slept["updates"]);
    assert!(place.ok("sleep brain --seconds 0").starts_with("slept"));

    let before = place.json("inspect brain")[0].clone();
    let answers = place.json("predict brain some.csv --label kind --limit 1");
    let id = answers[0]["episodes"][0]["id"].as_u64().unwrap();
    let gone = &place.json(&format!("forget brain --episode {id}"))[0];
    assert_eq!((&gone["episode"], &gone["removed"]), (&id.into(), &1.into()));
    assert_eq!(gone["episodes"].as_u64().unwrap() + 1, before["episodes"].as_u64().unwrap());
    let gone = &place.json("forget brain --label low")[0];
    assert!(gone["removed"].as_u64().unwrap() > 0);
    let answers = place.json("predict brain some.csv --label kind");
    assert!(answers[..40].iter().all(|answer| answer["label"] == "high"));
    complained(&place.run(&format!("forget brain --episode {id}")), &[&id.to_string()]);
    complained(&place.run("forget brain --label nothing"), &["nothing"]);
    complained(&place.run("sleep brain --seconds -1"), &["seconds", "-1"]);
}

#[test]
fn namespaces_are_learned_asked_and_forgotten_apart() {
    let place = Place::new();
    table(&place, "t.csv", 20);
    place.json("learn t.csv --label kind --brain brain --namespace kitchen");
    let line = "{\"x\":[9,9,9],\"y\":\"far\",\"namespace\":\"office\"}\n{\"x\":[0,0,1],\"y\":\"low\"}\n";
    feed(&place, "learn - --brain brain --namespace kitchen --json", line);
    let rooms = |place: &Place| -> Vec<(String, u64)> {
        let report = &place.json("inspect brain")[0];
        let rooms = report["namespaces"].as_array().unwrap().iter();
        rooms
            .map(|one| (one["name"].as_str().unwrap().to_owned(), one["episodes"].as_u64().unwrap()))
            .collect()
    };
    let found = rooms(&place);
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["", "kitchen", "office"]);
    assert!(found[0].1 == 0 && found[1].1 > 2 && found[2].1 == 1);

    let cue = "{\"x\":[0,0,1]}\n{\"x\":[0,0,1],\"namespace\":\"kitchen\"}\n";
    let answers = objects(&feed(&place, "predict brain - --namespace office --json", cue));
    assert_eq!(answers[0]["episodes"].as_array().unwrap().len(), 1);
    assert_eq!(answers[0]["episodes"][0]["namespace"], "office");
    assert_eq!(answers[1]["episodes"][0]["namespace"], "kitchen");
    let cues = "recall brain --cues t.csv --label-column kind --take 1 --clamp 0,1";
    let whole = &place.json(&format!("{cues} --namespace office"))[0];
    assert_eq!(whole["leading"].as_array().unwrap().len(), 1);

    let gone = &place.json("forget brain --namespace office")[0];
    assert_eq!((&gone["namespace"], &gone["removed"]), (&"office".into(), &1.into()));
    assert_eq!(rooms(&place)[2].1, 0);
    for line in ["forget brain --namespace cellar", "predict brain t.csv --label kind --namespace cellar"] {
        complained(&place.run(line), &["no namespace is called `cellar`"]);
    }
    complained(&feed(&place, "predict brain - --namespace cellar", cue), &["line 1", "cellar"]);
}

#[test]
fn lines_of_standard_input_are_learned_and_answered() {
    let place = Place::new();
    let input = "{\"x\":[0.0,1.0],\"y\":\"a\"}\n\n{\"x\":[1.0,0.0],\"y\":7}\n{\"x\":[1.0],\"y\":7}\n{\"x\":[5,5],\"y\":1}\n";
    let done = feed(&place, "learn - --brain brain --json --durability always", input);
    complained(&done, &["standard input, line 4", "expected 2", "found 1"]);
    // What came before is acknowledged, line by line, and stays.
    let taken = objects(&done);
    let lines: Vec<_> = taken[..2].iter().map(|o| (&o["kind"], &o["line"], &o["observed"])).collect();
    let (kind, stored) = ("observation".into(), "stored".into());
    assert_eq!(lines, [(&kind, &1.into(), &stored), (&kind, &3.into(), &stored)]);
    assert_eq!((taken.len(), &taken[2]["total"]), (3, &2.into()));

    let done = feed(&place, "predict brain - --json", "{\"x\":[0.1,0.9]}\n{\"x\":[1,0],\"y\":7}\n");
    let answers = objects(&done);
    assert_eq!((&answers[0]["label"], &answers[1]["label"]), (&"a".into(), &"7".into()));
    assert_eq!((&answers[0]["row"], answers[0].get("expected")), (&1.into(), None));
    assert_eq!((&answers[2]["labelled"], &answers[2]["accuracy"]), (&1.into(), &1.0.into()));

    complained(&feed(&place, "predict brain -", "{\"x\":[1,2,3]}"), &["line 1", "expected 2", "found 3"]);
    complained(&feed(&place, "learn - --brain new", "{\"x\":[1,NaN],\"y\":1}"), &["line 1", "column"]);
    complained(&feed(&place, "learn - --brain new", "{\"x\":[1,2]}"), &["line 1", "no label"]);
    complained(&feed(&place, "learn - --brain new", ""), &["no observation"]);
    complained(&feed(&place, "learn - --brain new --order iid", ""), &["--order"]);
    assert!(!place.path("new").exists(), "nothing is made of nothing");
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let place = Place::new();
    let mut child = Command::new(env!("CARGO_BIN_EXE_attractor"))
        .args("learn - --brain brain --json".split(' '))
        .current_dir(place.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
    for number in 0..20 {
        writeln!(input, "{{\"x\":[{number},{}],\"y\":{}}}", 20 - number, number % 2).unwrap();
        let object: Value = serde_json::from_str(&told.next().unwrap().unwrap()).unwrap();
        assert_eq!(object["line"], number + 1);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(place.json("inspect brain")[0]["observations"], 20);
    assert_eq!(objects(&feed(&place, "predict brain - --json", "{\"x\":[0,20]}"))[0]["label"], "0");
}

#[test]
fn folders_of_pictures_are_seen_as_pictures() {
    let place = Place::new();
    pictures(&place, "shapes", 10);
    let total = &place.json("learn shapes --brain brain --order iid --slow none")[0];
    assert_eq!((&total["observations"], &total["classes"]), (&20.into(), &2.into()));
    let seen = &place.json("inspect brain")[0];
    assert_eq!((&seen["shape"], &seen["encoder_version"]), (&"12x12".into(), &1.into()));
    assert_eq!(seen["classes"][0]["label"].as_str().map(str::len).map(|n| n > 3), Some(true));
    let answers = place.json("predict brain shapes");
    assert!(answers.last().unwrap()["accuracy"].as_f64().unwrap() > 0.9);

    // A hidden half comes back from the episodes, as pictures of the same tones.
    let line = "recall brain --cues shapes --take 3 --damage mask:lower:0.5 --out back";
    let completed = place.json(line);
    assert_eq!((completed.len(), &completed[0]["known"]), (3, &72.into()));
    for answer in &completed {
        assert_eq!((&answer["label"], &answer["leading"][0]["label"]), (&"bars".into(), &"bars".into()));
    }
    let read = |name: &str| png::read_set(&place.path(name)).unwrap().into_patterns();
    let (back, cue) = (read("back/00002-recalled.png"), read("back/00002-cue.png"));
    let original = read("shapes/bars/02.png");
    let away = |from: &Array2<f32>| (from - &original).mapv(|x| x * x).sum();
    assert!(away(&back) < 0.7 * away(&cue), "{} of {}", away(&back), away(&cue));
    assert_eq!(back.slice(ndarray::s![.., ..72]), original.slice(ndarray::s![.., ..72]));
    place.ok("recall brain --cues shapes --take 1 --clamp 0-71 --out back.npy");
    place.refused("recall brain --cues shapes --damage gauss:0.1", &["which components are known"]);
    place.refused("recall brain --cues shapes", &["which components are known"]);
    place.refused("recall brain --cues shapes --damping 0.5", &["--damping"]);
}

#[test]
fn a_test_after_each_experience_gives_the_matrix_and_a_page() {
    let place = Place::new();
    let line = "learn iris --brain brain --order class:1 --slow mean --test iris --page page.html";
    let told = place.json(line);
    assert_eq!(told.len(), 4);
    for (place, object) in told[..3].iter().enumerate() {
        assert_eq!((&object["kind"], &object["experience"]), (&"experience".into(), &place.into()));
        assert_eq!(object["accuracy"].as_array().unwrap().len(), 3);
    }
    let test = &told[3]["test"];
    assert_eq!(test["matrix"][2], told[2]["accuracy"]);
    assert_eq!((&test["examples"], &test["left_out"]), (&150.into(), &0.into()));
    // What was not seen is not answered: a check that can fail.
    assert_eq!(test["matrix"][0][1], 0.0);
    assert!(test["accuracy"].as_f64().unwrap() > 0.8, "{test}");
    assert!(test["forgetting"].is_f64());
    let ids: Vec<_> = test["values"].as_array().unwrap().iter().map(|value| &value["definition"]).collect();
    assert!(ids.contains(&&"acc".into()) && ids.contains(&&"fgt".into()), "{ids:?}");
    let page = std::fs::read_to_string(place.path("page.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("fgt"));
    // The same seed gives the same bits.
    let again = place.json(&line.replace("brain brain", "brain other"));
    assert_eq!(again[3]["test"], told[3]["test"]);
}

#[test]
fn labels_come_from_a_file_too() {
    let place = Place::new();
    let at = |(row, column)| if row % 2 == column % 2 { 5.0 } else { row as f32 / 50.0 };
    let patterns = Array2::<f32>::from_shape_fn((10, 4), at);
    npy::write(&place.path("x.npy"), patterns.view()).unwrap();
    let mut idx = vec![0, 0, 8, 1, 0, 0, 0, 10];
    idx.extend((0..10).map(|row| row % 2));
    std::fs::write(place.path("y.idx"), idx).unwrap();
    let labels = ndarray::Array1::from_shape_fn(10, |row| (row % 2) as f32);
    npy::write(&place.path("y.npy"), labels.view()).unwrap();
    place.ok("learn x.npy --labels y.npy --brain brain");
    let total = place.json("predict brain x.npy --labels y.idx").pop().unwrap();
    assert_eq!(total["right"], 10);
    // Without labels there is nothing to count.
    assert_eq!(place.json("predict brain x.npy").pop().unwrap()["accuracy"], Value::Null);
    place.refused("learn x.npy --brain new", &["x.npy", "no labels"]);
    std::fs::write(place.path("few.idx"), [0, 0, 8, 1, 0, 0, 0, 1, 0]).unwrap();
    place.refused("learn x.npy --labels few.idx --brain new", &["few.idx", "10"]);
}

#[test]
fn what_cannot_be_learned_is_refused_before_anything_is_made() {
    let place = Place::new();
    table(&place, "t.csv", 6);
    place.refused("learn t.csv --label colour --brain new", &["t.csv", "colour", "length", "kind"]);
    std::fs::write(place.path("ragged.csv"), "a,b,kind\n1,2,x\n1,x\n").unwrap();
    place.refused("learn ragged.csv --brain new", &["ragged.csv", "line 3"]);
    std::fs::write(place.path("nan.csv"), "a,b,kind\n1,NaN,x\n").unwrap();
    place.refused("learn nan.csv --brain new", &["nan.csv", "line 2, column 2"]);
    pictures(&place, "shapes", 1);
    std::fs::write(place.path("shapes/rings/01.png"), b"\x89PNG\r\n\x1a\nnothing").unwrap();
    place.refused("learn shapes --brain new", &["01.png"]);
    place.refused("learn t.csv --label kind --memory 10KiB --brain new", &["bytes are needed", "10240"]);
    place.refused("learn t.csv --label kind --disk 10 --brain new", &["bytes are needed", "on disk"]);
    place.refused("learn t.csv --label kind --vision patches --brain new", &["--vision patches"]);
    place.refused("learn t.csv --label kind --brain shapes", &["shapes", "something else"]);
    place.refused("learn t.csv --label kind --brain new --test t.csv --page no/p.html", &["no/p.html"]);
    std::fs::write(place.path("order.txt"), "0\n6\n").unwrap();
    place.refused("learn t.csv --label kind --order file:order.txt --brain new", &["order.txt", "line 2"]);
    for line in ["predict new t.csv", "sleep new", "forget new --label x", "recall new --cues t.csv"] {
        place.refused(line, &["new"]);
    }
    place.refused("predict shapes t.csv", &["shapes", "no learner"]);
    place.refused("sleep shapes", &["shapes", "no learner"]);
    assert!(!place.path("new").exists());
    for line in
        ["learn t.csv", "learn t.csv --brain new --order some", "learn t.csv --brain new --memory 1MB"]
    {
        assert_eq!(place.run(line).status.code(), Some(2), "{line}");
    }
}

#[test]
fn a_learner_is_continued_by_one_writer_with_its_own_recipe() {
    let place = Place::new();
    table(&place, "t.csv", 6);
    place.ok("learn t.csv --label kind --brain brain");
    std::fs::write(place.path("wide.csv"), "a,b,c,d,kind\n1,2,3,4,x\n").unwrap();
    complained(&place.run("learn wide.csv --brain brain"), &["wide.csv", "size 4", "brain", "of 3"]);
    complained(&place.run("predict brain wide.csv"), &["wide.csv", "size 4", "brain", "of 3"]);
    complained(
        &place.run("learn t.csv --label kind --brain brain --slow none"),
        &["--slow", "another recipe"],
    );
    complained(&place.run("learn t.csv --label kind --brain brain --memory 1GiB"), &["--memory"]);

    // While one learns, others read.
    let writer = Learner::open(place.path("brain")).unwrap();
    for line in ["learn t.csv --label kind --brain brain", "sleep brain", "forget brain --label low"] {
        complained(&place.run(line), &["in use by another writer"]);
    }
    place.ok("predict brain t.csv --label kind");
    place.ok("inspect brain");
    drop(writer);
    assert_eq!(place.json("inspect brain")[0]["observations"], 6);
}

#[test]
fn what_others_wrote_is_left_alone() {
    let place = Place::new();
    table(&place, "t.csv", 6);
    let ledger = |name: &str, format, version| {
        let disk = Arc::new(Disk::open(place.path(name)).unwrap());
        drop(Ledger::open(disk, format, version, Durability::Always).unwrap());
    };
    ledger("later", "attractor learner", 99);
    ledger("other", "another owner", 1);
    for line in
        ["inspect later", "predict later t.csv", "sleep later", "learn t.csv --label kind --brain later"]
    {
        complained(&place.run(line), &["later", "version 99"]);
    }
    complained(&place.run("inspect other"), &["other", "another owner"]);
    place.ok("learn t.csv --label kind --brain brain");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let set = |mode| {
            std::fs::set_permissions(place.path("brain"), std::fs::Permissions::from_mode(mode)).unwrap();
        };
        set(0o555);
        // A superuser writes everywhere.
        let locked = std::fs::write(place.path("brain/probe"), "").is_err();
        let done = place.run("learn t.csv --label kind --brain brain");
        set(0o755);
        if locked {
            complained(&done, &["brain"]);
        }
    }
}

#[test]
fn every_command_shows_an_example() {
    let place = Place::new();
    for command in ["learn", "predict", "sleep", "forget", "recall", "inspect"] {
        let help = place.ok(&format!("{command} --help"));
        assert!(help.contains("EXAMPLES") && help.contains(&format!("attractor {command}")), "{help}");
    }
}
