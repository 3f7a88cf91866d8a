"""What the derivatives of every op must keep; each function raises AssertionError where it fails.

Imports the graph, cases and derivatives. ``chainrule.testing.check_op`` calls them all.
"""

from typing import Any

import numpy as np
from numpy.testing import assert_allclose

from chainrule.graph.op.downstream import summed_to
from chainrule.graph.op.families import Elementwise, Letter
from chainrule.graph.op.operation import Op
from chainrule.graph.readings.dual import chain_rule
from chainrule.testing.cases import DTYPES, Case, domain_of
from chainrule.testing.derivatives import (
    assert_near,
    float_results,
    jvp,
    second_order,
    sequence,
    value,
    vjp,
    weights_like,
)
from chainrule.testing.differences import (
    complex_gradient,
    difference_gradient,
    one_sided_slope,
)

EXACT = 1e-13  # <u, Jv> = <J'u, v>, relative: both sides take the same products
ANALYTIC = 1e-12  # against a complex step, which loses no digits
DIFFERENCES = 1e-9  # against extrapolated differences in float64
SECOND_ORDER = 1e-8  # differences of a gradient
ROOM = 1e3  # a mean may overflow where its terms' sum does
ONE_SIDED = 1e-4  # slack of a one-sided slope
EXTREMES = (1e2, -1e2, 1e4, -1e4)


def value_is_the_reference(case: Case) -> None:
    """The op computes what the NumPy function of its ``numpy`` fact computes for the same call."""
    reference = numpy_function(case.op)
    if reference is None:
        return
    args, keywords = (case.operands, {}) if case.call is None else case.call
    for out, wanted in zip(value(case), sequence(reference(*args, **keywords)), strict=True):
        assert_allclose(out, np.asarray(wanted), rtol=1e-14, atol=1e-15, strict=True)


def numpy_function(op: Op) -> Any:
    """The NumPy function that an op stands for, or the first of several."""
    return sequence(type(op).numpy)[0]


def vjp_is_the_differences(case: Case) -> None:
    """The backward rule agrees with a derivative that knows no chain rule."""
    if case.op.flat:
        return
    upstreams = weights_like(case, 1)
    gradients = vjp(case, upstreams)
    kept = float_results(case)
    for i in case.differentiable:
        x = case.operands[i]
        analytic = _complex_ufunc(case.op)
        if analytic is not None:

            def along(moved: Any, i: int = i, run: Any = analytic) -> Any:
                return run(*case.with_operands({i: moved}).operands)

            expected, tolerance = complex_gradient(along, x, upstreams[0]), ANALYTIC
        else:

            def projected(moved: Any, i: int = i) -> Any:
                outs = value(case.with_operands({i: moved}))
                return sum(np.sum(u * outs[k]) for u, k in zip(upstreams, kept, strict=True))

            expected, tolerance = difference_gradient(projected, x), DIFFERENCES
        assert_near(gradients[i], expected, tolerance, f"gradient of input {i}")


def _complex_ufunc(op: Op) -> Any:
    """The NumPy function of a letter that is analytic: a ufunc from complex to complex."""
    ufunc = numpy_function(op)
    smooth = not op.router and not any(domain.kinks for domain in op.domains)
    if isinstance(ufunc, np.ufunc) and smooth and f"{'D' * ufunc.nin}->D" in ufunc.types:
        return ufunc
    return None


def forward_is_the_transpose_of_backward(case: Case) -> None:
    """<u, Jv> = <J'u, v>: forward mode and the backward walk are the same linear map."""
    if case.op.flat:
        return
    rng = np.random.default_rng(2)
    upstreams = weights_like(case, 1)
    gradients = vjp(case, upstreams)
    for chosen in (*((i,) for i in case.differentiable), case.differentiable):
        tangents: dict[int, Any] = {i: rng.normal(size=case.operands[i].shape) for i in chosen}
        pushed = jvp(case, tangents)
        for u, tangent in zip(upstreams, pushed, strict=True):
            assert tangent.shape == u.shape, f"a tangent has shape {tangent.shape}, not {u.shape}"
        forward = sum(np.sum(u * t) for u, t in zip(upstreams, pushed, strict=True))
        backward = sum(np.sum(gradients[i] * tangents[i]) for i in chosen)
        terms = sum(np.sum(np.abs(gradients[i] * tangents[i])) for i in chosen)
        assert abs(forward - backward) <= EXACT * max(terms, 1e-300), (
            f"<u, Jv> = {forward!r}, <J'u, v> = {backward!r} for inputs {chosen}"
        )


def written_is_the_derived_local_gradient(case: Case) -> None:
    """Where an elementwise op writes its slope, its formula gives the same one."""
    op = case.op
    if not isinstance(op, Elementwise) or isinstance(op, Letter) or op.spells_out:
        return
    ones = np.ones_like(value(case)[0])
    written = vjp(case, (ones,))
    derived = chain_rule(op, case.operands)
    for i in case.differentiable:
        slope = derived[i]() if callable(derived[i]) else derived[i]
        expected = np.zeros_like(ones) if slope is None else ones * slope
        expected = summed_to(expected, written[i].shape)  # an input that was broadcast
        assert_near(written[i], expected, 1e-13, f"written slope in input {i}")


def second_order_is_the_differences_of_first(case: Case) -> None:
    """The gradient is a graph: its own gradient agrees with differences of the gradient."""
    if case.op.flat:
        return
    upstreams = weights_like(case, 1)
    rng = np.random.default_rng(3)
    directions: dict[int, Any] = {
        i: rng.normal(size=case.operands[i].shape) for i in case.differentiable
    }
    found = second_order(case, upstreams, directions)
    for i in case.differentiable:

        def first(moved: Any, i: int = i) -> Any:
            gradients = vjp(case.with_operands({i: moved}), upstreams)
            return sum(np.sum(gradients[j] * directions[j]) for j in directions)

        expected = difference_gradient(first, case.operands[i])
        assert_near(found[i], expected, SECOND_ORDER, f"second derivative in input {i}")


def finite_at_extremes(case: Case) -> None:
    """At +-1e2 and +-1e4 nothing is NaN, and nothing is infinite that is a number in float64."""
    op = case.op
    for dtype in DTYPES:
        for extreme in EXTREMES:
            there = _at_extreme(case, extreme, dtype)
            if there is None:
                continue
            with np.errstate(over="ignore"):  # exp(100) is infinite in float32, and NumPy says so
                outs = value(there)
                wide = value(there.with_dtype(np.float64))
                ones = [np.ones_like(out) for out in outs if out.dtype.kind == "f"]
                gradients = {} if op.flat else vjp(there, ones)
            where = f"{op.name} at {extreme:g} in {np.dtype(dtype)}"
            overflows = False
            for out, exact in zip(outs, wide, strict=True):
                assert not np.isnan(out).any(), f"the value of {where} is NaN"
                fits = np.abs(exact) <= np.finfo(dtype).max / ROOM
                assert np.isfinite(out[fits]).all(), f"the value of {where} is infinite"
                overflows |= not fits.all()
            for i, gradient in gradients.items():
                legal = np.isfinite(gradient)
                if overflows:  # inf - inf is then the honest answer of a mean over weights
                    legal |= np.isinf(gradient) if isinstance(op, Elementwise) else True
                assert legal.all(), f"the gradient of {where}, input {i}, is {gradient}"


def _at_extreme(case: Case, extreme: float, dtype: Any) -> Case | None:
    """All operands at the extreme (elementwise), or the sample blown up to it (others)."""
    new: dict[int, Any] = {}
    for i in case.differentiable:
        domain = domain_of(type(case.op), i)
        if isinstance(case.op, Elementwise):
            if not domain.low < extreme < domain.high:
                return None
            new[i] = np.full(case.operands[i].shape, extreme, dtype)
        else:
            x = case.operands[i]
            room = domain.low < -abs(extreme) and abs(extreme) < domain.high
            new[i] = (x * extreme if room else x).astype(dtype)
    return case.with_operands(new)


def slope_at_a_kink_is_between_the_one_sided_slopes(case: Case) -> None:
    """At a kink the answer is a subgradient, in float32 and float64."""
    for i in () if case.op.flat else case.differentiable:
        for kink in domain_of(type(case.op), i).kinks:
            for dtype in DTYPES:
                there = np.full(case.operands[i].shape, kink, dtype)
                at = case.with_dtype(dtype).with_operands({i: there})
                slopes = vjp(at, [np.ones_like(out) for out in value(at)])[i].reshape(-1)
                sides = [_one_sided(case, i, kink, side) for side in (-1, 1)]
                low, high = np.minimum(*sides), np.maximum(*sides)
                inside = (low - ONE_SIDED <= slopes) & (slopes <= high + ONE_SIDED)
                assert inside.all(), (
                    f"slope {slopes} of {case.op.name} at its kink {kink} is not between "
                    f"{low} and {high}"
                )


def _one_sided(case: Case, position: int, kink: float, side: int) -> Any:
    shape = case.operands[position].shape
    slopes: list[float] = []
    for place in np.ndindex(shape):

        def along(x: float, place: tuple[int, ...] = place) -> Any:
            moved = np.full(shape, kink)
            moved[place] = x
            return np.sum(value(case.with_operands({position: moved}))[0])

        slopes.append(one_sided_slope(along, kink, side))
    return np.array(slopes)


DERIVATIVES = (
    value_is_the_reference,
    vjp_is_the_differences,
    forward_is_the_transpose_of_backward,
    written_is_the_derived_local_gradient,
    second_order_is_the_differences_of_first,
    finite_at_extremes,
    slope_at_a_kink_is_between_the_one_sided_slopes,
)
