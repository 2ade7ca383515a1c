"""Associative memory and complementary learning: numpy in, numpy out.

Examples
--------
>>> memory = attractor.Memory(4, beta=8.0)
>>> memory.store([[1, 1, -1, -1], [1, -1, 1, -1]])
array([0, 1])
>>> memory.recall([1.0, 0.9, -0.2, 0.0]).state.round(2)
array([[ 1.,  1., -1., -1.]], dtype=float32)
"""

from importlib import import_module as _import_module
from types import ModuleType as _ModuleType

from . import data, errors
from ._engine import (
    Certificate,
    HopfieldNetwork,
    KeyValueMemory,
    Memory,
    NetworkRecall,
    Recall,
    __version__,
)
from ._learner import Explanation, Learner, Slumber
from ._reproduce import reproduce
from ._separate import separate
from .errors import (
    AttractorError,
    DTypeError,
    EmptyMemoryError,
    FormatError,
    ShapeError,
    StoreError,
    StoreLockedError,
    UnknownIdError,
    UnsupportedError,
    ValueRangeError,
)

__all__ = [
    "AttractorError",
    "Certificate",
    "DTypeError",
    "EmptyMemoryError",
    "Explanation",
    "FormatError",
    "HopfieldNetwork",
    "KeyValueMemory",
    "Learner",
    "Memory",
    "NetworkRecall",
    "Recall",
    "ShapeError",
    "Slumber",
    "StoreError",
    "StoreLockedError",
    "UnknownIdError",
    "UnsupportedError",
    "ValueRangeError",
    "__version__",
    "data",
    "errors",
    "reproduce",
    "separate",
]


def __getattr__(name: str) -> _ModuleType:
    # Not before it is used: it needs numpy at once.
    if name == "nn":
        return _import_module("attractor.nn")
    raise AttributeError(f"module 'attractor' has no attribute {name!r}")
