"""Methods of a tensor under NumPy's names: the value of NumPy's own method, inside the graph."""

import inspect

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.errors import ChainruleError, UnsupportedError
from chainrule.graph.nodes.node import Node
from chainrule.graph.numpy.absent import ABSENT
from chainrule.graph.numpy.methods import NumpyMethods
from chainrule.graph.readings.dual import Dual
from tests.together import together

A = np.random.default_rng(0).normal(size=(3, 3))

CALLS = {
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "real": lambda x: x.real,
    "imag": lambda x: x + x.imag,
    "flat": lambda x: x.flat[4],
    "device": lambda x: x * (x.device == "cpu"),
    "itemsize": lambda x: x * x.itemsize,
    "nbytes": lambda x: x * x.nbytes,
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
    "argpartition": lambda x: x[0][x[0].argpartition(1)[1]],
    "nonzero": lambda x: x[(x > 0).nonzero()],
    "searchsorted": lambda x: x + np.sort(x[0]).searchsorted(0.1),
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
    "compress": lambda x: x.compress([True, False, True], axis=1),
    "clip": lambda x: x.clip(max=0.5) + x.clip(-0.5, 0.5),
    "round": lambda x: x.round(1),
    "astype": lambda x: x.astype(np.float32),
    "conj": lambda x: x.conj(),
    "conjugate": lambda x: x.conjugate(),
    "copy": lambda x: x.copy(),
}
# The same methods with NumPy's arguments, in NumPy's order, and strings made at run time.
MORE_CALLS = [
    lambda x: x.sum(0, np.float32),
    lambda x: x.sum(0, float, None, True),
    lambda x: x.sum(axis=np.int64(1)),
    lambda x: x.prod(1, np.float32),
    lambda x: x.mean(0, np.float32),
    lambda x: x.mean(dtype=np.float32),
    lambda x: x.var(0, np.float32, None, 1),
    lambda x: x.std(1, None, None, 1, True),
    lambda x: x.max(0, None, True),
    lambda x: x.argmax(1, None, keepdims=True),
    lambda x: x.argsort(0, "stable"),
    lambda x: x.argsort(0, stable=True),
    lambda x: x.cumsum(1, np.float32),
    lambda x: x.cumprod(1, dtype=np.float32),
    lambda x: x.trace(0, 0, 1, np.float32),
    lambda x: x.clip(-0.5, 0.5, None),
    lambda x: x.round(1, None),
    lambda x: x.dot(A, None),
    lambda x: x.take([0, 2], 1, None, "".join(["rai", "se"])),
    lambda x: x.ravel("F"),
    lambda x: x.ravel(order="".join(["", "C"])),
    lambda x: x.flatten("F"),
    lambda x: x.reshape(9, order="F"),
    lambda x: x[:2].reshape(3, 2, order="F"),
    lambda x: x[:2].reshape((-1, 2), order="F", copy=True),
    lambda x: x.transpose(np.int64(1), np.int64(0)),
    lambda x: x.astype(np.float64, copy=False),
    lambda x: x.astype(np.float32, "K", "same_kind", True, True),
    lambda x: np.sum(x, 0, np.float32),
    lambda x: np.var(x, 0, np.float32, ddof=1),
    lambda x: np.add.reduce(x, dtype=np.float32),
    lambda x: np.add.reduce(x, axis=1, where=np.True_),
    lambda x: np.add(x, 1, casting="".join(["same", "_kind"])),
    lambda x: np.reshape(x, (1, 9), "F"),
    lambda x: np.ravel(x, "F"),
    lambda x: np.take(x, [0, 2], 1, mode="".join(["rai", "se"])),
    lambda x: np.sort(x, order=None, axis=np.int64(-1)),
    lambda x: np.atleast_1d(x, x[0, 0])[1],
    lambda x: np.atleast_2d(x[0], 1.0)[0],
    lambda x: np.linalg.slogdet(x).logabsdet,
    lambda x: np.linalg.slogdet(x)[0],
    lambda x: np.concatenate(np.split(x, 3) + np.array_split(x, 2)),
]


def test_every_method_is_tried():
    methods = {name for name in vars(NumpyMethods) if not name.startswith("_")}
    assert set(CALLS) == methods - {"tolist"} | {"itemsize", "nbytes"}


ALL_CALLS = [*CALLS.values(), *MORE_CALLS]


@pytest.mark.parametrize("call", ALL_CALLS)
def test_a_method_gives_numpys_value(call):
    found, expected = call(cr.tensor(A)), np.asarray(call(A))
    assert isinstance(found, cr.Tensor)
    assert_allclose(found.data, expected, rtol=1e-6, strict=True)


@pytest.mark.parametrize("call", ALL_CALLS)
def test_a_method_gives_numpys_value_inside_a_derivative(call):
    value, tangent = cr.jvp(call, (A,), (np.ones_like(A),))
    expected = np.asarray(call(A))
    assert_allclose(np.asarray(value), expected, rtol=1e-6, strict=True)
    leaf = cr.tensor(A)
    out = call(leaf)
    if out.wants_gradient:
        (upward,) = cr.vjp(call, A)[1](np.ones(expected.shape, expected.dtype))
        out.backward(np.ones(expected.shape, expected.dtype))
        assert_allclose(upward, leaf.grad)
        assert_allclose(upward.sum(), np.sum(tangent), rtol=1e-5, atol=1e-7)


NEEDS_VALUES = {"argpartition", "nonzero", "searchsorted"}


@pytest.mark.parametrize("name", [*CALLS, *range(len(MORE_CALLS))])
def test_a_method_gives_numpys_value_in_a_compiled_function(name):
    call = MORE_CALLS[name] if isinstance(name, int) else CALLS[name]
    if name in NEEDS_VALUES:
        with pytest.raises(UnsupportedError, match="value"):
            cr.compile(call)(A)
        return
    assert_allclose(cr.compile(call)(A), np.asarray(call(A)), rtol=1e-6, strict=True)


# What stands in the place of an attribute of an array that a tensor has no method for.
OWN = {"data", "dtype", "item", "ndim", "shape", "size", "tolist"}


@together("name", [name for name in dir(np.ndarray) if not name.startswith("_")])
def test_every_attribute_of_an_array_works_or_says_what_to_write(name):
    x = cr.tensor(A)
    if name in CALLS or name in OWN:
        assert hasattr(x, name)
        return
    with pytest.raises(AttributeError, match=f"no attribute '{name}': ") as caught:
        getattr(x, name)
    assert len(str(caught.value)) > 60
    assert not hasattr(x, name)


def test_an_unknown_attribute_is_no_attribute():
    with pytest.raises(AttributeError, match=r"'Tensor' object has no attribute 'sums'$"):
        _ = cr.tensor(A).sums


@pytest.mark.parametrize(
    "name", [name for name in CALLS if callable(getattr(np.ndarray, name)) and "conj" not in name]
)
def test_arguments_stand_in_numpys_order(name):
    """By NumPy's own signature where it has one, else by that of the function of this name."""
    ours = list(inspect.signature(getattr(cr.Tensor, name)).parameters)[1:]
    numpys = list(inspect.signature(getattr(np, name, getattr(np.ndarray, name))).parameters)
    if name in ("astype", "compress", "clip", "flatten", "reshape", "tolist", "copy"):
        numpys = {
            "astype": ["x", "dtype", "order", "casting", "subok", "copy"],
            "compress": ["a", "condition", "axis", "out"],
            "clip": ["a", "min", "max", "out"],
            "flatten": ["a", "order"],
            "reshape": ["a", "shape", "order", "copy"],
            "tolist": ["a"],
            "copy": ["a", "order"],
        }[name]
    assert ours == [key for key in numpys[1:] if key != "kwargs"]


@pytest.mark.parametrize(
    ("call", "advice"),
    [
        (lambda x: x.sum(0, True), "keepdims=True"),
        (lambda x: x.mean(None, True), "keepdims=True"),
        (lambda x: x.max(0, True), "keepdims=True"),
        (lambda x: x.var(0, 1), "ddof=1"),
        (lambda x: x.sum(0, "floating"), "dtype"),
        (lambda x: x.mean(dtype=int), "floating-point"),
        (lambda x: x.sum(where=A > 0), "where="),
        (lambda x: x.sum(out=np.zeros(())), "out="),
        (lambda x: x.ravel("K"), "order"),
        (lambda x: x.reshape(9, order="A"), "order"),
        (lambda x: x.take([9], mode="clip"), "mode="),
        (lambda x: x.astype(int, casting="safe"), "safe"),
    ],
)
def test_an_argument_without_a_meaning_here_raises_and_says_what_to_write(call, advice):
    with pytest.raises(ChainruleError) as caught:
        call(cr.tensor(A))
    assert advice in str(caught.value)


def test_a_copy_of_a_parameter_keeps_its_values_and_its_graph():
    p = cr.parameter(A)
    kept = p.copy()
    p.data = np.zeros_like(A)
    assert_array_equal(kept.data, A)
    p.copy().sum().backward()
    assert_array_equal(p.grad, np.ones_like(A))


def test_tolist_gives_numbers_where_no_gradient_is_lost():
    assert cr.tensor([[1, 2], [3, 4]]).tolist() == [[1, 2], [3, 4]]
    with pytest.raises(UnsupportedError):
        cr.grad(lambda x: sum(x.tolist()))(np.ones(2))


def test_split_returns_a_list_and_slogdet_names_its_results():
    x = cr.tensor(A)
    assert isinstance(np.split(x, 3), list)
    assert isinstance(np.array_split(x, 2), list)
    assert isinstance(np.atleast_1d(x, x), tuple)
    sign, logarithm = np.linalg.slogdet(x)
    assert sign.item() == np.linalg.slogdet(A).sign
    slope = cr.grad(lambda a: np.linalg.slogdet(a).logabsdet)(A)
    assert_allclose(slope, np.linalg.inv(A).T, rtol=1e-9)
    assert logarithm.item() == pytest.approx(np.linalg.slogdet(A).logabsdet)
    assert_allclose(cr.compile(cr.grad(lambda a: np.linalg.slogdet(a).logabsdet))(A), slope)
    assert cr.compile(np.linalg.slogdet)(A).sign == np.linalg.slogdet(A).sign


def test_no_method_changes_a_tensor_in_place():
    for name in ("sort", "partition", "fill", "put", "resize", "itemset", "setfield", "byteswap"):
        assert not hasattr(cr.tensor(A), name)


def test_no_node_looks_up_its_attributes_in_python():
    """A __getattr__ or __getattribute__ makes every read of every attribute twice as slow."""
    for kind in (cr.Tensor, cr.Parameter, Dual, Node):
        for base in kind.__mro__[:-1]:
            assert not {"__getattr__", "__getattribute__"} & set(vars(base))


def test_a_missing_attribute_says_what_to_write_and_is_no_attribute():
    x = cr.tensor(A)
    for name in ABSENT:
        assert not hasattr(x, name)
        assert name not in dir(x)
        with pytest.raises(AttributeError, match=f"^'Tensor' object has no attribute '{name}': "):
            getattr(x, name)
