//! Downloads from a small server on this machine.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]
#![cfg(feature = "fetch")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

use attractor_data::catalogue::{Download, Entry};
use attractor_data::{Error, Part, fetch, fetch_entry, split_set};

/// Serves each connection with the next of `answers`, byte for byte, and returns the address of its folder.
fn server(answers: Vec<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for answer in answers {
            let Ok((mut connection, _)) = listener.accept() else { return };
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && connection.read(&mut byte).is_ok_and(|count| count == 1)
            {
                request.push(byte[0]);
            }
            let _ = connection.write_all(&answer);
        }
    });
    format!("http://{address}/mirror/")
}

fn answer(status: &str, announced: usize, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {announced}\r\nConnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn ok(body: &[u8]) -> Vec<u8> {
    answer("200 OK", body.len(), body)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// One picture of 1 x 2 pixels, as the content of the file that is served.
const CONTENT: [u8; 18] = [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 7, 9];
/// `printf '\0\0\10\3\0\0\0\1\0\0\0\1\0\0\0\2\7\11' | sha256sum`
const SHA256: &str = "86c89bdd4043bb59cb73a96390002028e9a99fabf435ce6cac1552f41cdca4ad";
const FILE: &str = "t10k-images-idx3-ubyte.gz";

fn get(root: &Path, mirrors: &[&str]) -> Result<Vec<(u64, Option<u64>)>, Error> {
    let entry = Entry {
        name: "tiny",
        title: "one picture",
        licence: "none",
        source: "this test",
        mirrors,
        files: &[Download { name: FILE, bytes: CONTENT.len() as u64, sha256: SHA256 }],
    };
    let mut steps = Vec::new();
    let folder = fetch_entry(&entry, root, |step| {
        assert_eq!(step.file, FILE);
        steps.push((step.received, step.total));
    })?;
    assert_eq!(folder, root.join("tiny"));
    Ok(steps)
}

/// A refused download leaves an empty folder.
fn refused(answers: Vec<Vec<u8>>) -> String {
    let root = tempfile::tempdir().unwrap();
    let error = get(root.path(), &[&server(answers)]).unwrap_err();
    assert_eq!(std::fs::read_dir(root.path().join("tiny")).unwrap().count(), 0, "{error}");
    error.to_string()
}

#[test]
fn a_download_is_checked_kept_and_not_repeated() {
    let root = tempfile::tempdir().unwrap();
    let body = gzip(&CONTENT);
    let mirror = server(vec![ok(&body)]);
    let steps = get(root.path(), &[&mirror]).unwrap();
    let length = body.len() as u64;
    assert_eq!(steps.last(), Some(&(length, Some(length))));
    assert_eq!(std::fs::read_dir(root.path().join("tiny")).unwrap().count(), 1);
    let set = split_set(root.path(), "tiny", Part::Test).unwrap();
    assert_eq!(set.patterns(), ndarray::array![[7., 9.]]);
    // The server has stopped: what is there is not asked for again.
    assert_eq!(get(root.path(), &[&mirror]).unwrap(), []);
}

#[test]
fn content_counts_and_not_its_wrapper() {
    let root = tempfile::tempdir().unwrap();
    get(root.path(), &[&server(vec![ok(&CONTENT)])]).unwrap();
    assert!(split_set(root.path(), "tiny", Part::Test).is_ok());
}

#[test]
fn a_broken_file_is_replaced_and_mirrors_are_tried_in_turn() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("tiny")).unwrap();
    std::fs::write(root.path().join("tiny").join(FILE), "broken").unwrap();
    let first = server(vec![answer("404 Not Found", 0, b"")]);
    let second = server(vec![ok(&gzip(&CONTENT))]);
    get(root.path(), &[&first, &second]).unwrap();
    assert!(split_set(root.path(), "tiny", Part::Test).is_ok());
}

#[test]
fn refusals_say_why_and_leave_nothing() {
    let mut wrong = CONTENT;
    wrong[17] = 10;
    let text = refused(vec![ok(&gzip(&wrong))]);
    assert!(text.contains(&format!("expected {SHA256}; nothing was kept")), "{text}");
    assert!(
        text.contains(
            "sha256 of the content is 030dffcd5b9da6d9b8fe40d0f163671159cb91eab6dee46b0ec2a6a0cf608d30"
        ),
        "{text}"
    );

    let body = gzip(&CONTENT);
    let text = refused(vec![answer("200 OK", body.len() + 5, &body)]);
    assert!(text.contains("broke off after"), "{text}");
    let text = refused(vec![ok(&body[..body.len() - 6])]);
    assert!(text.contains("damaged: "), "{text}");
    let text = refused(vec![answer("503 Service Unavailable", 0, b"")]);
    assert!(text.ends_with("the server answers with status 503"), "{text}");
    let text = refused(vec![ok(&vec![0; 200_000])]);
    assert!(text.contains("sends more than the 65554 bytes"), "{text}");
    let text = refused(vec![]);
    assert!(text.contains("is there a network?"), "{text}");
}

#[test]
fn an_unknown_name_gets_the_list() {
    let root = tempfile::tempdir().unwrap();
    let text = fetch("mnits", root.path(), |_| ()).unwrap_err().to_string();
    assert_eq!(text, "data set \"mnits\": choose one of mnist");
}
