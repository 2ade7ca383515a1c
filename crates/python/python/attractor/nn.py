"""Hopfield layers and energy networks on numpy arrays, with weights that were trained elsewhere.

Options and weights are named as in the PyTorch package `ml-jku/hopfield-layers`; `docs/deviations.md` says where the
layers behave differently. Numbers are float32.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from . import _engine
from .errors import DTypeError, ShapeError, ValueRangeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typing_extensions import Unpack

__all__ = ["HAM", "Completed", "Hopfield", "HopfieldLayer", "HopfieldPooling", "Options"]

Array = npt.NDArray[np.float32]
Patterns = npt.ArrayLike
Normalise = bool | Literal["off", "plain", "affine"] | tuple[str, float]
"""Off (False), on with trainable weights (True, "affine") or without ("plain"), with an epsilon where a pair."""


class Options(TypedDict, total=False):
    """Options of the association in all three layers; what is left out has its default.

    `separation` is "softmax", "softmax1", "sparsemax", ("entmax", alpha), ("entmax_trainable", alpha) or ("top_k", k);
    `association_activation` is "relu", ("leaky_relu", slope), "selu", "sigmoid" or "tanh".
    """

    hidden_size: int | None
    output_size: int | None
    pattern_size: int | None
    num_heads: int
    scaling: float | Sequence[float] | None
    scaling_as_trainable: bool
    separation: str | tuple[str, float]
    update_steps_max: int | Sequence[int]
    update_steps_eps: float | Sequence[float] | None
    normalize_stored_pattern: Normalise
    normalize_state_pattern: Normalise
    normalize_pattern_projection: Normalise
    normalize_hopfield_space: Normalise
    stored_pattern_as_static: bool
    state_pattern_as_static: bool
    pattern_projection_as_static: bool
    pattern_projection_as_connected: bool
    stored_pattern_size: int | None
    pattern_projection_size: int | None
    batch_first: bool
    association_activation: str | tuple[str, float] | None
    input_bias: bool
    concat_bias_pattern: bool
    add_zero_association: bool
    disable_out_projection: bool


class _Layer:
    """What the three layers have in common."""

    _kind: str
    _roles: int

    def __init__(self, seed: int, options: Mapping[str, Any]) -> None:
        if seed < 0:
            raise ValueRangeError(f"seed = {seed}: must be at least 0")
        plain = {name: _plain(name, value) for name, value in options.items()}
        self._engine = _engine.Layer(json.dumps({"layer": self._kind, **plain}), seed)

    def forward(
        self,
        input: Patterns | tuple[Patterns, ...],
        stored_pattern_padding_mask: npt.ArrayLike | None = None,
        association_mask: npt.ArrayLike | None = None,
    ) -> Array:
        """The output of the layer.

        Parameters
        ----------
        input : array (batch, length, depth) or tuple of them
            Lengths come first where ``batch_first`` is False.
        stored_pattern_padding_mask : bool array (batch, stored), optional
            True where a stored pattern is padding.
        association_mask : array (length, stored) or (batch * heads, length, stored), optional
            Boolean: True forbids. Numbers are added to the scaled scores.

        Returns
        -------
        float32 array
        """
        return self._engine.forward(*self._arguments(input, stored_pattern_padding_mask, association_mask))

    __call__ = forward

    def association_matrix(
        self,
        input: Patterns | tuple[Patterns, ...],
        stored_pattern_padding_mask: npt.ArrayLike | None = None,
        association_mask: npt.ArrayLike | None = None,
    ) -> Array:
        """The weights that read the values, float32 (batch, heads, length, stored); arguments as of `forward`."""
        return self._engine.association_matrix(
            *self._arguments(input, stored_pattern_padding_mask, association_mask)
        )

    def state_dict(self) -> dict[str, Array]:
        """The weights, by the names of the PyTorch package."""
        return dict(self._engine.state_dict())

    def load_state_dict(self, state_dict: Mapping[str, npt.ArrayLike]) -> None:
        """Takes weights by the names of the PyTorch package.

        Parameters
        ----------
        state_dict : mapping of str to array
            Every name of `state_dict`, with its shape. beta is not among them: give ``scaling`` to the layer.
        """
        self._engine.load_state_dict({name: _float32(name, value) for name, value in state_dict.items()})

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the weights, with beta, as a safetensors file."""
        self._engine.save(path)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Takes the weights of a safetensors file, and beta where `save` wrote it."""
        self._engine.load(path)

    def _arguments(
        self,
        patterns: Patterns | tuple[Patterns, ...],
        padding: npt.ArrayLike | None,
        mask: npt.ArrayLike | None,
    ) -> tuple[list[Array], Any, Any, Any]:
        roles = list(patterns) if isinstance(patterns, tuple) else [patterns] * self._roles
        if len(roles) != self._roles:
            raise ShapeError(f"input: {len(roles)} arrays, expected one or {self._roles}")
        taken = [_float32("input", role) for role in roles]
        for array in taken:
            if array.ndim != 3:
                raise ShapeError(f"input: shape {array.shape}, expected three dimensions")
        forbidden = added = None
        if mask is not None:
            array = np.asarray(mask)
            if array.ndim not in (2, 3):
                raise ShapeError(f"association_mask: shape {array.shape}, expected two or three dimensions")
            if array.dtype == np.bool_:
                forbidden = np.ascontiguousarray(array)
            else:
                added = _float32("association_mask", array)
        return taken, _padding(padding), forbidden, added


class Hopfield(_Layer):
    """State patterns associate with stored patterns and read their values.

    Parameters
    ----------
    input_size : int, optional
        Depth of the state patterns.
    seed : int
        Of the weights, until others are loaded.
    **options
        See `Options`.

    Notes
    -----
    `forward` takes one array for all roles, or (stored patterns, state patterns, values), and gives
    (batch, length, output_size).

    Examples
    --------
    >>> layer = attractor.nn.Hopfield(12, num_heads=3, output_size=5)
    >>> layer(np.ones((2, 7, 12))).shape
    (2, 7, 5)
    """

    _kind = "hopfield"
    _roles = 3

    def __init__(
        self, input_size: int | None = None, *, seed: int = 0, **options: Unpack[Options]
    ) -> None:
        super().__init__(seed, {"input_size": input_size, **options})


class HopfieldPooling(_Layer):
    """A bag of patterns becomes one vector: learned state patterns ask, the bag answers.

    Parameters
    ----------
    input_size : int, optional
        Depth of the patterns.
    quantity : int
        State patterns.
    seed : int
        Of the weights, until others are loaded.
    **options
        See `Options`.

    Notes
    -----
    `forward` takes bags (batch, instances, depth), or (stored patterns, values), and gives
    (batch, quantity * output_size).

    Examples
    --------
    >>> pooling = attractor.nn.HopfieldPooling(8, quantity=3)
    >>> pooling(np.ones((2, 100, 8))).shape
    (2, 24)
    """

    _kind = "pooling"
    _roles = 2

    def __init__(
        self,
        input_size: int | None = None,
        *,
        quantity: int = 1,
        seed: int = 0,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(seed, {"input_size": input_size, "quantity": quantity, **options})


class HopfieldLayer(_Layer):
    """State patterns look learned patterns up, or a training set that was put in.

    Parameters
    ----------
    input_size : int, optional
        Depth of the state patterns.
    quantity : int
        Stored patterns.
    lookup_weights_as_separated : bool
        Whether the values have weights of their own; otherwise they are made of the stored patterns.
    seed : int
        Of the weights, until others are loaded.
    **options
        See `Options`.

    Notes
    -----
    `forward` takes state patterns (batch, length, depth) and gives (batch, length, output_size).

    Examples
    --------
    >>> lookup = attractor.nn.HopfieldLayer(4, quantity=10)
    >>> lookup(np.ones((2, 7, 4))).shape
    (2, 7, 4)
    """

    _kind = "lookup"
    _roles = 1

    def __init__(
        self,
        input_size: int | None = None,
        *,
        quantity: int = 1,
        lookup_weights_as_separated: bool = False,
        seed: int = 0,
        **options: Unpack[Options],
    ) -> None:
        own = {"quantity": quantity, "lookup_weights_as_separated": lookup_weights_as_separated}
        super().__init__(seed, {"input_size": input_size, **own, **options})

    def remember(self, patterns: npt.ArrayLike, targets: npt.ArrayLike | None = None) -> None:
        """Puts patterns in as what is stored.

        Parameters
        ----------
        patterns : array (quantity, depth)
        targets : array (quantity, depth), optional
            What the values are made of, for a layer with ``lookup_weights_as_separated``.
        """
        own = None if targets is None else _matrix("targets", targets)
        self._engine.remember(_matrix("patterns", patterns), own)


class Completed(NamedTuple):
    """What a `HAM` made of some cues."""

    state: Array
    """The images, float32 (n, pixels), from 0 to 1; known pixels as they were given."""
    trace: npt.NDArray[np.float64]
    """Energy at the start and after every step, float64 (steps + 1, n). What rests keeps its last."""
    steps: npt.NDArray[np.int64]
    """Steps that each image was moved for, (n,)."""
    converged: npt.NDArray[np.bool_]
    """Whether each came to rest, (n,)."""

    @property
    def energy(self) -> npt.NDArray[np.float64]:
        """Energy at the end, float64 (n,)."""
        last: npt.NDArray[np.float64] = self.trace[-1]
        return last


class HAM:
    """A hierarchical associative memory, or an Energy Transformer, that completes images.

    It relaxes a network that `attractor train` wrote: `HAM.load("model.safetensors")`. A new one has random weights.

    Parameters
    ----------
    shape : (height, width) or (height, width, channels)
        Of an image.
    model : str, default "two-layer"
        "two-layer", "three-layer", "convolutional" or "energy-transformer".
    seed : int, default 0
    **options
        Those of ``[model]`` in `docs/train.md`, such as ``hidden``.

    Examples
    --------
    >>> import numpy as np
    >>> from attractor import nn
    >>> network = nn.HAM((4, 4), "two-layer", hidden=8)
    >>> known = np.arange(16) < 8
    >>> done = network.recall(np.full((3, 16), 0.5), clamp=np.tile(known, (3, 1)))
    >>> done.state.shape, bool((done.energy <= done.trace[0]).all())
    ((3, 16), True)
    """

    def __init__(
        self,
        shape: Sequence[int],
        model: str = "two-layer",
        *,
        seed: int = 0,
        **options: Any,
    ) -> None:
        if len(shape) not in (2, 3):
            raise ShapeError(f"shape = {tuple(shape)}: expected (height, width) or (height, width, channels)")
        if seed < 0:
            raise ValueRangeError(f"seed = {seed}: must be at least 0")
        height, width, *channels = shape
        sizes = [height, width, channels[0] if channels else 1]
        self._engine = _engine.Ham(sizes, json.dumps({model: options}), seed)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> HAM:
        """The network in a safetensors file that `attractor train` or `save` wrote."""
        self = cls.__new__(cls)
        self._engine = _engine.Ham.load(path)
        return self

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the network with its options as a safetensors file."""
        self._engine.save(path)

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width and channels of an image."""
        return tuple(self._engine.shape())

    @property
    def options(self) -> dict[str, Any]:
        """The model and its options."""
        options: dict[str, Any] = json.loads(self._engine.options())
        return options

    def recall(
        self,
        cues: npt.ArrayLike,
        *,
        clamp: npt.ArrayLike,
        max_steps: int | None = None,
        tol: float | None = None,
    ) -> Completed:
        """Completes images.

        Parameters
        ----------
        cues : array (n, pixels)
            Known pixels from 0 to 1; what stands at the others is not looked at.
        clamp : bool array (n, pixels)
            True where a pixel is known, and keeps its value.
        max_steps, tol : optional
            Of the relaxation. By default as many steps as it was trained with, and 1e-3.
        """
        return Completed(*self._engine.recall(cues, clamp, max_steps, tol))


def _plain(name: str, value: Any) -> Any:
    """An option as the engine's configuration has it."""
    if name.startswith("normalize_"):
        kind, epsilon = value if isinstance(value, tuple) else (value, 1e-5)
        if kind in (False, "off"):
            return "Off"
        names = {True: "Affine", "affine": "Affine", "plain": "Plain"}
        if kind not in names:
            raise ValueRangeError(f"{name} = {value!r}: must be a bool, 'off', 'plain' or 'affine'")
        return {names[kind]: float(epsilon)}
    if name in ("separation", "association_activation") and isinstance(value, tuple):
        kind, number = value
        return {kind: number}
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value.item() if isinstance(value, np.generic) else value


def _float32(name: str, value: npt.ArrayLike) -> Array:
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise DTypeError(f"{name}: dtype {array.dtype}, expected numbers (bool, int or float)")
    return np.ascontiguousarray(array, dtype=np.float32)


def _matrix(name: str, value: npt.ArrayLike) -> Array:
    array = _float32(name, value)
    if array.ndim != 2:
        raise ShapeError(f"{name}: shape {array.shape}, expected two dimensions")
    return array


def _padding(value: npt.ArrayLike | None) -> npt.NDArray[np.bool_] | None:
    if value is None:
        return None
    array = np.asarray(value)
    if array.dtype != np.bool_ or array.ndim != 2:
        found = f"{array.dtype} {array.shape}"
        raise ShapeError(f"stored_pattern_padding_mask: {found}, expected bool (batch, stored)")
    return np.ascontiguousarray(array)
