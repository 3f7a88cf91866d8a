"""What is built on ops asks them for facts: no list and no comparison of it names an op."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from chainrule.graph.catalogue import CATALOGUE

PACKAGE = Path(__file__).parents[2] / "chainrule"
FOLDERS = ("train", "doctor", "inspection", "cli", "nn")
NAMES = frozenset(CATALOGUE.names())

# Words that are the name of an op too, and mean something else there.
OTHER_MEANINGS = {
    ("cli", "clip"): "the largest norm of a step's gradients",
    ("cli", "dropout"): "the rate of one",
    ("cli", "linear"): "a schedule of the learning rate",
    ("doctor", "mean"): "what a forward divided its sum by",
    ("doctor", "sign"): "a kind of bug",
    ("inspection", "log"): "the scale of an axis",
    ("inspection", "norm"): "the first letters of the ids of a chart",
    ("inspection", "sign"): "what is drawn at a node",
    ("train", "clip"): "the largest norm of gradients; how NumPy takes rows",
    ("train", "dropout"): "the rate of one",
    ("train", "inner"): "a class of points",
    ("train", "mean"): "a figure that is counted or saved",
    ("train", "outer"): "a class of points",
    ("train", "std"): "a figure that is saved",
    ("train", "sum"): "a figure that is counted",
}


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_string_names_an_op(folder):
    found = [
        f"{path.relative_to(PACKAGE).as_posix()}:{line}: {name!r}"
        for path in sorted((PACKAGE / folder).rglob("*.py"))
        for line, name in names_in(path)
        if (folder, name) not in OTHER_MEANINGS
    ]
    assert found == [], "ask the op for a fact, import its function, or say here what it means"


def test_every_other_meaning_is_still_met():
    met = {
        (folder, name)
        for folder in FOLDERS
        for path in (PACKAGE / folder).rglob("*.py")
        for _, name in names_in(path)
    }
    assert sorted(set(OTHER_MEANINGS) - met) == []


def names_in(path: Path) -> Iterator[tuple[int, str]]:
    """The strings of a file that are the name of an op, without its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        word = node.value if isinstance(node, ast.Constant) and id(node) not in said else None
        if isinstance(word, str) and word in NAMES:
            yield node.lineno, word
