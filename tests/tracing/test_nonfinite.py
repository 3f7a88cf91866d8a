"""The first op that makes NaN or infinity out of finite numbers is named, with its cure."""

import threading

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.errors import NonFiniteError
from chainrule.graph.op.families import Elementwise
from chainrule.settings import ON, RECORDING
from chainrule.tracing.nonfinite import trace_nonfinite

ZERO = np.array([4.0, 0.0, 1.0])


def stopped(run):
    with pytest.raises(NonFiniteError) as caught, trace_nonfinite():
        run()
    assert RECORDING.get() is ON
    return caught.value


def message(run):
    return str(stopped(run))


def test_a_forward_value_is_named_with_element_inputs_and_line():
    x = cr.tensor(ZERO, name="x")

    def run():
        finite = x * 2
        hidden = cr.log(finite) + 1
        return hidden.sum()

    found = message(run)
    assert found.startswith("log became -inf at element (1,), while its inputs are finite")
    assert "in the forward pass" in found
    assert "hidden = cr.log(finite) + 1" in found
    assert "test_nonfinite.py:" in found
    assert "x         (3,)        float64  0.0 there" in found
    assert "-inf there; 1 of 3 are not finite" in found


@pytest.mark.parametrize(
    ("branch", "cure"),
    [
        (cr.log, "where(x > 0, log(where(x > 0, x, 1)), 0)"),
        (cr.log1p, "where(x > -1, log1p(where(x > -1, x, 0)), 0)"),
        (cr.sqrt, "where(x > 0, sqrt(where(x > 0, x, 1)), 0)"),
        (lambda x: 1 / x, "where(y != 0, x / where(y != 0, y, 1), 0)"),
    ],
)
def test_the_where_trap_gets_its_cure_printed(branch, cure):
    x = cr.tensor(np.array([1.0, 0.0, -1.0]))
    found = stopped(lambda: cr.where(x > 0, branch(x), 0.0).sum().backward())
    assert "both of its branches are computed" in found.do
    assert cure in found.do


def test_the_cure_cures():
    x = cr.tensor(ZERO)
    with trace_nonfinite():
        cr.where(x > 0, cr.log(cr.where(x > 0, x, 1)), 0).sum().backward()
    assert_array_equal(x.grad, [0.25, 0, 1])


def test_a_dead_branch_with_an_infinite_slope_alone_does_not_stop():
    x = cr.tensor(ZERO)
    with trace_nonfinite():
        cr.where(x > 0, cr.sqrt(x), 0).sum().backward()
    assert_array_equal(x.grad, [0.25, 0, 0.5])


def test_a_gradient_is_named_with_the_line_of_its_op_and_the_state_of_the_forward_pass():
    x = cr.tensor(ZERO)

    def run():
        root = cr.sqrt(x)
        loss = (3 * root).sum()
        loss.backward()

    found = message(run)
    assert found.startswith("the gradient of x in sqrt became inf at element (1,)")
    assert "the first of the backward pass. The forward pass was clean." in found
    assert "root = cr.sqrt(x)" in found
    assert "upstream  (3,)        float64  3.0 there" in found


def test_a_forward_pass_outside_that_was_not_clean_is_told():
    x = cr.tensor(ZERO)
    with np.errstate(divide="ignore"):
        loss = (cr.where(x > 0, cr.log(x), 0.0) + cr.sqrt(x)).sum()
    found = message(loss.backward)
    assert "The forward pass was not clean: the result of log is not finite." in found
    assert "loss.backward()" not in found  # the line of sqrt is not known
    assert "test_nonfinite.py:" in found


@pytest.mark.parametrize(
    "run",
    [
        lambda: cr.grad(lambda x: cr.sqrt(x).sum())(ZERO),
        lambda: cr.value_and_grad(lambda x: cr.sqrt(x).sum())(ZERO),
        lambda: cr.vjp(cr.sqrt, ZERO)[1](np.ones(3)),
        lambda: cr.sqrt(cr.tensor(ZERO)).sum().backward(create_graph=True),
        lambda: cr.jvp(cr.sqrt, (ZERO,), (np.ones(3),)),
        lambda: cr.linearize(cr.sqrt, ZERO)[1](np.ones(3)),
    ],
    ids=["grad", "value_and_grad", "vjp", "create_graph", "jvp", "linearize"],
)
def test_every_mode_is_watched(run):
    assert "sqrt became inf at element (1,)" in message(run)


@pytest.mark.parametrize(
    "second",
    [
        lambda f: cr.grad(lambda x: cr.grad(f)(x).sum())(ZERO),
        lambda f: cr.hvp(f, (ZERO,), (np.ones(3),)),
    ],
    ids=["grad of grad", "hvp"],
)
def test_second_derivatives_are_watched(second):
    assert "became inf at element (1,)" in message(lambda: second(lambda x: (x**1.5).sum()))


def test_tensors_without_a_gradient_and_runs_without_a_graph_are_watched():
    x = cr.tensor(ZERO, wants_gradient=False)
    assert message(lambda: cr.log(x)).startswith("log became -inf")

    def run():
        with cr.no_grad():
            cr.log(cr.parameter(ZERO))

    assert message(run).startswith("log became -inf")
    with cr.no_grad(), trace_nonfinite():
        assert not cr.exp(cr.parameter(ZERO)).wants_gradient


def test_an_overflow_says_where_the_type_ends():
    found = stopped(lambda: cr.exp(cr.tensor(np.array([100.0, 1.0], np.float32))))
    assert "exp became inf at element (0,)" in str(found)
    assert "It overflows float32, which ends at 3.4e+38" in found.do


def test_ops_that_join_elements_show_the_range_of_their_inputs():
    big = cr.tensor(np.full((2, 3), 1e200))
    found = message(lambda: big @ np.full((3, 2), 1e200))
    assert "matmul became inf at element (0, 0)" in found
    assert "from 1e+200 to 1e+200" in found


def test_broadcast_operands_show_the_element_that_met():
    x, y = cr.tensor(np.ones((2, 3))), cr.tensor(np.array([1.0, 2.0, 0.0]))
    found = message(lambda: x / y)
    assert "divide became inf at element (0, 2)" in found
    assert "y         (3,)        float64  0.0 there" in found


def test_infinities_that_came_in_pass():
    x = cr.tensor(np.array([np.inf, np.nan, 1.0]))
    with trace_nonfinite():
        (x * 2).sum().backward()
        cr.softmax(cr.where(x > 0, x, -np.inf))
        assert cr.max(cr.tensor(np.array([-np.inf, 1.0]))).item() == 1.0


def test_a_rule_of_ones_own_is_named():
    class Cautious(Elementwise):
        def forward(self, x):
            return cr.where(x > 0, x**0.5, 0.0)

        def local_gradients(self, x, out):
            return (0.5 / out,)

    x = cr.tensor(ZERO)
    assert "in cautious became inf" in message(lambda: Cautious()(x).sum().backward())


def test_a_derived_rule_is_one_op():
    """What a formula computes on the way, and then discards, is its own affair."""

    class Guarded(Elementwise):
        def forward(self, x):
            return cr.where(x > 0, cr.log(x), 0.0)

    x = cr.tensor(ZERO)
    with trace_nonfinite():
        Guarded()(x).sum().backward()
        cr.jvp(Guarded(), (ZERO,), (np.ones(3),))
        assert_array_equal(x.grad, [0.25, 0, 1])


def test_several_results_are_watched():
    class Both(cr.Op):
        def forward(self, x):
            return x * 2, np.log(x)

        def backward(self, upstream, x, out):
            return (upstream[0] * 2 + upstream[1] / x,)

    x = cr.tensor(ZERO)
    assert message(lambda: Both()(x)).startswith("both became -inf at element (1,)")


@pytest.mark.parametrize("value", [0.0, np.float32(0.0)])
def test_numbers_without_axes_and_empty_arrays(value):
    assert "log became -inf at element ()" in message(lambda: cr.log(cr.tensor(value)))
    with trace_nonfinite():
        cr.log(cr.tensor(np.zeros((0, 3)))).sum().backward()


def test_each_thread_watches_for_itself():
    entered, done = threading.Event(), threading.Event()
    results = []

    def other():
        entered.wait(10)
        with np.errstate(all="ignore"):
            results.append(cr.log(cr.tensor(ZERO)).data[1])
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with trace_nonfinite():
        entered.set()
        assert done.wait(10)
    thread.join()
    assert results == [-np.inf]


def test_nothing_is_watched_afterwards_and_nothing_kept():
    with trace_nonfinite():
        standing = RECORDING.get()
        for _ in range(100):
            cr.exp(cr.tensor(ZERO)).sum().backward()
        assert len(standing._lines) < 10
    with np.errstate(divide="ignore"):
        assert cr.log(cr.tensor(ZERO)).data[1] == -np.inf
