"""The separation by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _engine
from .errors import DTypeError, ShapeError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def separate(
    scores: npt.ArrayLike,
    separation: str,
    *,
    beta: float = 1.0,
    alpha: float | None = None,
    degree: int | None = None,
    k: int | None = None,
) -> npt.NDArray[np.floating[Any]]:
    """Turns scores into weights, along the last axis.

    Parameters
    ----------
    scores : array (..., N)
        Minus infinity masks an entry: its weight is 0. Where all are masked, all weights are 0.
    separation : str
        As for `Memory`.
    beta : float
        Inverse temperature: scores count times beta.
    alpha, degree, k : optional
        As for `Memory`.

    Returns
    -------
    array (..., N)
        float32 for float32 scores, else float64. It is computed in float64.

    Examples
    --------
    >>> attractor.separate([1.0, 0.0, -1.0], "sparsemax")
    array([1., 0., 0.])
    """
    import numpy as np

    array = np.asarray(scores)
    if array.dtype.kind not in "biuf":
        raise DTypeError(f"scores: dtype {array.dtype}, expected numbers (bool, int or float)")
    if array.ndim == 0:
        raise ShapeError("scores: a single number, expected an array (..., N)")
    double = np.ascontiguousarray(array, dtype=np.float64)
    weights = _engine.separate_rows(
        double.reshape(-1, array.shape[-1]), separation, beta=beta, alpha=alpha, degree=degree, k=k
    ).reshape(array.shape)
    return weights.astype(np.float32) if array.dtype == np.float32 else weights
