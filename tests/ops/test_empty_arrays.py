"""Arrays without elements, and spreads of too few: NumPy's answer, in every mode."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainruleError
from chainrule.graph.op.catalogue import CATALOGUE
from tests.thorough import crossed

SHAPES = [(0,), (3, 0), (2, 0, 3)]
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def taken(name, x):
    """Whether the op answers this array alone with one array of numbers."""
    try:
        with np.errstate(all="ignore"):
            found = getattr(cr, name)(x)
    except (ChainruleError, TypeError):
        return False
    return isinstance(found, np.ndarray | np.floating) and found.dtype.kind == "f"


OPS = [
    (name, shape)
    for name in CATALOGUE.names()
    for shape in SHAPES
    if not name.startswith("_") and taken(name, np.zeros(shape))
]


@pytest.mark.parametrize(("name", "shape"), OPS, ids=[f"{n}-{s}" for n, s in OPS])
def test_an_empty_array_has_an_empty_gradient_in_every_mode(name, shape):
    function, x = getattr(cr, name), np.zeros(shape)
    value = function(x)
    number = lambda x: np.sum(function(x))  # noqa: E731
    np.testing.assert_array_equal(function(cr.tensor(x)).data, value)
    np.testing.assert_array_equal(cr.compile(function)(x), value)
    assert cr.grad(number)(x).shape == shape
    assert cr.compile(cr.grad(number))(x).shape == shape
    assert np.shape(cr.jvp(function, (x,), (x,))[1]) == np.shape(value)
    assert cr.hessian(number)(x).shape == shape * 2


@crossed("spread, ddof, count", [np.var, np.std], [0, 1, 2, 3, 4, 5], [0, 1, 3])
def test_a_spread_of_too_few_is_numpys_and_its_gradient_no_number(spread, ddof, count):
    x = np.arange(count, dtype=float)
    function = lambda x: spread(x, ddof=ddof)  # noqa: E731
    value = function(x)
    np.testing.assert_allclose(function(cr.tensor(x)).data, value)
    np.testing.assert_allclose(cr.compile(function)(x), value)
    for gradient in (cr.grad(function), cr.compile(cr.grad(function))):
        found = gradient(x)
        assert found.shape == x.shape
        assert not count or np.isfinite(found).all() == (ddof < count)
