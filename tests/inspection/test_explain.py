"""What explain shows adds up to the gradient that the engine has, whatever the graph."""

import json
import math

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.errors import (
    ArgumentError,
    IndexRangeError,
    NoGradientError,
    NotScalarError,
    ShapeError,
    StaleValueError,
    UnsupportedError,
)
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.operation import apply
from chainrule.spec import is_tuple
from chainrule.testing.cases import case_of

from .random_graphs import random_graph, summed
from .schemas import breaches

DIFFERENTIABLE = [name for name in CATALOGUE.names() if not CATALOGUE[name].flat]
ROUNDING = 1e-9


def places(x):
    """The first, the middle and the last entry."""
    flat = sorted({0, x.size // 2, x.size - 1}) if x.size else []
    return [tuple(map(int, np.unravel_index(i, x.shape))) if x.shape else () for i in flat]


def assert_adds_up(explanation, gradient):
    assert explanation.gradient == gradient or np.isnan(gradient)
    if not np.isfinite(gradient):
        assert_is_spoiled(explanation)
        return
    values = [path.value for path in explanation.paths]
    inner = [abs(f.upstream) for path in explanation.paths for f in path.factors]
    room = ROUNDING * max([1, abs(gradient), *map(abs, values), *inner])
    assert sum(values) + explanation.rest.value == pytest.approx(gradient, abs=room)
    for path in explanation.paths:
        factors = [path.upstream, *(f.local for f in path.factors)]
        product = 0.0 if 0 in factors else np.prod(factors)
        assert path.value == pytest.approx(product, rel=1e-9, abs=room)
    for fork in explanation.forks:
        total = sum(branch.value for branch in fork.branches)
        assert fork.value == pytest.approx(total, rel=1e-12, abs=room)
    shares = sum(path.share for path in explanation.paths) + explanation.rest.share
    assert shares == pytest.approx(1) or shares == 0


def assert_is_spoiled(explanation):
    """What is not finite has no shares, and no sum that contradicts it."""
    with np.errstate(all="ignore"):
        total = sum(path.value for path in explanation.paths)
    assert math.isnan(explanation.rest.value) == (explanation.rest.branches > 0)
    if explanation.rest.branches == 0:
        np.testing.assert_equal(total, explanation.gradient)
    else:
        assert "not followed" in str(explanation)
    assert not any(path.share for path in explanation.paths)
    assert not explanation.rest.share
    assert (explanation.forks, explanation.routes) == ((), ())
    for text in (str(explanation), explanation._repr_html_().split("</style>")[1]):
        assert "%" not in text
        assert "-0)" not in text
    breached = breaches(json.loads(json.dumps(explanation.to_dict())), explanation.schema())
    assert breached == []


def softmax_by_hand(scores):
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return -np.log((e / e.sum(axis=1, keepdims=True))[np.arange(3), [1, 2, 0]]).mean()


SPOILED = {
    "log of a softmax that is 0": (np.eye(3) * 2000, softmax_by_hand),
    "a softmax that overflows": (
        np.eye(3) * 2000,
        lambda x: -np.log((np.exp(x) / np.exp(x).sum())[0, 1]),
    ),
    "a slope that is infinite": (np.array([0.0, 1.0]), lambda x: np.sqrt(x).sum()),
    "0 / 0": (np.array([0.0, 1.0]), lambda x: (x / x).sum()),
    "behind a factor of 0": (np.array([0.0, 1.0]), lambda x: (np.log(x) * 0.0).sum()),
    "inf - inf": (np.array([800.0, 1.0]), lambda x: (np.exp(x) - np.exp(2 * x)).sum()),
    "read by a norm of 0": (np.zeros(3), lambda x: np.sqrt((x * x).sum())),
    "a NaN": (np.array([np.nan, 1.0]), lambda x: (x * x).sum()),
}


@pytest.mark.parametrize("paths", [1, 8])
@pytest.mark.parametrize("case", SPOILED)
def test_what_is_not_finite_is_not_explained_away(case, paths):
    start, made = SPOILED[case]
    w = cr.parameter(start, name="w")
    with np.errstate(all="ignore"):
        loss = made(w)
        loss.backward()
        spoiled = 0
        for place in np.ndindex(w.shape):
            found = cr.explain(loss, w, place, paths=paths)
            assert_adds_up(found, w.grad[place])
            spoiled += not np.isfinite(w.grad[place])
            assert ("cr.why(loss, w) says" in str(found)) == (not np.isfinite(w.grad[place]))
    assert spoiled


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_the_products_of_every_op_add_up_to_its_gradient(name):
    case, rng = case_of(CATALOGUE[name], 0), np.random.default_rng(1)
    wanted = case.differentiable
    leaves = [cr.tensor(x) if i in wanted else x for i, x in enumerate(case.operands)]
    outs = apply(case.op, tuple(leaves))
    loss = summed(outs if is_tuple(outs) else (outs,), rng)
    with np.errstate(all="ignore"):
        loss.backward()
        for x in (leaves[i] for i in wanted):
            for place in places(x):
                found = cr.explain(loss, x, place)
                assert_adds_up(found, float(x.grad[place]))
                assert all(f.role for path in found.paths for f in path.factors)


@pytest.mark.parametrize("number", range(30))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_products_of_random_graphs_add_up_to_their_gradients(number):
    leaves, loss, _ = random_graph(11, number)
    if loss is None:
        return
    loss.backward()
    for x in leaves:
        if x.grad is None:
            continue
        for place in places(x)[:2]:
            assert_adds_up(cr.explain(loss, x, place), float(x.grad[place]))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu"])
def test_the_products_of_random_nets_add_up_to_their_gradients(seed, activation):
    rng = np.random.default_rng(seed)
    widths = [int(n) for n in rng.integers(2, 7, rng.integers(2, 5))]
    net = nn.MLP(widths, activation=activation, dtype="float64")
    x, y = rng.normal(size=(9, widths[0])), rng.integers(0, widths[-1], 9)
    loss = cr.softmax_cross_entropy(net(x), y)
    loss.backward()
    for p in net.parameters().values():
        for place in places(p):
            assert_adds_up(cr.explain(loss, p, place), float(p.grad[place]))
            assert_adds_up(cr.explain(loss, p, place, paths=1000), float(p.grad[place]))


def test_all_paths_are_followed_if_asked_for():
    net, rng = nn.MLP([3, 4, 2], activation="tanh", dtype="float64"), np.random.default_rng(0)
    loss = cr.softmax_cross_entropy(net(rng.normal(size=(5, 3))), rng.integers(0, 2, 5))
    found = cr.explain(loss, net.parameters()["layers.0.weight"], (1, 2), paths=1000)
    assert len(found.paths) == 5 * 2  # a row and a class each
    assert found.rest.branches == 0
    sizes = [abs(path.value) for path in found.paths]
    assert sizes == sorted(sizes, reverse=True)


def test_a_branch_that_is_not_selected_adds_0_however_steep_it_is():
    x = cr.tensor(0.0, name="x")
    with np.errstate(divide="ignore"):
        loss = cr.where(np.array(False), cr.log(x), 2 * x)
    found = cr.explain(loss, x)
    assert found.gradient == 2
    assert sum(path.value for path in found.paths) == 2


def test_an_intermediate_tensor_and_the_loss_itself_can_be_asked_about():
    x = cr.tensor([1.0, 2.0], name="x")
    hidden = x * 3
    loss = (hidden**2).sum()
    assert cr.explain(loss, hidden, 1).gradient == 12
    itself = cr.explain(loss, loss)
    assert (itself.gradient, itself.paths[0].factors) == (1.0, ())
    assert "the loss itself" in str(itself)


def test_several_results_of_one_op_are_paths_of_their_own():
    x = cr.tensor(np.array([[2.0, 0.5], [0.25, 1.0]]), name="x")
    sign, logarithm = np.linalg.slogdet(x)
    left, right = cr.split(x @ x.T, 2, axis=1)
    loss = sign * logarithm + (left * 3).sum() + (left * right**2).sum()
    found = cr.explain(loss, x, (0, 1))
    loss.backward()
    assert_adds_up(found, float(x.grad[0, 1]))
    formulas = {f.formula.partition("(")[2] for path in found.paths for f in path.factors}
    assert any(formula.endswith("[0]") for formula in formulas)
    assert any(formula.endswith("[1]") for formula in formulas)


def test_an_op_of_the_users_own_is_explained_by_its_backward():
    class Doubled(cr.Op):
        def forward(self, x):
            return x * x

        def backward(self, upstream, x, out):
            return (upstream * 5.0,)  # wrong, and what the walk takes

    x = cr.tensor([2.0, 3.0], name="x")
    found = cr.explain(Doubled()(x).sum(), x, 1)
    assert (found.gradient, found.paths[0].factors[-1].local) == (5.0, 5.0)


class ByHand(cr.Op):
    """Python alone, forward and back: no symbol can flow through it."""

    def forward(self, x):
        return np.array([math.sin(v) for v in x])

    def backward(self, upstream, x, out):
        pairs = zip(np.asarray(upstream), np.asarray(x), strict=True)
        return (np.array([u * math.cos(v) for u, v in pairs]),)


class Measured(cr.NumericalOp):
    """Differentiated by differences."""

    def forward(self, x):
        return np.sin(x) * np.sum(x)


@cr.custom_gradient
def bent(x):
    """A gradient by decree, whose pullback leaves the graph."""
    return np.sin(x), lambda upstream: np.asarray(upstream) * 7.0


def scanned(x):
    """Some results of a loop, which has inputs that no gradient is asked for."""
    carry, all_of_them = cr.scan(
        lambda c, v: (cr.tanh(c * x + v), c), np.zeros(3), np.ones((4, 3))
    )
    return carry + all_of_them[1]


@pytest.mark.parametrize("gate", [ByHand(), Measured(), bent, scanned, cr.compile(np.sin)])
@pytest.mark.filterwarnings("ignore::chainrule.errors.NumericalGradientWarning")
def test_gates_of_every_make_are_explained(gate):
    w = cr.parameter([0.3, -0.6, 1.2], name="w")
    h = w * 2
    loss = (gate(h) * np.array([1.0, 2.0, 3.0]) + h).sum()
    loss.backward()
    for place in places(w):
        assert_adds_up(cr.explain(loss, w, place), float(w.grad[place]))
        assert cr.why(loss, w, place).cause == "healthy"


def test_a_rule_of_many_results_that_cannot_be_turned_around_says_so():
    w = cr.parameter(np.ones(20_000), name="w")
    with pytest.raises(UnsupportedError, match="too many to ask for one after the other"):
        cr.explain(ByHand()(w).sum(), w, 0)
    assert cr.why(ByHand()(w).sum(), w, 0).cause == "healthy"


def test_gradients_of_gradients_are_explained():
    w = cr.parameter([0.5, -1.0], name="w")
    first = (cr.tanh(w) ** 2).sum().backward(create_graph=True)[w]
    penalty = (first**2).sum()
    penalty.backward()
    assert_adds_up(cr.explain(penalty, w, 1), float(w.grad[1]))
    inside = cr.grad(lambda v: (v * w * v).sum())(np.ones(2))
    loss = (inside**2).sum()
    loss.backward()
    assert_adds_up(cr.explain(loss, w, 0), float(w.grad[0]))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_every_floating_point_type_is_explained(dtype):
    rng = np.random.default_rng(0)
    w = cr.parameter(rng.normal(size=(3, 2)).astype(dtype), name="w")
    loss = cr.tanh(rng.normal(size=(4, 3)).astype(dtype) @ w).sum()
    loss.backward()
    found = cr.explain(loss, w, (0, 1))
    total = sum(path.value for path in found.paths) + found.rest.value
    assert found.gradient == float(w.grad[0, 1])
    assert total == pytest.approx(found.gradient, rel=64 * float(np.finfo(dtype).eps))


def test_dropout_and_batch_norm_are_explained_as_they_ran():
    rng = np.random.default_rng(0)
    net = nn.Sequential(
        nn.Linear(3, 4, dtype="float64"),
        nn.BatchNorm(4, dtype="float64"),
        nn.Tanh(),
        nn.Dropout(0.5),
        nn.Linear(4, 2, dtype="float64"),
    )
    out = net(rng.normal(size=(6, 3)), training=cr.key(0))
    loss = cr.softmax_cross_entropy(out, rng.integers(0, 2, 6))
    loss.backward()
    for p in net.parameters().values():
        for place in places(p):
            assert_adds_up(cr.explain(loss, p, place), float(p.grad[place]))


def test_a_checkpointed_block_is_one_gate():
    w = cr.parameter([0.3, 0.6], name="w")
    loss = cr.checkpoint(lambda v: np.sin(v) * v)(w).sum()
    loss.backward()
    assert_adds_up(cr.explain(loss, w, 1), float(w.grad[1]))


def test_nothing_is_changed_by_asking():
    w = cr.parameter([0.3, 0.6], name="w")
    loss = (w * w).sum()
    cr.explain(loss, w, 0)
    assert w.grad is None
    loss.backward()
    before = w.grad.copy()
    cr.explain(loss, w, 0)
    np.testing.assert_array_equal(w.grad, before)


def test_an_index_names_one_entry():
    w = cr.parameter(np.ones((2, 3)), name="w")
    loss = (w * w).sum()
    assert cr.explain(loss, w, (-1, np.int64(-2))).index == (1, 1)
    row = cr.parameter(np.ones((1, 1)))
    assert cr.explain((row * 2).sum(), row).index == (0, 0)
    for index in (slice(None), (0, slice(1)), ..., None, 1.0, [0, 1], True, np.array([0, 1])):
        with pytest.raises(ArgumentError, match="an index names one entry"):
            cr.explain(loss, w, index)
    for index in ((), 1, (0, 1, 2)):
        with pytest.raises(ShapeError, match=r"w has the shape \(2, 3\)"):
            cr.explain(loss, w, index)
    with pytest.raises(IndexRangeError, match="index 3 is outside axis 1 of w"):
        cr.explain(loss, w, (0, 3))


def test_what_cannot_be_explained_says_what_to_do():
    w, other = cr.parameter([1.0], name="w"), cr.parameter([1.0], name="other")
    loss = (w * w).sum()
    with pytest.raises(NoGradientError, match=r"cr\.why"):
        cr.explain(loss, other, 0)
    with pytest.raises(ArgumentError, match="the parameter is a ndarray"):
        cr.explain(loss, np.ones(1), 0)
    with pytest.raises(ArgumentError, match="the parameter is an int"):
        cr.explain(loss, 1, 0)
    with pytest.raises(ArgumentError, match="the loss is a float"):
        cr.explain(1.0, w, 0)
    with pytest.raises(NotScalarError):
        cr.explain(cr.parameter(np.ones(2)) * 2, w, 0)
    with pytest.raises(ArgumentError, match="at least one path"):
        cr.explain(loss, w, 0, paths=0)
    w.data = np.array([2.0])
    with pytest.raises(StaleValueError, match="Run the forward pass again"):
        cr.explain(loss, w, 0)


@pytest.mark.parametrize("ask", [lambda x, w: cr.explain(x, w, 0), cr.why])
def test_inside_of_compiled_and_differentiated_functions_there_are_no_numbers(ask):
    def f(w):
        loss = (w * w).sum()
        ask(loss, w)
        return loss

    for wrapped in (cr.compile(f), cr.grad(f), lambda w: cr.jvp(f, (w,), (w,))):
        with pytest.raises(UnsupportedError, match="has no numbers yet"):
            wrapped(np.ones(1))
