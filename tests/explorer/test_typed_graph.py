"""Typed lines: what the grammar holds, what it refuses and where, and that nothing is executed."""

import builtins
import random
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.errors import ArgumentError
from chainrule.explorer.closed_grammar import LONGEST_TEXT
from chainrule.explorer.op_words import op_words
from chainrule.explorer.rewriting import rewritten
from chainrule.explorer.typed_graph import ENTRIES, typed_graph
from chainrule.inspection.observed import observed
from tests.together import together


def value_and_gradients(text):
    typed = typed_graph(text)
    assert typed.error is None, typed.error
    (end,) = typed.given.ends
    end.backward()
    return end.data, {name: leaf.node.grad for name, leaf in typed.leaves.items()}


def refused(text):
    error = typed_graph(text).error
    assert error is not None, text
    return error


def test_the_lectures_circuit():
    value, gradients = value_and_gradients("x = -2\ny = 5\nz = -4\nq = x + y\nf = q * z")
    assert value == -12
    assert gradients == {"x": -4, "y": -4, "z": 3}


def test_names_without_a_value_are_inputs_that_begin_at_1_2_3():
    typed = typed_graph("(x + y) * z")
    assert {name: leaf.node.item() for name, leaf in typed.leaves.items()} == {
        "x": 1.0,
        "y": 2.0,
        "z": 3.0,
    }


@together(
    "text, function",
    [
        ("f = exp(-x) / (1 + y ** 2)", lambda x, y: cr.exp(-x) / (1 + y**2)),
        ("f = np.maximum(x, y) - np.log(y)", lambda x, y: cr.maximum(x, y) - cr.log(y)),
        ("f = max(x, y) * min(x, 3)", lambda x, y: cr.maximum(x, y) * cr.minimum(x, 3)),
        ("f = cr.sigmoid(x) * np.pi", lambda x, y: cr.sigmoid(x) * np.pi),
        ("x += y\nx *= 2\nx", lambda x, y: (x + y) * 2),
        ("import numpy as np\nf = np.sin(x)  # a comment", lambda x, y: cr.sin(x)),
        ("f = where(x > y, x, 3 * y)", lambda x, y: cr.where(x > y, x, 3 * y)),
        ("f = leaky_relu(x - y, slope=0.3)", lambda x, y: cr.leaky_relu(x - y, slope=0.3)),
    ],
)
def test_formulas_are_those_of_the_library(text, function):
    value, gradients = value_and_gradients(f"x = 0.5\ny = 1.5\n{text}")
    expected, wanted = cr.value_and_grad(function, argnums=(0, 1))(0.5, 1.5)
    assert_allclose(value, expected, rtol=0)
    assert_allclose(gradients.get("x", 0), wanted[0], rtol=0)
    if gradients.get("y") is not None:
        assert_allclose(gradients["y"], wanted[1], rtol=0)


def test_numpy_lines_of_a_net_are_the_librarys_net(rng):
    text = """
X = [[1, -1], [0.5, 2]]
W = np.array([[0.4, -0.6, 0.3], [0.5, 0.2, -0.7]])
hidden = np.tanh(X @ W)
picked = hidden[0, 1:] + hidden.T[1:, 1]
means = hidden.reshape(3, 2).mean(axis=0)
loss = softmax_cross_entropy(hidden, [0, 2]) + picked.sum() + means.sum()
"""
    value, gradients = value_and_gradients(text)
    x, w = np.array([[1, -1], [0.5, 2]]), np.array([[0.4, -0.6, 0.3], [0.5, 0.2, -0.7]])

    def net(x, w):
        hidden = np.tanh(x @ w)
        picked = hidden[0, 1:] + hidden.T[1:, 1]
        loss = cr.softmax_cross_entropy(hidden, np.array([0, 2]))
        return loss + picked.sum() + hidden.reshape((3, 2)).mean(axis=0).sum()

    expected, (dx, dw) = cr.value_and_grad(net, argnums=(0, 1))(x, w)
    assert value == expected
    assert_array_equal(gradients["X"], dx)
    assert_array_equal(gradients["W"], dw)


HOSTILE = (
    "__import__('os').system('id')",
    "open('/etc/passwd')",
    "eval('1')",
    "exec('x = 1')",
    "().__class__.__bases__[0].__subclasses__()",
    "x.__class__",
    "x._graph",
    "x.data",
    "x.backward()",
    "x.tofile('a')",
    "np.save('a', x)",
    "np.load('a')",
    "np.fromfile('a')",
    "np.__dict__",
    "np.linalg.lapack_lite",
    "np.f2py.compile('x')",
    "np.testing.rundocs('a')",
    "cr.load_run('a')",
    "cr.settings",
    "cr.Op",
    "chainrule.explorer.app()",
    "lambda: 1",
    "(lambda x: x)(1)",
    "[i for i in x]",
    "{i: i for i in x}",
    "{1, 2}",
    "{'a': 1}",
    "x if y else z",
    "x and y",
    "not x",
    "~x",
    "x % y",
    "x // y",
    "x | y",
    "x << 9999999",
    "f'{x}'",
    "'text'",
    "b'text'",
    "1j",
    "(y := 2)",
    "print(*x)",
    "exp(**x)",
    "x, y = 1, 2",
    "x.T = 2",
    "x[0] = 2",
    "import os",
    "import numpy as os",
    "from os import system",
    "def f(): pass",
    "class A: pass",
    "for i in x: x",
    "while 1: x",
    "with x: x",
    "try: x\nexcept: x",
    "raise x",
    "assert x",
    "del x",
    "global x",
    "return x",
    "yield x",
    "await x",
    "match x:\n case 1: x",
    "x: int = 1",
    "...",
    "None",
    "x = y = 2",
    "np = 2",
    "x < y < z",
    "x is y",
    "x in y",
    "relu",
    "relu + 1",
    "exp()",
    "exp(x, x, x)",
    "exp(x, whatever=1)",
    "sum(x, axis=10**9)",
    "sum(x, axis=99999)",
    "reshape(x, (99999, 99999))",
    "broadcast_to(x, (1024, 1024, 1024))",
    "tile(x, 1000)",
    "np.ones(10)",
    "np.zeros((1, 2))",
    "range(10)",
    "[[1, 2], [3]]",
    "[x, y]",
    "polygamma(100000000, x)",
    "x\\\n+ y",
    "x\x00",
    "x\x1b[2J",
    "0x10",
    "1if x else 2",
    "1_000_000_x",
    "\u202ex",
    "",
    "   ",
    "# only a comment",
    "(" * 200 + "x" + ")" * 200,
    "x" + "+x" * 3_000,
    "-" * 5_000 + "x",
    "x" * 5_000,
    "9" * 5_000,
    "x = [" + "1," * 2_000 + "]",
    "x" + ".T" * 3_000,
    "x" + "\n" * 9_000,
)


def test_what_is_not_of_the_grammar_is_refused_and_nothing_runs():
    """No file is opened, nothing is imported or compiled, and the place of the fault is told."""
    seen = []
    watching = [False]

    def told(event, arguments):
        if watching[0] and event in ("open", "import", "exec", "subprocess.Popen", "os.system"):
            seen.append((event, arguments[0]))

    sys.addaudithook(told)
    typed_graph("f = exp(x)")  # what the ops load for themselves is there
    for text in HOSTILE:
        watching[0] = True
        typed = typed_graph(text)
        watching[0] = False
        assert typed.error is not None, text
        lines = text.split("\n")
        place = typed.error.place
        assert 1 <= place.line <= len(lines) + 1, text
        assert 0 <= place.column <= place.end <= LONGEST_TEXT, text
        assert len(typed.error.what) < 500, text
        assert typed.error.what, text
    assert set(seen) <= {("open", "")}  # which is no file: Python would quote a line from it


def test_a_place_counts_characters():
    assert (
        refused("λλ = 2\nf = λλ * [i for i in λλ]").place
        == refused("ab = 2\nf = ab * [i for i in ab]").place
    )
    place = refused("f = exp(x) + oops(x)").place
    assert (place.line, place.column, place.end) == (1, 13, 17)


@together("word", ["array", "np.array", "numpy.asarray", "cr.array"])
def test_an_array_is_written_as_in_numpy(word):
    typed = typed_graph(f"x = {word}([[1, 2]])  # one row\nf = sum(x * x)")
    assert typed.error is None
    assert_array_equal(typed.leaves["x"].node.value, [[1, 2]])


def test_a_word_that_is_nearly_an_op_is_answered_with_that_op():
    assert "did you mean 'sigmoid'" in refused("sigmoyd(x)").what


@together(
    "text, what, do",
    [
        ("f = x * 2\nx = 3\nf", "line 2 gives x a value after line 1 has read it", "Move it up."),
        ("f = x * 2\ny = 3\nx = y + 1", "line 3 gives x a value after line 1", "Move it up."),
        ("x^2 + 2*x  # x^2", "^ is no power here", "x**2, not x^2: x**2 + 2*x."),
        ("x ^= 2", "^ is no power here", "x**2"),
        ("f = 2x + 1", "2x is no number", "Write 2*x."),
        ("f = .5theta_1", ".5theta_1 is no number", "Write .5*theta_1."),
        ("f = 2pi", "2pi is no number", "Write 2*np.pi."),
        ("f = 0x10", "0x10 is no number", "Lines hold"),
        ("f = sigmoid(w\u00b7x)", "\u00b7 is no sign here", "Write * for a product"),
        ("p = softmax([1, 2])", "nothing is computed from an input", "x = [1, 2], and then"),
        ("f = 2(x + 1)", "only ops are called", "2*(x + 1)."),
        ("f = (x + 1)(x - 1)", "only ops are called", "(x + 1)*(x - 1)."),
        ("x = 1\nf = x(x - 1)", "only ops are called", "x*(x - 1)."),
        ("lambda = 3", "lambda is a word of Python", "another name, such as lambda_."),
        ("f = x * lambda * 2", "lambda is a word of Python", "lambda_"),
        ("class = 3", "class is a word of Python", "class_"),
        ("None = 3", "None is a word of Python", "None_"),
        ("f = x if x > 1 else 3*x", "an if is not", "where(x > 1, x, 3*x)."),
        ("X = [[1, 2]]\nW = [[1, 2]]\nX @ W", "cannot join X and W: 2 columns meet 1", "Give W 2"),
        ("X = [[1, 2]]\n(X + 1) @ X", "join (X + 1) and X", "or (X + 1) 1 columns."),
        ("X = [[1, 2]]\nW = [[1, 2]]\nmatmul(X, W)", "join X and W", "X  (1, 2)\nW  (1, 2)\n"),
        ("a = [1, 2]\nb = [1, 2, 3]\na * b", "multiply cannot join a and b", "a  (2,)"),
        ("a = [1, 2]\na += [1, 2, 3]", "join a and [1, 2, 3]", "a          (2,)"),
    ],
)
def test_what_a_reader_may_have_meant_is_said_as_the_grammar_writes_it(text, what, do):
    error = refused(text)
    assert what in error.what
    assert do in error.do


@pytest.mark.parametrize("text", ["x += 1", "x = x + 1", "q = 2 * x\nx = x + 1\nf = q * x"])
def test_a_name_may_change_its_value_where_it_reads_itself(text):
    assert typed_graph(text).error is None


def test_a_result_of_several_numbers_is_told_what_to_write():
    typed = typed_graph("x = [1, 2]\nf = 2 * x")
    assert "Write sum(f)." in " ".join(observed(typed.given).notes)


def test_a_shape_error_keeps_the_graph_before_it():
    typed = typed_graph("x = [1, 2]\ny = [1, 2, 3]\nz = x * 2\nf = z + y\ng = f * f")
    assert "(2,) (3,)" in typed.error.what
    assert typed.error.place.line == 4
    labels = {node.label for node in typed.given.graph.nodes}
    assert {"x", "y", "z"} <= labels


def test_arrays_stay_small_and_the_time_is_limited():
    row = "x = [" + ", ".join("1" * ENTRIES) + "]\n"
    assert typed_graph(f"{row}f = sum(x * x)").error is None
    assert "entries" in refused(f"{row}outer(x, x)").what
    column = f"{row}a = reshape(x, (1024, 1, 1))\nb = reshape(x, (1024, 1))\n"
    assert "too large" in refused(f"{column}where(a, b, x)").what
    assert "too large" in refused(f"{column}f = linear(b, reshape(x, (1, 1024)), a)").what


def test_every_word_of_the_list_is_an_op_and_no_users_op_is():
    class Mine(cr.Op):
        def forward(self, x):
            return x

    assert len(op_words()) > 150
    assert {"relu", "tanh", "softmax_cross_entropy", "matmul", "maximum"} <= set(op_words())
    assert not {"mine", "broadcast_to", "tile", "random_mask", "one_hot"} & set(op_words())
    assert (
        not set(op_words()) & {"eval", "exec", "open", "compile", "getattr"} & set(dir(builtins))
    )


def test_random_lines_never_end_in_anything_but_a_graph_or_a_placed_error():
    rng = random.Random(2)
    words = [*op_words()[::7], "x", "y", "W", "1", "2.5", "-3", "[1, 2]", "[[1], [2]]", "(", ")",
             "+", "-", "*", "/", "@", "**", "=", ",", ".T", ".sum()", "[0]", "[:, 1]", ">", "\n",
             "axis=0", "None", "True", "np.", "'fro'", "lambda", ":", "not"]  # fmt: skip
    for _ in range(1_500):
        text = " ".join(rng.choices(words, k=rng.randrange(1, 14)))
        typed = typed_graph(text)
        assert typed.error is not None or typed.given is not None


def test_a_number_is_changed_where_it_stands():
    text = "x = -2  # an input\nλ = [1, 2]\nf = sum(x * λ)\n"
    assert rewritten(text, {"name": "x", "value": 3.5}) == text.replace("-2", "3.5")
    assert rewritten(text, {"name": "λ", "value": [0, -1e-9]}) == text.replace(
        "[1, 2]", "[0, -1e-09]"
    )
    assert rewritten("x * y", {"name": "y", "value": 7}) == "y = 7\nx * y"


@pytest.mark.parametrize(
    "change",
    [
        None,
        {},
        {"name": "nobody", "value": 1},
        {"name": "x", "value": [1, 2]},
        {"name": "x", "value": "1); import os"},
        {"name": "x", "value": float("nan")},
        {"name": "x", "value": {"a": 1}},
        {"name": ["x"], "value": 1},
    ],
)
def test_a_change_that_is_no_number_of_that_input_is_refused(change):
    with pytest.raises(ArgumentError):
        rewritten("x = 1\nf = x * 2", change)
