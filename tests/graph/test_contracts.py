"""The contract of a user's op, kept at every call: counts, shapes, dtypes, and nobody's arrays."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.errors import BackwardRuleError
from chainrule.graph.op.families import Elementwise

X = np.array([0.7, -1.3, 2.0])


def rule(backward, forward=lambda x: x * 2):
    """An op of one input with this rule."""

    class Ruled(cr.Op):
        def forward(self, x):
            return forward(x)

    class Mine(Ruled):
        def backward(self, upstream, x, out):
            return backward(upstream, x, out)

    return Mine()


def slope(local_gradients, forward=lambda x: x * 2):
    class Mine(Elementwise):
        def forward(self, x):
            return forward(x)

    class Sloped(Mine):
        name = "mine"

        def local_gradients(self, x, out):
            return local_gradients(x, out)

    return Sloped()


def orders(op, x=X):
    """The ways in which a rule is asked: first order, with a graph, and by grad."""

    def eager():
        cr.backward([op(cr.tensor(x)).sum()])

    def graph():
        op(cr.tensor(x)).sum().backward(create_graph=True)

    return eager, graph, lambda: cr.grad(lambda x: op(x).sum())(x)


def broken(op, x=X):
    """The error of each way; all are the same but for the second-order ones."""
    errors = []
    for derive in orders(op, x):
        with pytest.raises(BackwardRuleError) as caught:
            derive()
        errors.append(caught.value)
    assert len({e.what for e in errors}) == 1, errors
    return errors[0]


# ------------------------------------------------------------------------- count, shape, dtype


@pytest.mark.parametrize("answer", [lambda g: (), lambda g: (g, g), lambda g: [g, None, None]])
@pytest.mark.parametrize("kind", ["backward", "local_gradients"])
def test_the_count_is_exact(answer, kind):
    op = (
        rule(lambda u, x, out: answer(u))
        if kind == "backward"
        else slope(lambda x, out: answer(x))
    )
    error = broken(op)
    assert error.kind == "wrong_count"
    assert error.what.startswith(f"{kind} of mine returned {len(answer(X))} gradients for 1 input")


def test_a_gradient_that_is_not_in_a_tuple_belongs_to_the_one_input():
    assert_array_equal(cr.grad(lambda x: rule(lambda u, x, out: u * 2)(x).sum())(X), [2, 2, 2])
    assert_array_equal(cr.grad(lambda x: slope(lambda x, out: x * 0 + 2)(x).sum())(X), [2, 2, 2])


@pytest.mark.parametrize(
    ("answer", "shape"),
    [
        (lambda u: u.sum(), "()"),
        (lambda u: u[:1], "(1,)"),
        (lambda u: u[None], "(1, 3)"),
        (lambda u: u[:, None] * u, "(3, 3)"),
    ],
)
def test_the_shape_is_exact(answer, shape):
    error = broken(rule(lambda u, x, out: (answer(u),)))
    assert error.kind == "wrong_shape"
    assert f"of shape {shape} for x of shape (3,)" in error.what
    assert "sum over the axes that were broadcast" in error.do


def test_a_local_gradient_that_would_be_summed_silently_is_an_error():
    error = broken(slope(lambda x, out: (x[:, None] * x,)))
    assert error.kind == "wrong_shape"
    assert error.what.startswith("local_gradients of mine returned a gradient of shape (3, 3)")


@pytest.mark.parametrize(
    ("x", "wrong"), [(X.astype(np.float32), np.float64), (X, np.float32), (X, np.int64)]
)
def test_the_dtype_is_exact(x, wrong):
    error = broken(rule(lambda u, x, out: (cr.cast(u, wrong),)), x)
    assert error.kind == "wrong_dtype"
    assert f"a gradient of {np.dtype(wrong)} for x of {x.dtype}" in error.what
    assert ".astype(x.dtype)" in error.do


def test_a_local_gradient_of_a_wider_dtype_is_an_error():
    error = broken(slope(lambda x, out: (x * np.float64(2),)), X.astype(np.float32))
    assert error.kind == "wrong_dtype"
    assert "float64 for x of float32" in error.what


def test_inputs_of_two_dtypes_each_get_their_own_back():
    class Times(Elementwise):
        def forward(self, x, y):
            return x * y

        def local_gradients(self, x, y, out):
            return y, x

    single, double = X.astype(np.float32), X
    found = cr.grad(lambda x, y: Times()(x, y).sum(), (0, 1))(single, double)
    assert [g.dtype for g in found] == [np.float32, np.float64]


@pytest.mark.parametrize("number", [2, 2.0, np.float64(2.0), np.array(2.0)])
def test_a_number_will_do_for_an_input_without_axes(number):
    assert cr.grad(rule(lambda u, x, out: (number,)))(3.0) == 2.0


def test_a_python_number_has_no_dtype_of_its_own():
    x = cr.tensor(np.float32(3.0))
    rule(lambda u, x, out: (2.0,))(x).backward()
    assert x.grad.dtype == np.float32


# ------------------------------------------------------------------------------------- None


def test_none_for_an_input_that_matters_is_an_error():
    error = broken(rule(lambda u, x, out: (None,)))
    assert error.kind == "none_returned"
    assert error.what == "backward of mine returned None for x, but the output depends on it."
    assert "np.zeros_like(x)" in error.do


@pytest.mark.parametrize(
    "forward",
    [
        lambda x: x**2,
        np.floor,
        lambda x: np.maximum(x, 0.0),
        lambda x: x * 1e-30,
        lambda x: (np.ones(3), x)[1],
        np.log,
    ],
)
def test_none_is_tried_with_near_and_far_values(forward):
    for x in (X, np.zeros(3), np.full(3, -50.0), np.array([np.inf, np.nan, 1.0])):
        op = rule(lambda u, x, out: None, forward)
        with np.errstate(all="ignore"), pytest.raises(BackwardRuleError, match="returned None"):
            op(cr.tensor(x)).sum().backward()


def test_none_from_a_function_and_from_local_gradients_is_an_error_too():
    assert broken(rule(lambda u, x, out: (lambda: None,))).kind == "none_returned"
    assert broken(slope(lambda x, out: (None,))).kind == "none_returned"
    assert broken(slope(lambda x, out: (lambda: None,))).kind == "none_returned"


def test_none_is_right_for_an_input_that_does_not_matter():
    runs = []

    class First(cr.Op):
        def forward(self, x, y):
            runs.append(1)
            return x * y.shape[0]

        def backward(self, upstream, x, y, out):
            return upstream * y.shape[0], None

    first = First()
    for _ in range(3):
        of_x, of_y = cr.grad(lambda x, y: first(x, y).sum(), (0, 1))(X, X)
        assert_array_equal(of_x, [3, 3, 3])
        assert_array_equal(of_y, [0, 0, 0])
    asked_once = 5  # twice as it is, and three nudges
    assert len(runs) == 3 + asked_once


def test_none_for_what_nobody_wants_is_right():
    class Loss(cr.Op):
        def forward(self, scores, targets):
            return ((scores - targets) ** 2).sum()

        def backward(self, upstream, scores, targets, out):
            return 2 * upstream * (scores - targets), None

    assert_array_equal(cr.grad(lambda s: Loss()(s, X))(X + 1), [2, 2, 2])
    with pytest.raises(BackwardRuleError, match="None for targets"):
        cr.grad(Loss(), (0, 1))(X + 1, X)


def test_zeros_say_that_no_gradient_is_meant_in_every_order():
    blocked = rule(lambda u, x, out: (np.zeros_like(x),), lambda x: x**2)
    x = cr.tensor(X)
    total = (blocked(x) + x**2).sum()
    total.backward()
    assert_array_equal(x.grad, 2 * X)
    again = total.backward(create_graph=True)[x]
    again.sum().backward()
    assert_array_equal(x.grad, [2, 2, 2])


def test_a_random_op_is_not_told_that_its_none_is_wrong():
    rng = np.random.default_rng(0)

    class Noise(cr.Op):
        def forward(self, x):
            return rng.normal(size=x.shape)

        def backward(self, upstream, x, out):
            return (None,)

    assert_array_equal(cr.grad(lambda x: Noise()(x).sum())(X), [0, 0, 0])
