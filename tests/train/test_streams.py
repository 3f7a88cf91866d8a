"""Several inputs, several heads, weights per row: every mode ends where a loop by hand ends."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import optim
from chainrule.ops.random import fold, key
from chainrule.train import Callback, Program, evaluate, fit, predict
from tests.thorough import crossed
from tests.train.nets_of_streams import (
    EPOCHS,
    HOOKS,
    KINDS,
    LABELS,
    PRICES,
    ROWS,
    SIZE,
    WEIGHTS,
    A,
    Named,
    Pair,
    Single,
    halved,
    loss_by_hand,
    rows_of,
)

from .small_nets import apart


def by_hand(kind, weights, hooked):
    model, rule = kind(), optim.Adam(0.01)
    parameters, losses = model.parameters(), []
    for epoch in range(1, EPOCHS + 1):
        order = np.random.default_rng((3, epoch)).permutation(ROWS)
        words = cr.ops.random.philox(fold(key(3), epoch)).random_raw(2 * -(-ROWS // SIZE))
        total = 0.0
        for batch, start in enumerate(range(0, ROWS, SIZE)):
            rows = order[start : start + SIZE]
            out, _ = model.run(rows_of(kind.x, rows), training=words.reshape(-1, 2)[batch])
            given = None if weights is None else weights[rows]
            loss = loss_by_hand(kind, out, rows_of(kind.y, rows), given)
            loss.backward()
            if hooked:
                gradients = [p.grad for p in parameters.values()]
                gradients = [np.asarray(g.data) for g in halved(gradients)]
                found = optim.ClipNorm(0.05)(gradients)
                for p, gradient in zip(parameters.values(), found, strict=True):
                    p.gradient = gradient
            rule.step(parameters)
            total += loss.item() * len(rows)
        losses.append(total / ROWS)
    return model, losses


@crossed("kind, weights, hooks", KINDS, [None, WEIGHTS], HOOKS)
def test_fits_and_programs_end_where_a_loop_by_hand_ends(kind, weights, hooks):
    hand, losses = by_hand(kind, weights, hooks == "hooks")
    states = {}
    for compiled in (False, True):
        model = kind()
        history = fit(
            model, (kind.x, kind.y), loss=kind.loss, optimizer=optim.Adam(0.01), epochs=EPOCHS,
            batch_size=SIZE, sample_weight=weights, seed=3, compiled=compiled, **HOOKS[hooks],
        )  # fmt: skip
        assert history.compiled is compiled
        states[compiled] = model.state()
        np.testing.assert_allclose(history["loss"], losses, rtol=1e-12)
        assert apart(states[compiled], hand.state()) < 1e-11
    model = kind()
    program = Program(model, kind.loss, optim.Adam(0.01), seed=3, **HOOKS[hooks])
    for epoch in range(1, EPOCHS + 1):
        order = np.random.default_rng((3, epoch)).permutation(ROWS)
        program.epoch(kind.x, kind.y, SIZE, order, sample_weight=weights)
    assert apart(model.state(), states[True]) < 1e-11


@crossed("weights, kind", [None, WEIGHTS], KINDS)
def test_a_single_step_is_that_of_an_epoch(kind, weights):
    states = []
    for single in (True, False):
        model = kind()
        program = Program(model, kind.loss, optim.Adam(0.01))
        rows = slice(0, SIZE)
        given = rows_of((kind.x, kind.y), rows)
        some = None if weights is None else weights[rows]
        for _ in range(3):
            if single and not hasattr(model, "quiet"):
                loss = program.step(*given, some)
            else:
                (loss,) = program.epoch(*given, SIZE, sample_weight=some)
        states.append((model.state(), loss))
    assert apart(states[0][0], states[1][0]) == 0
    assert states[0][1] == states[1][1]
    assert program.plan(*given, some).kernels


@crossed("rows, kind", [5, 50, 700], KINDS)
def test_predictions_come_in_the_containers_of_the_net(kind, rows):
    model, some = kind(), np.arange(rows) % ROWS
    x = rows_of(kind.x, some)
    expected = model(x)
    program = Program(model, kind.loss, optim.SGD(0.1))
    for found in (predict(model, x), predict(model, x, 7), program.predict(x)):
        if isinstance(expected, dict):
            assert list(found) == list(expected)
            pairs = [(found[name], expected[name]) for name in expected]
        elif isinstance(expected, tuple):
            pairs = list(zip(found, expected, strict=True))
        else:
            pairs = [(found, expected)]
        for one, other in pairs:
            np.testing.assert_allclose(one, other.data, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
@pytest.mark.parametrize("kind", KINDS)
def test_evaluation_is_the_loss_of_all_rows_however_they_are_divided(kind, weights):
    model = kind()
    whole = loss_by_hand(kind, model(kind.x), kind.y, weights).item()
    for size in (7, ROWS):
        found, _ = evaluate(model, (kind.x, kind.y), kind.loss, size, sample_weight=weights)
        np.testing.assert_allclose(found, whole, rtol=1e-12)


class Log(Callback):
    def __init__(self):
        self.seen = []

    def on_batch_end(self, state):
        self.seen.append((state.epoch, state.batch, state.loss))


@crossed("compiled, kind", [False, True], KINDS)
def test_validation_callbacks_and_going_on_work_for_every_kind_of_stream(kind, compiled):
    def run(model, rule, epochs, after=None, log=None):
        return fit(
            model, (kind.x, kind.y), loss=kind.loss, optimizer=rule, epochs=epochs,
            batch_size=SIZE, seed=3, sample_weight=WEIGHTS, after=after, compiled=compiled,
            validation=(kind.x, kind.y, WEIGHTS), callbacks=[log or Log()],
            schedule=optim.Cosine(steps=20),
        )  # fmt: skip

    log, model = Log(), kind()
    whole = run(model, optim.Adam(0.01), 4, log=log)
    halves, rule = kind(), optim.Adam(0.01)
    joined = run(halves, rule, 2, after=run(halves, rule, 2))
    assert len(log.seen) == 4 * -(-ROWS // SIZE)
    assert apart(model.state(), halves.state()) == 0
    for column in whole.columns:
        if column not in ("seconds", "rows_per_second"):
            assert whole[column] == joined[column]
    final, figures = evaluate(
        model, (kind.x, kind.y), kind.loss, metric="auto", sample_weight=WEIGHTS
    )
    assert whole["validation_loss"][-1] == final
    if isinstance(figures, dict):
        assert {name: whole[f"validation_{name}"][-1] for name in figures} == figures
    else:
        assert whole[f"validation_{whole.metric}"][-1] == figures


@pytest.mark.parametrize("compiled", [False, True])
def test_metrics_by_name_see_their_heads(compiled):
    seen = []

    def right(out, y):
        seen.append((sorted(out), sorted(y)))
        return (out["class"].argmax(axis=1) == y["class"]) & (np.abs(y["price"][:, 0]) < 9)

    model, data = Named(), (Named.x, Named.y)
    by_name = fit(
        model, data, loss=Named.loss, optimizer=optim.SGD(0.01), epochs=2, batch_size=SIZE,
        metric={"price": "r2", "class": "accuracy"}, validation=data, compiled=compiled,
    )  # fmt: skip
    by_hand = fit(
        Named(), data, loss=Named.loss, optimizer=optim.SGD(0.01), epochs=2, batch_size=SIZE,
        metric=right, validation=data, compiled=compiled,
    )  # fmt: skip
    assert by_name.metrics == ("r2_price", "accuracy_class")
    assert by_name.metric == "r2_price"
    assert by_name["accuracy_class"] == pytest.approx(by_hand["right"], rel=1e-12)
    assert by_name["validation_accuracy_class"] == by_hand["validation_right"]
    assert set(map(repr, seen)) == {repr((["class", "price"], ["class", "price"]))}
    out = predict(model, Named.x)
    errors = ((out["price"] - PRICES) ** 2).sum() / ((PRICES - PRICES.mean()) ** 2).sum()
    assert by_name["validation_r2_price"][-1] == pytest.approx(1 - errors, rel=1e-9)


def test_metrics_are_the_same_in_eager_and_compiled_fits():
    columns = []
    for compiled in (False, True):
        history = fit(
            Named(), (Named.x, Named.y), loss=Named.loss, optimizer=optim.SGD(0.01), epochs=3,
            batch_size=SIZE, compiled=compiled,
        )  # fmt: skip
        columns.append([history[name] for name in history.metrics])
        assert history.metrics == ("accuracy_class", "r2_price")
    np.testing.assert_allclose(*columns, rtol=1e-12)


def test_weights_of_some_heads_leave_the_others_as_they_are():
    weighted, plain = {"class": WEIGHTS}, {"class": WEIGHTS, "price": np.ones(ROWS)}
    for compiled in (False, True):
        states = []
        for weights in (weighted, plain):
            model = Named()
            fit(
                model, (Named.x, Named.y), loss=Named.loss, optimizer=optim.SGD(0.01), epochs=2,
                sample_weight=weights, compiled=compiled,
            )  # fmt: skip
            states.append(model.state())
        assert apart(*states) < 1e-13
    found = [
        evaluate(model, (Named.x, Named.y), Named.loss, 7, None, w) for w in (weighted, plain)
    ]
    whole = loss_by_hand(Named, model(Named.x), Named.y, None).item()
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-12)
    assert found[0][0] != pytest.approx(whole, rel=1e-6)


def test_targets_may_stand_elsewhere_than_the_outputs():
    """An autoencoder: two outputs, one array of targets."""

    class Coder(Pair):
        def forward(self, x):
            hidden = self.left(x)
            return self.second(hidden), hidden

    def loss(out, y):
        return cr.squared_error(out[0], y) + 1e-3 * (out[1] ** 2).mean()

    states = []
    for compiled in (False, True):
        model = Coder()
        for p in (*model.right.parameters().values(), *model.first.parameters().values()):
            p.wants_gradient = False
        history = fit(
            model, (A, PRICES), loss=loss, optimizer=optim.SGD(0.01), epochs=2, compiled=compiled
        )
        assert history.metrics == ()
        assert history.compiled is compiled
        states.append(model.state())
    assert apart(*states) < 1e-12
    with pytest.raises(cr.errors.ArgumentError, match="not in the same containers"):
        evaluate(model, (A, PRICES), loss, metric="r2")


def test_progress_shows_every_metric(capsys):
    fit(
        Named(), (Named.x, Named.y), loss=Named.loss, optimizer=optim.SGD(0.01), epochs=1,
        validation=(Named.x, Named.y), progress=True,
    )  # fmt: skip
    written = capsys.readouterr().err
    assert written.count("accuracy_class") == written.count("r2_price") == 2


def test_a_tuple_of_rows_is_still_one_array():
    rows = tuple(map(tuple, A))
    states = []
    for x in (A, rows, list(A)):
        model = Single()
        fit(
            model,
            (x, tuple(LABELS.tolist())),
            loss=Single.loss,
            optimizer=optim.SGD(0.1),
            epochs=1,
        )
        states.append(model.state())
    assert apart(states[0], states[1]) == apart(states[0], states[2]) == 0
