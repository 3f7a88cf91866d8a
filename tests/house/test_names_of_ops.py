"""Who reads ops asks their class: plans know letters and primitives by name, others none.

An op that is neither has a formula in its own file. A table of such names elsewhere would have to
be found and extended by whoever adds an op.
"""

import ast
import functools
from pathlib import Path

import pytest

import chainrule
from chainrule.graph.op.catalogue import CATALOGUE

PACKAGE = Path(chainrule.__file__).parent
# Two speak letters and primitives; the others no op at all: they ask it for facts.
SPEAKERS = ("native", "plan")
FOLDERS = ("cli", "doctor", "inspection", *SPEAKERS, "nn", "train")
# What still stands, by file: words, and the reason. A line that is no longer needed fails too.
SETTING = "a setting of this name, no op"
STATISTIC = "the name of a column or a number, no op"
KIND = "a kind of bug, no op"
INTEGERS = "the letter that a word is on whole numbers"
STANDING = {
    "cli/checkup_job.py": ({"split"}, SETTING),
    "cli/configuration.py": ({"clip", "dropout", "split"}, SETTING),
    "cli/options.py": ({"clip", "dropout", "split"}, SETTING),
    "doctor/forward_mode.py": ({"sign"}, KIND),
    "doctor/hypotheses.py": ({"sign"}, KIND),
    "doctor/kinds.py": ({"sign"}, KIND),
    "doctor/structural.py": ({"mean"}, "a sum that is divided by its length"),
    "inspection/charts.py": ({"log"}, "the scale of an axis"),
    "inspection/picture.py": ({"sign"}, "a size of letters"),
    "inspection/run_report.py": ({"norm"}, "the first letters of a chart's ids"),
    "native/letters/apply.py": ({"floor_divide", "mod"}, INTEGERS),
    "plan/letters.py": ({"floor_divide", "mod"}, INTEGERS),
    "train/architecture.py": ({"dropout"}, SETTING),
    "train/native/bound.py": ({"clip"}, "how NumPy takes rows"),
    "train/choices.py": ({"linear"}, "a schedule"),
    "train/data/generated.py": ({"inner", "outer"}, "the rings of a data set"),
    "train/data/records.py": ({"mean", "median", "std"}, STATISTIC),
    "train/data/sources.py": ({"split"}, SETTING),
    "train/metrics.py": ({"mean", "sum"}, STATISTIC),
    "train/monitored.py": ({"max", "min"}, "whether more is better, or less"),
    "train/native/steadiness.py": ({"clip"}, SETTING),
}


def test_every_op_is_a_primitive_or_has_a_formula():
    """One of few kinds, which a reader speaks; whatever else there is reads itself."""
    kinds = {CATALOGUE[name].primitive for name in CATALOGUE.names()} - {""}
    assert len(kinds) <= 25
    without = [
        name
        for name in CATALOGUE.names()
        if CATALOGUE[name].primitive and "formula" in vars(CATALOGUE[name])
    ]
    assert without == []  # a formula is for those that are none


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_reader_knows_an_op_by_its_name(folder):
    found = {path: names for path, names in spelled().items() if path.startswith(folder + "/")}
    listed = {
        path: names for path, (names, _) in STANDING.items() if path.startswith(folder + "/")
    }
    assert found == listed


@functools.cache
def spelled():
    """Text literals that are the name of an op which the folder may not know, by file."""
    found = {}
    for folder in FOLDERS:
        speaks = folder in SPEAKERS
        names = {n for n in CATALOGUE.names() if not (speaks and CATALOGUE[n].primitive)}
        for path in sorted((PACKAGE / folder).rglob("*.py")):
            met = literals(ast.parse(path.read_text(encoding="utf-8"))) & names
            if met:
                found[path.relative_to(PACKAGE).as_posix()] = met
    return found


def literals(tree):
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
    }
