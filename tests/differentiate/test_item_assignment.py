"""An element of a plain array set to a value of the graph: the error says what to write."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import UnsupportedError

X = np.ones(3)


def one_by_one(x):
    a = np.zeros(3)
    for i in range(3):
        a[i] = x[i] ** 2
    return a.sum()


def filled(x):
    a = np.zeros(3)
    a.fill(x.sum())
    return a.sum()


def nested(x):
    a = np.zeros((2, 2))
    a[0][1] = x.sum()
    return a.sum()


TRANSFORMS = {
    "grad": lambda f: cr.grad(f)(X),
    "value_and_grad": lambda f: cr.value_and_grad(f)(X),
    "vjp": lambda f: cr.vjp(f, X),
    "jvp": lambda f: cr.jvp(f, (X,), (X,)),
    "jacobian": lambda f: cr.jacobian(f)(X),
    "hessian": lambda f: cr.hessian(f)(X),
    "hvp": lambda f: cr.hvp(f, (X,), (X,)),
    "second": lambda f: cr.grad(lambda x: cr.grad(f)(x).sum())(X),
    "compiled": lambda f: cr.compile(f)(X),
    "compiled gradient": lambda f: cr.compile(cr.grad(f))(X),
}


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS.keys())
@pytest.mark.parametrize("function", [one_by_one, nested])
def test_an_item_assignment_says_at_once_what_to_write(function, transform):
    with pytest.raises(UnsupportedError) as caught:
        transform(function)
    message = str(caught.value)
    for word in ("np.stack", "np.concatenate", "np.where", "cr.stop_gradient", "] = x"):
        assert word in message


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS.keys())
def test_fill_raises_too(transform):
    with pytest.raises(UnsupportedError):
        transform(filled)


def test_an_error_of_numpys_own_stays_as_it_is():
    def function(x):
        np.zeros(3)[:] = np.zeros(4)
        return x.sum()

    with pytest.raises(ValueError, match="could not broadcast"):
        cr.grad(function)(X)
