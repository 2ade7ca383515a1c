//! Small tables: both file formats, their splits, and splits that leak.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::path::{Path, PathBuf};

use attractor_data::uci::{Fold, Uci, list, parse_lists, parse_masks, read};
use attractor_data::{Error, Split};
use ndarray::array;
use tempfile::TempDir;

const COIN: &str = "\tf1\tf2\tclase\n1\t0.5\t1\t0\n2\t-1\t2\t1\n3\t2\t3\t1\n4\t0\t4\t0\n";

/// A folder with the table `coin`, whose files are these.
fn coin(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("coin")).unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join("coin").join(name), text).unwrap();
    }
    folder
}

fn open(files: &[(&str, &str)]) -> Result<Uci, Error> {
    read(coin(files).path(), "coin")
}

/// The message of the error, from the name of the file on.
fn refusal(files: &[(&str, &str)]) -> String {
    let text = open(files).unwrap_err().to_string();
    text.rsplit_once("coin/").map_or(text.clone(), |(_, rest)| rest.to_owned())
}

fn fold(train: &[usize], validation: &[usize], test: &[usize]) -> Fold {
    Fold { train: train.to_vec(), validation: validation.to_vec(), test: test.to_vec() }
}

#[test]
fn a_table_has_a_split_for_choosing_and_folds() {
    let files = [
        ("coin_R.dat", COIN),
        ("conxuntos.dat", "3 0\n1 2 \n"),
        ("conxuntos_kfold.dat", "2 0 1\n3\n0 3\n1\n"),
    ];
    let table = open(&files).unwrap();
    assert_eq!((table.set.name(), table.set.labels()), ("coin", Some(&[0, 1, 1, 0][..])));
    assert_eq!(table.set.patterns(), array![[0.5, 1.], [-1., 2.], [2., 3.], [0., 4.]]);
    assert_eq!(table.selection, Some(Split { train: vec![0, 3], test: vec![1, 2] }));
    assert_eq!(table.folds, [fold(&[0, 1, 2], &[], &[3]), fold(&[0, 3], &[], &[1])]);
    assert_eq!(open(&[files[0], files[2]]).unwrap().selection, None);
}

#[test]
fn a_test_file_is_measured_on() {
    let test = "\tf1\tf2\tclase\n1\t7\t8\t2\n";
    let files = [("coin_train_R.dat", COIN), ("coin_test_R.dat", test), ("conxuntos.dat", "0 1\n2 3\n")];
    let table = open(&files).unwrap();
    assert_eq!((table.set.len(), table.set.labels().unwrap()[4]), (5, 2));
    assert_eq!(table.set.patterns().row(4), array![7., 8.]);
    assert_eq!(table.folds, [fold(&[0, 1, 2, 3], &[], &[4])]);
    // The rows for choosing are those of the training file.
    assert!(refusal(&[files[0], files[1], ("conxuntos.dat", "0 1\n2 4\n")]).contains("no row 4"));
    let narrow = ("coin_test_R.dat", "\tf1\tclase\n1\t7\t2\n");
    assert_eq!(refusal(&[files[0], narrow]), "components of coin_test_R.dat: 1, expected 2");
    assert!(matches!(open(&files[..1]), Err(Error::Io { .. })));
}

#[test]
fn masks_mark_what_is_chosen_and_measured_on() {
    let files = [
        ("coin_py.dat", "0.5,1\n-1,2\n2,3\n0,4\n"),
        ("labels_py.dat", "0\n1\n1\n2.0\n"),
        ("folds_py.dat", "1,0\n0,0\n0,1\n0,1\n"),
        ("validation_folds_py.dat", "0,1\n1,0\n0,0\n0,0\n"),
    ];
    let table = open(&files).unwrap();
    assert_eq!(table.set.labels(), Some(&[0, 1, 1, 2][..]));
    assert_eq!(table.set.patterns(), array![[0.5, 1.], [-1., 2.], [2., 3.], [0., 4.]]);
    assert_eq!(table.folds, [fold(&[2, 3], &[1], &[0]), fold(&[1], &[0], &[2, 3])]);
    assert_eq!(table.selection, None);

    let with = |at: usize, text: &'static str| {
        let mut files = files;
        files[at].1 = text;
        refusal(&files)
    };
    assert_eq!(
        with(3, "0,1\n1,0\n0,1\n0,0\n"),
        "validation_folds_py.dat: fold 1: row 2 is in the validation part and in the test part"
    );
    assert_eq!(
        with(3, "0,1\n0,0\n0,0\n0,0\n"),
        "validation_folds_py.dat: fold 0: the validation part is empty"
    );
    assert_eq!(
        with(2, "1,0\n0,0\n1,0\n1,0\n"),
        "validation_folds_py.dat: fold 0: the training part is empty"
    );
    assert_eq!(with(2, "1,0\n0,0\n0,2\n0,1\n"), "folds_py.dat: line 3, column 2: \"2\" is neither 0 nor 1");
    assert_eq!(with(2, "1,0\n0,0\n0,1\n"), "folds_py.dat: 3, expected 4");
    assert_eq!(with(3, "0\n1\n0\n0\n"), "validation_folds_py.dat: 1, expected 2");
    assert_eq!(with(1, "0\n1\n1\n"), "labels of set coin: 3, expected 4");
    assert_eq!(
        with(1, "0\n1\n1\n0.5\n"),
        "labels_py.dat: label 3 is 0.5: must be a whole number from 0 to 4294967295"
    );
    assert_eq!(with(1, "0,1\n1,1\n1,1\n0,1\n"), "labels_py.dat: 2, expected 1");
    assert_eq!(
        with(0, "0.5,1\n-1,2\n2,NaN\n0,4\n"),
        "coin_py.dat: line 3, column 2: \"NaN\" is not a finite number"
    );
}

#[test]
fn lists_that_leak_are_refused() {
    let check = |text: &str, expected: &str| {
        assert_eq!(parse_lists(text.as_bytes(), 4).unwrap_err().to_string(), expected);
    };
    check("0 1\n2\n0 3\n3 1\n", "split 1: row 3 is in the training part and in the test part");
    check("0 1 0\n2\n", "split 0: row 0 is in the training part twice");
    check("0 1\n2 4\n", "split 0: there is no row 4 of the test part among 4 rows");
    check("0 1\n2\n0\n", "3 lines: lines come in pairs, a training part and a test part");
    check("\n \n", "0 lines: lines come in pairs, a training part and a test part");
    check("0 1\n\n2 x\n", "line 3, column 2: \"x\" is no row number");
    check("0 1\n-2\n", "line 2, column 1: \"-2\" is no row number");
    // What is in no part cannot leak.
    assert_eq!(parse_lists(b"0\r\n3\r\n", 4).unwrap(), [Split { train: vec![0], test: vec![3] }]);
    assert_eq!(parse_masks(b"").unwrap_err().to_string(), "holds no patterns (sizes [0])");
}

#[test]
fn what_is_not_there_is_named() {
    assert!(
        refusal(&[]).contains("coin: no coin_R.dat, coin_train_R.dat or coin_py.dat; set ATTRACTOR_DATA")
    );
    let words = ("coin_R.dat", "\tf1\tclase\n1\t0.5\tyes\n");
    assert_eq!(refusal(&[words]), "coin_R.dat: column clase: class \"yes\" is no whole number from 0");
    assert!(matches!(open(&[("coin_R.dat", COIN)]), Err(Error::Io { .. })));
    let files = [("coin_R.dat", COIN), ("conxuntos.dat", "0\n1\n2\n3\n"), ("conxuntos_kfold.dat", "0\n1\n")];
    assert_eq!(refusal(&files), "conxuntos.dat: 2 splits: one is needed for choosing");
    let folder = coin(&[("coin_R.dat", COIN)]);
    std::fs::create_dir(folder.path().join("other")).unwrap();
    assert_eq!(list(folder.path()).unwrap(), ["coin"]);
    assert!(list(Path::new("/no/such/folder")).is_err());
}

#[test]
fn published_tables_have_their_published_splits() {
    let folder = std::env::var_os("ATTRACTOR_DATA").map(|root| PathBuf::from(root).join("uci121"));
    let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
        eprintln!("skipped: ATTRACTOR_DATA has no uci121");
        return;
    };
    let names = list(&folder).unwrap();
    eprintln!("{} tables", names.len());
    for name in &names {
        let table = read(&folder, name).unwrap_or_else(|error| panic!("{error}"));
        // The description beside a table gives its numbers of inputs and classes.
        let text = std::fs::read_to_string(folder.join(name).join(format!("{name}.txt"))).unwrap_or_default();
        let number = |key: &str| -> Option<usize> {
            text.lines().find_map(|line| line.strip_prefix(key)?.trim_start_matches('=').trim().parse().ok())
        };
        let classes = table.set.labels().unwrap().iter().max().unwrap() + 1;
        if let (Some(inputs), Some(count)) = (number("n_entradas"), number("n_clases")) {
            assert_eq!(inputs, table.set.shape().components(), "{name}");
            assert!(classes as usize <= count, "{name}: {classes} classes of {count}");
        }
        assert!([1, 4].contains(&table.folds.len()), "{name}: {} folds", table.folds.len());
        for fold in &table.folds {
            let mut rows = [&fold.train[..], &fold.validation, &fold.test].concat();
            rows.sort_unstable();
            assert_eq!(rows, (0..table.set.len()).collect::<Vec<_>>(), "{name}");
            if table.folds.len() == 4 {
                // A quarter is measured on, up to rounding in every class.
                let off = fold.test.len() as f64 - table.set.len() as f64 / 4.0;
                assert!(
                    off.abs() <= f64::from(classes),
                    "{name}: {} of {}",
                    fold.test.len(),
                    table.set.len()
                );
            }
        }
    }
}
