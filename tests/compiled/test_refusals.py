"""What a compiled function cannot record, and says so."""

import os
import random
import time
import uuid

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainruleError, DTypeError, UnsupportedError

X = np.array([1.0, 2.0, 3.0])
GENERATOR = np.random.default_rng(0)
OLD = np.random.RandomState(0)
DICE = random.Random(0)


@pytest.fixture
def w():
    made = cr.parameter(X, name="w")
    made.grad = X
    return made


LEAVING = {
    "float": lambda w: float(w[0]),
    "int": lambda w: int(w[0]),
    "item": lambda w: w[0].item(),
    "the data's item": lambda w: w.data.sum().item(),
    "np.asarray": np.asarray,
    "a condition": lambda w: 1.0 if w.sum() > 0 else 2.0,
    "truth": lambda w: 1.0 if w[0] else 2.0,
    "the gradient": lambda w: w.grad,
    "format": lambda w: float(f"{w[0]:.2f}"),
    "a write": lambda w: w.write(0.0),
    "new data": lambda w: setattr(w, "data", w.data - 0.1),
}


@pytest.mark.parametrize("kind", LEAVING)
def test_a_value_of_a_parameter_that_would_be_frozen_raises(w, kind):
    with pytest.raises(UnsupportedError, match="recorded"):
        cr.compile(lambda x: x * LEAVING[kind](w))(X)


@pytest.mark.parametrize(
    "call", [float, int, bool, lambda p: p.item()], ids=["float", "int", "bool", "item"]
)
def test_a_number_read_from_a_parameter_without_axes_raises(call):
    w = cr.parameter(2.0)
    with pytest.raises(UnsupportedError, match="recorded"):
        cr.compile(lambda x: x * call(w))(X)


def test_backward_inside_a_compiled_function_raises_and_names_value_and_grad(w):
    def function(x):
        loss = (w * x).sum()
        loss.backward()
        return w.grad

    with pytest.raises(UnsupportedError, match="value_and_grad"):
        cr.compile(function)(X)
    with pytest.raises(ChainruleError):
        cr.compile(lambda x: cr.backward([(w * x).sum()]))(X)


DRAWS = {
    "np.random": lambda: np.random.normal(size=3),  # noqa: NPY002  users call it
    "random": random.random,
    "a Generator": lambda: GENERATOR.normal(size=3),
    "a RandomState": lambda: OLD.normal(size=3),
    "a Random": DICE.random,
}


@pytest.mark.parametrize("kind", DRAWS)
def test_a_random_draw_that_would_be_repeated_for_ever_raises(kind):
    draw = DRAWS[kind]
    with pytest.raises(UnsupportedError, match="random numbers"):
        cr.compile(lambda x: x + draw())(X)


FRESH = {
    "default_rng": lambda: np.random.default_rng().normal(),
    "RandomState": lambda: np.random.RandomState().normal(),
    "Random": lambda: random.Random().random(),
    "SystemRandom": lambda: random.SystemRandom().random(),
    "urandom": lambda: float(os.urandom(8)[0] * 2.0 + os.urandom(8)[1] * 1000.0),
    "uuid": lambda: float(uuid.uuid4().int % 10**9),
    "a clock": lambda: float(time.perf_counter_ns()),
}


@pytest.mark.parametrize("kind", FRESH)
def test_a_fresh_generator_and_a_clock_raise(kind):
    draw = FRESH[kind]
    with pytest.raises(UnsupportedError, match="two different things"):
        cr.compile(lambda x: x + draw())(X)
    with pytest.raises(UnsupportedError, match="two different things"):
        cr.compile(lambda x: (2 * x, draw()))(X)


def test_a_fresh_generator_with_a_seed_is_recorded():
    compiled = cr.compile(lambda x: x + np.random.default_rng(3).normal())
    expected = X + np.random.default_rng(3).normal()
    np.testing.assert_array_equal(compiled(X), expected)
    np.testing.assert_array_equal(compiled(X), expected)


@pytest.mark.filterwarnings("ignore::chainrule.errors.RecordingWarning")
def test_a_function_that_counts_in_what_it_reads_counts_on():
    counts = [0]

    def function(x):
        counts[0] += 1
        return x * counts[0]

    compiled = cr.compile(function)
    for expected in range(1, 4):
        np.testing.assert_array_equal(compiled(X), X * expected)


def test_a_draw_that_does_not_flow_in_is_no_draw():
    def function(x):
        np.random.normal(size=3)  # noqa: NPY002  somebody else's
        return 2 * x

    np.testing.assert_array_equal(cr.compile(function)(X), 2 * X)


USES = {
    "alone": lambda kept: kept * 2,
    "compiled": lambda kept: cr.compile(lambda z: z * kept)(X),
    "in a gradient": lambda kept: cr.grad(lambda z: cr.sum(z * kept))(X),
    "in a tangent": lambda kept: cr.jvp(lambda z: z * kept, (X,), (X,)),
    "with a tensor": lambda kept: cr.tensor(X) * kept,
    "with a parameter": lambda kept: kept * cr.parameter(X),
}


@pytest.mark.parametrize("use", USES)
def test_a_value_kept_from_a_recording_that_has_ended_is_refused(use):
    kept = []

    def leaking(x):
        kept.append(2 * x)
        return x * x

    cr.compile(leaking)(X)
    with pytest.raises(UnsupportedError, match="another recording, which has ended"):
        USES[use](kept[0])


NO_NUMBERS = [
    np.array([None, 1], object),
    np.array(["a"]),
    np.array([b"a"]),
    np.zeros(2, [("a", "f4")]),
]


@pytest.mark.parametrize("array", NO_NUMBERS, ids=lambda a: str(a.dtype))
def test_an_array_that_holds_no_numbers_raises(array):
    for compiled in (cr.compile(lambda x: x), cr.compile(lambda x: {"a": x + 1}["a"])):
        with pytest.raises(DTypeError, match="arrays of numbers") as raised:
            compiled(array)
        assert str(array.dtype) in str(raised.value)
