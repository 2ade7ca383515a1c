//! Streams over labelled sets.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::borrow::Cow;
use std::collections::BTreeSet;

use attractor_data::scenario::{Blur, ClassOrder, Experience, First, Scenario, Target, Transform};
use attractor_data::{Part, Set, Shape, mnist};
use ndarray::Array2;
use proptest::prelude::*;

fn set(labels: &[u32]) -> Set {
    let d = 4;
    let patterns = Array2::from_shape_fn((labels.len(), d), |(row, column)| (row * d + column) as f32);
    Set::new("numbers", patterns, Shape::grey(2, 2)).unwrap().with_labels(labels.to_vec()).unwrap()
}

fn indices(scenario: &Scenario, set: &Set) -> Vec<usize> {
    scenario.samples(set).unwrap().map(|moment| moment.index).collect()
}

proptest! {
    #[test]
    fn class_groups_are_a_partition(labels in prop::collection::vec(0u32..7, 1..60), per in 1usize..4, seed: u64) {
        let set = set(&labels);
        let order = ClassOrder::Seeded(seed);
        let scenario = Scenario::class_incremental(&set, &order, per).unwrap();
        let mut all = indices(&scenario, &set);
        all.sort_unstable();
        prop_assert_eq!(all, (0..labels.len()).collect::<Vec<_>>());
        prop_assert_eq!(scenario.class_order(), order.of(&set).unwrap());
        for (number, experience) in scenario.experiences().iter().enumerate() {
            let last = number + 1 == scenario.experiences().len();
            prop_assert!(experience.classes.len() == per || last);
            let shown: BTreeSet<u32> = experience.indices.iter().map(|&index| labels[index]).collect();
            prop_assert_eq!(shown, experience.classes.iter().copied().collect::<BTreeSet<_>>());
        }
        let tasks = Scenario::task_incremental(&set, &order, per).unwrap();
        let places = tasks.clone().with_target(&set, Target::Place).unwrap();
        for (moment, placed) in tasks.samples(&set).unwrap().zip(places.samples(&set).unwrap()) {
            let classes = &tasks.experiences()[moment.experience].classes;
            prop_assert_eq!(moment.task, Some(moment.experience as u32));
            prop_assert_eq!(moment.label, Some(classes[placed.label.unwrap() as usize]));
        }
    }

    #[test]
    fn parts_and_blurs_show_everything_once(n in 1usize..80, parts in 1usize..6, width in 0.0f64..40.0, seed: u64) {
        prop_assume!(parts <= n);
        let set = set(&vec![0; n]);
        let sharp = Scenario::new_instances(&set, parts, seed).unwrap();
        for blur in [Blur::Linear(width), Blur::Logistic(width)] {
            let blurred = sharp.clone().blurred(blur, seed).unwrap();
            let mut all = indices(&blurred, &set);
            prop_assert_eq!(blurred.samples(&set).unwrap().len(), n);
            // Within an experience the order is kept.
            for (number, experience) in sharp.experiences().iter().enumerate() {
                let own: Vec<_> = blurred.samples(&set).unwrap()
                    .filter(|moment| moment.experience == number).map(|moment| moment.index).collect();
                prop_assert_eq!(&own, &experience.indices);
                prop_assert!(own.len() == n / parts || own.len() == n / parts + 1);
            }
            all.sort_unstable();
            prop_assert_eq!(all, (0..n).collect::<Vec<_>>());
        }
        let none = sharp.clone().blurred(Blur::Linear(0.0), seed).unwrap();
        prop_assert_eq!(indices(&none, &set), indices(&sharp, &set));
    }
}

#[test]
fn a_linear_blur_falls_linearly() {
    // 400 boundaries' worth of samples: the share of the old experience in ten steps across the boundary.
    let (half, width, runs) = (200, 100.0, 400);
    let set = set(&vec![0; 2 * half]);
    let sharp = Scenario::new_instances(&set, 2, 1).unwrap();
    let mut old = vec![0usize; 2 * half];
    for seed in 0..runs {
        let blurred = sharp.clone().blurred(Blur::Linear(width), seed).unwrap();
        for moment in blurred.samples(&set).unwrap() {
            old[moment.time] += usize::from(moment.experience == 0);
        }
    }
    let share = |from: usize| old[from..from + 10].iter().sum::<usize>() as f64 / (10 * runs) as f64;
    assert_eq!((share(130), share(260)), (1.0, 0.0));
    for step in 0..10 {
        let expected = 1.0 - (10 * step + 5) as f64 / width;
        assert!((share(150 + 10 * step) - expected).abs() < 0.03, "step {step}: {}", share(150 + 10 * step));
    }
}

#[test]
fn permutations_are_the_same_for_train_and_test_and_differ_between_experiences() {
    let (train, test) = (set(&[0, 1, 0]), set(&[1, 1, 0, 0]));
    let shown = |scenario: &Scenario, set: &Set| -> Vec<Vec<f32>> {
        scenario.samples(set).unwrap().map(|moment| moment.pattern.into_owned()).collect()
    };
    let scenario = Scenario::permuted(&train, 6, First::AsItIs, 3).unwrap();
    let matching = scenario.matching(&test).unwrap();
    assert_eq!((scenario.len(), matching.len()), (18, 24));
    // Both sets count upwards, so that equal rows are equal patterns.
    for experience in 0..6 {
        let (first, other) =
            (&shown(&scenario, &train)[3 * experience..], &shown(&matching, &test)[4 * experience..]);
        assert_eq!(first[..3], other[..3]);
    }
    let kinds: BTreeSet<String> =
        scenario.experiences().iter().map(|experience| format!("{:?}", experience.transform)).collect();
    assert!(kinds.len() > 3, "six permutations of four components: {kinds:?}");
    assert_eq!(scenario.experiences()[0].transform, Transform::Identity);
    let all = Scenario::permuted(&train, 6, First::Permuted, 3).unwrap();
    assert_ne!(all.experiences()[0].transform, Transform::Identity);
    assert_eq!(
        all.experiences()[1..],
        scenario.experiences()[1..],
        "a choice for the first leaves the others"
    );
}

#[test]
fn nothing_is_copied_that_is_shown_as_it_is() {
    let set = set(&[0, 1, 2, 3]);
    let turned = Scenario::rotated(&set, &[0.0, 180.0]).unwrap();
    let plain = Scenario::in_order(&set);
    assert!(plain.samples(&set).unwrap().all(|moment| matches!(moment.pattern, Cow::Borrowed(_))));
    let last = turned.samples(&set).unwrap().last().unwrap();
    assert_eq!(
        (last.time, last.experience, last.index, &last.pattern[..]),
        (7, 1, 3, &[15., 14., 13., 12.][..])
    );
}

#[test]
fn seeds_decide_and_names_keep_draws_apart() {
    let set = set(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let iid = |seed| indices(&Scenario::iid(&set, seed), &set);
    assert_eq!(iid(1), iid(1));
    assert_ne!(iid(1), iid(2));
    let order = |seed| ClassOrder::Seeded(seed).of(&set).unwrap();
    assert_ne!(order(1), order(2));
    let mixed = Scenario::class_incremental(&set, &ClassOrder::Ascending, 5).unwrap().shuffled(1);
    let (first, second) = (&mixed.experiences()[0].indices, &mixed.experiences()[1].indices);
    assert_ne!(first.iter().map(|index| index + 5).collect::<Vec<_>>(), *second);
    let again = Scenario::given(&set, vec![3, 3, 1]).unwrap();
    assert_eq!(indices(&again, &set), [3, 3, 1]);
}

#[test]
fn what_cannot_be_is_refused() {
    let numbers = set(&[0, 1, 2]);
    let text = |result: Result<Scenario, attractor_data::Error>| result.unwrap_err().to_string();
    let given = |classes: &[u32]| ClassOrder::Given(classes.to_vec());
    let incremental = |order: ClassOrder, per| text(Scenario::class_incremental(&numbers, &order, per));
    assert_eq!(incremental(given(&[0, 4]), 1), "class \"4\": choose one of 0, 1, 2");
    assert_eq!(incremental(given(&[0, 0]), 1), "class 0 in the class order: 2, expected 1");
    assert_eq!(incremental(ClassOrder::Ascending, 0), "classes per experience = 0: must be at least 1");
    let domain = Scenario::domain_incremental(&numbers, &ClassOrder::Ascending, 2, Target::Modulo(0));
    assert_eq!(text(domain), "modulus = 0: must be at least 1");
    assert_eq!(
        text(Scenario::new_instances(&numbers, 4, 0)),
        "parts = 4: must be from 1 to 3, the number of samples"
    );
    assert_eq!(
        text(Scenario::permuted(&numbers, 0, First::AsItIs, 0)),
        "experiences = 0: must be at least 1"
    );
    assert!(text(Scenario::rotated(&numbers, &[f64::INFINITY])).contains("degrees = inf"));
    assert!(text(Scenario::given(&numbers, vec![3])).starts_with("index = 3: must be below 3"));
    let blurred = Scenario::in_order(&numbers).blurred(Blur::Linear(-1.0), 0);
    assert_eq!(text(blurred), "blur width = -1: must be finite and at least 0");
    let unlabelled = Set::new("bare", Array2::zeros((2, 2)), Shape::Vector(2)).unwrap();
    let bare = Scenario::class_incremental(&unlabelled, &ClassOrder::Ascending, 1);
    assert_eq!(text(bare), "labels of set bare: 0, expected 2");
    assert!(Scenario::in_order(&unlabelled).timeline(&unlabelled).is_err());
    let scenario = Scenario::in_order(&numbers);
    assert!(scenario.samples(&set(&[0, 1])).is_err() && scenario.matching(&unlabelled).is_err());
    let missing = Scenario::class_incremental(&numbers, &ClassOrder::Ascending, 1).unwrap();
    assert_eq!(
        text(missing.matching(&set(&[0, 2]))),
        "samples of set numbers for experience 1: 0, expected 1"
    );
    let stray = Experience {
        name: "stray".into(),
        indices: vec![2],
        transform: Transform::Identity,
        classes: vec![0],
        task: None,
    };
    assert!(Scenario::new(&numbers, vec![stray.clone()], Target::Place).is_err());
    let announced = Scenario::new(&numbers, vec![stray], Target::Class).unwrap().timeline(&numbers).unwrap();
    assert_eq!((announced.classes, announced.counts), (vec![0, 2], vec![vec![0], vec![1]]));
}

#[test]
fn empty_sets_give_empty_streams() {
    let empty = set(&[]);
    assert!(
        Scenario::in_order(&empty).is_empty()
            && Scenario::iid(&empty, 1).samples(&empty).unwrap().next().is_none()
    );
    assert_eq!(Scenario::class_incremental(&empty, &ClassOrder::Ascending, 2).unwrap().len(), 0);
    let blurred =
        Scenario::permuted(&empty, 3, First::AsItIs, 1).unwrap().blurred(Blur::Linear(9.0), 1).unwrap();
    assert_eq!(blurred.samples(&empty).unwrap().count(), 0);
}

#[test]
fn split_digits_have_their_published_sizes() {
    let Ok(digits) = mnist(Part::Test) else {
        eprintln!("skipped: no handwritten digits below ATTRACTOR_DATA");
        return;
    };
    let split = Scenario::class_incremental(&digits, &ClassOrder::Ascending, 2).unwrap();
    let sizes: Vec<usize> = split.experiences().iter().map(|experience| experience.indices.len()).collect();
    assert_eq!(sizes, [2115, 2042, 1874, 1986, 1983]);
    let domain = Scenario::domain_incremental(&digits, &ClassOrder::Ascending, 2, Target::Modulo(2)).unwrap();
    assert!(
        domain.samples(&digits).unwrap().all(|moment| moment.label == moment.class.map(|class| class % 2))
    );
}
