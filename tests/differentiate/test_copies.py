"""Copies inside a derivative stay in its graph; a pickle cannot, and says so."""

import copy
import pickle
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule import nn
from chainrule.errors import UnsupportedError
from chainrule.ops.nonlinearities import SQRT_2
from tests.together import together

X = np.array([1.0, 2.0, 3.0])


@dataclass(frozen=True)
class Pair:
    first: Any
    second: Any


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "of a dict": lambda x: copy.deepcopy({"x": x})["x"],
    "of a list in a tuple": lambda x: copy.deepcopy(([x], 1))[0][0],
    "of a dataclass": lambda x: copy.deepcopy(Pair(x, 1)).first,
    "asdict": lambda x: asdict(Pair(x, 1))["first"],
    "replace": lambda x: replace(Pair(x, 1), second=2).first,
}
READERS = {
    "grad": lambda f: cr.grad(f)(X),
    "jvp": lambda f: np.array([cr.jvp(f, (X,), (unit,))[1] for unit in np.eye(3)]),
    "compiled": lambda f: cr.compile(cr.grad(f))(X),
    "grad of grad": lambda f: cr.grad(lambda x: (cr.grad(f)(x) * x).sum() / 2)(X),
}


@pytest.mark.parametrize("made", COPIES)
@pytest.mark.parametrize("reader", READERS)
def test_a_copy_stays_in_the_graph(made, reader):
    found = READERS[reader](lambda x: (COPIES[made](x) ** 2).sum())
    assert_array_equal(found, 2 * X)


@pytest.mark.parametrize("made", COPIES)
def test_the_tangent_of_a_copy_is_an_array(made):
    for part in cr.jvp(COPIES[made], (X,), (X,)):
        assert type(part) is np.ndarray
        assert_array_equal(part, X)


@pytest.mark.parametrize("made", COPIES)
def test_a_copy_of_an_eager_result_reaches_the_leaves(made):
    leaf = cr.tensor(X)
    COPIES[made](leaf**2).sum().backward()
    assert_array_equal(leaf.grad, 2 * X)


def test_a_copy_of_a_result_has_its_own_gradient_and_name():
    leaf = cr.tensor(X)
    result = leaf**2
    other = copy.deepcopy(result)
    other.name = "other"
    (result + 2 * other).sum().backward()
    assert result.name == ""
    assert_array_equal(result.grad, [3, 3, 3])
    assert_array_equal(other.grad, [2, 2, 2])


@pytest.mark.parametrize("made", [cr.tensor, cr.parameter])
def test_a_deep_copy_of_a_leaf_is_a_new_leaf(made):
    leaf = made(X, "x")
    leaf.wants_gradient = False
    for other in (copy.deepcopy(leaf), pickle.loads(pickle.dumps(leaf))):
        assert type(other) is type(leaf)
        assert not other.wants_gradient
        assert other.name == "x"
    leaf.wants_gradient = True
    other = copy.deepcopy(leaf)
    (other**2).sum().backward()
    assert leaf.grad is None
    assert_array_equal(other.grad, 2 * X)
    assert not np.shares_memory(other.data, leaf.data)


def test_a_copied_parameter_shares_no_array_with_the_first():
    w = cr.parameter(X)
    for other in (copy.copy(w), copy.deepcopy(w)):
        other.data = X + 1
        assert_array_equal(w.data, X)
    first, second = copy.deepcopy([w, w])
    assert first is second


def test_a_shallow_copy_of_a_tensor_is_the_tensor():
    leaf = cr.tensor(X)
    assert copy.copy(leaf) is leaf
    (copy.copy(leaf) ** 2).sum().backward()
    assert_array_equal(leaf.grad, 2 * X)


def test_a_copied_net_has_its_own_parameters_and_the_same_freedom():
    net = nn.MLP([3, 4, 1])
    net.layers[0].bias.wants_gradient = False
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert_array_equal(other(X[None]).data, net(X[None]).data)
        for path, p in other.parameters().items():
            own = net.parameters()[path]
            assert p is not own
            assert p.wants_gradient is own.wants_gradient
        other(X[None]).sum().backward()
        assert all(p.grad is None for p in net.parameters().values())


PICKLES = {
    "alone": lambda x: x,
    "in a dict": lambda x: {"x": x},
    "in a dataclass": lambda x: Pair(x, 1),
}


@pytest.mark.parametrize("held", PICKLES)
@pytest.mark.parametrize("reader", ["grad", "jvp", "compiled", "eager"])
@together("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_of_a_value_in_a_graph_raises(held, reader, protocol):
    readers = READERS | {"eager": lambda f: f(cr.tensor(X) ** 2)}
    dumped = lambda x: pickle.dumps(PICKLES[held](x), protocol)  # noqa: E731
    with pytest.raises(UnsupportedError, match=r"pickling x would leave the graph"):
        readers[reader](dumped)


def test_constants_of_formulas_are_pickled():
    other = pickle.loads(pickle.dumps(SQRT_2))
    assert (other.value, other.tex) == (SQRT_2.value, SQRT_2.tex)
