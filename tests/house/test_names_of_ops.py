"""Who reads ops asks their class: only letters and primitives may be known by name.

An op that is neither has a formula in its own file. A table of such names elsewhere would have to
be found and extended by whoever adds an op.
"""

import ast
from pathlib import Path

import pytest

import chainrule
from chainrule.graph.catalogue import CATALOGUE

PACKAGE = Path(chainrule.__file__).parent
FOLDERS = ("cli", "doctor", "inspection", "native", "nn", "plan", "train")
# What still stands, by file: words, and the reason. A line that is no longer needed fails too.
DEFAULTS = "what is chosen where the user chooses nothing"
SETTING = "a setting of this name, no op"
STATISTIC = "the name of a column or a number, no op"
TABLE = "a table that a fact on the op is to replace"
STANDING = {
    "cli/answers.py": ({"softmax_cross_entropy"}, TABLE),
    "cli/configuration.py": ({"dropout", "clip"}, SETTING),
    "cli/plan.py": (
        {"linear", "softmax_cross_entropy", "hinge", "squared_error", "absolute_error", "huber",
         "quantile"},
        TABLE,
    ),
    "cli/settings.py": ({"relu", "dropout", "clip"}, SETTING),
    "doctor/kinks.py": ({"sort", "median", "quantile"}, TABLE),
    "doctor/second_order.py": ({"sum_to"}, TABLE),
    "doctor/structural.py": ({"mean"}, TABLE),
    "inspection/checkup.py": (
        {"relu", "leaky_relu", "elu", "gelu", "gelu_tanh", "silu", "softplus", "sigmoid"},
        TABLE,
    ),
    "inspection/report.py": ({"softmax_cross_entropy", "binary_cross_entropy", "norm"}, TABLE),
    "nn/activations.py": (
        {"elu", "gelu", "identity", "leaky_relu", "relu", "sigmoid", "silu", "softplus"},
        "the names under which a net is given its activations",
    ),
    "nn/containers.py": ({"relu", "identity"}, DEFAULTS),
    "nn/initialization.py": (
        {"identity", "elu", "gelu", "leaky_relu", "relu", "sigmoid", "silu", "softplus"},
        TABLE,
    ),
    "nn/linear.py": ({"identity"}, DEFAULTS),
    "plan/kinds/row.py": ({"prod"}, "a function of NumPy, no op"),
    "train/architecture.py": ({"relu", "softmax_cross_entropy", "dropout"}, DEFAULTS),
    "train/data/generated.py": ({"outer", "inner"}, "the rings of a data set, no op"),
    "train/data/records.py": ({"mean", "std"}, STATISTIC),
    "train/metrics.py": ({"mean"}, STATISTIC),
    "train/native_step.py": ({"clip"}, SETTING),
    "train/steadiness.py": ({"clip"}, SETTING),
}  # fmt: skip


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


def spelled():
    """Text literals that are the name of an op which is no primitive, by file."""
    ops = [CATALOGUE[name] for name in CATALOGUE.names()]
    letters = {getattr(op, "whole", "") for op in ops}  # what ops are on whole numbers
    names = {op.name for op in ops if not op.primitive} - letters
    found = {}
    for folder in FOLDERS:
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
