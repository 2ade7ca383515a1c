"""Data sets by name or path."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import _engine

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Set", "load"]


@dataclass(frozen=True)
class Set:
    """Patterns of one shape, with labels where the source has them.

    Attributes
    ----------
    name : str
        What the set is called.
    patterns : float32 array (n, width)
        In the units of the source.
    shape : tuple of int
        How the components of a pattern lie, such as (28, 28).
    labels : int64 array (n,) or None
        Class numbers.
    class_names : list of str
        Names of the classes by number; empty where a class is called by its number.
    """

    name: str
    patterns: npt.NDArray[np.float32]
    shape: tuple[int, ...]
    labels: npt.NDArray[np.int64] | None
    class_names: list[str]

    def __len__(self) -> int:
        return len(self.patterns)


def load(name: str | os.PathLike[str]) -> Set:
    """Loads a data set.

    Parameters
    ----------
    name : str or path
        "glyphs" (95 characters of 8x8), "iris", "winequality", "diabetes", "linnerud", which come with the package;
        "mnist" and "mnist:test" below the folder that ATTRACTOR_DATA names; or the path of a folder of PNG pictures,
        or of a PNG, npy, npz, CSV or IDX file.

    Returns
    -------
    Set

    Examples
    --------
    >>> glyphs = attractor.data.load("glyphs")
    >>> glyphs.patterns.shape, glyphs.shape
    ((95, 64), (8, 8))
    """
    title, patterns, shape, labels, class_names = _engine.load_set(os.fspath(name))
    return Set(title, patterns, tuple(shape), labels, class_names)
