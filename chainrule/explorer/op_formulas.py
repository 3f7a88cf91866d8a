"""The formulas of the ops that a lecture meets, forward and back, written once in one table.

Imports mathml. graph_cards.py sends them along with a graph; a test evaluates each of them and
compares with the engine. An op that is not here is shown by its call.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

from chainrule.explorer.mathml import formula_tree
from chainrule.graph.op.catalogue import CATALOGUE

Kind = Literal["entries", "sum", "row", "arrays", "loss"]


@dataclass(frozen=True)
class Formula:
    """How a result comes about, and what each input receives.

    Attributes
    ----------
    kind : {"entries", "sum", "row", "arrays", "loss"}
        Element by element; all entries into one; a row into a row; whole matrices; a loss.
    out : str
        In Python's spelling, of the inputs and the op's attributes.
    back : tuple of str
        For each input, "" where nothing goes back or too much were to be said. Of entries: its
        local gradient. Of the others: what it receives, with the upstream gradient in it.
    says : str
        What else a reader must know.
    """

    kind: Kind
    out: str
    back: tuple[str, ...] = ()
    says: str = ""


def _entries(out: str, *back: str, says: str = "") -> Formula:
    return Formula("entries", out, back, says)


COUNTED = "N is how many entries go into one."
MATRICES = "Written for matrices; a vector counts as one row, or as one column."
SHARE = "share is the upstream gradient; of a mean over N rows, divided by N."
MOVES = "It moves numbers and computes nothing; the gradient moves back."

TABLE = MappingProxyType(
    {
        "add": _entries("x + y", "1", "1"),
        "subtract": _entries("x - y", "1", "-1"),
        "multiply": _entries("x * y", "y", "x"),
        "divide": _entries("x / y", "1 / y", "-x / y ** 2"),
        "negative": _entries("-x", "-1"),
        "power": _entries("x ** y", "y * x ** (y - 1)", "out * log(x)"),
        "reciprocal": _entries("1 / x", "-1 / x ** 2"),
        "identity": _entries("x", "1"),
        "exp": _entries("exp(x)", "out"),
        "exp2": _entries("2 ** x", "out * log(2)"),
        "expm1": _entries("exp(x) - 1", "exp(x)"),
        "log": _entries("log(x)", "1 / x", says="log is the natural logarithm."),
        "log1p": _entries("log(1 + x)", "1 / (1 + x)"),
        "log2": _entries("log(x) / log(2)", "1 / (x * log(2))"),
        "log10": _entries("log(x) / log(10)", "1 / (x * log(10))"),
        "logaddexp": _entries("log(exp(x) + exp(y))", "exp(x - out)", "exp(y - out)"),
        "logit": _entries("log(x / (1 - x))", "1 / (x * (1 - x))"),
        "sqrt": _entries("sqrt(x)", "1 / (2 * out)"),
        "square": _entries("x ** 2", "2 * x"),
        "hypot": _entries("sqrt(x ** 2 + y ** 2)", "x / out", "y / out"),
        "sin": _entries("sin(x)", "cos(x)"),
        "cos": _entries("cos(x)", "-sin(x)"),
        "tan": _entries("tan(x)", "1 + out ** 2"),
        "sinh": _entries("sinh(x)", "cosh(x)"),
        "cosh": _entries("cosh(x)", "sinh(x)"),
        "tanh": _entries("tanh(x)", "1 - out ** 2"),
        "arctan": _entries("arctan(x)", "1 / (1 + x ** 2)"),
        "arcsin": _entries("arcsin(x)", "1 / sqrt(1 - x ** 2)"),
        "arccos": _entries("arccos(x)", "-1 / sqrt(1 - x ** 2)"),
        "erf": _entries("erf(x)", "2 / sqrt(pi) * exp(-x ** 2)"),
        "sigmoid": _entries("1 / (1 + exp(-x))", "(1 - out) * out"),
        "relu": _entries("maximum(0, x)", "where(x > 0, 1, 0)"),
        "leaky_relu": _entries("where(x > 0, x, slope * x)", "where(x > 0, 1, slope)"),
        "elu": _entries(
            "where(x > 0, x, alpha * (exp(x) - 1))", "where(x > 0, 1, alpha * exp(x))"
        ),
        "selu": _entries(
            "where(x > 0, 1.0507009873554805 * x, 1.7580993408473766 * (exp(x) - 1))",
            "where(x > 0, 1.0507009873554805, 1.7580993408473766 * exp(x))",
        ),
        "gelu": _entries(
            "x * Phi(x)",
            "Phi(x) + x * phi(x)",
            says="Φ(x) is the share of a standard normal below x, φ(x) its density.",
        ),
        "silu": _entries("x * sigmoid(x)", "sigmoid(x) + out * (1 - sigmoid(x))"),
        "softplus": _entries("log(1 + exp(x))", "1 / (1 + exp(-x))"),
        "mish": _entries(
            "x * tanh(log(1 + exp(x)))",
            "tanh(log(1 + exp(x))) + x * (1 - tanh(log(1 + exp(x))) ** 2) / (1 + exp(-x))",
        ),
        "abs": _entries("abs(x)", "sign(x)"),
        "sign": _entries("where(x > 0, 1, where(x < 0, -1, 0))"),
        "maximum": _entries("maximum(x, y)", "where(x > y, 1, 0)", "where(y > x, 1, 0)"),
        "minimum": _entries("minimum(x, y)", "where(x < y, 1, 0)", "where(y < x, 1, 0)"),
        "greater": _entries("where(x > y, 1, 0)"),
        "less": _entries("where(x < y, 1, 0)"),
        "where": _entries(
            "where(condition, x, y)", "", "where(condition, 1, 0)", "where(condition, 0, 1)"
        ),
        "sum": Formula("sum", "sum(x)", ("upstream",)),
        "mean": Formula("sum", "sum(x) / N", ("upstream / N",), COUNTED),
        "max": Formula("sum", "max(x)", ("where(x == out, upstream, 0)",)),
        "min": Formula("sum", "min(x)", ("where(x == out, upstream, 0)",)),
        "prod": Formula("sum", "prod(x)", ("upstream * out / x",)),
        "logsumexp": Formula("sum", "log(sum(exp(x)))", ("upstream * exp(x - out)",)),
        "norm": Formula("sum", "sqrt(sum(x ** 2))", ("upstream * x / out",)),
        "softmax": Formula(
            "row", "exp(x) / sum(exp(x))", ("out * (upstream - sum(upstream * out))",)
        ),
        "log_softmax": Formula(
            "row", "x - log(sum(exp(x)))", ("upstream - exp(out) * sum(upstream)",)
        ),
        "matmul": Formula("arrays", "x @ w", ("upstream @ w.T", "x.T @ upstream"), MATRICES),
        "dot": Formula("arrays", "a @ b", ("upstream @ b.T", "a.T @ upstream"), MATRICES),
        "linear": Formula(
            "arrays",
            "x @ weight + bias",
            ("upstream @ weight.T", "x.T @ upstream", "rows_added(upstream)"),
        ),
        "outer": Formula("arrays", "outer(a, b)", ("upstream @ b", "upstream.T @ a")),
        "inv": Formula("arrays", "inv(a)", ("-out.T @ upstream @ out.T",)),
        "transpose": Formula("arrays", "x.T", ("upstream.T",), MOVES),
        "matrix_transpose": Formula("arrays", "x.T", ("upstream.T",), MOVES),
        "reshape": Formula("arrays", "reshape(x)", ("reshape(upstream)",), MOVES),
        "squared_error": Formula(
            "loss",
            "reduction((predictions - targets) ** 2)",
            ("share * 2 * (predictions - targets)", "share * 2 * (targets - predictions)"),
            SHARE,
        ),
        "absolute_error": Formula(
            "loss",
            "reduction(abs(predictions - targets))",
            ("share * sign(predictions - targets)", "share * sign(targets - predictions)"),
            SHARE,
        ),
        "softmax_cross_entropy": Formula(
            "loss",
            "reduction(-log(pick(softmax(scores), labels)))",
            ("share * (softmax(scores) - one_hot(labels))",),
            SHARE,
        ),
        "binary_cross_entropy": Formula(
            "loss",
            "reduction(log(1 + exp(predictions)) - targets * predictions)",
            ("share * (sigmoid(predictions) - targets)",),
            SHARE,
        ),
        "hinge": Formula(
            "loss",
            "reduction(others(maximum(0, scores - pick(scores, labels) + margin)))",
            (),
            "Each class within the margin receives the share, the right class as many times its "
            "negative.",
        ),
    }
)


def formulas_of(ops: Iterable[str]) -> dict[str, Any]:
    """The formulas of some ops as trees, by their names; for JSON."""
    return {name: _trees(name) for name in sorted(ops) if name in TABLE}


@cache
def _trees(name: str) -> dict[str, Any]:
    formula = TABLE[name]
    inputs = CATALOGUE[name].inputs
    rows: tuple[str, ...] = ()
    if formula.kind in ("sum", "row"):
        rows = inputs if formula.kind == "sum" else (*inputs, "out", "upstream")
    back = [*formula.back, *[""] * (len(inputs) - len(formula.back))]
    return {
        "kind": formula.kind,
        "inputs": list(inputs),
        "out": formula_tree(formula.out, rows),
        "back": [formula_tree(each, rows) if each else None for each in back],
        "says": formula.says,
    }
