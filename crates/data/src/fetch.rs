//! Downloads of public data sets, kept only when their content is the published one.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use ureq::Agent;

use crate::catalogue::{Download, ENTRIES, Entry};
use crate::error::Error;

/// A server that is silent for so long is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The file that is on its way.
    pub file: &'a str,
    /// Bytes of it that have arrived.
    pub received: u64,
    /// Bytes of it in all, where the server says so.
    pub total: Option<u64>,
}

/// Downloads the data set called `name` of [`crate::catalogue`] into `root/name`, and returns that folder.
///
/// Files whose content is already there and right are left alone.
/// Each other file goes to a temporary name, is checked against the SHA-256 of its decompressed content, and only
/// then takes its own name; a failed or broken download leaves nothing behind. The mirrors are tried in turn.
/// `progress` is called for every block that arrives.
///
/// ```no_run
/// use attractor_data::{catalogue, fetch};
/// let folder = fetch("mnist", &catalogue::root(), |step| eprintln!("{} {}", step.file, step.received))?;
/// # Ok::<(), attractor_data::Error>(())
/// ```
///
/// # Errors
/// [`Error::Choice`] for a name that is not in the catalogue; else as [`fetch_entry`].
pub fn fetch(name: &str, root: &Path, progress: impl FnMut(Progress<'_>)) -> Result<PathBuf, Error> {
    let Some(entry) = ENTRIES.iter().find(|entry| entry.name == name) else {
        let names: Vec<&str> = ENTRIES.iter().map(|entry| entry.name).collect();
        return Err(Error::Choice { what: "data set", found: name.to_owned(), choices: names.join(", ") });
    };
    fetch_entry(entry, root, progress)
}

/// Downloads the files of `entry` into `root/NAME`, and returns that folder: [`fetch`] for an entry of one's own.
///
/// # Errors
/// Of the last mirror: [`Error::Download`] for no connection, a refusal or a body that breaks off,
/// [`Error::Checksum`] for other content; [`Error::Io`] when the folder cannot be written.
pub fn fetch_entry(
    entry: &Entry<'_>,
    root: &Path,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<PathBuf, Error> {
    let folder = root.join(entry.name);
    std::fs::create_dir_all(&folder).map_err(|reason| Error::Io { path: folder.clone(), reason })?;
    let agent = Agent::config_builder()
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .timeout_per_read(Some(PATIENCE))
        .build()
        .into();
    for file in entry.files {
        let path = folder.join(file.name);
        if path.is_file() && checksum(&path, file.bytes).is_ok_and(|found| found == file.sha256) {
            continue;
        }
        let mut last = None;
        for mirror in entry.mirrors {
            let url = format!("{}/{}", mirror.trim_end_matches('/'), file.name);
            match download(&agent, &url, file, &path, &mut progress) {
                Ok(()) => {
                    last = None;
                    break;
                }
                // A disk that is full is full for every mirror.
                Err(error @ Error::Io { .. }) => return Err(error),
                Err(error) => last = Some(error),
            }
        }
        if let Some(error) = last {
            return Err(error);
        }
    }
    Ok(folder)
}

fn download(
    agent: &Agent,
    url: &str,
    file: &Download<'_>,
    path: &Path,
    progress: &mut impl FnMut(Progress<'_>),
) -> Result<(), Error> {
    let failed = |reason: String| Error::Download { url: url.to_owned(), reason };
    let system = |reason| Error::Io { path: path.to_owned(), reason };
    let mut response = agent.get(url).call().map_err(|error| {
        failed(match error {
            ureq::Error::StatusCode(status) => format!("the server answers with status {status}"),
            other => format!("{other}; is there a network?"),
        })
    })?;
    let total = response.body().content_length();
    // Compressed data is hardly ever longer than its content: more is another file.
    let most = file.bytes + file.bytes / 100 + 65_536;
    let mut body = response.body_mut().as_reader().take(most + 1);
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut kept = tempfile::Builder::new().suffix(".part").tempfile_in(folder).map_err(system)?;
    let mut block = vec![0; 65_536];
    let mut received = 0;
    loop {
        let length = body
            .read(&mut block)
            .map_err(|reason| failed(format!("broke off after {received} bytes: {reason}")))?;
        if length == 0 {
            break;
        }
        kept.write_all(&block[..length]).map_err(system)?;
        received += length as u64;
        progress(Progress { file: file.name, received, total });
    }
    if received > most {
        return Err(failed(format!("sends more than the {most} bytes that {} can have", file.name)));
    }
    kept.flush().map_err(system)?;
    let found = checksum(kept.path(), file.bytes).map_err(|reason| failed(format!("damaged: {reason}")))?;
    if found != file.sha256 {
        return Err(Error::Checksum { url: url.to_owned(), expected: file.sha256.to_owned(), found });
    }
    readable(&kept).map_err(system)?;
    kept.persist(path).map_err(|error| system(error.error))?;
    Ok(())
}

/// SHA-256 of the content of a file, decompressed where it is gzipped, of at most one byte more than `bytes`.
fn checksum(path: &Path, bytes: u64) -> std::io::Result<String> {
    let mut start = Vec::new();
    File::open(path)?.take(2).read_to_end(&mut start)?;
    let file = BufReader::new(File::open(path)?);
    let reader: Box<dyn Read> =
        if start == [0x1f, 0x8b] { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut content = reader.take(bytes + 1);
    let mut hash = Sha256::new();
    let mut block = vec![0; 65_536];
    loop {
        match content.read(&mut block)? {
            0 => break,
            length => hash.update(&block[..length]),
        }
    }
    let digits = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>();
    Ok(digits.concat())
}

/// Temporary files are for their owner alone; data is for everyone who may read the folder.
#[cfg(unix)]
fn readable(file: &tempfile::NamedTempFile) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &tempfile::NamedTempFile) -> std::io::Result<()> {
    Ok(())
}
