"""The probe knows what a backward rule reads; only that is guarded."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.errors import StaleValueError
from chainrule.graph.nodes.walk import walk
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import Elementwise
from chainrule.graph.op.operation import apply
from chainrule.graph.readings.probe import Needs, needs

RNG = np.random.default_rng(0)
M, N = RNG.normal(size=(3, 3)), RNG.normal(size=(3, 3))
ROW = RNG.normal(size=3)
LARGE = 100_000  # elements of float64: guarded, not copied


def of(name, *operands, wanted=None, **attributes):
    op = CATALOGUE[name](**attributes)
    wanted = [True] * len(operands) if wanted is None else wanted
    found = needs(op, operands, apply(op, operands), wanted)
    return "".join("xyz"[i] for i in sorted(found.inputs)) + ("o" if found.out else "")


@pytest.mark.parametrize(
    ("name", "operands", "attributes", "expected"),
    [
        ("add", (M, N), {}, ""),
        ("add", (M, ROW), {}, ""),
        ("subtract", (M, N), {}, ""),
        ("negative", (M,), {}, ""),
        ("multiply", (M, N), {}, "xy"),
        ("square", (M,), {}, "x"),
        ("exp", (M,), {}, "o"),
        ("tanh", (M,), {}, None),
        ("matmul", (M, N), {}, "xy"),
        ("linear", (M, N, ROW), {}, "xy"),
        ("sum", (M,), {}, ""),
        ("mean", (M,), {}, ""),
        ("max", (M,), {}, "xo"),
        ("softmax", (M,), {}, "o"),
        ("reshape", (M,), {"shape": (9,)}, ""),
        ("transpose", (M,), {}, ""),
        ("getitem", (M,), {"key": (0,)}, ""),
        ("broadcast_to", (ROW,), {"shape": (3, 3)}, ""),
        ("where", (M > 0, M, N), {}, "x"),
        ("maximum", (M, N), {}, "xy"),
    ],
)
def test_what_the_rules_of_built_in_ops_read(name, operands, attributes, expected):
    found = of(name, *operands, **attributes)
    assert expected is None or found == expected


@pytest.mark.parametrize(
    ("wanted", "expected"), [((True, False), "y"), ((False, True), "x"), ((False, False), "")]
)
@pytest.mark.parametrize("name", ["multiply", "matmul"])
def test_only_the_gradients_that_are_wanted_count(name, wanted, expected):
    assert of(name, M, N, wanted=wanted) == expected


def test_what_a_rule_of_ones_own_reads():
    class Squash(cr.Op):
        def forward(self, x, y):
            return np.tanh(x) + y

        def backward(self, upstream, x, y, out):
            assert x.shape == y.shape == out.shape
            return upstream * (1 - (out - y) ** 2), upstream

    class AsArray(cr.Op):
        def forward(self, x):
            return x**2

        def backward(self, upstream, x, out):
            return (np.asarray(upstream) * 2 * np.asarray(x),)

    class Formula(cr.Op):
        def forward(self, x, y):
            return x + y

    class Derived(Elementwise):
        def forward(self, x, y):
            return x * y

    out = np.tanh(M) + N
    assert needs(Squash(), [M, N], out, [True, True]) == Needs(frozenset({1}), True)
    assert needs(Squash(), [M, N], out, [False, True]) == Needs(frozenset({1}), True)
    assert needs(AsArray(), [M], M**2, [True]) == Needs(frozenset({0}), True)  # all there is
    assert needs(Formula(), [M, N], M + N, [True, True]) == Needs(frozenset({0, 1}), True)
    assert {0, 1} <= needs(Derived(), [M, N], M * N, [True, True]).inputs


def test_several_results_are_probed_together():
    class Both(cr.Op):
        def forward(self, x):
            return np.exp(x), 2 * x

        def backward(self, upstream, x, out):
            return (upstream[0] * out[0] + upstream[1] * 2,)

    assert needs(Both(), [M], (np.exp(M), 2 * M), [True]) == Needs(frozenset(), True)


# ----------------------------------------------------------------- arrays that changed unread


NOT_READ = {
    "added": (lambda w, user: w + user, 1.0),
    "subtracted": (lambda w, user: user - w, -1.0),
    "compared": (lambda w, user: cr.where(user > 0, w, 0.0), 1.0),
    "a shape": (lambda w, user: w * user.shape[0], float(LARGE)),
}


@pytest.mark.parametrize("name", NOT_READ)
def test_a_large_array_that_no_rule_reads_may_change(name):
    use, slope = NOT_READ[name]
    w, user = cr.tensor(np.ones(LARGE)), np.full(LARGE, 3.0)
    older = user[:]
    loss = use(w, user).sum()
    older[7] = 100.0
    loss.backward()
    assert_array_equal(w.grad, np.full(LARGE, slope))


def test_a_large_array_that_a_rule_reads_for_another_gradient_may_change():
    user = np.full(LARGE, 3.0)
    older = user[:]
    x, w = cr.tensor(user, wants_gradient=False), cr.parameter(np.ones(LARGE), name="w")
    loss = (x * w).sum()  # dL/dw = x
    older[7] = 100.0
    with pytest.raises(StaleValueError, match="read by multiply"):
        loss.backward()
    older[7] = 3.0
    w.data -= 0.5  # dL/dx = w is not wanted
    loss.backward()
    assert_array_equal(w.grad, user)


def test_a_bias_may_change_between_forward_and_backward_but_not_the_weights():
    x, w, b = M, cr.parameter(N, name="w"), cr.parameter(ROW, name="b")
    loss = cr.linear(x, w, b).sum()
    b.data -= 0.5
    loss.backward()
    assert_array_equal(b.grad, [3, 3, 3])
    loss = (cr.linear(cr.linear(x, w, b), w, b)).sum()
    w.data -= 0.5
    with pytest.raises(StaleValueError, match="w was changed after linear read it"):
        loss.backward()


def test_one_reader_of_several_is_enough():
    w, user = cr.tensor(np.ones(LARGE)), np.full(LARGE, 3.0)
    older = user[:]
    x = cr.tensor(user, wants_gradient=False, name="x")
    loss = ((w + x) * 2 + w * x + (w - x)).sum()
    older[7] = 100.0
    with pytest.raises(StaleValueError, match="x was changed after multiply read it"):
        loss.backward()


def test_a_node_that_the_walk_does_not_pass_reads_nothing():
    w, v = cr.parameter(ROW, name="w"), cr.parameter(ROW, name="v")
    loss = (w * w).sum() + (v * 3.0).sum()
    w.data -= 0.5
    with pytest.raises(StaleValueError):
        loss.backward()
    found = walk([loss], [np.ones(())], targets={v})
    assert_array_equal(found[v], [3, 3, 3])
