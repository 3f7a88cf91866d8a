"""What a derivative is taken by: every transform refuses the same arguments, in every mode."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, DTypeError

TRANSFORMS = {
    "grad": cr.grad,
    "value_and_grad": cr.value_and_grad,
    "elementwise_grad": cr.elementwise_grad,
    "jacobian": cr.jacobian,
    "hessian": cr.hessian,
}
OF_PRIMALS = {
    "jvp": lambda f: lambda x: cr.jvp(f, (x,), (x,)),
    "vjp": lambda f: lambda x: cr.vjp(f, x)[0],
    "hvp": lambda f: lambda x: cr.hvp(f, (x,), (x,)),
    "linearize": lambda f: lambda x: cr.linearize(f, x)[0],
    "checkpoint": lambda f: cr.grad(cr.checkpoint(f)),
    "nested": lambda f: lambda x: cr.grad(lambda z: z * cr.grad(f)(x).sum())(1.0),
}
WHOLE = (np.array([1, 2]), np.array([True, False]), np.array([1, 2], np.uint8))


def squares(x, y=1):
    return (x * x * y).sum()


@pytest.mark.parametrize("x", WHOLE, ids=lambda x: str(x.dtype))
@pytest.mark.parametrize("mode", ["eager", "compiled"])
@pytest.mark.parametrize("name", [*TRANSFORMS, *OF_PRIMALS])
def test_whole_numbers_have_no_derivative(name, mode, x):
    derivative = (TRANSFORMS | OF_PRIMALS)[name](squares)
    if mode == "compiled":
        derivative = cr.compile(derivative)
    with pytest.raises(DTypeError, match=f"floating-point numbers, but .* holds {x.dtype}"):
        derivative(x)


def test_whole_numbers_beside_the_argument_are_constants_when_compiled_too():
    x, n = np.array([1.0, 2.0]), np.array([2, 3])
    f = cr.grad(lambda x, n: (x * n).sum())
    np.testing.assert_array_equal(cr.compile(f)(x, n), f(x, n))


@pytest.mark.parametrize("argnums", [(0, 0), (0, -2), [1, -1], (0, 1, 0)], ids=str)
@pytest.mark.parametrize("mode", ["eager", "compiled"])
@pytest.mark.parametrize("name", TRANSFORMS)
def test_an_argument_that_is_named_twice_is_an_error(name, mode, argnums):
    derivative = TRANSFORMS[name](squares, argnums=argnums)
    if mode == "compiled":
        derivative = cr.compile(derivative)
    with pytest.raises(ArgumentError, match="of squares twice"):
        derivative(np.ones(2), np.ones(2))


@pytest.mark.parametrize("argnums", [True, 0.0, None, "x", (0, 1.0), (False,)], ids=str)
@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_position_is_a_whole_number(name, argnums):
    with pytest.raises(ArgumentError, match="argnums is the position"):
        TRANSFORMS[name](squares, argnums=argnums)(np.ones(2), np.ones(2))


def test_positions_may_be_numbers_of_numpy():
    x = np.array([1.0, 2.0])
    gradient = cr.grad(squares, argnums=np.int64(0))(x, 1.0)
    np.testing.assert_array_equal(gradient, 2 * x)
    both = cr.grad(squares, argnums=np.array([0, 1]))(x, 1.0)
    np.testing.assert_array_equal(both[0], 2 * x)
    assert both[1] == 5
