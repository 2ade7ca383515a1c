//! Public data sets: what they are called, where their publishers keep them, how to know the right bytes.

use std::path::PathBuf;

/// One public data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its name, which is also its folder below [`root`].
    pub name: &'a str,
    /// What it holds.
    pub title: &'a str,
    /// Terms of use, with a note where they could not be checked.
    pub licence: &'a str,
    /// Whom to cite.
    pub source: &'a str,
    /// Addresses of folders that hold the files, tried in this order.
    pub mirrors: &'a [&'a str],
    /// The files.
    pub files: &'a [Download<'a>],
}

/// One file of a public data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Download<'a> {
    /// Its name, the same at every mirror.
    pub name: &'a str,
    /// Bytes of its content after decompression.
    pub bytes: u64,
    /// SHA-256 of its content after decompression, in hexadecimal: the gzip wrappers of mirrors differ.
    pub sha256: &'a str,
}

/// The data sets that can be fetched by name.
///
/// ```
/// use attractor_data::catalogue;
/// assert!(catalogue::ENTRIES.iter().any(|entry| entry.name == "mnist"));
/// ```
pub const ENTRIES: &[Entry<'static>] = &[Entry {
    name: "mnist",
    title: "handwritten digits: 60,000 + 10,000 grey pictures of 28x28 with labels",
    licence: "CC BY-SA 3.0 (as usually given; unverified)",
    source: "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to document recognition, 1998",
    mirrors: &[
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ],
    files: &[
        Download {
            name: "train-images-idx3-ubyte.gz",
            bytes: 47_040_016,
            sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        },
        Download {
            name: "train-labels-idx1-ubyte.gz",
            bytes: 60_008,
            sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        },
        Download {
            name: "t10k-images-idx3-ubyte.gz",
            bytes: 7_840_016,
            sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        },
        Download {
            name: "t10k-labels-idx1-ubyte.gz",
            bytes: 10_008,
            sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        },
    ],
}];

/// The folder of public data sets: `ATTRACTOR_DATA`, else `attractor` in the data folder of the user
/// (`XDG_DATA_HOME`, else `.local/share` in the home folder), else `attractor-data` where the program runs.
pub fn root() -> PathBuf {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("ATTRACTOR_DATA")
        .or_else(|| set("XDG_DATA_HOME").map(|folder| folder.join("attractor")))
        .or_else(|| std::env::home_dir().map(|home| home.join(".local/share/attractor")))
        .unwrap_or_else(|| PathBuf::from("attractor-data"))
}

/// What to do when a data set is not there.
pub(crate) fn hint(name: &str) -> String {
    let fetch = if ENTRIES.iter().any(|entry| entry.name == name) {
        format!("run `attractor data fetch {name}`, or set")
    } else {
        "set".to_owned()
    };
    format!("{fetch} ATTRACTOR_DATA to the folder that holds {name}/")
}
