"""What ops say about themselves is true, and is what the readers of facts need."""

import numpy as np
import pytest

from chainrule.graph.catalogue import CATALOGUE
from chainrule.ops.losses.loss import Loss, LossFacts, facts_of, facts_of_named
from chainrule.train.metrics import NAMES

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
    loss = CATALOGUE[name].of("sum")
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
