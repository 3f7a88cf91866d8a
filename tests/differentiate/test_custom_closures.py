"""What a function with a gradient of its own closes over is never a constant unseen."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.errors import UnsupportedError

X, W = np.array([1.0, 2.0]), np.array([2.0, 3.0])


def scaled(w):
    """x to w x**2; the pullback knows nothing of w."""
    return cr.custom_gradient(lambda x: (w * x**2, lambda upstream: 2 * upstream * w * x))


def of_holder(read):
    """Whether a gradient by w is wanted is decided by who holds it."""
    return {
        "a parameter": lambda: read(cr.parameter(W, name="w")),
        "a tensor": lambda: read(cr.tensor(W, name="w")),
        "a result": lambda: read(cr.tensor(W) * 2),
        "grad": lambda: cr.grad(lambda w: cr.sum(read(w)))(W),
        "jvp": lambda: cr.jvp(read, (W,), (W,)),
        "compiled grad": lambda: cr.compile(cr.grad(lambda w: cr.sum(read(w))))(W),
    }


def plain(x):
    return x.data if isinstance(x, cr.Tensor) else np.asarray(x)


READERS = {
    "grad": lambda w: cr.grad(lambda x: cr.sum(scaled(w)(x)))(X),
    "jvp": lambda w: cr.jvp(scaled(w), (X,), (X,))[1],
    "vjp": lambda w: cr.vjp(scaled(w), X)[0],
    "a tensor's graph": lambda w: scaled(w)(cr.tensor(X)),
    "jacobian": lambda w: cr.jacobian(scaled(w))(X),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("holder", of_holder(None))
def test_a_result_that_depends_on_it_raises(holder, reader):
    with pytest.raises(UnsupportedError, match="closes over what wants a gradient"):
        of_holder(READERS[reader])[holder]()


@pytest.mark.parametrize("reader", READERS)
def test_what_wants_no_gradient_is_a_constant(reader):
    frozen = cr.parameter(W)
    frozen.wants_gradient = False
    for w in (W, frozen, cr.stop_gradient(cr.parameter(W))):
        found, expected = READERS[reader](w), READERS[reader](W)
        assert_array_equal(plain(found), plain(expected))


def test_the_message_names_it():
    with pytest.raises(UnsupportedError) as caught:
        READERS["grad"](cr.parameter(W, name="w"))
    assert 'parameter "w"' in str(caught.value)
    assert "Pass it as an argument" in str(caught.value)


def test_of_constants_it_is_read_like_any_other_function():
    w = cr.parameter(W)
    scaled(w)(X).sum().backward()
    assert_array_equal(w.grad, X**2)
    assert_array_equal(cr.grad(lambda w: cr.sum(scaled(w)(X)))(W), X**2)
    w = cr.parameter(W)
    inputs = cr.tensor(X, wants_gradient=False)  # as a net is given its rows
    scaled(w)(inputs).sum().backward()
    assert_array_equal(w.grad, X**2)


def test_passed_as_an_argument_it_has_its_gradient():
    f = cr.custom_gradient(lambda w, x: (w * x, lambda u: (u * x, u * w)))
    w = cr.parameter(W)
    slope = cr.grad(lambda x: cr.sum(f(w, x) ** 2))(X)  # 2 w**2 x
    slope.sum().backward()
    assert_array_equal(w.grad, 4 * W * X)


def test_a_pullback_alone_may_close_over_it():
    """The value does not depend on it; the slope does, and stays in its graph."""
    w = cr.parameter(W)
    f = cr.custom_gradient(lambda x: (x**2, lambda upstream: upstream * w * x))
    cr.grad(lambda x: cr.sum(f(x)))(X).sum().backward()
    assert_array_equal(w.grad, X)
    leaf = cr.tensor(X)
    f(leaf).sum().backward()
    assert_array_equal(leaf.grad, W * X)
    assert_array_equal(cr.grad(lambda w: cr.sum(cr.grad(
        lambda x: cr.sum(cr.custom_gradient(lambda x: (x, lambda u: u * w * w))(x))
    )(X)))(W), 2 * W)  # fmt: skip
