"""The spec reading: only shapes and dtypes flow; asking for a value says what to do instead."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ShapeError, UnsupportedError
from chainrule.graph.readings.dual import Dual
from chainrule.graph.readings.specs import SpecSymbol, infer
from chainrule.spec import Spec

F32, F64, I64, BOOL = (np.dtype(t) for t in ("float32", "float64", "int64", "bool"))


def spec(*shape, dtype=F32):
    return Spec(shape, dtype)


@pytest.mark.parametrize(
    ("function", "specs", "expected"),
    [
        (lambda x, w, b: cr.relu(x @ w + b), (spec(32, 5), spec(5, 3), spec(3)), spec(32, 3)),
        (lambda x: x * 2.0 + 1, (spec(4),), spec(4)),
        (lambda x: x * np.float64(2), (spec(4),), spec(4, dtype=F64)),
        (lambda x, y: x + y, (spec(4), spec(4, dtype=F64)), spec(4, dtype=F64)),
        (lambda x: x > 0, (spec(4),), spec(4, dtype=BOOL)),
        (lambda x: cr.where(x > 0, x, 0.0), (spec(4),), spec(4)),
        (lambda x: np.tanh(x).sum(axis=0), (spec(4, 2),), spec(2)),
        (lambda x: x.T.reshape(-1), (spec(4, 2),), spec(8)),
        (lambda x: x[1:, None], (spec(4, 2),), spec(3, 1, 2)),
        (lambda x: x[np.array([True, False, True])], (spec(3),), spec(2)),
        (lambda x: x.mean(), (spec(4, dtype=I64),), spec(dtype=F64)),
        (cr.softmax_cross_entropy, (spec(8, 3), spec(8, dtype=I64)), spec()),
        (lambda x: cr.concatenate([x, x], axis=1), (spec(4, 2),), spec(4, 4)),
        (lambda x: cr.split(x, 2), (spec(4, 2),), (spec(2, 2), spec(2, 2))),
        (lambda x: np.full((x.shape[0], 2), 1.0), (spec(4),), spec(4, 2, dtype=F64)),
        (lambda x: x @ np.ones((2, 7), np.float32), (spec(4, 2),), spec(4, 7)),
        (lambda x: cr.gelu(x) if x.shape[0] > 3 else x, (spec(4),), spec(4)),
        (cr.sum, (spec(0, 3),), spec()),
        (lambda x: cr.max(x, axis=1), (spec(0, 3),), spec(0)),
    ],
)
def test_shapes_and_dtypes_flow_through_a_function(function, specs, expected):
    assert infer(function, *specs) == expected


def test_ops_and_their_functions_can_be_asked():
    assert infer(cr.relu, spec(3)) == spec(3)
    assert infer(cr.matmul, spec(2, 3), spec(3, 4)) == spec(2, 4)
    assert infer(cr.ops.reductions.Sum(axis=0), spec(2, 3)) == spec(3)


def test_a_huge_product_costs_no_memory():
    side = 10**7
    assert infer(lambda x, w: (x @ w) * 2, spec(side, 3), spec(3, side)) == spec(side, side)


def test_a_parameter_beside_a_spec_is_a_constant():
    w = cr.parameter(np.ones((3, 2), np.float32), name="w")
    assert infer(lambda x: x @ w, spec(5, 3)) == spec(5, 2)
    assert infer(lambda x: w @ x, spec(2, 7)) == spec(3, 7)


def test_derivatives_inside_the_function_see_the_specs_around_them():
    def step(w, x):
        gradient = cr.grad(lambda w: (np.tanh(x @ w) ** 2).sum())(w)
        pushed = cr.jvp(lambda w: cr.relu(x @ w), (w,), (gradient,))[1]
        return w - 0.1 * gradient, pushed

    assert infer(step, spec(3, 2), spec(5, 3)) == (spec(3, 2), spec(5, 2))


def test_a_dual_may_carry_a_spec():
    x = SpecSymbol(spec(3))
    out = cr.tanh(Dual(x, (x,))) * 2.0
    assert out.value.spec == spec(3)
    assert out.partials[0].spec == spec(3)


def test_a_network_of_wrong_shapes_is_found_without_a_value():
    with pytest.raises(ShapeError, match="100 columns meet 120 rows"):
        infer(lambda x, w: x @ w, spec(32, 100), spec(120, 10))
    with pytest.raises(ShapeError, match="add cannot join these tensors"):
        infer(lambda x, y: x + y, spec(3), spec(4))
    with pytest.raises(ShapeError):
        infer(cr.squared_error, spec(4, 1), spec(4))


@pytest.mark.parametrize(
    ("ask", "named"),
    [
        (lambda x: x if x.sum() > 0 else -x, "bool(x)"),
        (lambda x: x * float(x[0]), "float(x)"),
        (lambda x: x * int(x[0]), "int(x)"),
        (lambda x: x * x.data, "x.data"),
        (lambda x: x.item(), "x.item()"),
        (np.asarray, "np.asarray(x)"),
        (lambda x: [1, 2, 3][x], "x as an index"),
        (lambda x: x.value, "x.value"),
    ],
)
def test_asking_for_a_value_raises_and_says_what_to_do(ask, named):
    with pytest.raises(UnsupportedError) as caught:
        infer(ask, spec(3))
    message = str(caught.value)
    assert message.startswith(f"{named} asks for a value, but only shapes and dtypes flow")
    assert "where(condition, x, y)" in message
    assert "x.shape" in message


def test_a_spec_symbol_shows_what_it_is():
    x = SpecSymbol(spec(3, 2))
    assert repr(x) == "SpecSymbol((3, 2), float32)"
    assert (x.ndim, x.size, len(x)) == (2, 6, 3)
    assert np.zeros_like(x).shape == (3, 2)
