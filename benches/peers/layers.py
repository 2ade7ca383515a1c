#!/usr/bin/env python3
"""Hopfield layers beside PyTorch: a training step, pooling, lookup.

    cargo build --release
    ~/.cache/attractor-peers/bin/python benches/peers/layers.py

`attractor bench layers` writes its weights, inputs and outputs; PyTorch loads the weights, has to come to the same
outputs, and is timed with them: as a layer written by hand (`scaled_dot_product_attention` where there is no update,
else the formula), and as `ml-jku/hopfield-layers` where that package can be imported; the folder of its `hflayers`
is named by HOPFIELD_LAYERS (default: ~/.cache/attractor-peers/hopfield-layers). Ours and the others are timed in
turns. One JSON object per comparison goes to standard output, a table to standard error; `cpu` is processor time of
all threads per run. Exit code 1: a result was not equal, or ours failed.
"""

import json
import os
import resource
import sys
from pathlib import Path

import networks
from ours import safetensors
from run import say

DEPTH, HEADS = 256, 8
WORKLOADS = {
    "layers/train-32x128x256": ("train", (32, 128), 0),
    "layers/train-32x128x256-3updates": ("train", (32, 128), 3),
    "layers/pool-8x1024x256": ("pool", (8, 1024), 0),
    "layers/lookup-64x4096x256": ("lookup", (64, 1), 0),
}
# Of float32, with sums of a few hundred terms.
TOLERANCE = 1e-5


def main(arguments):
    """Parses, fixes the number of threads, and only then loads PyTorch."""
    options = networks.parse(arguments, __doc__, repeat=7)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(options.threads)

    import torch

    torch.set_num_threads(options.threads)
    versions = {"torch": torch.__version__}
    return networks.run("layers", options, versions, WORKLOADS, lambda *work: compare(*work, options))


def compare(name, folder, options):
    """Checks the peers' outputs, then times all in turns: a row per peer."""
    import numpy as np
    import torch

    import hopfield_peers as peers

    networks.ours("layers", name, options, 1, folder)
    place = lambda what: folder / f"{name.replace('/', '-')}-{what}"
    kind, (batch, length), updates = WORKLOADS[name]
    inputs = torch.from_numpy(np.load(place("inputs.npy"))).view(batch, length, DEPTH)
    expected = torch.from_numpy(np.load(place("output.npy")))
    weights, beta = read_weights(place("weights.safetensors"))
    reference = import_reference()
    contestants = {"pytorch": peers.by_hand(kind, updates, beta)}
    if reference is not None:
        contestants["hopfield-layers"] = peers.of_package(reference, kind, updates, weights)
    steps = {}
    for peer, model in contestants.items():
        model.load_state_dict({key: torch.from_numpy(value) for key, value in weights.items()})
        with torch.inference_mode():
            output = model(inputs).reshape(expected.shape)
        difference = ((output - expected).abs().max() / expected.abs().max()).item()
        steps[peer] = (step(kind, model, inputs), difference)
    return networks.in_turns("layers", name, options, steps, TOLERANCE, resident)


def step(kind, model, inputs):
    """A training step, or the way forward."""
    import torch

    if kind != "train":
        def forward():
            with torch.inference_mode():
                model(inputs)
        return forward
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3)

    def train():
        optimiser.zero_grad()
        model(inputs).pow(2).mean().backward()
        optimiser.step()
    return train


def read_weights(path):
    """The tensors of a file, and beta from its metadata."""
    import numpy as np

    tensors, metadata = safetensors(path)
    logs = next(json.loads(text) for key, text in metadata.items() if key.endswith("log_beta"))
    return tensors, float(np.exp(logs[0]))


def import_reference():
    """The package, or None with a note."""
    folder = os.environ.get("HOPFIELD_LAYERS", Path.home() / ".cache/attractor-peers/hopfield-layers")
    sys.path.append(str(folder))
    try:
        import hflayers
        return hflayers
    except ImportError as error:
        say(f"note: without ml-jku/hopfield-layers ({error})")
        return None


def resident():
    """Largest resident memory of this process so far, in bytes: of all peers of the run."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
