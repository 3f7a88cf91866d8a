"""item(): one element as a Python number, at a place as NumPy counts it."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import UnsupportedError

X = np.arange(6.0).reshape(2, 3)
PLACES = [(4,), (-1,), (1, 2), ((1, 2),)]


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_item_takes_the_places_that_numpy_takes(place):
    found = [cr.tensor(X).item(*place), cr.parameter(X).item(*place)]

    def function(x):
        with cr.no_grad():
            found.append(x.item(*place))
        return x.sum()

    cr.grad(function)(X)
    cr.jvp(function, (X,), (X,))
    assert len(found) == 4
    assert found == [X.item(*place)] * len(found)
    assert all(type(x) is float for x in found)


@pytest.mark.parametrize("place", [(), (6,), (2, 0)], ids=str)
def test_a_place_that_is_none_raises_as_in_numpy(place):
    with pytest.raises((ValueError, IndexError)):
        cr.tensor(X).item(*place)


@pytest.mark.parametrize(
    "transform", [cr.grad, cr.compile, cr.hessian, lambda f: lambda x: cr.jvp(f, (x,), (x,))]
)
def test_an_element_that_would_leave_the_derivative_raises(transform):
    with pytest.raises(UnsupportedError, match="item"):
        transform(lambda x: x.sum() * x.item(2))(X)
