//! The bytes of a file to a memory. Nothing is believed before it is checked; errors are the reasons.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::header::{FORMAT, LARGEST_ID, LONGEST, NOTE, VERSION, WIDEST, WIDEST_CLASSICAL, WIDEST_DENSE};
use super::{Notes, Stored};
use crate::binary::{DenseMemory, Form, Interaction};
use crate::classical::{Network, Rule};
use crate::{Error, Memory, Projection, Separation, Similarity};

type Fault = String;

/// The memory in the bytes of a file, with its notes.
pub(super) fn decode(bytes: &[u8]) -> Result<(Stored, Notes), Fault> {
    let (all, tensors) = open(bytes)?;
    let (mut header, mut notes) = (BTreeMap::new(), Notes::new());
    for (key, value) in all {
        match key.strip_prefix(NOTE) {
            Some(name) => notes.insert(name.to_owned(), value),
            None => header.insert(key, value),
        };
    }
    let mut file = Opened { header, tensors };
    let kind = file.text("kind")?;
    let stored = match kind.as_str() {
        "continuous" => Stored::Continuous(continuous(&mut file)?),
        "dense" => Stored::Dense(dense(&mut file)?),
        "classical" => Stored::Classical(classical(&mut file)?),
        _ => return Err(format!("holds a memory of kind `{kind}`: known are continuous, dense, classical")),
    };
    file.nothing_left()?;
    Ok((stored, notes))
}

fn continuous(file: &mut Opened<'_>) -> Result<Memory, Fault> {
    let similarity = Similarity::parse(&file.text("similarity")?).map_err(say)?;
    let separation = Separation::parse(&file.text("separation")?, file.number("beta")?).map_err(say)?;
    let projection = Projection::parse(&file.text("projection")?).map_err(say)?;
    let patterns = file.rows("patterns", Dtype::F32, WIDEST)?.ok_or("has no tensor `patterns`")?;
    let values = file.rows("values", Dtype::F32, WIDEST)?;
    let (ids, next_id) = file.ids(patterns.nrows())?;
    let mut builder = Memory::builder(patterns.ncols())
        .similarity(similarity)
        .separation(separation)
        .projection(projection);
    if let Some(values) = &values {
        builder = builder.values(values.ncols());
    }
    let mut memory = builder.build().map_err(say)?;
    match &values {
        Some(values) => memory.store_pairs(patterns.view(), values.view()).map_err(say)?,
        None => memory.store(patterns.view()).map_err(say)?,
    };
    memory.rename(ids, next_id);
    Ok(memory)
}

fn dense(file: &mut Opened<'_>) -> Result<DenseMemory, Fault> {
    let interaction = Interaction::parse(&file.text("interaction")?).map_err(say)?;
    let form = file.text("form")?;
    let form = match form.as_str() {
        "difference" => Form::Difference,
        "first-order" => Form::FirstOrder,
        _ => return Err(format!("form `{form}` is not known: difference and first-order are")),
    };
    let patterns = file.rows("patterns", Dtype::I8, WIDEST_DENSE)?.ok_or("has no tensor `patterns`")?;
    let values = file.rows("values", Dtype::I8, WIDEST_DENSE)?;
    let (ids, next_id) = file.ids(patterns.nrows())?;
    let mut memory = DenseMemory::new(patterns.ncols(), interaction).map_err(say)?.with_form(form);
    match &values {
        Some(values) => {
            memory = memory.with_values(values.ncols()).map_err(say)?;
            memory.store_pairs(patterns.view(), values.view()).map_err(say)?
        }
        None => memory.store(patterns.view()).map_err(say)?,
    };
    memory.patterns.rename(ids, next_id);
    Ok(memory)
}

fn classical(file: &mut Opened<'_>) -> Result<Network, Fault> {
    let mut rule = Rule::parse(&file.text("rule")?).map_err(say)?;
    if let Rule::PseudoInverse { tolerance, .. } = &mut rule {
        *tolerance = file.number("tolerance")?;
    }
    let patterns = file.rows("patterns", Dtype::I8, WIDEST_CLASSICAL)?.ok_or("has no tensor `patterns`")?;
    let (ids, next_id) = file.ids(patterns.nrows())?;
    let bias = file.tensor("bias", Dtype::F64)?.ok_or("has no tensor `bias`")?;
    let bias = Array1::from_iter(bias.data().as_chunks().0.iter().map(|&b| f64::from_le_bytes(b)));
    // Nothing as large as the weights is made before the rest is known to fit.
    if bias.len() != patterns.ncols() {
        return Err(format!("tensor `bias` has {} entries, expected {}", bias.len(), patterns.ncols()));
    }
    let network = Network::new(patterns.ncols(), rule).map_err(say)?;
    let mut network = network.with_bias(bias.view()).map_err(say)?;
    network.store(patterns.view()).map_err(say)?;
    network.patterns.rename(ids, next_id);
    Ok(network)
}

/// What is left to be understood of a file.
struct Opened<'a> {
    header: BTreeMap<String, String>,
    tensors: BTreeMap<String, TensorView<'a>>,
}

type Parts<'a> = (BTreeMap<String, String>, BTreeMap<String, TensorView<'a>>);

/// Takes the container apart, and checks that it is a memory of a version that is known.
fn open(bytes: &[u8]) -> Result<Parts<'_>, Fault> {
    let Some((length, _)) = bytes.split_first_chunk::<8>() else {
        return Err(format!("is no memory file: {} bytes, a header alone has more", bytes.len()));
    };
    let length = u64::from_le_bytes(*length);
    if length > LONGEST as u64 {
        return Err(format!(
            "is no memory file: its first 8 bytes are {length}, a header has at most {LONGEST}"
        ));
    }
    let there = bytes.len() as u64 - 8;
    if length > there {
        return Err(format!("is truncated or no memory file: a header of {length} bytes, {there} are there"));
    }
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(container)?;
    let mut header: BTreeMap<String, String> = metadata.metadata().clone().into_iter().flatten().collect();
    match (header.get("format").map(String::as_str), header.get("version").map(String::as_str)) {
        (Some(FORMAT), Some(VERSION)) => {}
        (Some(FORMAT), Some(version)) => {
            return Err(format!("has version {version} of the format, this program reads version {VERSION}"));
        }
        _ => return Err("is a safetensors file, but no memory: its header does not say so".to_owned()),
    }
    let tensors = SafeTensors::deserialize(bytes).map_err(container)?;
    header.remove("format");
    header.remove("version");
    Ok((header, tensors.tensors().into_iter().collect()))
}

fn container(reason: safetensors::SafeTensorError) -> Fault {
    use safetensors::SafeTensorError as E;
    match reason {
        E::MetadataIncompleteBuffer => {
            "is truncated or damaged: it does not end where its last tensor does".to_owned()
        }
        other => format!("is no memory file: {other}"),
    }
}

impl<'a> Opened<'a> {
    fn text(&mut self, key: &str) -> Result<String, Fault> {
        self.header.remove(key).ok_or_else(|| format!("its header has no `{key}`"))
    }

    fn number(&mut self, key: &str) -> Result<f64, Fault> {
        let text = self.text(key)?;
        text.parse().map_err(|_| format!("its header has `{text}` as `{key}`, which is no number"))
    }

    fn tensor(&mut self, name: &str, dtype: Dtype) -> Result<Option<TensorView<'a>>, Fault> {
        let Some(tensor) = self.tensors.remove(name) else { return Ok(None) };
        if tensor.dtype() != dtype {
            return Err(format!("tensor `{name}` has numbers of type {}, expected {dtype}", tensor.dtype()));
        }
        Ok(Some(tensor))
    }

    /// A matrix with finite entries (of -1 and +1, where they are bytes).
    fn rows(&mut self, name: &str, dtype: Dtype, widest: usize) -> Result<Option<Array2<f32>>, Fault> {
        let Some(tensor) = self.tensor(name, dtype)? else { return Ok(None) };
        let &[rows, width] = tensor.shape() else {
            return Err(format!("tensor `{name}` has shape {:?}, expected rows and columns", tensor.shape()));
        };
        if !(1..=widest).contains(&width) {
            return Err(format!("tensor `{name}` has width {width}, must be from 1 to {widest}"));
        }
        let numbers: Vec<f32> = match dtype {
            Dtype::F32 => tensor.data().as_chunks().0.iter().map(|&x| f32::from_le_bytes(x)).collect(),
            _ => tensor.data().iter().map(|&x| f32::from(x.cast_signed())).collect(),
        };
        Array2::from_shape_vec((rows, width), numbers)
            .map(Some)
            .map_err(|reason| format!("tensor `{name}`: {reason}"))
    }

    /// One id for each of `rows` rows, ascending, and the one after them.
    fn ids(&mut self, rows: usize) -> Result<(Vec<u64>, u64), Fault> {
        let next = self.text("next_id")?;
        let next_id: u64 = next.parse().map_err(|_| format!("its header has `{next}` as `next_id`"))?;
        if next_id > LARGEST_ID {
            return Err(format!("next_id is {next_id}, must be at most {LARGEST_ID}"));
        }
        let tensor = self.tensor("ids", Dtype::U64)?.ok_or("has no tensor `ids`")?;
        let ids: Vec<u64> = tensor.data().as_chunks().0.iter().map(|&id| u64::from_le_bytes(id)).collect();
        if tensor.shape() != [rows] {
            return Err(format!("tensor `ids` has shape {:?}, expected [{rows}]", tensor.shape()));
        }
        if let Some(pair) = ids.windows(2).find(|pair| pair[0] >= pair[1]) {
            return Err(format!("ids are not ascending: {} comes before {}", pair[0], pair[1]));
        }
        match ids.last() {
            Some(&last) if last >= next_id => Err(format!("id {last} is not below next_id, {next_id}")),
            _ => Ok((ids, next_id)),
        }
    }

    /// What this version does not know may change the meaning of the rest.
    fn nothing_left(&self) -> Result<(), Fault> {
        if let Some(key) = self.header.keys().next() {
            return Err(format!("its header has `{key}`, which a memory of this kind does not"));
        }
        match self.tensors.keys().next() {
            Some(name) => Err(format!("has a tensor `{name}`, which a memory of this kind does not")),
            None => Ok(()),
        }
    }
}

fn say(error: Error) -> Fault {
    error.to_string()
}
