"""Module: names, state, runs, dtypes, and how nets are drawn."""

import copy
import pickle

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.errors import ArgumentError, DataError
from chainrule.graph.nodes.graph import Graph
from chainrule.ops.random import key


class Plain(nn.Module):
    """A user's module that knows nothing of runs."""

    def __init__(self):
        self.hidden = nn.Linear(4, 8)
        self.quiet = nn.Dropout(0.5)
        self.outputs = [nn.Linear(8, 3), nn.Linear(8, 2)]
        self.gain = cr.parameter(np.ones(3, np.float32))

    def forward(self, x):
        return self.outputs[0](self.quiet(cr.relu(self.hidden(x)))) * self.gain


def test_parameters_are_named_by_their_path_weight_before_bias():
    net = nn.MLP([4, 3, 2])
    names = ["layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias"]
    assert list(net.parameters()) == names
    assert [p.name for p in net.parameters().values()] == names


def test_attributes_lists_and_dicts_are_registered():
    net = Plain()
    assert list(net.parameters()) == [
        "gain",
        "hidden.weight",
        "hidden.bias",
        "outputs.0.weight",
        "outputs.0.bias",
        "outputs.1.weight",
        "outputs.1.bias",
    ]
    net.table = {"a": nn.Linear(2, 2, bias=False)}
    assert net.parameters()["table.a.weight"].name == "table.a.weight"
    net.outputs.append(nn.Linear(1, 1, bias=False))
    assert net.parameters()["outputs.2.weight"].name == "outputs.2.weight"


def test_names_follow_a_module_into_another_and_stay_when_it_is_asked_alone():
    inner = nn.Sequential(nn.Linear(2, 2))
    outer = nn.Sequential(body=inner)
    assert list(outer.parameters()) == ["body.layers.0.weight", "body.layers.0.bias"]
    assert list(inner.parameters()) == ["layers.0.weight", "layers.0.bias"]
    assert inner.layers[0].weight.name == "body.layers.0.weight"


def test_a_shared_layer_is_counted_once():
    layer = nn.Linear(3, 3)
    net = nn.Sequential(layer, nn.ReLU(), layer)
    assert list(net.parameters()) == ["layers.0.weight", "layers.0.bias"]


def test_an_array_becomes_one_constant_and_a_tensor_enters_unchanged(rng):
    net, x = nn.MLP([4, 3, 2]), rng.normal(size=(5, 4))
    constants = [
        node for node in Graph.of(net(x)).leaves if node not in set(net.parameters().values())
    ]
    assert [(node.shape, node.dtype) for node in constants] == [((5, 4), np.float32)]
    assert not constants[0].wants_gradient
    leaf = cr.tensor(x.astype(np.float32))
    net(leaf).sum().backward()
    assert leaf.grad.shape == (5, 4)


@pytest.mark.parametrize("given", [np.float64, np.float32, np.uint8, bool])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_net_computes_in_its_own_dtype(given, dtype):
    net = nn.MLP([4, 3, 2], dtype=dtype)
    assert net(np.ones((5, 4), given)).dtype == dtype


def test_whole_numbers_stay_whole_in_a_net_with_an_embedding():
    class Words(nn.Module):
        def __init__(self):
            self.table = nn.Embedding(5, 3)

        def forward(self, x):
            return self.table(x).mean(axis=1)

    assert Words()(np.array([[0, 4], [1, 1]])).shape == (2, 3)


def test_a_user_array_may_change_after_the_forward_pass(rng):
    net, x = nn.Linear(4, 2), rng.normal(size=(5, 4)).astype(np.float32)
    loss, kept = net(x).sum(), x.copy()
    x[...] = 0
    loss.backward()
    np.testing.assert_allclose(net.weight.grad, np.repeat(kept.sum(0)[:, None], 2, 1), rtol=1e-5)


def test_training_reaches_dropout_inside_a_plain_module(rng):
    net, x = Plain(), rng.normal(size=(30, 4))
    same = net(x, training=key(1)).data
    np.testing.assert_array_equal(same, net(x, training=key(1)).data)
    assert (same != net(x, training=key(2)).data).any()
    assert (same != net(x).data).any()
    np.testing.assert_array_equal(net(x).data, net(x).data)
    outer = nn.Sequential(net, nn.Dropout(0.5))
    assert (outer(x, training=key(1)).data != outer(x, training=key(2)).data).any()


def test_a_module_inside_a_training_run_may_be_evaluated(rng):
    class Student(nn.Module):
        def __init__(self):
            self.teacher = nn.Dropout(0.5)

        def forward(self, x):
            return self.teacher(x, training=False)

    x = rng.normal(size=20)
    np.testing.assert_array_equal(Student()(x, training=key(0)).data, x)


def test_every_random_layer_and_every_use_has_a_key_of_its_own():
    net = nn.Sequential(nn.Dropout(0.5), nn.Dropout(0.5))
    x = np.ones(4000)
    assert abs((net(x, training=key(0)).data != 0).mean() - 0.25) < 0.03
    layer = nn.Dropout(0.5)
    twice = nn.Sequential(layer, layer)
    assert abs((twice(x, training=key(0)).data != 0).mean() - 0.25) < 0.03


@pytest.mark.parametrize("training", [True, 3, 0.5, "yes"])
def test_training_takes_a_key(training):
    with pytest.raises(ArgumentError) as error:
        nn.Linear(2, 1)(np.ones((1, 2)), training=training)
    assert error.value.what == f"training= takes a random key, not {training!r}."
    assert "chainrule.ops.random.key(0)" in str(error.value)


def test_state_goes_round(rng):
    net = nn.MLP([4, 8, 3], normalization="batch", seed=1)
    net.write_buffers(net.run(rng.normal(size=(20, 4)), training=key(0))[1])
    state, x = net.state(), rng.normal(size=(5, 4))
    assert list(state)[-2:] == ["layers.1.running_mean", "layers.1.running_variance"]
    other = nn.MLP([4, 8, 3], normalization="batch", seed=2)
    assert (other(x).data != net(x).data).any()
    other.load_state(state)
    np.testing.assert_array_equal(other(x).data, net(x).data)
    state["layers.0.weight"][...] = 0
    assert net.layers[0].weight.data.any()


def test_a_state_that_does_not_fit_changes_nothing():
    net = nn.MLP([4, 3, 2])
    before, state = net.state(), nn.MLP([4, 3, 2], seed=9).state()
    state["layers.0.bias"] = np.zeros(7)
    state["extra"] = state.pop("layers.2.bias")
    with pytest.raises(DataError) as error:
        net.load_state(state)
    lines = str(error.value).splitlines()
    assert lines[0] == (
        "this state does not fit the net: 1 missing, 1 unexpected, 1 that do not fit."
    )
    assert lines[2:] == [
        "    missing     layers.2.bias",
        "    unexpected  extra",
        "    layers.0.bias  (7,) float64, the net has (3,) float32",
        "Build the net with the layers and sizes it was saved with; nothing was changed.",
    ]
    for path, array in net.state().items():
        np.testing.assert_array_equal(array, before[path])


def test_a_state_of_words_is_refused():
    net = nn.Linear(1, 1)
    with pytest.raises(DataError):
        net.load_state({"weight": np.array([["a"]]), "bias": np.zeros(1)})


def test_updates_of_unknown_buffers_are_refused():
    with pytest.raises(DataError) as error:
        nn.Linear(1, 1).write_buffers({"running_mean": np.zeros(1)})
    assert "unexpected  running_mean" in str(error.value)


def test_a_copy_is_independent():
    net = nn.MLP([4, 3, 2])
    other = copy.deepcopy(net)
    other.layers[0].weight.data = np.zeros((4, 3))
    assert net.layers[0].weight.data.any()
    assert list(other.parameters()) == list(net.parameters())
    other(np.ones((2, 4))).sum().backward()
    assert other.layers[0].weight.grad is not None
    assert net.layers[0].weight.grad is None


def test_the_repr_is_nested_and_readable():
    net = nn.Sequential(
        body=nn.Sequential(nn.Linear(4, 8, bias=False), nn.LeakyReLU(0.2), nn.BatchNorm(8)),
        head=nn.Linear(8, 2),
    )
    assert repr(net) == (
        "Sequential(\n"
        "  body: Sequential(\n"
        "    layers.0: Linear(4, 8, bias=False)\n"
        "    layers.1: LeakyReLU(0.2)\n"
        "    layers.2: BatchNorm(8)\n"
        "  )\n"
        "  head: Linear(8, 2)\n"
        ")"
    )
    assert repr(nn.Embedding(5, 3)) == "Embedding(5, 3)"
    assert repr(nn.GELU("tanh")) == "GELU(approximate='tanh')"


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match="Empty has no forward"):
        type("Empty", (nn.Module,), {})()(np.ones(3))


@pytest.mark.parametrize("model", [nn.Linear(2, 2), nn.MLP([2, 2]), nn.Sequential(nn.ReLU())])
def test_what_other_libraries_call_it_says_what_is_written_here(model):
    for name in ("train", "eval"):
        with pytest.raises(AttributeError, match=r"model\(x\) evaluates, and model\(x, training="):
            getattr(model, name)()
    with pytest.raises(AttributeError, match=r"cr\.fit\(model, "):
        model.fit(np.ones((3, 2)))
    with pytest.raises(AttributeError, match=r"has no attribute or layer 'typo'$"):
        model.typo  # noqa: B018
    assert not hasattr(model, "eval")
    again = pickle.loads(pickle.dumps(copy.deepcopy(model)))
    assert again(np.ones((3, 2))).shape == model(np.ones((3, 2))).shape
