"""A user's op writes into nobody's arrays, and no two gradients share memory."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.errors import BackwardRuleError
from tests.graph.test_contracts import X, rule, slope


def write(array, value=0.0):
    """In place where it is an array; the values stay away from a tensor."""
    if isinstance(array, np.ndarray):
        array[...] = value
    return array


@pytest.mark.parametrize("which", ["upstream", "x", "out"])
@pytest.mark.parametrize("how", [write, lambda a: a.__imul__(2), lambda a: a.sort()])
def test_a_rule_cannot_write_into_what_it_is_given(which, how):
    def backward(upstream, x, out):
        how({"upstream": upstream, "x": x, "out": out}[which])
        return upstream * 2

    x = cr.tensor(X)
    out = rule(backward)(x)
    with pytest.raises(BackwardRuleError) as caught:
        out.backward(X)
    assert caught.value.kind == "mutates_input"
    assert caught.value.what == f"backward of mine writes into {which}, which others read too."
    assert_array_equal(x.data, X)


def test_a_local_gradient_cannot_write_either():
    def local_gradients(x, out):
        np.exp(x, out=x)
        return (x,)

    with pytest.raises(BackwardRuleError, match="local_gradients of mine writes into x"):
        slope(local_gradients)(cr.tensor(X)).sum().backward()


@pytest.mark.parametrize("enter", [lambda x: x, cr.tensor], ids=["array", "tensor"])
def test_forward_cannot_write_into_its_input(enter):
    def forward(x):
        x *= 2
        return x

    mine = X.copy()
    with pytest.raises(BackwardRuleError, match="forward of mine writes into x"):
        rule(lambda u, x, out: u * 2, forward)(enter(mine))
    assert_array_equal(mine, X)


def test_code_that_insists_on_a_writable_array_but_only_reads_is_fine():
    def insisting(x):
        if isinstance(x, np.ndarray) and not x.flags.writeable:
            raise ValueError("buffer source array is read-only")  # what Cython says
        return x * 2

    op = rule(lambda u, x, out: insisting(u), insisting)
    assert_array_equal(op(X), 2 * X)
    assert_array_equal(cr.grad(lambda x: op(x).sum())(X), [2, 2, 2])


def test_a_result_that_is_the_input_belongs_to_the_caller():
    mine = X.copy()
    for forward in (lambda x: x, lambda x: x[::-1], np.asarray):
        out = rule(lambda u, x, out: u, forward)(mine)
        out[...] = 5.0
        assert_array_equal(mine, X)


def test_an_input_that_the_user_locked_is_fine():
    mine = X.copy()
    mine.flags.writeable = False
    assert_array_equal(rule(lambda u, x, out: u * 2)(mine), 2 * X)


SHARED = {
    "one array for both": lambda u, x, y, buffer: (lambda g: (g, g))(u * 1),
    "a view of the other": lambda u, x, y, buffer: (lambda g: (g, g[:]))(u * 1),
    "upstream itself": lambda u, x, y, buffer: (u, u),
    "an input": lambda u, x, y, buffer: (y, x),
    "a buffer": lambda u, x, y, buffer: (np.copyto(buffer, u), buffer, buffer)[1:],
}


@pytest.mark.parametrize("name", SHARED)
def test_gradients_never_share_memory(name):
    buffer = np.zeros(3)

    class Sharing(cr.Op):
        def forward(self, x, y):
            return x + y

        def backward(self, upstream, x, y, out):
            return SHARED[name](upstream, x, y, buffer)

    sharing = Sharing()
    x, y = cr.parameter(X, name="x"), cr.parameter(X + 1, name="y")
    upstream = np.full(3, 2.0)
    out = sharing(sharing(x, y), y)
    out.backward(upstream)
    kept = x.grad.copy(), y.grad.copy(), out.grad.copy()
    x.data = np.full(3, 9.0)
    buffer[...] = 7.0
    upstream[...] = 7.0
    x.grad[...] = 5.0
    assert_array_equal(y.grad, kept[1])
    assert_array_equal(out.grad, kept[2])
    x.data = X
    found = cr.grad(lambda x, y: (sharing(x, y) * 2).sum(), (0, 1))(X, X + 1)
    found[0][...] = 5.0
    assert not np.shares_memory(*found)
    if name != "an input":
        assert_array_equal(found[1], [2, 2, 2])
        assert_array_equal(kept[0], [2, 2, 2])
        assert_array_equal(kept[1], [4, 4, 4])


@pytest.mark.parametrize("built", [lambda x, y: x + y, lambda x, y: x - y, cr.maximum])
def test_gradients_of_built_in_ops_share_no_memory_either(built):
    x, y = cr.tensor(X), cr.tensor(X)
    out = built(x, y)
    out.sum().backward()
    before = y.grad.copy(), out.grad.copy()
    x.grad[...] = 5.0
    assert_array_equal(y.grad, before[0])
    assert_array_equal(out.grad, before[1])


# ---------------------------------------------------------------------------- a zero upstream


class Infinite(cr.Op):
    """Slopes of infinity, which times 0 would be NaN."""

    def forward(self, x):
        return x * 2

    def backward(self, upstream, x, out):
        return (upstream * np.full(x.shape, np.inf),)


def test_a_zero_upstream_given_by_the_caller_gives_exact_zeros():
    x = cr.tensor(X)
    Infinite()(x).backward(np.zeros(3))
    assert_array_equal(x.grad, np.zeros(3))
    _, pullback = cr.vjp(Infinite(), X)
    assert_array_equal(pullback(np.zeros(3))[0], np.zeros(3))


@pytest.mark.parametrize("create_graph", [False, True])
def test_of_several_losses_only_those_with_an_upstream_are_walked(create_graph):
    x, y = cr.tensor(X), cr.tensor(X)
    loud, silent = (3 * x).sum(), (Infinite()(x) * Infinite()(y)).sum()
    found = cr.backward([loud, silent], [1.0, 0.0], create_graph=create_graph)
    of_x, of_y = (found[x].data, found[y].data) if create_graph else (x.grad, y.grad)
    assert_array_equal(of_x, [3, 3, 3])
    assert_array_equal(of_y, [0, 0, 0])
