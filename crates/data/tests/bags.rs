//! Multiple-instance sets: tables, folds, and what is wrong with them.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::io::Write;
use std::path::PathBuf;

use attractor_data::bags::{benchmark, list, parse, parse_folds, read};
use attractor_data::{Bags, Split};
use ndarray::{Array2, array};

const TABLE: &[u8] = b"bag,label,f1,f2\nb,1,1,2\nb,1,3,4\na,0,5,6\nc,-0,7,8\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn bags_keep_the_order_in_which_they_begin() {
    let scattered: &[u8] = b"Label;BAG;f1;f2\n1;b;1;2\n0;a;5;6\n1;b;3;4\n\n0;c;7;8\n";
    for bytes in [TABLE, scattered, &gzip(scattered)] {
        let bags = parse("t", bytes).unwrap();
        assert_eq!((bags.len(), bags.width(), bags.name()), (3, 2, "t"));
        assert_eq!((bags.names(), bags.labels()), (&owned(&["b", "a", "c"])[..], &[true, false, false][..]));
        assert_eq!(bags.instances(), array![[1., 2.], [3., 4.], [5., 6.], [7., 8.]]);
        assert_eq!((bags.range(0), bags.range(1), bags.range(2), bags.range(3)), (0..2, 2..3, 3..4, 0..0));
        assert!(bags.get(3).is_none());
    }
    let signs = parse("t", b"bag,label,f\na,-1,1\nb,1,2\n").unwrap();
    assert_eq!(signs.labels(), [false, true]);
}

#[test]
fn subsets_carry_instances_labels_and_names() {
    let bags = parse("t", TABLE).unwrap();
    let picked = bags.subset(&[2, 0, 2]).unwrap();
    assert_eq!(picked.names(), owned(&["c", "b", "c"]));
    assert_eq!(picked.labels(), [false, true, false]);
    assert_eq!(picked.get(1).unwrap().instances, array![[1., 2.], [3., 4.]]);
    assert_eq!(picked.get(2).unwrap().instances, array![[7., 8.]]);
    assert!(bags.subset(&[]).unwrap().is_empty());
    let text = bags.subset(&[3]).unwrap_err().to_string();
    assert_eq!(text, "index = 3: must be below 3, the number of bags of set t");
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let check = |rows: Array2<f32>, lengths: &[usize], labels: usize, names: &[&str], expected: &str| {
        let bags = Bags::new("t", rows, lengths, vec![true; labels], owned(names));
        assert_eq!(bags.unwrap_err().to_string(), expected);
    };
    let rows = || array![[1.], [2.], [3.]];
    check(rows(), &[2, 0, 1], 3, &["a", "b", "c"], "set t: bag b has no instance");
    check(rows(), &[2, 2], 2, &["a", "b"], "instances of set t: 3, expected 4");
    check(
        rows(),
        &[usize::MAX, 4],
        2,
        &["a", "b"],
        &format!("instances of set t: 3, expected {}", usize::MAX),
    );
    check(rows(), &[3], 2, &["a"], "labels of set t: 2, expected 1");
    check(rows(), &[3], 1, &["a", "b"], "names of set t: 2, expected 1");
    check(Array2::zeros((3, 0)), &[3], 1, &["a"], "components of set t: 0, expected 1");
    check(
        array![[1.], [f32::NAN]],
        &[2],
        1,
        &["a"],
        "t: row 1, column 0 is NaN: every component must be finite",
    );
}

#[test]
fn wrong_tables_are_named_by_line_and_column() {
    let check = |text: &str, expected: &str| {
        for bytes in [text.as_bytes(), &gzip(text.as_bytes())] {
            assert_eq!(parse("t", bytes).unwrap_err().to_string(), expected);
        }
    };
    check("", "holds no patterns (sizes [0])");
    check("bag,label,f\n", "holds no patterns (sizes [0, 1])");
    check("bag,label\na,1\n", "holds no patterns (sizes [0, 0])");
    check("sack,label,f\na,1,2\n", "no column \"bag\": there are sack, label, f");
    check("bag,class,f\na,1,2\n", "no column \"label\": there are bag, class, f");
    check("bag,label,f\na,1,2\na,1\n", "line 3, column 3: the row has 2 columns, the first row 3");
    check("bag,label,f\na,1,2,3\n", "line 2, column 4: the row has 4 columns, the first row 3");
    check("bag,label,f,g\na,1,2,nan\n", "line 2, column 4: \"nan\" is not a finite number");
    check("bag,label,f,g\na,1,,3\n", "line 2, column 3: \"\" is not a finite number");
    check("bag,label,f\na,1,1e40\n", "line 2, column 3: \"1e40\" is not a finite number");
    check("bag,label,f,g\na,1,, \n", "line 2, column 3: bag a has an instance without a single component");
    check("bag,label,f\n ,1,2\n", "line 2, column 1: the bag has no name");
    check("bag,label,f\na,2,2\n", "line 2, column 2: the label is \"2\": must be 1 or 0 (or -1)");
    check("bag,label,f\na,,2\n", "line 2, column 2: the label is \"\": must be 1 or 0 (or -1)");
    check("bag,label,f\n\na,1,2\nb,0,1\na,0,2\n", "line 5, column 2: bag a was labelled 1 on line 3, here 0");
    check(
        "bag,label,f\na,-1,2\nb,0,1\n",
        "line 3, column 2: negative bags are labelled both 0 and -1: there are three classes",
    );
}

#[test]
fn folds_are_partitions_in_the_order_of_the_bags() {
    let bags = parse("t", TABLE).unwrap();
    let text = b"bag,label,r1,r2\nc,0,0,1\na,0,1,2\nb,1,1,0\n";
    for bytes in [&text[..], &gzip(text)] {
        let repetitions = parse_folds(bytes, &bags).unwrap();
        let split = |train: &[usize], test: &[usize]| Split { train: train.to_vec(), test: test.to_vec() };
        assert_eq!(repetitions[0], [split(&[0, 1], &[2]), split(&[2], &[0, 1])]);
        assert_eq!(repetitions[1], [split(&[1, 2], &[0]), split(&[0, 1], &[2]), split(&[0, 2], &[1])]);
    }
}

#[test]
fn wrong_folds_are_named() {
    let bags = parse("t", TABLE).unwrap();
    let check = |rows: &str, expected: &str| {
        let text = format!("bag,label,r1\n{rows}");
        assert_eq!(parse_folds(text.as_bytes(), &bags).unwrap_err().to_string(), expected);
    };
    check(
        "a,0,0\nb,1,1\na,0,1\nc,0,0\n",
        "line 4, column 1: bag a is on line 2 already: it would be learned from and measured on",
    );
    check("a,0,0\nb,1,1\n", "bag c of set t is in no fold");
    check("a,0,0\nb,1,1\nc,0,0\nd,0,1\n", "line 5, column 1: there is no bag d in set t");
    check("a,1,0\n", "line 2, column 2: bag a has the other label in set t");
    check("a,0,3\n", "line 2, column 3: the fold is \"3\": must be from 0 to 2");
    check("a,0,-1\n", "line 2, column 3: the fold is \"-1\": must be from 0 to 2");
    check("a,0,\n", "line 2, column 3: the fold is \"\": must be from 0 to 2");
    check("a,0,0\nb,1,2\nc,0,2\n", "column r1: fold 1 of 0 to 2 has no bag");
    check("a,0,0\nb,1,0\nc,0,0\n", "column r1: 1 folds leave nothing to learn from: must be at least 2");
    let none = |text: &[u8]| parse_folds(text, &bags).unwrap_err().to_string();
    assert_eq!(none(b""), "holds no patterns (sizes [0])");
    assert_eq!(none(b"bag,label\na,0\n"), "holds no patterns (sizes [0, 0])");
    assert_eq!(none(b"bag,r1\na,0\n"), "no column \"label\": there are bag, r1");
}

#[test]
fn a_folder_is_searched_by_its_format() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("one.csv.gz", &gzip(TABLE));
    write("two.csv", TABLE);
    write("two.folds2x2.csv", b"bag,label,r1\na,0,0\nb,1,1\nc,0,1\n");
    write("two.and.more.csv", TABLE);
    write("LICENCE", b"none");
    assert_eq!(list(folder.path()).unwrap(), ["one", "two", "two.and.more"]);
    let counts = |name: &str| {
        let set = benchmark(folder.path(), name).unwrap();
        (set.bags.name().to_owned(), set.repetitions.iter().map(Vec::len).collect::<Vec<_>>())
    };
    assert_eq!(counts("one"), ("one".into(), vec![]));
    assert_eq!(counts("two"), ("two".into(), vec![2]));
    assert_eq!(counts("two.and.more"), ("two.and.more".into(), vec![]));
    let text = benchmark(folder.path(), "three").unwrap_err().to_string();
    assert!(text.contains("no three.csv.gz or three.csv"), "{text}");
    write("two.folds2x2.csv", b"bag,label,r1\na,0,0\nb,1,1\n");
    let text = benchmark(folder.path(), "two").unwrap_err().to_string();
    assert!(text.ends_with("two.folds2x2.csv: bag c of set two is in no fold"), "{text}");
    assert!(read(&folder.path().join("none.csv")).is_err());
}

#[test]
fn published_sets_have_their_published_sizes_and_balanced_folds() {
    let folder = std::env::var_os("ATTRACTOR_DATA").map(|root| PathBuf::from(root).join("mil"));
    let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
        eprintln!("skipped: ATTRACTOR_DATA has no mil");
        return;
    };
    // Bags, positive bags, instances, components: Andrews et al. 2002, Dietterich et al. 1997, Srinivasan et al. 1996.
    let published = [
        ("elephant", (200, 100, 1_391, 230)),
        ("fox", (200, 100, 1_320, 230)),
        ("tiger", (200, 100, 1_220, 230)),
        ("musk1", (92, 47, 476, 166)),
        ("musk2", (102, 39, 6_598, 166)),
        ("mutagenesis1", (188, 125, 10_486, 7)),
    ];
    let names = list(&folder).unwrap();
    for name in &names {
        let set = benchmark(&folder, name).unwrap();
        let positive = set.bags.labels().iter().filter(|&&positive| positive).count();
        let sizes = (set.bags.len(), positive, set.bags.instances().nrows(), set.bags.width());
        match published.iter().find(|(known, _)| known == name) {
            Some(&(_, expected)) => assert_eq!(sizes, expected, "{name}"),
            None => eprintln!("{name}: no published size is known, found {sizes:?}"),
        }
        for folds in &set.repetitions {
            let mut tested: Vec<usize> = folds.iter().flat_map(|fold| fold.test.clone()).collect();
            tested.sort_unstable();
            assert_eq!(tested, (0..sizes.0).collect::<Vec<_>>(), "{name}");
            for fold in folds {
                let mut all = [fold.train.clone(), fold.test.clone()].concat();
                all.sort_unstable();
                assert_eq!(all, (0..sizes.0).collect::<Vec<_>>(), "{name}");
                // The data page calls the folds class-balanced.
                let of_fold = fold.test.iter().filter(|&&bag| set.bags.labels()[bag]).count();
                let fair = positive as f64 / folds.len() as f64;
                assert!((of_fold as f64 - fair).abs() <= 1.0, "{name}: {of_fold} of {fair}");
            }
        }
    }
    for name in ["elephant", "tiger", "musk1"].iter().filter(|name| names.iter().any(|found| found == *name))
    {
        let folds: Vec<usize> = benchmark(&folder, name).unwrap().repetitions.iter().map(Vec::len).collect();
        assert_eq!(folds, [10; 5], "{name}");
    }
}
