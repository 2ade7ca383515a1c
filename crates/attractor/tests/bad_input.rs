//! What the memory commands refuse: with code 2, one line, a hint, and every file as it was.

mod place;

use attractor_data::{Shape, npy, png};
use attractor_memory::Memory;
use ndarray::Array2;

use place::Place;

#[test]
fn wrong_widths_and_other_picture_sizes_are_refused() {
    let place = Place::new();
    place.glyphs();
    place.pictures("zoo");
    npy::write(&place.path("wide.npy"), Array2::<f32>::ones((2, 65)).view()).unwrap();
    // As many pixels, in another shape.
    let pixels = ndarray::Array1::<f32>::zeros(64);
    png::write(&place.path("long.png"), pixels.view(), Shape::grey(4, 16), (0.0, 1.0)).unwrap();
    for line in ["remember wide.npy --into glyphs.attractor", "recall glyphs.attractor --cues wide.npy"] {
        place.refused(line, &["wide.npy", "65", "glyphs.attractor", "8x8"]);
    }
    for line in ["remember zoo --into glyphs.attractor", "recall glyphs.attractor --cues zoo"] {
        place.refused(line, &["4x6", "8x8"]);
    }
    place.refused("recall glyphs.attractor --cues long.png", &["4x16", "8x8"]);
    place.refused("remember zoo long.png --into new.attractor", &["long.png", "4x16", "4x6"]);
    std::fs::copy(place.path("long.png"), place.path("zoo/dog.png")).unwrap();
    place.refused("remember zoo --into new.attractor", &["dog.png", "4x16", "4x6"]);
}

#[test]
fn numbers_that_are_not_finite_are_refused() {
    let place = Place::new();
    place.glyphs();
    for (name, value) in [("nan.npy", f32::NAN), ("inf.npy", f32::INFINITY)] {
        let mut patterns = Array2::<f32>::ones((3, 64));
        patterns[[2, 7]] = value;
        npy::write(&place.path(name), patterns.view()).unwrap();
        place.refused(&format!("remember {name} --into new.attractor"), &[name, "finite"]);
        place.refused(&format!("remember {name} --into glyphs.attractor"), &[name, "finite"]);
        place.refused(&format!("recall glyphs.attractor --cues {name}"), &[name, "finite"]);
    }
    std::fs::write(place.path("nan.csv"), "1,2\n3,NaN\n").unwrap();
    place.refused("remember nan.csv --into new.attractor", &["nan.csv", "line 2, column 2"]);
}

#[test]
fn parameters_out_of_range_are_refused() {
    let place = Place::new();
    place.glyphs();
    for beta in ["NaN", "inf", "-1", "0"] {
        let line = format!("remember glyphs --into new.attractor --beta {beta}");
        place.refused(&line, &[&format!("beta = {beta}"), "finite and above 0"]);
    }
    let new = "remember glyphs --into new.attractor";
    place.refused(&format!("{new} --kind exponential --beta -1"), &["beta = -1"]);
    place.refused(&format!("{new} --separation entmax(0.5)"), &["alpha = 0.5"]);
    place.refused(&format!("{new} --separation hardmax"), &["`hardmax` is not known", "argmax"]);
    place.refused(&format!("{new} --similarity closeness"), &["`closeness`", "cosine"]);
    place.refused(&format!("{new} --projection tanh(0)"), &["gain = 0"]);
    place.refused(&format!("{new} --kind hebb --separation softmax"), &["--separation"]);
    place.refused(&format!("{new} --take 0"), &["--take 0"]);
    let recall = "recall glyphs.attractor --cues glyphs";
    place.refused(&format!("{recall} --damping 0"), &["damping = 0"]);
    place.refused(&format!("{recall} --tolerance -1"), &["tolerance = -1"]);
    place.refused(&format!("{recall} --damage flip:2"), &["share", "from 0 to 1"]);
    place.refused(&format!("{recall} --damage burn:0.1"), &["burn:0.1", "flip:SHARE"]);
    place.refused(&format!("{recall} --clamp 0-64"), &["component 64", "width 64"]);
    place.refused(&format!("{recall} --clamp some"), &["--clamp some"]);
    place.refused(&format!("{recall} --clamp known"), &["--clamp known"]);
}

#[test]
fn empty_memories_empty_sources_and_ids_that_are_gone_are_refused() {
    let place = Place::new();
    Memory::builder(64).build().unwrap().save(place.path("empty.attractor")).unwrap();
    place.refused("recall empty.attractor --cues glyphs", &["empty.attractor", "memory is empty"]);
    let mut memory = Memory::builder(64).build().unwrap();
    memory.store(attractor_data::glyphs().patterns()).unwrap();
    memory.remove(3).unwrap();
    memory.save(place.path("gap.attractor")).unwrap();
    place.refused("inspect gap.attractor --pattern 3", &["gap.attractor", "no pattern has id 3"]);
    place.refused("inspect gap.attractor --pattern 95", &["no pattern has id 95"]);
    for (name, shape) in [("none.npy", (0, 4)), ("thin.npy", (4, 0))] {
        npy::write(&place.path(name), Array2::<f32>::zeros(shape).view()).unwrap();
        place.refused(&format!("remember {name} --into new.attractor"), &[name]);
    }
}

#[test]
fn truncated_and_foreign_files_are_refused_and_left_alone() {
    let place = Place::new();
    place.glyphs();
    place.pictures("zoo");
    let whole = std::fs::read(place.path("glyphs.attractor")).unwrap();
    std::fs::write(place.path("half.attractor"), &whole[..whole.len() / 2]).unwrap();
    std::fs::write(place.path("text.attractor"), "remember the milk, and recall the bread").unwrap();
    std::fs::copy(place.path("zoo/ant.png"), place.path("ant.attractor")).unwrap();
    for file in ["half.attractor", "text.attractor", "ant.attractor", "missing.attractor", "zoo"] {
        place.refused(&format!("recall {file} --cues glyphs"), &[file]);
        place.refused(&format!("inspect {file}"), &[file]);
    }
    for file in ["half.attractor", "text.attractor", "ant.attractor", "zoo"] {
        place.refused(&format!("remember glyphs --into {file}"), &[file]);
    }
    place.refused("inspect half.attractor", &["truncated"]);
    npy::write(&place.path("cut.npy"), Array2::<f32>::ones((8, 8)).view()).unwrap();
    let array = std::fs::read(place.path("cut.npy")).unwrap();
    std::fs::write(place.path("cut.npy"), &array[..array.len() - 1]).unwrap();
    place.refused("remember cut.npy --into new.attractor", &["cut.npy", "truncated"]);
    place.refused("recall glyphs.attractor --cues text.attractor", &["text.attractor"]);
}

#[test]
fn folders_that_cannot_be_read_are_refused() {
    let place = Place::new();
    std::fs::create_dir(place.path("bare")).unwrap();
    place.refused("remember bare --into new.attractor", &["bare", "no .png file"]);
    place.refused("remember gone --into new.attractor", &["gone", "no such file or folder"]);
    place.refused("remember glyphs --into no/where.attractor", &["no/where.attractor"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        place.pictures("locked");
        let set =
            |mode| std::fs::set_permissions(place.path("locked"), std::fs::Permissions::from_mode(mode));
        set(0o000).unwrap();
        let locked = std::fs::read_dir(place.path("locked")).is_err();
        let done = place.run("remember locked --into new.attractor");
        set(0o755).unwrap();
        // A superuser reads everything.
        if locked {
            assert_eq!(done.status.code(), Some(2));
            assert!(String::from_utf8_lossy(&done.stderr).contains("locked"));
        }
    }
}

#[test]
fn a_memory_keeps_the_recipe_that_it_was_made_with() {
    let place = Place::new();
    place.glyphs();
    for (choice, word) in [
        ("--beta 2", "--beta"),
        ("--separation sparsemax", "--separation"),
        ("--similarity cosine", "--similarity"),
        ("--projection sign", "--projection"),
        ("--kind hebb", "--kind"),
        ("--scale raw", "scale signed"),
        ("--binary 0", "scale signed"),
    ] {
        let line = format!("remember glyphs --into glyphs.attractor {choice}");
        place.refused(&line, &[word, "glyphs.attractor"]);
    }
}

#[test]
fn binary_memories_refuse_other_numbers() {
    let place = Place::new();
    place.pictures("zoo");
    place.refused("remember zoo --into new.attractor --kind hebb", &["-1 and +1"]);
    place.ok("remember zoo --into signs.attractor --kind hebb --binary 127");
    place.refused("recall signs.attractor --cues zoo --damage mask:lower:0.5", &["-1 and +1"]);
    place.refused("recall signs.attractor --cues zoo --damping 0.5", &["--damping"]);
    place.refused("remember zoo --into new.attractor --binary NaN", &["--binary NaN"]);
}

#[test]
fn misused_options_exit_as_mistakes_too() {
    let place = Place::new();
    for line in
        ["remember glyphs", "recall", "inspect x --out y.png", "remember x --into y --kind z", "dream"]
    {
        let done = place.run(line);
        assert_eq!(done.status.code(), Some(2), "{line}");
        assert!(!done.stderr.is_empty() && done.stdout.is_empty(), "{line}");
    }
}
