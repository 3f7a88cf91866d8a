"""A scan is the loop that it stands for: in every mode, at every length, compiled or not."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.plan.check_flow import check_flow
from chainrule.plan.evaluate import evaluate
from chainrule.plan.interpret import interpret
from chainrule.plan.make import make
from chainrule.plan.record import record
from chainrule.spec import spec_of
from tests.loops.recurrences import BY_LENGTH, RECURRENCES, python_scan
from tests.thorough import crossed

WAYS = {
    "plainly": {},
    "backwards": {"reverse": True},
    "in segments": {"checkpoint": 2},
    "in segments, backwards": {"checkpoint": 2, "reverse": True},
    "one by one": {"checkpoint": 1},
    "in one segment": {"checkpoint": 9},
}
CLOSE = 1e-11  # sums of a few hundred numbers of about 1, in another order


def both(name, way, steps=3):
    """The two functions of the arrays, and the arrays."""
    each, keywords = RECURRENCES[name], WAYS[way]

    def scanned(*arrays):
        return each.run(cr.scan, keywords, *arrays)

    def looped(*arrays):
        return each.run(python_scan, keywords, *arrays)

    return scanned, looped, each.arrays(steps)


def directions(arrays):
    rng = np.random.default_rng(1)
    return tuple(rng.normal(size=x.shape) for x in arrays)


def modes(f, arrays):
    """Every derivative of a function, as a list of arrays."""
    numbers = tuple(range(len(arrays)))
    v = directions(arrays)
    slope = cr.grad(f, argnums=numbers)

    def steepness(*arrays):
        return sum((g * u).sum() for g, u in zip(slope(*arrays), v, strict=True))

    return {
        "value": [f(*arrays)],
        "gradient": slope(*arrays),
        "tangent": cr.jvp(f, arrays, v),
        "forward over backward": cr.hvp(f, arrays, v),
        "backward over backward": cr.grad(steepness, argnums=numbers)(*arrays),
        "backward over forward": cr.grad(lambda *a: cr.jvp(f, a, v)[1], argnums=numbers)(*arrays),
        "forward over forward": [cr.jvp(lambda *a: cr.jvp(f, a, v)[1], arrays, v)[1]],
    }


@crossed("name, way", RECURRENCES, WAYS)
def test_every_derivative_is_that_of_the_loop(name, way):
    scanned, looped, arrays = both(name, way)
    found, wanted = modes(scanned, arrays), modes(looped, arrays)
    for mode, expected in wanted.items():
        for one, other in zip(found[mode], expected, strict=True):
            assert_allclose(one, other, atol=CLOSE, rtol=CLOSE, err_msg=mode)


@crossed("steps, name", [0, 1, 2], BY_LENGTH)
def test_lengths_of_which_little_is_left(name, steps):
    each = RECURRENCES[name]
    arrays = each.arrays(steps)
    found = modes(lambda *a: each.run(cr.scan, {}, *a), arrays)
    if steps:
        wanted = modes(lambda *a: each.run(python_scan, {}, *a), arrays)
        for mode, expected in wanted.items():
            for one, other in zip(found[mode], expected, strict=True):
                assert_allclose(one, other, atol=CLOSE, rtol=CLOSE, err_msg=mode)
    assert all(np.all(np.isfinite(x)) for results in found.values() for x in results)


def test_a_scan_without_steps_gives_the_carry_back_and_empty_outputs():
    begin = np.arange(3.0)
    carry, ys = cr.scan(lambda c, x: (c + x, {"y": c.sum(), "z": x > 0}), begin, np.zeros((0, 3)))
    assert_array_equal(carry, begin)
    assert carry is not begin
    assert ys["y"].shape == (0,)
    assert ys["z"].shape == (0, 3)
    assert ys["z"].dtype == bool


def results(f, arrays):
    numbers = tuple(range(len(arrays)))
    v = directions(arrays)
    return lambda *a: [f(*a), *cr.grad(f, argnums=numbers)(*a), *cr.hvp(f, a, v)]


@crossed("name, way", RECURRENCES, ["plainly", "in segments, backwards"])
def test_compiled_is_interpreted_is_eager(name, way):
    scanned, _, arrays = both(name, way)
    function = results(scanned, arrays)
    eager = function(*arrays)
    flow = record(function, [spec_of(x) for x in arrays])
    check_flow(flow)
    plan = make(flow)
    compiled = cr.compile(function)
    again = compiled(*arrays), compiled(*arrays)
    readings = {
        "evaluated": evaluate(flow, arrays),
        "interpreted": interpret(plan, arrays),
        "step by step": interpret(make(flow, together=False), arrays),
        "compiled": again[0],
    }
    for reading, found in readings.items():
        for one, other in zip(found, eager, strict=True):
            assert_allclose(one, other, atol=CLOSE, rtol=CLOSE, err_msg=reading)
    for one, other in zip(*again, strict=True):
        assert_array_equal(one, other)


@pytest.mark.parametrize("steps", [0, 1, 2, 1000])
@pytest.mark.parametrize("name", ["rnn", "chosen"])
def test_compiled_at_every_length(name, steps):
    each = RECURRENCES[name]
    arrays = each.arrays(steps)
    numbers = tuple(range(len(arrays)))
    function = cr.value_and_grad(lambda *a: each.run(cr.scan, {}, *a) / 10, argnums=numbers)
    value, gradients = function(*arrays)
    found, slopes = cr.compile(function)(*arrays)
    assert_allclose(found, value, rtol=1e-9, atol=CLOSE)
    for one, other in zip(slopes, gradients, strict=True):
        assert_allclose(one, other, rtol=1e-6, atol=1e-9)


def test_in_float32_too_the_compiled_loop_has_the_bits_of_the_unrolled_one():
    each = RECURRENCES["rnn"]
    arrays = [x.astype(np.float32) for x in each.arrays(6)]

    def gradient(scan):
        function = cr.value_and_grad(
            lambda w, u, xs, h: (
                scan(lambda h, x: (np.tanh(h @ w + x @ u), None), h, xs)[0] ** 2
            ).sum(),
            argnums=(0, 1, 3),
        )
        return cr.compile(function)(*arrays)

    (value, found), (other, unrolled) = gradient(cr.scan), gradient(python_scan)
    assert value == other
    for one, two in zip(found, unrolled, strict=True):
        assert_array_equal(one, two)


def test_a_thousand_steps_are_one_kernel_whose_step_is_written_once():
    def loss(w, xs):
        return cr.scan(lambda h, x: (np.tanh(h * w + x), None), w, xs)[0].sum()

    w = np.ones(4)
    few, many = (cr.compile(cr.grad(loss)).plan(w, np.ones((n, 4))) for n in (10, 1000))
    assert [len(plan.kernels) for plan in (few, many)] == [len(few.kernels)] * 2
    loops = [kernel for kernel in many.kernels if kernel.runs is not None]
    assert [kernel.loops() for kernel in loops] == ["1000", "1000"]


def test_memory_grows_with_the_steps_and_with_their_root_in_segments():
    def loss(w, xs, k):
        return cr.scan(lambda h, x: (np.tanh(h @ w + x), None), xs[0], xs, checkpoint=k)[0].sum()

    w = np.zeros((16, 16))

    def needed(steps, segment):
        plan = cr.compile(cr.grad(loss)).plan(w, np.zeros((steps, 8, 16)), segment)
        return _arenas(plan)

    assert 9 < needed(1000, None) / needed(100, None) < 11
    assert needed(10_000, 100) < needed(10_000, None) / 20


def _arenas(plan):
    inner = (kernel.runs for kernel in plan.kernels if kernel.runs is not None)
    return plan.arena_bytes + sum(map(_arenas, inner))


def test_fori_is_the_loop_over_whole_numbers():
    w = np.linspace(0.5, 1.5, 6)

    def looped(w):
        c = {"sum": w[0] * 0, "count": 0}
        for i in range(2, 6):
            c = {"sum": np.sin(c["sum"] + w[i] * i), "count": c["count"] + i}
        return c["sum"] * c["count"]

    def counted(w):
        def step(i, c):
            entry = cr.take(w, i, axis=0)
            return {"sum": np.sin(c["sum"] + entry * i), "count": c["count"] + i}

        c = cr.fori(2, 6, step, {"sum": w[0] * 0, "count": 0})
        return c["sum"] * c["count"]

    assert_allclose(counted(w), looped(w))
    assert_allclose(cr.grad(counted)(w), cr.grad(looped)(w))
    assert_allclose(cr.compile(cr.grad(counted))(w), cr.grad(looped)(w))
    assert cr.fori(3, 3, lambda i, c: c + i, 5) == 5
    assert cr.fori(4, 3, lambda i, c: c + i, 5) == 5


def test_numbers_take_the_dtype_that_the_body_gives_them():
    xs = np.ones(3, np.float32)
    carry, ys = cr.scan(lambda c, x: (c + x, c), 0.0, xs)
    assert (carry.dtype, ys.dtype) == (np.float32, np.float32)
    carry, _ = cr.scan(lambda c, x: (c + 1, None), 0, xs)
    assert carry == 3
    assert carry.dtype == np.int64
    carry, _ = cr.scan(lambda c, x: (x * 0.5, None), np.float32(1), xs)
    assert carry == np.float32(0.5)


def test_a_constant_carry_and_constant_outputs():
    carry, ys = cr.scan(lambda c, x: (2.0, (1, np.arange(2))), np.float32(0), np.ones(3))
    assert (carry, carry.dtype) == (2, np.float32)
    assert_array_equal(ys[0], [1, 1, 1])
    assert_array_equal(ys[1], [[0, 1]] * 3)

    def loss(x):
        carry, ys = cr.scan(lambda c, x: (2.0, (1, np.arange(2.0))), x, np.ones(3))
        return carry * x + ys[1].sum()

    assert cr.compile(cr.grad(loss))(3.0) == cr.grad(loss)(3.0) == 2.0
