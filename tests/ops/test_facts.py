"""What ops say about themselves is true, and is what the readers of facts need."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.doctor.kinks import side
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import Elementwise
from chainrule.nn.initialization import suited
from chainrule.ops.losses.loss import Loss, LossFacts, facts_of, facts_of_named
from chainrule.train.metrics import NAMES

OPS = [CATALOGUE[name] for name in CATALOGUE.names()]
ACTIVATIONS = [
    op for op in OPS if issubclass(op, Elementwise) and (op.silent or np.isfinite(op.bounds).any())
]
LOSSES = [name for name in CATALOGUE.names() if issubclass(CATALOGUE[name], Loss)]


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_says_its_targets_link_unit_and_metric(name):
    facts = CATALOGUE[name].facts()
    assert facts.targets in ("numbers", "shares", "labels")
    assert facts.metric in NAMES
    assert facts.unit in ("", "nats")
    assert (facts.metric == "accuracy") == (facts.targets in ("labels", "shares"))
    assert facts_of(CATALOGUE.function(name)) == facts_of_named(name) == facts


@pytest.mark.parametrize("name", [name for name in LOSSES if CATALOGUE[name].link])
def test_a_link_makes_of_outputs_the_answer_that_the_loss_is_least_for(name):
    """The slope of a canonical link is answer minus target: no other link gives that."""
    rng = np.random.default_rng(0)
    out, targets = CATALOGUE[name].samples(rng)
    answers = CATALOGUE[name].facts().linked(out)
    truth = np.eye(out.shape[-1])[targets] if CATALOGUE[name].targets == "labels" else targets
    # Without its focus a focal loss is a cross-entropy; with it, it is least for no chance.
    plain = {"gamma": 0.0} if "gamma" in CATALOGUE[name].attributes else {}
    loss = CATALOGUE[name](reduction="sum", **plain)
    step = 1e-6
    for place in np.ndindex(out.shape):
        moved = [out.copy(), out.copy()]
        moved[0][place] -= step
        moved[1][place] += step
        slope = (loss(moved[1], targets) - loss(moved[0], targets)) / (2 * step)
        assert slope == pytest.approx(answers[place] - truth[place], abs=1e-6)


def test_what_is_no_loss_has_no_facts():
    assert facts_of_named("relu") == facts_of_named("nothing") == LossFacts()
    assert facts_of(CATALOGUE.function("relu")) == facts_of(None) == LossFacts()


def wide(dtype="float64"):
    return np.linspace(-60, 60, 120_001).astype(dtype)


@pytest.mark.parametrize("op", ACTIVATIONS, ids=lambda op: op.name)
def test_an_activation_keeps_its_bounds_and_comes_near_them(op):
    out = np.asarray(CATALOGUE.standard[op.name](wide()))
    low, high = op.bounds
    assert low <= out.min()
    assert out.max() <= high
    if np.isfinite(low):
        assert out.min() == pytest.approx(low, abs=1e-3)
    if np.isfinite(high):
        assert out.max() == pytest.approx(high, abs=1e-3)


@pytest.mark.parametrize("op", ACTIVATIONS, ids=lambda op: op.name)
def test_a_silent_side_is_dead_where_no_gradient_comes_back_from_it(op):
    x = wide()
    out, pull = cr.vjp(op.function, x)
    (slopes,) = (pull(np.ones_like(x)),)
    slopes = np.asarray(slopes).reshape(-1)
    behind = slopes[np.asarray(out) < 0]
    assert op.silent in ("", "dead", "faint")
    if op.silent == "dead":
        assert not slopes[x < 0].any()
    if op.silent == "faint":
        assert behind.any()
    if not op.silent:  # it is always positive, or its negative side is as loud
        assert not behind.size or np.abs(behind).max() == pytest.approx(slopes.max(), rel=1e-3)


@pytest.mark.parametrize("op", ACTIVATIONS, ids=lambda op: op.name)
def test_weights_before_an_activation_make_up_for_what_it_shrinks(op):
    """The mean square of scores stays within a factor of 2 through twenty layers of it."""
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((200, 300))
    draw = suited(CATALOGUE.standard[op.name])
    sizes = []
    for _ in range(20):
        hidden = np.asarray(op.function(scores))
        scores = hidden @ draw(rng, (300, 300), "float64")
        sizes.append(np.mean(scores * scores))
    if op.silent == "dead":  # the gain is exact for a ReLU, about right for its kin
        assert 0.5 < sizes[-1] / sizes[0] < 2
    assert np.isfinite(sizes).all()


KINKED = [
    op
    for op in OPS
    if not op.smooth and not op.spells_out and not any(domain.kinks for domain in op.domains)
]


@pytest.mark.parametrize("op", KINKED, ids=lambda op: op.name)
def test_an_op_with_kinks_says_which_side_of_them_it_is_on(op):
    rng = np.random.default_rng(0)
    operands, values = op.bind(op.samples(rng) if op.samples else samples_of(op, rng), {})
    assert side(op.of(*values), operands) is not None


def samples_of(op, rng):
    return tuple(rng.uniform(0.5, 2.5, (3, 4)) for _ in op.inputs)


CHANGING = [op for op in OPS if op.changes_only]


@pytest.mark.parametrize("op", CHANGING, ids=lambda op: op.name)
def test_what_changes_only_the_shape_keeps_numbers_and_their_order(op):
    operands, values = op.bind(op.samples(np.random.default_rng(0)), {})
    x, out = operands[0], np.asarray(op.of(*values)(*operands))
    assert set(out.ravel()) == set(x.ravel())
    if op.changes_only != "axes" and out.size == x.size:
        np.testing.assert_array_equal(out.ravel(), x.ravel())
    if op.changes_only == "axes":
        assert sorted(out.shape) == sorted(x.shape)
        assert out.shape != x.shape
