"""The results of grad and its like, as objects: pickled, copied, decorated, bound."""

import copy
import functools
import inspect
import multiprocessing
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr

X = np.array([1.0, 2.0, 3.0])


def cubes(x, power=3):
    """Sum of cubes."""
    return (x**power).sum()


def squares(x):
    """Squares, and the way back."""
    return x**2, lambda upstream: 2 * x * upstream


@cr.grad
def decorated(x):
    """A gradient by its name."""
    return (x**2).sum()


class Model:
    rate = 2.0

    @functools.partial(cr.grad, argnums=1)
    def slope(self, x):
        return (self.rate * x**2).sum()


MADE = {
    "grad": cr.grad(cubes),
    "with options": cr.grad(cubes, argnums=(0,)),
    "value_and_grad": cr.value_and_grad(cubes),
    "elementwise_grad": cr.elementwise_grad(cubes),
    "jacobian": cr.jacobian(cubes, layout="denominator"),
    "hessian": cr.hessian(cubes),
    "checkpoint": cr.checkpoint(cubes),
    "custom_gradient": cr.custom_gradient(squares),
    "second": cr.grad(lambda_free := cr.checkpoint(cubes)),
    "decorated": decorated,
}
KINDS = pytest.mark.parametrize("kind", MADE)


def numbers(found):
    return [np.asarray(x) for x in (found if isinstance(found, tuple) else (found,))]


def close(found, expected):
    for x, y in zip(numbers(found), numbers(expected), strict=True):
        assert_allclose(x, y)


@KINDS
@pytest.mark.parametrize(
    "way",
    [lambda x: pickle.loads(pickle.dumps(x)), copy.deepcopy, copy.copy],
    ids=["pickle", "deepcopy", "copy"],
)
def test_a_copy_computes_the_same(kind, way):
    close(way(MADE[kind])(X), MADE[kind](X))


@KINDS
def test_the_name_and_the_signature_are_those_of_the_function(kind):
    made = MADE[kind]
    function = made.recipe[1]
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    assert made.__name__ == function.__name__
    assert made.__doc__ == function.__doc__
    assert inspect.signature(made) == inspect.signature(function)
    assert made.__name__ in repr(made)


def test_they_go_to_spawned_processes():
    kinds = ("grad", "value_and_grad", "hessian", "decorated")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for found, kind in zip(pool.map(_call, [MADE[k] for k in kinds]), kinds, strict=True):
            close(found, MADE[kind](X))


def _call(function):
    found = function(X)
    return tuple(numbers(found)) if isinstance(found, tuple) else np.asarray(found)


def test_a_method_is_bound_to_its_object():
    model = Model()
    assert_allclose(model.slope(X), 4 * X)
    model.rate = 3.0
    assert_allclose(pickle.loads(pickle.dumps(model.slope))(X), 6 * X)


def test_what_cannot_be_pickled_says_so_as_ever():
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(cr.grad(lambda x: x))
