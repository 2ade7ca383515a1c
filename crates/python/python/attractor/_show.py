"""How a recall looks: as a line, as a table of a notebook, as a figure."""

from __future__ import annotations

import html as markup
from math import isqrt
from typing import TYPE_CHECKING, Any

from .errors import AttractorError, ShapeError, ValueRangeError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from matplotlib.figure import Figure

    from ._engine import Memory, Recall

SHOWN = 20


def text(recall: Recall) -> str:
    """One line."""
    n, dim = recall.state.shape
    return f"Recall({n} cues of {dim}, {int(recall.converged.sum())} converged)"


def html(recall: Recall) -> str:
    """A table with a row for each of the first cues."""
    names = ["cue", "state", "energy", "steps", "converged", "entropy", "patterns (weights)"]
    head = "".join(f"<th>{name}</th>" for name in names)
    n = len(recall)
    body = "".join(f"<tr>{_cells(recall, row)}</tr>" for row in range(min(n, SHOWN)))
    rest = f"<p>and {n - SHOWN} more</p>" if n > SHOWN else ""
    return f"<p>{markup.escape(text(recall))}</p><table><tr>{head}</tr>{body}</table>{rest}"


def _cells(recall: Recall, row: int) -> str:
    named = zip(recall.ids[row], recall.weights[row])
    patterns = ", ".join(f"{id} ({weight:.3f})" for id, weight in named if id >= 0)
    energy, entropy = recall.energy, recall.entropy
    cells = [
        str(row),
        recall.kind[row] if recall.kind else "",
        f"{energy[row]:.4g}" if energy is not None else "",
        str(recall.steps[row]),
        "yes" if recall.converged[row] else "no",
        f"{entropy[row]:.3f}" if entropy is not None else "",
        patterns,
    ]
    return "".join(f"<td>{markup.escape(cell)}</td>" for cell in cells)


def figure(recall: Recall, memory: Memory, row: int, shape: tuple[int, ...] | None) -> Figure:
    """The energy trace of one cue, and cue, recall and nearest pattern."""
    from matplotlib.figure import Figure

    if not 0 <= row < len(recall):
        raise ValueRangeError(f"row = {row}: there are {len(recall)} cues")
    pictures = {"cue": recall.cues.reshape(len(recall), -1)[row], "recall": recall.state[row]}
    nearest = int(recall.ids[row, 0]) if recall.ids.shape[1] else -1
    if nearest >= 0:
        try:
            pictures[f"pattern {nearest}"] = memory.patterns([nearest])[0]
        except AttractorError:
            pass  # It was removed since.
    drawn = Figure(figsize=(2.6 * (len(pictures) + 1), 2.6), layout="constrained")
    axes = drawn.subplots(1, len(pictures) + 1)
    if recall.trace:
        axes[0].plot(recall.trace[row], marker="o")
    axes[0].set(title="energy", xlabel="update")
    for place, (name, components) in zip(axes[1:], pictures.items()):
        _draw(place, components, shape)
        place.set_title(name)
    return drawn


def _draw(axes: Any, components: npt.NDArray[np.float32], shape: tuple[int, ...] | None) -> None:
    width = components.size
    side = isqrt(width)
    if shape is None:
        if side * side != width or side < 3:
            axes.plot(components)
            return
        shape = (side, side)
    size = 1
    for extent in shape:
        size *= extent
    if size != width:
        raise ShapeError(f"shape = {shape}: {size} components, but patterns have {width}")
    axes.imshow(components.reshape(shape), cmap="gray")
    axes.set_axis_off()
