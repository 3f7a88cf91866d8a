"""Progress in plain lines: one per epoch, to a log, a pipe or a notebook.

Imports the callbacks. `fit(progress=True)` uses it; the command line brings its own.
"""

import sys
from typing import TextIO

from chainrule.train.events import Callback
from chainrule.train.fit_state import FitState


class PlainProgress(Callback):
    """Writes one line per epoch: losses without regularization, so that parts can be compared.

    The time left is that of all epochs; early stopping needs less.

    Parameters
    ----------
    stream : text file, optional
        Default: standard error, as it is when the fit runs.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def waits_for(self, what: str) -> None:
        self._write(what)

    def on_epoch_end(self, state: FitState) -> None:
        history, row = state.history, state.history.epochs[-1]
        width = len(str(state.epochs))
        parts = [f"epoch {row.epoch:{width}}/{state.epochs}", f"loss {row.data_loss:.4f}"]
        parts += [f"{name} {history[name][-1]:.4f}" for name in history.metrics]
        if history.validated:
            parts.append(f"validation loss {row.validation_loss:.4f}")
            parts += [
                f"{name} {history[f'validation_{name}'][-1]:.4f}" for name in history.metrics
            ]
        pace = sum(each.seconds for each in history.epochs) / len(history.epochs)
        parts.append(f"{row.rows_per_second:,.0f} rows/s")
        parts.append(f"{pace * (state.epochs - row.epoch):.0f} s left")
        self._write("  ".join(parts))

    def on_fit_end(self, state: FitState) -> None:
        reason = state.history.stopped
        if reason not in ("", "epochs"):
            self._write(f"stopped after epoch {state.epoch}: {reason}")

    def _write(self, line: str) -> None:
        stream = sys.stderr if self._stream is None else self._stream
        stream.write(line + "\n")
        stream.flush()
