"""Methods of a tensor under NumPy's names: the value of NumPy's own method, inside the graph."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.graph.numpy_methods import NumpyMethods

A = np.random.default_rng(0).normal(size=(3, 3))

CALLS = {
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "sum": lambda x: x.sum(0),
    "mean": lambda x: x.mean(1, keepdims=True),
    "max": lambda x: x.max(axis=0),
    "min": lambda x: x.min(),
    "prod": lambda x: x.prod(1),
    "var": lambda x: x.var(axis=0, ddof=1),
    "std": lambda x: x.std(0),
    "reshape": lambda x: x.reshape(1, -1),
    "transpose": lambda x: x.transpose(1, 0),
    "any": lambda x: (x > 1).any(0),
    "all": lambda x: (x > -1).all(axis=1, keepdims=True),
    "argmax": lambda x: x.argmax(0),
    "argmin": lambda x: x.argmin(),
    "argsort": lambda x: x.argsort(axis=0),
    "cumsum": lambda x: x.cumsum(1),
    "cumprod": lambda x: x.cumprod(),
    "dot": lambda x: x.dot(A),
    "trace": lambda x: x.trace(1),
    "diagonal": lambda x: x.diagonal(-1),
    "ravel": lambda x: x.ravel(),
    "flatten": lambda x: x.flatten(),
    "squeeze": lambda x: x.reshape(3, 1, 3).squeeze(1),
    "swapaxes": lambda x: x.swapaxes(0, -1),
    "repeat": lambda x: x.repeat(2, axis=1),
    "take": lambda x: x.take([0, 2], 1),
    "clip": lambda x: x.clip(max=0.5) + x.clip(-0.5, 0.5),
    "round": lambda x: x.round(1),
    "astype": lambda x: x.astype(np.float32),
}


def test_every_method_is_tried():
    assert set(CALLS) == {name for name in vars(NumpyMethods) if not name.startswith("_")}


@pytest.mark.parametrize("name", CALLS)
def test_a_method_gives_numpys_value(name):
    found, expected = CALLS[name](cr.tensor(A)), np.asarray(CALLS[name](A))
    assert isinstance(found, cr.Tensor)
    assert_allclose(found.data, expected, rtol=1e-14, strict=True)


def test_no_method_changes_a_tensor_in_place():
    for name in ("sort", "partition", "fill", "put", "resize", "itemset", "setfield", "byteswap"):
        assert not hasattr(cr.tensor(A), name)
