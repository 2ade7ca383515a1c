//! Examples that are kept, within a number of bytes.

use std::collections::BTreeMap;

use attractor_data::stream;
use ndarray::{Array2, ArrayView1};
use rand::RngExt;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;

use crate::Error;

/// How the components of an example are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// 4 bytes each, as they are.
    F32,
    /// 1 byte each, for components in [0, 1]: `round(255 x)`. Exact for images of 8 bits that were divided by 255.
    Unit8,
}

impl Codec {
    /// Bytes per component.
    pub fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::Unit8 => 1,
        }
    }
}

/// Which examples stay when there is no more room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Each of those offered with equal probability (Vitter 1985, algorithm R).
    Reservoir,
    /// As many of each class of each context as there is room for: while such a group has less than its share, a new
    /// example of it takes the place of a random one of the largest group (the greedy sampler of Prabhu et al. 2020,
    /// which knows classes alone, and keeps nothing but the first context where all contexts have the same ones).
    Balanced,
}

/// How much a buffer holds, and of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Store {
    /// Limit in bytes: components, classes (4 bytes each) and outputs (4 bytes each).
    pub bytes: usize,
    /// How components are kept.
    pub codec: Codec,
    /// Which examples stay.
    pub keep: Keep,
}

impl Store {
    /// Room for `examples` of `width` components with `outputs` outputs each.
    pub fn of(examples: usize, width: usize, outputs: usize, codec: Codec, keep: Keep) -> Self {
        let row = row_bytes(width, outputs, codec);
        Self { bytes: examples.saturating_mul(row), codec, keep }
    }
}

fn row_bytes(width: usize, outputs: usize, codec: Codec) -> usize {
    width * codec.bytes() + 4 + outputs * 4
}

/// A context and a class.
type Group = (u32, u32);

/// Examples drawn from a buffer.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// `(n, width)`.
    pub inputs: Array2<f32>,
    /// Their classes.
    pub classes: Vec<u32>,
    /// The outputs that were kept with them, `(n, outputs)`.
    pub outputs: Array2<f32>,
}

/// A bounded store of examples.
///
/// ```
/// use attractor_learn::strategy::{Buffer, Codec, Keep, Store};
/// use ndarray::array;
///
/// let store = Store::of(2, 3, 0, Codec::Unit8, Keep::Balanced);
/// let mut buffer = Buffer::new(3, 0, store, 1)?;
/// for class in [0, 0, 0, 1] {
///     buffer.offer(array![0.0, 1.0, 0.2].view(), class, &[])?;
/// }
/// assert_eq!((buffer.room(), buffer.len(), buffer.per_class()), (2, 2, vec![(0, 1), (1, 1)]));
/// # Ok::<(), attractor_learn::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Buffer {
    width: usize,
    outputs: usize,
    store: Store,
    offered: u64,
    /// Little-endian numbers or bytes, row by row.
    codes: Vec<u8>,
    classes: Vec<u32>,
    kept: Vec<f32>,
    /// Rows of each class of each context.
    members: BTreeMap<Group, Vec<u32>>,
    context: u32,
    rng: ChaCha8Rng,
}

impl Buffer {
    /// An empty buffer for examples of `width` components with `outputs` outputs each.
    ///
    /// # Errors
    /// [`Error::Parameter`] when there is not room for one example.
    pub fn new(width: usize, outputs: usize, store: Store, seed: u64) -> Result<Self, Error> {
        if store.bytes < row_bytes(width, outputs, store.codec) {
            let (name, value) = ("bytes of a buffer", store.bytes as f64);
            return Err(Error::Parameter { name, value, limit: "at least those of one example" });
        }
        Ok(Self {
            width,
            outputs,
            store,
            offered: 0,
            codes: Vec::new(),
            classes: Vec::new(),
            kept: Vec::new(),
            members: BTreeMap::new(),
            context: 0,
            rng: stream(seed, "strategy/buffer"),
        })
    }

    /// Most examples that fit.
    pub fn room(&self) -> usize {
        (self.store.bytes / row_bytes(self.width, self.outputs, self.store.codec)).min(u32::MAX as usize)
    }

    /// Examples held.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// Bytes held: components, classes and outputs, at most the limit.
    pub fn bytes(&self) -> usize {
        self.len() * row_bytes(self.width, self.outputs, self.store.codec)
    }

    /// Examples held of each class, in the order of their numbers.
    pub fn per_class(&self) -> Vec<(u32, usize)> {
        let mut sizes = BTreeMap::new();
        self.classes.iter().for_each(|&class| *sizes.entry(class).or_insert(0) += 1);
        sizes.into_iter().collect()
    }

    /// What is offered from now on belongs to another context.
    pub fn end_context(&mut self) {
        self.context += 1;
    }

    /// Offers an example with its outputs, and returns whether it was kept.
    ///
    /// # Errors
    /// [`Error::Width`] of either; [`Error::NotFinite`]; [`Error::Parameter`] for a component that the codec
    /// cannot keep. Nothing changes then.
    pub fn offer(&mut self, input: ArrayView1<'_, f32>, class: u32, outputs: &[f32]) -> Result<bool, Error> {
        check(self.width, input.len(), "an example for a buffer")?;
        check(self.outputs, outputs.len(), "outputs for a buffer")?;
        for (component, &value) in input.iter().chain(outputs).enumerate() {
            if !value.is_finite() {
                let (value, place) = (f64::from(value), "an example for a buffer");
                return Err(Error::NotFinite { component, value, place });
            }
        }
        self.accept(input)?;
        self.offered += 1;
        let Some(row) = self.place(class) else { return Ok(false) };
        self.write(row, input, class, outputs);
        Ok(true)
    }

    /// Whether the codec can keep an example.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first component that it cannot.
    pub(super) fn accept(&self, input: ArrayView1<'_, f32>) -> Result<(), Error> {
        let fits = |x: &&f32| self.store.codec == Codec::F32 || (0.0..=1.0).contains(*x);
        match input.iter().find(|x| !fits(x)) {
            None => Ok(()),
            Some(&x) => {
                let (name, value) = ("a component for a buffer of bytes", f64::from(x));
                Err(Error::Parameter { name, value, limit: "from 0 to 1" })
            }
        }
    }

    /// At most `n` different examples, at random; all of them, in random order, where there are fewer.
    pub fn draw(&mut self, n: usize) -> Drawn {
        let held = self.len();
        let rows = sample(&mut self.rng, held, n.min(held)).into_vec();
        self.rows(&rows)
    }

    /// The examples in these rows, which run from 0 to [`Buffer::len`].
    ///
    /// # Panics
    /// Beyond the last row.
    pub fn rows(&self, rows: &[usize]) -> Drawn {
        let mut inputs = Vec::with_capacity(rows.len() * self.width);
        let mut outputs = Vec::with_capacity(rows.len() * self.outputs);
        for &row in rows {
            let size = self.width * self.store.codec.bytes();
            let code = &self.codes[row * size..(row + 1) * size];
            match self.store.codec {
                Codec::Unit8 => inputs.extend(code.iter().map(|&byte| f32::from(byte) / 255.0)),
                Codec::F32 => {
                    inputs.extend(code.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)));
                }
            }
            outputs.extend_from_slice(&self.kept[row * self.outputs..(row + 1) * self.outputs]);
        }
        let shaped = |flat: Vec<f32>, width: usize| {
            Array2::from_shape_vec((rows.len(), width), flat).unwrap_or_else(|_| Array2::zeros((0, width)))
        };
        Drawn {
            inputs: shaped(inputs, self.width),
            classes: rows.iter().map(|&row| self.classes[row]).collect(),
            outputs: shaped(outputs, self.outputs),
        }
    }

    /// The row where a new example of `class` goes; `None` when it is not kept.
    fn place(&mut self, class: u32) -> Option<usize> {
        if self.len() < self.room() {
            return Some(self.len());
        }
        match self.store.keep {
            Keep::Reservoir => {
                let at = self.rng.random_range(0..self.offered);
                (at < self.len() as u64).then_some(at as usize)
            }
            Keep::Balanced => {
                let group = (self.context, class);
                let (mut largest, mut size) = (group, 0);
                for (&other, rows) in &self.members {
                    if rows.len() > size {
                        (largest, size) = (other, rows.len());
                    }
                }
                let own = self.members.get(&group).map_or(0, Vec::len);
                if own >= size {
                    return None;
                }
                let at = self.rng.random_range(0..size);
                self.members.get(&largest).map(|rows| rows[at] as usize)
            }
        }
    }

    fn write(&mut self, row: usize, input: ArrayView1<'_, f32>, class: u32, outputs: &[f32]) {
        let code: Vec<u8> = match self.store.codec {
            Codec::F32 => input.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Codec::Unit8 => input.iter().map(|x| (x * 255.0).round() as u8).collect(),
        };
        if row == self.len() {
            self.codes.extend(code);
            self.classes.push(class);
            self.kept.extend_from_slice(outputs);
        } else {
            let (size, old, last) = (code.len(), self.classes[row], self.context);
            self.codes[row * size..(row + 1) * size].copy_from_slice(&code);
            self.kept[row * self.outputs..(row + 1) * self.outputs].copy_from_slice(outputs);
            self.classes[row] = class;
            for context in 0..=last {
                if let Some(rows) = self.members.get_mut(&(context, old)) {
                    rows.retain(|&r| r as usize != row);
                }
            }
            self.members.retain(|_, rows| !rows.is_empty());
        }
        self.members.entry((self.context, class)).or_default().push(row as u32);
    }
}

fn check(expected: usize, found: usize, place: &'static str) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::Width { expected, found, place }) }
}
