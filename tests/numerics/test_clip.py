"""clip at a tie: the bound takes all, whoever differentiates it, in every mode."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from tests.numerics.everywhere import everywhere
from tests.numerics.rows import Row, row

KEPT = [  # a clip of x and things made of x, at a tie; its slope
    ("of x from 0 to itself", lambda x: np.clip(x, 0.0, x), [0.0, 2.0, -2.0], [1, 1, 1]),
    ("of x from itself to 9", lambda x: np.clip(x, x, 9.0), [0.0, 2.0, 9.0, 11.0], [1, 1, 0, 0]),
    ("of x from itself on", lambda x: np.clip(x, x, None), [0.0, 2.0], [1, 1]),
    ("of x up to itself", lambda x: np.clip(x, None, x), [0.0, 2.0], [1, 1]),
    ("a constant lower bound", lambda x: np.clip(x, 2.0, None), [1.0, 2.0, 3.0], [0, 0, 1]),
    ("a constant upper bound", lambda x: np.clip(x, None, 2.0), [1.0, 2.0, 3.0], [1, 0, 0]),
    ("x as the upper bound", lambda x: np.clip(2.0, 0.0, x), [1.0, 2.0, 3.0], [1, 1, 0]),
    ("x as the lower bound", lambda x: np.clip(2.0, x, 9.0), [1.0, 2.0, 3.0], [0, 1, 1]),
    ("x as both bounds", lambda x: np.clip(2.0, x, x), [1.0, 2.0, 3.0], [1, 1, 1]),
    ("no bound", lambda x: np.clip(x, None, None), [-np.inf, 2.0], [1, 1]),
    ("no lower bound", lambda x: np.clip(x, None, 3.0), [-np.inf, 2.0], [1, 1]),
]


@row(Row.CLIP)
@pytest.mark.parametrize(("name", "f", "x", "slope"), KEPT)
def test_the_slope_of_a_clip_at_a_tie_in_every_mode(name, f, x, slope):
    everywhere(f, x, slope, 0.0)
    assert_array_equal(cr.compile(cr.grad(lambda x: cr.sum(f(x))))(np.array(x)), slope)


PARTS = [  # x, lo, hi, and who takes the upstream gradient
    (1.0, 0.0, 2.0, (1, 0, 0)),
    (0.0, 0.0, 2.0, (0, 1, 0)),
    (-1.0, 0.0, 2.0, (0, 1, 0)),
    (2.0, 0.0, 2.0, (0, 0, 1)),
    (3.0, 0.0, 2.0, (0, 0, 1)),
    (0.0, 0.0, 0.0, (0, 0, 1)),
    (-1.0, 0.0, 0.0, (0, 0, 1)),
    (1.0, 0.0, 0.0, (0, 0, 1)),
    (1.0, 2.0, 0.0, (0, 0, 1)),
]


@row(Row.CLIP)
@pytest.mark.parametrize(("x", "lo", "hi", "shares"), PARTS)
def test_one_of_the_three_takes_all(x, lo, hi, shares):
    def f(x, lo, hi):
        return np.clip(x, lo, hi).sum()

    operands = [np.array([each, each]) for each in (x, lo, hi)]
    expected = [np.full(2, float(share)) for share in shares]
    backward = cr.grad(f, argnums=(0, 1, 2))
    for way in (backward, cr.compile(backward)):
        for found, wanted in zip(way(*operands), expected, strict=True):
            assert_array_equal(found, wanted)
    for i, wanted in enumerate(expected):
        tangents = [np.ones(2) if i == j else np.zeros(2) for j in range(3)]
        assert cr.jvp(f, tuple(operands), tuple(tangents))[1] == wanted.sum()


@row(Row.CLIP)
def test_what_the_bound_took_is_dead_for_the_rest():
    root = np.array([0.0, 4.0])
    everywhere(lambda x: np.clip(np.sqrt(x), 0.0, 9.0), root, [0.0, 0.25], [0.0, -1 / 32])
    everywhere(lambda x: np.clip(1.0, -np.sqrt(x), np.sqrt(x) + 2.0), root, 0.0, 0.0)
