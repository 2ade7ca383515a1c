//! The memory file: what comes back, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::path::Path;

use attractor_memory::binary::{DenseMemory, Form, Interaction, Schedule};
use attractor_memory::classical::{Diagonal, Network, Rule};
use attractor_memory::file::{Notes, Stored};
use attractor_memory::{Error, Memory, Projection, Reach, Separate, Separation, Similarity};
use ndarray::{Array1, Array2, array};
use proptest::prelude::*;

/// Numbers without a pattern, from -1 to 1.
fn numbers(rows: usize, width: usize, seed: u32) -> Array2<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    Array2::from_shape_simple_fn((rows, width), || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    })
}

fn signs(rows: usize, width: usize, seed: u32) -> Array2<f32> {
    numbers(rows, width, seed).mapv(|x| if x > 0.0 { 1.0 } else { -1.0 })
}

fn continuous(rows: usize) -> Memory {
    let mut memory = Memory::builder(5)
        .similarity(Similarity::Cosine)
        .separation(Separation::parse("entmax(1.5)", 0.1 + 0.2).unwrap())
        .projection(Projection::Tanh { gain: 1.7 })
        .build()
        .unwrap();
    memory.store(numbers(rows, 5, 3).view()).unwrap();
    memory
}

/// The bytes of a saved memory.
fn bytes(stored: &Stored, notes: &Notes) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("memory");
    stored.save(&path, notes).unwrap();
    std::fs::read(path).unwrap()
}

fn read(bytes: &[u8]) -> Result<(Stored, Notes), Error> {
    Stored::from_bytes(bytes, Path::new("memory"))
}

/// One of each kind, small.
fn samples() -> Vec<Stored> {
    let mut pairs = Memory::builder(3).values(2).build().unwrap();
    pairs.store_pairs(numbers(4, 3, 1).view(), numbers(4, 2, 2).view()).unwrap();
    let mut dense = DenseMemory::new(9, Interaction::Exponential(0.3)).unwrap().with_form(Form::FirstOrder);
    dense.store(signs(4, 9, 1).view()).unwrap();
    let mut network = Network::new(7, Rule::pseudo_inverse(Diagonal::Zeroed)).unwrap();
    network.store(signs(3, 7, 1).view()).unwrap();
    vec![
        Stored::Continuous(continuous(6)),
        Stored::Continuous(pairs),
        Stored::Dense(dense),
        Stored::Classical(network),
    ]
}

#[test]
fn a_loaded_continuous_memory_recalls_to_the_same_bits() {
    let memory = continuous(5000);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("memory");
    memory.save(&path).unwrap();
    let loaded = Memory::load(&path).unwrap();
    assert_eq!(loaded.ids(), memory.ids());
    assert_eq!(loaded.patterns(), memory.patterns());
    assert_eq!(loaded.separation().beta().to_bits(), memory.separation().beta().to_bits());
    assert_eq!((loaded.similarity(), loaded.projection()), (memory.similarity(), memory.projection()));
    let cues = numbers(20, 5, 9);
    assert_eq!(loaded.recall(cues.view()).unwrap(), memory.recall(cues.view()).unwrap());
}

#[test]
fn values_and_notes_come_back() {
    let mut memory = Memory::builder(3).values(2).build().unwrap();
    memory.store_pairs(numbers(4, 3, 1).view(), numbers(4, 2, 2).view()).unwrap();
    let notes = Notes::from([
        ("shape".to_owned(), "1x3".to_owned()),
        ("labels".to_owned(), "[\"\\\"\", \"ä\n\u{0}\"]".to_owned()),
        ("format".to_owned(), "a note may be called like a key".to_owned()),
    ]);
    let (loaded, found) = read(&bytes(&Stored::Continuous(memory.clone()), &notes)).unwrap();
    let Stored::Continuous(loaded) = loaded else { panic!("another kind came back") };
    assert_eq!(found, notes);
    assert_eq!(loaded.values(), memory.values());
    let cues = numbers(3, 3, 5);
    assert_eq!(loaded.recall(cues.view()).unwrap(), memory.recall(cues.view()).unwrap());
}

#[test]
fn ids_survive_removal_and_are_never_given_out_again() {
    let mut memory = continuous(6);
    for id in [0, 3, 5] {
        memory.remove(id).unwrap();
    }
    let mut dense = DenseMemory::new(9, Interaction::Rectified(3)).unwrap();
    let mut network = Network::new(9, Rule::Storkey).unwrap();
    dense.store(signs(6, 9, 4).view()).unwrap();
    network.store(signs(6, 9, 4).view()).unwrap();
    for id in [0, 3, 5] {
        dense.remove(id).unwrap();
        network.remove(id).unwrap();
    }
    for stored in [Stored::Continuous(memory), Stored::Dense(dense), Stored::Classical(network)] {
        let (loaded, _) = read(&bytes(&stored, &Notes::new())).unwrap();
        assert_eq!(loaded.ids(), [1, 2, 4]);
        assert_eq!(loaded.patterns(), stored.patterns());
        let next = match loaded {
            Stored::Continuous(mut memory) => memory.store(numbers(1, 5, 8).view()).unwrap().start,
            Stored::Dense(mut memory) => memory.store(signs(1, 9, 8).view()).unwrap()[0],
            Stored::Classical(mut network) => network.store(signs(1, 9, 8).view()).unwrap()[0],
            _ => panic!("another kind came back"),
        };
        assert_eq!(next, 6);
    }
}

#[test]
fn an_empty_memory_comes_back_empty() {
    let (loaded, _) =
        read(&bytes(&Stored::Continuous(Memory::builder(4).build().unwrap()), &Notes::new())).unwrap();
    assert_eq!((loaded.len(), loaded.width()), (0, 4));
}

#[test]
fn loaded_binary_memories_recall_to_the_same_bits() {
    let cues = signs(10, 40, 77);
    for interaction in [Interaction::Polynomial(2), Interaction::Rectified(3), Interaction::Exponential(0.2)]
    {
        for form in [Form::Difference, Form::FirstOrder] {
            let mut memory = DenseMemory::new(40, interaction).unwrap().with_form(form);
            memory.store(signs(12, 40, 5).view()).unwrap();
            let (loaded, _) = read(&bytes(&Stored::Dense(memory.clone()), &Notes::new())).unwrap();
            let Stored::Dense(loaded) = loaded else { panic!("another kind came back") };
            assert_eq!((loaded.interaction(), loaded.form()), (interaction, form));
            let schedule = Schedule::sequential();
            assert_eq!(loaded.recall(cues.view(), &schedule), memory.recall(cues.view(), &schedule));
        }
    }
    let zeroed = Rule::PseudoInverse { diagonal: Diagonal::Zeroed, tolerance: 1e-7 };
    for rule in [Rule::Hebb, Rule::Storkey, Rule::pseudo_inverse(Diagonal::Kept), zeroed] {
        let bias = Array1::from_shape_fn(40, |i| (i as f64 - 20.0) / 300.0);
        let mut network = Network::new(40, rule).unwrap().with_bias(bias.view()).unwrap();
        // In two parts: what was learned first must not matter.
        network.store(signs(5, 40, 5).view()).unwrap();
        network.store(signs(7, 40, 6).view()).unwrap();
        let (loaded, _) = read(&bytes(&Stored::Classical(network.clone()), &Notes::new())).unwrap();
        let Stored::Classical(loaded) = loaded else { panic!("another kind came back") };
        assert_eq!((loaded.rule(), loaded.bias(), loaded.weights()), (rule, bias, network.weights()));
        let schedule = Schedule::sequential();
        assert_eq!(loaded.recall(cues.view(), &schedule), network.recall(cues.view(), &schedule));
    }
}

#[test]
fn the_same_memory_gives_the_same_bytes_and_any_reader_of_safetensors_opens_them() {
    let notes = Notes::from([("b".to_owned(), "1".to_owned()), ("a".to_owned(), "2".to_owned())]);
    for stored in samples() {
        let first = bytes(&stored, &notes);
        let (loaded, found) = read(&first).unwrap();
        assert_eq!(first, bytes(&loaded, &found));
        let tensors = safetensors::SafeTensors::deserialize(&first).unwrap();
        assert_eq!(tensors.tensor("patterns").unwrap().shape(), [stored.len(), stored.width()]);
        assert_eq!(first.len() % 8, first[8..].len() % 8);
    }
}

/// The specification's example, to the byte.
#[test]
fn the_file_is_the_one_of_the_specification() {
    let mut memory = Memory::builder(2).build().unwrap();
    memory.store(array![[1.0, -2.0]].view()).unwrap();
    let header = concat!(
        r#"{"__metadata__":{"beta":"1.0","format":"attractor memory","kind":"continuous","next_id":"1","#,
        r#""note.shape":"2","projection":"linear","separation":"softmax","similarity":"dot","version":"1"},"#,
        r#""ids":{"dtype":"U64","shape":[1],"data_offsets":[0,8]},"#,
        r#""patterns":{"dtype":"F32","shape":[1, 2],"data_offsets":[8,16]}}"#,
    );
    let padded = header.len().next_multiple_of(8);
    let mut expected = (padded as u64).to_le_bytes().to_vec();
    expected.extend_from_slice(format!("{header:<padded$}").as_bytes());
    expected.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x00, 0x80, 0x3f, 0x00, 0x00, 0x00, 0xc0]);
    let notes = Notes::from([("shape".to_owned(), "2".to_owned())]);
    let found = bytes(&Stored::Continuous(memory), &notes);
    assert_eq!(String::from_utf8_lossy(&found), String::from_utf8_lossy(&expected));
}

#[test]
fn a_failed_save_leaves_the_file_and_the_folder_as_they_were() {
    #[derive(Debug)]
    struct Mine(&'static str);
    impl Separate for Mine {
        fn name(&self) -> String {
            self.0.to_owned()
        }
        fn reach(&self, _: usize) -> Reach {
            Reach::Pointwise
        }
        fn weights(&self, theta: &mut [f64], _: usize, _: f64) -> f64 {
            theta.iter_mut().for_each(|t| *t = t.tanh());
            0.0
        }
        fn uniform(&self, _: usize) -> f64 {
            0.0
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("memory");
    continuous(3).save(&path).unwrap();
    let before = std::fs::read(&path).unwrap();
    // A name of its own, and one that belongs to another function.
    for name in ["mine", "identity"] {
        let mut memory = Memory::builder(2).separation(Separation::custom(Mine(name), 1.0)).build().unwrap();
        memory.store(array![[1.0, 0.0]].view()).unwrap();
        let error = memory.save(&path).unwrap_err();
        assert!(matches!(error, Error::Unsupported { .. }), "{error}");
    }
    let long = Notes::from([("note".to_owned(), "x".repeat(1 << 24))]);
    let error = Stored::Continuous(continuous(3)).save(&path, &long).unwrap_err();
    assert!(error.to_string().contains("header takes"), "{error}");
    assert!(continuous(3).save(folder.path().join("no/such/folder")).is_err());
    assert!(continuous(3).save(folder.path()).unwrap_err().to_string().contains("folder"));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
}

#[test]
fn foreign_and_damaged_files_are_refused_with_the_reason() {
    let whole = bytes(&samples()[0], &Notes::new());
    let header = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let altered = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let text = String::from_utf8(whole[..header].to_vec()).unwrap();
        assert!(text.contains(from), "{text}");
        [text.replace(from, to).as_bytes(), &whole[header..]].concat()
    };
    let number = |at: usize, bytes: &[u8]| {
        let mut altered = whole.clone();
        altered[header + at..][..bytes.len()].copy_from_slice(bytes);
        altered
    };
    let patterns = 6 * 8;
    let cases: &[(Vec<u8>, &str)] = &[
        (Vec::new(), "0 bytes"),
        (b"\x89PNG\r\n\x1a\n and so on".to_vec(), "no memory file"),
        (whole[..header - 1].to_vec(), "truncated"),
        (whole[..whole.len() - 1].to_vec(), "truncated"),
        ([&whole[..], &[0]].concat(), "truncated or damaged"),
        (altered("attractor memory", "attractor nonsen"), "no memory"),
        (altered(r#""version":"1""#, r#""version":"2""#), "has version 2 of the format"),
        (altered("continuous", "discontinu"), "`discontinu`"),
        (altered("entmax(1.5)", "entmax(0.5)"), "alpha = 0.5"),
        (altered("entmax(1.5)", "antmax(1.5)"), "`antmax(1.5)` is not known"),
        (altered("cosine", "corine"), "`corine` is not known"),
        (altered("tanh(1.7)", "tanh(0.0)"), "gain = 0"),
        (altered(r#""beta":"0.30000000000000004""#, r#""beta":"-0.3000000000000004""#), "beta = -0.3"),
        (altered("0.30000000000000004", "NaN                "), "no number"),
        (altered("0.30000000000000004", "inf.000000000000000"), "no number"),
        (altered(r#""beta":"#, r#""bete":"#), "no `beta`"),
        (altered(r#""next_id":"6""#, r#""next_id":"5""#), "id 5 is not below next_id, 5"),
        (altered("F32", "I32"), "type I32, expected F32"),
        (altered("[6, 5]", "[5, 6]"), "expected [5]"),
        (altered("[6, 5]", "[  30]"), "expected rows and columns"),
        (altered("[6, 5]", "[6, 6]"), "no memory file"),
        (altered("[6, 5]", "[6, 5 "), "no memory file"),
        (altered(r#""ids":"#, r#""idz":"#), "no tensor `ids`"),
        (number(0, &[1]), "not ascending"),
        (number(patterns + 4, &f32::NAN.to_le_bytes()), "row 0, column 1 is NaN"),
        (number(patterns + 24, &f32::INFINITY.to_le_bytes()), "row 1, column 1 is inf"),
    ];
    for (bytes, words) in cases {
        let error = read(bytes).unwrap_err();
        assert!(matches!(&error, Error::File { path, .. } if path == "memory"), "{error:?}");
        assert!(error.to_string().contains(words), "{error}, expected {words}");
    }
    let error = Stored::load("/no/such/file").unwrap_err();
    assert!(error.to_string().starts_with("/no/such/file: "), "{error}");
}

#[test]
fn widths_are_limited_by_what_loading_would_take() {
    // A few hundred bytes that would ask for 8 width^2 bytes of weights.
    let header = concat!(
        r#"{"__metadata__":{"format":"attractor memory","kind":"classical","next_id":"0","rule":"hebb","version":"1"},"#,
        r#""ids":{"dtype":"U64","shape":[0],"data_offsets":[0,0]},"bias":{"dtype":"F64","shape":[0],"data_offsets":[0,0]},"#,
        r#""patterns":{"dtype":"I8","shape":[0,WIDTH],"data_offsets":[0,0]}}"#,
    );
    for (width, words) in [("8192", "`bias` has 0"), ("8193", "width 8193"), ("0", "width 0")] {
        let header = header.replace("WIDTH", width);
        let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat();
        let error = read(&bytes).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

proptest! {
    #[test]
    fn truncated_files_are_refused(kind in 0usize..4, cut in 0.0..1.0f64) {
        let whole = bytes(&samples()[kind], &Notes::new());
        let length = (cut * whole.len() as f64) as usize;
        prop_assert!(read(&whole[..length]).is_err());
    }

    #[test]
    fn altered_files_give_an_error_or_a_memory_that_recalls(
        kind in 0usize..4,
        changes in prop::collection::vec((0.0..1.0f64, any::<u8>()), 1..6),
    ) {
        let mut altered = bytes(&samples()[kind], &Notes::new());
        for (place, byte) in changes {
            let at = (place * altered.len() as f64) as usize;
            altered[at] = byte;
        }
        if let Ok((stored, notes)) = read(&altered) {
            prop_assert_eq!(stored.patterns().dim(), (stored.len(), stored.width()));
            if let Stored::Continuous(memory) = &stored && !memory.is_empty() {
                let recall = memory.recall(memory.patterns().view()).unwrap();
                prop_assert!(recall.states.iter().all(|x| x.is_finite()));
            }
            let (again, _) = read(&bytes(&stored, &notes)).unwrap();
            prop_assert_eq!(again.patterns(), stored.patterns());
        }
    }
}
