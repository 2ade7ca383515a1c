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

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
from pathlib import Path

from ours import OursFailed, output_of, safetensors
from run import default_binary, say
from turns import turn

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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attractor", default=default_binary(), help="the command of ours")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3, help="turns that each side has")
    parser.add_argument("--repeat", type=int, default=7, help="timed runs per turn")
    parser.add_argument("--only", default="", help="workloads whose names contain this")
    options = parser.parse_args(arguments)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(options.threads)

    import torch

    import report

    torch.set_num_threads(options.threads)
    where = report.machine(options.threads, options.repeat, {"torch": torch.__version__})
    say("; ".join(f"{name} {value}" for name, value in where.items()))
    if float(where["load"]) > 0.5:
        say("note: the machine is not quiet (load above 0.5); processor times say more than times")
    good = True
    with tempfile.TemporaryDirectory(prefix="attractor-layers-") as folder:
        for name in (name for name in WORKLOADS if options.only in name):
            try:
                good &= compare(name, options, Path(folder))
            except OursFailed as error:
                say(f"{name}: ours failed: {error}")
                good = False
    return 0 if good else 1


def compare(name, options, folder):
    """Checks the peers' outputs, times all in turns and prints a line per peer."""
    import numpy as np
    import torch

    import hopfield_peers as peers

    ours(name, options, 1, folder)
    place = lambda what: folder / f"{name.replace('/', '-')}-{what}"
    kind, (batch, length), updates = WORKLOADS[name]
    inputs = torch.from_numpy(np.load(place("inputs.npy"))).view(batch, length, DEPTH)
    expected = torch.from_numpy(np.load(place("output.npy")))
    weights, beta = read_weights(place("weights.safetensors"))
    reference = import_reference()
    contestants = {"pytorch": peers.by_hand(kind, updates, beta)}
    if reference is not None:
        contestants["hopfield-layers"] = peers.of_package(reference, kind, updates, weights)
    good, steps = True, {}
    for peer, model in contestants.items():
        model.load_state_dict({key: torch.from_numpy(value) for key, value in weights.items()})
        with torch.inference_mode():
            output = model(inputs).reshape(expected.shape)
        difference = ((output - expected).abs().max() / expected.abs().max()).item()
        steps[peer] = (step(kind, model, inputs), difference)
        good &= difference <= TOLERANCE
    samples = {peer: ([], []) for peer in ("ours", *contestants)}
    memory = dict.fromkeys(contestants)
    own_memory = None
    for _ in range(options.rounds):
        times, cpu, own_memory = ours(name, options, options.repeat, None)
        samples["ours"][0].extend(times)
        samples["ours"][1].append(cpu)
        for peer, (run, _) in steps.items():
            times, cpu = turn(run, options.repeat)
            samples[peer][0].extend(times)
            samples[peer][1].append(cpu)
            memory[peer] = resident()
    mine, mine_cpu = (statistics.median(part) for part in samples["ours"])
    for peer, (_, difference) in steps.items():
        theirs, theirs_cpu = (statistics.median(part) for part in samples[peer])
        equal = difference <= TOLERANCE
        print(json.dumps({
            "schema": 1, "workload": name, "ours_ms": mine, "peer": peer, "peer_ms": theirs,
            "ratio": mine / theirs, "equal": equal, "difference": difference, "ours_cpu_ms": mine_cpu,
            "peer_cpu_ms": theirs_cpu, "cpu_ratio": mine_cpu / theirs_cpu, "ours_peak_bytes": own_memory,
            "peer_peak_bytes": memory[peer],
        }), flush=True)
        say(f"{name:<34} {peer:<16} ours {mine:8.2f} ms  peer {theirs:8.2f} ms  ratio {mine / theirs:6.3f}  "
            f"cpu {mine_cpu:8.1f} / {theirs_cpu:8.1f} ms = {mine_cpu / theirs_cpu:6.3f}  "
            f"memory {(own_memory or 0) / 2**20:.0f} / {(memory[peer] or 0) / 2**20:.0f} MiB  "
            f"{'equal' if equal else 'NOT EQUAL'} ({difference:.1e})")
    return good


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


def ours(name, options, repeat, out):
    """Times in milliseconds, processor time per run, peak memory in bytes."""
    words = [options.attractor, "bench", "layers", name, "--threads", options.threads, "--repeat", repeat, "--json"]
    text = output_of(words + (["--out", out] if out else []))
    try:
        lines = [line for line in map(json.loads, text.splitlines()) if line["workload"] == name]
        timing = next(line for line in lines if "samples_ms" in line)
        used = next(line for line in lines if "cpu_ms" in line)
        return timing["samples_ms"], used["cpu_ms"], used["peak_bytes"]
    except (ValueError, KeyError, StopIteration) as error:
        raise OursFailed(f"not the expected JSON ({error!r}): {text[:200]!r}") from error


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
