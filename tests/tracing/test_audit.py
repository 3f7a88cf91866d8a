"""The audit names the op in which float32 loses its digits, forward and backward."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.errors import ArgumentError, NoGradientError
from chainrule.tracing.audit import EPS, PrecisionReport, audit_precision

RNG = np.random.default_rng(0)
NEAR = 2000 + 1e-3 * RNG.normal(size=50)


def variance_in_one_pass(x):
    squares = np.mean(x * x)
    return squares - np.mean(x) ** 2


def row(report, op):
    (found,) = [r for r in report.rows if r.op == op]
    return found


def test_a_cancellation_is_found_where_it_happens():
    report = audit_precision(variance_in_one_pass, NEAR)
    assert isinstance(report, PrecisionReport)
    assert report.worst.op == report.origin.op == "subtract"
    assert report.worst.forward > 0.1
    assert "return squares - np.mean(x) ** 2" in report.worst.line
    assert "test_audit.py:" in report.worst.line
    assert row(report, "multiply").forward < 10 * EPS
    assert audit_precision(np.var, NEAR).worst.forward < 0.5


def test_rows_are_ranked_and_a_good_function_is_accurate_everywhere():
    report = audit_precision(lambda x, w: cr.relu(x @ w).sum(), *RNG.normal(size=(2, 8, 8)))
    errors = [r.error for r in report.rows]
    assert errors == sorted(errors, reverse=True)
    assert max(errors) < 30 * EPS
    assert {r.op for r in report.rows} == {"input", "matmul", "relu", "sum"}


def test_own_and_inherited_errors_are_told_apart():
    def f(x):
        lost = (x + 1e6) - 1e6
        return (3 * lost).sum()

    report = audit_precision(f, RNG.normal(size=20))
    assert report.origin.op == "subtract"
    assert row(report, "multiply").forward > 1e-3
    assert row(report, "multiply").own < 2 * EPS
    assert row(report, "input").own == row(report, "input").forward <= EPS


def test_a_backward_pass_that_loses_digits_is_found():
    class Sigmoid(cr.Op):
        """Right, but its slope cancels where out is near 1."""

        def forward(self, x):
            return 1 / (1 + np.exp(-x))

        def backward(self, upstream, x, out):
            return (upstream * out * (1 - out),)

    x = np.array([14.0, 15.0])
    careless = row(audit_precision(lambda x: Sigmoid()(x).sum(), x), "input")
    careful = row(audit_precision(lambda x: cr.sigmoid(x).sum(), x), "input")
    assert careless.forward == careful.forward <= EPS
    assert careless.backward > 1e-2 > 1e-6 > careful.backward


def test_an_overflow_is_an_infinite_error():
    report = audit_precision(lambda x: np.log(np.exp(x)).sum(), np.array([100.0, 1.0]))
    assert report.origin.op == "exp"
    assert np.isinf(row(report, "exp").forward)


@pytest.mark.parametrize(
    "f",
    [
        lambda tree: {"sum": tree["x"] + tree["more"][0], "scaled": tree["x"] * 2.0},
        lambda tree: [tree["x"] @ tree["x"], (tree["more"][0],)],
    ],
)
def test_containers_of_inputs_and_results(f):
    tree = {"x": RNG.normal(size=3), "more": [RNG.normal(size=3), 7, np.arange(3)]}
    report = audit_precision(f, tree)
    assert all(r.error < 10 * EPS for r in report.rows)
    assert "input" in {r.op for r in report.rows}


@pytest.mark.parametrize("shape", [(), (0, 3), (1,)])
def test_every_shape_is_audited(shape):
    report = audit_precision(lambda x: np.exp(x) * 2.0, np.ones(shape))
    assert {r.shape for r in report.rows if r.op != "constant"} == {shape}
    assert report.worst.error < 10 * EPS
    assert audit_precision(np.exp, 1.5).worst.error < 10 * EPS


def test_several_results_of_one_op():
    class Both(cr.Op):
        def forward(self, x):
            return np.exp(x), x * 2

        def backward(self, upstream, x, out):
            return (upstream[0] * out[0] + upstream[1] * 2,)

    report = audit_precision(lambda x: Both()(x)[0], RNG.normal(size=5))
    assert {r.op for r in report.rows} == {"input", "both[0]"}


def test_a_float64_constant_that_widens_the_run_is_shown():
    report = audit_precision(lambda x: (x * np.array([0.1, 0.2, 0.3])).sum(), np.ones(3))
    assert row(report, "multiply").dtype == np.float64
    assert "(3,) float64" in str(report)


def test_a_path_that_depends_on_the_precision_is_said():
    def f(x):
        return np.exp(x) if float(x.data) > 1 else np.exp(x) * 2.0

    with pytest.raises(ArgumentError, match="takes another path in float32 than in float64"):
        audit_precision(f, 1.0 + 1e-9)


def test_a_function_that_returns_nothing_of_its_inputs_is_said():
    with pytest.raises(NoGradientError, match="nothing to audit"):
        audit_precision(lambda x: np.ones(3), np.ones(3))


def test_the_page_reads_as_a_table():
    page = str(audit_precision(variance_in_one_pass, NEAR)).splitlines()
    assert page[0].startswith("float32 against float64")
    assert page[3].split() == ["op", "shape", "forward", "own", "backward", "line"]
    assert page[4].startswith("subtract")
    assert page[-1].startswith("The largest error of one op's own is")
    assert "subtract at return squares - np.mean(x) ** 2" in page[-1]
    assert max(map(len, page)) < 140


def test_the_errors_are_those_of_the_two_runs():
    x = RNG.normal(size=10)
    report = audit_precision(lambda x: np.exp(x).sum(), x)
    wide, narrow = np.exp(x), np.exp(x.astype(np.float32))
    expected = np.abs(narrow - wide).max() / wide.max()
    assert_allclose(row(report, "exp").forward, expected)
    assert_allclose(row(report, "input").backward, expected)
    assert np.isfinite(row(report, "sum").backward)
