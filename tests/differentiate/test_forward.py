"""jvp, linearize and hvp: forward mode on plain functions."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.errors import ArgumentError, DTypeError, UnsupportedError

A = np.array([0.3, 1.2, -0.7])
V = np.array([0.1, 0.2, -0.3])


def smooth(x):
    return np.tanh(x**2) * np.exp(x[0])


def test_jvp_is_the_directional_derivative():
    out, tangent = cr.jvp(smooth, (A,), (V,))
    assert_array_equal(out, smooth(A))
    step = 1e-20
    assert_allclose(tangent, smooth(A + 1j * step * V).imag / step, rtol=1e-14)


def test_jvp_gives_plain_arrays_that_are_nobody_elses():
    x = A.copy()
    out, tangent = cr.jvp(lambda x: x, (x,), (V,))
    assert type(out) is type(tangent) is np.ndarray
    out[...] = tangent[...] = 0
    assert_array_equal(x, A)
    assert_array_equal(V, [0.1, 0.2, -0.3])


def test_python_floats_are_valid_primals_of_jvp():
    out, tangent = cr.jvp(lambda x: x**3, (2.0,), (1.0,))
    assert (out, tangent) == (8, 12)


def test_jvp_takes_and_gives_containers():
    def f(p, s):
        return {"sum": p["a"] + p["b"][0], "scaled": (s * p["a"],)}

    primals = ({"a": A, "b": [V]}, 2.0)
    tangents = ({"a": np.ones(3), "b": [np.zeros(3)]}, 3.0)
    out, tangent = cr.jvp(f, primals, tangents)
    assert_array_equal(out["sum"], A + V)
    assert_array_equal(tangent["sum"], np.ones(3))
    assert_allclose(tangent["scaled"][0], 3 * A + 2)


def test_jvp_hands_on_what_is_said_aside():
    out, tangent, aside = cr.jvp(lambda x: (x * 2, {"x": x, "n": 3}), (A,), (V,), has_aux=True)
    assert_array_equal(out, 2 * A)
    assert_array_equal(tangent, 2 * V)
    assert_array_equal(aside["x"], A)
    assert aside["n"] == 3


def test_a_constant_result_has_the_tangent_0():
    out, tangent = cr.jvp(lambda x: (A, 3.0, x > 0, np.floor(x)), (A,), (V,))
    assert_array_equal(out[2], A > 0)
    assert all(not np.any(t) for t in tangent)
    assert_array_equal(tangent[0], np.zeros(3))


def test_a_branch_may_look_at_values_in_forward_mode():
    f = lambda x: x**3 if x > 0 else x**2  # noqa: E731
    assert cr.jvp(f, (2.0,), (1.0,))[1] == 12
    assert cr.jvp(f, (-2.0,), (1.0,))[1] == -4


def test_float32_stays_float32():
    out, tangent = cr.jvp(smooth, (A.astype(np.float32),), (V,))
    assert out.dtype == tangent.dtype == np.float32


def test_a_tangent_of_zeros_gives_exact_zeros():
    _, tangent = cr.jvp(np.sqrt, (np.zeros(2),), (np.zeros(2),))
    assert_array_equal(tangent, [0, 0])
    assert_array_equal(cr.linearize(np.sqrt, np.zeros(2))[1](np.zeros(2)), [0, 0])


@pytest.mark.parametrize(
    ("primals", "tangents", "error", "words"),
    [
        ((A,), (V[:2],), ArgumentError, "shape"),
        ((A,), (V, V), ArgumentError, "container"),
        ((A,), ({"a": V},), ArgumentError, "container"),
        (A, (V,), ArgumentError, "tuple"),
        ((np.arange(3),), (V,), DTypeError, "primal 0"),
        ((A,), (np.array(["a", "b", "c"]),), DTypeError, "numbers"),
    ],
)
def test_tangents_that_do_not_fit_are_refused(primals, tangents, error, words):
    with pytest.raises(error, match=words):
        cr.jvp(smooth, primals, tangents)


@pytest.mark.parametrize(
    "leave",
    [
        lambda x: np.asarray(x).sum(),
        lambda x: float(x[0]),
        lambda x: int(x[0]),
        lambda x: x[0].item(),
        lambda x: np.array([x[0], x[1]]).sum(),
    ],
)
def test_leaving_a_forward_derivative_unnoticed_raises(leave):
    with pytest.raises(UnsupportedError, match="would leave the graph"):
        cr.jvp(lambda x: leave(x) + x.sum(), (A,), (V,))


def test_data_takes_the_value_out_on_purpose():
    assert_array_equal(cr.jvp(lambda x: x * x.data, (A,), (V,))[1], V * A)
    twice = cr.jvp(lambda x: cr.jvp(lambda y: y * y.data, (x,), (V,))[1], (A,), (V,))[1]
    assert_array_equal(twice, np.zeros(3))


def test_no_grad_cuts_forward_mode_as_it_cuts_the_graph():
    def f(x):
        with cr.no_grad():
            frozen = x * 2
        return frozen * x

    assert_array_equal(cr.jvp(f, (A,), (np.ones(3),))[1], 2 * A)
    with cr.no_grad():
        assert_array_equal(cr.jvp(lambda x: x * x, (A,), (np.ones(3),))[1], 2 * A)


def test_a_value_that_escaped_from_a_derivative_is_refused_by_another():
    kept = []
    cr.jvp(lambda x: (kept.append(x), x * x)[1], (A,), (V,))
    with pytest.raises(UnsupportedError, match="another derivative"):
        cr.jvp(lambda x: x * kept[0], (A,), (V,))


@pytest.mark.parametrize(
    "f",
    [
        smooth,
        lambda x: cr.softmax(x) @ A,
        lambda x: np.max(x) * np.sort(x.data)[0] + x,
        cr.gelu,
        cr.log_softmax,
        lambda x: sum(cr.split(x, (1, 2)), start=0.0) ** 2,
        lambda x: np.stack([x, x * 2])[::-1].reshape(-1)[:4],
        lambda x: {"a": x[1:] * x[0], "b": [np.sum(x)]},
    ],
)
def test_linearize_pushes_what_jvp_pushes(f):
    out, push = cr.linearize(f, A)
    for direction in (V, A, np.zeros(3)):
        expected_out, expected = cr.jvp(f, (A,), (direction,))
        found = push(direction)
        flat = zip(_leaves(found), _leaves(expected), strict=True)
        for tangent, wanted in flat:
            assert_allclose(tangent, wanted, rtol=1e-13, atol=1e-15)
    for value, wanted in zip(_leaves(out), _leaves(expected_out), strict=True):
        assert_array_equal(value, wanted)


def _leaves(tree):
    if isinstance(tree, dict):
        return [x for key in tree for x in _leaves(tree[key])]
    if isinstance(tree, list | tuple):
        return [x for each in tree for x in _leaves(each)]
    return [tree]


def test_linearize_runs_the_function_once():
    runs = []
    _, push = cr.linearize(lambda x: (runs.append(1), np.sin(x))[1], A)
    push(V)
    push(A)
    assert len(runs) == 1


def test_linearize_nests_in_gradients():
    outer = cr.grad(lambda x: (cr.linearize(np.sin, x)[1](V) * A).sum())(A)
    assert_allclose(outer, -np.sin(A) * V * A, rtol=1e-14)
    pushed = cr.jvp(lambda x: cr.linearize(np.sin, x)[1](V), (A,), (A,))[1]
    assert_allclose(pushed, -np.sin(A) * V * A, rtol=1e-14)


def test_hvp_is_the_hessian_times_the_vector():
    matrix = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 4.0]])
    (product,) = cr.hvp(lambda x: 0.5 * x @ matrix @ x, (A,), (V,))
    assert_allclose(product, matrix @ V, rtol=1e-15)


def test_hvp_of_several_primals_has_the_mixed_blocks():
    found = cr.hvp(lambda x, w: (x * x * w).sum(), (A, V), (np.ones(3), np.zeros(3)))
    assert_allclose(found[0], 2 * V)
    assert_allclose(found[1], 2 * A)
