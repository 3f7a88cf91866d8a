"""Groups of parameters with settings of their own: eager and compiled steps, and refusals."""

import copy

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import ArgumentError

KINDS = [
    (optim.SGD, {}),
    (optim.SGD, {"momentum": 0.9}),
    (optim.RMSProp, {}),
    (optim.Adagrad, {}),
    (optim.Adam, {}),
    (optim.AdamW, {"weight_decay": 0.3}),
    (optim.SGD, {"weight_decay": 0.3}),
    (optim.SGD, {"momentum": 0.9, "velocity": "steps"}),
    (optim.Adam, {"amsgrad": True}),
    (optim.NAdam, {"weight_decay": 0.3}),
    (optim.RAdam, {}),
    (optim.Lion, {}),
]
X = np.random.default_rng(0).normal(size=(24, 3)).astype(np.float32)
Y = np.arange(24) % 2
BIG = (3, 8000)  # elements that are stepped on their own


def fitted(optimizer, compiled=True, **settings):
    model = nn.MLP([3, 4, 2])
    cr.fit(
        model, (X, Y), loss=cr.softmax_cross_entropy, optimizer=optimizer, epochs=3,
        batch_size=8, compiled=compiled, **settings,
    )  # fmt: skip
    return model.state()


def stepped(optimizer, steps=3):
    rng = np.random.default_rng(1)
    shapes = {"a.weight": (3, 4), "a.bias": (4,), "b.weight": BIG, "b.bias": (4,)}
    parameters = {name: cr.parameter(rng.normal(size=s)) for name, s in shapes.items()}
    for _ in range(steps):
        for p in parameters.values():
            cr.sum(cr.sin(p)).backward()
        optimizer.step(parameters)
    return {name: p.data for name, p in parameters.items()}


@pytest.mark.parametrize(("kind", "settings"), KINDS)
def test_a_factor_is_that_of_the_rate(kind, settings):
    grouped = stepped(kind(0.05, **settings, groups={"*.bias": 0.5, "b.weight": {"rate": 2}}))
    for rate, names in ((0.05, ["a.weight"]), (0.025, ["a.bias", "b.bias"]), (0.1, ["b.weight"])):
        alone = stepped(kind(rate, **settings))
        for name in names:
            assert_allclose(grouped[name], alone[name], rtol=1e-12, err_msg=name)


@pytest.mark.parametrize(("kind", "settings"), KINDS)
@pytest.mark.parametrize("schedule", [None, optim.Cosine()])
def test_compiled_training_ends_where_eager_training_ends(kind, settings, schedule):
    groups = {"*.bias": 0.1, "layers.0.*": {"rate": 3.0}}
    one, other = (
        fitted(kind(0.02, **settings, groups=groups), compiled, schedule=schedule)
        for compiled in (True, False)
    )
    for path, array in one.items():
        assert_allclose(array, other[path], rtol=2e-4, atol=1e-5, err_msg=path)


@pytest.mark.parametrize("compiled", [True, False])
def test_a_group_of_rate_0_stays_as_it_is(compiled):
    before = nn.MLP([3, 4, 2]).state()
    after = fitted(optim.Adam(0.1, groups={"layers.0.*": 0}), compiled)
    for path, array in after.items():
        assert (array == before[path]).all() == path.startswith("layers.0"), path


def test_the_first_pattern_that_fits_counts():
    found = stepped(optim.SGD(0.1, groups={"a.*": 0.0, "*.bias": 0.5}))
    alone = stepped(optim.SGD(0.05))
    assert_array_equal(found["a.bias"], stepped(optim.SGD(0.1), 0)["a.bias"])
    assert_allclose(found["b.bias"], alone["b.bias"])


def test_biases_without_decay():
    grouped = stepped(optim.AdamW(0.1, weight_decay=0.5, groups={"*.bias": {"weight_decay": 0}}))
    decayed, plain = stepped(optim.AdamW(0.1, weight_decay=0.5)), stepped(optim.Adam(0.1))
    for name, array in grouped.items():
        assert_allclose(array, (plain if name.endswith("bias") else decayed)[name], rtol=1e-12)


@pytest.mark.parametrize("compiled", [True, False])
def test_a_decay_by_schedule_is_that_of_each_step(compiled):
    decays = [0.4, 0.4, 0.4, 0.2, 0.0, 0.0]
    schedule = optim.FlatCosine(0.4, steps=4)
    found = fitted(optim.AdamW(0.1, weight_decay=schedule), compiled)
    optimizer, steps = optim.AdamW(0.1), iter(decays + [0.0] * 3)

    def by_hand(state):
        state.optimizer.weight_decay = next(steps)

    class Sets(cr.train.Callback):
        def on_batch_start(self, state):
            by_hand(state)

    expected = fitted(optimizer, False, callbacks=[Sets()])
    for path, array in found.items():
        assert_allclose(array, expected[path], rtol=2e-4, atol=1e-5, err_msg=path)


def test_a_program_follows_a_factor_that_is_changed():
    model, optimizer = nn.MLP([3, 4, 2]), optim.SGD(0.1, groups={"*.bias": 1.0})
    program = cr.train.Program(model, cr.softmax_cross_entropy, optimizer)
    program.step(X, Y)
    before = model.state()
    optimizer.groups["*.bias"]["rate"] = 0.0
    program.step(X, Y)
    after = model.state()
    for path, array in after.items():
        assert (array == before[path]).all() == path.endswith("bias"), path


def test_copies_keep_their_groups():
    optimizer = optim.AdamW(0.1, groups={"*.bias": {"weight_decay": 0}})
    assert copy.deepcopy(optimizer).groups == optimizer.groups
    assert repr(optimizer).endswith("groups={'*.bias': {'weight_decay': 0.0}})")


@pytest.mark.parametrize(
    "groups", [["*.bias"], {"*.bias": -1}, {"*.bias": {"momentum": 0.1}}, {3: 0.1}, {"a": "b"}]
)
def test_other_groups_are_refused(groups):
    with pytest.raises(ArgumentError):
        optim.Adam(0.1, groups=groups)


def test_a_pattern_that_no_parameter_fits_is_refused():
    with pytest.raises(ArgumentError, match=r"belongs to the group '\*.biass' of Adam"):
        fitted(optim.Adam(0.1, groups={"*.biass": 0.1}))
