"""Writes the pages of docs/python out of the docstrings of the installed package.

    python crates/python/pages.py            writes them
    python crates/python/pages.py --check    names those that are not up to date
"""

import importlib
import inspect
import os
import re
import sys
from pathlib import Path

import attractor

FOLDER = Path(os.environ.get("PAGES", "docs/python"))

PAGES = {
    "memory": (
        "Associative memory",
        "Store patterns; recall whole ones from damaged ones, with energy, weights and certificates.",
        ["Memory", "Recall", "Certificate", "separate"],
    ),
    "networks": (
        "Classical networks and key-value memories",
        "Patterns in a weight matrix, and slots that are written one by one.",
        ["HopfieldNetwork", "NetworkRecall", "KeyValueMemory"],
    ),
    "learner": (
        "The complementary learner",
        "Show it a thing once; ask at any moment; let it sleep. In a directory it survives a kill.",
        ["Learner", "Explanation", "Slumber"],
    ),
    "layers": (
        "Hopfield layers",
        "Forward passes on numpy arrays, with weights that were trained elsewhere.",
        ["nn.Hopfield", "nn.HopfieldPooling", "nn.HopfieldLayer", "nn.Options", "nn.HAM", "nn.Completed"],
    ),
    "estimators": (
        "scikit-learn and river",
        "The learner and the memory as estimators. Each module imports its framework when it is imported itself.",
        [
            "sklearn.AttractorClassifier",
            "sklearn.MemoryClassifier",
            "sklearn.MemoryImputer",
            "river.AttractorClassifier",
        ],
    ),
    "data": (
        "Data sets and published results",
        "What can be loaded by name, and what can be run again.",
        ["data.load", "data.Set", "reproduce"],
    ),
    "errors": (
        "Errors",
        "One family; each is also the built-in that fits. A refused call changes nothing.",
        [f"errors.{name}" for name in attractor.errors.__all__],
    ),
}


def thing_of(name):
    module, _, own = name.rpartition(".")
    return getattr(importlib.import_module(f"attractor.{module}") if module else attractor, own)


def signature(thing):
    try:
        text = str(inspect.signature(thing))
    except (TypeError, ValueError):
        return ""
    # Annotations that are not evaluated come in quotes.
    text = re.sub(r"(: |-> )(['\"])(.*?)\2(?=[,) ]|$)", r"\1\3", text)
    return text.replace("(self, ", "(").replace("(self)", "()")


def section(name, thing, level):
    bases = ""
    if inspect.isclass(thing) and issubclass(thing, BaseException):
        bases = "(" + ", ".join(base.__name__ for base in thing.__bases__) + ")"
    shown = bases or ("" if name.startswith("nn.Options") else signature(thing))
    heading = f"{'#' * level} `attractor.{name}`\n\n```\n{name.rpartition('.')[2]}{shown}\n```\n"
    doc = inspect.cleandoc(thing.__doc__ or "")
    return f"{heading}\n{rendered(doc)}\n"


def rendered(doc):
    """A numpy docstring as Markdown."""
    lines, out, code = doc.splitlines(), [], False
    for at, line in enumerate(lines):
        following = lines[at + 1] if at + 1 < len(lines) else ""
        if following and set(following) == {"-"} and len(following) == len(line):
            out.append(f"**{line}**\n")
            continue
        if line and set(line) == {"-"}:
            continue
        if line.startswith(">>>") and not code:
            out.append("```python")
            code = True
        if code and not line:
            out.append("```")
            code = False
        if line and not code and not line.startswith(" ") and following.startswith("    "):
            names, _, kind = line.partition(" : ")
            out.append(f"- `{names}`" + (f" ({kind})" if kind else "") + ":")
            continue
        out.append(("  " if line.startswith("    ") and not code else "") + (line if code else line.strip()))
    return "\n".join([*out, *(["```"] if code else [])])


def page(title, text, names):
    parts = [f"# {title}\n\n{text}\nThis page is made of the docstrings by `crates/python/pages.py`.\n"]
    for name in names:
        thing = thing_of(name)
        parts.append(section(name, thing, 2))
        if not inspect.isclass(thing) or issubclass(thing, BaseException) or name == "nn.Options":
            continue
        for owner in reversed(thing.__mro__):
            if not owner.__module__.startswith("attractor"):
                continue
            for part, member in vars(owner).items():
                if part.startswith("_") or getattr(thing, part, None) is None:
                    continue
                if callable(member) or isinstance(member, staticmethod):
                    parts.append(section(f"{name}.{part}", getattr(thing, part), 3))
    return "\n".join(parts)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, content in PAGES.items():
        path, text = FOLDER / f"{name}.md", page(*content)
        if "--check" not in sys.argv:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            print(f"{path} is not up to date: run crates/python/pages.py")


main()
