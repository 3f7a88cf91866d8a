"""What every op must keep besides its derivatives: shapes, dtypes, layouts, and its inputs.

Imports the graph, cases and derivatives. ``chainrule.testing.check_op`` calls them all.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.testing import assert_allclose

from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import Elementwise
from chainrule.graph.op.operation import apply
from chainrule.graph.readings.specs import infer
from chainrule.spec import Spec, spec_of
from chainrule.tensors import tensor
from chainrule.testing.cases import DTYPES, Array, Case, is_float_array
from chainrule.testing.derivatives import assert_near, jvp, sequence, value, vjp, weights_like
from chainrule.testing.differences import difference_gradient
from chainrule.testing.layouts import LAYOUTS, byte_swapped

SINGLE = 2e-5  # float32 against float64, relative to the largest gradient
ROUNDING = 1e-13  # another layout may add in another order


def shape_rule_is_the_real_shape(case: Case) -> None:
    """The spec reading knows shape and dtype of the result without computing it."""
    for dtype in DTYPES:
        typed = case.with_dtype(dtype)
        symbols = tuple(Spec(x.shape, x.dtype) if is_float_array(x) else x for x in typed.operands)
        found = infer(typed.op, *symbols)
        assert sequence(found) == tuple(map(spec_of, value(typed))), f"infer found {found}"


def dtype_stays(case: Case) -> None:
    """Float32 in, float32 out; the gradients too; and the float32 gradient is the float64 one."""
    reference = vjp(case, weights_like(case, 1)) if not case.op.flat else {}
    for dtype in DTYPES:
        typed = case.with_dtype(dtype)
        wanted = np.dtype(getattr(case.op, "dtype", dtype))
        for out in value(typed):
            assert out.dtype == wanted or out.dtype.kind in "biu", f"{dtype} gives {out.dtype}"
        if case.op.flat:
            continue
        for i, gradient in vjp(typed, weights_like(typed, 1)).items():
            assert gradient.dtype == dtype, f"the gradient of {dtype} is {gradient.dtype}"
            assert gradient.shape == typed.operands[i].shape
            assert_near(gradient, reference[i], SINGLE, f"gradient in {np.dtype(dtype)}")


def python_numbers_stay_weak(case: Case) -> None:
    """A Python number beside float32 does not make float64."""
    if not isinstance(case.op, Elementwise) or len(case.differentiable) < 2:
        return
    single = case.with_dtype(np.float32)
    for i in case.differentiable:
        number = float(single.operands[i].reshape(-1)[0]) if single.operands[i].size else 1.0
        mixed = [number if j == i else x for j, x in enumerate(single.operands)]
        weak = replace(single, operands=tuple(mixed))
        assert value(weak)[0].dtype == np.float32 or case.op.flat
        if not case.op.flat:
            gradients = vjp(weak, weights_like(weak, 1))
            assert {g.dtype for g in gradients.values()} == {np.dtype(np.float32)}


def inputs_stay_unchanged(case: Case) -> None:
    """Neither the value nor the rules write into what they were given, bit for bit."""
    arrays: list[Array] = [x for x in case.operands if isinstance(x, np.ndarray)]
    before = [x.tobytes() for x in arrays]
    out = apply(case.op, case.operands)
    if not case.op.flat and not isinstance(out, tuple):
        upstream = weights_like(case, 1)[0]
        kept = [upstream.tobytes(), np.asarray(out).tobytes()]
        if case.op.differentiates:
            wanted = [i in case.differentiable for i in range(len(case.operands))]
            case.op.pull(upstream, None, case.operands, np.asarray(out), wanted)
        vjp(case, (upstream,))
        assert kept == [upstream.tobytes(), np.asarray(out).tobytes()]
    assert before == [x.tobytes() for x in arrays]


def any_layout_gives_the_same_gradient(case: Case) -> None:
    """Strided, Fortran, reversed, read-only, byte-swapped: the same gradient, C-contiguous."""
    upstreams = weights_like(case, 1)
    expected = {} if case.op.flat else vjp(case, upstreams)
    for layout in LAYOUTS:
        other, name = case.changed(layout), layout.__name__
        for out, real in zip(value(other), value(case), strict=True):
            assert_allclose(out, real, rtol=ROUNDING, atol=ROUNDING, err_msg=name)
        for as_given in (False, layout is not byte_swapped):
            gradients = {} if case.op.flat else vjp(other, upstreams, as_given)
            for i, gradient in gradients.items():
                x = case.operands[i]
                assert gradient.flags.c_contiguous, f"{name}: not C-contiguous"
                assert gradient.dtype.isnative, f"{name}: not native"
                assert (gradient.shape, gradient.dtype) == (x.shape, x.dtype), name
                assert_near(gradient, expected[i], ROUNDING, name)


def flat_ops_send_nothing_back(case: Case) -> None:
    """The gradient of an op that is flat is 0: no wrong one, and no error. And it is flat."""
    if not case.op.flat or not case.differentiable:
        return
    for i in case.differentiable:

        def summed(moved: Any, i: int = i) -> Any:
            return sum(out.astype(float).sum() for out in value(case.with_operands({i: moved})))

        slopes = difference_gradient(summed, case.operands[i])
        assert not slopes.any(), f"{case.op.name} is not flat: its slopes are {slopes}"
    ones = {i: np.ones_like(case.operands[i]) for i in case.differentiable}
    for tangent in jvp(case, ones):
        assert not tangent.any()
    leaves = [tensor(x) if i in ones else x for i, x in enumerate(case.operands)]
    for out in sequence(apply(case.op, tuple(leaves))):
        assert not out.wants_gradient, "a flat op asks for a gradient"
        total = CATALOGUE.function("sum")(out * 1.0)
        for i in ones:
            total = total + 0.0 * CATALOGUE.function("sum")(leaves[i])
        total.backward()
        for i in ones:
            gradient: Any = leaves[i].grad
            assert not gradient.any(), f"input {i} receives {gradient}"


INVARIANTS = (
    shape_rule_is_the_real_shape,
    dtype_stays,
    python_numbers_stay_weak,
    inputs_stay_unchanged,
    any_layout_gives_the_same_gradient,
    flat_ops_send_nothing_back,
)
