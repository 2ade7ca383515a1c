"""How arrays of the caller become those of the engine.

float32 in C order is taken as it is, without a copy. Booleans, integers and other floats are converted; complex
numbers, strings and objects are refused. One pattern `(width,)` counts as one row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import DTypeError, ShapeError, ValueRangeError


def rows(value: Any, name: str) -> npt.NDArray[np.float32]:
    """A float32 array (n, width) in C order."""
    array = _matrix(_numbers(value, name), name)
    with np.errstate(over="ignore"):
        converted = np.ascontiguousarray(array, dtype=np.float32)
    if array.dtype != np.float32:
        overflown = np.isinf(converted) & np.isfinite(array)
        if overflown.any():
            row, column = (int(place) for place in np.argwhere(overflown)[0])
            raise ValueRangeError(
                f"{name}: row {row}, column {column} is {array[row, column]}: "
                "at most 1e18 in magnitude"
            )
    return converted


def double_rows(value: Any, name: str) -> npt.NDArray[np.float64]:
    """A float64 array (n, width) in C order."""
    return np.ascontiguousarray(_matrix(_numbers(value, name), name), dtype=np.float64)


def mask(value: Any, name: str) -> npt.NDArray[np.bool_]:
    """A boolean array (n, width) in C order."""
    array = np.asarray(value)
    if array.dtype != np.bool_:
        raise DTypeError(f"{name}: dtype {array.dtype}, expected bool")
    return np.ascontiguousarray(_matrix(array, name))


def ids(value: Any, name: str) -> npt.NDArray[np.int64]:
    """An int64 array (n,), none of its entries negative."""
    array = np.asarray(value)
    if array.size == 0:
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise DTypeError(f"{name}: dtype {array.dtype}, expected integers")
    if array.ndim > 1:
        raise ShapeError(f"{name}: {array.ndim} dimensions, expected one")
    if (array < 0).any():
        raise ValueRangeError(f"{name}: {array[array < 0].flat[0]}: ids are not negative")
    return np.ascontiguousarray(array.reshape(-1), dtype=np.int64)


def _numbers(value: Any, name: str) -> npt.NDArray[Any]:
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ShapeError(f"{name}: rows of different lengths") from error
    if array.dtype.kind not in "biuf":
        raise DTypeError(f"{name}: dtype {array.dtype}, expected numbers (bool, int or float)")
    return array


def _matrix(array: npt.NDArray[Any], name: str) -> npt.NDArray[Any]:
    if array.ndim == 1:
        return array[np.newaxis]
    if array.ndim != 2:
        raise ShapeError(f"{name}: {array.ndim} dimensions, expected two: (n, width)")
    return array
