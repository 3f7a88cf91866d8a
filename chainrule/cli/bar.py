"""Progress: a bar on a terminal, some plain lines anywhere else.

Imports rich and the training loop's callbacks. training.py hands one of the two to `fit`.
"""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from chainrule.cli.screen import console
from chainrule.train import Callback, FitState, PlainProgress

SECONDS_BETWEEN = 0.1  # redraws; a bar that is drawn by a thread would slow the training
LINES_AT_MOST = 20
SECONDS_UNSEEN = 1.0  # what is read in less needs no bar


def reporter() -> Callback:
    """What suits standard error as it is now."""
    return Bar() if console(to_stderr=True).is_terminal else Lines()


@contextmanager
def reading(source: str) -> Generator[Callable[[float], None]]:
    """Show how much of a file is read, once it takes long enough to be seen."""
    screen = console(to_stderr=True)
    bar = Progress(
        TextColumn("reading {task.description}", style="bold", markup=False),
        BarColumn(bar_width=None, complete_style="cyan", finished_style="green"),
        TextColumn("{task.percentage:>3.0f} %"),
        console=screen,
        auto_refresh=False,
        expand=True,
        transient=True,
    )
    task = bar.add_task(Path(source).name, total=1.0)
    started = time.perf_counter()
    is_shown, has_told = False, False

    def told(share: float) -> None:
        nonlocal is_shown, has_told
        if time.perf_counter() - started < SECONDS_UNSEEN:
            return
        if screen.is_terminal:
            if not is_shown:
                bar.start()
            is_shown = True
            bar.update(task, completed=share)
            bar.refresh()
        elif not has_told:
            has_told = True
            screen.print(f"reading {Path(source).name}", markup=False, highlight=False)

    try:
        yield told
    finally:
        if is_shown:
            bar.stop()


class Lines(PlainProgress):
    """A line per epoch, or per so many epochs."""

    def on_epoch_end(self, state: FitState) -> None:
        """Write the line if it is this epoch's turn, or the last."""
        every = -(-state.epochs // LINES_AT_MOST)
        if state.epoch % every == 0 or state.epoch in (1, state.epochs) or state.stopped:
            super().on_epoch_end(state)

    def on_fit_end(self, state: FitState) -> None:
        """Write why training stopped early; an error speaks for itself."""
        if state.history.stopped != "error":
            super().on_fit_end(state)


class Bar(Callback):
    """A bar with loss, metric, rows per second and the time left."""

    def __init__(self) -> None:
        self._bar = Progress(
            TextColumn("epoch {task.fields[epoch]}", style="bold"),
            BarColumn(bar_width=None, complete_style="cyan", finished_style="green"),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(compact=True),
            console=console(to_stderr=True),
            auto_refresh=False,
            expand=True,
        )
        self._task: TaskID | None = None
        self._drawn = self._started = 0.0

    def waits_for(self, what: str) -> None:
        """Say it above the bar."""
        self._bar.console.print(what, style="dim")

    def on_fit_start(self, state: FitState) -> None:
        """Draw the empty bar."""
        total = state.epochs * state.batches
        self._task = self._bar.add_task("", total=total, epoch="", figures="")
        self._started = time.perf_counter()
        self._bar.start()

    def on_batch_end(self, state: FitState) -> None:
        """Draw it again, some times a second."""
        now = time.perf_counter()
        if now - self._drawn > SECONDS_BETWEEN:
            self._drawn = now
            self._draw(state, state.running_data_loss(), state.running_metric())

    def on_fit_end(self, state: FitState) -> None:
        """Draw the last figures, and let go of the terminal."""
        if state.history.epochs:
            last = state.history.epochs[-1]
            self._draw(state, last.data_loss, last.metric)
        self._bar.stop()

    def _draw(self, state: FitState, loss: float, metric: float) -> None:
        if self._task is None:
            return
        name = state.history.metric
        rows = state.step * state.rows / state.batches
        speed = rows / max(time.perf_counter() - self._started, SECONDS_BETWEEN)
        figures = [f"loss {loss:.4f}"]
        figures += [f"{name} {metric:.4f}"] if name else []
        figures += [f"{speed:,.0f} rows/s"]
        self._bar.update(
            self._task,
            completed=state.step,
            epoch=f"{state.epoch}/{state.epochs}",
            figures="  ".join(figures),
        )
        self._bar.refresh()
