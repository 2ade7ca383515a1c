"""The workloads: sizes, data and beta, fixed before ours was measured.

Every array is float32 in C order and follows from one seed, so that each
contestant reads the same bits. `keys` are the stored patterns, `cues` what is
looked up; shapes (n, width) and (cues, width).
"""

import gzip
import math
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

SEED = 20260801
MNIST_IMAGES = Path("mnist") / "train-images-idx3-ubyte.gz"


@dataclass(frozen=True)
class Workload:
    """One measurement. `steps` counts updates; `separation` is `softmax`, `argmax`,
    `topk(K)` as the command line spells it, or `store`, which has no cues."""

    name: str
    data: str
    n: int
    width: int
    cues: int
    beta: float
    steps: int
    separation: str
    note: str

    @property
    def dataset(self):
        """Workloads with the same key use the same keys."""
        return (self.data, self.n, self.width)

    def tiny(self):
        """The same workload at a size that a self-test runs in milliseconds."""
        return replace(self, n=min(self.n // 100, 3000), cues=min(self.cues, 5))


def topk(separation):
    """K of `topk(K)`, 1 for `argmax`, None for everything else."""
    if separation == "argmax":
        return 1
    if separation.startswith("topk("):
        return int(separation[5:-1])
    return None


def all_workloads():
    """The list of the project, in the order in which it is measured."""
    million, d = 1_000_000, 128
    found = []
    for cues in (1, 8, 64):
        found += [
            Workload(f"{cues}x1Mx128/sharp", "directions", million, d, cues, 64.0, 1, "softmax",
                     "beta 64: one weight carries the answer"),
            Workload(f"{cues}x1Mx128/diffuse", "directions", million, d, cues, 1 / math.sqrt(d), 1,
                     "softmax", "beta 1/sqrt(d): no weight is negligible"),
            Workload(f"{cues}x1Mx128/argmax", "directions", million, d, cues, 64.0, 1, "argmax",
                     "nearest stored pattern by dot product"),
            Workload(f"{cues}x1Mx128/topk10", "directions", million, d, cues, 64.0, 1, "topk(10)",
                     "softmax over the ten best scores"),
        ]
    found.append(Workload("store/1Mx128", "directions", million, d, 0, 1.0, 0, "store",
                          "into an empty memory"))
    for data, note in (
        ("directions", "unit keys: no weight is negligible"),
        ("gaussian", "N(0,1) components, as raw attention: every weight but one is exactly zero"),
        ("denormal", "beta |key|^2 = 95.3: most weights are denormal numbers"),
    ):
        found.append(Workload(f"64x10kx256/{data}", data, 10_000, 256, 64, 8.0, 1, "softmax", note))
    found.append(Workload("100x10kx784/uniform", "uniform", 10_000, 784, 100, 1.0, 4, "softmax",
                          "components in [-1,1], lower half of each cue zero"))
    if mnist_file() is not None:
        found.append(Workload("100x10kx784/mnist", "mnist", 10_000, 784, 100, 1.0, 4, "softmax",
                              "MNIST in [-1,1], lower half of each cue zero"))
    return found


def mnist_file():
    """The training images below the folder that ATTRACTOR_DATA names, if they are there."""
    root = os.environ.get("ATTRACTOR_DATA")
    path = Path(root) / MNIST_IMAGES if root else None
    return path if path is not None and path.is_file() else None


def make_keys(workload):
    """Stored patterns of a workload, (n, width) float32."""
    rng = np.random.default_rng([SEED, 1, workload.n, workload.width])
    shape = (workload.n, workload.width)
    if workload.data == "mnist":
        return read_mnist(mnist_file(), workload.n)
    if workload.data == "uniform":
        keys = rng.random(shape, dtype=np.float32)
        keys *= 2
        keys -= 1
        return keys
    keys = rng.standard_normal(shape, dtype=np.float32)
    if workload.data == "directions":
        keys *= (1 / np.sqrt(np.einsum("ij,ij->i", keys, keys)))[:, None]
    elif workload.data == "denormal":
        # exp(-x) is a denormal float32 for x between 87.3 and 103.3. A cue near one
        # key scores beta |key|^2 there and about 0 elsewhere, so that the middle of
        # that interval makes as many weights denormal as such data can.
        keys *= (1 / np.sqrt(np.einsum("ij,ij->i", keys, keys) * (workload.beta / 95.3)))[:, None]
    return keys


def make_cues(workload, keys):
    """Damaged copies of keys spread over the memory, (cues, width) float32."""
    rng = np.random.default_rng([SEED, 2, workload.n, workload.width])
    # Always 128 draws, so that the cues of 1, 8 and 64 are the first of one list.
    rows = rng.integers(0, workload.n, 128)[: workload.cues]
    cues = keys[rows].copy()
    if workload.data in ("uniform", "mnist"):
        cues[:, workload.width // 2:] = 0
        return cues
    noise = rng.standard_normal((128, workload.width), dtype=np.float32)[: workload.cues]
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    size = {"directions": 0.75, "gaussian": 0.5, "denormal": 0.5}[workload.data]
    cues += size * np.linalg.norm(cues, axis=1, keepdims=True) * noise
    return cues


def read_mnist(path, n):
    """The first n images of an IDX file, scaled to [-1, 1], (n, 784) float32."""
    with gzip.open(path, "rb") as file:
        magic, images, rows, columns = np.frombuffer(file.read(16), dtype=">u4")
        if magic != 2051 or rows * columns != 784 or images < n:
            raise ValueError(f"{path.name}: not {n} images of 28 x 28 (magic {magic}, "
                             f"{images} images of {rows} x {columns})")
        pixels = np.frombuffer(file.read(n * 784), dtype=np.uint8)
    return (pixels.astype(np.float32) / 127.5 - 1).reshape(n, 784)
