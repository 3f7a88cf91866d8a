"""Any layout of an array is accepted; its gradients are contiguous, of its dtype and its shape."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from tests.numerics.everywhere import FIRST, SECOND, everywhere
from tests.numerics.rows import Row, row
from tests.thorough import crossed

BASE = np.arange(1.0, 25.0).reshape(4, 6) / 7


def _read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


def _unaligned(x):
    buffer = bytearray(1) + bytearray(np.ascontiguousarray(x).tobytes())
    return np.frombuffer(buffer, x.dtype, offset=1).reshape(x.shape)


LAYOUTS = {
    "C order": lambda x: x,
    "Fortran order": np.asfortranarray,
    "transposed": lambda x: x.T,
    "negative strides": lambda x: x[::-1, ::-1],
    "every second": lambda x: x[::2, 1::2],
    "broadcast": lambda x: np.broadcast_to(x[:1], x.shape),
    "read-only": _read_only,
    "byte-swapped": lambda x: x.astype(x.dtype.newbyteorder()),
    "byte-swapped and reversed": lambda x: x.astype(x.dtype.newbyteorder())[::-1],
    "unaligned": _unaligned,
    "size 1": lambda x: x[:1, :1],
    "a row": lambda x: x[:1],
    "a column": lambda x: x[:, :1],
    "no rows": lambda x: x[:0],
    "no columns": lambda x: x[:, :0],
}


FUNCTIONS = {  # with its first and second derivative of the sum, the latter along ones
    "square": (lambda x: x * x, lambda x: 2 * x, lambda x: 2 + 0 * x),
    "matrix product": (
        lambda x: x @ cr.transpose(x),
        lambda x: 2 * x.sum(axis=0, keepdims=True) + 0 * x,
        lambda x: 2 * x.shape[0] + 0 * x,
    ),
    "sum of rows": (
        lambda x: cr.sum(x, axis=0) ** 2,
        lambda x: 2 * x.sum(axis=0, keepdims=True) + 0 * x,
        lambda x: 2 * x.shape[0] + 0 * x,
    ),
    "exp": (np.exp, np.exp, np.exp),
}


@row(Row.LAYOUTS)
@crossed("layout, name, dtype", LAYOUTS, FUNCTIONS, [np.float32, np.float64])
def test_every_layout_in_every_mode_and_order(layout, name, dtype):
    f, first, second = FUNCTIONS[name]
    x = LAYOUTS[layout](BASE.astype(dtype))
    plain = np.array(x, dtype)  # native, contiguous
    v = np.ones_like(plain)
    rtol = 1e-13 if dtype == np.float64 else 1e-5
    for mode, way in FIRST.items():
        found = np.asarray(way(lambda z: cr.sum(f(z)), x))
        _is_native(found, plain, mode)
        assert_allclose(found, first(plain), rtol=rtol, err_msg=mode)
    for mode, way in SECOND.items():
        found = np.asarray(way(lambda z: cr.sum(f(z)), x, v))
        _is_native(found, plain, mode)
        assert_allclose(found, second(plain), rtol=rtol, err_msg=mode)


def _is_native(found, plain, mode):
    assert (found.shape, found.dtype) == (plain.shape, plain.dtype), mode
    assert found.dtype.isnative, mode
    assert found.flags.c_contiguous, mode


@row(Row.LAYOUTS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_array_without_axes_stays_one(dtype):
    everywhere(lambda x: x**3, 2.0, 12.0, 12.0, dtype=dtype)
    everywhere(cr.sum, np.array(2.0), 1.0, 0.0, dtype=dtype)
    everywhere(lambda x: cr.reshape(x, (1, 1)) ** 2, 3.0, 6.0, 2.0, dtype=dtype)


@row(Row.LAYOUTS)
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (1, 0, 2)])
def test_an_empty_array_has_an_empty_gradient(shape):
    empty = np.zeros(shape)
    for f in (cr.sum, cr.exp, lambda x: x * 2, lambda x: cr.sum(x, axis=0), cr.transpose):
        everywhere(f, empty, 0.0, 0.0)


@row(Row.LAYOUTS)
def test_axes_of_length_1_broadcast_and_sum_back():
    other = np.ones((4, 3))
    everywhere(lambda x: x * other, np.full((1, 3), 2.0), 4.0, 0.0)
    everywhere(lambda x: x**2 * other, np.full((4, 1), 2.0), 12.0, 6.0)
    everywhere(lambda x: x**2 * other, np.full((1, 1), 2.0), 48.0, 24.0)
    everywhere(lambda x: x**2 * other, 2.0, 48.0, 24.0)


@row(Row.LAYOUTS)
@pytest.mark.parametrize("layout", ["byte-swapped", "read-only", "negative strides", "broadcast"])
def test_a_tangent_and_an_upstream_may_have_any_layout(layout):
    v = LAYOUTS[layout](BASE)
    plain = np.array(v, float)
    assert_array_equal(cr.jvp(lambda x: x * x, (BASE,), (v,))[1], 2 * BASE * plain)
    _, pullback = cr.vjp(lambda x: x * x, BASE)
    (found,) = pullback(v)
    _is_native(found, BASE, layout)
    assert_array_equal(found, 2 * BASE * plain)
    leaf = cr.tensor(BASE)
    (leaf * leaf).backward(upstream=v)
    assert_array_equal(leaf.grad, 2 * BASE * plain)
