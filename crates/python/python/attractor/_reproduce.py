"""Published results, run again."""

from __future__ import annotations

import json
import os
from typing import Any, Literal

from . import _engine
from .errors import ValueRangeError


def reproduce(
    id: str,
    *,
    effort: Literal["full", "quick", "smoke"] = "full",
    seed: int = 1,
    data: str | os.PathLike[str] | None = None,
) -> dict[str, Any]:
    """Runs a published result again. Ctrl-C stops it.

    Parameters
    ----------
    id : str
        Such as "capacity/classical"; ``attractor reproduce --list`` of the command line shows them all.
    effort : str
        "full" is the protocol. "quick": one repetition, or seed, of those of the protocol; numbers without a spread, and
        no verdict. "smoke": tiny sizes; shows that everything works, the numbers prove nothing.
    seed : int
        Where every random draw comes from.
    data : str or path, optional
        Folder of the data sets; that of ATTRACTOR_DATA when left out.

    Returns
    -------
    dict
        The record: "title", "source", "protocol", "published", "measured", "series", "baselines", "pass", "seconds", …

    Examples
    --------
    >>> record = attractor.reproduce("kv/hetero", effort="smoke")
    >>> record["id"], sorted(record["measured"])
    ('kv/hetero', ['mean', 'runs', 'spread'])
    """
    if seed < 0:
        raise ValueRangeError(f"seed = {seed}: must be at least 0")
    record: dict[str, Any] = json.loads(_engine.reproduce(id, effort, seed, data))
    return record
