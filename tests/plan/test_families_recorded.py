"""Ops that no rule knows, by their families: views, elements by their places, formulas."""

import warnings

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import EagerWarning
from chainrule.extend import Bilinear, Movement, Reduction
from chainrule.plan.check_flow import check_flow
from chainrule.plan.evaluate import evaluate
from chainrule.plan.kinds.opaque import Opaque
from chainrule.plan.record import record
from chainrule.spec import spec_of

X = np.arange(12.0).reshape(3, 4) - 5
Y = np.random.default_rng(0).normal(size=(3, 4))


class Diagonals(Movement):
    def forward(self, x):
        return np.stack([np.diagonal(x), np.diagonal(x, 1)])


class Windows(Movement):
    def forward(self, x):
        return np.lib.stride_tricks.sliding_window_view(x, 2, -1)


class Halves(Movement):
    def forward(self, x):
        return x[:, :2], x[:, 2:]


class Turned(Movement):
    def forward(self, x):
        out = np.full((x.shape[1] + 1, x.shape[0]), -1, x.dtype)
        out[:-1] = x.T
        return out


class Zipped(Movement):
    def forward(self, x, y):
        out = np.zeros((*x.shape, 2), x.dtype)
        out[..., 0], out[..., 1] = x, y
        return out


class Framed(Movement):
    value: float = 0.5

    def forward(self, x):
        out = np.full((x.shape[0], x.shape[1] + 1), self.value, x.dtype)
        out[:, 1:] = x
        return out


class Magnitudes(Movement):
    def forward(self, x):
        return np.abs(np.array(x))


class WithoutNaN(Movement):
    def forward(self, x):
        return np.where(np.isnan(np.array(x)), 0, x)


class Widened(Movement):
    def forward(self, x):
        return np.array(x) + 0


class Shuffled(Movement):
    def forward(self, x):
        return np.random.default_rng().permuted(np.array(x))


class Differences(Movement):
    def forward(self, x):
        out = np.array(x)
        out[1:] -= x[:-1]
        return out


class SecondOfThree(Movement):
    def forward(self, x):
        return np.array(x)[:, :2] + np.array(x)[:, 1:3] - np.array(x)[:, 2:4]


class Spread(Reduction):
    def forward(self, x):
        high, low = (f(x, axis=self.axis, keepdims=self.keepdims) for f in (np.max, np.min))
        return high - low


class Middle(Reduction):
    def forward(self, x):
        return np.nanmedian(np.array(x), axis=self.axis, keepdims=self.keepdims)


class Wedge(Bilinear):
    def forward(self, x, y):
        return x @ y.T - y @ x.T


@pytest.mark.parametrize(
    ("op", "arrays"),
    [
        (Diagonals(), (X,)), (Windows(), (X,)), (Turned(), (X,)), (Zipped(), (X, Y)),
        (Spread(axis=1), (X,)), (Spread(axis=(0, 1), keepdims=True), (X,)), (Wedge(), (X, Y)),
        (Windows(), (X.T,)), (Windows(), (X[:, ::-1],)),
        (Framed(), (X,)), (Framed(np.nan), (X,)), (Framed(-0.0), (X,)), (Framed(2**40), (X,)),
        (Framed(3), (X.astype(np.int8),)), (Framed(), (X.astype(np.float32),)),
    ],
)  # fmt: skip
def test_an_op_of_a_family_needs_no_rule(op, arrays):
    flow = record(lambda *xs: [op(*xs)], list(map(spec_of, arrays)))
    check_flow(flow)
    assert not any(isinstance(step, Opaque) for step in flow.steps)
    (found,) = evaluate(flow, arrays)
    assert found.dtype == op(*arrays).dtype
    np.testing.assert_array_equal(found, op(*arrays))


def test_a_movement_that_looks_anew_needs_no_step():
    flow = record(lambda x: [Windows()(x), *Halves()(x)], [spec_of(X)])
    assert not flow.steps
    for found, expected in zip(evaluate(flow, [X]), [Windows()(X), *Halves()(X)], strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_movement_of_a_view_reads_the_same_elements():
    """Strides and places are those of the operand, whatever it is a view of."""
    flow = record(lambda x: [Windows()(x.T[::-1]), Turned()(x[:, 1:])], [spec_of(X)])
    found = evaluate(flow, [X])
    np.testing.assert_array_equal(found[0], Windows()(X.T[::-1]))
    np.testing.assert_array_equal(found[1], Turned()(X[:, 1:]))


@pytest.mark.parametrize("op", [Differences(), SecondOfThree(), Middle(axis=0)])
def test_what_cannot_be_recorded_is_called_and_says_so_once(op):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(2):
            flow = record(lambda x: [op(x)], [spec_of(X)])
    assert [type(step) for step in flow.steps] == [Opaque]
    np.testing.assert_array_equal(evaluate(flow, [X])[0], op(X))
    (warning,) = caught
    assert warning.category is EagerWarning
    assert str(warning.message).startswith(f"{op.name} is called back by compiled code: its ")
    assert f"Write `formula`, the result of this {type(op).__bases__[0].__name__}" in str(
        warning.message
    )


@pytest.mark.parametrize(("op", "x"), [
    (Magnitudes(), X), (WithoutNaN(), np.where(X < 0, np.nan, X)), (Widened(), X > 0),
    (Magnitudes(), X.astype(np.int8)),
])  # fmt: skip
def test_a_movement_that_computes_is_called_at_every_run(op, x):
    with pytest.warns(EagerWarning, match="is called back"):
        found = cr.compile(op)(x)
    assert found.dtype == op(x).dtype
    np.testing.assert_array_equal(found, op(x))


def test_a_movement_that_moves_at_random_is_called_at_every_run():
    with pytest.warns(EagerWarning, match="shuffled is called back"):
        flow = record(lambda x: [Shuffled()(x)], [spec_of(X)])
    assert [type(step) for step in flow.steps] == [Opaque]


def test_a_formula_stands_in_for_a_forward_that_symbols_cannot_read():
    class Sorted(Reduction):
        def forward(self, x):
            return np.array([np.sort(row)[-1] for row in np.array(x)])

        def formula(self, x):
            return cr.max(x, axis=1)

    flow = record(lambda x: [Sorted()(x)], [spec_of(X)])
    assert not any(isinstance(step, Opaque) for step in flow.steps)
    np.testing.assert_array_equal(evaluate(flow, [X])[0], X.max(1))


def test_a_forward_that_is_the_numpy_call_it_stands_for_says_what_is_missing():
    @cr.op("toy_nanmax", numpy=np.nanmax)
    class NanMax(Reduction):
        def forward(self, x):
            return np.nanmax(x, axis=self.axis, keepdims=self.keepdims)

    try:
        with pytest.warns(EagerWarning, match="forward calls the op itself; its formula"):
            flow = record(lambda x: [NanMax(axis=0)(x)], [spec_of(X)])
        assert [type(step) for step in flow.steps] == [Opaque]
    finally:
        catalogue = cr.graph.op.catalogue.CATALOGUE
        for table in (catalogue.ops, catalogue.standard):
            table.pop("toy_nanmax")
        catalogue.by_numpy.pop(np.nanmax)
