"""Ensembles: each member is trained as it would be alone, and together they answer."""

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import ArgumentError, ShapeError
from tests.thorough import crossed

RNG = np.random.default_rng(0)
X = RNG.normal(size=(48, 3))
LABELS = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
CLASSES = cr.softmax_cross_entropy
KINDS = {
    "mlp": lambda: nn.MLP([3, 5, 3], dtype="float64"),
    "one feature": lambda: nn.Sequential(
        nn.Linear(3, 1, dtype="float64"), nn.Tanh(), nn.Linear(1, 3, dtype="float64")
    ),
    "table": lambda: nn.Sequential(
        nn.Scale(3, dtype="float64"), nn.Linear(3, 5, dtype="float64"),
        nn.LearnableActivation(5, dtype="float64"), nn.Linear(5, 3, dtype="float64"),
    ),
    "normalized": lambda: nn.MLP([3, 5, 3], normalization="layer", dtype="float64"),
    "by batch": lambda: nn.MLP([3, 5, 3], normalization="batch", dtype="float64"),
}  # fmt: skip
STACKED = ["mlp", "one feature", "table"]


def own_state(ensemble, member):
    """The parameters of one member, as the net alone has them."""
    if ensemble.nets is not None:
        return ensemble.nets[member].state()
    return {
        path.removeprefix("net."): p.value[member].reshape(
            ensemble.shapes[path.removeprefix("net.")]
        )
        for path, p in ensemble.parameters().items()
    }


def alone(kind, ensemble, member):
    net = KINDS[kind]()
    net.load_state(own_state(ensemble, member))
    return net


def fitted(net, loss, compiled=True, **settings):
    cr.fit(
        net, (X, LABELS), loss=loss, optimizer=optim.Adam(0.02), epochs=3, batch_size=16,
        compiled=compiled, **settings,
    )  # fmt: skip
    return net


@crossed(
    "kind, compiled, loss", KINDS, [True, False], [CLASSES, partial(CLASSES, label_smoothing=0.2)]
)
def test_each_member_is_trained_as_it_would_be_alone(kind, compiled, loss):
    ensemble = nn.Ensemble(KINDS[kind], 3)
    assert (ensemble.net is not None) == (kind in STACKED)
    nets = [alone(kind, ensemble, member) for member in range(3)]
    fitted(ensemble, ensemble.loss(loss), compiled)
    for member, net in enumerate(nets):
        expected = fitted(net, loss, compiled).state()
        for path, array in own_state(ensemble, member).items():
            assert_allclose(array, expected[path], rtol=1e-8, atol=1e-10, err_msg=path)


@crossed("kind, compiled", ["mlp", "by batch"], [True, False])
def test_a_row_of_weight_0_is_not_seen_by_a_member(kind, compiled):
    weights = np.ones((48, 3))
    weights[:12, 1], weights[12:, 2] = 0, 0
    ensemble = nn.Ensemble(KINDS[kind], 3)
    nets = [alone(kind, ensemble, member) for member in range(3)]
    fitted(ensemble, ensemble.loss(CLASSES), compiled, sample_weight=weights)
    for member, net in enumerate(nets):
        expected = fitted(net, CLASSES, compiled, sample_weight=weights[:, member]).state()
        for path, array in own_state(ensemble, member).items():
            assert_allclose(array, expected[path], rtol=1e-8, atol=1e-10, err_msg=path)


@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_is_the_mean_of_the_chances(kind):
    ensemble = nn.Ensemble(KINDS[kind], 4)
    chances = [cr.softmax(alone(kind, ensemble, member)(X).data) for member in range(4)]
    assert_allclose(cr.softmax(ensemble(X).data), np.mean(chances, 0), rtol=1e-12)
    program = cr.train.Program(ensemble, ensemble.loss(CLASSES), optim.Adam())
    assert_allclose(program.predict(X), ensemble(X).data, rtol=1e-10)


@pytest.mark.parametrize(
    ("link", "turned"), [("sigmoid", cr.sigmoid), ("exp", cr.exp), ("", lambda x: x)]
)
def test_other_outputs_are_averaged_by_their_link(link, turned):
    make = KINDS["mlp"]
    ensemble = nn.Ensemble(make, 4, link=link)
    outs = [turned(alone("mlp", ensemble, member)(X).data) for member in range(4)]
    assert_allclose(turned(ensemble(X).data), np.mean(outs, 0), rtol=1e-12)


@crossed("weights, own", [None, RNG.uniform(size=48), RNG.uniform(size=(48, 2))], [False, True])
def test_numbers_are_trained_side_by_side(weights, own):
    y = np.stack([X.sum(1), X[:, 0]], 1)

    def loss_of_my_own(out, y, weights=None):
        return (
            cr.squared_error(out, y)
            if weights is None
            else cr.squared_error(
                out, y, weights=cr.broadcast_to(cr.reshape(weights, (-1, 1)), y.shape)
            )
        )

    make = lambda: nn.MLP([3, 4, 2], dtype="float64")  # noqa: E731
    states = []
    loss = loss_of_my_own if own else cr.squared_error
    per_member = weights[:, :, None] if weights is not None and weights.ndim > 1 else weights
    for compiled in (True, False):
        ensemble = nn.Ensemble(make, 2, link="")
        cr.fit(
            ensemble, (X, y), loss=ensemble.loss(loss), optimizer=optim.SGD(0.1), epochs=2,
            sample_weight=weights if own else per_member, compiled=compiled,
        )  # fmt: skip
        states.append(ensemble.state())
    for path, array in states[0].items():
        assert_allclose(array, states[1][path], rtol=1e-8, err_msg=path)
    for member in range(2):
        net = make()
        net.load_state(own_state(nn.Ensemble(make, 2, link=""), member))
        own_weights = weights if weights is None or weights.ndim == 1 else weights[:, member]
        cr.fit(
            net, (X, y), loss=loss, optimizer=optim.SGD(0.1), epochs=2, sample_weight=own_weights
        )
        for path, array in own_state(ensemble, member).items():
            assert_allclose(array, net.state()[path], rtol=1e-8, err_msg=path)


def test_members_have_weights_and_masks_of_their_own():
    make = lambda: nn.Sequential(nn.Dropout(0.5), nn.Linear(3, 4), nn.Dropout(0.5))  # noqa: E731
    ensemble = nn.Ensemble(make, 3)
    weights = ensemble.net[1].weight.data
    assert not np.isclose(weights[0], weights[1]).any()
    ensemble.net[1].weight.data = np.broadcast_to(weights[:1], weights.shape).copy()
    out = ensemble(np.ones((8, 3)), training=cr.key(0)).data
    assert out.shape == (8, 3, 4)
    for member in range(2):
        assert ((out[:, member] == 0) != (out[:, member + 1] == 0)).any()
        shown = (out[:, member] != 0) & (out[:, member + 1] != 0)
        assert not np.isclose(out[:, member], out[:, member + 1])[shown].all()  # the first mask


@pytest.mark.parametrize("kind", KINDS)
def test_initialize_draws_each_member_anew_and_the_seed_alone_counts(kind):
    ensemble, other = nn.Ensemble(KINDS[kind], 3, seed=5), nn.Ensemble(KINDS[kind], 3, seed=5)
    placed = nn.Sequential(nn.Identity(), other)
    for path, array in ensemble.state().items():
        assert_array_equal(placed.state()[f"layers.1.{path}"], array)
    ensemble.initialize(1)
    other.initialize(1)
    before = nn.Ensemble(KINDS[kind], 3, seed=5).state()
    for path, array in ensemble.state().items():
        assert_array_equal(other.state()[path], array)
        if path.endswith("0.weight") and "Scale" not in repr(KINDS[kind]()[0]):
            assert not np.isclose(array, before[path]).any()


def test_a_layer_of_your_own_joins_in_or_stands_alone():
    class Bend(nn.Module):
        def __init__(self):
            self.bend = cr.parameter(np.ones(3))

        def forward(self, x):
            return cr.sin(x * self.bend)

    class Joins(Bend):
        side_by_side = True

        def forward(self, x):
            return cr.sin(x * self.bend)

    one, other = (
        nn.Ensemble(lambda kind=kind: nn.Sequential(kind(), nn.MLP([3, 4, 3])), 2)
        for kind in (Bend, Joins)
    )
    assert one.net is None
    assert other.net[0].bend.shape == (2, 1, 3)
    assert_allclose(one(X).data, other(X).data, rtol=1e-6)


def test_what_cannot_be_an_ensemble_is_refused():
    with pytest.raises(ArgumentError, match="knows no link"):
        nn.Ensemble(KINDS["mlp"], 2, link="softplus")
    with pytest.raises(ArgumentError, match="returns a net"):
        nn.Ensemble(lambda: 3, 2)
    sizes = iter([4, 5])
    with pytest.raises(ArgumentError, match="other parameters"):
        nn.Ensemble(lambda: nn.MLP([3, next(sizes), 2]), 2)
    with pytest.raises(ArgumentError, match="link='softmax'"):
        nn.Ensemble(KINDS["mlp"], 2, link="").loss(CLASSES)
    with pytest.raises(ShapeError, match=r"take rows \(N, D\)"):
        nn.Ensemble(KINDS["mlp"], 2)(np.ones((4, 2, 3)))
    ensemble = nn.Ensemble(KINDS["mlp"], 2)
    of_3, outputs = nn.Ensemble(KINDS["mlp"], 3).loss(CLASSES), ensemble(X, training=cr.key(0))
    with pytest.raises(ShapeError, match="3 members"):
        of_3(outputs, LABELS)
