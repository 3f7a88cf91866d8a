"""One printer of calls: signs where Python has them, brackets where they are needed."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.doctor.derivation import formula
from chainrule.graph.nodes.graph import Graph
from chainrule.graph.nodes.lines import node_names
from chainrule.graph.op.calls import Text, named, node_call, written
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.inspection.sketch import sketch


def leaf(name, value=2.0):
    return cr.tensor(np.asarray(value), name=name, wants_gradient=True)


x, y, z = (leaf(name) for name in "xyz")
FORMULAS = {
    "x + y + z": x + (y + z),
    "x - (y + z)": x - (y + z),
    "x - y - z": (x - y) - z,
    "(x + y) * z": (x + y) * z,
    "x * y + z": x * y + z,
    "x / (y * z)": x / (y * z),
    "x / y * z": x / y * z,
    "(x * y) ** z": (x * y) ** z,
    "x ** y ** z": x ** (y**z),
    "(x ** y) ** z": (x**y) ** z,
    "-x * y": -x * y,
    "(-x) ** y": (-x) ** y,
    "-(x + y)": -(x + y),
    "exp(x + y) % z": cr.exp(x + y) % z,
}


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_written_with_signs_and_as_few_brackets_as_it_needs(text):
    assert formula(FORMULAS[text]) == text


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_means_what_it_stands_for(text):
    there = {"x": 3.0, "y": 1.25, "z": 2.0, "exp": np.exp}
    if "(-x)" in text:
        there["y"] = 2.0  # a negative number has no power of 1.25
    assert eval(text, {}, there) == pytest.approx(value_of(FORMULAS[text], there))


def value_of(node, given):
    """The node computed anew from other leaves."""
    if node.op is None:
        return given.get(node.label, node.value)
    return node.op(*(value_of(each, given) for each in node.inputs))


def test_products_of_matrices_keep_their_brackets():
    a, b, c = (leaf(name, np.eye(2)) for name in "abc")
    assert formula((a @ b) @ c) == "(a @ b) @ c"
    assert formula(a @ (b * c)) == "a @ (b * c)"
    assert formula((a @ b) * c) == "a @ b * c"


def test_a_call_without_a_sign_shows_its_settings_where_they_are_asked_for():
    a = leaf("a", np.eye(2))
    total = cr.sum(a, axis=0)
    names = node_names(Graph.of(total))
    assert node_call(total, names) == "sum(a)"
    assert node_call(total, names, settings=True) == "sum(a, axis=0, keepdims=False)"
    assert node_call(a, names) == ""


class Cross(cr.Op):
    """A sign of the user's own."""

    symbol = "><"

    def forward(self, x, y):
        return x * y

    def backward(self, upstream, x, y, out):
        return upstream * y, upstream * x


def test_an_op_of_the_users_own_is_printed_with_its_sign():
    assert named(Cross(), ["a", "b"]) == "a >< b"
    assert formula(Cross()(x, y) + z) == "x >< y + z"
    assert formula(Cross()(x + y, z)) == "(x + y) >< z"
    signs, _ = sketch([Cross()(x, y)], 10)
    assert signs[-1].label == "><"


@pytest.mark.parametrize("name", [n for n in CATALOGUE.names() if CATALOGUE[n].symbol])
def test_every_sign_stands_where_python_would_read_it(name):
    op = CATALOGUE.standard[name]
    operands = [Text("x"), Text("y")][: len(op.inputs)]
    text = written(op, operands).text
    values = [np.array([[3.0, 1.0], [2.0, 5.0]]), np.array([[2.0, 4.0], [1.5, 5.0]])]
    if name.startswith("logical"):
        values = [value > 2 for value in values]
    found = eval(text, {}, dict(zip("xy", values, strict=True)))
    np.testing.assert_allclose(found, op(*values[: len(operands)]))
