"""The learner as a classifier for river: one look at a time, on features by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
from river import base

from . import Learner
from .errors import ValueRangeError

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

__all__ = ["AttractorClassifier"]


class AttractorClassifier(base.Classifier):  # type: ignore[misc]
    """The complementary learner on a stream.

    Features may come and go. Each gets a component of its own when it is first seen; once all are taken, further
    ones share them. What is no number counts as the feature "name=value".

    Parameters
    ----------
    features
        Components of an observation.
    memory_bytes
        Most bytes of the learner.
    encoder
        As for `attractor.Learner`.
    cortex
        As for `attractor.Learner`.
    seed
        Of everything random.

    Examples
    --------
    >>> from attractor.river import AttractorClassifier
    >>> model = AttractorClassifier()
    >>> model.learn_one({"warmth": 0.1, "light": 0.9}, "winter")
    >>> model.learn_one({"warmth": 0.8, "light": 0.2}, "summer")
    >>> model.predict_one({"warmth": 0.2, "light": 0.8})
    'winter'
    """

    def __init__(
        self,
        features: int = 64,
        *,
        memory_bytes: int = 64 << 20,
        encoder: str = "auto",
        cortex: str = "auto",
        seed: int = 0,
    ) -> None:
        if features < 1:
            raise ValueRangeError(f"features = {features}: must be at least 1")
        self.features = features
        self.memory_bytes = memory_bytes
        self.encoder = encoder
        self.cortex = cortex
        self.seed = seed
        self._learner = Learner(
            memory_bytes=memory_bytes, encoder=encoder, cortex=cortex, seed=seed
        )
        self._places: dict[str, int] = {}
        self._labels: list[Hashable] = []

    @property
    def _multiclass(self) -> bool:
        return True

    def learn_one(self, x: Mapping[Hashable, Any], y: Hashable) -> None:
        """One look at features x of class y."""
        if y not in self._labels:
            self._labels.append(y)
        for name in sorted(_numbers(x)):
            if name not in self._places and len(self._places) < self.features:
                self._places[name] = len(self._places)
        self._learner.observe(self._vector(x), self._labels.index(y))

    def predict_proba_one(self, x: Mapping[Hashable, Any]) -> dict[Any, float]:
        """Probability of every class seen so far."""
        if not self._labels:
            return {}
        probabilities = self._learner.predict_proba(self._vector(x))[0]
        return {label: float(p) for label, p in zip(self._labels, probabilities)}

    def _vector(self, x: Mapping[Hashable, Any]) -> npt.NDArray[np.float32]:
        vector = np.zeros(self.features, dtype=np.float32)
        for name, number in _numbers(x).items():
            vector[self._places.get(name, crc32(name.encode()) % self.features)] += number
        return vector


def _numbers(x: Mapping[Hashable, Any]) -> dict[str, float]:
    """Numbers by name; what is none becomes the feature `name=value` of value 1."""
    numbers = {}
    for name, value in x.items():
        if isinstance(value, (int, float, np.number, np.bool_)):
            numbers[str(name)] = float(value)
        else:
            numbers[f"{name}={value}"] = 1.0
    return numbers
