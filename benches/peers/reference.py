"""What the answer should be: float64 states on a sample of cues, and their tolerance."""

import numpy as np

from workloads import topk

BLOCK = 65_536
SAMPLE = 4
EPSILON = float(np.finfo(np.float32).eps)


def sample_rows(cues):
    """Rows of the cues that are checked: first, last and two between."""
    return np.unique(np.linspace(0, cues - 1, min(SAMPLE, cues)).astype(int))


def states(workload, keys, cues):
    """State of each cue after the workload's updates, in float64, block by block.

    Shapes (n, d), (cues, d) to (cues, d). Each update is
    state <- sum_i p_i key_i with p = separation(beta * state . key_i).
    """
    state = cues.astype(np.float64)
    for _ in range(workload.steps):
        scores = np.concatenate(
            [state @ block.astype(np.float64).T for block in blocks(keys)], axis=1)
        weights = separate(workload, scores)
        state = sum(weights[:, start:start + BLOCK] @ block.astype(np.float64)
                    for start, block in zip(range(0, len(keys), BLOCK), blocks(keys)))
    return state


def separate(workload, scores):
    """Weights of the stored patterns, (cues, n) float64; ties go to the lower index."""
    k = topk(workload.separation)
    logits = workload.beta * scores
    if k is not None:
        order = np.argsort(-scores, axis=1, kind="stable")[:, k:]
        np.put_along_axis(logits, order, -np.inf, axis=1)
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def nearest(workload, keys, cues):
    """Ids and float64 scores of the K best keys per cue, best first, (cues, K) each."""
    scores = np.concatenate(
        [cues.astype(np.float64) @ block.astype(np.float64).T for block in blocks(keys)], axis=1)
    ids = np.argsort(-scores, axis=1, kind="stable")[:, :topk(workload.separation)]
    return ids, np.take_along_axis(scores, ids, axis=1)


def state_tolerance(workload, keys, cues):
    """Largest difference per component that float32 arithmetic explains.

    A score beta q.k carries a rounding error of a few eps beta |q||k|, which is the
    relative error of its weight; a weighted mean carries a few tens of eps besides.
    Both act on components no larger than the largest of the keys.
    """
    logits = workload.beta * np.linalg.norm(cues, axis=1).max() * longest(keys)
    return (8 * logits + 32) * EPSILON * float(np.abs(keys[:BLOCK]).max())


def score_tolerance(keys, cues):
    """Largest difference of one dot product that float32 arithmetic explains."""
    return 8 * EPSILON * float(np.linalg.norm(cues, axis=1).max()) * longest(keys)


def longest(keys):
    """Largest Euclidean norm of the keys."""
    return max(float(np.sqrt(np.einsum("ij,ij->i", block, block).max())) for block in blocks(keys))


def blocks(keys):
    """Views of at most BLOCK rows, in order."""
    return (keys[start:start + BLOCK] for start in range(0, len(keys), BLOCK))
