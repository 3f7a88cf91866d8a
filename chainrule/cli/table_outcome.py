"""TableOutcome: everything a training on a table has come to, for those who write and show it.

Imports the trial and the options. table_job.py makes it; configuration.py and table_report.py
read it.
"""

import shlex
from dataclasses import dataclass, replace
from pathlib import Path

from chainrule.cli.options import TrainSettings
from chainrule.cli.outcome import called, data_words, free_name, looks
from chainrule.cli.screen import counted
from chainrule.cli.table_trial import Trial

FOLDS = 5  # that are proposed


@dataclass(frozen=True, eq=False)
class TableOutcome:
    """A training that is over.

    Parameters
    ----------
    source : str
        The table, as the user named it.
    settings : TrainSettings
    folder : Path
    trial : Trial
    seconds : float
        Of all trainings.
    """

    source: str
    settings: TrainSettings
    folder: Path
    trial: Trial
    seconds: float

    @property
    def nets(self) -> str:
        """What answers, in words."""
        epochs = self.trial.estimator.epochs_
        passes = str(epochs[0]) if len(set(epochs)) == 1 else f"{min(epochs)} to {max(epochs)}"
        return f"{counted(len(epochs), 'net')}, {passes} passes over the rows"

    def next_commands(self) -> list[tuple[str, str]]:
        """What to try now, each with its command."""
        data = data_words(self.source, self.settings)
        rows = ["predict", str(self.folder), *data, "--out", free_name("predictions.csv")]
        train = ["train", self.source, *replace(self.settings, folds=FOLDS).words()]
        found = [("Predict rows with it", shlex.join([*called(), *rows]))]
        if not self.settings.folds:
            found.append(("Judge it by every row in turn", shlex.join([*called(), *train])))
        found += looks(self.folder)
        return [*found, ("Open it in Python", f"chainrule.load_run({str(self.folder)!r})")]
