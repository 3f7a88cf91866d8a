"""A net or a loss that leaves the graph is an error before the first step, in both modes."""

import numpy as np
import pytest
import scipy.special
import sklearn.metrics
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import NoGradientError, UnsupportedError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 3)).astype(np.float32)
Y = np.eye(2, dtype=np.float32)[RNG.integers(0, 2, 20)]
BOTH = pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "eager"])
LEAVING = {
    "np.asarray": (lambda out, y: cr.squared_error(out, y) + np.asarray(out).std(), "np.asarray"),
    "all by arrays": (lambda out, y: cr.tensor(((np.asarray(out) - y) ** 2).mean()), "np.asarray"),
    "scipy": (
        lambda out, y: -(y * np.log(scipy.special.softmax(out, axis=1))).sum(),
        r"scipy\.special\.softmax.*cr\.softmax",
    ),
    "sklearn": (
        lambda out, y: sklearn.metrics.mean_squared_error(y, out),
        r"sklearn\.metrics\.mean_squared_error",
    ),
    "float": (lambda out, y: float(((out - y) ** 2).mean()), r"float\(x\)"),
    "a factor": (lambda out, y: cr.squared_error(out, y) * float(out.mean()), r"float\(x\)"),
}
FORGETTING = {
    "item": lambda out, y: ((out - y) ** 2).mean().item(),
    "data": lambda out, y: ((out.data - y) ** 2).mean(),
    "no_grad": cr.no_grad()(lambda out, y: ((out - y) ** 2).mean()),
}


def fitted(loss, compiled, model=None, **settings):
    model = model or nn.MLP([3, 4, 2])
    rule = optim.SGD(0.1)
    return cr.fit(
        model, (X, Y), loss=loss, optimizer=rule, epochs=2, compiled=compiled, **settings
    )


@BOTH
@pytest.mark.parametrize("kind", LEAVING)
def test_a_loss_that_leaves_the_graph_raises_before_the_first_step(kind, compiled):
    loss, said = LEAVING[kind]
    model = nn.MLP([3, 4, 2])
    before = {path: p.data.copy() for path, p in model.parameters().items()}
    with pytest.raises(UnsupportedError, match=f"(?s){said}"):
        fitted(loss, compiled, model)
    for path, p in model.parameters().items():
        assert_array_equal(p.data, before[path])


@BOTH
@pytest.mark.parametrize("kind", FORGETTING)
def test_a_loss_without_a_graph_raises_before_the_first_step(kind, compiled):
    with pytest.raises(NoGradientError, match="nothing can be learned"):
        fitted(FORGETTING[kind], compiled)


@BOTH
def test_a_net_that_leaves_the_graph_raises_before_the_first_step(compiled):
    class Scaled(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(3, 2)

        def forward(self, x):
            scores = self.layer(x)
            return scores / float(abs(scores).max())

    with pytest.raises(UnsupportedError, match=r"float\(x\) would leave the graph"):
        fitted(cr.squared_error, compiled, Scaled())


@BOTH
def test_a_value_that_is_meant_as_one_is_a_constant(compiled):
    shown = []

    def loss(out, y):
        weight = cr.stop_gradient(abs(out).max())
        value = cr.squared_error(out, y) / weight
        if not compiled:
            shown.append(f"{value:.3f}")
        return value

    assert fitted(loss, compiled).compiled == compiled
    assert compiled or shown


@BOTH
def test_metrics_receive_arrays(compiled):
    seen = set()

    def correlation(out, y):
        seen.add((type(out), type(y)))
        return sklearn.metrics.r2_score(y, out)

    history = fitted(cr.squared_error, compiled, metric=correlation, validation=(X, Y))
    assert seen == {(np.ndarray, np.ndarray)}
    assert np.isfinite(history["correlation"]).all()


@BOTH
def test_data_may_be_tensors(compiled):
    def trained(x, y):
        model = nn.MLP([3, 4, 2])
        rule, data = optim.SGD(0.1), (x, y)
        history = cr.fit(
            model, data, loss=cr.squared_error, optimizer=rule, compiled=compiled, validation=data
        )
        return history["loss"], cr.predict(model, x), cr.evaluate(model, data, cr.squared_error)

    arrays, tensors = trained(X, Y), trained(cr.tensor(X), cr.tensor(Y))
    assert arrays[0] == tensors[0]
    assert_array_equal(arrays[1], tensors[1])
    assert arrays[2] == tensors[2]
    assert type(tensors[1]) is np.ndarray


def test_without_training_a_loss_may_be_anything():
    loss, _ = cr.evaluate(nn.MLP([3, 4, 2]), (X, Y), LEAVING["sklearn"][0])
    assert np.isfinite(loss)


class FillsAnArray(nn.Module):
    def __init__(self):
        self.f = nn.Linear(4, 2)

    def forward(self, x):
        h = self.f(x)
        a = np.zeros(2, "float32")
        a[0] = h.mean()
        return h + a


def fills_in_the_loss(outputs, y):
    a = np.zeros(2, "float32")
    a[0] = outputs.mean()
    return cr.squared_error(outputs + a, y)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("part", ["the net", "the loss"])
def test_an_element_of_an_array_that_is_set_in_a_step_is_explained(part, compiled):
    net, loss = FillsAnArray(), cr.squared_error
    if part == "the loss":
        net, loss = nn.Linear(4, 2), fills_in_the_loss
    x = np.ones((8, 4), "float32")
    with pytest.raises(UnsupportedError, match=r"a\[0\] = (h|outputs)\.mean") as raised:
        cr.fit(
            net, (x, x[:, :2]), loss=loss, optimizer=cr.optim.SGD(0.1), compiled=compiled,
            validation=None,
        )  # fmt: skip
    assert "np.stack" in str(raised.value)
