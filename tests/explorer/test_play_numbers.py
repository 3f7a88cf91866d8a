"""The numbers of a playground: losses, gradients, units and surfaces are the library's own."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.explorer.playground.moment import MOST_MOMENTS, KeptMoments, Moment
from chainrule.explorer.playground.play_frame import COARSE, FINE, principal
from chainrule.explorer.playground.play_settings import LOSSES
from chainrule.inspection.layer_health import observe

from .playing import FEW, OWN, Page, played
from .served import client, talk


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("data", ["moons", "spiral"])
def test_the_numbers_are_those_of_an_eager_fit(data, loss):
    _, task, net = played(data=data, loss=loss, strength=0.01, optimizer="sgd", rate=0.1,
                                 **FEW)  # fmt: skip
    for _ in range(3):
        net.train(watched=True)
    moment = net.moment()
    x, y = task.entered(task.points.x), task.targets
    learned = ~task.held
    model = cr.nn.MLP([2, 3, task.outputs], "tanh", seed=0)
    cr.fit(
        model, (x[learned], y[learned]), loss=getattr(cr, loss), optimizer=cr.optim.SGD(0.1),
        epochs=3, batch_size=16, regularization=cr.nn.L2(0.01), compiled=False,
        shuffle=lambda epoch: np.random.default_rng((0, epoch)).permutation(learned.sum()),
    )  # fmt: skip
    scores = cr.train.predict(model, x)
    for name, part in (("train", learned), ("test", task.held)):
        assert_allclose(moment.loss[name], getattr(cr, loss)(scores[part], y[part]), rtol=1e-4)
        assert moment.accuracy[name] == np.mean(task.decided(scores[part])
                                                == task.points.label[part])  # fmt: skip
    whole = getattr(cr, loss)(model(x[learned]), y[learned]) + cr.nn.L2(0.01)(model)
    whole.backward()
    assert_allclose(moment.objective, whole.item(), rtol=1e-4)
    for layer, norm in zip((model[0], model[2]), moment.gradients, strict=True):
        wanted = cr.optim.global_norm([layer.weight.grad, layer.bias.grad])
        assert_allclose(norm, wanted, rtol=1e-3)


def test_an_update_is_told_against_its_weights():
    _, _, net = played(**{**FEW, "optimizer": "sgd"})
    net.train(watched=False)
    before = None
    x, y, program = net._x, net._y, net._program
    order = np.random.default_rng((0, 2)).permutation(len(x))
    kept = [p.value.copy() for p in net.model.parameters().values()]
    net.train(watched=True)
    ratios = net.moment().ratios
    after = [p.value.copy() for p in net.model.parameters().values()]
    for p, values in zip(net.model.parameters().values(), kept, strict=True):
        p.write(values)
    program.epoch(x, y, 16, order[:16])  # all but the last batch
    before = [p.value.copy() for p in net.model.parameters().values()]
    for ratio, old, new in zip(ratios, before[::2], after[::2], strict=True):
        assert_allclose(ratio, np.linalg.norm(new - old) / np.linalg.norm(old), rtol=1e-5)


def test_a_watched_epoch_is_the_same_as_one_that_is_not():
    nets = [played(**FEW)[2] for _ in range(2)]
    for _ in range(3):
        for net, watched in zip(nets, (True, False), strict=True):
            net.train(watched=watched)
    first, second = (net.moment() for net in nets)
    for a, b in zip(first.parameters, second.parameters, strict=True):
        assert_array_equal(a, b)


@pytest.mark.parametrize("activation", ["relu", "tanh", "leaky_relu", "gelu"])
def test_dead_and_saturated_units_are_those_of_the_checkup(activation):
    _, task, net = played(**{**FEW, "activation": activation, "layers": [6, 6]})
    weight = net.model[0].weight
    weight.write(weight.data * np.array([5, -5, 1, 1, 1, 1], np.float32))
    net.model[0].bias.write(np.array([-50, 50, 0, 0, 0, 0], np.float32))
    moment = net.moment()
    wanted = observe(net.model, task.entered(task.points.x)[~task.held]).layers
    assert moment.dead == tuple(layer.dead for layer in wanted)
    assert moment.saturated == tuple(layer.saturated for layer in wanted)
    assert 0 in moment.dead[0] + moment.saturated[0]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("points", [None, OWN], ids=["two", "three"])
@pytest.mark.parametrize("layers", [[], [2], [1, 32, 5]], ids=str)
def test_every_net_and_loss_is_shown(loss, points, layers):
    given = {"loss": loss, "layers": layers, "rows": 20, "batch": 8, "held": 0.0}
    if points is not None:
        given["data"] = "own"
    with talk(client()) as link:
        page = Page(link)
        card, _ = page.begin(given, points=points)
        page.order("step")
        head, arrays = page.frame()
    classes = len(card["points"]["classes"])
    assert (head["epoch"], classes) == (1, 2 if points is None else 3)
    assert len(arrays["surface"]) == FINE * FINE
    assert ("strength" in arrays) == (classes > 2)
    assert len(head["layers"]) == len(layers) + 1
    assert head["loss"]["test"] is None
    if layers:
        assert len(arrays["units"]) == sum(layers) * COARSE * COARSE
        assert head["warp"]["how"] == "units"
        assert len(arrays["grid"]) == 2 * COARSE * COARSE


def test_the_surface_is_what_the_net_says_there():
    given = {"data": "xor", **FEW, "layers": [4, 2]}
    _, task, net = played(**given)
    net.train(watched=True)
    with talk(client()) as link:
        page = Page(link)
        card, _ = page.begin(given)
        page.order("step")
        head, arrays = page.frame()
        page.order("look", layer=1)
        looked, warped = page.frame()
    x0, x1, y0, y1 = card["box"]
    # The first cell of the second row.
    place = np.array([[x0 + (x1 - x0) / FINE / 2, y1 - 1.5 * (y1 - y0) / FINE]])
    scores = cr.train.predict(net.model, task.entered(place))
    share = cr.softmax(scores)[0, 1]
    assert abs(arrays["surface"][FINE] / 255 - share) < 0.003
    second = cr.train.predict(cr.nn.Sequential(*net.model[:4]), task.entered(task.points.x))
    assert looked["warp"] == {
        "layer": 1, "how": "units", "axes": ["unit 1", "unit 2"], "shares": [],
    }  # fmt: skip
    assert_allclose(warped["points"].reshape(-1, 2), second, atol=1e-5)
    assert head["warp"]["how"] == "principal"
    assert 0.5 < sum(head["warp"]["shares"]) <= 1 + 1e-6


def test_principal_directions_are_those_of_the_svd():
    rng = np.random.default_rng(0)
    activations = rng.normal(size=(50, 4)) * [1, 5, 0.2, 3]
    directions, shares = principal(activations)
    centred = activations - activations.mean(axis=0)
    _, sizes, rows = np.linalg.svd(centred, full_matrices=False)
    assert_allclose(np.abs(directions.T), np.abs(rows[:2]), atol=1e-8)
    assert_allclose(shares, (sizes**2 / (sizes**2).sum())[:2])
    assert np.all(directions[np.abs(directions).argmax(axis=0), [0, 1]] > 0)


def test_the_past_looks_as_it_did():
    with talk(client()) as link:
        page = Page(link)
        page.begin()
        then = []
        for _ in range(4):
            page.order("step")
            then.append(page.frame())
        page.order("past", epoch=2, ticket=5)
        head, arrays = page.frame()
        assert (head["epoch"], head["present"], head["ticket"]) == (2, 4, 5)
        before, looked = then[1]
        for name in ("surface", "units", "grid", "points"):
            assert_array_equal(arrays[name], looked[name])
        assert head["loss"] == before["loss"]
        assert arrays["epochs"].tolist() == [0, 1, 2, 3, 4]
        page.order("step")
        assert page.frame()[0]["epoch"] == 5  # what was looked at is not what is trained


def test_moments_are_few_and_evenly_apart():
    kept = KeptMoments()
    for epoch in range(20_000):
        if kept.is_due(epoch):
            kept.add(Moment(epoch, 0, {}, {}, 0.0, (), (), (), (), ()))
        assert len(kept.all) <= MOST_MOMENTS
    epochs = np.array([each.epoch for each in kept.all])
    assert set(np.diff(epochs)) == {kept.every}
    assert epochs[0] == 0
    assert epochs[-1] > 19_000
    assert kept.nearest(10_001).epoch in epochs
