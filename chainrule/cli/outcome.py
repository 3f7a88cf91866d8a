"""Outcome: everything a training run has come to, for those who write and show it.

Imports the plan and the figures. training.py makes it; configuration.py, reporting.py and the
table at the end read it.
"""

import os
import shlex
import shutil
import sys
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path

from chainrule.cli.options import UNTOLD, TrainSettings
from chainrule.cli.part_figures import Figures
from chainrule.nn import Module
from chainrule.starting import COMMAND
from chainrule.train import History
from chainrule.train.choices import Choices, TrainingPlan
from chainrule.train.data import Dataset


@dataclass(frozen=True, eq=False)
class Outcome:
    """A run that is over.

    Parameters
    ----------
    source : str
        Data set or file, as the user named it.
    settings : TrainSettings
        What the user said.
    plan : TrainingPlan
        What was made of it.
    folder : Path
        Where it is written.
    dataset : Dataset
    model : Module
        Trained.
    history : History
    seconds : float
        Of the training.
    parts : list of Figures
        Training first; the last part is the one that was kept away longest.
    """

    source: str
    settings: TrainSettings
    plan: TrainingPlan
    folder: Path
    dataset: Dataset
    model: Module
    history: History
    seconds: float
    parts: list[Figures]

    def next_commands(self) -> list[tuple[str, str]]:
        """What to try now, each with its command."""
        settings = self.settings
        data = data_words(self.source, settings)
        hidden = settings.choices().hidden
        wider = replace(settings, hidden=tuple(2 * units for units in hidden) or Choices.hidden)
        predict = ["predict", str(self.folder), *data, "--out", free_name("predictions.csv")]
        train = ["train", self.source, *wider.words()]
        return [
            ("Predict rows with this net", shlex.join([*called(), *predict])),
            ("Train a wider one", shlex.join([*called(), *train])),
            *looks(self.folder),
        ]


def looks(folder: Path) -> list[tuple[str, str]]:
    """Where to see what a run has learned, each with its command."""
    ways = [("See every gradient of it", "explore"), ("Ask whether it is healthy", "checkup")]
    return [(title, shlex.join([*called(), word, str(folder)])) for title, word in ways]


def data_words(source: str, settings: TrainSettings) -> list[str]:
    """How the rows are named on the command line."""
    rows = replace(UNTOLD, folder=settings.folder, query=settings.query)
    return [source, *rows.words()]


def called() -> list[str]:
    """How this command is called from where the user stands: by its name, if that is found."""
    script, beside = sys.argv[0], os.path.dirname(sys.executable)
    on_path = shutil.which(COMMAND)
    if on_path and (_is_same(on_path, os.path.join(beside, COMMAND)) or _is_same(on_path, script)):
        return [COMMAND]
    if os.path.splitext(os.path.basename(script))[0] == COMMAND and os.access(script, os.X_OK):
        return [os.path.relpath(script) if os.path.isabs(script) else script]
    return [sys.executable, "-m", COMMAND]


def _is_same(one: str, other: str) -> bool:
    return os.path.exists(other) and os.path.samefile(one, other)


def free_name(name: str) -> str:
    """The name of a file that is not there yet."""
    stem, ending = os.path.splitext(name)
    names = chain([name], (f"{stem}-{number}{ending}" for number in count(2)))
    return next(place for place in names if not os.path.lexists(place))
