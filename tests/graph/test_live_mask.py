"""A branch that was not selected contributes exactly 0, whatever its slope; nothing else does."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.graph.op.operation import apply
from chainrule.graph.readings.dual import Dual, duals

# The first element is dead, and the slope of its branch is infinite or NaN there.
X = np.array([0.0, 4.0])
SECOND_OF_SQRT = -0.25 * 4.0**-1.5


def everywhere(make):
    """A router above a branch, reached through several kinds of ops."""
    return {
        "where": lambda x: cr.where(x > 1, make(x), 0.0),
        "where with a dead array": lambda x: cr.where(x > 1, make(x), x * 0 + 7.0),
        "where the other way": lambda x: cr.where(x <= 1, 2.0, make(x)),
        "addition": lambda x: cr.where(x > 1, make(x) + x * 0.0 + 1.0, 0.0),
        "multiplication": lambda x: cr.where(x > 1, make(x) * 1.0, 0.0),
        "multiplication by a tensor": lambda x: cr.where(x > 1, make(x) * (x * 0.0 + 1.0), 0.0),
        "subtraction": lambda x: cr.where(x > 1, 1.0 - (1.0 - make(x)), 0.0),
        "broadcast": lambda x: cr.where(x > 1, cr.broadcast_to(make(x), (3, 2)), 0.0) / 3,
        "broadcasting": lambda x: cr.where(x > 1, make(x) + np.zeros((3, 2)), 0.0) / 3,
        "reshape": lambda x: cr.where(cr.reshape(x, (2, 1)) > 1, cr.reshape(make(x), (2, 1)), 0.0),
        "transpose": lambda x: cr.where(
            cr.reshape(x, (1, 2)) > 1, cr.transpose(cr.reshape(make(x), (2, 1))), 0.0
        ),
        "sum": lambda x: cr.where(x > 1, cr.sum(cr.stack([make(x), make(x)]), axis=0), 0.0) / 2,
        "sum kept": lambda x: (
            cr.where(x > 1, cr.sum(cr.stack([make(x), make(x)]), axis=0, keepdims=True), 0.0) / 2
        ),
        "mean": lambda x: cr.where(x > 1, cr.mean(cr.stack([make(x), make(x)]), axis=0), 0.0),
        "getitem": lambda x: make(x)[1:],
        "getitem by index": lambda x: make(x)[np.array([1])],
        "getitem by mask": lambda x: make(x)[np.array([False, True])],
        "take": lambda x: cr.take(make(x), np.array([1])),
        "take_along_axis": lambda x: cr.take_along_axis(make(x), np.array([1]), 0),
        "concatenate": lambda x: cr.where(
            np.array([False, True, True]), cr.concatenate([make(x), [0.0]]), 0.0
        ),
        "split": lambda x: cr.split(make(x), 2)[1],
        "max": lambda x: cr.max(make(x)),
        "max of an axis": lambda x: cr.max(cr.stack([make(x), make(x) - 10.0]), axis=0)[1:],
        "maximum": lambda x: cr.maximum(make(x), np.array([1.0, 1.0])) - 0.0,
        "minimum": lambda x: -cr.minimum(-make(x), np.array([-1.0, -1.0])),
        "relu": lambda x: cr.relu(make(x) - 1.0) + 1.0,
        "clip": lambda x: cr.clip(make(x), 1.0, 100.0),
        "pad": lambda x: cr.pad(make(x), 1)[2:3],
        "flip": lambda x: cr.flip(make(x))[:1],
        "flip under where": lambda x: cr.where(np.array([True, False]), cr.flip(make(x)), 0.0),
        "cast": lambda x: cr.where(x > 1, cr.cast(make(x), np.float64), 0.0),
        "identity": lambda x: cr.where(x > 1, cr.identity(make(x)), 0.0),
        "absolute value": lambda x: cr.where(x > 1, abs(make(x)), 0.0),
        "nested where": lambda x: cr.where(x > 1, cr.where(x > 0.5, make(x), 5.0), 0.0),
        "squeeze": lambda x: cr.where(x > 1, cr.squeeze(cr.expand_dims(make(x), 0)), 0.0),
    }


def sqrt_of(x):
    return cr.sqrt(x)


CASES = everywhere(sqrt_of)


@pytest.mark.parametrize("name", CASES)
def test_a_dead_branch_is_exactly_0_in_the_first_order(name):
    x = cr.tensor(X)
    CASES[name](x).sum().backward()
    assert_array_equal(x.grad, [0.0, 0.25], err_msg=name)


@pytest.mark.parametrize("name", CASES)
def test_a_dead_branch_is_exactly_0_in_grad_of_a_function(name):
    assert_array_equal(cr.grad(lambda x: CASES[name](x).sum())(X), [0.0, 0.25])


@pytest.mark.parametrize("name", CASES)
def test_a_dead_branch_is_exactly_0_in_the_second_order(name):
    x = cr.tensor(X)
    first = CASES[name](x).sum().backward(create_graph=True)[x]
    assert_array_equal(first.data, [0.0, 0.25])
    first.sum().backward()
    assert_allclose(x.grad, [0.0, SECOND_OF_SQRT], rtol=1e-14)
    assert x.grad[0] == 0.0


@pytest.mark.parametrize("name", CASES)
def test_a_dead_branch_is_exactly_0_by_nested_grad(name):
    second = cr.grad(lambda x: cr.grad(lambda y: CASES[name](y).sum())(x).sum())
    found = second(X)
    assert_allclose(found, [0.0, SECOND_OF_SQRT], rtol=1e-14)


@pytest.mark.parametrize("name", CASES)
def test_a_dead_branch_is_exactly_0_in_forward_mode(name):
    with np.errstate(all="ignore"):
        out = CASES[name](Dual(X, (np.array([1.0, 0.0]),)))
        alive = CASES[name](Dual(X, (np.array([0.0, 1.0]),)))
    assert not np.any(out.partials[0]), out.partials
    assert_allclose(np.sum(alive.partials[0]), 0.25, rtol=1e-15)


BRANCHES = {
    "log": (cr.log, 0.25),
    "division": (lambda x: 1 / x, -1 / 16),
    "power": (lambda x: x**0.5, 0.25),
    "power below 0": (lambda x: (x - 1e-300) ** 1.5, 3.0),
    "log of a negative number": (lambda x: cr.log(x - 1.0), 1 / 3),
    "sqrt of a negative number": (lambda x: cr.sqrt(x - 1.0), 0.5 / np.sqrt(3)),
    "log of log": (lambda x: cr.log(cr.log(x)), 0.25 / np.log(4.0)),
    "tower": (lambda x: cr.exp(cr.sqrt(cr.sqrt(x))), None),
    "infinity less infinity": (lambda x: 1 / x - 1 / x + x, 1.0),
    "0 times infinity": (lambda x: x * (1 / x), 0.0),
    "norm": (lambda x: cr.norm(cr.stack([x, x * 0]), axis=0) / x, 0.0),
    "logsumexp": (lambda x: cr.logsumexp(cr.stack([cr.log(x), cr.log(x)]), axis=0), 0.25),
    "prod": (lambda x: cr.prod(cr.stack([cr.log(x), cr.log(x)]), axis=0), np.log(4.0) / 2),
    "var": (lambda x: cr.var(cr.stack([cr.log(x), cr.log(x) * 0]), axis=0), None),
    "std": (lambda x: cr.std(cr.stack([1 / x, 2 / x]), axis=0), -0.5 / 16),
    "softmax": (lambda x: cr.softmax(cr.stack([1 / x, x]), axis=0)[0], None),
    "log_softmax": (lambda x: cr.log_softmax(cr.stack([cr.log(x), x]), axis=0)[0], 0.25 - 1 + 1),
    "gelu": (lambda x: cr.gelu(cr.log(x)), None),
    "sigmoid": (lambda x: cr.sigmoid(1 / x), None),
    "elu": (lambda x: cr.elu(cr.log(x)), 0.25),
    "absolute value": (lambda x: abs(cr.log(x)), 0.25),
}


@pytest.mark.parametrize("name", BRANCHES)
def test_no_kind_of_infinite_branch_leaks(name):
    branch, slope = BRANCHES[name]

    def total(x):
        return cr.where(x > 1, branch(x), 0.0).sum()

    with np.errstate(all="ignore"):
        if slope is None:
            slope = cr.grad(lambda x: branch(x).sum())(X[1:])[0]
        x = cr.tensor(X)
        loss = total(x)
        loss.backward()
        second = cr.grad(lambda x: cr.grad(total)(x).sum())(X)
        forward = total(Dual(X, (np.array([1.0, 0.0]),))).partials[0]
    assert x.grad[0] == 0.0
    if name != "log_softmax":
        assert_allclose(x.grad[1], slope, rtol=1e-12, atol=1e-15)
    assert second[0] == 0.0
    assert np.isfinite(second[1])
    assert not np.any(forward)


def test_a_matmul_above_a_dead_branch_gives_exactly_0():
    x = cr.tensor(X)
    with np.errstate(all="ignore"):
        rooted = cr.where(x > 1, cr.sqrt(x), 0.0)
    (rooted @ np.ones((2, 3))).sum().backward()
    assert_array_equal(x.grad, [0.0, 0.75])


def test_an_alive_path_beside_a_dead_one_keeps_its_gradient():
    x = cr.tensor(X)
    (cr.where(x > 1, cr.sqrt(x), 0.0) + 3.0 * x).sum().backward()
    assert_array_equal(x.grad, [3.0, 3.25])


def test_an_alive_infinite_slope_beside_a_dead_one_stays_infinite():
    x = cr.tensor(X)
    root = cr.sqrt(x)
    (cr.where(x > 1, root, 0.0) + root).sum().backward()
    assert_array_equal(x.grad, [np.inf, 0.5])


def test_sqrt_squared_at_0_does_not_silently_answer_0():
    x = cr.tensor(np.array([0.0, 4.0]))
    (cr.sqrt(x) ** 2).sum().backward()
    assert np.isnan(x.grad[0])
    assert x.grad[1] == 1.0
    assert np.isnan(cr.grad(lambda x: cr.sqrt(x) * 0.0)(0.0))


def test_a_dead_nan_value_does_not_leak():
    x = cr.tensor(np.array([np.nan, 4.0]))
    cr.where(np.array([False, True]), x * x, 0.0).sum().backward()
    assert_array_equal(x.grad, [0.0, 8.0])


def test_a_mask_with_one_dead_row_zeroes_only_that_row():
    x = cr.tensor(np.array([[0.0, 0.0], [4.0, 1.0]]))
    rows = np.array([[False], [True]])
    cr.where(rows, cr.sqrt(x), 0.0).sum().backward()
    assert_array_equal(x.grad, [[0.0, 0.0], [0.25, 0.5]])


def test_a_broadcast_element_is_dead_only_if_all_its_copies_are():
    x = cr.tensor(np.array([0.0]))
    some_alive = np.array([[True], [False]])
    cr.where(some_alive, cr.broadcast_to(cr.sqrt(x), (2, 1)), 0.0).sum().backward()
    assert_array_equal(x.grad, [np.inf])
    cr.where(~some_alive & False, cr.broadcast_to(cr.sqrt(x), (2, 1)), 0.0).sum().backward()
    assert_array_equal(x.grad, [0.0])


def test_several_uses_of_one_dead_element_stay_exactly_0():
    x = cr.tensor(X)
    root = cr.sqrt(x)
    total = cr.where(x > 1, root, 0.0) + cr.where(x > 2, root * root, 0.0) + cr.max(root)
    total.sum().backward()
    assert_array_equal(x.grad, [0.0, 0.25 + 1.0 + 0.5])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_dead_branch_is_exactly_0_in_either_dtype(dtype):
    x = cr.tensor(X.astype(dtype))
    cr.where(x > 1, cr.sqrt(x), 0.0).sum().backward()
    assert x.grad.dtype == dtype
    assert_array_equal(x.grad, [0.0, 0.25])


def test_apply_of_where_on_duals_keeps_the_selected_tangent():
    where = cr.ops.letters.logic.Where()
    x, y = duals((X, X), [(np.full(2, np.inf),), (np.ones(2),)])
    out = apply(where, (X > 1, x, y))
    assert_array_equal(out.partials[0], [1.0, np.inf])


class Root(cr.Elementwise):
    def forward(self, x):
        return np.sqrt(x)

    def backward(self, upstream, x, out):
        return (upstream / (2 * out),)


def test_a_written_backward_of_an_elementwise_op_is_dead_where_its_result_is():
    x = cr.tensor(np.array([0.0, 4.0]))
    cr.where(x > 0, Root()(x), 0).sum().backward()
    assert_array_equal(x.grad, [0, 0.25])


def test_a_formula_that_is_flat_somewhere_needs_no_written_gradient():
    class Step(cr.Elementwise):
        def forward(self, x, y):
            return cr.where(x > y, 1.0, 0.0) * y

    slopes = cr.grad(lambda x, y: Step()(x, y).sum(), argnums=(0, 1))(np.ones(2), np.zeros(2))
    assert_array_equal(slopes[0], [0, 0])
    assert_array_equal(slopes[1], [1, 1])
