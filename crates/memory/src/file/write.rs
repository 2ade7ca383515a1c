//! A memory to the bytes of a file.

use std::collections::BTreeMap;
use std::path::Path;

use ndarray::{Array2, ArrayView2};

use super::header::{FORMAT, NOTE, Tensor, VERSION, WIDEST, WIDEST_CLASSICAL, WIDEST_DENSE, encode};
use super::replace::replace;
use super::{Notes, fault};
use crate::binary::{DenseMemory, Form};
use crate::classical::{Network, Rule};
use crate::{Error, Memory, Separation};

/// Writes a continuous memory.
pub(super) fn continuous(memory: &Memory, notes: &Notes, path: &Path) -> Result<(), Error> {
    let separation = memory.separation();
    if !is_known(separation) {
        return Err(Error::Unsupported {
            what: "a separation of your own cannot be saved: a file names it, and only names that \
                   Separation::parse knows can be read again",
        });
    }
    let metadata = [
        ("kind", "continuous".to_owned()),
        ("similarity", memory.similarity().name().to_owned()),
        ("separation", separation.kind().name()),
        ("beta", format!("{:?}", separation.beta())),
        ("projection", memory.projection().name()),
        ("next_id", memory.next_id().to_string()),
    ];
    let tensors = [
        Some(ids(&memory.ids())),
        Some(floats("patterns", &memory.patterns())),
        memory.values().map(|values| floats("values", &values)),
    ];
    finish(path, WIDEST, metadata.into(), notes, tensors.into_iter().flatten().collect())
}

/// Writes a dense memory.
pub(super) fn dense(memory: &DenseMemory, notes: &Notes, path: &Path) -> Result<(), Error> {
    let form = match memory.form() {
        Form::Difference => "difference",
        Form::FirstOrder => "first-order",
    };
    let metadata = [
        ("kind", "dense".to_owned()),
        ("interaction", memory.interaction().name()),
        ("form", form.to_owned()),
        ("next_id", memory.patterns.next_id().to_string()),
    ];
    let tensors = [
        Some(ids(memory.ids())),
        Some(signs("patterns", &memory.patterns())),
        memory.values().map(|values| signs("values", &values)),
    ];
    finish(path, WIDEST_DENSE, metadata.into(), notes, tensors.into_iter().flatten().collect())
}

/// Writes a classical network: its patterns and its rule, from which it is learned again.
pub(super) fn classical(network: &Network, notes: &Notes, path: &Path) -> Result<(), Error> {
    let mut metadata = BTreeMap::from([
        ("kind", "classical".to_owned()),
        ("rule", network.rule().name().to_owned()),
        ("next_id", network.patterns.next_id().to_string()),
    ]);
    if let Rule::PseudoInverse { tolerance, .. } = network.rule() {
        metadata.insert("tolerance", format!("{tolerance:?}"));
    }
    let bias = network.bias();
    let bias = Tensor {
        name: "bias",
        dtype: "F64",
        shape: vec![bias.len()],
        bytes: bias.iter().flat_map(|b| b.to_le_bytes()).collect(),
    };
    let tensors = vec![ids(network.ids()), bias, signs("patterns", &network.patterns())];
    finish(path, WIDEST_CLASSICAL, metadata, notes, tensors)
}

fn finish(
    path: &Path,
    widest: usize,
    metadata: BTreeMap<&str, String>,
    notes: &Notes,
    tensors: Vec<Tensor>,
) -> Result<(), Error> {
    for tensor in &tensors {
        if let [_, width] = tensor.shape[..]
            && width > widest
        {
            let reason = format!("{} of width {width}: a file holds at most {widest}", tensor.name);
            return Err(fault(path, reason));
        }
    }
    let mut all: BTreeMap<String, String> =
        notes.iter().map(|(k, v)| (format!("{NOTE}{k}"), v.clone())).collect();
    all.extend(metadata.into_iter().map(|(key, value)| (key.to_owned(), value)));
    all.insert("format".to_owned(), FORMAT.to_owned());
    all.insert("version".to_owned(), VERSION.to_owned());
    let header = encode(&all, &tensors).map_err(|reason| fault(path, reason))?;
    let mut parts: Vec<&[u8]> = vec![&header];
    parts.extend(tensors.iter().map(|tensor| tensor.bytes.as_slice()));
    replace(path, &parts).map_err(|reason| fault(path, reason.to_string()))
}

/// Whether the name of a separation stands for the same function: a user's own may carry any name, so a few
/// scores are tried.
fn is_known(separation: &Separation) -> bool {
    let kind = separation.kind();
    let Ok(named) = Separation::parse(&kind.name(), separation.beta()) else { return false };
    let run = |kind: &dyn crate::Separate| {
        let mut theta = [0.3, -1.2, 0.7, 0.7, -2.5];
        let log_partition = theta.iter().map(|t: &f64| t.exp()).sum::<f64>().ln();
        let conjugate = kind.weights(&mut theta, 5, log_partition);
        (theta.map(f64::to_bits), conjugate.to_bits())
    };
    named.kind().reach(5) == kind.reach(5) && run(named.kind()) == run(kind)
}

fn ids(ids: &[u64]) -> Tensor {
    let bytes = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
    Tensor { name: "ids", dtype: "U64", shape: vec![ids.len()], bytes }
}

fn floats(name: &'static str, rows: &Array2<f32>) -> Tensor {
    tensor(name, "F32", rows.view(), f32::to_le_bytes)
}

fn signs(name: &'static str, rows: &Array2<f32>) -> Tensor {
    tensor(name, "I8", rows.view(), |x| (x as i8).to_le_bytes())
}

fn tensor<const N: usize>(
    name: &'static str,
    dtype: &'static str,
    rows: ArrayView2<'_, f32>,
    bytes: impl Fn(f32) -> [u8; N],
) -> Tensor {
    let bytes = rows.iter().flat_map(|&x| bytes(x)).collect();
    Tensor { name, dtype, shape: rows.shape().to_vec(), bytes }
}
