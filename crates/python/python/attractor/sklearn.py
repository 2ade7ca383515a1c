"""Estimators for scikit-learn.

`AttractorClassifier` is the complementary learner, `MemoryClassifier` a memory alone, `MemoryImputer` recall as the
imputation of missing values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from . import Learner, Memory
from .errors import ValueRangeError

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["AttractorClassifier", "MemoryClassifier", "MemoryImputer"]

Floats = npt.NDArray[np.floating[Any]]


class AttractorClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """The complementary learner as a classifier; it can learn on, class by class.

    Parameters
    ----------
    memory_bytes, encoder, cortex
        As for `attractor.Learner`.
    random_state : int, RandomState instance or None
        Where everything random comes from.

    Attributes
    ----------
    classes_ : array (n_classes,)
        The classes, sorted.
    learner_ : attractor.Learner
        The learner; its labels are the places of the classes in ``classes_``.

    Examples
    --------
    >>> from attractor.sklearn import AttractorClassifier
    >>> X, y = [[0.1, 0.9], [0.2, 0.8], [0.9, 0.1]], ["low", "low", "high"]
    >>> AttractorClassifier().fit(X, y).predict([[0.8, 0.3]])
    array(['high'], dtype='<U4')
    """

    def __init__(
        self,
        *,
        memory_bytes: int = 64 << 20,
        encoder: str = "auto",
        cortex: str = "auto",
        random_state: Any = 0,
    ) -> None:
        self.memory_bytes = memory_bytes
        self.encoder = encoder
        self.cortex = cortex
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Learns X (n, n_features) and y (n,) from the beginning, in random order."""
        X, y = validate_data(self, X, y)
        check_classification_targets(y)
        order = self._start(np.unique(y)).permutation(len(X))
        return self._learn(X[order], y[order])

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:
        """Learns on, in the order of the rows. The first call needs all ``classes`` that will come."""
        first = not hasattr(self, "classes_")
        X, y = validate_data(self, X, y, reset=first)
        check_classification_targets(y)
        if first:
            self._start(np.unique(y if classes is None else classes))
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueRangeError("classes: not those of the first call of partial_fit")
        return self._learn(X, y)

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """The class of every row of X (n, n_features)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        return self.classes_[self.learner_.predict(X).astype(np.intp)]

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:
        """Probabilities (n, n_classes), columns in the order of ``classes_``."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        probabilities = np.zeros((len(X), len(self.classes_)))
        probabilities[:, self.learner_.classes.astype(np.intp)] = self.learner_.predict_proba(X)
        return probabilities

    def _start(self, classes: npt.NDArray[Any]) -> np.random.RandomState:
        draws: np.random.RandomState = check_random_state(self.random_state)
        self.classes_ = classes
        self.learner_ = Learner(
            memory_bytes=self.memory_bytes,
            encoder=self.encoder,
            cortex=self.cortex,
            seed=int(draws.randint(2**31)),
        )
        return draws

    def _learn(self, X: Floats, y: npt.NDArray[Any]) -> Self:
        places = np.searchsorted(self.classes_, y).clip(max=len(self.classes_) - 1)
        unknown = self.classes_[places] != y
        if unknown.any():
            raise ValueRangeError(f"y: {y[unknown][0]!r} is not among the classes of the first call")
        self.learner_.observe(X, places)
        return self


class MemoryClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A memory whose values are classes: every training example is stored, and answers by its weight.

    Parameters
    ----------
    similarity, separation, beta, alpha, degree, k
        As for `attractor.Memory`.

    Attributes
    ----------
    classes_ : array (n_classes,)
        The classes, sorted.
    memory_ : attractor.Memory
        The training examples.

    Examples
    --------
    >>> from attractor.sklearn import MemoryClassifier
    >>> X, y = [[0.1, 0.9], [0.2, 0.8], [0.9, 0.1]], ["low", "low", "high"]
    >>> MemoryClassifier(beta=4.0).fit(X, y).predict([[0.8, 0.3]])
    array(['high'], dtype='<U4')
    """

    def __init__(
        self,
        *,
        similarity: str = "sqeuclidean",
        separation: str = "softmax",
        beta: float = 1.0,
        alpha: float | None = None,
        degree: int | None = None,
        k: int | None = None,
    ) -> None:
        self.similarity = similarity
        self.separation = separation
        self.beta = beta
        self.alpha = alpha
        self.degree = degree
        self.k = k

    def fit(self, X: Any, y: Any) -> Self:
        """Stores X (n, n_features) and y (n,)."""
        X, y = validate_data(self, X, y)
        check_classification_targets(y)
        self.classes_, places = np.unique(y, return_inverse=True)
        memory = Memory(
            X.shape[1],
            value_dim=len(self.classes_),
            similarity=self.similarity,
            separation=self.separation,
            beta=self.beta,
            alpha=self.alpha,
            degree=self.degree,
            k=self.k,
        )
        memory.store(X, np.eye(len(self.classes_), dtype=np.float32)[places])
        self.memory_ = memory
        return self

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """The class of every row of X (n, n_features)."""
        best = self.predict_proba(X).argmax(axis=1)
        classes: npt.NDArray[Any] = self.classes_[best]
        return classes

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:
        """Probabilities (n, n_classes), columns in the order of ``classes_``.

        The weights of the examples of each class together; equal where none has weight.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        value = self.memory_.recall(X, top=0).value
        assert value is not None
        weights = value.astype(np.float64).clip(min=0.0)
        total = weights.sum(axis=1, keepdims=True)
        equal = np.full_like(weights, 1.0 / len(self.classes_))
        shares: npt.NDArray[np.float64] = np.divide(weights, total, out=equal, where=total > 0)
        return shares


class MemoryImputer(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Completes missing values (NaN) by recall: what is known is clamped, the rest moves to the examples like it.

    Features are standardised; examples with gaps are stored only where no example is whole, with means in the gaps.
    A feature without any value comes back as 0.

    Parameters
    ----------
    similarity, separation, beta, alpha, degree, k
        As for `attractor.Memory`, on standardised features.
    max_steps : int
        Most updates of a recall.

    Attributes
    ----------
    mean_, scale_ : float64 array (n_features,)
        Mean and standard deviation of what is there; a deviation of 0 counts as 1.
    memory_ : attractor.Memory
        The standardised examples.

    Examples
    --------
    >>> from attractor.sklearn import MemoryImputer
    >>> imputer = MemoryImputer(beta=4.0).fit([[0.0, 0.0], [10.0, 100.0]])
    >>> imputer.transform([[10.0, float("nan")]]).round()
    array([[ 10., 100.]])
    """

    def __init__(
        self,
        *,
        similarity: str = "sqeuclidean",
        separation: str = "softmax",
        beta: float = 1.0,
        alpha: float | None = None,
        degree: int | None = None,
        k: int | None = None,
        max_steps: int = 10,
    ) -> None:
        self.similarity = similarity
        self.separation = separation
        self.beta = beta
        self.alpha = alpha
        self.degree = degree
        self.k = k
        self.max_steps = max_steps

    def fit(self, X: Any, y: Any = None) -> Self:
        """Stores the examples X (n, n_features); y is ignored."""
        X = self._validated(X, reset=True)
        there = ~np.isnan(X)
        count = there.sum(axis=0).clip(min=1)
        self.mean_ = np.where(there, X, 0.0).sum(axis=0, dtype=np.float64) / count
        deviation = np.where(there, X - self.mean_, 0.0)
        scale = np.sqrt((deviation**2).sum(axis=0) / count)
        self.scale_ = np.where(scale > 0, scale, 1.0)
        whole = there.all(axis=1)
        patterns = (deviation / self.scale_)[whole if whole.any() else slice(None)]
        memory = Memory(
            X.shape[1],
            similarity=self.similarity,
            separation=self.separation,
            beta=self.beta,
            alpha=self.alpha,
            degree=self.degree,
            k=self.k,
        )
        memory.store(patterns)
        self.memory_ = memory
        return self

    def transform(self, X: Any) -> Floats:
        """X (n, n_features) with its gaps filled; what is known stays as it is."""
        check_is_fitted(self)
        X = self._validated(X, reset=False)
        gaps = np.isnan(X)
        rows = gaps.any(axis=1)
        completed: Floats = X.copy()
        if rows.any():
            cues = np.where(gaps, 0.0, (X - self.mean_) / self.scale_)[rows]
            recall = self.memory_.recall(cues, max_steps=self.max_steps, clamp=~gaps[rows], top=0)
            recalled = recall.state.astype(np.float64) * self.scale_ + self.mean_
            completed[gaps] = recalled[gaps[rows]]
        return completed

    def _validated(self, X: Any, *, reset: bool) -> Floats:
        checked: Floats = validate_data(
            self, X, reset=reset, dtype=[np.float64, np.float32], ensure_all_finite="allow-nan"
        )
        return checked

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
