//! What cannot be taken is refused, and nothing changes.

use attractor_learn::{Budget, Config, Error, Forget, Learner, Look, Slow};
use attractor_store::storage::{Ram, Storage};
use ndarray::Array2;

use crate::streams::*;

type Call = Box<dyn Fn(&mut Learner) -> Result<(), Error>>;

/// All that is wrong, for a learner of width 8.
fn wrong() -> Vec<(&'static str, Call)> {
    fn look(pattern: &[f32], label: &str, utility: f32, meta: usize) -> Call {
        let (pattern, label, meta) = (pattern.to_vec(), label.to_owned(), vec![1; meta]);
        Box::new(move |learner| {
            learner.observe_with(Look { utility, meta: &meta, ..Look::new(&pattern, &label) }).map(drop)
        })
    }
    let fine = [0.5; 8];
    let with = |x: f32| {
        let mut pattern = fine;
        pattern[5] = x;
        pattern
    };
    let many = |bad: Vec<f32>, labels: usize| -> Call {
        Box::new(move |learner| {
            let mut patterns = Array2::from_elem((3, 8), 0.25);
            patterns.row_mut(2).iter_mut().zip(&bad).for_each(|(to, &x)| *to = x);
            learner.observe_many(patterns.view(), &vec!["fresh"; labels]).map(drop)
        })
    };
    vec![
        ("short", look(&fine[..7], "a", 1.0, 0)),
        ("long", look(&[0.5; 9], "a", 1.0, 0)),
        ("empty", look(&[], "a", 1.0, 0)),
        ("NaN", look(&with(f32::NAN), "a", 1.0, 0)),
        ("infinite", look(&with(f32::INFINITY), "a", 1.0, 0)),
        ("too large", look(&with(-2e18), "a", 1.0, 0)),
        ("no label", look(&fine, "", 1.0, 0)),
        ("long label", look(&fine, &"x".repeat(257), 1.0, 0)),
        ("long meta", look(&fine, "a", 1.0, 1_001)),
        ("negative utility", look(&fine, "a", -0.5, 0)),
        ("NaN utility", look(&fine, "a", f32::NAN, 0)),
        ("large utility", look(&fine, "a", 2e6, 0)),
        ("a bad row", many(with(f32::NAN).to_vec(), 3)),
        ("too few labels", many(fine.to_vec(), 2)),
        ("wide rows", Box::new(|l| l.observe_many(Array2::zeros((2, 9)).view(), &["a", "b"]).map(drop))),
        ("unknown episode", Box::new(|learner| learner.forget(Forget::Episode(1 << 40)))),
        ("unknown class", Box::new(|learner| learner.forget(Forget::Label("nobody".into())))),
        ("negative budget", Box::new(|learner| learner.sleep(Budget::seconds(-1.0)).map(drop))),
        ("NaN budget", Box::new(|learner| learner.sleep(Budget::seconds(f64::NAN)).map(drop))),
        ("cue", Box::new(|learner| learner.predict(&[0.0; 3]).map(drop))),
        ("NaN cue", Box::new(|learner| learner.predict(&[f32::NAN; 8]).map(drop))),
        ("NaN novelty", Box::new(|learner| learner.novelty(&[f32::NAN; 8]).map(drop))),
        ("NaN recall", Box::new(|learner| learner.recall(&[f32::NAN; 8], &[true; 8]).map(drop))),
        ("mask", Box::new(|learner| learner.recall(&[0.0; 8], &[true; 7]).map(drop))),
    ]
}

fn files(ram: &Ram) -> Vec<(String, Vec<u8>)> {
    ram.list().unwrap().into_iter().map(|name| (name.clone(), ram.read(&name).unwrap())).collect()
}

#[test]
fn a_refused_call_changes_nothing() {
    for count in [3, 40, 130] {
        for slow in SLOW {
            let ram = Ram::new();
            let mut learner = open(&ram, &config(slow));
            for (pattern, label) in clusters(count, 3) {
                learner.observe(&pattern, &label).unwrap();
            }
            let probes = clusters(5, 4);
            let before = (files(&ram), answers(&learner, &probes), numbers(&learner));
            for (name, call) in wrong() {
                let error = call(&mut learner).expect_err(name);
                assert!(!error.to_string().is_empty());
                let after = (files(&ram), answers(&learner, &probes), numbers(&learner));
                assert!(after == before, "{name}: {error}");
            }
            learner.observe(&[0.5; 8], "goes on").unwrap();
        }
    }
}

#[test]
fn a_refused_first_call_decides_nothing() {
    let calls: [(&str, Call); 4] = [
        (
            "bad row",
            Box::new(|learner| {
                let mut patterns = Array2::zeros((2, 5));
                patterns[[1, 2]] = f32::NAN;
                learner.observe_many(patterns.view(), &["a", "b"]).map(drop)
            }),
        ),
        ("NaN", Box::new(|learner| learner.observe(&[f32::NAN; 5], "a").map(drop))),
        ("label", Box::new(|learner| learner.observe(&[0.0; 5], "").map(drop))),
        ("empty", Box::new(|learner| learner.observe(&[], "a").map(drop))),
    ];
    for (name, call) in calls {
        let mut learner = Learner::builder().config(config(Slow::Ridge)).ephemeral().unwrap();
        assert!(call(&mut learner).is_err(), "{name}");
        assert_eq!(learner.stats().shape, None, "{name}");
        learner.observe(&[1.0, 2.0], "another width").expect(name);
    }
}

#[test]
fn recipes_out_of_range_are_refused() {
    for bad in [
        Config { features: 0, ..config(Slow::Ridge) },
        Config { fits: vec![], ..config(Slow::Ridge) },
        Config { fits: vec![16, 16], ..config(Slow::Ridge) },
        Config { shape: Some(attractor_data::Shape::Vector(0)), ..config(Slow::Ridge) },
    ] {
        assert!(Learner::builder().config(bad).ephemeral().is_err());
    }
    let folder = tempfile::tempdir().unwrap();
    Learner::builder().config(config(Slow::Mean)).open(folder.path()).unwrap().close().unwrap();
    let other = Learner::builder().config(config(Slow::Ridge)).open(folder.path());
    assert!(matches!(other, Err(Error::Recipe { .. })));
    // As it is, whatever it is.
    assert_eq!(Learner::open(folder.path()).unwrap().config(), &config(Slow::Mean));
}

#[test]
fn no_observations_are_no_error() {
    let mut learner = Learner::builder().config(config(Slow::Ridge)).ephemeral().unwrap();
    assert!(learner.observe_many(Array2::zeros((0, 8)).view(), &[]).unwrap().is_empty());
    assert_eq!(learner.stats().shape, None);
}
