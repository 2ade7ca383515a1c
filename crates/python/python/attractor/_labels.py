"""Labels of Python as texts of the engine, and back.

An integer is its decimal digits, a text is itself; a text that would be read as something else comes in quotes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import DTypeError, ShapeError, ValueRangeError

Label = int | str


def text_of(label: Any) -> str:
    """The text of one label."""
    if isinstance(label, str):
        if not label:
            raise ValueRangeError("y: a label is empty")
        return json.dumps(label) if label[0] == '"' or _is_whole(label) else str(label)
    if isinstance(label, (int, np.integer)) and not isinstance(label, bool):
        return str(int(label))
    raise DTypeError(f"y: {label!r} is {type(label).__name__}, expected int or str")


def label_of(text: str) -> Label:
    """The label of one text."""
    if text[0] == '"':
        return str(json.loads(text))
    return int(text) if _is_whole(text) else text


def _is_whole(text: str) -> bool:
    digits = text[1:] if text[0] == "-" else text
    return digits.isascii() and digits.isdigit() and str(int(text)) == text


def texts_of(y: Any) -> list[str]:
    """The texts of labels (n,), or of a single one."""
    if isinstance(y, (str, int)):
        return [text_of(y)]
    array = np.asarray(y)
    if array.ndim > 1:
        raise ShapeError(f"y: {array.ndim} dimensions, expected one")
    return [text_of(label) for label in array.reshape(-1).tolist()]


def array_of(labels: Iterable[Label | None]) -> npt.NDArray[Any]:
    """int64 or text where all labels are of one kind, else objects."""
    listed = list(labels)
    kinds = {type(label) for label in listed}
    if kinds == {int}:
        return np.array(listed, dtype=np.int64)
    if kinds == {str}:
        return np.array(listed, dtype=np.str_)
    return np.array(listed, dtype=object)
