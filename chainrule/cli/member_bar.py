"""Progress of estimators: a bar on a terminal, a line for each net anywhere else.

Imports rich and the estimators' training. table_job.py hands it to them.
"""

import time
from collections.abc import Generator
from contextlib import contextmanager
from math import inf, isnan

from rich.progress import BarColumn, Progress, TextColumn

from chainrule.cli.bar import SECONDS_BETWEEN
from chainrule.cli.figure_table import shown
from chainrule.cli.screen import console
from chainrule.estimators.member_training import Stand
from chainrule.train.interruption import Interruption


@contextmanager
def following(trainings: int, limit: float | None, metric: str) -> Generator["MemberBar"]:
    """Show how far the trainings of estimators are, and the time that is left."""
    with Interruption() as interruption:
        bar = MemberBar(trainings, limit, metric, interruption)
        try:
            yield bar
        finally:
            bar.stop()


class MemberBar:
    """A bar on a terminal, a line for each net anywhere else.

    Parameters
    ----------
    trainings : int
        How many estimators are trained, one after the other.
    limit : float or None
        Seconds that they may take.
    metric : str
        What the score of a net is called.
    interruption : Interruption

    Attributes
    ----------
    training : int
        Which of them is trained now, from 0.
    """

    def __init__(
        self, trainings: int, limit: float | None, metric: str, interruption: Interruption
    ) -> None:
        self.training = 0
        self._interruption = interruption
        self._trainings, self._limit, self._metric = trainings, limit, metric
        self._started, self._drawn = time.perf_counter(), 0.0
        self._screen = console(to_stderr=True)
        self._bar = Progress(
            TextColumn("{task.fields[net]}", style="bold"),
            BarColumn(bar_width=None, complete_style="cyan", finished_style="green"),
            TextColumn("{task.fields[figures]}"),
            console=self._screen,
            auto_refresh=False,
            expand=True,
        )
        self._task = self._bar.add_task("", total=1.0, net="", figures="")

    @property
    def is_interrupted(self) -> bool:
        """Whether somebody has pressed Ctrl-C."""
        return self._interruption.requested

    @property
    def left(self) -> float:
        """Seconds of the time limit."""
        return (self._limit or inf) - (time.perf_counter() - self._started)

    def watch(self, stand: Stand) -> bool:
        """Draw where the training stands; whether what is done is enough."""
        now = time.perf_counter()
        share = (self.training + stand.share) / self._trainings
        is_end = stand.epoch == stand.epochs
        if not self._screen.is_terminal:
            if is_end:
                figures = "  ".join(self._figures(stand, share, now))
                self._screen.print(f"{self._name(stand)}  {figures}")
        elif is_end or now - self._drawn > SECONDS_BETWEEN:
            if not self._drawn:
                self._bar.start()
            self._drawn = now
            figures = "  ".join(self._figures(stand, share, now))
            self._bar.update(self._task, completed=share, net=self._name(stand), figures=figures)
            self._bar.refresh()
        return self.is_interrupted

    def stop(self) -> None:
        """Let go of the terminal."""
        if self._drawn:
            self._bar.stop()

    def _name(self, stand: Stand) -> str:
        net = f"net {stand.member}/{stand.members}"
        several = f"training {self.training + 1}/{self._trainings}  "
        return several + net if self._trainings > 1 else net

    def _figures(self, stand: Stand, share: float, now: float) -> list[str]:
        passed = now - self._started
        left = passed * (1 - share) / max(share, 1e-9)
        if self._limit is not None:
            left = min(left, max(self.left, 0.0))
        score = shown(self._metric, stand.score)
        told = [] if isnan(stand.score) else [f"validation {self._metric} {score}"]
        return [*told, f"{left:.0f} s left"]
