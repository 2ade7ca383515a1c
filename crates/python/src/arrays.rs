//! Arrays of the caller: float32 in C order as it is, everything else by the rule of `attractor._arrays`.

use ndarray::{Array, ArrayView2, Dimension};
use numpy::{
    Element, PyArray, PyArray1, PyArrayMethods, PyReadonlyArray, PyReadonlyArray2, PyUntypedArrayMethods,
};
use pyo3::prelude::*;

use crate::errors::Refusal;

/// The array itself where it has this type and order, else what the converter makes of it.
fn taken<'py, T: Element, D: Dimension>(
    value: &Bound<'py, PyAny>,
    converter: &str,
    place: &str,
) -> PyResult<PyReadonlyArray<'py, T, D>> {
    if let Ok(array) = value.cast::<PyArray<T, D>>()
        && array.is_c_contiguous()
        && let Ok(array) = array.try_readonly()
    {
        return Ok(array);
    }
    let converted = value.py().import("attractor._arrays")?.call_method1(converter, (value, place))?;
    Ok(converted.cast::<PyArray<T, D>>()?.readonly())
}

/// Rows `(n, width)`; one pattern `(width,)` counts as one row.
pub(crate) fn rows<'py>(value: &Bound<'py, PyAny>, place: &str) -> PyResult<PyReadonlyArray2<'py, f32>> {
    taken(value, "rows", place)
}

/// The same in double precision.
pub(crate) fn double_rows<'py>(
    value: &Bound<'py, PyAny>,
    place: &str,
) -> PyResult<PyReadonlyArray2<'py, f64>> {
    taken(value, "double_rows", place)
}

/// A boolean array `(n, width)`.
pub(crate) fn mask<'py>(value: &Bound<'py, PyAny>, place: &str) -> PyResult<PyReadonlyArray2<'py, bool>> {
    taken(value, "mask", place)
}

/// Ids `(n,)`, none of them negative.
pub(crate) fn ids(value: &Bound<'_, PyAny>, place: &str) -> PyResult<Vec<u64>> {
    let converted = value.py().import("attractor._arrays")?.call_method1("ids", (value, place))?;
    let array = converted.cast::<PyArray1<i64>>()?.readonly();
    Ok(array.as_array().iter().map(|&id| id as u64).collect())
}

/// A whole number that is not negative.
pub(crate) fn count(name: &str, value: i64) -> Result<usize, Refusal> {
    usize::try_from(value).map_err(|_| Refusal::range(format!("{name} = {value}: must be at least 0")))
}

/// A whole number from 1 on.
pub(crate) fn extent(name: &str, value: i64) -> Result<usize, Refusal> {
    match usize::try_from(value) {
        Ok(extent @ 1..) => Ok(extent),
        _ => Err(Refusal::range(format!("{name} = {value}: must be at least 1"))),
    }
}

/// The engine's array as one of numpy, without a copy.
pub(crate) fn given<T: Element, D: Dimension>(py: Python<'_>, array: Array<T, D>) -> Py<PyArray<T, D>> {
    PyArray::from_owned_array(py, array).unbind()
}

/// A list as an array `(n,)`.
pub(crate) fn given_list<T: Element>(py: Python<'_>, list: Vec<T>) -> Py<PyArray1<T>> {
    PyArray1::from_vec(py, list).unbind()
}

/// Refuses entries that are not finite, by row and column.
pub(crate) fn check_finite(rows: ArrayView2<'_, f32>, place: &str) -> Result<(), Refusal> {
    match rows.indexed_iter().find(|(_, x)| !x.is_finite()) {
        None => Ok(()),
        Some(((row, column), x)) => Err(Refusal::range(format!(
            "{place}: row {row}, column {column} is {x}: every entry must be finite"
        ))),
    }
}

/// Refuses what is neither -1 nor +1.
pub(crate) fn check_signs(rows: ArrayView2<'_, f32>, place: &str) -> Result<(), Refusal> {
    match rows.indexed_iter().find(|(_, x)| x.abs() != 1.0) {
        None => Ok(()),
        Some(((row, column), x)) => Err(Refusal::range(format!(
            "{place}: row {row}, column {column} is {x}: a binary memory takes -1 and +1 only"
        ))),
    }
}
