"""A user's op in a recording: read as a formula where it is one, called back where it is NumPy."""

import warnings

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import NumericalGradientWarning, ShapeError
from chainrule.graph.op.families import Elementwise
from chainrule.plan.check_flow import check_flow
from chainrule.plan.evaluate import evaluate
from chainrule.plan.kinds.bounds import Bounds
from chainrule.plan.kinds.opaque import Opaque
from chainrule.plan.record import record
from chainrule.plan.simplify import simplify
from chainrule.spec import spec_of


class Cube(cr.Op):
    def forward(self, x):
        return x**3

    def backward(self, upstream, x, out):
        return (upstream * 3 * x**2,)


class InNumPy(cr.Op):
    def forward(self, x, k):
        x = np.array(x)
        x[x < 0] *= float(k.sum())
        return x

    def backward(self, upstream, x, k, out):
        slope = np.ones(x.shape)
        slope[np.asarray(x) < 0] = float(k.sum())
        return upstream * slope, None


class GivesUp(cr.Op):
    def forward(self, x, places):
        x = cr.take(x, places)
        return np.array(x)  # which a symbol does not take

    def backward(self, upstream, x, places, out):
        return np.zeros(x.shape), None


class TwoResults(cr.Op):
    def forward(self, x):
        return np.asarray(x) * 2, np.sin(np.asarray(x))

    def backward(self, upstream, x, out):
        doubled, sine = (np.asarray(u) for u in upstream)
        return (doubled * 2 + sine * np.cos(np.asarray(x)),)


class Slope(Elementwise):
    def forward(self, x):
        return np.asarray(x) * 3

    def local_gradients(self, x, out):
        return (np.full(np.asarray(x).shape, 3.0),)


class Table(cr.NumericalOp):
    def forward(self, x):
        return np.array([np.sin(float(v)) for v in x])


def two(x):
    doubled, sine = TwoResults()(x)
    return (doubled * sine).sum()


RNG = np.random.default_rng(0)
X, K = np.array([1.0, -2.0, 3.0]), np.array([2.0, 1.0])


@pytest.mark.parametrize(
    ("function", "arrays", "calls"),
    [
        (lambda x: (Cube()(x) ** 2).sum(), (X,), 0),
        (lambda x, k: (InNumPy()(x, k) ** 2).sum(), (X, K), 2),
        (two, (X,), 2),
        (lambda x: Slope()(x).sum(), (X,), 2),
        (lambda x: (Slope()(x) ** 2).sum(), (X,), 2),
        (lambda x: Table()(x).sum(), (X,), 2),
    ],
)
def test_a_users_op_and_its_gradient_are_recorded(function, arrays, calls):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NumericalGradientWarning)
        expected = cr.grad(function)(*arrays)
        flow = simplify(record(lambda *xs: [cr.grad(function)(*xs)], list(map(spec_of, arrays))))
        check_flow(flow)
        np.testing.assert_allclose(evaluate(flow, arrays)[0], expected, rtol=1e-12)
    assert sum(isinstance(step, Opaque) for step in flow.steps) == calls


def test_second_derivatives_of_a_formula_are_recorded():
    second = cr.grad(cr.grad(lambda x: 1 * Cube()(x)))
    flow = record(lambda x: [second(x)], [spec_of(np.array(2.0))])
    assert evaluate(flow, [np.array(2.0)])[0] == 12.0


@pytest.mark.parametrize("size", [None, 3])
def test_an_op_that_draws_random_numbers_draws_them_at_every_run(size):
    class Noisy(cr.Op):
        def forward(self, x):
            return x + RNG.normal(size=size)

        def backward(self, upstream, x, out):
            return (upstream,)

    flow = record(lambda x: [cr.grad(lambda x: (Noisy()(x) ** 2).sum())(x)], [spec_of(X)])
    assert not np.array_equal(*(evaluate(flow, [X])[0] for _ in range(2)))


def test_errors_of_a_users_op_stay_its_own():
    class Picky(cr.Op):
        def forward(self, x):
            raise ValueError("only on Sundays")

    with pytest.raises(ShapeError, match="only on Sundays"):
        record(lambda x: [Picky()(x)], [spec_of(X)])


def test_what_a_formula_checked_before_it_failed_is_checked_again():
    """Its steps are taken back, and the checks with them."""
    arrays = [np.arange(3.0), np.array([0, 2])]
    specs = [spec_of(x) for x in arrays]
    flow = record(lambda x, places: [GivesUp()(x, places), cr.take(x, places)], specs)
    kinds = [type(step) for step in flow.steps]
    assert kinds.count(Bounds) == 1
    assert kinds.index(Opaque) < kinds.index(Bounds)
    for found in evaluate(flow, arrays):
        assert found.tolist() == [0, 2]
