"""The complementary learner."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import _engine
from .errors import ShapeError, UnknownIdError, ValueRangeError

if TYPE_CHECKING:
    from types import TracebackType

    import numpy as np
    import numpy.typing as npt
    from typing_extensions import Self

    from ._labels import Label


@dataclass(frozen=True)
class Explanation:
    """What one answer of a learner rests on.

    Attributes
    ----------
    label : int or str or None
        The class; None when no class is known.
    confidence : float
        Its probability.
    system : str
        Which system answered: "fast" (episodes) or "slow".
    fast, slow : int or str or None
        What each system alone would have said.
    share : float
        Probability that the fast system is the one to be trusted.
    novelty : float
        How strange the cue is, 0 to 1.
    energy : float
        Energy of the cue among the episodes; infinite without any.
    episodes : int64 array (k,)
        The episodes behind the answer of the fast system, largest weight first.
    labels : list
        Their labels.
    weights : float64 array (k,)
        Their weights, which sum to one.
    """

    label: Label | None
    confidence: float
    system: str
    fast: Label | None
    slow: Label | None
    share: float
    novelty: float
    energy: float
    episodes: npt.NDArray[np.int64]
    labels: list[Label | None]
    weights: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Slumber:
    """What a sleep did.

    Attributes
    ----------
    updates : int
        Episodes replayed.
    learned : int
        Those that the slow system learned from.
    before, after : float or None
        Log-loss of the slow system on episodes that are never replayed, before and after.
    pruned : int
        Episodes let go because the slow system knows them.
    ended : str
        "budget", "generalised", "interrupted" or "nothing".
    seconds : float
        How long it took.
    """

    updates: int
    learned: int
    before: float | None
    after: float | None
    pruned: int
    ended: str
    seconds: float


class Learner:
    """A fast memory for what was seen once, and a slow system for what is common to it.

    What `observe` returned for survives a kill of the process; the same path opened again continues. One process
    learns in a directory at a time.

    Parameters
    ----------
    path : str or path, optional
        Directory; made where there is none. Without it the learner lives in memory and is gone with the object.
    memory_bytes : int
        Most bytes of the learner in this process.
    encoder : {"auto", "plain", "whitened", "random", "patches"}
        How observations become features; "auto" is "patches" for pictures and "random" else.
    cortex : {"auto", "ridge", "mean", "discriminant", "network", "none"}
        The slow system; "auto" is "ridge".
    seed : int
        Of everything random.
    shape : tuple of int, optional
        How the components of an observation lie: (height, width) or (height, width, channels) for pictures. Otherwise
        they are a vector, of the width of the first observation.

    Notes
    -----
    A learner in memory can be pickled and copied; one in a directory is opened by its path.

    Options of a learner are fixed when it is made. Opened again, it takes options that were left out from its
    directory, and refuses others than its own.

    Labels are int or str. X is an array (n, width), or (n, \\*shape); a single observation (width,) counts as one row.

    Examples
    --------
    >>> with attractor.Learner(seed=7) as learner:
    ...     ids = learner.observe([[0.1, 0.9], [0.8, 0.2]], ["low", "high"])
    ...     learner.predict([[0.15, 0.85]])
    array(['low'], dtype='<U3')
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        memory_bytes: int = 64 << 20,
        encoder: str = "auto",
        cortex: str = "auto",
        seed: int = 0,
        shape: tuple[int, ...] | None = None,
    ) -> None:
        for name, value in (("memory_bytes", memory_bytes), ("seed", seed)):
            if value < 0:
                raise ValueRangeError(f"{name} = {value}: must be at least 0")
        extents = None if shape is None else list(shape)
        self._shape = shape
        self._engine = _engine.Learner(path, memory_bytes, encoder, cortex, seed, extents)

    def observe(
        self, X: npt.ArrayLike, y: Any, *, namespace: str = "", utility: float = 1.0
    ) -> npt.NDArray[np.int64]:
        """One look at every row of X, in this order.

        Parameters
        ----------
        X : array (n, width)
        y : array (n,) of int or str
            The labels; one label for a single observation.
        namespace : str
            Where the episodes belong; they can be read and forgotten apart.
        utility : float
            What the observations are worth, 0 to 1,000,000: replay and the order of forgetting follow it.

        Returns
        -------
        int64 array (n,)
            The episode of each row, new or strengthened; -1 where the slow system alone learned.

        Examples
        --------
        >>> learner = attractor.Learner()
        >>> learner.observe([0.1, 0.9], "low")
        array([0])
        """
        from ._labels import texts_of

        return self._engine.observe(self._flat(X), texts_of(y), namespace, utility)

    def predict(self, X: npt.ArrayLike, *, namespace: str | None = None) -> npt.NDArray[Any]:
        """The class of every row.

        Parameters
        ----------
        X : array (n, width)
        namespace : str, optional
            Whose episodes answer; all, when left out.

        Returns
        -------
        array (n,)
            int64 or text, as the labels are; objects where they are of both kinds, or None where no class is known.

        Examples
        --------
        >>> learner = attractor.Learner()
        >>> ids = learner.observe([[0.1, 0.9], [0.8, 0.2]], [3, 5])
        >>> learner.predict([[0.2, 0.8]])
        array([3])
        """
        from ._labels import array_of, label_of

        texts = self._engine.predict(self._flat(X), namespace)
        return array_of(None if text is None else label_of(text) for text in texts)

    def predict_proba(
        self, X: npt.ArrayLike, *, namespace: str | None = None
    ) -> npt.NDArray[np.float64]:
        """Probabilities of the classes.

        Parameters
        ----------
        X : array (n, width)
        namespace : str, optional
            As in `predict`.

        Returns
        -------
        float64 array (n, classes)
            Columns in the order of `classes`.

        Examples
        --------
        >>> learner = attractor.Learner()
        >>> ids = learner.observe([[0.1, 0.9], [0.8, 0.2]], [3, 5])
        >>> learner.predict_proba([[0.2, 0.8]]).argmax(axis=1)
        array([0])
        """
        return self._engine.predict_proba(self._flat(X), namespace)[0]

    @property
    def classes(self) -> npt.NDArray[Any]:
        """The classes, in the order in which they were first seen."""
        from ._labels import array_of, label_of

        return array_of(label_of(entry["label"]) for entry in self._stats()["classes"])

    def explain(self, X: npt.ArrayLike, *, namespace: str | None = None) -> list[Explanation]:
        """What the answer to every row rests on: system, episodes, weights.

        Parameters
        ----------
        X : array (n, width)
        namespace : str, optional
            As in `predict`.

        Examples
        --------
        >>> learner = attractor.Learner()
        >>> ids = learner.observe([[0.1, 0.9], [0.8, 0.2]], ["low", "high"])
        >>> why = learner.explain([[0.2, 0.8]])[0]
        >>> why.system, why.labels[0]
        ('fast', 'low')
        """
        import numpy as np

        from ._labels import label_of

        def read(label: str | None) -> Label | None:
            return None if label is None else label_of(label)

        told = json.loads(self._engine.explain(self._flat(X), namespace))
        return [
            Explanation(
                label=read(answer["label"]),
                confidence=answer["confidence"],
                system=answer["system"],
                fast=read(answer["fast"]),
                slow=read(answer["slow"]),
                share=answer["share"],
                novelty=answer["novelty"]["rank"],
                energy=_or_infinite(answer["novelty"]["energy"]),
                episodes=np.array([e["id"] for e in answer["episodes"]], dtype=np.int64),
                labels=[read(e["label"]) for e in answer["episodes"]],
                weights=np.array([e["weight"] for e in answer["episodes"]], dtype=np.float64),
            )
            for answer in told
        ]

    def novelty(
        self, X: npt.ArrayLike, *, namespace: str | None = None
    ) -> npt.NDArray[np.float64]:
        """How strange every row is: the share of familiar observations so far that were less so.

        Parameters
        ----------
        X : array (n, width)
        namespace : str, optional
            As in `predict`.

        Returns
        -------
        float64 array (n,)
            0 to 1; a half as long as nothing was familiar.

        Examples
        --------
        >>> learner = attractor.Learner()
        >>> learner.novelty([[0.1, 0.9]])
        array([0.5])
        """
        return self._engine.novelty(self._flat(X), namespace)

    def recall(
        self, X: npt.ArrayLike, mask: npt.ArrayLike, *, namespace: str | None = None
    ) -> npt.NDArray[np.float32]:
        """Completes observations from the episodes that agree best with what is known.

        Parameters
        ----------
        X : array (n, width)
            Whatever stands in unknown components is ignored, NaN too.
        mask : bool array (n, width) or (width,)
            True where a component is known; it keeps its value.
        namespace : str, optional
            As in `predict`.

        Returns
        -------
        float32 array (n, width)

        Examples
        --------
        >>> learner = attractor.Learner()
        >>> ids = learner.observe([[0.0, 1.0], [1.0, 0.0]], ["low", "high"])
        >>> learner.recall([[0.0, float("nan")]], [True, False]).round(1)
        array([[0., 1.]], dtype=float32)
        """
        import numpy as np

        from ._arrays import mask as known_of
        from ._arrays import rows

        patterns = rows(self._flat(X), "X")
        known = known_of(self._flat(mask), "mask")
        if known.shape[1] != patterns.shape[1] or known.shape[0] not in (1, patterns.shape[0]):
            raise ShapeError(f"mask: shape {known.shape}, but X has {patterns.shape}")
        known = np.ascontiguousarray(np.broadcast_to(known, patterns.shape))
        return self._engine.recall(np.where(known, patterns, np.float32(0)), known, namespace)

    def sleep(self, seconds: float | None = None, updates: int | None = None) -> Slumber:
        """Replays episodes into the slow system, those that it knows badly first.

        It ends when the budget is used up or more replay would not generalise better. Ctrl-C ends it after the
        present round; what was replayed until then stays.

        Parameters
        ----------
        seconds : float, optional
            Most seconds.
        updates : int, optional
            Most replays. Without either, until more replay would not generalise better.

        Returns
        -------
        Slumber

        Examples
        --------
        >>> learner = attractor.Learner()
        >>> ids = learner.observe([[i % 5, i % 3] for i in range(40)], [i % 2 for i in range(40)])
        >>> learner.sleep(updates=64).ended in ("budget", "generalised")
        True
        """
        if updates is not None and updates < 0:
            raise ValueRangeError(f"updates = {updates}: must be at least 0")
        return Slumber(**json.loads(self._engine.sleep(seconds, updates)))

    def forget(
        self,
        *,
        episode: int | None = None,
        label: Label | None = None,
        namespace: str | None = None,
    ) -> None:
        """Forgets one episode, a class, or a namespace.

        Parameters
        ----------
        episode : int, optional
            The id of an episode. The slow system takes it back where it can.
        label : int or str, optional
            A class with all its episodes: the learner does not answer with it again, unless it is observed anew.
        namespace : str, optional
            All episodes of a namespace, as if one by one.

        Examples
        --------
        >>> learner = attractor.Learner()
        >>> ids = learner.observe([[0.1, 0.9], [0.8, 0.2]], ["low", "high"])
        >>> learner.forget(label="low")
        >>> learner.predict([[0.1, 0.9]])
        array(['high'], dtype='<U4')
        """
        from ._labels import text_of

        given = [what for what in (episode, label, namespace) if what is not None]
        if len(given) != 1:
            raise ValueRangeError("forget: give exactly one of episode, label, namespace")
        if episode is not None:
            if episode < 0:
                raise UnknownIdError(f"no episode has id {episode}")
            self._engine.forget_episode(episode)
        elif label is not None:
            self._engine.forget_label(text_of(label))
        elif namespace is not None:
            self._engine.forget_namespace(namespace)

    def stats(self) -> dict[str, Any]:
        """Numbers about the learner: observations, classes, episodes, bytes in memory and on disk, …

        Examples
        --------
        >>> attractor.Learner().stats()["observations"]
        0
        """
        from ._labels import label_of

        stats = self._stats()
        for entry in stats["classes"]:
            entry["label"] = label_of(entry["label"])
        stats["memory_bytes"] = dict(stats["memory_bytes"])
        return stats

    def close(self) -> None:
        """Writes a checkpoint and lets go of the directory. A closed learner answers nothing."""
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        files = self._engine.files()
        if files is None:
            raise TypeError("a learner in a directory cannot be pickled: open its path instead")
        return {"shape": self._shape, "files": files}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._shape = state["shape"]
        self._engine = _engine.Learner.of_files(state["files"])

    def __repr__(self) -> str:
        stats = self._stats()
        return (
            f"Learner({stats['observations']} observations, {len(stats['classes'])} classes, "
            f"{stats['episodes']} episodes)"
        )

    def _stats(self) -> dict[str, Any]:
        stats: dict[str, Any] = json.loads(self._engine.stats())
        return stats

    def _flat(self, X: Any) -> Any:
        """Pictures as rows of components."""
        if self._shape is None or len(self._shape) == 1:
            return X
        import numpy as np

        array = np.asarray(X)
        if array.shape == self._shape:
            return array.reshape(1, -1)
        if array.shape[1:] == self._shape:
            return array.reshape(len(array), -1)
        return array


def _or_infinite(number: float | None) -> float:
    return math.inf if number is None else number
