"""Every formula of the table, evaluated as it is written, agrees with the engine."""

from dataclasses import fields

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import erf, ndtr

import chainrule as cr
from chainrule.explorer.mathml import formula_tree
from chainrule.explorer.op_formulas import TABLE, formulas_of
from chainrule.explorer.questions import answered
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import Elementwise

ROWS, CLASSES = 3, 4
LABELS = np.array([1, 0, 3])
LECTURE = """
abs add divide dot elu exp gelu hinge leaky_relu linear log log_softmax logsumexp matmul max
maximum mean min minimum multiply negative norm power prod relu reshape sigmoid silu softmax
softmax_cross_entropy softplus sqrt square squared_error subtract sum tanh transpose where
binary_cross_entropy absolute_error selu mish
"""


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(scores):
    shifted = np.exp(scores - scores.max(-1, keepdims=True))
    return shifted / shifted.sum(-1, keepdims=True)


def words(**more):
    names = "exp log sqrt sin cos tan sinh cosh tanh arctan arcsin arccos where maximum minimum"
    found = {name: getattr(np, name) for name in f"{names} abs sign pi sum prod outer".split()}
    found |= {"max": np.max, "min": np.min, "inv": np.linalg.inv, "erf": erf, "Phi": ndtr}
    found["phi"] = lambda x: np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
    found |= {"sigmoid": sigmoid, "softmax": softmax}
    return found | more


def evaluated(text, names):
    return eval(text, {"__builtins__": {}}, names)  # the table's own text


def settings(name):
    standard = CATALOGUE.standard[name]
    return {each.name: getattr(standard, each.name) for each in fields(standard)}


def called(name, operands):
    """The result, its upstream gradient, and the gradients of the operands."""
    tensors = [cr.tensor(x) if x.dtype.kind == "f" else x for x in operands]
    out = CATALOGUE.function(name)(*tensors)
    if not isinstance(out, cr.Tensor) or not out.wants_gradient:
        return np.asarray(getattr(out, "data", out)), 0, [None] * len(operands)
    upstream = np.random.default_rng(1).uniform(0.5, 1.5, out.shape)
    out.backward(upstream=upstream)
    return out.data, upstream, [getattr(x, "grad", None) for x in tensors]


def by_kind(*kinds):
    return sorted(name for name, formula in TABLE.items() if formula.kind in kinds)


@pytest.mark.parametrize("name", by_kind("entries", "sum", "row"))
@pytest.mark.parametrize("seed", range(3))
def test_a_formula_of_entries_agrees_with_the_engine(name, seed):
    rng = np.random.default_rng(seed)
    formula, inputs = TABLE[name], CATALOGUE[name].inputs
    count = len(inputs) if formula.kind == "entries" else 1
    operands = [rng.uniform(0.1, 0.9, 5) for _ in range(count)]
    if name in ("relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus", "mish", "abs",
                "sign", "tanh", "sigmoid", "square", "negative", "exp", "erf"):  # fmt: skip
        operands = [rng.normal(size=5)]
    if name == "where":
        operands[0] = rng.random(5) > 0.5
    out, upstream, gradients = called(name, operands)
    given = dict(zip(inputs, operands, strict=False))
    names = words(**given, **settings(name), N=5, out=out, upstream=upstream)
    assert_allclose(evaluated(formula.out, names), out, rtol=1e-12)
    for text, gradient in zip(formula.back, gradients, strict=False):
        if not text:
            continue
        found = evaluated(text, names)
        found = found * upstream if formula.kind == "entries" else found
        assert_allclose(np.broadcast_to(found, (5,)), gradient, rtol=1e-12, atol=1e-15)


ARRAYS = {
    "matmul": ((2, 3), (3, 4)),
    "dot": ((2, 3), (3, 4)),
    "linear": ((2, 3), (3, 4), (4,)),
    "outer": ((3,), (4,)),
    "inv": ((3, 3),),
    "transpose": ((2, 3),),
    "matrix_transpose": ((2, 3),),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_a_formula_of_matrices_agrees_with_the_engine(name):
    rng = np.random.default_rng(0)
    operands = [rng.normal(size=shape) for shape in ARRAYS[name]]
    out, upstream, gradients = called(name, operands)
    given = dict(zip(CATALOGUE[name].inputs, operands, strict=False))
    names = words(**given, out=out, upstream=upstream, rows_added=lambda x: x.sum(axis=0))
    assert_allclose(evaluated(TABLE[name].out, names), out)
    for text, gradient in zip(TABLE[name].back, gradients, strict=True):
        assert_allclose(evaluated(text, names), gradient)


@pytest.mark.parametrize("name", by_kind("loss"))
def test_a_formula_of_a_loss_agrees_with_the_engine(name):
    rng = np.random.default_rng(0)
    first, second, *_ = CATALOGUE[name].inputs
    scores = rng.normal(size=(ROWS, CLASSES))
    target = LABELS if second == "labels" else rng.uniform(0, 1, scores.shape)
    out, upstream, gradients = called(name, [scores, target])
    each = np.arange(ROWS)
    counted = ROWS if second == "labels" else scores.size
    names = words() | settings(name) | {first: scores, second: target} | {
        "share": upstream / counted,
        "pick": lambda x, labels: x[each, labels][:, None],
        "one_hot": lambda labels: np.eye(CLASSES)[labels],
        "others": lambda x: np.where(np.eye(CLASSES)[target] == 1, 0, x).sum(axis=-1),
        "reduction": np.mean,
    }  # fmt: skip
    assert_allclose(evaluated(TABLE[name].out, names), out)
    for text, gradient in zip(TABLE[name].back, gradients, strict=False):
        assert_allclose(evaluated(text, names), gradient)


def test_what_a_lecture_meets_has_a_formula():
    assert set(LECTURE.split()) <= set(TABLE)
    assert all(name in CATALOGUE for name in TABLE)
    wrong = [
        name for name, formula in TABLE.items()
        if (formula.kind == "entries") != issubclass(CATALOGUE[name], Elementwise)
    ]  # fmt: skip
    assert wrong == []


def test_a_tree_is_set_with_few_brackets():
    def spelled(text, rows=()):
        return plain(formula_tree(text, rows))

    def plain(tree):
        kind, *parts = tree
        if kind in ("n", "o", "i"):
            return parts[0]
        if kind == "v":
            return parts[0]
        if kind == "cases":
            return " | ".join(" if ".join(map(plain, line)) for line in parts)
        marks = {"frac": "/", "sup": "^", "sub": "_"}
        return marks.get(kind, "").join(map(plain, parts))

    assert spelled("1 / (1 + exp(-x))") == "1/1+e^−x"
    assert spelled("(1 - out) * out") == "(1−out)·out"
    assert spelled("x - (y - 1)") == "x−(y−1)"
    assert spelled("(x + 1) ** 2") == "(x+1)^2"
    assert spelled("exp(x) / sum(exp(x))", ("x",)) == "e^x_i/∑je^x_j"
    assert spelled("where(x > 0, 1, 0)") == "1 if x>0 | 0"
    assert spelled("x.T @ upstream") == "x^Tupstream"


def test_formulas_come_with_a_graph_and_an_op_without_one_is_left_out():
    card = answered({"ask": "write", "text": "x = [1, 2]\nf = sum(roll(sigmoid(x), 1))"}, {})
    assert set(card["formulas"]) == {"sigmoid", "sum"}
    assert formulas_of(["sigmoid", "a_users_own"]).keys() == {"sigmoid"}
    found = card["formulas"]["sigmoid"]
    assert found["inputs"] == ["x"]
    assert found["out"][0] == "frac"
