"""Pickles and copies of compiled functions: they are recorded anew."""

import copy
import multiprocessing
import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule import nn

X = np.array([1.0, 2.0, 3.0])
WAYS = {"pickle": lambda x: pickle.loads(pickle.dumps(x)), "deepcopy": copy.deepcopy}


def cubes(x):
    """Sum of cubes."""
    return (x**3).sum()


@cr.compile
def double(x):
    return 2 * x


class Thing:
    def __init__(self, rate):
        self.rate = rate

    @cr.compile
    def scaled(self, x):
        return x * self.rate


compiled_cubes, compiled_gradient = cr.compile(cubes), cr.compile(cr.grad(cubes))
updating = cr.compile(cubes, donate=0)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "function",
    [compiled_cubes, compiled_gradient, double, Thing(3.0).scaled, cr.grad(compiled_cubes)],
    ids=["function", "gradient", "decorated", "method", "gradient of compiled"],
)
def test_a_copy_computes_the_same(function, way):
    before = function(X)
    again = WAYS[way](function)
    assert_array_equal(again(X), before)


@pytest.mark.parametrize("way", WAYS)
def test_a_copy_keeps_its_name_and_what_it_may_overwrite(way):
    again = WAYS[way](updating)
    assert (again.__name__, again.__doc__) == ("cubes", "Sum of cubes.")
    assert again._donate == (0,)
    assert repr(again).endswith("0 recordings>")


@pytest.mark.parametrize("way", WAYS)
def test_a_copied_net_is_another_one(way):
    model = nn.Linear(3, 2)
    function = cr.compile(model)
    again, before = WAYS[way](function), function(X)
    model.weight.data = np.zeros((3, 2))
    assert_array_equal(again(X), before)
    assert not np.any(function(X))


def test_compiled_functions_go_to_spawned_processes():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.starmap(_call, [(compiled_cubes, X), (compiled_gradient, X), (double, X)])
    for x, y in zip(found, (cubes(X), 3 * X**2, 2 * X), strict=True):
        assert_array_equal(x, y)


def _call(function, x):
    return function(x)
