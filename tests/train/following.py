"""A fit in which a callback changes something, eager beside compiled."""

import warnings
from types import SimpleNamespace

import numpy as np

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import EagerWarning, RecordingWarning
from chainrule.train import Callback, fit

from .small_nets import apart

ROWS, FEATURES = 40, 6
HOOKS = ("on_epoch_start", "on_batch_start", "on_batch_end", "on_epoch_end")
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(ROWS, FEATURES)), RNG.normal(size=(ROWS, 2))


def net(*extra):
    return nn.Sequential(
        nn.Linear(FEATURES, 8, dtype="float64"), *extra, nn.Tanh(),
        nn.Linear(8, 2, dtype="float64"),
    )  # fmt: skip


def at(hook, change, when=lambda state: state.step == 4):
    """A callback that changes something at one place of the fit."""

    def listen(self, state):
        if when(state):
            change(state)

    return type("Change", (Callback,), {hook: listen})()


def trained(change=None, hook="on_batch_start", *, model=net, optimizer=None, **options):
    """Parameters after a fit, or the kind of error it ended with."""
    options.setdefault("loss", cr.squared_error)
    options.setdefault("batch_size", 16)
    model = model() if callable(model) and not isinstance(model, nn.Module) else model
    optimizer = optim.SGD(0.05, momentum=0.9) if optimizer is None else optimizer()
    when = options.pop(
        "when", lambda state: state.step == 4 or (state.epoch == 2 and "epoch" in hook)
    )
    callbacks = [] if change is None else [at(hook, change, when)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RecordingWarning)
        warnings.simplefilter("ignore", EagerWarning)  # a changed net may raise while recorded
        try:
            fit(
                model, (X, Y), optimizer=optimizer, epochs=3, metric=None, callbacks=callbacks,
                **options,
            )  # fmt: skip
        except (ValueError, TypeError, RuntimeError) as error:
            return type(error)
    return model.state()


def alike(change, hook="on_batch_start", matters=True, **options):
    """Eager and compiled end in the same place, another one than without the change."""
    eager = trained(change, hook, compiled=False, **options)
    compiled = trained(change, hook, compiled=True, **options)
    if isinstance(eager, type):
        assert compiled is eager
        return
    assert apart(eager, compiled) <= 1e-12
    if matters:
        unchanged = trained(compiled=False, **options)
        assert set(unchanged) != set(eager) or apart(eager, unchanged) > 1e-9


values = SimpleNamespace()


def fresh_values():
    values.__dict__.clear()
    values.__dict__.update(
        listed=[1.0], named={"weight": 1.0}, array=np.ones(2), bound=1.0, cell=1.0,
        table=np.ones((2, 100, 100)), outside=cr.parameter(np.ones(2)),
    )  # fmt: skip
    values.outside.wants_gradient = False
