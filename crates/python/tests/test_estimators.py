"""The estimators, by the checks of their frameworks, unmodified."""

import pickle

import attractor
import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn")

from attractor.sklearn import AttractorClassifier, MemoryClassifier, MemoryImputer  # noqa: E402
from sklearn.datasets import load_digits, load_iris  # noqa: E402
from sklearn.model_selection import cross_val_score  # noqa: E402
from sklearn.utils.estimator_checks import check_estimator  # noqa: E402


@pytest.mark.parametrize("estimator", [AttractorClassifier(), MemoryClassifier(), MemoryImputer()], ids=repr)
def test_scikit_learns_own_checks(estimator):
    results = check_estimator(estimator)
    assert len(results) > 30 and {result["status"] for result in results} <= {"passed", "skipped"}
    # What is skipped is what the framework itself leaves out: other array libraries, for example.
    assert not [result for result in results if result["expected_to_fail"]]


def test_classifiers_learn_iris():
    X, y = load_iris(return_X_y=True)
    for classifier in (AttractorClassifier(), MemoryClassifier(beta=4.0)):
        assert cross_val_score(classifier, X, y, cv=5).mean() > 0.93


def test_a_learner_takes_classes_one_after_the_other():
    X, y = load_digits(return_X_y=True)
    names = np.array([f"digit {label}" for label in range(10)])
    classifier = AttractorClassifier()
    for label in range(10):
        now = y[:1200] == label
        classifier.partial_fit(X[:1200][now], names[y[:1200][now]], classes=names)
        assert classifier.predict_proba(X[1200:1210]).shape == (10, 10)
    assert classifier.score(X[1200:], names[y[1200:]]) > 0.9
    again = pickle.loads(pickle.dumps(classifier))
    assert (again.predict_proba(X) == classifier.predict_proba(X)).all()
    with pytest.raises(attractor.ValueRangeError, match="not among the classes"):
        classifier.partial_fit(X[:1], ["rosa"])


def test_imputation_beats_the_mean():
    X = load_iris().data
    rng = np.random.default_rng(7)
    gaps = rng.random(X.shape) < 0.2
    broken = np.where(gaps, np.nan, X)
    completed = MemoryImputer(beta=4.0).fit_transform(broken)
    assert (completed[~gaps] == X[~gaps]).all()
    error = np.abs(completed - X)[gaps].mean()
    mean = np.abs(np.broadcast_to(np.nanmean(broken, axis=0), X.shape) - X)[gaps].mean()
    assert error < mean / 2


def test_rivers_own_checks():
    pytest.importorskip("river")
    from attractor.river import AttractorClassifier as Stream
    from river import checks, datasets

    checks.check_estimator(Stream())

    model, right = Stream(), 0
    for x, y in datasets.Phishing():
        right += model.predict_one(x) == y
        model.learn_one(x, y)
    assert right / 1250 > 0.85


def test_a_stream_takes_words_and_more_features_than_it_has_places():
    pytest.importorskip("river")
    from attractor.river import AttractorClassifier as Stream

    model = Stream(features=4)
    assert model.predict_proba_one({"a": 1}) == {} and model.predict_one({"a": 1}) is None
    for i in range(20):
        model.learn_one({"colour": "red", f"rare {i}": 1}, True)
        model.learn_one({"colour": "blue"}, False)
    assert model.predict_one({"colour": "red"}) is True and model.predict_one({"colour": "blue"}) is False
