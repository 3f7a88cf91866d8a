"""Every op that says it is smooth has its derivatives of order 1 to 5: at 0 and -0, where the
code inside it switches, and next to these points; in eager, forward and compiled mode."""

import functools

import mpmath as mp
import numpy as np
import pytest

import chainrule as cr
from chainrule.doctor.draw import domain_of, operands_of
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import Bilinear, Indexing, LinearOp, Movement
from chainrule.plan.make import make
from chainrule.plan.record import record
from chainrule.spec import spec_of
from chainrule.testing.fuzz.compiled import run_natively
from tests.ops.smooth_references import ARRAYS, SCALARS, itself
from tests.ops.switches import switches
from tests.thorough import crossed

MOST = 5  # orders
NEAR = 1e-7  # relative to the truth, or to 1
DIGITS = 25  # of a reference on one number; diffs works with seven times as many
HUGE = 1e200  # a truth beyond it is a pole next door
SMOOTH = [name for name in CATALOGUE.names()
          if CATALOGUE[name].smooth and not CATALOGUE[name].flat]  # fmt: skip
BY_NATURE = (Movement, Indexing, LinearOp, Bilinear)  # multilinear: they move, add and multiply
ORDINARY = (0.3, -0.4, 0.75, 1.7, -2.3, 6.0, -20.0, 45.0)
BESIDE = 1e-8


def test_every_smooth_op_has_its_reference():
    missing = [
        name
        for name in SMOOTH
        if name not in SCALARS
        and name not in ARRAYS
        and not issubclass(CATALOGUE[name], BY_NATURE)
    ]
    assert missing == [], "an op is smooth, or says smooth=False; what it computes is needed here"
    assert set(SCALARS) | set(ARRAYS) <= set(SMOOTH)


# ------------------------------------------------------------------------------- of numbers


def with_neighbours(point):
    return (point, np.nextafter(point, np.inf), np.nextafter(point, -np.inf),
            point - BESIDE, point + BESIDE)  # fmt: skip


def points_of(op, operands, position, reference):
    """Where one input of an elementwise op is tried."""
    domain = domain_of(type(op), position)
    special = {*reference.points, *domain.kinks, 0.0, *switches(op, operands, position)}
    special |= {-0.0 + k * BESIDE for k in (1, -1)}
    found = [near for point in sorted(special) for near in with_neighbours(point)]
    for bound, inside in ((domain.low, 1e-3), (domain.high, -1e-3)):
        found += [bound + inside] if np.isfinite(bound) else []
    tried = np.array([*ORDINARY, 0.0, -0.0, *dict.fromkeys(found)])
    roomy = (domain.low < tried - 1e-9) & (tried + 1e-9 < domain.high)
    for point in (*domain.kinks, *domain.poles):  # its neighbours, but not closer than BESIDE
        roomy &= np.abs(tried - point) >= BESIDE
    return tried[roomy & domain.is_smooth(tried)]


@functools.cache
def truths(name, position, point, orders=MOST):
    """Derivatives of order 0 to 5, from the reference."""
    reference, count = SCALARS[name], len(CATALOGUE[name].inputs)

    def along(x):
        return reference.function(*(x if i == position else mp.mpf(others(name)[i])
                                    for i in range(count)))  # fmt: skip

    with mp.workdps(DIGITS):
        derivatives = list(mp.diffs(along, mp.mpf(point), orders))
    return tuple(float(mp.re(each)) for each in derivatives)


def others(name):
    """What the inputs hold that do not move."""
    return [0.7 + 0.2 * i for i in range(len(CATALOGUE[name].inputs))]


def reverse(f, x):
    """What a function gives, its derivative, and what it gives aside."""
    out, pull, aside = cr.vjp(f, x, has_aux=True)
    return out, pull(np.ones(np.shape(out)))[0], aside


def forward(f, x):
    return cr.jvp(f, (x,), (np.ones(np.shape(x)),), has_aux=True)


def orders(f, derive):
    """A function of x with all the derivatives of f: the first by itself, higher ones at once."""

    def of_derivative(g):
        def derivative(x):
            out, slope, lower = derive(g, x)
            return slope, (*lower, out)

        return derivative

    functions = [lambda x: (f(x), ())]
    for _ in range(MOST):
        functions.append(of_derivative(functions[-1]))

    def each(x):
        highest, lower = functions[MOST](x)
        return (f(x), functions[1](x)[0], *lower[2:], highest)

    return each


MODES = {
    "eager": lambda f: orders(f, reverse),
    "forward": lambda f: orders(f, forward),
    "compiled": lambda f: native(orders(f, reverse)),
}


def native(f):
    """Machine code of f that LLVM writes without haste: each runs once."""
    return lambda x: run_natively(make(record(f, [spec_of(x)])), [x])


@crossed("name, mode", SCALARS, MODES)
def test_an_elementwise_op_is_smooth_to_order_5(name, mode):
    reference = SCALARS[name]
    op = CATALOGUE[name].of(*reference.attributes)
    held = others(name)
    for position in range(len(op.inputs)):
        points = points_of(op, held, position, reference)
        expected = np.array([truths(name, position, float(x)) for x in points]).T

        def f(x, position=position):
            return op(*(x if i == position else np.float64(held[i]) for i in range(len(held))))

        with np.errstate(all="ignore"):
            found = MODES[mode](f)(points)
        for order, (have, want) in enumerate(zip(found, expected, strict=True)):
            compare(have, want, f"{name}, input {position}, order {order}, {mode}", points)


def compare(found, expected, where, points):
    found, expected, points = (np.asarray(x) for x in (found, expected, points))
    with np.errstate(all="ignore"):
        usable = np.abs(expected) < HUGE  # False for NaN
        wrong = usable & ~(np.abs(found - expected) <= NEAR * np.maximum(1, np.abs(expected)))
    assert not wrong.any(), (
        f"{where}: at {points[wrong]} found {found[wrong]}, true {expected[wrong]}"
    )


# --------------------------------------------------------------------------------- of arrays

VARIANTS = {
    "samples": lambda x: x,
    "a zero": lambda x: np.where(np.arange(x.size).reshape(x.shape) % 3 == 1, 0.0, x),
    "ties": np.round,
    "zeros": np.zeros_like,
    "minus zeros": lambda x: -np.zeros_like(x),
}


@crossed("name, variant", ARRAYS, VARIANTS)
def test_an_op_of_arrays_is_smooth_to_order_5_along_a_line(name, variant):
    operands, attributes = operands_of(CATALOGUE[name])
    op = CATALOGUE[name].of(*attributes)
    moving = [i for i, x in enumerate(operands) if is_float(x)]
    start = {i: VARIANTS[variant](np.asarray(operands[i])) for i in moving}
    rng = np.random.default_rng(5)
    way = {i: rng.uniform(-1, 1, np.shape(x)) for i, x in start.items()}
    weights = [rng.uniform(0.5, 1.5, np.shape(x)) for x in results(op(*operands))]
    expected = line_of_reference(name, op, operands, start, way, weights)
    if expected is None:
        pytest.skip("outside the domain of this op")

    def f(t):
        outs = results(op(*(start[i] + t * way[i] if i in start else x
                            for i, x in enumerate(operands))))  # fmt: skip
        return sum(cr.sum(w * out) for w, out in zip(weights, outs, strict=True))

    lengths = ("norm", "radial", "std", "inv", "det", "solve", "cholesky")  # have no zeros
    compiled = variant == ("samples" if any(map(name.startswith, lengths)) else "zeros")
    for mode in MODES if compiled else ("eager", "forward"):
        try:
            with np.errstate(all="ignore"):
                found = MODES[mode](f)(np.zeros(()))
        except cr.errors.SingularMatrixError:
            pytest.skip("this op says where it has no derivative of so high an order")
        for order, (have, want) in enumerate(zip(found, expected, strict=True)):
            compare([have], [want], f"{name} at {variant}, order {order}, {mode}", [0.0])


def line_of_reference(name, op, operands, start, way, weights):
    """Derivatives of the weighted sum of results along the line; None where there are none."""
    reference = ARRAYS.get(name, itself)
    exact = np.vectorize(mp.mpf, otypes=[object])

    def along(t):
        given = [exact(start[i]) + t * exact(way[i]) if i in start else x
                 for i, x in enumerate(operands)]  # fmt: skip
        outs = results(reference(op, *given))
        terms = (np.sum(exact(w) * out) for w, out in zip(weights, outs, strict=True))
        return sum(terms, mp.mpf(0))

    try:
        found = [float(each) for each in mp.diffs(along, mp.mpf(0), MOST)]
    except (ZeroDivisionError, ValueError, TypeError, ArithmeticError):
        return None
    return found if np.all(np.abs(found) < HUGE) else None


def results(out):
    return out if isinstance(out, tuple | list) else (out,)


def is_float(x):
    return isinstance(x, float) or (isinstance(x, np.ndarray) and x.dtype.kind == "f")
