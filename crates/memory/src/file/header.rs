//! The first bytes of a memory file: which memory it is, and where its numbers lie.

use std::collections::BTreeMap;

/// What the header says the file is.
pub(super) const FORMAT: &str = "attractor memory";
/// The one version that is written and read.
pub(super) const VERSION: &str = "1";
/// Longest header in bytes: labels of a million patterns fit, a foreign length does not.
pub(super) const LONGEST: usize = 1 << 24;
/// Widest pattern or value.
pub(super) const WIDEST: usize = 1 << 22;
/// Widest pattern of a dense memory, whose tables grow with the width whatever is stored.
pub(super) const WIDEST_DENSE: usize = 1 << 20;
/// Widest pattern of a classical network, whose weights take 8 width^2 bytes (512 MiB here).
pub(super) const WIDEST_CLASSICAL: usize = 1 << 13;
/// Ids stay below this, so that the next ones can always be counted.
pub(super) const LARGEST_ID: u64 = 1 << 62;
/// What stands before the name of a note.
pub(super) const NOTE: &str = "note.";

/// A tensor to be written.
pub(super) struct Tensor {
    pub(super) name: &'static str,
    pub(super) dtype: &'static str,
    pub(super) shape: Vec<usize>,
    pub(super) bytes: Vec<u8>,
}

/// The length and the text that begin a file with these tensors, in this order: padded with spaces to a
/// multiple of eight, keys sorted, so that the same memory gives the same bytes.
pub(super) fn encode(metadata: &BTreeMap<String, String>, tensors: &[Tensor]) -> Result<Vec<u8>, String> {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let pairs: Vec<String> =
        metadata.iter().map(|(key, value)| format!("{}:{}", quoted(key), quoted(value))).collect();
    let mut text = format!("{{\"__metadata__\":{{{}}}", pairs.join(","));
    let mut offset = 0;
    for tensor in tensors {
        let end = offset + tensor.bytes.len();
        text += &format!(
            ",\"{}\":{{\"dtype\":\"{}\",\"shape\":{:?},\"data_offsets\":[{offset},{end}]}}",
            tensor.name, tensor.dtype, tensor.shape
        );
        offset = end;
    }
    text.push('}');
    let length = text.len().next_multiple_of(8);
    if length > LONGEST {
        return Err(format!("the header takes {length} bytes, at most {LONGEST} fit: shorten the notes"));
    }
    text.extend(std::iter::repeat_n(' ', length - text.len()));
    let mut bytes = (length as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(text.as_bytes());
    Ok(bytes)
}
