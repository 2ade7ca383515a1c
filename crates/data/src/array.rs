//! Numbers as a file stores them: any rank, any type.

use ndarray::Array2;

use crate::{Malformed, Set, Shape};

/// An array as it stands in a file, in C order (last index fastest).
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    shape: Vec<usize>,
    values: Values,
}

/// The numbers of an [`Array`], in the type of the file.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Values {
    /// Truth values: any byte but 0 is true.
    Bool(Vec<bool>),
    /// Unsigned, 1 byte.
    U8(Vec<u8>),
    /// Signed, 1 byte.
    I8(Vec<i8>),
    /// Unsigned, 2 bytes.
    U16(Vec<u16>),
    /// Signed, 2 bytes.
    I16(Vec<i16>),
    /// Unsigned, 4 bytes.
    U32(Vec<u32>),
    /// Signed, 4 bytes.
    I32(Vec<i32>),
    /// Unsigned, 8 bytes.
    U64(Vec<u64>),
    /// Signed, 8 bytes.
    I64(Vec<i64>),
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
}

/// The type of a number in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

/// Order of the bytes of a number in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endian {
    Little,
    Big,
}

impl Kind {
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::Bool | Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }
}

/// Runs `$body` with `$v` bound to the vector inside, whatever its type.
macro_rules! each {
    ($values:expr, $v:ident => $body:expr) => {
        match $values {
            Values::Bool($v) => $body,
            Values::U8($v) => $body,
            Values::I8($v) => $body,
            Values::U16($v) => $body,
            Values::I16($v) => $body,
            Values::U32($v) => $body,
            Values::I32($v) => $body,
            Values::U64($v) => $body,
            Values::I64($v) => $body,
            Values::F32($v) => $body,
            Values::F64($v) => $body,
        }
    };
}

impl Array {
    /// Joins sizes and numbers that a parser has already counted.
    pub(crate) fn new(shape: Vec<usize>, values: Values) -> Self {
        debug_assert_eq!(shape.iter().product::<usize>(), each!(&values, v => v.len()));
        Self { shape, values }
    }

    /// The same array, when its numbers stood in Fortran order (first index fastest).
    pub(crate) fn into_c_order(self) -> Self {
        Self { values: self.values.fortran_to_c(&self.shape), shape: self.shape }
    }

    /// Sizes, slowest index first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The numbers, in C order.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// The numbers as class numbers, in C order.
    ///
    /// # Errors
    /// [`Malformed::Label`] for a number that is negative, broken, or above `u32::MAX`.
    pub fn to_labels(&self) -> Result<Vec<u32>, Malformed> {
        fn whole<T: Copy + AsF64>(values: &[T]) -> Result<Vec<u32>, Malformed> {
            let label = |(row, x): (usize, &T)| {
                let value = x.as_f64();
                let fits = (0.0..=f64::from(u32::MAX)).contains(&value) && value.fract() == 0.0;
                if fits { Ok(value as u32) } else { Err(Malformed::Label { row, value }) }
            };
            values.iter().enumerate().map(label).collect()
        }
        each!(&self.values, v => whole(v))
    }

    /// A set called `name`: the first index counts the patterns.
    ///
    /// Rank 1 is one pattern, rank 2 `(n, d)` vectors, rank 3 `(n, height, width)` grey pictures,
    /// rank 4 `(n, height, width, channels)` pictures of up to 4 channels, or else `(groups, n, height, width)` grey
    /// pictures in groups; higher ranks are flattened to vectors.
    /// Numbers become `f32`: whole numbers above 2^24 are rounded.
    /// The range is 0 to 255 for bytes, 0 to 1 for truth values, and that of the values for all else.
    ///
    /// # Errors
    /// [`Malformed::Empty`] without a pattern or component, [`Malformed::NotFinite`] for what has no finite `f32`.
    pub fn into_set(self, name: impl Into<String>) -> Result<Set, Malformed> {
        let (n, shape) = match self.shape[..] {
            [d] => (1, Shape::Vector(d)),
            [n, d] => (n, Shape::Vector(d)),
            [n, height, width] => (n, Shape::grey(height, width)),
            [n, height, width, channels @ 0..=4] => (n, Shape::Image { height, width, channels }),
            [groups, n, height, width] => (groups * n, Shape::grey(height, width)),
            [] => (0, Shape::Vector(0)),
            [n, ref rest @ ..] => (n, Shape::Vector(rest.iter().product())),
        };
        let d = shape.components();
        if n == 0 || d == 0 {
            return Err(Malformed::Empty { shape: self.shape });
        }
        let (values, range) = self.values.to_f32(d)?;
        let patterns = Array2::from_shape_vec((n, d), values)
            .map_err(|reason| Malformed::Damaged { part: "sizes", reason: reason.to_string() })?;
        Ok(Set::checked(name.into(), patterns, shape, range))
    }
}

impl Values {
    /// The numbers of `body`, whose length is a multiple of the size of `kind`.
    pub(crate) fn decode(kind: Kind, endian: Endian, body: Vec<u8>) -> Self {
        macro_rules! numbers {
            ($t:ty) => {{
                let (items, _) = body.as_chunks::<{ size_of::<$t>() }>();
                match endian {
                    Endian::Little => items.iter().map(|&item| <$t>::from_le_bytes(item)).collect(),
                    Endian::Big => items.iter().map(|&item| <$t>::from_be_bytes(item)).collect(),
                }
            }};
        }
        match kind {
            Kind::Bool => Self::Bool(body.into_iter().map(|byte| byte != 0).collect()),
            Kind::U8 => Self::U8(body),
            Kind::I8 => Self::I8(numbers!(i8)),
            Kind::U16 => Self::U16(numbers!(u16)),
            Kind::I16 => Self::I16(numbers!(i16)),
            Kind::U32 => Self::U32(numbers!(u32)),
            Kind::I32 => Self::I32(numbers!(i32)),
            Kind::U64 => Self::U64(numbers!(u64)),
            Kind::I64 => Self::I64(numbers!(i64)),
            Kind::F32 => Self::F32(numbers!(f32)),
            Kind::F64 => Self::F64(numbers!(f64)),
        }
    }

    /// The same numbers from Fortran order (first index fastest) to C order.
    fn fortran_to_c(self, shape: &[usize]) -> Self {
        fn reorder<T: Clone>(values: Vec<T>, shape: &[usize]) -> Vec<T> {
            use ndarray::{ArrayD, IxDyn, ShapeBuilder};
            match ArrayD::from_shape_vec(IxDyn(shape).f(), values) {
                Ok(array) => array.iter().cloned().collect(),
                // The caller counted the numbers against the sizes.
                Err(_) => Vec::new(),
            }
        }
        match self {
            Self::Bool(v) => Self::Bool(reorder(v, shape)),
            Self::U8(v) => Self::U8(reorder(v, shape)),
            Self::I8(v) => Self::I8(reorder(v, shape)),
            Self::U16(v) => Self::U16(reorder(v, shape)),
            Self::I16(v) => Self::I16(reorder(v, shape)),
            Self::U32(v) => Self::U32(reorder(v, shape)),
            Self::I32(v) => Self::I32(reorder(v, shape)),
            Self::U64(v) => Self::U64(reorder(v, shape)),
            Self::I64(v) => Self::I64(reorder(v, shape)),
            Self::F32(v) => Self::F32(reorder(v, shape)),
            Self::F64(v) => Self::F64(reorder(v, shape)),
        }
    }

    /// Finite `f32` and the range of the type; `d` components per pattern say where a bad one stands.
    fn to_f32(&self, d: usize) -> Result<(Vec<f32>, (f32, f32)), Malformed> {
        fn checked<T: AsF64>(values: &[T], d: usize) -> Result<(Vec<f32>, (f32, f32)), Malformed> {
            let mut range = (f32::INFINITY, f32::NEG_INFINITY);
            let mut finite = Vec::with_capacity(values.len());
            for (place, original) in values.iter().enumerate() {
                let value = original.as_f64() as f32;
                if !value.is_finite() {
                    let (row, column) = (place / d, place % d);
                    return Err(Malformed::NotFinite { row, column, value: original.as_f64() });
                }
                range = (range.0.min(value), range.1.max(value));
                finite.push(value);
            }
            Ok((finite, range))
        }
        match self {
            // The largest sets are bytes and bits: nothing to check.
            Self::U8(v) => Ok((v.iter().map(|&x| f32::from(x)).collect(), (0.0, 255.0))),
            Self::Bool(v) => Ok((v.iter().map(|&x| f32::from(u8::from(x))).collect(), (0.0, 1.0))),
            other => each!(other, v => checked(v, d)),
        }
    }
}

/// Every number of a file fits an `f64` closely enough to be rounded to `f32` afterwards.
trait AsF64 {
    fn as_f64(&self) -> f64;
}

macro_rules! as_f64 {
    ($($t:ty)*) => { $(impl AsF64 for $t { fn as_f64(&self) -> f64 { *self as f64 } })* };
}
as_f64!(u8 i8 u16 i16 u32 i32 u64 i64 f32 f64);

impl AsF64 for bool {
    fn as_f64(&self) -> f64 {
        f64::from(u8::from(*self))
    }
}
