#!/usr/bin/env python3
"""Energy networks beside HAMUX on JAX: one step of a relaxation.

    cargo build --release
    ~/.cache/attractor-peers/bin/python -m pip install -r benches/peers/requirements-energy.txt
    ~/.cache/attractor-peers/bin/python benches/peers/energy.py

`attractor bench energy` writes its parameters, its states and the states after a step; JAX gets the same parameters,
has to come to the same states, and is timed with them, compiled by `jax.jit`. Two peers: `hamux`, the package, whose
neurons are vectorised over the batch and whose gradients are automatic, and `jax`, the same gradients written by hand.
Ours and the others are timed in turns, with the same number of threads (XLA takes one per core that the process may
use). One JSON object per comparison goes to standard output, a table to standard error. Exit code 1: a result was not
equal, or ours failed.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

from ours import OursFailed, output_of, safetensors
from run import default_binary, say
from turns import turn

STEP = 0.1
HEADS, DEPTH = 8, 32
# Of float32, with sums of two thousand terms.
TOLERANCE = 1e-5


def main(arguments):
    """Parses, fixes the number of threads, and only then loads JAX."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attractor", default=default_binary(), help="the command of ours")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3, help="turns that each side has")
    parser.add_argument("--repeat", type=int, default=15, help="timed runs per turn")
    parser.add_argument("--only", default="", help="workloads whose names contain this")
    options = parser.parse_args(arguments)
    cores = sorted(os.sched_getaffinity(0))[:options.threads]
    os.sched_setaffinity(0, cores)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(options.threads)
    os.environ["JAX_PLATFORMS"] = "cpu"

    import jax

    import report

    where = report.machine(options.threads, options.repeat, {"jax": jax.__version__})
    say("; ".join(f"{name} {value}" for name, value in where.items()))
    if float(where["load"]) > 0.5:
        say("note: the machine is not quiet (load above 0.5); processor times say more than times")
    if len(cores) < options.threads:
        say(f"note: {options.threads} threads on {len(cores)} cores")
    good = True
    with tempfile.TemporaryDirectory(prefix="attractor-energy-") as folder:
        for name in (name for name in WORKLOADS if options.only in name):
            try:
                good &= compare(name, options, Path(folder))
            except OursFailed as error:
                say(f"{name}: ours failed: {error}")
                good = False
    return 0 if good else 1


def compare(name, options, folder):
    """Checks the peers' states, times all in turns and prints a line per peer."""
    import jax
    import numpy as np

    ours(name, options, 1, folder)
    read = lambda what: safetensors(folder / f"{name.replace('/', '-')}-{what}.safetensors")[0]
    weights, states, expected = read("weights"), read("states"), read("next")
    states = {layer: jax.numpy.asarray(state) for layer, state in states.items()}
    weights = {key: jax.numpy.asarray(weight) for key, weight in weights.items()}
    contestants, good, steps = WORKLOADS[name](weights), True, {}
    for peer, function in contestants.items():
        compiled = jax.jit(function)
        found = compiled(states)
        largest = max(np.abs(state).max() for state in expected.values())
        difference = max(float(np.abs(np.asarray(found[layer]) - state).max() / largest)
                         for layer, state in expected.items())
        run = lambda compiled=compiled: jax.block_until_ready(compiled(states))
        steps[peer] = (run, difference)
        good &= difference <= TOLERANCE
    samples = {peer: ([], []) for peer in ("ours", *contestants)}
    for _ in range(options.rounds):
        times, cpu = ours(name, options, options.repeat, None)
        samples["ours"][0].extend(times)
        samples["ours"][1].append(cpu)
        for peer, (run, _) in steps.items():
            times, cpu = turn(run, options.repeat)
            samples[peer][0].extend(times)
            samples[peer][1].append(cpu)
    mine, mine_cpu = (statistics.median(part) for part in samples["ours"])
    for peer, (_, difference) in steps.items():
        theirs, theirs_cpu = (statistics.median(part) for part in samples[peer])
        equal = difference <= TOLERANCE
        print(json.dumps({
            "schema": 1, "workload": name, "ours_ms": mine, "peer": peer, "peer_ms": theirs,
            "ratio": mine / theirs, "equal": equal, "difference": difference, "ours_cpu_ms": mine_cpu,
            "peer_cpu_ms": theirs_cpu, "cpu_ratio": mine_cpu / theirs_cpu,
        }), flush=True)
        say(f"{name:<30} {peer:<8} ours {mine:8.2f} ms  peer {theirs:8.2f} ms  ratio {mine / theirs:6.3f}  "
            f"cpu {mine_cpu:8.1f} / {theirs_cpu:8.1f} ms = {mine_cpu / theirs_cpu:6.3f}  "
            f"{'equal' if equal else 'NOT EQUAL'} ({difference:.1e})")
    return good


def dense(weights):
    """An image, its label and memories: steps by HAMUX, and by hand."""
    import jax
    import jax.numpy as jnp

    pixels, classes = weights["pixels.weight"], weights["classes.weight"]

    def by_hand(states):
        image, label, memories = (states[name][:, 0] for name in ("image", "label", "memories"))
        chosen, active = jax.nn.softmax(label), jax.nn.relu(memories)
        slopes = {
            "image": image - active @ pixels.T,
            "label": label - active @ classes.T,
            "memories": memories - image @ pixels - chosen @ classes,
        }
        return {name: states[name] - STEP * slope[:, None] for name, slope in slopes.items()}

    found = {"jax": by_hand}
    hamux = import_hamux()
    if hamux is not None:
        neurons = {
            "image": hamux.NeuronLayer(hamux.lagr_identity, (pixels.shape[0],)),
            "label": hamux.NeuronLayer(hamux.lagr_softmax, (classes.shape[0],)),
            "memories": hamux.NeuronLayer(hamux.lagr_relu, (pixels.shape[1],)),
        }
        synapses = {"pixels": hamux.LinearSynapse(pixels), "classes": hamux.LinearSynapse(classes)}
        joints = [(("image", "memories"), "pixels"), (("label", "memories"), "classes")]
        ham = hamux.HAM(neurons, synapses, joints).vectorize()

        def by_package(states):
            flat = {name: state[:, 0] for name, state in states.items()}
            slopes = ham.dEdact(ham.activations(flat), flat)
            return {name: (flat[name] - STEP * slopes[name])[:, None] for name in flat}

        found["hamux"] = by_package
    return found


def transformer(weights):
    """A block of the Energy Transformer: steps by HAMUX, and by hand."""
    import jax
    import jax.numpy as jnp

    gamma, delta = weights["tokens.gamma"][0, 0], weights["tokens.delta"][0]
    patterns, beta = weights["memory.patterns"], DEPTH ** -0.5
    queries, keys = (weights[f"attention.{name}"].reshape(HEADS, DEPTH, -1) for name in ("queries", "keys"))

    def norm(x):
        centred = x - x.mean(-1, keepdims=True)
        return gamma * centred / jnp.sqrt((centred ** 2).mean(-1, keepdims=True) + 1e-5) + delta

    def by_hand(states):
        x = states["tokens"]
        g = norm(x)
        q, k = (jnp.einsum("btd,hyd->bhty", g, matrix) for matrix in (queries, keys))
        weight = jax.nn.softmax(beta * jnp.einsum("bhcy,bhky->bhck", q, k), axis=-1)
        looking = jnp.einsum("bhck,bhky,hyd->bcd", weight, k, queries)
        seen = jnp.einsum("bhck,bhcy,hyd->bkd", weight, q, keys)
        recalled = jax.nn.relu(g @ patterns.T) @ patterns
        return {"tokens": x - STEP * (x - looking - seen - recalled)}

    found = {"jax": by_hand}
    hamux = import_hamux()
    if hamux is not None:
        import equinox

        class Attention(equinox.Module):
            """The energy of one sample's tokens, as HAMUX takes it."""
            queries: jax.Array
            keys: jax.Array

            def __call__(self, g):
                q, k = (jnp.einsum("td,hyd->hty", g, matrix) for matrix in (self.queries, self.keys))
                scores = beta * jnp.einsum("hcy,hky->hck", q, k)
                return -jax.nn.logsumexp(scores, axis=-1).sum() / beta

        class Memory(equinox.Module):
            """The energy of rectified memories."""
            patterns: jax.Array

            def __call__(self, g):
                return -0.5 * (jax.nn.relu(g @ self.patterns.T) ** 2).sum()

        lagrangian = lambda x: hamux.lagr_layernorm(x, gamma=gamma, delta=delta, axis=-1, eps=1e-5).sum()
        # A sum over tokens: the package has one value for each.
        neurons = {"tokens": hamux.NeuronLayer(lagrangian, (64, 256))}
        synapses = {"attention": Attention(queries, keys), "memory": Memory(patterns)}
        joints = [(("tokens",), "attention"), (("tokens",), "memory")]
        ham = hamux.HAM(neurons, synapses, joints).vectorize()

        def by_package(states):
            slopes = ham.dEdact(ham.activations(states), states)
            return {"tokens": states["tokens"] - STEP * slopes["tokens"]}

        found["hamux"] = by_package
    return found


WORKLOADS = {
    "energy/dense-128x784-10-2000": dense,
    "energy/transformer-16x64x256": transformer,
}


def ours(name, options, repeat, out):
    """Times in milliseconds, and processor time per run."""
    words = [options.attractor, "bench", "energy", name, "--threads", options.threads, "--repeat", repeat, "--json"]
    text = output_of(words + (["--out", out] if out else []))
    try:
        lines = [line for line in map(json.loads, text.splitlines()) if line["workload"] == name]
        timing = next(line for line in lines if "samples_ms" in line)
        used = next(line for line in lines if "cpu_ms" in line)
        return timing["samples_ms"], used["cpu_ms"]
    except (ValueError, KeyError, StopIteration) as error:
        raise OursFailed(f"not the expected JSON ({error!r}): {text[:200]!r}") from error


def import_hamux():
    """The package, or None with a note."""
    try:
        import hamux
        return hamux
    except ImportError as error:
        say(f"note: without hamux ({error})")
        return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
