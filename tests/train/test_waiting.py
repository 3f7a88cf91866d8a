"""What is told, and by whom, while the steps of a fit are compiled."""

import gc
import io
import threading
import time

import numpy as np
import pytest

import chainrule as cr
from chainrule.cli.bar import Bar
from chainrule.train import PlainProgress, waiting
from chainrule.train.native import compiling

X, Y = np.arange(12.0, dtype="f").reshape(6, 2), np.array([0, 1, 0, 1, 0, 1])


class Listener(cr.train.Callback):
    def __init__(self):
        self.heard = []

    def waits_for(self, what):
        self.heard.append((what, threading.current_thread() is threading.main_thread()))

    def on_fit_start(self, state):
        self.heard.append("start")


def fitted(callback, **settings):
    return cr.fit(
        cr.nn.MLP([2, 3, 2]), (X, Y), loss=cr.softmax_cross_entropy, optimizer=cr.optim.SGD(0.1),
        epochs=1, callbacks=[callback], **settings,
    )  # fmt: skip


@pytest.fixture
def slow(monkeypatch):
    """A compilation that takes longer than anybody waits without a word."""
    original = compiling.compile_sizes

    def late(*args):
        time.sleep(0.2)
        original(*args)

    monkeypatch.setattr(compiling, "compile_sizes", late)
    monkeypatch.setattr(waiting, "SECONDS_UNSEEN", 0.05)


@pytest.mark.usefixtures("slow")
def test_a_long_compilation_is_told_once_before_the_fit_starts():
    listener = Listener()
    assert fitted(listener).compiled
    assert listener.heard == [("compiling the training steps", False), "start"]


@pytest.mark.usefixtures("slow")
def test_progress_has_a_line_of_it():
    stream = io.StringIO()
    fitted(PlainProgress(stream))
    assert stream.getvalue().splitlines()[0] == "compiling the training steps"


@pytest.mark.usefixtures("slow")
def test_the_bar_has_a_line_of_it(capsys):
    fitted(Bar())
    assert "compiling the training steps" in capsys.readouterr().err


def test_a_short_one_is_not_told(monkeypatch):
    monkeypatch.setattr(waiting, "SECONDS_UNSEEN", 60)
    listener = Listener()
    fitted(listener)
    assert listener.heard == ["start"]
    assert "chainrule-waiting" not in {each.name for each in threading.enumerate()}


@pytest.mark.usefixtures("slow")
def test_eager_steps_have_nothing_to_tell():
    listener = Listener()
    fitted(listener, compiled=False)
    assert listener.heard == ["start"]


def test_a_process_without_more_threads_compiles_all_the_same(monkeypatch):
    def refused(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    assert fitted(Listener()).compiled


def test_the_history_tells_what_was_left_for_llvm():
    timing = fitted(Listener()).timing
    assert 0 <= timing.waiting <= timing.compiling


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled):
    (gc.enable if enabled else gc.disable)()
    try:
        fitted(Listener())
        assert gc.isenabled() == enabled
    finally:
        gc.enable()
