"""fit(accumulate=k): k batches of n rows make the step of one batch of k * n, to rounding."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import ArgumentError, NonFiniteError, UnreachedWarning
from chainrule.train import Callback, fit

from .small_nets import apart

MODES = pytest.mark.parametrize("compiled", [False, True])
ROWS = 45  # of steps of 16 rows the last one has 13: three pieces of 4, and one row
RNG = np.random.default_rng(0)
X, LABELS, Y = RNG.normal(size=(ROWS, 5)), RNG.integers(0, 3, ROWS), RNG.normal(size=(ROWS, 2))
WEIGHTS = RNG.uniform(0.1, 3, ROWS)


def net(*extra):
    kind = {"dtype": "float64"}
    return nn.Sequential(nn.Linear(5, 8, **kind), *extra, nn.Tanh(), nn.Linear(8, 3, **kind))


def run(accumulate=4, batch_size=4, compiled=True, model=None, epochs=3, **options):
    model = model or net()
    settings = {
        "loss": cr.softmax_cross_entropy, "optimizer": optim.Adam(0.01),
        "regularization": nn.L2(0.01), "clip": 0.5, "schedule": optim.Cosine(warmup=3),
    }  # fmt: skip
    data = options.pop("data", (X, LABELS))
    history = fit(
        model, data, epochs=epochs, batch_size=batch_size, accumulate=accumulate,
        compiled=compiled, **settings | options,
    )  # fmt: skip
    assert history.compiled == compiled
    return model, history


def assert_alike(one, other, within=1e-12):
    assert apart(one[0].state(), other[0].state()) < within
    layers = getattr(one[0], "layers", [])
    rounding = "layers.0.bias" if any(isinstance(each, nn.BatchNorm) for each in layers) else ""
    for column in set(one[1].columns) - {"seconds", "rows_per_second"}:
        if rounding and rounding in column:  # in front of a BatchNorm it is nothing else
            continue
        np.testing.assert_allclose(one[1][column], other[1][column], rtol=1e-9, atol=1e-12)


@MODES
@pytest.mark.parametrize("weights", [None, WEIGHTS, np.where(np.arange(ROWS) % 7, WEIGHTS, 0)])
def test_it_is_one_batch_of_as_many_rows(compiled, weights):
    whole = run(1, 16, compiled, sample_weight=weights)
    assert_alike(whole, run(4, 4, compiled, sample_weight=weights))
    assert_alike(whole, run(2, 8, compiled, sample_weight=weights))


@MODES
def test_pieces_that_weigh_nothing_teach_nothing(compiled):
    weights = np.where(np.arange(ROWS) < 10, 1.0, 0.0)
    whole = run(1, 16, compiled, sample_weight=weights)
    assert_alike(whole, run(4, 4, compiled, sample_weight=weights))


class Heads(nn.Module):
    def __init__(self):
        self.base = nn.Linear(5, 8, dtype="float64")
        self.kind, self.price = (nn.Linear(8, n, dtype="float64") for n in (3, 2))

    def forward(self, x):
        hidden = cr.tanh(self.base(x["a"]) + x["b"])
        return {"kind": self.kind(hidden), "price": self.price(hidden)}


@MODES
@pytest.mark.parametrize("weighed", [None, "both", "one"])
def test_several_streams_and_heads_with_weights_of_their_own(compiled, weighed):
    weights = {None: None, "both": WEIGHTS, "one": {"price": WEIGHTS}}[weighed]
    options = {
        "data": ({"a": X, "b": X[:, :1]}, {"kind": LABELS, "price": Y}),
        "loss": {"kind": cr.softmax_cross_entropy, "price": cr.squared_error},
        "sample_weight": weights,
    }
    whole = run(1, 16, compiled, Heads(), **options)
    assert_alike(whole, run(4, 4, compiled, Heads(), **options))


def layers(dtype="float64"):
    return nn.BatchNorm(8, dtype=dtype), nn.Dropout(0.3)


def test_compiled_steps_are_the_eager_ones_with_buffers_and_dropout():
    one, other = (run(compiled=compiled, model=net(*layers())) for compiled in (False, True))
    assert_alike(one, other, 1e-9)
    whole = run(1, 16, model=net(*layers()))
    assert apart(one[0].state(), whole[0].state()) > 1e-3  # a BatchNorm sees the pieces


@MODES
@pytest.mark.parametrize("parts", [(1, 2), (2, 0, 1)])
def test_a_fit_in_parts_is_the_fit_in_one(parts, compiled):
    options = {"schedule": None, "optimizer": optim.Adam(0.01)}
    whole = run(compiled=compiled, model=net(*layers()), **options)
    model, rule, history = net(*layers()), optim.Adam(0.01), None
    for epochs in parts:
        _, history = run(
            compiled=compiled, model=model, epochs=epochs, schedule=None, optimizer=rule,
            after=history,
        )  # fmt: skip
    assert whole[1]["loss"] == history["loss"]
    for name, array in whole[0].state().items():
        np.testing.assert_array_equal(array, model.state()[name])


@MODES
def test_everybody_sees_one_step(compiled):
    class Count(Callback):
        def __init__(self):
            self.rates, self.rows = [], []

        def on_batch_end(self, state):
            self.rates.append(state.rate)
            self.rows.append(state.seen)

    counting, schedule = Count(), optim.Linear(0.1, steps=6)
    _, history = run(compiled=compiled, epochs=2, callbacks=[counting], schedule=schedule)
    assert counting.rates == [schedule(step) for step in range(6)]
    assert counting.rows == [16, 32, 45] * 2
    assert history.state.step == 6


class Halves(cr.train.Blocks):
    rows = ROWS

    def blocks(self, rng):
        yield X[:20], LABELS[:20]
        yield X[20:], LABELS[20:]


@MODES
def test_data_that_come_in_blocks(compiled):
    whole = run(1, 16, compiled, data=Halves())
    assert_alike(whole, run(4, 4, compiled, data=Halves()))


@MODES
def test_float32_and_other_optimisers(compiled):
    for make in (lambda: optim.SGD(0.1, momentum=0.9), lambda: optim.EMA(optim.Lion(0.01))):
        models = [
            run(k, n, compiled, nn.MLP([5, 8, 3]), optimizer=make())[0].state()
            for k, n in ((1, 16), (4, 4))
        ]
        assert apart(*models) < 1e-2 if isinstance(make(), optim.EMA) else 1e-5


@MODES
def test_hooks_are_given_the_gathered_gradients(compiled):
    def halved(gradients):
        return [0.5 * g for g in gradients]

    options = {"gradient_hooks": [halved], "optimizer": optim.SGD(0.1)}
    assert_alike(run(1, 16, compiled, **options), run(4, 4, compiled, **options))


@MODES
def test_a_step_that_is_not_finite_is_named_and_taken_back(compiled):
    class Spoil(Callback):
        def on_batch_start(self, state):
            self.before = state.model.state()
            if state.step == 4:
                X_[11] = np.nan

    X_ = X.copy()
    spoil, model = Spoil(), net(*layers())

    def loss(out, y):
        return cr.softmax_cross_entropy(out, y) + 0 * cr.mean(cr.exp(1e4 * out))

    with pytest.raises(NonFiniteError, match=r"epoch 1, batch 1"):
        run(compiled=compiled, model=model, loss=loss, callbacks=[spoil])
    for name, array in model.state().items():
        np.testing.assert_array_equal(array, spoil.before[name])


class Unused(nn.Module):
    def __init__(self):
        self.used, self.unused = net(), cr.parameter(np.ones(3), "unused")

    def forward(self, x):
        return self.used(x)


@MODES
def test_what_no_piece_reaches_is_left_as_it_is(compiled):
    model = Unused()
    with pytest.warns(UnreachedWarning, match="unused"):
        run(compiled=compiled, model=model, regularization=None)
    np.testing.assert_array_equal(model.unused.data, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"accumulate": 0}, "fit was given accumulate=0."),
        ({"accumulate": 1.5}, "fit was given accumulate=1.5."),
        ({"optimizer": optim.LBFGS(), "accumulate": 20}, "but was given accumulate=20."),
    ],
)
def test_what_makes_no_sense_is_refused(options, message):
    with pytest.raises(ArgumentError) as caught:
        run(**options)
    assert message in caught.value.short()
