//! Tables: headers, separators, labels, and errors with line and column.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::io::Write;

use attractor_data::csv::{Label, Table, parse};
use attractor_data::open;
use ndarray::array;

fn table(text: &str) -> Table {
    parse(text.as_bytes(), &Label::Guess).unwrap()
}

#[test]
fn headers_and_separators_are_found() {
    let expected = array![[1., 2.5], [-3., 4e2]];
    for text in ["1,2.5\n-3,4e2\n", "1;2.5\n-3;4e2", "1\t2.5\r\n-3\t4e2\r\n", " 1 , 2.5\n-3,400 \n"] {
        let table = table(text);
        assert_eq!(
            (table.values, table.columns),
            (expected.clone(), vec!["column 1".into(), "column 2".into()])
        );
    }
    for text in ["a,b\n1,2.5\n-3,4e2\n", "\"a\";\"b\"\n1;2.5\n-3;400", ",a,b\n0,1,2.5\n1,-3,4e2\n"] {
        let table = table(text);
        assert_eq!((table.values, table.columns), (expected.clone(), vec!["a".to_owned(), "b".into()]));
    }
    assert_eq!(table("x\n1\n2\n").values, array![[1.], [2.]]);
}

#[test]
fn labels_are_found_by_name_by_words_or_as_told() {
    let numbers = table("bag,Class,f\n7,2,0.5\n7,0,0.25\n");
    assert_eq!((numbers.labels, numbers.columns), (Some(vec![2, 0]), vec!["bag".to_owned(), "f".into()]));
    assert!(numbers.class_names.is_empty());
    let words = table("1,UP\n2,DOWN\n3,UP\n");
    assert_eq!(
        (words.labels, words.class_names),
        (Some(vec![1, 0, 1]), vec!["DOWN".to_owned(), "UP".into()])
    );
    assert_eq!(table("a,b\n1,2\n").labels, None);

    let text = b"kind,f\nx,1\ny,2\n";
    let named = parse(text, &Label::Name("kind".into())).unwrap();
    assert_eq!(named, parse(text, &Label::Position(0)).unwrap());
    assert_eq!((named.labels, named.values), (Some(vec![0, 1]), array![[1.], [2.]]));
    let told = parse(b"label,f\n1,2\n", &Label::None).unwrap();
    assert_eq!((told.labels, told.values), (None, array![[1., 2.]]));
}

#[test]
fn wrong_cells_are_named_by_line_and_column() {
    let check = |text: &str, label: &Label, expected: &str| {
        assert_eq!(parse(text.as_bytes(), label).unwrap_err().to_string(), expected);
    };
    let guess = &Label::Guess;
    check("a,b\n1,2\n3,x\n", guess, "line 3, column 2: \"x\" is not a finite number");
    check("1,2\n3,\n", guess, "line 2, column 2: \"\" is not a finite number");
    check("a,b\n1,NaN\n", guess, "line 2, column 2: \"NaN\" is not a finite number");
    check("1,2\n3,1e99\n", guess, "line 2, column 2: \"1e99\" is not a finite number");
    check("1,2\n\n3\n", guess, "line 3, column 2: the row has 1 columns, the first row 2");
    check("1,2\r\n\r\n\r\n3,x\r\n", guess, "line 4, column 2: \"x\" is not a finite number");
    check("1,2\n3,4,5\n", guess, "line 2, column 3: the row has 3 columns, the first row 2");
    check("a,b\n1,2\n", &Label::Name("c".into()), "no column \"c\": there are a, b");
    check("a,b\n1,2\n", &Label::Position(2), "no column at position 2: there are a, b");
    check("", guess, "holds no patterns (sizes [0])");
    check("a,b\n", guess, "holds no patterns (sizes [0, 2])");
    check("label\n1\n", guess, "holds no patterns (sizes [1, 0])");
}

#[test]
fn gzipped_tables_open_like_plain_ones() {
    let folder = tempfile::tempdir().unwrap();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(b"f,label\n1,0\n5,1\n").unwrap();
    let bytes = encoder.finish().unwrap();
    let path = folder.path().join("t.csv.gz");
    std::fs::write(&path, &bytes).unwrap();
    let set = open(&path).unwrap();
    assert_eq!((set.name(), set.range(), set.labels()), ("t", (1.0, 5.0), Some(&[0, 1][..])));
    std::fs::write(&path, &bytes[..bytes.len() - 4]).unwrap();
    let text = open(&path).unwrap_err().to_string();
    assert!(text.contains("t.csv.gz: damaged gzip stream"), "{text}");
    let text = open(folder.path().join("none.csv")).unwrap_err().to_string();
    assert!(text.contains("none.csv: no such file or folder"), "{text}");
}

#[test]
fn a_chosen_column_of_words_gives_classes_also_gzipped() {
    let text = "1,day,label,2\n0.5,1,UP,3\n0.25,2,DOWN,4\n1,3,UP,5\n";
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    Write::write_all(&mut packed, text.as_bytes()).unwrap();
    for bytes in [text.as_bytes(), &packed.finish().unwrap()] {
        // A header with numbers in it is told by the name of the column.
        let table = parse(bytes, &Label::Name("label".into())).unwrap();
        assert_eq!(table.columns, ["1", "day", "2"]);
        assert_eq!(
            (table.labels, table.class_names),
            (Some(vec![1, 0, 1]), vec!["DOWN".into(), "UP".into()])
        );
    }
    let refused = |text: &str| parse(text.as_bytes(), &Label::Name("label".into())).unwrap_err().to_string();
    assert_eq!(refused("x,label\n1,UP\n2,\n"), "line 3, column 2: the class is missing");
    assert_eq!(refused("x,klass\n1,UP\n"), "no column \"label\": there are x, klass");
    assert_eq!(refused("x,label\n1,UP\n2\n"), "line 3, column 2: the row has 1 columns, the first row 2");
}

#[test]
fn the_electricity_stream_has_its_published_size() {
    let path = attractor_data::catalogue::root().join("streams/elec.csv.gz");
    if !path.is_file() {
        eprintln!("skipped: no streams/elec.csv.gz below ATTRACTOR_DATA");
        return;
    }
    let set = attractor_data::csv::read_set(&path, &Label::Name("target".into())).unwrap();
    assert_eq!((set.len(), set.labels().map(<[u32]>::len)), (45_312, Some(45_312)));
}
