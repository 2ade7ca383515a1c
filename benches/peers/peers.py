"""The peers, each in the plain configurations that its users write.

A peer is a name and a list of variants that give the same answer; the fastest one
of a short trial is measured and named in the report. Every variant is a function
without arguments that returns the answer, with all preparation (tensors, index)
done beforehand and not timed.
"""

from dataclasses import dataclass, field
from typing import Callable

import faiss
import numpy as np
import torch
import torch.nn.functional as F

from workloads import topk


@dataclass
class Peer:
    """`answer` says what a variant returns: `state` (cues, d), `nearest` (scores, ids),
    or `stored` (an array or index that holds the keys)."""

    name: str
    answer: str
    variants: dict[str, Callable] = field(default_factory=dict)


def set_threads(threads):
    """The same number of threads for every peer; BLAS of NumPy takes it from the environment."""
    torch.set_num_threads(threads)
    faiss.omp_set_num_threads(threads)


def versions():
    """Name and version of each peer."""
    return {"torch": torch.__version__, "faiss": faiss.__version__, "numpy": np.__version__}


def peers_of(workload, keys, cues, threads):
    """Peers that do what the workload asks for."""
    if workload.separation == "store":
        return [store_torch(keys), store_faiss(keys), store_numpy(keys)]
    if workload.separation == "softmax":
        return [torch_naive(workload, keys, cues), torch_fused(workload, keys, cues, threads),
                numpy_naive(workload, keys, cues)]
    return [faiss_flat(workload, keys, cues), torch_nearest(workload, keys, cues)]


def torch_naive(workload, keys, cues):
    """softmax(beta q k^T) k as one writes it; for one cue also as two matrix-vector products."""
    k, q, beta = torch.from_numpy(keys), torch.from_numpy(cues), workload.beta

    def matrix():
        state = q
        for _ in range(workload.steps):
            state = torch.softmax(beta * state @ k.T, -1) @ k
        return state.numpy()

    def vector():
        state = q[0]
        for _ in range(workload.steps):
            state = torch.softmax(k @ (beta * state), -1) @ k
        return state[None].numpy()

    variants = {"matrix": inference(matrix)}
    if len(cues) == 1:
        variants["vector"] = inference(vector)
    return Peer("torch-naive", "state", variants)


def torch_fused(workload, keys, cues, threads):
    """scaled_dot_product_attention with scale = beta; values are the keys.

    The CPU kernel spreads heads and blocks of queries over the threads and does not
    split the keys, so that few cues keep one thread busy. Giving each thread a head
    of its own (the keys seen once per head, without a copy) is what helps it.
    """
    q = torch.from_numpy(cues)
    k = torch.from_numpy(keys)[None, None]

    def heads(count):
        shared = k.expand(1, count, -1, -1)

        def run():
            state = q.view(1, count, len(cues) // count, -1)
            for _ in range(workload.steps):
                state = F.scaled_dot_product_attention(state, shared, shared, scale=workload.beta)
            return state.reshape(len(cues), -1).numpy()

        return inference(run)

    counts = [1]
    if threads > 1 and len(cues) % threads == 0:
        counts.append(threads)
    return Peer("torch-sdpa", "state",
                {f"{count} head{'s' if count > 1 else ''}": heads(count) for count in counts})


def numpy_naive(workload, keys, cues):
    """softmax(beta q k^T) k with its BLAS, the softmax in place."""

    def run():
        state = cues
        for _ in range(workload.steps):
            weights = (np.float32(workload.beta) * state) @ keys.T
            weights -= weights.max(axis=1, keepdims=True)
            np.exp(weights, out=weights)
            weights /= weights.sum(axis=1, keepdims=True)
            state = weights @ keys
        return state

    return Peer("numpy", "state", {"matrix": run})


def faiss_flat(workload, keys, cues):
    """IndexFlatIP; it returns ids and scores and computes no state, which is less work than ours.

    FAISS multiplies through BLAS from a number of cues on; both ways are tried.
    """
    index = faiss.IndexFlatIP(keys.shape[1])
    index.add(keys)
    k = topk(workload.separation)

    def search(threshold):
        def run():
            before = faiss.cvar.distance_compute_blas_threshold
            faiss.cvar.distance_compute_blas_threshold = threshold
            try:
                return index.search(cues, k)
            finally:
                faiss.cvar.distance_compute_blas_threshold = before

        return run

    return Peer("faiss-flat", "nearest",
                {"simd": search(len(cues) + 1), "blas": search(1)})


def torch_nearest(workload, keys, cues):
    """Scores and torch.topk, as one does without FAISS."""
    k, q = torch.from_numpy(keys), torch.from_numpy(cues)
    count = topk(workload.separation)

    def run():
        scores, ids = torch.topk(q @ k.T, count)
        return scores.numpy(), ids.numpy()

    return Peer("torch-topk", "nearest", {"matrix": inference(run)})


def store_faiss(keys):
    """IndexFlatIP.add into an empty index."""

    def run():
        index = faiss.IndexFlatIP(keys.shape[1])
        index.add(keys)
        return index

    return Peer("faiss-flat", "stored", {"add": run})


def store_torch(keys):
    """A copy of the tensor: the least that storing can mean."""
    k = torch.from_numpy(keys)
    return Peer("torch-clone", "stored", {"clone": inference(lambda: k.clone().numpy())})


def store_numpy(keys):
    """A copy of the array: the least that storing can mean."""
    return Peer("numpy-copy", "stored", {"copy": lambda: keys.copy()})


def inference(run):
    """`run` without the bookkeeping of gradients."""

    def wrapped():
        with torch.inference_mode():
            return run()

    return wrapped
