"""Hopfield layers against the formulas of the paper, and their weights."""

import attractor
import numpy as np
import pytest
from attractor import nn


def softmax(scores):
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def normalised(x):
    return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)


def expected(state_dict, stored, state, values, heads):
    """Multi-head association of layer-normalised patterns, as the PyTorch package computes it."""
    core = {name.removeprefix("association_core."): np.float64(w) for name, w in state_dict.items()}
    depth = stored.shape[-1]
    w, b = np.split(core["in_proj_weight"], 3), np.split(core["in_proj_bias"], 3)
    q, k, v = (
        (normalised(np.float64(x)) @ w[i].T + b[i]).reshape(*x.shape[:2], heads, -1).swapaxes(1, 2)
        for i, x in enumerate((state, stored, values))
    )
    weights = softmax(q @ k.swapaxes(-1, -2) / np.sqrt(depth / heads))
    read = (weights @ v).swapaxes(1, 2).reshape(*state.shape[:2], -1)
    return read @ core["out_proj.weight"].T + core["out_proj.bias"], weights


def test_forward_is_the_association_of_the_paper(rng):
    layer = nn.Hopfield(12, num_heads=3, seed=1)
    loaded = {name: rng.normal(size=w.shape) / 3 for name, w in layer.state_dict().items()}
    loaded.update({name: np.full_like(w, "weight" in name) for name, w in loaded.items() if "norm" in name})
    layer.load_state_dict(loaded)
    stored, state = rng.normal(size=(2, 7, 12)), rng.normal(size=(2, 5, 12))
    output, weights = expected(layer.state_dict(), stored, state, stored, 3)
    np.testing.assert_allclose(layer((stored, state, stored)), output, atol=2e-5)
    np.testing.assert_allclose(layer.association_matrix((stored, state, stored)), weights, atol=1e-5)
    assert layer(stored).shape == (2, 7, 12)


def test_masks(rng):
    layer = nn.Hopfield(4, seed=2)
    x = rng.normal(size=(2, 6, 4))
    padding = np.zeros((2, 6), dtype=bool)
    padding[:, 4:] = True
    assert (layer.association_matrix(x, padding)[..., 4:] == 0).all()
    np.testing.assert_allclose(layer(x, padding)[:, :4], layer(x[:, :4]), atol=1e-6)
    forbid = np.triu(np.ones((6, 6), dtype=bool), 1)
    added = np.where(forbid, -np.inf, 0.0)
    assert (layer(x, association_mask=forbid) == layer(x, association_mask=added)).all()
    each = np.broadcast_to(forbid, (2, 6, 6))
    np.testing.assert_allclose(layer(x, association_mask=each), layer(x, association_mask=forbid), atol=1e-6)


def test_weights_travel(rng, tmp_path):
    x = rng.normal(size=(3, 5, 8))
    for make in (nn.Hopfield, nn.HopfieldPooling, nn.HopfieldLayer):
        layer, other = make(8, num_heads=2, seed=1), make(8, num_heads=2, seed=2)
        assert not np.allclose(layer(x), other(x))
        other.load_state_dict(layer.state_dict())
        assert (layer(x) == other(x)).all()
        layer.save(tmp_path / "weights.safetensors")
        third = make(8, num_heads=2, scaling=9.0, seed=3)
        third.load(tmp_path / "weights.safetensors")
        assert (third(x) == layer(x)).all(), "beta is in the file"
    names = set(nn.HopfieldPooling(8).state_dict())
    assert {"pooling_weights", "hopfield.association_core.in_proj_weight"} <= names
    with pytest.raises(attractor.FormatError, match="missing .*out_proj.weight"):
        layer.load_state_dict({"lookup_weights": np.zeros((1, 1, 8))})
    with pytest.raises(FileNotFoundError):
        layer.load(tmp_path / "absent")


def test_retrieval_is_that_of_the_memory(rng):
    patterns, cues = rng.normal(size=(20, 6)), rng.normal(size=(4, 6))
    lookup = nn.HopfieldLayer(
        6,
        quantity=20,
        scaling=2.0,
        update_steps_max=2,
        stored_pattern_as_static=True,
        state_pattern_as_static=True,
        pattern_projection_as_static=True,
        normalize_stored_pattern=False,
        normalize_state_pattern=False,
        normalize_pattern_projection=False,
        disable_out_projection=True,
    )
    lookup.remember(patterns)
    memory = attractor.Memory(6, beta=2.0)
    memory.store(patterns)
    np.testing.assert_allclose(lookup(cues[None])[0], memory.recall(cues, max_steps=3, tol=0).state, atol=1e-5)


@pytest.mark.parametrize("separation", ["softmax1", "sparsemax", ("entmax", 1.5), ("top_k", 2)])
def test_options_reach_the_layer(rng, separation):
    x = rng.normal(size=(1, 6, 4)) * 3
    plain = nn.Hopfield(4, separation="softmax", scaling=5.0)
    other = nn.Hopfield(4, separation=separation, scaling=5.0)
    assert not np.allclose(plain.association_matrix(x), other.association_matrix(x))
    layer = nn.Hopfield(
        4, normalize_stored_pattern=("plain", 1e-3), association_activation=("leaky_relu", 0.1), batch_first=False
    )
    assert layer(x).shape == (1, 6, 4)


def test_a_layer_refuses(rng):
    with pytest.raises(attractor.ValueRangeError, match="num_heeds: is no option"):
        nn.Hopfield(4, num_heeds=2)
    with pytest.raises(attractor.AttractorError, match="input_size = 5: must be divisible by num_heads = 2"):
        nn.Hopfield(5, num_heads=2)
    layer = nn.Hopfield(4)
    with pytest.raises(attractor.ShapeError, match="three dimensions"):
        layer(np.ones((3, 4)))
    with pytest.raises(attractor.ShapeError, match="one or 3"):
        layer((np.ones((1, 3, 4)), np.ones((1, 3, 4))))
    with pytest.raises(attractor.AttractorError, match="expected"):
        layer(np.ones((1, 3, 5)))
    with pytest.raises(attractor.ValueRangeError, match="entry 1 is NaN"):
        layer(np.array([[[1, np.nan, 1, 1]]]))


def test_an_energy_network_completes_and_keeps_what_is_known(rng, tmp_path):
    for model, options in [
        ("two-layer", {"hidden": 16}),
        ("three-layer", {"hidden": 16, "top": 4}),
        ("energy-transformer", {}),
    ]:
        network = nn.HAM((8, 8), model, seed=3, **options)
        cues, known = rng.uniform(size=(5, 64)).astype(np.float32), rng.uniform(size=(5, 64)) < 0.5
        done = network.recall(cues, clamp=known)
        assert done.state.shape == cues.shape and done.trace.shape == (done.steps.max() + 1, 5)
        np.testing.assert_array_equal(done.state[known], cues[known])
        assert (np.diff(done.trace, axis=0) <= 1e-5 * (1 + np.abs(done.trace[:-1]))).all()
        # Hidden pixels do not count, nor do the others of a batch.
        other = np.where(known, cues, 0.0)
        np.testing.assert_array_equal(network.recall(other, clamp=known).state, done.state)
        alone = network.recall(cues[:1], clamp=known[:1])
        np.testing.assert_allclose(alone.state[0], done.state[0], atol=1e-5)
        path = tmp_path / "model.safetensors"
        network.save(path)
        same = nn.HAM.load(path)
        assert (same.shape, same.options) == ((8, 8, 1), network.options)
        np.testing.assert_array_equal(same.recall(cues, clamp=known).state, done.state)


def test_an_energy_network_names_mistakes(tmp_path):
    network = nn.HAM((2, 2), hidden=3)
    cues = np.full((1, 4), 0.5, np.float32)
    with pytest.raises(attractor.errors.ShapeError, match="clamp"):
        network.recall(cues, clamp=np.ones((2, 4), bool))
    with pytest.raises(attractor.errors.AttractorError):
        network.recall(cues[:, :3], clamp=np.ones((1, 3), bool))
    with pytest.raises(attractor.errors.ValueRangeError):
        network.recall(cues + 1, clamp=np.ones((1, 4), bool))
    with pytest.raises(attractor.errors.ValueRangeError, match="hiden"):
        nn.HAM((2, 2), hiden=3)
    with pytest.raises(attractor.errors.AttractorError, match="no such file"):
        nn.HAM.load(tmp_path / "absent")
