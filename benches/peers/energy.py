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

import os
import sys

import networks
from ours import safetensors
from run import say

STEP = 0.1
HEADS, DEPTH = 8, 32
# Of float32, with sums of two thousand terms.
TOLERANCE = 1e-5


def main(arguments):
    """Parses, fixes the number of threads, and only then loads JAX."""
    options = networks.parse(arguments, __doc__, repeat=15)
    cores = sorted(os.sched_getaffinity(0))[:options.threads]
    os.sched_setaffinity(0, cores)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(options.threads)
    os.environ["JAX_PLATFORMS"] = "cpu"

    import jax

    if len(cores) < options.threads:
        say(f"note: {options.threads} threads on {len(cores)} cores")
    versions = {"jax": jax.__version__}
    return networks.run("energy", options, versions, WORKLOADS, lambda *work: compare(*work, options))


def compare(name, folder, options):
    """Checks the peers' states, then times all in turns: a row per peer."""
    import jax
    import numpy as np

    networks.ours("energy", name, options, 1, folder)
    read = lambda what: safetensors(folder / f"{name.replace('/', '-')}-{what}.safetensors")[0]
    weights, states, expected = read("weights"), read("states"), read("next")
    states = {layer: jax.numpy.asarray(state) for layer, state in states.items()}
    weights = {key: jax.numpy.asarray(weight) for key, weight in weights.items()}
    largest = max(np.abs(state).max() for state in expected.values())
    steps = {}
    for peer, function in WORKLOADS[name](weights).items():
        compiled = jax.jit(function)
        found = compiled(states)
        difference = max(float(np.abs(np.asarray(found[layer]) - state).max() / largest)
                         for layer, state in expected.items())
        run = lambda compiled=compiled: jax.block_until_ready(compiled(states))
        steps[peer] = (run, difference)
    return networks.in_turns("energy", name, options, steps, TOLERANCE)


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
