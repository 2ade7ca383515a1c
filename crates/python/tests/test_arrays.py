"""What comes in: which numbers are taken, converted and refused, and what the refusal says."""

import attractor
import numpy as np
import pytest


@pytest.fixture
def memory():
    memory = attractor.Memory(3, beta=2.0)
    memory.store(np.eye(3))
    return memory


def test_float32_in_c_order_is_not_copied(memory):
    cues = np.eye(3, dtype=np.float32)
    assert memory.recall(cues).cues is cues


@pytest.mark.parametrize(
    "cues",
    [
        np.eye(3),
        np.eye(3, dtype=np.float16),
        np.eye(3, dtype=np.int8),
        np.eye(3, dtype=np.uint64),
        np.eye(3, dtype=bool),
        np.asfortranarray(np.eye(3, dtype=np.float32)),
        np.repeat(np.eye(3, dtype=np.float32), 2, axis=1)[:, ::2],
        np.eye(3, dtype=">f4"),
        np.eye(3).tolist(),
    ],
)
def test_other_numbers_are_converted(memory, cues):
    expected = memory.recall(np.eye(3, dtype=np.float32))
    assert (memory.recall(cues).state == expected.state).all()


def test_read_only_arrays_are_taken(memory):
    cues = np.eye(3, dtype=np.float32)
    cues.setflags(write=False)
    assert len(memory.recall(cues)) == 3


def test_no_rows_are_no_mistake(memory):
    recall = memory.recall(np.empty((0, 3), dtype=np.float32))
    assert recall.state.shape == (0, 3) and recall.ids.shape == (0, 8)
    assert memory.energy(np.empty((0, 3))).shape == (0,)
    assert memory.association(np.empty((0, 3))).shape == (0, 3)
    assert memory.store(np.empty((0, 3))).shape == (0,)


@pytest.mark.parametrize(
    "cues, error, builtin, text",
    [
        (np.ones((1, 3), dtype=complex), attractor.DTypeError, TypeError, "cues: dtype complex128"),
        (np.array([["a", "b", "c"]]), attractor.DTypeError, TypeError, "cues: dtype <U1, expected numbers"),
        (np.array([[None, 1, 2]]), attractor.DTypeError, TypeError, "cues: dtype object"),
        ([[1, 2, 3], [1, 2]], attractor.ShapeError, ValueError, "cues: rows of different lengths"),
        (np.ones((2, 4)), attractor.ShapeError, ValueError, "cues: width 4, .* of width 3"),
        (np.ones((2, 3, 1)), attractor.ShapeError, ValueError, "cues: 3 dimensions"),
        ([[1, np.nan, 2]], attractor.ValueRangeError, ValueError, "cues: row 0, column 1 is NaN"),
        ([[1, 2, 3], [1, 2, np.inf]], attractor.ValueRangeError, ValueError, "row 1, column 2 is inf"),
        ([[1, 2, 1e300]], attractor.ValueRangeError, ValueError, "row 0, column 2 is 1e.300: at most 1e18"),
    ],
)
def test_refusals_name_the_argument(memory, cues, error, builtin, text):
    for ask in (memory.recall, memory.energy, memory.association):
        with pytest.raises(error, match=text.replace("cues", "(cues|states)")) as caught:
            ask(cues)
        assert isinstance(caught.value, builtin) and isinstance(caught.value, attractor.AttractorError)


@pytest.mark.parametrize(
    "options, text",
    [
        ({"dim": 0}, "dim = 0: must be at least 1"),
        ({"dim": -1}, "dim = -1: must be at least 1"),
        ({"beta": 0.0}, "beta = 0: must be finite and above 0"),
        ({"beta": float("nan")}, "beta = NaN"),
        ({"similarity": "l2"}, 'similarity = "l2": must be one of dot, scaled_dot'),
        ({"separation": "softmix"}, 'separation = "softmix": must be one of linear'),
        ({"separation": "entmax"}, 'alpha: separation "entmax" needs it'),
        ({"separation": "topk"}, "k: separation"),
        ({"separation": "topk", "k": 0}, "k = 0: must be finite and above 0"),
        ({"separation": "topk", "k": -2}, "k = -2: out of range"),
        ({"k": 3}, 'k: separation "softmax" does not take it'),
        ({"separation": "entmax", "alpha": 0.5}, "alpha = 0.5: must be finite and at least 1"),
        ({"separation": "normmax", "alpha": 1.0}, "alpha = 1: must be finite and above 1"),
        ({"separation": "polynomial", "degree": 1}, "degree = 1: must be"),
        ({"value_dim": 0}, "value_dim = 0: must be at least 1"),
    ],
)
def test_options_out_of_range(options, text):
    with pytest.raises(attractor.ValueRangeError) as caught:
        attractor.Memory(**{"dim": 3, **options})
    assert text in str(caught.value)


def test_other_refusals(memory):
    with pytest.raises(attractor.EmptyMemoryError, match="empty"):
        attractor.Memory(3).recall([[1, 2, 3]])
    with pytest.raises(LookupError):
        attractor.Memory(3).association([[1, 2, 3]])
    with pytest.raises(attractor.ShapeError, match="without value_dim"):
        memory.store(np.eye(3), np.eye(3))
    with pytest.raises(attractor.ShapeError, match="give both"):
        attractor.Memory(3, value_dim=1).store(np.eye(3))
    with pytest.raises(attractor.ShapeError, match="values"):
        attractor.Memory(3, value_dim=1).store(np.eye(3), np.ones((2, 1)))
    with pytest.raises(attractor.DTypeError, match="clamp: dtype int64, expected bool"):
        memory.recall(np.eye(3), clamp=np.eye(3, dtype=int))
    with pytest.raises(attractor.ShapeError, match="clamp"):
        memory.recall(np.eye(3), clamp=np.ones((2, 3), dtype=bool))
    with pytest.raises(attractor.ValueRangeError, match="max_steps = -1"):
        memory.recall(np.eye(3), max_steps=-1)
    with pytest.raises(attractor.ValueRangeError, match="tolerance"):
        memory.recall(np.eye(3), tol=-1.0)
    with pytest.raises(KeyError, match="no pattern has id 7"):
        memory.patterns([7])
    with pytest.raises(attractor.ValueRangeError, match="not negative"):
        memory.remove([-1])
    with pytest.raises(attractor.DTypeError, match="ids"):
        memory.remove([0.5])
