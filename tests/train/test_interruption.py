"""Ctrl-C and SIGTERM: in processes of their own, as a user sends them."""

import os
import signal
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.train import Callback, fit
from chainrule.train.interruption import Interruption

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX does")

PROGRAM = """
import os, signal, sys, numpy as np, chainrule as cr
from chainrule import nn, optim
from chainrule.train import Callback, fit

class Interrupt(Callback):
    def on_batch_start(self, state):
        if state.step == 150:
            os.kill(os.getpid(), signal.{signal})
            {again}
    def on_interrupt(self, state):
        print("heard at step", state.step, flush=True)

x = np.random.default_rng(0).normal(size=(400, 4))
model = nn.MLP([4, 8, 2])
before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
history = fit(model, (x, (x[:, 0] > 0).astype(int)), loss=cr.softmax_cross_entropy,
    optimizer=optim.Adam(), epochs=10**6, batch_size=4, callbacks=[Interrupt()],
    validation=(x, (x[:, 0] > 0).astype(int)))
assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
assert all(np.isfinite(p.data).all() for p in model.parameters().values())
print(history.stopped, len(history), np.isfinite(history["loss"]).all(),
    np.isfinite(history["validation_loss"]).tolist())
"""


def run(name, again="pass"):
    code = textwrap.dedent(PROGRAM).format(signal=name, again=again)
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_the_fit_after_the_step_in_progress(name):
    done = run(name)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "heard at step 151\ninterrupted 2 True [True, False]\n"


def test_the_second_ctrl_c_leaves_at_once():
    done = run("SIGINT", again="os.kill(os.getpid(), signal.SIGINT)")
    assert done.returncode != 0
    assert "KeyboardInterrupt" in done.stderr
    assert "heard" not in done.stdout


def test_the_second_sigterm_leaves_at_once():
    done = run("SIGTERM", again="os.kill(os.getpid(), signal.SIGTERM)")
    assert done.returncode == -signal.SIGTERM


def test_an_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interruption():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_handlers_are_put_back_after_an_error():
    before = signal.getsignal(signal.SIGINT)

    class Fail(Callback):
        def on_batch_end(self, state):
            assert signal.getsignal(signal.SIGINT) is not before
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        small(callbacks=[Fail()])
    assert signal.getsignal(signal.SIGINT) is before


def test_fit_works_outside_the_main_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(small().stopped))
    thread.start()
    thread.join()
    assert found == ["epochs"]


def small(**options):
    x = np.linspace(-1, 1, 10)[:, None]
    return fit(
        nn.Linear(1, 1), (x, x), loss=cr.squared_error, optimizer=optim.SGD(), epochs=1, **options
    )
