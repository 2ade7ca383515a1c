"""The plain float64 formulation that the engine is compared with."""

import numpy as np

SEPARATIONS = [
    ("linear", {}),
    ("polynomial", {"degree": 2}),
    ("polynomial", {"degree": 3}),
    ("exponential", {}),
    ("softmax", {}),
    ("sparsemax", {}),
    ("entmax", {"alpha": 1.5}),
    ("entmax", {"alpha": 1.25}),
    ("normmax", {"alpha": 2.0}),
    ("normmax", {"alpha": 5.0}),
    ("budget", {"k": 2}),
    ("topk", {"k": 3}),
    ("topk_raw", {"k": 3}),
    ("argmax", {}),
    ("epanechnikov", {}),
]
SIMILARITIES = ["dot", "scaled_dot", "cosine", "euclidean", "sqeuclidean", "manhattan", "hamming"]


def similarities(patterns, cues, similarity):
    """(n, N)"""
    x, q = patterns.astype(np.float64), cues.astype(np.float64)
    dot = q @ x.T
    gaps = np.abs(q[:, None] - x[None])
    match similarity:
        case "dot":
            return dot
        case "scaled_dot":
            return dot / np.sqrt(x.shape[1])
        case "cosine":
            return dot / np.linalg.norm(x, axis=1) / np.linalg.norm(q, axis=1)[:, None]
        case "euclidean":
            return -np.sqrt((gaps**2).sum(axis=2))
        case "sqeuclidean":
            return -(gaps**2).sum(axis=2)
        case "manhattan":
            return -gaps.sum(axis=2)
        case "hamming":
            return -gaps.sum(axis=2) / 2


def _softmax(theta):
    weights = np.exp(theta - theta.max())
    return weights / weights.sum()


def _root(excess, low, high):
    """Where the falling function `excess` is zero."""
    for _ in range(200):
        middle = (low + high) / 2
        if excess(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _entmax(theta, alpha):
    scaled = (alpha - 1) * theta

    def weights(tau):
        return np.maximum(scaled - tau, 0) ** (1 / (alpha - 1))

    return weights(_root(lambda tau: weights(tau).sum() - 1, scaled.max() - 1, scaled.max()))


def _normmax(theta, alpha):
    def raised(tau):
        return np.maximum(theta - tau, 0) ** (1 / (alpha - 1))

    tau = _root(lambda tau: (raised(tau) ** alpha).sum() - 1, theta.max() - 1, theta.max())
    return raised(tau) / raised(tau).sum()


def _budget(theta, k):
    if k >= len(theta):
        return np.ones_like(theta)

    def weights(tau):
        return np.clip(theta - tau, 0, 1)

    return weights(_root(lambda tau: weights(tau).sum() - k, theta.min() - 1, theta.max()))


def _best(theta, k):
    """The k largest, without ties."""
    return np.isin(np.arange(len(theta)), np.argsort(-theta, kind="stable")[:k])


def _lse(theta):
    return theta.max() + np.log(np.exp(theta - theta.max()).sum())


def separated(theta, name, *, alpha=None, degree=None, k=None):
    """Weights and conjugate of one row of theta = beta * score, and the value of Omega at uniform weights."""
    n = len(theta)
    uniform = np.full(n, 1 / n)
    match name:
        case "linear":
            return theta, (theta**2).sum() / 2, 0.0
        case "polynomial":
            return degree * theta ** (degree - 1), (theta**degree).sum(), 0.0
        case "exponential":
            return np.exp(theta), np.exp(theta).sum(), 0.0
        case "softmax":
            return _softmax(theta), _lse(theta), -np.log(n)
        case "topk":
            best = _best(theta, k)
            weights = np.where(best, np.exp(theta - theta.max()), 0)
            return weights / weights.sum(), _lse(theta[best]), -np.log(min(k, n))
        case "topk_raw":
            return np.where(_best(theta, k), _softmax(theta), 0), _lse(theta), -np.log(n)
        case "argmax":
            return _best(theta, 1).astype(float), theta.max(), 0.0
        case "epanechnikov":
            inside = theta > -2
            mass = np.maximum(1 + theta / 2, 0).sum()
            count = max(inside.sum(), 1)
            return inside / count, np.log(mass) if mass > 0 else None, 0.0
    if name == "sparsemax":
        name, alpha = "entmax", 2.0
    if name == "entmax":
        weights, omega = _entmax(theta, alpha), lambda p: ((p**alpha).sum() - 1) / (alpha * (alpha - 1))
    elif name == "normmax":
        weights, omega = _normmax(theta, alpha), lambda p: (p**alpha).sum() ** (1 / alpha) - 1
    else:
        weights, omega = _budget(theta, k), lambda p: (p**2).sum() / 2
        uniform = np.full(n, min(k, n) / n)
    return weights, weights @ theta - omega(weights), omega(uniform)


def energy(patterns, state, similarity, beta, name, **options):
    """-(conjugate + Omega(uniform)) / b, and for inner products |q|^2 / 2 + M^2 / 2; None where it is not defined."""
    theta = beta * similarities(patterns, state[None], similarity)[0]
    _, conjugate, uniform = separated(theta, name, **options)
    if conjugate is None:
        return None
    if similarity not in ("dot", "scaled_dot"):
        return -(conjugate + uniform) / beta
    b = beta / np.sqrt(patterns.shape[1]) if similarity == "scaled_dot" else beta
    largest = np.linalg.norm(patterns.astype(np.float64), axis=1).max()
    return -(conjugate + uniform) / b + (state.astype(np.float64) ** 2).sum() / 2 + largest**2 / 2
