"""The stream of `learn.py`: MNIST, or a synthetic stand-in that is filed like it.

Everyone reads the same four files: ours through `ATTRACTOR_DATA`, the peers here.
Order: classes ascending, two at a time, in the order of the file within a pair.
"""

import gzip
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workloads import SEED

CLASSES_AT_A_TIME = 2
FILES = {"train": "train", "test": "t10k"}


@dataclass(frozen=True)
class Stream:
    """`train_x` (n, pixels) uint8 and `train_y` (n,) in the order of learning; `test_x`, `test_y`
    as they lie in their file. `root` is what ATTRACTOR_DATA has to name."""

    name: str
    root: Path
    train_x: np.ndarray
    train_y: np.ndarray
    test_x: np.ndarray
    test_y: np.ndarray


def mnist_root():
    """The folder that ATTRACTOR_DATA names, if it holds MNIST; else None."""
    root = os.environ.get("ATTRACTOR_DATA")
    if root and all(find(Path(root), part, kind) for part in FILES for kind in ("images", "labels")):
        return Path(root)
    return None


def read_stream(name, root, limit=None):
    """The first `limit` training examples below `root`, put in order; and the test examples."""
    train_x, train_y = read_part(root, "train")
    train_x, train_y = train_x[:limit], train_y[:limit]
    order = class_incremental(train_y)
    test_x, test_y = read_part(root, "test")
    return Stream(name, Path(root), train_x[order], train_y[order], test_x, test_y)


def class_incremental(labels):
    """Places of the examples in the order of learning."""
    rank = np.searchsorted(np.unique(labels), labels)
    return np.argsort(rank // CLASSES_AT_A_TIME, kind="stable")


def write_synthetic(root, train, test):
    """Ten classes of smooth random pictures with noise, in the files of MNIST below `root`."""
    folder = Path(root) / "mnist"
    folder.mkdir(parents=True)
    rng = np.random.default_rng([SEED, 3])
    waves = np.arange(28)[:, None] * rng.uniform(0.1, 0.5, (10, 2))[:, None, :]
    phase = rng.uniform(0, 6, (10, 1, 2))
    down, right = np.moveaxis(np.sin(waves + phase), 2, 0)
    pictures = np.clip(255 * down[:, :, None] * right[:, None, :], 0, 255)
    for part, count in (("train", train), ("test", test)):
        labels = rng.integers(0, 10, count)
        images = np.clip(pictures[labels] + rng.normal(0, 40, (count, 28, 28)), 0, 255)
        write_idx(folder / f"{FILES[part]}-images-idx3-ubyte", images.astype(np.uint8))
        write_idx(folder / f"{FILES[part]}-labels-idx1-ubyte", labels.astype(np.uint8))


def find(root, part, kind):
    """The path of a file of MNIST, plain or packed, or None."""
    stem = f"{FILES[part]}-{kind}-idx{3 if kind == 'images' else 1}-ubyte"
    paths = (root / "mnist" / (stem + ending) for ending in ("", ".gz"))
    return next((path for path in paths if path.is_file()), None)


def read_part(root, part):
    """Images (n, pixels) and labels (n,), uint8."""
    images, labels = (read_idx(find(Path(root), part, kind)) for kind in ("images", "labels"))
    if len(images) != len(labels):
        raise ValueError(f"{part}: {len(images)} images, but {len(labels)} labels")
    return images.reshape(len(images), -1), labels


def read_idx(path):
    """An IDX file of bytes."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
        data = file.read()
    if data[:3] != b"\0\0\x08":
        raise ValueError(f"{path.name}: not an IDX file of bytes")
    axes = data[3]
    shape = np.frombuffer(data, ">u4", axes, 4).astype(int)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape)


def write_idx(path, array):
    """An IDX file of bytes."""
    sizes = np.array(array.shape, ">u4").tobytes()
    path.write_bytes(b"\0\0\x08" + bytes([array.ndim]) + sizes + array.tobytes())
