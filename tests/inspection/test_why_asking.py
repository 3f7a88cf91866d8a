"""How one asks why: by an index, by a name, of a model, without the loss; who cannot ask."""

import gc
import json
import threading

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.errors import (
    ArgumentError,
    IndexRangeError,
    NoGradientError,
    ShapeError,
    StaleValueError,
)

from . import situations
from .schemas import breaches
from .situations import SITUATIONS

KNOWN = [(cause, each) for cause, found in SITUATIONS.items() for each in found]


@pytest.mark.parametrize(
    "situation", [each for cause, each in KNOWN if cause not in ("not_reached", "stopped")]
)
def test_the_answer_is_the_same_after_backward_and_without_the_loss(situation):
    loss, x, index = situation()
    before = cr.why(loss, x, index)
    if not loss.wants_gradient:
        return
    loss.backward()
    after = cr.why(x) if index is None else cr.why(x, index=index)
    assert (after.cause, after.node, after.advice) == (before.cause, before.node, before.advice)


@pytest.fixture
def asked():
    """A loss that was walked back from, a weight of whose columns one is dead, and a gate."""
    w = cr.parameter([[1.0, -1.0], [1.0, -1.0]], name="w")
    hidden = cr.relu(np.array([[1.0, 2.0], [3.0, 4.0]]) @ w)
    loss = hidden.sum()
    loss.backward()
    return loss, w, hidden


def test_an_index_may_come_second_without_a_loss(asked):
    _, w, hidden = asked
    assert cr.why(w, (0, 1)) == cr.why(w, index=(0, 1)) == cr.why("w", (0, 1))
    assert cr.why(w, (np.int64(0), 1)).parameter == "w[0, 1]"
    assert cr.why(hidden, (0, 1)).cause == "healthy"
    with pytest.raises(ShapeError, match="one entry is named by 2 numbers"):
        cr.why(w, 0)


def test_an_entry_that_is_made_while_asking_says_what_to_ask(asked):
    loss, w, _ = asked
    for entry in (w[0, 1], w[0, -1]):
        assert "a new tensor, w[0, 1]," in cr.why(loss, entry).sentence
        assert cr.why(loss, entry).advice.endswith("cr.why(loss, w, (0, 1)).")
        assert cr.why(entry).advice.endswith("cr.why(w, index=(0, 1)).")
    assert cr.why(loss, w[0]).advice.endswith("cr.why(loss, w).")
    bias = cr.parameter([1.0, 2.0], name="net.bias")
    assert cr.why(bias.sum(), bias[1]).advice.endswith("cr.why(loss, 'net.bias', 1).")


def test_a_tensor_goes_by_its_name(asked):
    loss, w, hidden = asked
    assert cr.why(loss, "w", (0, 1)) == cr.why(loss, w, (0, 1))
    assert cr.why(loss, "n2") == cr.why(loss, hidden)
    with pytest.raises(ArgumentError, match="nothing that the loss was made from is called 'v'"):
        cr.why(loss, "v")
    net, x = cr.nn.MLP([2, 3, 2]), np.ones((4, 2), np.float32)
    loss = cr.softmax_cross_entropy(net(x), np.array([0, 1, 0, 1]))
    reason = cr.why(loss, "layers.0.weight")
    assert reason == cr.why(loss, net.parameters()["layers.0.weight"])
    with pytest.raises(ArgumentError, match=r"'layers\.2\.bias'"):
        cr.why(loss, "layers.9.weight")


def test_a_model_is_asked_about_parameter_by_parameter():
    net, x = cr.nn.MLP([2, 3, 2]), np.ones((4, 2), np.float32)
    loss = cr.softmax_cross_entropy(net(x), np.array([0, 1, 0, 1]))
    found = cr.why(loss, net)
    assert list(found.reasons) == list(net.parameters())
    for name, parameter in net.parameters().items():
        assert found[name] == cr.why(loss, parameter)
    assert len(str(found).splitlines()) == len(found) == 4
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert breaches(data, found.schema()) == []
    assert "<td>layers.0.weight</td>" in found._repr_html_()
    assert cr.why(loss, net.parameters()) == found
    loss.backward()
    assert [each.cause for each in cr.why(net).reasons.values()] == [
        each.cause for each in found.reasons.values()
    ]
    with pytest.raises(ArgumentError, match="a model has several"):
        cr.why(loss, net, (0, 1))


def test_losses_and_gates_go_by_what_they_are(asked):
    loss, _, hidden = asked
    for reason in (cr.why(loss), cr.why(loss, loss)):
        assert reason.parameter == "the loss"
        assert "the gradient is 1: the backward walk starts with it" in reason.sentence
    assert cr.why(loss, hidden).parameter == "relu (n2)"
    assert cr.why(loss, hidden, (0, 1)).parameter == "relu (n2)[0, 1]"


def test_without_a_loss_the_last_backward_is_asked():
    w = cr.parameter([1.0], name="w")
    loss = cr.relu(-w).sum()
    loss.backward()
    assert cr.why(w).cause == "dead_unit"
    assert cr.why(w, index=0).cause == "dead_unit"
    other = cr.parameter([1.0], name="other")
    assert cr.why(other).cause == "not_reached"
    del loss
    gc.collect()
    with pytest.raises(NoGradientError, match=r"nobody holds its loss(.|\n)*Keep the loss"):
        cr.why(w)


def test_a_thread_without_a_backward_says_so():
    w, said = cr.parameter([1.0], name="w"), []

    def ask():
        try:
            cr.why(w)
        except NoGradientError as error:
            said.append(str(error))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert "no backward() has run in this thread" in said[0]
    assert "cr.why(loss, w)" in said[0]


def test_several_losses_and_their_upstream_gradients_are_asked_together():
    w = cr.parameter([1.0, 2.0], name="w")
    a, b = w * 3, w * 3
    cr.backward([a, b], [np.array([1.0, 1.0]), np.array([-1.0, 1.0])])
    assert cr.why(w, index=0).cause == "cancelled"
    assert cr.why(w, index=1).cause == "healthy"
    cr.backward([a], [np.zeros(2)])
    assert cr.why(w).cause == "not_reached"
    assert "upstream gradient" in cr.why(w).sentence


def test_a_changed_parameter_says_to_run_again():
    w = cr.parameter([1.0], name="w")
    loss = (w * w).sum()
    loss.backward()
    w.data = np.array([0.5])
    with pytest.raises(StaleValueError, match="Run the forward pass again"):
        cr.why(w)


def test_after_training_by_fit_the_loss_is_made_anew():
    x, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2
    net = nn.MLP([3, 4, 2])
    cr.fit(net, (x, y), loss=cr.softmax_cross_entropy, optimizer=cr.optim.SGD(0.1), epochs=1)
    loss = cr.softmax_cross_entropy(net(x), y)
    assert cr.why(loss, net.parameters()["layers.0.weight"]).cause == "healthy"


def test_a_missing_grad_of_a_healthy_tensor_is_told():
    loss, w, _ = situations.small_classifier()
    assert "backward() has not been called" in cr.why(loss, w).sentence
    loss.backward()
    assert "backward() has not been called" not in cr.why(loss, w).sentence


def test_a_twin_of_the_same_name_is_told():
    w, twin = cr.parameter([1.0], name="w"), cr.parameter([1.0], name="w")
    assert "also called 'w'" in cr.why((twin * 2).sum(), w).sentence


def test_an_index_names_one_entry():
    loss, w, _ = situations.small_classifier()
    for index in (slice(0, 2), (0, slice(None)), ..., 0.5):
        with pytest.raises(ArgumentError, match="an index names one entry"):
            cr.why(loss, w, index)
    with pytest.raises(ShapeError, match="one entry is named by 2 numbers"):
        cr.why(loss, w, 0)
    with pytest.raises(IndexRangeError):
        cr.why(loss, w, (9, 0))
    assert cr.why(loss, w, (-1, -1)).parameter == "layers.0.weight[2, 7]"


@pytest.mark.parametrize("situation", [each for _, each in KNOWN])
def test_nothing_is_changed_by_asking(situation):
    loss, x, index = situation()
    before, held = np.array(x.value), x.gradient
    cr.why(loss, x, index)
    np.testing.assert_array_equal(np.asarray(x.value), before)
    assert x.gradient is held
