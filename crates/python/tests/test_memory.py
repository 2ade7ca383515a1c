"""The memory against the plain formulation, and its promises."""

import copy
import pickle
import threading

import attractor
import numpy as np
import pytest
import reference
from reference import SEPARATIONS, SIMILARITIES

LARGEST_BETA = 1e4


def drawn(rng, similarity):
    """Patterns, values, cues of a random shape, and a beta."""
    n, d, cues = rng.integers(1, 60), rng.integers(1, 50), rng.integers(1, 9)
    patterns = rng.normal(size=(n, d)).astype(np.float32)
    queries = (patterns[rng.integers(0, n, cues)] + rng.normal(size=(cues, d)) / 2).astype(np.float32)
    if similarity == "hamming":
        patterns, queries = (np.where(x > 0, 1, -1).astype(np.float32) for x in (patterns, queries))
    return patterns, rng.normal(size=(n, 3)).astype(np.float32), queries


def spread(theta, name):
    """Whether no two candidates for a place tie to the rounding of float32."""
    ordered = np.sort(theta)[::-1]
    gaps = -np.diff(ordered[:8])
    tied = len(gaps) and gaps.min() < 1e-4 * max(1.0, np.abs(theta).max())
    return not (tied and name in ("argmax", "topk", "topk_raw")) and not (
        name == "epanechnikov" and np.abs(theta + 2).min() < 1e-4 * max(1.0, np.abs(theta).max())
    )


@pytest.mark.parametrize("similarity", SIMILARITIES)
@pytest.mark.parametrize("name, options", SEPARATIONS)
def test_recall_energy_and_association_are_those_of_float64(rng, similarity, name, options):
    compared = 0
    for beta in (1e-3, 0.1, 1.0, 8.0, 1e3, LARGEST_BETA):
        for _ in range(3):
            patterns, values, cues = drawn(rng, similarity)
            if name in ("polynomial", "exponential", "linear"):
                # Sums that do not leave float32.
                patterns, cues = patterns / 8, cues / 8
                if similarity == "hamming":
                    continue
            theta = beta * reference.similarities(patterns, cues, similarity)
            if name == "exponential" and theta.max() > 50:
                continue
            memory = attractor.Memory(
                patterns.shape[1], value_dim=3, similarity=similarity, separation=name, beta=beta, **options
            )
            memory.store(patterns, values)
            recall = memory.recall(cues)
            association, energies = memory.association(cues), memory.energy(cues)
            for row, cue in enumerate(cues):
                if not spread(theta[row], name):
                    continue
                weights = reference.separated(theta[row], name, **options)[0]
                # Scores are float32: what they round to moves weights by beta times as much.
                rounding = 2**-22 * np.abs(theta[row]).max() if name != "argmax" else 0
                scale = max(1.0, np.abs(weights).max())
                tolerance = (1e-5 + rounding * min(1.0, 4 * (1 - weights.max()) if scale == 1.0 else 1)) * scale
                assert np.abs(association[row] - weights).max() <= tolerance
                for found, rows in ((recall.state, patterns), (recall.value, values)):
                    expected = weights @ rows.astype(np.float64)
                    if np.abs(weights).max() == 0:
                        continue
                    size = max(1.0, np.abs(weights) @ np.abs(rows).max(axis=1))
                    assert np.abs(found[row] - expected).max() <= tolerance / scale * size * 4
                expected = reference.energy(patterns, cue, similarity, beta, name, **options)
                if expected is not None:
                    size = max(1.0, abs(expected), np.abs(theta[row]).max() / beta)
                    assert abs(energies[row] - expected) <= 1e-5 * size
                compared += 1
    assert compared > 0 or similarity == "hamming"


def test_a_wrong_reference_is_noticed(rng):
    patterns, _, cues = drawn(rng, "dot")
    memory = attractor.Memory(patterns.shape[1], beta=1.0)
    memory.store(patterns)
    theta = 1.01 * reference.similarities(patterns, cues, "dot")
    wrong = np.array([reference.separated(row, "softmax")[0] for row in theta])
    assert np.abs(memory.association(cues) - wrong).max() > 1e-4


def test_rows_sum_to_one_where_the_separation_is_a_distribution(rng):
    patterns, _, cues = drawn(rng, "dot")
    for name, options in SEPARATIONS:
        if name in ("linear", "polynomial", "exponential", "topk_raw", "budget", "epanechnikov"):
            continue
        memory = attractor.Memory(patterns.shape[1], separation=name, beta=2.0, **options)
        memory.store(patterns)
        np.testing.assert_allclose(memory.association(cues).sum(axis=1), 1, atol=1e-5)


def test_what_is_told_is_that_of_the_last_update(rng):
    memory = attractor.Memory(16, value_dim=2, beta=0.5)
    patterns, values = rng.normal(size=(40, 16)), rng.normal(size=(40, 2))
    memory.store(patterns, values)
    cues = rng.normal(size=(5, 16))
    for steps in (1, 3):
        before = cues if steps == 1 else memory.recall(cues, max_steps=steps - 1, tol=0).state
        weights = memory.association(before)
        recall = memory.recall(cues, max_steps=steps, tol=0, top=40)
        np.testing.assert_allclose(recall.value, weights @ values, atol=1e-5)
        np.testing.assert_allclose(recall.state, weights @ patterns, atol=1e-5)
        np.testing.assert_allclose(recall.weights, np.sort(weights)[:, ::-1], atol=1e-6)
        np.testing.assert_allclose(recall.entropy, -(weights * np.log(weights)).sum(axis=1), atol=1e-4)
        np.testing.assert_allclose(recall.energy, memory.energy(recall.state), rtol=1e-9, atol=1e-7)
        assert (recall.steps == steps).all()
        for trace, energy in zip(recall.trace, recall.energy):
            assert len(trace) == steps + 1 and trace[-1] == energy
            assert (np.diff(trace) <= 1e-6).all()


def test_a_recall_that_rests_stops(rng):
    memory = attractor.Memory(16, beta=20.0)
    patterns = rng.normal(size=(20, 16))
    memory.store(patterns)
    recall = memory.recall(patterns, max_steps=50)
    assert recall.converged.all() and (recall.steps < 50).all()
    assert recall.kind == ["single"] * 20 and (recall.ids[:, 0] == np.arange(20)).all()
    np.testing.assert_allclose(recall.state, patterns, atol=1e-4)


def test_missing_places_have_no_pattern():
    memory = attractor.Memory(2, separation="topk", k=2)
    memory.store([[1, 0], [0, 1], [-1, 0]])
    recall = memory.recall([[1.0, 0.5]], top=4)
    assert recall.ids.tolist() == [[0, 1, -1, -1]] and (recall.weights[0, 2:] == 0).all()
    bare = memory.recall([[1.0, 0.5]], top=0)
    assert bare.ids.shape == (1, 0) and bare.energy is None and bare.kind is None and bare.trace is None
    assert (bare.state == recall.state).all()


def test_clamped_components_keep_their_value(rng):
    memory = attractor.Memory(8, beta=4.0)
    memory.store(np.where(rng.random((6, 8)) > 0.5, 1.0, -1.0))
    cues = rng.normal(size=(3, 8)).astype(np.float32)
    clamp = rng.random((3, 8)) > 0.5
    recall = memory.recall(cues, max_steps=5, clamp=clamp)
    assert (recall.state[clamp] == cues[clamp]).all() and (recall.state[~clamp] != cues[~clamp]).any()
    one = memory.recall(cues, max_steps=5, clamp=clamp[0])
    assert (one.state[0] == recall.state[0]).all()


def test_results_depend_on_neither_batch_nor_threads(rng):
    memory = attractor.Memory(33, value_dim=2, beta=0.7)
    memory.store(rng.normal(size=(9000, 33)), rng.normal(size=(9000, 2)))
    cues = rng.normal(size=(20, 33)).astype(np.float32)
    together = memory.recall(cues, max_steps=3)
    results = {}

    def ask(row):
        results[row] = memory.recall(cues[row], max_steps=3)

    threads = [threading.Thread(target=ask, args=(row,)) for row in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for row, alone in results.items():
        for name in ("state", "value", "energy", "ids", "weights", "entropy"):
            assert (getattr(alone, name)[0] == getattr(together, name)[row]).all(), name


def test_the_number_of_threads_leaves_the_bits_alone(rng, tmp_path, run):
    np.save(tmp_path / "patterns.npy", rng.normal(size=(5000, 20)).astype(np.float32))
    program = """
import sys, numpy as np, attractor
patterns = np.load(sys.argv[1])
memory = attractor.Memory(20, beta=0.3)
memory.store(patterns)
sys.stdout.write(memory.recall(patterns[:30] * 0.9, max_steps=2).state.tobytes().hex())
"""
    found = {run(program, tmp_path / "patterns.npy", RAYON_NUM_THREADS=n) for n in ("1", "2", "3")}
    assert len(found) == 1 and len(found.pop()) == 30 * 20 * 8


def test_ids_removal_and_rows():
    memory = attractor.Memory(2, value_dim=1)
    ids = memory.store([[1, 0], [0, 1], [1, 1]], [[1], [2], [3]])
    assert ids.dtype == np.int64 and len(memory) == 3
    memory.remove(ids[1])
    assert memory.ids.tolist() == [0, 2] and memory.values().tolist() == [[1], [3]]
    assert memory.patterns([2, 0]).tolist() == [[1, 1], [1, 0]]
    assert memory.store([[5, 5]], [[4]]).tolist() == [3]
    with pytest.raises(attractor.UnknownIdError, match="id 1"):
        memory.remove([0, 1])
    assert memory.ids.tolist() == [0, 2, 3], "a refused call changes nothing"


def test_binary_memories_hold_signs(rng):
    patterns = np.where(rng.random((5, 64)) > 0.5, 1, -1)
    damaged = patterns.copy()
    damaged[:, :10] *= -1
    for name, options in [("polynomial", {"degree": 3}), ("softmax", {"beta": 1.0}), ("exponential", {"beta": 0.3})]:
        memory = attractor.Memory(64, separation=name, binary=True, **options)
        memory.store(patterns)
        assert (memory.recall(damaged, max_steps=5).state == patterns).all()
    with pytest.raises(attractor.ValueRangeError, match="row 0, column 0 is 0.5"):
        memory.recall(np.full((1, 64), 0.5))


def test_files_and_copies(tmp_path, rng):
    memory = attractor.Memory(4, value_dim=2, similarity="sqeuclidean", separation="entmax", alpha=1.5, beta=2.0)
    memory.store(rng.normal(size=(6, 4)), rng.normal(size=(6, 2)))
    memory.remove([2])
    memory.save(tmp_path / "a.attractor")
    cues = rng.normal(size=(3, 4))
    before = memory.recall(cues)
    for again in (attractor.Memory.load(tmp_path / "a.attractor"), pickle.loads(pickle.dumps(memory)), copy.deepcopy(memory)):
        assert again.ids.tolist() == memory.ids.tolist()
        np.testing.assert_allclose(again.recall(cues).value, before.value, rtol=1e-6)
    (tmp_path / "bad").write_bytes(b"no memory at all")
    with pytest.raises(attractor.FormatError):
        attractor.Memory.load(tmp_path / "bad")
    with pytest.raises(FileNotFoundError):
        attractor.Memory.load(tmp_path / "absent")


def test_certificates_hold(rng):
    patterns = rng.normal(size=(20, 32))
    for name, options, beta in [("softmax", {}, 1.5), ("sparsemax", {}, 0.5), ("entmax", {"alpha": 1.5}, 0.5)]:
        memory = attractor.Memory(32, separation=name, beta=beta, **options)
        memory.store(patterns)
        cues = patterns + rng.normal(size=patterns.shape) * 0.05
        certificate = memory.certificate(cues)
        error = np.linalg.norm(memory.recall(cues).state - patterns[certificate.id], axis=1)
        assert (error <= certificate.error + 1e-5).all()
        assert (error <= certificate.one_step_error + 1e-5).all()
        assert certificate.certain.any()
        rest = memory.recall(cues, max_steps=100).state
        distance = np.linalg.norm(rest - patterns[certificate.id], axis=1)
        assert (distance <= certificate.fixed_point_error + 1e-4)[certificate.certain].all()
        gaps = np.linalg.norm(cues - patterns[certificate.id], axis=1)
        np.testing.assert_allclose(certificate.distance, gaps, rtol=1e-4)
    with pytest.raises(attractor.UnsupportedError):
        attractor.Memory(3, similarity="cosine").certificate([[1, 2, 3]])


def test_capacities_are_the_published_ones():
    assert round(attractor.Memory(1000, separation="linear").capacity(), 3) == 72.382
    assert round(attractor.Memory(1000, separation="polynomial", degree=3).capacity(), 1) == 24127.5
    assert round(attractor.Memory(20, separation="exponential").capacity(), 6) == 1024
    memory = attractor.Memory(20)
    with pytest.raises(attractor.EmptyMemoryError):
        memory.capacity()
    memory.store(np.full((1, 20), 3 * np.sqrt(19 / 20)))
    assert round(memory.capacity(), 4) == 7.413
    with pytest.raises(attractor.UnsupportedError):
        attractor.Memory(20, separation="argmax").capacity()


def test_looks_need_no_plotting_library(rng):
    memory = attractor.Memory(9, beta=3.0)
    memory.store(rng.normal(size=(4, 9)))
    recall = memory.recall(rng.normal(size=(30, 9)), max_steps=4)
    assert "<table>" in recall._repr_html_() and "and 10 more" in recall._repr_html_()
    assert repr(recall).startswith("Recall(30 cues of 9")
    assert repr(memory) == "Memory(4 patterns of 9, dot, softmax, beta=3)"


def test_figures(rng):
    pytest.importorskip("matplotlib")
    memory = attractor.Memory(16, beta=3.0)
    memory.store(rng.normal(size=(4, 16)))
    recall = memory.recall(rng.normal(size=(2, 16)), max_steps=4)
    assert len(recall.plot(1).axes) == 4 and len(recall.plot(0, shape=(2, 8)).axes) == 4
    with pytest.raises(attractor.ShapeError):
        recall.plot(0, shape=(3, 3))
    with pytest.raises(attractor.ValueRangeError):
        recall.plot(2)
