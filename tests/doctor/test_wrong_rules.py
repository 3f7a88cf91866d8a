"""Each kind of bug is named, with the place, both values, the error bar and advice."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.doctor import KINDS, check

RNG = np.random.default_rng(0)
X, Y, W = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4)), RNG.normal(size=(4, 4))
PLACES = np.array([0, 2, 2, 1, 0])


def an_op(forward, backward):
    """An op class of two functions without self."""
    return type(
        "Bug",
        (cr.Op,),
        {
            "forward": _method("forward", forward),
            "backward": _method("backward", backward),
        },
    )


def _method(name, function):
    code = getattr(function, "__code__", None)  # np.tanh has none
    listed = "x" if code is None else ", ".join(code.co_varnames[: code.co_argcount])
    scope = {"function": function}
    exec(f"def {name}(self, {listed}):\n    return function({listed})", scope)
    return scope[name]


def _doubled_in_place(u, x, out):
    u *= 2
    return u


def _last_wins(u, x, places, out):
    gradient = np.zeros_like(x)
    gradient[places] = u
    return gradient, None


def _softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


BUGS = [
    ("constant_factor", lambda x: x**3, lambda u, x, out: u * x**2, (X,)),
    ("constant_factor", np.mean, lambda u, x, out: u * np.ones_like(x), (X,)),
    ("sign", lambda x, y: x - y, lambda u, x, y, out: (u, u), (X, Y)),
    ("sign", lambda x: x * np.sin(x), lambda u, x, out: u * (np.sin(x) - x * np.cos(x)), (X,)),
    ("transposed", lambda x, w: x @ w, lambda u, x, w, out: (u @ w, x.T @ u), (X, W)),
    ("transposed", lambda x, w: x @ w, lambda u, x, w, out: (u @ w.T, u.T @ x), (X, Y.T)),
    ("swapped_inputs", lambda x, y: x * y, lambda u, x, y, out: (u * x, u * y), (X, Y)),
    ("swapped_inputs", lambda x, w: x @ w, lambda u, x, w, out: (x.T @ u, u @ w.T), (X, W)),
    ("missing_fork_sum", lambda x: x * np.sin(x), lambda u, x, out: u * np.sin(x), (X,)),
    ("missing_fork_sum", lambda x: x @ x.T, lambda u, x, out: u @ x, (X,)),
    ("missing_broadcast_sum", lambda x, b: x + b, lambda u, x, b, out: (u, u), (X, X[0])),
    ("missing_broadcast_sum", lambda x, b: x * b, lambda u, x, b, out: (u * b, (u * x)[-1]),
     (X, X[0])),
    ("wrong_axis", _softmax,
     lambda u, x, out: out * (u - np.sum(u * out, axis=0, keepdims=True)), (X,)),
    ("wrong_axis", lambda x: np.sum(x, axis=1), lambda u, x, out: np.broadcast_to(u, x.shape),
     (W,)),
    ("missing_term", _softmax, lambda u, x, out: out * u, (X,)),
    ("missing_term", lambda x: 1 / (1 + np.exp(-x)), lambda u, x, out: u * out, (X,)),
    ("upstream_ignored", np.tanh, lambda u, x, out: 1 - out**2, (X,)),
    ("not_linear_in_upstream", np.tanh, lambda u, x, out: u**2 * (1 - out**2), (X,)),
    ("not_linear_in_upstream", np.tanh, lambda u, x, out: np.clip(u, -9, 9) * (1 - out**2), (X,)),
    ("wrong_shape", lambda x: np.sum(x, axis=1), lambda u, x, out: u, (X,)),
    ("wrong_dtype", lambda x: 2 * x, lambda u, x, out: (2 * u).astype(np.float32), (X,)),
    ("wrong_count", lambda x, y: x * y, lambda u, x, y, out: (u * y,), (X, Y)),
    ("none_returned", lambda x, y: x * y, lambda u, x, y, out: (u * y, None), (X, Y)),
    ("shifted_index", lambda x: np.roll(x, 1), lambda u, x, out: u, (X[0],)),
    ("shifted_index", np.cumsum, lambda u, x, out: np.flip(np.cumsum(np.flip(u))) - u, (X[0],)),
    ("scatter_last_wins", lambda x, places: x[places], _last_wins, (X, PLACES)),
    ("mutates_input", lambda x: 2 * x, _doubled_in_place, (X,)),
    ("precision", np.tanh, lambda u, x, out: u * (1 - out * out), (np.array([-18.5, 1.0]),)),
    ("non_finite", lambda x: np.logaddexp(0, x), lambda u, x, out: u * np.exp(x) / (1 + np.exp(x)),
     (np.array([800.0, 1.0]),)),
    ("wrong_at_kink", lambda x: np.maximum(x, 0),
     lambda u, x, out: u * ((x > 0) + 2.0 * (x == 0)),
     (np.array([-1.0, 0.0]),)),
    ("double_backward", np.sin, lambda u, x, out: u * np.cos(getattr(x, "value", x)), (X,)),
    ("unknown", np.sin, lambda u, x, out: u * np.sin(3 * x + 0.7) * x, (X,)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "forward", "backward", "inputs"),
    BUGS,
    ids=[f"{k}{i}" for i, (k, *_) in enumerate(BUGS)],
)
def test_the_bug_is_named(kind, forward, backward, inputs):
    report = check(an_op(forward, backward), *inputs)
    assert not report.passed
    assert report.findings[0].kind == kind, str(report)
    assert kind in KINDS
    assert report.findings[0].advice
    assert kind in str(report)


def test_a_finding_tells_the_worst_entry_both_values_the_bar_and_the_share():
    report = check(
        an_op(lambda x: x**2, lambda u, x, out: 2 * u * x * (x != 3)), np.array([1.0, 3])
    )
    (finding,) = report.findings
    assert finding.input == "x"
    assert finding.index == (1,)
    assert finding.found == 0
    assert abs(finding.expected) > 1
    assert finding.error_bar < 1e-10
    assert finding.share == 0.5


def test_a_factor_is_told_with_what_it_equals():
    (finding,) = check(
        an_op(lambda x: np.mean(x, axis=0), lambda u, x, out: u + 0 * x), X
    ).findings
    assert finding.factor == pytest.approx(3)
    assert finding.equals == "the batch size, x.shape[0]"


def test_a_missing_term_is_told_as_a_formula():
    sigmoid = an_op(lambda x: 1 / (1 + np.exp(-x)), lambda u, x, out: u * out)
    (finding,) = check(sigmoid, X).findings
    assert finding.term == "-upstream * out**2"
    fork = an_op(lambda x: x * np.sin(x), lambda u, x, out: u * np.sin(x))
    (finding,) = check(fork, X).findings
    assert finding.term == "upstream * x * cos(x)"


def test_state_that_forward_leaves_behind_is_found():
    class Remembers(cr.Op):
        def forward(self, x):
            kept["x"] = np.array(x)
            return np.sin(x)

        def backward(self, upstream, x, out):
            return upstream * np.cos(kept["x"])

    kept = {}
    assert [f.kind for f in check(Remembers, X).findings] == ["stale_state"]


def test_a_gradient_that_is_collected_is_stale_and_a_drawn_one_is_not_deterministic():
    kept, rng = {"sum": 0.0}, np.random.default_rng(1)

    def collected(u, x, out):
        kept["sum"] = kept["sum"] + u * np.cos(x)
        return kept["sum"]

    op = an_op(np.sin, collected)
    assert check(op, X).findings[0].kind == "stale_state"
    op = an_op(lambda x: 2 * x, lambda u, x, out: 2 * u * (rng.random(x.shape) > 0.5))
    assert check(op, X).findings[0].kind == "nondeterministic"


def test_backward_that_raises_is_reported():
    (finding,) = check(an_op(lambda x: 2 * x, lambda u, x, out: u @ x), X).findings
    assert finding.kind == "unknown"
    assert "ValueError" in finding.what


def test_backward_in_plain_numpy_is_a_note():
    plain = an_op(np.sin, lambda u, x, out: np.asarray(u) * np.cos(np.asarray(x)))
    report = check(plain, X)
    assert report.passed
    assert [note.kind for note in report.notes] == ["double_backward"]
    assert not check(plain, X, order=1).notes


def test_a_function_names_the_op_that_is_to_blame():
    wrong = an_op(np.sin, lambda u, x, out: -u * np.cos(x)).function
    report = check(lambda x: np.sum(np.tanh(wrong(x)) ** 2), X)
    assert [(f.kind, f.op) for f in report.findings] == [("sign", "bug")]


def test_a_custom_gradient_is_checked():
    @cr.custom_gradient
    def cube(x):
        return x**3, lambda upstream: upstream * x**2

    assert [f.kind for f in check(cube, X).findings] == ["constant_factor"]


def test_a_function_and_its_gradient_from_outside():
    def f(x, y):
        return np.sum(x * y)

    assert check(f, X, Y, gradient=lambda x, y: (y, x)).passed
    assert check(f, X, Y, gradient=lambda upstream, x, y: (upstream * y, upstream * x)).passed
    report = check(f, X, Y, gradient=lambda x, y: (x, y))
    assert {finding.kind for finding in report.findings} == {"swapped_inputs"}


def test_a_wrong_jvp_is_found():
    class Twice(cr.Op):
        def forward(self, x):
            return 2 * x

        def backward(self, upstream, x, out):
            return (2 * upstream,)

        def jvp(self, tangents, inputs, out):
            return -2 * tangents[0]

    (finding,) = check(Twice, X).findings
    assert finding.kind == "sign"
    assert "jvp" in finding.what
