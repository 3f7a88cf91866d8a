"""Outcome: everything a training run has come to, for those who write and show it.

Imports the plan and the figures. training.py makes it; configuration.py, reporting.py and the
table at the end read it.
"""

import shlex
from dataclasses import dataclass
from pathlib import Path

from chainrule.cli.figures import Figures
from chainrule.cli.plan import Plan
from chainrule.cli.settings import TrainSettings
from chainrule.nn import Module
from chainrule.train import History
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
    plan : Plan
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
    plan: Plan
    folder: Path
    dataset: Dataset
    model: Module
    history: History
    seconds: float
    parts: list[Figures]

    def next_commands(self) -> list[tuple[str, str]]:
        """What to try now, each with its command."""
        settings = self.settings
        data = [self.source, *(["--folder", str(settings.folder)] if settings.folder else [])]
        target = ["--target", settings.target] if settings.target else []
        wider = str(2 * max(settings.layers, default=0) or TrainSettings.hidden[0])
        predict = ["chainrule", "predict", str(self.folder), *data, "--out", "predictions.csv"]
        train = ["chainrule", "train", *data, *target, "--hidden", wider]
        return [
            ("Predict rows with this net", shlex.join(predict)),
            ("Train a wider one", shlex.join(train)),
        ]
