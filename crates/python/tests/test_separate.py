"""Separations by themselves."""

import attractor
import numpy as np
import pytest
import reference
from reference import SEPARATIONS

# Computed elsewhere, to the printed digits (the same as in crates/memory/tests/separation_oracles.rs).
ORACLES = [
    ("softmax", {}, [-2.0, 0.0, 0.5], [0.0486108240313, 0.359188105783, 0.592201070186]),
    ("sparsemax", {}, [-2.0, 0.0, 0.5], [0.0, 0.25, 0.75]),
    ("entmax", {"alpha": 1.5}, [-2.0, 0.0, 0.5], [0.0, 0.326007363662, 0.673992636338]),
    ("normmax", {"alpha": 2.0}, [-2.0, 0.0, 0.5], [0.0, 0.311017763495, 0.688982236505]),
    ("normmax", {"alpha": 1000.0}, [-2.0, 0.0, 0.5], [0.0, 0.499725259586, 0.500274740414]),
    ("budget", {"k": 2}, [-2.0, 0.0, 0.5], [0.0, 1.0, 1.0]),
    ("entmax", {"alpha": 1.33}, [-1.0, 0.0, 0.5], [0.0459820304523, 0.3276322536, 0.626385715947]),
    ("entmax", {"alpha": 1.33}, [1.0, 2.0, 3.5], [0.002558058194, 0.101155377675, 0.896286564131]),
    (
        "normmax",
        {"alpha": 2.0},
        [0.0, 0.25, 0.5, 0.75, 1.0],
        [0.0, 0.0238664915667, 0.174622163856, 0.325377836144, 0.476133508433],
    ),
    ("budget", {"k": 2}, [0.0, 0.25, 0.5, 0.75, 1.0], [0.0, 0.125, 0.375, 0.625, 0.875]),
    ("budget", {"k": 3}, [0.0, 0.5, 1.0, 1.5, 2.0], [0.0, 0.25, 0.75, 1.0, 1.0]),
    ("budget", {"k": 1}, [0.0, 0.25, 0.5, 0.75, 1.0], [0.0, 0.0, 1 / 12, 1 / 3, 7 / 12]),
    ("sparsemax", {}, [0.0, 0.25, 0.5, 0.75, 1.0], [0.0, 0.0, 1 / 12, 1 / 3, 7 / 12]),
]


@pytest.mark.parametrize("name, options, scores, expected", ORACLES)
def test_oracle_vectors(name, options, scores, expected):
    np.testing.assert_allclose(attractor.separate(scores, name, **options), expected, rtol=0, atol=6e-13)
    halved = attractor.separate(np.array(scores) / 4, name, beta=4.0, **options)
    np.testing.assert_allclose(halved, expected, rtol=0, atol=6e-13)


@pytest.mark.parametrize("name, options", SEPARATIONS)
def test_random_scores_are_those_of_the_plain_formulation(rng, name, options):
    for beta in (1e-3, 1.0, 30.0):
        scores = rng.normal(size=(4, 3, 7))
        weights = attractor.separate(scores, name, beta=beta, **options)
        assert weights.shape == scores.shape and weights.dtype == np.float64
        for found, row in zip(weights.reshape(-1, 7), scores.reshape(-1, 7)):
            expected = reference.separated(beta * row, name, **options)[0]
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_types_and_masks():
    single = attractor.separate(np.array([[1, 2]], dtype=np.float32), "softmax")
    assert single.dtype == np.float32
    assert attractor.separate([0, -np.inf, 0], "softmax").tolist() == [0.5, 0.0, 0.5]
    assert attractor.separate([[-np.inf] * 3], "topk_raw", k=2).tolist() == [[0.0] * 3]
    assert attractor.separate([1e308, 1.0], "softmax", beta=1e3).tolist() == [1.0, 0.0]
    assert attractor.separate(np.empty((0, 3)), "softmax").shape == (0, 3)
    with pytest.raises(attractor.ValueRangeError, match="scores: row 0, column 1 is NaN"):
        attractor.separate([0, np.nan], "softmax")
    with pytest.raises(attractor.ShapeError):
        attractor.separate(3.0, "softmax")
    with pytest.raises(attractor.DTypeError):
        attractor.separate(["a"], "softmax")
