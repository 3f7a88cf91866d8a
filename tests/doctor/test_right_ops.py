"""The doctor finds nothing on right ops: at samples, ties, kinks and zeros to the fourth
order, and in float32."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.doctor import check
from chainrule.doctor.draw import operands_of
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import Elementwise
from tests.thorough import crossed

NAMES = [name for name in CATALOGUE.names() if not CATALOGUE[name].flat]
CHANGES = {
    "samples": np.copy,
    "integers": np.round,  # ties and kinks
    "zeros": np.zeros_like,
    "float32": lambda x: x.astype(np.float32),
}


# The slopes of a length: at 0 their own are NaN, whatever they are multiplied with.
BENT = ("radial", "radial_part", "leg", "moved_leg")


@crossed("change, name", ("samples", "float32", "integers", "zeros"), NAMES)
def test_a_right_op_of_the_catalogue_has_no_findings(name, change):
    op = CATALOGUE[name]
    if name in BENT and change == "zeros":
        pytest.skip("there is no derivative here, and the op says so")
    operands, values = operands_of(op)
    moved = [CHANGES[change](x) if _is_float(x) else x for x in map(_as_array, operands)]
    if issubclass(op, Elementwise):
        moved = _distinct(moved)
    try:
        with np.errstate(all="ignore"):
            op.of(*values).forward(*moved)
    except Exception:
        pytest.skip("outside the domain of this op")
    order = 1 if change == "float32" else 4  # each order is asked where those before pass
    report = check(op.of(*values), *moved, order=order)
    assert report.passed, str(report)


def _distinct(operands):
    """Each set of numbers once, of operands that stand place beside place."""
    if not all(map(_is_float, operands)) or len({x.shape for x in operands}) > 1:
        return operands
    columns = np.stack([x.ravel() for x in operands], axis=1)
    once = {column.tobytes(): column for column in columns}  # 0 and -0 are two
    return list(np.array(list(once.values())).T)


def _as_array(x):
    return np.asarray(x) if isinstance(x, float) else x


def _is_float(x):
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


@pytest.mark.parametrize("shape", [(), (1,), (0,), (2, 0, 3), (1, 1)])
def test_numbers_without_axes_and_empty_arrays_pass(shape):
    for function in (cr.tanh, cr.relu, cr.sum, cr.softplus):
        assert check(function, np.full(shape, 0.5)).passed


@pytest.mark.parametrize("size", [1e-200, 1e-9, 1e8])
def test_inputs_of_any_size_pass(size):
    x = np.array([size, -3 * size])
    for function in (cr.square, cr.relu, cr.abs, cr.sin, cr.tanh):
        report = check(function, x)
        assert report.passed, str(report)


def test_a_function_of_ops_passes_with_ties():
    def largest(x, w):
        return np.maximum(x @ w, 0.0).max() + np.sort(x).sum()

    report = check(largest, np.ones((2, 3)), np.ones((3, 2)))
    assert report.passed, str(report)


def test_a_tie_that_the_chain_rule_answers_by_convention_is_a_note():
    report = check(lambda x: cr.relu(x) - cr.relu(-x), np.zeros(2))
    assert report.passed
    assert [note.kind for note in report.notes] == ["wrong_at_kink"]


def test_any_value_between_the_slopes_is_right_at_a_kink():
    for at_zero in (0.0, 0.3, 1.0):

        class Ramp(cr.Op):
            value: float = at_zero

            def forward(self, x):
                return np.maximum(x, 0)

            def backward(self, upstream, x, out):
                return (upstream * np.where(x > 0, 1.0, np.where(x < 0, 0.0, self.value)),)

        assert check(Ramp, np.array([-1.0, 0.0, 2.0])).passed


def test_an_opaque_forward_is_checked_by_numbers():
    class Hidden(cr.Op):
        def forward(self, x):
            return np.array([np.sin(each) for each in np.asarray(x, float)])

        def backward(self, upstream, x, out):
            return (upstream * np.cos(x),)

    report = check(Hidden, np.array([0.3, 1.0]))
    assert report.passed
    assert all(c.judged == c.entries for c in report.comparisons)


def test_several_results_integers_and_missing_operands_pass():
    class Parts(cr.Op):
        def forward(self, x, places):
            return x[places], np.sum(x)

        def backward(self, upstream, x, places, out):
            of_picked, of_sum = upstream
            gradient = np.zeros(x.shape, x.dtype) + of_sum
            np.add.at(gradient, places, of_picked)
            return gradient, None

    assert check(Parts, np.array([1.0, 2.0, 3.0]), np.array([0, 0, 2]), order=1).passed
    assert check(cr.linear, np.ones((2, 3)), np.ones((3, 2))).passed


def test_large_inputs_are_sampled():
    report = check(cr.tanh, np.linspace(-1, 1, 4000), order=1)
    assert report.passed
    assert 0 < report.comparisons[0].judged < 4000


def test_a_flat_op_has_nothing_to_check():
    report = check(cr.floor, np.array([0.5]))
    assert report.passed
    assert [note.kind for note in report.notes] == ["no_gradient"]
