"""The package as a whole: what it imports, what its examples say, data and reproductions."""

import doctest
import inspect
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import attractor
import numpy as np
import pytest

REPOSITORY = Path(__file__).parents[3]


def test_frameworks_are_imported_only_when_used(run):
    program = "import attractor, sys; print(sorted(n for n in sys.modules if n in {heavy}))"
    heavy = ["numpy", "sklearn", "river", "matplotlib", "pandas", "torch", "scipy"]
    assert run(program.format(heavy=heavy)).strip() == "[]"


def documented():
    """Every public thing with a docstring, by its full name."""
    from attractor import data, errors, nn

    modules = [attractor, data, errors, nn]
    for name in ("sklearn", "river"):
        try:
            __import__(name)
        except ImportError:
            continue
        modules.append(__import__(f"attractor.{name}", fromlist=["_"]))
    for module in modules:
        yield module.__name__, module
        for name in getattr(module, "__all__", []):
            thing = getattr(module, name)
            if not callable(thing):
                continue
            yield f"{module.__name__}.{name}", thing
            if inspect.isclass(thing) and thing.__module__.startswith("attractor"):
                for part, member in vars(thing).items():
                    if not part.startswith("_") and (callable(member) or isinstance(member, (property, staticmethod))):
                        yield f"{module.__name__}.{name}.{part}", getattr(thing, part)


@pytest.mark.parametrize("name, thing", list(documented()), ids=lambda x: x if isinstance(x, str) else "")
def test_docstrings_and_their_examples(name, thing, tmp_path):
    text = inspect.getdoc(thing)
    assert text and text[0].isupper(), f"{name} has no docstring"
    names = {"attractor": attractor, "np": np, "folder": tmp_path}
    examples = doctest.DocTestParser().get_doctest(text, names, name, None, None)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    assert runner.run(examples).failed == 0


def test_every_part_of_the_surface_has_an_example():
    shown = {name for name, thing in documented() if ">>>" in (inspect.getdoc(thing) or "")}
    for name in [
        "attractor.Memory", "attractor.separate", "attractor.HopfieldNetwork", "attractor.KeyValueMemory",
        "attractor.Learner", "attractor.nn.Hopfield", "attractor.nn.HopfieldPooling", "attractor.nn.HopfieldLayer",
        "attractor.reproduce", "attractor.data.load",
    ]:  # fmt: skip
        assert name in shown


def test_the_examples_of_the_pages_hold(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = 0
    for page in [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs" / "python").glob("*.md"))]:
        text = page.read_text()
        blocks = [part.split("```")[0] for part in text.split("```python\n")[1:]]
        scope = {"attractor": attractor, "np": np, "folder": tmp_path}
        for block in blocks:
            if ">>>" in block:
                parsed = doctest.DocTestParser().get_doctest(block, scope, page.name, str(page), 0)
                assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(parsed, clear_globs=False).failed == 0
                scope.update(parsed.globs)
            else:
                exec(compile(block, str(page), "exec"), scope)
            found += 1
    assert found >= 5


def test_the_pages_are_those_of_the_docstrings(run):
    script = REPOSITORY / "crates" / "python" / "pages.py"
    assert run(script.read_text(), "--check", PAGES=str(REPOSITORY / "docs" / "python")) == ""


def test_sets():
    glyphs = attractor.data.load("glyphs")
    assert glyphs.patterns.shape == (95, 64) and glyphs.shape == (8, 8) and len(glyphs) == 95
    iris = attractor.data.load("iris")
    assert iris.class_names == ["setosa", "versicolor", "virginica"] and iris.labels.tolist()[::50] == [0, 1, 2]
    with pytest.raises(FileNotFoundError, match="no such file or folder"):
        attractor.data.load("nowhere")


def test_files_of_numpy_are_sets(tmp_path, rng):
    patterns = rng.normal(size=(5, 3)).astype(np.float32)
    np.save(tmp_path / "a.npy", patterns)
    assert (attractor.data.load(tmp_path / "a.npy").patterns == patterns).all()


def test_reproductions():
    record = attractor.reproduce("capacity/classical", effort="smoke", seed=3)
    assert record["seed"] == 3 and record["effort"] == "smoke" and record["measured"]["runs"] > 0
    with pytest.raises(attractor.UnknownIdError, match="no experiment `capacity/clasical`"):
        attractor.reproduce("capacity/clasical")
    with pytest.raises(attractor.errors.ValueRangeError, match="effort = 'slow': one of full, quick, smoke"):
        attractor.reproduce("capacity/classical", effort="slow")  # type: ignore[arg-type]
    with pytest.raises(attractor.errors.MissingDataError, match="needs the data set mnist"):
        attractor.reproduce("learner/digits", data="/nowhere")


def test_errors_are_one_family():
    for name in attractor.errors.__all__:
        error = getattr(attractor.errors, name)
        assert issubclass(error, attractor.AttractorError)
        assert str(error("what is wrong")) == "what is wrong"
        if error is not attractor.AttractorError:
            builtins = [base for base in error.__mro__ if base.__module__ == "builtins"]
            assert builtins[0] not in (Exception, object)


def test_stubs_are_those_of_the_package():
    pytest.importorskip("mypy")
    checked = ["attractor", "--ignore-missing-stub", "--mypy-config-file", str(REPOSITORY / "pyproject.toml")]
    checked += ["--allowlist", str(Path(__file__).parent / "stubtest.txt")]
    done = subprocess.run([sys.executable, "-m", "mypy.stubtest", *checked], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_package_is_typed():
    pytest.importorskip("mypy")
    # By its name: a path inside of site-packages would take in what lies beside it.
    options = ["--config-file", str(REPOSITORY / "pyproject.toml"), "-p", "attractor"]
    done = subprocess.run([sys.executable, "-m", "mypy", *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
