"""Ops of one's own: every way to write one, in backward and forward mode, in both orders."""

from dataclasses import KW_ONLY, field

import numpy as np
import pytest
import scipy.special
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.errors import ArgumentError, BackwardRuleError, NoGradientError
from chainrule.extend import Elementwise

X = np.array([0.7, -1.3, 2.0])


class Cube(cr.Op):
    def forward(self, x):
        return x**3

    def backward(self, upstream, x, out):
        return (upstream * 3 * x**2,)


class Tilted(cr.Op):
    """alpha * x + beta * y, with names of its own in backward."""

    alpha: float = 1.0
    beta: float = 2.0

    def forward(self, x, y):
        return self.alpha * x + self.beta * y

    def backward(self, from_above, first, second, result):
        return self.alpha * from_above, self.beta * from_above


class ByName(cr.Op):
    _: KW_ONLY
    power: int

    def forward(self, x):
        return x**self.power

    def backward(self, upstream, x, out):
        return (upstream * self.power * x ** (self.power - 1),)


class Polynomial(cr.Op):
    """A list as an attribute."""

    weights: list = field(default_factory=lambda: [1.0, 1.0])

    def forward(self, x):
        return sum(w * x**k for k, w in enumerate(self.weights))

    def backward(self, upstream, x, out):
        return (upstream * sum(k * w * x ** (k - 1) for k, w in enumerate(self.weights) if k),)


class Masked(cr.Op):
    """An array as an attribute."""

    mask: np.ndarray

    def forward(self, x):
        return x * self.mask

    def backward(self, upstream, x, out):
        return (upstream * self.mask,)


class SinAndProduct(cr.Op):
    def forward(self, x, y):
        return np.sin(x), x * y

    def backward(self, upstream, x, y, out):
        of_sin, of_product = upstream
        return of_sin * np.cos(x) + of_product * y, of_product * x


class InNumPy(cr.Op):
    """Code that answers ndarrays whatever it is given."""

    def forward(self, x):
        return np.exp(np.asarray(x))

    def backward(self, upstream, x, out):
        return (np.asarray(upstream) * np.exp(np.asarray(x)),)


class SlopeInNumPy(Elementwise):
    def forward(self, x):
        return x**3

    def local_gradients(self, x, out):
        return (3 * np.asarray(x) ** 2,)


class Slope(Elementwise):
    """Local gradients alone."""

    def forward(self, x, y):
        return np.asarray(x) ** 2 * np.asarray(y)

    def local_gradients(self, x, y, out):
        return 2 * x * y, x**2


class Formula(cr.Op):
    def forward(self, x):
        return np.tanh(x) * x


class Bessel(cr.Op):
    """Opaque, and without a rule."""

    def forward(self, x):
        return scipy.special.jv(1, np.asarray(x))


class Looped(cr.Op):
    """Opaque in another way: it fills an array."""

    def forward(self, x):
        out = np.zeros(x.shape)
        for i in range(len(x)):
            out[i] = x[i] ** 2
        return out


class Branching(cr.Op):
    def forward(self, x):
        return x if x.sum() > 0 else -x


def second(f, x):
    return cr.grad(lambda x: cr.grad(lambda x: f(x).sum())(x).sum())(x)


def test_an_op_with_forward_and_backward_has_every_order_and_mode():
    cube = Cube()
    assert_array_equal(cube(X), X**3)
    assert_allclose(cr.grad(lambda x: cube(x).sum())(X), 3 * X**2, rtol=1e-15)
    assert_allclose(second(cube, X), 6 * X, rtol=1e-15)
    assert_allclose(cr.jvp(cube, (X,), (np.ones(3),))[1], 3 * X**2, rtol=1e-15)
    assert cr.grad(cr.grad(cr.grad(cube)))(2.0) == 6.0


def test_fields_are_attributes_and_backward_names_its_arguments_as_it_likes():
    for op, (alpha, beta) in (
        (Tilted(), (1, 2)),
        (Tilted(3.0), (3, 2)),
        (Tilted(beta=5.0), (1, 5)),
    ):
        found = cr.grad(lambda x, y, op=op: op(x, y).sum(), (0, 1))(X, X)
        assert_array_equal(found, [np.full(3, alpha), np.full(3, beta)])
    assert Tilted(3.0) == Tilted(alpha=3.0) != Tilted()
    assert ByName(power=3)(2.0) == 8.0
    assert_allclose(cr.grad(ByName(power=3))(2.0), 12.0)
    with pytest.raises(TypeError, match="positional"):
        ByName(3)


def test_inputs_may_be_named_in_a_call():
    assert_array_equal(Tilted()(y=X, x=2 * X), 4 * X)
    assert_array_equal(cr.grad(lambda y: Tilted()(X, y=y).sum())(X), [2, 2, 2])


def test_an_input_with_a_default_reaches_backward_in_its_place():
    class Affine(cr.Op):
        def forward(self, x, scale=2.0, shift=None):
            return x * scale if shift is None else x * scale + shift

        def backward(self, upstream, x, scale, shift, out):
            assert out.shape == x.shape
            return upstream * scale, None, None if shift is None else upstream

    affine = Affine()
    assert_array_equal(cr.grad(lambda x: affine(x).sum())(X), [2, 2, 2])
    assert_array_equal(cr.grad(lambda x: affine(x, 3.0).sum())(X), [3, 3, 3])
    assert_array_equal(cr.grad(lambda b: affine(X, shift=b).sum())(X), [1, 1, 1])


def test_lists_and_arrays_as_attributes_cannot_change_under_a_graph():
    weights, mask = [1.0, 2.0, 3.0], np.array([1.0, 0.0, 1.0])
    polynomial, masked = Polynomial(weights), Masked(mask)
    x = cr.tensor(X)
    loss = (polynomial(x) + masked(x)).sum()
    weights[1] = 100.0
    mask[...] = 100.0
    loss.backward()
    assert_allclose(x.grad, 2 + 6 * X + [1, 0, 1], rtol=1e-14)
    with pytest.raises(ValueError, match="read-only"):
        masked.mask[0] = 5.0
    assert_array_equal(Polynomial()(X), 1 + X)


def test_an_init_of_its_own_is_refused_and_the_message_says_what_to_write():
    with pytest.raises(ArgumentError, match="Declare what it is made with as fields"):

        class Stateful(cr.Op):
            def __init__(self, alpha):
                self.alpha = alpha


@pytest.mark.parametrize("use", [0, 1])
def test_a_result_that_nobody_used_sends_zeros(use):
    both, y = SinAndProduct(), np.array([2.0, 3.0, 5.0])
    found = cr.grad(lambda x, y: both(x, y)[use].sum(), (0, 1))(X, y)
    expected = [(np.cos(X), 0 * X), (y, X)][use]
    assert_allclose(found, expected, rtol=1e-15)
    pushed = cr.jvp(lambda x: both(x, y)[use], (X,), (np.ones(3),))[1]
    assert_allclose(pushed, expected[0], rtol=1e-15)


@pytest.mark.parametrize("use", [0, 1])
def test_the_second_order_of_one_of_several_results(use):
    both, y = SinAndProduct(), cr.tensor(np.array([2.0, 3.0, 5.0]))
    x = cr.tensor(X)
    gradients = both(x, y)[use].sum().backward(create_graph=True)
    (gradients[x] * gradients[x] + gradients[y]).sum().backward()
    assert_allclose(x.grad, [-2 * np.cos(X) * np.sin(X), np.ones(3)][use], rtol=1e-14)


def test_results_in_a_list_are_several_results():
    class Parts(cr.Op):
        def forward(self, x):
            return [x * 2, x * 3]

        def backward(self, upstream, x, out):
            return (upstream[0] * 2 + upstream[1] * 3,)

    assert_array_equal(cr.grad(lambda x: Parts()(x)[1].sum())(X), [3, 3, 3])


@pytest.mark.parametrize("op", [InNumPy(), SlopeInNumPy()], ids=["backward", "local_gradients"])
def test_numpy_code_has_a_first_order_and_says_why_it_has_no_second(op):
    x = cr.tensor(X)
    loss = op(x).sum()
    loss.backward()
    assert_allclose(x.grad, cr.grad(lambda x: (np.exp(x) if op == InNumPy() else x**3).sum())(X))
    for again in (
        lambda: loss.backward(create_graph=True),
        lambda: second(op, X),
        lambda: cr.jvp(cr.grad(lambda x: op(x).sum()), (X,), (X,)),
    ):
        with pytest.raises(BackwardRuleError, match="second derivatives would miss it") as caught:
            again()
        assert caught.value.kind == "double_backward"
        assert op.name in str(caught.value)
        assert "np.asarray" in str(caught.value)


@pytest.mark.parametrize(
    "leave",
    [np.asarray, lambda x: x.data, lambda x: np.array([float(v) for v in x])],
    ids=["asarray", "data", "float"],
)
def test_every_quiet_way_out_of_a_second_order_rule_raises(leave):
    class Cut(cr.Op):
        def forward(self, x):
            return x**3

        def backward(self, upstream, x, out):
            value = x if isinstance(x, np.ndarray) else leave(x)
            return (upstream * 3 * value**2,)

    x = cr.tensor(X)
    loss = Cut()(x).sum()
    loss.backward()
    assert_allclose(x.grad, 3 * X**2)
    with pytest.raises(BackwardRuleError, match="cut was given tensors and left the graph"):
        loss.backward(create_graph=True)
    assert_array_equal(x.data, X)  # outside of the rule it is allowed


def test_a_constant_local_gradient_is_no_cut():
    class Line(Elementwise):
        def forward(self, x):
            return 3 * x

        def local_gradients(self, x, out):
            return (np.full(x.shape, 3.0),)

    assert_array_equal(second(lambda x: Line()(x) * x, X), [6, 6, 6])


def test_local_gradients_alone_have_every_order_and_mode():
    slope, y = Slope(), np.array([2.0, 3.0, 5.0])
    assert_allclose(cr.grad(lambda x: slope(x, y).sum())(X), 2 * X * y)
    assert_allclose(cr.grad(lambda y: slope(X, y).sum())(2.0), np.sum(X**2))
    assert_allclose(second(lambda x: slope(x, y), X), 2 * y)
    assert_allclose(cr.jvp(lambda x: slope(x, y), (X,), (X,))[1], 2 * X * X * y)


def test_a_formula_alone_is_derived():
    slope = np.tanh(X) + X / np.cosh(X) ** 2
    assert_allclose(cr.grad(lambda x: Formula()(x).sum())(X), slope, rtol=1e-14)
    assert_allclose(cr.jvp(Formula(), (X,), (np.ones(3),))[1], slope, rtol=1e-14)
    assert np.isfinite(second(Formula(), X)).all()


@pytest.mark.parametrize("op", [Bessel(), Looped()], ids=lambda op: op.name)
@pytest.mark.parametrize(
    "derive",
    [
        lambda op: op(cr.tensor(X)).sum().backward(),
        lambda op: cr.grad(lambda x: op(x).sum())(X),
        lambda op: op(cr.tensor(X)).sum().backward(create_graph=True),
        lambda op: second(op, X),
        lambda op: cr.jvp(op, (X,), (X,)),
    ],
    ids=["backward", "grad", "create_graph", "second", "jvp"],
)
def test_an_opaque_forward_without_a_rule_says_what_to_write(op, derive):
    with pytest.raises(NoGradientError) as caught:
        derive(op)
    message = str(caught.value)
    assert message.startswith(f"{op.name} has no backward, and its forward is not a formula")
    assert "Write backward(self, upstream, ...)" in message
    assert "cr.NumericalOp" in message


def test_a_formula_may_branch_on_values():
    assert_array_equal(cr.grad(lambda x: Branching()(x).sum())(X), [1, 1, 1])
    assert_array_equal(cr.grad(lambda x: Branching()(x).sum())(-X), [-1, -1, -1])
    assert_array_equal(cr.jvp(Branching(), (-X,), (X,))[1], -X)


def test_a_formula_whose_result_is_constant_has_the_gradient_0():
    class Ones(cr.Op):
        def forward(self, x):
            return np.ones(x.shape)

    x = cr.tensor(X)
    (Ones()(x) + x).sum().backward()
    assert_array_equal(x.grad, [1, 1, 1])


def test_a_built_in_op_takes_its_operands_by_name_too():
    scores, labels, weights = np.eye(3), np.array([0, 1, 1]), np.array([1.0, 0.0, 3.0])
    hinge = cr.hinge.op(margin=1.0)
    expected = cr.hinge(scores, labels, weights=weights)
    assert hinge(scores, labels, weights=weights) == expected
    assert hinge(cr.tensor(scores), labels, weights=weights).item() == expected
    with pytest.raises(TypeError):
        hinge(scores, labels, weight=weights)
