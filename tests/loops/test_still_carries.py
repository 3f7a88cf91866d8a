"""A carry that does not move as yet has no tangent, however steep what it meets may be."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from tests.loops.recurrences import python_scan

XS = np.array([[1.0, 0.0], [4.0, 1.0], [2.0, 3.0]])

FUNCTIONS = {
    "a root of the first carry": lambda scan, x: scan(
        lambda h, x: (np.sqrt(h) + x, None), np.zeros(2), x
    )[0],
    "what was gathered": lambda scan, x: scan(
        lambda h, x: (np.sqrt(h) + x, h * x), np.zeros(2), x
    )[1],
    "the last entry first": lambda scan, x: scan(
        lambda h, x: (np.sqrt(h) + x, (h, np.sqrt(h))), np.zeros(2), x, reverse=True
    ),
    "from carry to carry": lambda scan, x: scan(
        lambda c, x: ((x, np.sqrt(c[0]), np.cbrt(c[1])), None), (np.zeros(2),) * 3, x
    )[0],
    "a carry that ends to move": lambda scan, x: scan(
        lambda c, _: ((c[1], np.zeros(2)), np.sqrt(c[0])), (np.zeros(2), x[1]), None, length=4
    )[1],
    "inside another one": lambda scan, x: scan(
        lambda h, x: (scan(lambda k, _: (np.sqrt(k) + x, None), h, None, length=2)[0], None),
        np.zeros(2), x,
    )[0],
    "what is closed over": lambda scan, x: scan(
        lambda h, k: (np.sqrt(h) * k + x[1], None), np.zeros(2), np.ones(3)
    )[0],
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_its_tangent_is_that_of_the_loop(name):
    function, moves = FUNCTIONS[name], np.ones_like(XS)

    def pushed(scan, x=XS):
        return cr.jvp(lambda x: function(scan, x), (x,), (moves,))

    leaves = [np.asarray(x) for x in _flat(pushed(python_scan))]
    found = [np.asarray(x) for x in _flat(pushed(cr.scan))]
    for one, other in zip(found, leaves, strict=True):
        assert_array_equal(np.isfinite(one), np.isfinite(other))
        assert_allclose(one, other, rtol=1e-12)
    for one, other in zip(_flat(cr.compile(lambda x: pushed(cr.scan, x))(XS)), found, strict=True):
        assert_allclose(one, other, rtol=1e-12)


def test_a_step_whose_slopes_are_finite_is_recorded_once():
    plan = cr.compile(
        lambda x: cr.jvp(
            lambda x: cr.scan(lambda h, x: (np.tanh(h) + x, None), np.zeros(2), x)[0], (x,), (x,)
        )
    ).plan(XS)
    steps = [kernel.times for kernel in plan.kernels if kernel.runs is not None]
    assert set(steps) == {len(XS)}


def _flat(x):
    return [y for each in x for y in _flat(each)] if isinstance(x, tuple | list) else [x]
