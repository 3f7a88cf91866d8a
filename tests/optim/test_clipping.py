"""Clipping: by the norm of all gradients together, and by value."""

import numpy as np
import pytest

from chainrule import optim
from chainrule.errors import ArgumentError
from chainrule.tensors import Tensor


def arrays(dtype=np.float64):
    rng = np.random.default_rng(0)
    return [np.asarray(rng.normal(size=s), dtype) for s in ((3, 4), (4,), (), (0,))]


def test_the_global_norm_is_that_of_one_long_vector():
    whole = np.concatenate([a.ravel() for a in arrays()])
    assert optim.global_norm(arrays()) == pytest.approx(np.linalg.norm(whole), rel=1e-14)
    assert optim.global_norm([]) == 0


@pytest.mark.parametrize(("dtype", "scale"), [(np.float32, 1e30), (np.float64, 1e200)])
def test_huge_and_tiny_gradients_have_a_norm(dtype, scale):
    for factor in (scale, 1 / scale):
        big = [np.asarray(a * factor, dtype) for a in arrays()]
        exact = float(np.linalg.norm(np.concatenate([a.ravel() for a in arrays()]))) * factor
        assert optim.global_norm(big) == pytest.approx(exact, rel=1e-5)


def test_the_direction_stays_and_the_norm_is_the_limit():
    clipped = optim.ClipNorm(0.5)(arrays(np.float32))
    assert optim.global_norm(clipped) == pytest.approx(0.5, rel=1e-6)
    before, after = arrays(np.float32)[0], clipped[0]
    np.testing.assert_allclose(after / before, (after / before).flat[0], rtol=1e-5)
    assert after.dtype == np.float32


def test_a_norm_within_the_limit_passes_untouched():
    given = arrays()
    assert all(a is b for a, b in zip(optim.ClipNorm(1e3)(given), given, strict=True))


def test_a_norm_that_is_not_finite_passes_to_whoever_names_it():
    given = [np.array([np.nan, 1.0])]
    assert optim.ClipNorm(1.0)(given)[0] is given[0]
    assert optim.global_norm([np.array([np.inf])]) == np.inf


def test_values_are_held_between_the_limits():
    (clipped,) = optim.ClipValue(0.5)([np.array([-2.0, 0.1, 3.0])])
    assert clipped.tolist() == [-0.5, 0.1, 0.5]


@pytest.mark.parametrize("clip", [optim.ClipNorm(0.5), optim.ClipNorm(1e3), optim.ClipValue(0.3)])
def test_clipping_can_be_recorded(clip):
    given = arrays()[:2]
    recorded = clip([Tensor(a, wants_gradient=True) for a in given])
    for found, expected in zip(recorded, clip(given), strict=True):
        np.testing.assert_allclose(found.data, expected, rtol=1e-14)


@pytest.mark.parametrize("make", [optim.ClipNorm, optim.ClipValue])
def test_a_limit_is_positive(make):
    with pytest.raises(ArgumentError, match="limit is a finite number above 0"):
        make(0)
