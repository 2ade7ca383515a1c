"""The learner: what it learns, what survives, what it refuses."""

import copy
import pickle
import signal
import subprocess
import sys
import threading

import attractor
import numpy as np
import pytest


def blobs(rng, n=300, d=6):
    y = rng.integers(0, 3, n)
    return (rng.normal(size=(n, d)) + 4 * np.eye(3, d)[y]).astype(np.float32), y


def test_one_look_and_more(rng):
    X, y = blobs(rng)
    learner = attractor.Learner(seed=1)
    assert learner.predict(X[:2]).tolist() == [None, None]
    assert learner.predict_proba(X[:2]).shape == (2, 0)
    ids = learner.observe(X[:1], y[:1])
    assert ids.tolist() == [0] and learner.predict(X[:1]).tolist() == [y[0]]
    learner.observe(X[1:200], y[1:200])
    predicted = learner.predict(X[200:])
    assert predicted.dtype == np.int64 and (predicted == y[200:]).mean() > 0.95
    probabilities = learner.predict_proba(X[200:])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (learner.classes[probabilities.argmax(axis=1)] == predicted).all()
    slumber = learner.sleep(updates=300)
    assert slumber.updates > 0 and slumber.ended in ("budget", "generalised")
    stats = learner.stats()
    assert stats["observations"] == 200 and {c["label"] for c in stats["classes"]} == {0, 1, 2}
    assert stats["memory_bytes"] and repr(learner).startswith("Learner(200 observations, 3 classes")


def test_rows_depend_on_no_batch(rng):
    X, y = blobs(rng)
    together, apart = attractor.Learner(), attractor.Learner()
    together.observe(X, y)
    for row, label in zip(X, y):
        apart.observe(row, int(label))
    assert (together.predict_proba(X) == apart.predict_proba(X)).all()
    assert (np.vstack([together.predict_proba(row) for row in X[:9]]) == together.predict_proba(X)[:9]).all()


def test_explanations_are_those_of_the_predictions(rng):
    X, y = blobs(rng)
    learner = attractor.Learner()
    learner.observe(X, [f"class {label}" for label in y])
    told = learner.explain(X[:5])
    assert [why.label for why in told] == learner.predict(X[:5]).tolist()
    for row, why in enumerate(told):
        assert why.system in ("fast", "slow") and 0 <= why.novelty <= 1
        assert len(why.episodes) == len(why.labels) == len(why.weights)
        np.testing.assert_allclose(why.weights.sum(), 1)
        assert why.episodes[0] == row
    np.testing.assert_allclose([why.novelty for why in told], learner.novelty(X[:5]))
    assert learner.novelty(X[:1] + 100)[0] > 0.9


def test_recall_completes(rng):
    X, y = blobs(rng)
    learner = attractor.Learner()
    learner.observe(X, y)
    broken = X[:10].copy()
    broken[:, 3:] = np.nan
    known = ~np.isnan(broken)
    recalled = learner.recall(broken, known)
    assert (recalled[known] == X[:10][known]).all() and np.isfinite(recalled).all()
    gap = np.linalg.norm(recalled - X[:10], axis=1).mean()
    assert gap < np.linalg.norm(np.where(known, X[:10], 0) - X[:10], axis=1).mean() * 1.5
    assert (learner.recall(broken, known[0]) == recalled).all()
    with pytest.raises(attractor.ShapeError, match="mask"):
        learner.recall(broken, known[:, :3])


def test_labels_come_back_as_they_were():
    labels = [3, -1, "3", "cat", '"quoted"', "-0", "007", "é", 10**12]
    X = np.eye(len(labels)) * 5
    learner = attractor.Learner()
    learner.observe(X, np.array(labels, dtype=object))
    assert learner.classes.tolist() == labels
    assert learner.predict(X).tolist() == labels
    for bad in (1.5, True, None, b"x"):
        with pytest.raises(attractor.DTypeError, match="y: "):
            learner.observe(X[:1], np.array([bad], dtype=object))
    with pytest.raises(attractor.ValueRangeError, match="empty"):
        learner.observe(X[0], "")


def test_pictures(rng):
    learner = attractor.Learner(shape=(12, 12))
    X = rng.random((20, 12, 12))
    learner.observe(X, ["a", "b"] * 10)
    assert learner.stats()["shape"] == "12x12"
    assert (learner.predict(X) == learner.predict(X.reshape(20, -1))).all()
    assert learner.predict(X[0]).shape == (1,)


def test_namespaces_and_forgetting():
    learner = attractor.Learner()
    cup, pen = [1.0, 0.0], [0.0, 1.0]
    learner.observe([cup, cup], ["cup", "cup"], namespace="kitchen")
    learner.observe(pen, "pen", namespace="office")
    assert learner.explain([cup], namespace="office")[0].labels == ["pen"]
    with pytest.raises(attractor.UnknownIdError):
        learner.predict([cup], namespace="garden")
    learner.forget(episode=int(learner.explain([pen])[0].episodes[0]))
    assert learner.stats()["episodes"] == 1
    learner.forget(label="cup")
    assert learner.stats()["episodes"] == 0
    learner.observe(pen, "pen", namespace="office")
    learner.forget(namespace="office")
    assert learner.stats()["episodes"] == 0
    with pytest.raises(attractor.UnknownIdError, match="no class is called `spoon`"):
        learner.forget(label="spoon")
    with pytest.raises(attractor.ValueRangeError, match="exactly one"):
        learner.forget()


def test_a_directory_continues(rng, tmp_path):
    X, y = blobs(rng)
    kept = attractor.Learner(seed=5)
    kept.observe(X, y)
    for start in range(0, 300, 100):
        with attractor.Learner(tmp_path / "brain", seed=5) as learner:
            assert learner.stats()["observations"] == start
            learner.observe(X[start : start + 100], y[start : start + 100])
    with attractor.Learner(tmp_path / "brain") as learner:
        assert (learner.predict_proba(X) == kept.predict_proba(X)).all()
        with pytest.raises(attractor.StoreLockedError, match="in use"):
            attractor.Learner(tmp_path / "brain")
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(learner)
    with pytest.raises(attractor.errors.RecipeError, match="seed"):
        attractor.Learner(tmp_path / "brain", seed=6)
    with pytest.raises(attractor.StoreError, match="closed"):
        learner.predict(X)
    learner.close()


def test_copies_learn_on_apart(rng):
    X, y = blobs(rng)
    learner = attractor.Learner()
    learner.observe(X[:100], y[:100])
    for again in (pickle.loads(pickle.dumps(learner)), copy.deepcopy(learner)):
        assert (again.predict_proba(X) == learner.predict_proba(X)).all()
        again.observe(X[100:], y[100:])
        assert learner.stats()["observations"] == 100


CHILD = """
import sys, numpy as np, attractor
rng = np.random.default_rng(1)
learner = attractor.Learner(sys.argv[1])
for i in range(10**6):
    learner.observe(rng.normal(size=8), i % 3)
    print(i + 1, flush=True)
"""


@pytest.mark.parametrize("after", [1, 40, 333])
def test_a_killed_interpreter_loses_no_acknowledged_observation(tmp_path, after):
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path / "brain")], stdout=subprocess.PIPE, text=True
    )
    for _ in range(after):
        child.stdout.readline()
    child.kill()
    acknowledged = after + len(child.stdout.read().splitlines())
    child.wait()
    with attractor.Learner(tmp_path / "brain") as learner:
        # One more may be in the journal, whose acknowledgement was not printed any more.
        assert learner.stats()["observations"] in (acknowledged, acknowledged + 1)
        learner.observe(np.zeros(8), 0)


def test_predictions_go_on_while_another_thread_learns(rng):
    X, y = blobs(rng)
    learner = attractor.Learner()
    learner.observe(X[:50], y[:50])
    done = threading.Event()

    def learn():
        for row, label in zip(X[50:], y[50:]):
            learner.observe(row, int(label))
        done.set()

    thread = threading.Thread(target=learn)
    thread.start()
    asked = 0
    while not done.is_set() or asked == 0:
        assert len(learner.predict(X[:5])) == 5
        asked += 1
    thread.join()
    assert learner.stats()["observations"] == 300


INTERRUPTED = """
import signal, sys, threading, time, os, numpy as np, attractor
def later():
    time.sleep(float(sys.argv[1]))
    os.kill(os.getpid(), signal.SIGINT)
rng = np.random.default_rng(0)
{prepare}
threading.Thread(target=later, daemon=True).start()
try:
    {work}
except KeyboardInterrupt:
    print("stopped", end="")
else:
    print("ran to its end", end="")
"""
LONG = {
    "recall": (
        "m = attractor.Memory(64, beta=0.01); m.store(rng.normal(size=(20000, 64)))",
        "m.recall(rng.normal(size=(20000, 64)), max_steps=1000, tol=0.0)",
    ),
    "observe": (
        "l = attractor.Learner(); X = rng.normal(size=(200000, 64)); y = np.arange(200000) % 10",
        "l.observe(X, y)",
    ),
    "sleep": (
        "l = attractor.Learner(cortex='network'); l.observe(rng.normal(size=(2000, 64)), np.arange(2000) % 10)",
        "l.sleep(seconds=1000)",
    ),
    "reproduce": ("", "attractor.reproduce('capacity/polynomial')"),
}


@pytest.mark.parametrize("name", LONG)
@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_ctrl_c_stops_long_work(run, name):
    prepare, work = LONG[name]
    assert run(INTERRUPTED.format(prepare=prepare, work=work), 0.5) == "stopped"
    assert signal.getsignal(signal.SIGINT) is not None


def test_a_learner_refuses(rng):
    X, y = blobs(rng, n=5)
    learner = attractor.Learner()
    learner.observe(X, y)
    with pytest.raises(attractor.ShapeError, match="y: 4 labels, but X has 5 rows"):
        learner.observe(X, y[:4])
    with pytest.raises(attractor.ShapeError, match="expected 6 components, found 5"):
        learner.observe(X[:, :5], y)
    X[2, 1] = np.nan
    with pytest.raises(attractor.ValueRangeError, match="X: row 2, column 1 is NaN"):
        learner.predict(X)
    for options, text in [
        ({"encoder": "eyes"}, 'encoder = "eyes": must be one of auto, plain'),
        ({"cortex": "brain"}, 'cortex = "brain": must be one of auto, ridge'),
        ({"seed": -1}, "seed = -1"),
        ({"memory_bytes": -5}, "memory_bytes = -5"),
    ]:
        with pytest.raises(attractor.ValueRangeError) as caught:
            attractor.Learner(**options)
        assert text in str(caught.value)
    with pytest.raises(attractor.ValueRangeError, match="not both"):
        learner.sleep(1.0, 5)
    with pytest.raises(attractor.EmptyMemoryError):
        attractor.Learner().recall(np.ones((1, 2)), np.ones(2, dtype=bool))
