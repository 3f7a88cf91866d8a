"""Program: single steps, epochs and predictions, and what goes wrong in them."""

import copy
import gc
import os
import pickle
import resource
import signal
import threading
import time

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import (
    ArgumentError,
    IndexRangeError,
    NonFiniteError,
    RecordingWarning,
    ShapeError,
    UnsupportedError,
)
from chainrule.train import Callback, Program, fit
from tests.train.small_nets import CLASSES, FEATURES, ROWS, apart, data, net


def test_the_last_smaller_batch_is_used_too():
    x, labels, _ = data("float64")
    states, losses = [], []
    for compiled in (False, True):
        model = net("float64")
        history = fit(
            model, (x[:90], labels[:90]), loss=cr.softmax_cross_entropy, batch_size=32,
            optimizer=optim.SGD(0.1), epochs=5, compiled=compiled,
        )  # fmt: skip
        losses.append(history["loss"] + history["accuracy"])
        states.append(model.state())
    assert apart(*states) <= 1e-13
    np.testing.assert_allclose(*losses, rtol=1e-12)


def test_the_same_seed_gives_the_same_bits_for_any_number_of_threads():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(512, 300)).astype("float32"), rng.integers(0, 10, 512)
    states = []
    for threads in (1, 2, 2):
        before = cr.settings.threads()
        cr.settings.threads(threads)
        try:
            model = nn.MLP([300, 256, 10])
            program = Program(model, cr.softmax_cross_entropy, optim.Adam())
            program.epoch(x, y, 128)
            program.epoch(x, y, 128, order=rng.permutation(512) * 0 + np.arange(512)[::-1])
        finally:
            cr.settings.threads(before)
        states.append(model.state())
    for other in states[1:]:
        assert all(np.array_equal(states[0][path], other[path]) for path in other)


def test_step_epoch_and_order_make_the_same_steps():
    x, labels, _ = data()
    models = [net() for _ in range(3)]
    programs = [Program(m, cr.softmax_cross_entropy, optim.Adam(0.01)) for m in models]
    losses = [programs[0].step(x[i : i + 32], labels[i : i + 32]) for i in range(0, ROWS, 32)]
    together = programs[1].epoch(x, labels, 32)
    order = np.random.default_rng(1).permutation(ROWS)
    back = np.argsort(order)
    gathered = programs[2].epoch(x[order], labels[order], 32, order=back)
    np.testing.assert_array_equal(np.float32(losses), together)
    np.testing.assert_array_equal(together, gathered)
    for other in models[1:]:
        assert apart(models[0].state(), other.state()) == 0


def test_the_optimiser_can_go_on_eagerly_and_natively_in_turns():
    x, labels, _ = data("float64")
    mixed, eager = net("float64"), net("float64")
    one, other = optim.Adam(0.01), optim.Adam(0.01)
    program = Program(mixed, cr.softmax_cross_entropy, one)
    for turn in range(4):
        if turn % 2:
            cr.softmax_cross_entropy(mixed(x), labels).backward()
            one.step(mixed.parameters())
        else:
            program.step(x, labels)
        cr.softmax_cross_entropy(eager(x), labels).backward()
        other.step(eager.parameters())
    assert one.steps == other.steps == 4
    assert apart(mixed.state(), eager.state()) <= 1e-13


@pytest.mark.parametrize(
    "change",
    [
        np.asfortranarray, lambda x: np.repeat(x, 2, 0)[::2],
        lambda x: x.astype(">f8"), lambda x: x.astype("float64"), lambda x: x[::-1][::-1],
    ],
    ids=["fortran", "strided", "byte-swapped", "other dtype", "reversed twice"],
)  # fmt: skip
def test_every_layout_and_dtype_of_the_data_is_read(change):
    x, labels, _ = data("float64")
    states = []
    for given in (x, change(x)):
        model = net("float64")
        program = Program(model, cr.softmax_cross_entropy, optim.SGD(0.1))
        program.epoch(given, labels.astype("int32"), 32)
        program.step(given[:32], labels[:32])
        states.append(model.state())
    assert apart(*states) <= 1e-15


def test_images_of_bytes_are_scaled():
    x = np.random.default_rng(0).integers(0, 256, (64, FEATURES)).astype("uint8")
    labels = np.arange(64) % CLASSES
    models = [net(), net()]
    Program(models[0], cr.softmax_cross_entropy, optim.SGD(0.1), scale=1 / 255).epoch(x, labels)
    scaled = x.astype("float32") * np.float32(1 / 255)
    program = Program(models[1], cr.softmax_cross_entropy, optim.SGD(0.1))
    program.epoch(scaled, labels)
    assert apart(models[0].state(), models[1].state()) <= 1e-6


@pytest.mark.parametrize("rows", [0, 1, 2, 5, 32, 33, 1024, 1500])
def test_predict_takes_any_number_of_rows(rows):
    model = net()
    program = Program(model, cr.softmax_cross_entropy, optim.SGD(0.1))
    x = np.random.default_rng(rows).normal(size=(rows, FEATURES)).astype("float32")
    for count in {rows, max(rows - 1, 0), min(rows, 3), min(rows, 7), min(rows, 9)}:
        found = program.predict(x[:count])
        assert found.shape == (count, CLASSES)
        np.testing.assert_allclose(found, model(x[:count]).data, rtol=1e-5, atol=1e-6)


def test_predict_follows_every_change_of_a_large_weight():
    rng = np.random.default_rng(3)
    x, labels = rng.normal(size=(300, 256)).astype("float32"), rng.integers(0, 4, 300)
    model = nn.MLP([256, 128, 4])
    weight = next(p for p in model.parameters().values() if p.size == 256 * 128)
    program = Program(model, cr.softmax_cross_entropy, optim.SGD(0.1))
    for change in (
        lambda: None,
        lambda: program.epoch(x, labels, 32),
        lambda: program.step(x[:32], labels[:32]),
        lambda: setattr(weight, "data", weight.data * 2),
        lambda: fit(
            model,
            (x, labels),
            loss=cr.softmax_cross_entropy,
            optimizer=optim.LBFGS(),
            batch_size=300,
            epochs=1,
        ),
        lambda: model.load_state(nn.MLP([256, 128, 4], seed=9).state()),
    ):
        change()
        for rows in (300, 20, 3):
            found = program.predict(x[:rows])
            np.testing.assert_allclose(found, model(x[:rows]).data, rtol=1e-4, atol=1e-4)


def test_a_label_outside_the_classes_is_named_and_changes_nothing():
    x, labels, _ = data()
    model = net()
    program = Program(model, cr.softmax_cross_entropy, optim.SGD(0.1))
    labels[40] = 9
    before = model.state()
    with pytest.raises(IndexRangeError, match=r"label 9 in row 8") as caught:
        program.step(x[32:64], labels[32:64])
    assert apart(before, model.state()) == 0
    with pytest.raises(IndexRangeError, match="label 9 in row 8") as caught:
        program.epoch(x, labels, 32)
    assert "in batch 2" in caught.value.__notes__
    assert program.steps == 1
    labels[40] = 0
    program.epoch(x, labels, 32)


def test_another_number_of_targets_is_said():
    x, labels, _ = data()
    program = Program(net(), cr.softmax_cross_entropy, optim.SGD(0.1))
    with pytest.raises(ShapeError, match=f"this epoch: X has {len(x)} rows and y has 10"):
        program.epoch(x, labels[:10], 32)
    with pytest.raises(ShapeError, match="this batch: X has 32 rows and y has none"):
        program.step(x[:32], 3)
    assert program.steps == 0


def test_batches_of_many_sizes_are_said_once():
    x, labels, _ = data()
    program = Program(net(), cr.softmax_cross_entropy, optim.SGD(0.1))
    for rows in (32, 31, 30):
        program.step(x[:rows], labels[:rows])
    with pytest.warns(RecordingWarning, match="recorded and compiled 4 times"):
        program.step(x[:29], labels[:29])
    program.step(x[:28], labels[:28])


def test_an_order_outside_the_rows_is_refused():
    x, labels, _ = data()
    program = Program(net(), cr.softmax_cross_entropy, optim.SGD(0.1))
    for order in (np.arange(1, ROWS + 1), np.arange(-1, ROWS - 1)):
        with pytest.raises(IndexRangeError, match=str(ROWS)):
            program.epoch(x, labels, 32, order=order)
    assert program.steps == 0
    with pytest.raises(ArgumentError, match="order holds numbers of rows"):
        program.epoch(x, labels, 32, order=np.ones(4))


def test_a_loss_that_is_not_finite_names_its_op_and_changes_nothing():
    x, _, numbers = data()
    model = net()
    program = Program(model, lambda out, y: cr.mean(cr.log(out - y)), optim.SGD(0.1))
    before = model.state()
    with pytest.raises(NonFiniteError, match="step 1: log is the first op"):
        program.step(x[:32], numbers[:32] + 100)
    assert apart(before, model.state()) == 0


def test_ctrl_c_during_a_native_epoch_stops_within_a_second_with_a_whole_step():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200_000, 64)).astype("float32"), rng.integers(0, 10, 200_000)
    model = nn.MLP([64, 64, 10])

    class Press(Callback):
        def on_epoch_start(self, state):
            if state.epoch == 1:  # not before fit listens, on however busy a machine
                threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()

    began = time.monotonic()
    history = fit(
        model, (x, y), loss=cr.softmax_cross_entropy, optimizer=optim.SGD(0.01), epochs=100_000,
        callbacks=[Press()],
    )  # fmt: skip
    assert history.compiled
    assert history.stopped == "interrupted"
    assert time.monotonic() - began < 60  # it would run for hours
    assert all(np.isfinite(a).all() for a in model.state().values())


def test_a_callback_that_raises_in_mid_epoch_leaves_whole_steps():
    class Tired(Callback):
        def on_batch_end(self, state):
            if state.step == 5:
                raise ZeroDivisionError

    x, labels, _ = data("float64")
    model, twin = net("float64"), net("float64")
    with pytest.raises(ZeroDivisionError):
        fit(
            model, (x, labels), loss=cr.softmax_cross_entropy, optimizer=optim.SGD(0.1), epochs=9,
            callbacks=[Tired()],
        )  # fmt: skip
    with pytest.raises(ZeroDivisionError):
        fit(
            twin, (x, labels), loss=cr.softmax_cross_entropy, optimizer=optim.SGD(0.1), epochs=9,
            callbacks=[Tired()], compiled=False,
        )  # fmt: skip
    assert apart(model.state(), twin.state()) <= 1e-13


def test_a_hundred_thousand_steps_grow_the_process_by_less_than_a_mebibyte():
    x, labels, _ = data()
    program = Program(net(), cr.softmax_cross_entropy, optim.Adam())
    order = np.tile(np.arange(ROWS), 200)
    program.epoch(x, labels, 32, order=order)
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(100_000 // 600):
        program.epoch(x, labels, 32, order=order)
    for _ in range(2000):
        program.step(x[:32], labels[:32])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1024


@pytest.mark.parametrize("way", [pickle.dumps, copy.deepcopy, copy.copy])
def test_a_program_refuses_to_be_copied_and_says_what_to_copy(way):
    program = cr.train.Program(cr.nn.MLP([2, 3, 1]), cr.squared_error, cr.optim.Adam(0.01))
    with pytest.raises(UnsupportedError, match="Copy net and optimiser together"):
        way(program)
