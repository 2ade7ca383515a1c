"""The classical network and the key-value memory against plain formulations."""

import attractor
import numpy as np
import pytest


def signs(rng, *shape):
    return np.where(rng.random(shape) > 0.5, 1.0, -1.0)


def weights_of(patterns, rule):
    n, d = patterns.shape
    if rule == "hebb":
        weights = patterns.T @ patterns / d
        np.fill_diagonal(weights, 0)
        return weights
    if rule == "pseudoinverse":
        return patterns.T @ np.linalg.pinv(patterns.T)
    weights = np.zeros((d, d))
    for x in patterns:
        field = weights @ x
        # h_ij leaves out the units i and j themselves.
        h = field[:, None] - weights * x[None, :] - (np.diag(weights) * x)[:, None]
        change = (np.outer(x, x) - x[:, None] * h.T - h * x[None, :]) / d
        np.fill_diagonal(change, 0)
        weights = weights + change
    return weights


@pytest.mark.parametrize("rule", ["hebb", "storkey", "pseudoinverse"])
def test_weights_energy_and_fixed_points(rng, rule):
    patterns = signs(rng, 5, 60)
    network = attractor.HopfieldNetwork(60, rule=rule).fit(patterns)
    expected = weights_of(patterns, rule)
    np.testing.assert_allclose(network.weights, expected, atol=1e-9)
    states = signs(rng, 4, 60)
    energies = -np.einsum("ni,ij,nj->n", states, expected, states) / 2
    np.testing.assert_allclose(network.energy(states), energies, atol=1e-9)
    damaged = patterns.copy()
    damaged[:, :5] *= -1
    for mode in ("async", "sync"):
        recall = network.recall(damaged, mode=mode, seed=3)
        assert (recall.state == patterns).all() and recall.converged.all()
        assert (recall.ids[:, 0] == np.arange(5)).all() and (recall.overlaps[:, 0] == 1).all()
        np.testing.assert_allclose(recall.energy, network.energy(recall.state))
    for trace in network.recall(states).trace:
        assert (np.diff(trace) <= 1e-9).all()


def test_fitting_again_starts_anew(rng):
    first, second = signs(rng, 2, 20), signs(rng, 3, 20)
    network = attractor.HopfieldNetwork(20).fit(first).fit(second)
    assert len(network) == 3 and network.dim == 20
    assert (network.weights == attractor.HopfieldNetwork(20).fit(second).weights).all()


def test_seeds_repeat(rng):
    network = attractor.HopfieldNetwork(40).fit(signs(rng, 12, 40))
    cues = signs(rng, 10, 40)
    one, other = (network.recall(cues, seed=5).state for _ in range(2))
    assert (one == other).all() and (network.recall(cues[3:4], seed=5).state.shape == (1, 40))


def test_a_network_refuses(rng):
    with pytest.raises(attractor.ValueRangeError, match='rule = "hebbian"'):
        attractor.HopfieldNetwork(3, rule="hebbian")
    network = attractor.HopfieldNetwork(3)
    with pytest.raises(attractor.EmptyMemoryError):
        network.recall([[1, 1, 1]])
    with pytest.raises(attractor.ValueRangeError, match="row 0, column 1 is 0.5"):
        network.fit([[1, 0.5, 1]])
    with pytest.raises(attractor.ValueRangeError, match='mode = "both"'):
        network.fit([[1, 1, 1]]).recall([[1, 1, 1]], mode="both")


def test_key_values_are_read_by_attention(rng):
    memory = attractor.KeyValueMemory(6, 8, 3, seed=4)
    keys, values = signs(rng, 6, 8) * 2, signs(rng, 6, 3)
    slots = memory.write(keys, values)
    assert [slot.tolist() for slot in slots] == [[i] for i in range(6)]
    assert memory.keys.shape == (6, 8) and memory.values.shape == (6, 3) and len(memory) == 6
    cues = rng.normal(size=(5, 8))
    scores = cues @ memory.keys.T
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(memory.read(cues), weights @ memory.values, atol=1e-12)
    assert (memory.read(keys, output="sign") == values).all()


def test_slots_are_overwritten_by_the_rule(rng):
    keys, values = signs(rng, 9, 16) * 2, signs(rng, 9, 2)
    for write in ("sequential", "least_recent"):
        memory = attractor.KeyValueMemory(4, 16, 2, write=write)
        memory.write(keys, values)
        assert (memory.read(keys[-4:], output="sign") == values[-4:]).all()
    random = attractor.KeyValueMemory(50, 16, 2, write="random", probability=0.5, seed=1)
    written = random.write(keys, values)
    assert 100 < sum(len(slots) for slots in written) < 350
    locked = attractor.KeyValueMemory(1, 16, 2, lock=10.0)
    locked.write(keys[0], values[0], strength=10.0)
    locked.write(keys[1], values[1])
    np.testing.assert_allclose(locked.keys, keys[:1], atol=1e-9)


def test_a_key_value_memory_refuses():
    with pytest.raises(attractor.ValueRangeError, match='write = "newest"'):
        attractor.KeyValueMemory(2, 2, 2, write="newest")
    with pytest.raises(attractor.ValueRangeError, match="probability"):
        attractor.KeyValueMemory(2, 2, 2, probability=0.5)
    with pytest.raises(attractor.ShapeError, match="values: 1 rows, expected 2"):
        attractor.KeyValueMemory(2, 2, 2).write(np.ones((2, 2)), np.ones((1, 2)))
