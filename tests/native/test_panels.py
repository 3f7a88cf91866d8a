"""Weights laid out in panels: which of them, and the same product from them."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.native.engine import compile_plan, target
from chainrule.native.matmul.panels import SMALL, in_panels, lay_out
from chainrule.plan.interpret import interpret
from chainrule.plan.verify import verify

WIDE, DEEP = 128, 256  # 128 KiB in float32


def arrays(dtype="float32", rows=20, depth=DEEP, columns=WIDE):
    rng = np.random.default_rng(0)
    shapes = (rows, depth), (depth, columns), (columns,), (columns, 10)
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


def layers(x, w, b, v):
    return cr.relu(x @ w + b) @ v


def planned(function, *given):
    return cr.compile(function).plan(*given)


def laid_out(plan, given):
    """The plan with panels, and its inputs."""
    changed, numbers = in_panels(plan, target())
    found = list(given)
    for number in numbers:
        spec = changed.inputs[number]
        found[number] = np.empty(spec.shape, spec.dtype)
        lay_out(given[number], found[number])
    return changed, numbers, found


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", [8, 20, 128])
def test_a_net_has_the_same_outputs_from_panels(dtype, rows):
    given = arrays(dtype, rows)
    plan = planned(layers, *given)
    changed, numbers, found = laid_out(plan, given)
    assert numbers == (1,)  # 10 columns are no panel, and small
    verify(changed)
    out = np.empty(changed.outputs[0].shape, changed.outputs[0].dtype)
    compile_plan(changed).run_object()(found, [out])
    (reference,) = interpret(plan, given)
    near = {"float32": 1e-4, "float64": 1e-12}[dtype]
    np.testing.assert_allclose(out, reference, rtol=near, atol=near)
    np.testing.assert_allclose(interpret(changed, found)[0], reference, rtol=near, atol=near)


@pytest.mark.parametrize(
    ("function", "shapes"),
    [
        (lambda x, w: x @ w, [(4, DEEP), (DEEP, WIDE)]),  # few rows
        (lambda x, w: x @ w, [(64, 16), (16, WIDE)]),  # a small weight
        (lambda x, w: x @ w, [(64, DEEP), (DEEP, WIDE + 1)]),  # no whole number of panels
        (lambda x, w: x @ w.T, [(64, WIDE), (DEEP, WIDE)]),  # its rows are summed
        (lambda x, w: (x @ w) + w.sum(), [(64, DEEP), (DEEP, WIDE)]),  # read twice
        (lambda x, w: x * w, [(DEEP, WIDE), (DEEP, WIDE)]),
    ],
)
def test_other_inputs_are_left_as_they_are(function, shapes):
    given = [np.ones(shape, "float32") for shape in shapes]
    plan = planned(function, *given)
    changed, numbers, _ = laid_out(plan, given)
    assert all(changed.inputs[n].shape != given[n].shape for n in numbers)
    assert 1 not in numbers


def test_a_weight_of_whole_numbers_is_left_as_it_is():
    given = [np.ones((64, DEEP), "int32"), np.ones((DEEP, WIDE), "int32")]
    assert in_panels(planned(lambda x, w: x @ w, *given), target())[1] == ()


def test_panels_hold_each_element_once():
    weights = np.arange(6 * 32.0).reshape(6, 32)
    panels = np.empty((2, 6, 16))
    lay_out(weights, panels)
    np.testing.assert_array_equal(panels[1], weights[:, 16:])
    assert weights.nbytes < SMALL
