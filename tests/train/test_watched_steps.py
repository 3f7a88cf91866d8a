"""Watched steps: machine code shows the gradients of one step per epoch, as eager steps do."""

import signal

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import NonFiniteError
from chainrule.train import Callback, Program, fit
from chainrule.train.native import compiling
from chainrule.train.watch import Watch
from tests.thorough import crossed
from tests.train.small_nets import CLASSES, FEATURES, OPTIMIZERS, ROWS, apart, data, net

TOLERANCE = {"float32": 2e-4, "float64": 1e-10}
LABELS = data()[1]


def trained(model, dtype="float64", **options):
    """A fit of one batch per epoch, unless told otherwise."""
    settings = {
        "loss": cr.softmax_cross_entropy, "optimizer": optim.SGD(0.1), "epochs": 30,
        "batch_size": ROWS,
    }  # fmt: skip
    return fit(model, (data(dtype)[0], LABELS), **(settings | options))


def both(make, dtype="float64", optimizer=lambda: optim.SGD(0.1), **options):
    """The same fit eagerly and natively: states and histories."""
    models = [make(), make()]
    histories = [
        trained(model, dtype, optimizer=optimizer(), compiled=compiled, **options)
        for model, compiled in zip(models, (False, True), strict=True)
    ]
    assert histories[1].compiled
    assert histories[1].eager_because == ""
    return models, histories


def assert_alike(histories, tolerance):
    one, other = (history.to_dict() for history in histories)
    assert list(one) == list(other)
    for name in set(one) - {"seconds", "rows_per_second"}:
        np.testing.assert_allclose(
            other[name], one[name], rtol=tolerance, atol=tolerance, err_msg=name
        )


@crossed("dtype, name", ["float32", "float64"], OPTIMIZERS)
def test_a_fit_of_one_batch_per_epoch_is_native_and_tells_the_same(name, dtype):
    models, histories = both(lambda: net(dtype), dtype, OPTIMIZERS[name])
    assert_alike(histories, TOLERANCE[dtype])
    assert apart(*(model.state() for model in models)) <= TOLERANCE[dtype]


@pytest.mark.parametrize(
    "options",
    [
        {"regularization": nn.L2(1e-2)},
        {"regularization": [nn.L1(1e-3), nn.MaxNorm(0.8)]},
        {"clip": 0.1},
        {"clip": optim.ClipValue(0.01)},
        {"schedule": optim.Cosine(warmup=5)},
        {"batch_size": 10 * ROWS},
        {"batch_size": 32},
        {"batch_size": 64},
        {"validation": (data("float64")[0][:20], LABELS[:20]), "early_stopping": 3},
    ],
    ids=str,
)
def test_whatever_belongs_to_a_step_the_history_tells_the_same(options):
    _, histories = both(lambda: net("float64"), **options)
    assert_alike(histories, TOLERANCE["float64"])


LAYERS = {
    "layer norm": lambda: nn.LayerNorm(8, dtype="float64"),
    "batch norm": lambda: nn.BatchNorm(8, dtype="float64"),
    "dropout": lambda: nn.Dropout(0.3),
}


@pytest.mark.parametrize("name", LAYERS)
def test_whatever_the_net_is_made_of_the_history_tells_the_same(name):
    def make():  # not in front of the layer: a bias that BatchNorm takes away is rounding
        first = [nn.Linear(FEATURES, 8, dtype="float64"), nn.Tanh()]
        return nn.Sequential(*first, LAYERS[name](), nn.Linear(8, CLASSES, dtype="float64"))

    models, histories = both(make)
    assert_alike(histories, TOLERANCE["float64"])
    assert apart(*(model.state() for model in models)) <= TOLERANCE["float64"]


@crossed("name, dtype", OPTIMIZERS, ["float32", "float64"])
def test_watching_changes_no_bit(name, dtype):
    watched, unwatched = net(dtype), net(dtype)
    trained(watched, dtype, optimizer=OPTIMIZERS[name](), epochs=10)
    rule = OPTIMIZERS[name]()
    program = Program(unwatched, cr.softmax_cross_entropy, rule)
    for _ in range(10):
        program.epoch(data(dtype)[0], LABELS, ROWS)
    if isinstance(rule, optim.Averaging):  # of which fit leaves the average
        rule.settle(unwatched.parameters())
    assert apart(watched.state(), unwatched.state()) == 0


def test_gradients_that_would_cost_more_to_write_are_read_by_an_eager_step(monkeypatch):
    before = trained(net("float64"), batch_size=16)
    monkeypatch.setattr(compiling, "WRITTEN", 0)
    after = trained(net("float64"), batch_size=16)
    assert before.compiled
    assert after.compiled
    assert_alike((before, after), TOLERANCE["float64"])
    assert trained(net("float64"), batch_size=90).compiled  # one full batch is always shown


def test_the_parameters_keep_the_gradients_of_the_watched_step():
    class Keep(Callback):
        def __init__(self):
            self.kept = []

        def on_epoch_end(self, state):
            self.kept.append([p.grad for p in state.parameters.values()])

    runs = [Keep(), Keep()]
    for callback, compiled in zip(runs, (False, True), strict=True):
        trained(net("float64"), epochs=4, compiled=compiled, callbacks=[callback])
    for eager, native in zip(runs[0].kept, runs[1].kept, strict=True):
        for one, other in zip(eager, native, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def test_a_gradient_that_is_not_finite_is_named_and_the_step_taken_back():
    x = np.ones((8, 1))
    messages = []
    for compiled in (False, True):
        model = nn.Linear(1, 1)
        model.weight.data = np.zeros((1, 1))
        with pytest.raises(NonFiniteError) as caught:
            fit(
                model, (x, x), loss=lambda out, y: cr.mean(cr.sqrt(cr.abs(out)) * y),
                optimizer=optim.SGD(0.1), compiled=compiled,
            )  # fmt: skip
        assert np.isfinite(model.weight.data).all()
        messages.append(caught.value.short())
    assert messages[0] == messages[1]
    assert "in epoch 1, batch 1, although the loss is finite" in messages[0]


def test_steps_before_one_that_is_taken_back_count(monkeypatch):
    """Eagerly each has been counted by then; natively they and the watched one are one slice."""

    class Keep(Callback):
        def on_fit_end(self, state):
            self.left = state.epoch, state.batch, state.step, state.seen, state.data_loss_sum

    after_step, left = Watch.after_step, []

    def refused(self, place):
        after_step(self, place)
        if "epoch 3" in place:
            raise NonFiniteError(f"a gradient is not finite in {place}")

    monkeypatch.setattr(Watch, "after_step", refused)
    for compiled in (False, True):
        keep = Keep()
        with pytest.raises(NonFiniteError, match="epoch 3, batch 5"):
            trained(net("float64"), batch_size=ROWS // 6 + 1, compiled=compiled, callbacks=[keep])
        left.append(keep.left)
    assert left[0][:4] == left[1][:4]
    assert left[0][4] == pytest.approx(left[1][4], rel=1e-9)


def test_an_epoch_of_one_batch_is_heard_out_when_somebody_interrupts():
    class Press(Callback):
        def on_batch_start(self, state):
            if state.epoch == 3:
                signal.raise_signal(signal.SIGINT)

    history = trained(net(), "float32", callbacks=[Press()])
    assert (history.compiled, history.stopped, len(history)) == (True, "interrupted", 3)
    assert history["gradient_norm/layers.0.weight"][2] > 0


def test_frozen_parameters_have_no_figures():
    def make():
        model = net("float64")
        model[0].weight.wants_gradient = False
        return model

    _, histories = both(make)
    assert_alike(histories, TOLERANCE["float64"])
    assert "gradient_norm/layers.0.weight" not in histories[1].columns
    assert "gradient_norm/layers.0.bias" in histories[1].columns


def test_gradients_that_no_data_flow_into_are_shown():
    def slope(out, y):
        return cr.mean(out * 2)

    _, histories = both(lambda: nn.Linear(FEATURES, CLASSES, dtype="float64"), loss=slope)
    assert_alike(histories, TOLERANCE["float64"])
    assert histories[1]["gradient_norm/bias"] == pytest.approx([1.0] * 30)


def test_parameters_of_one_gradient_have_their_own_figures():
    class Twice(nn.Linear):
        def __init__(self):
            super().__init__(FEATURES, CLASSES, dtype="float64")
            self.shift = cr.parameter(np.ones(CLASSES))

        def forward(self, x, run):
            return super().forward(x, run) + self.shift

    _, histories = both(Twice)
    assert_alike(histories, TOLERANCE["float64"])
    assert histories[1]["gradient_norm/bias"] == histories[1]["gradient_norm/shift"]
