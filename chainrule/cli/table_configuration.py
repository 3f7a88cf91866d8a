"""config.toml of a training on a table: every setting with its value, and what came out.

Imports tomli_w and configuration.py. table_job.py writes it, the report shows the settings.
"""

from typing import Any

import tomli_w

from chainrule.cli.configuration import known, numbers_of, of_data, versions
from chainrule.cli.table_outcome import TableOutcome
from chainrule.cli.table_trial import classes_of
from chainrule.train.data.split_keys import told_start


def config_of_table(outcome: TableOutcome) -> str:
    """The whole file of a training on a table, as TOML text."""
    epochs = outcome.trial.estimator.epochs_
    record: dict[str, Any] = {
        "versions": versions(),
        **settings_of_table(outcome),
        "result": {
            "nets": len(epochs),
            "epochs": list(epochs),
            "seconds": round(outcome.seconds, 3),
            **({"stopped": outcome.trial.stopped} if outcome.trial.stopped else {}),
            **{part: numbers_of(figures) for part, figures in outcome.trial.lines.items()},
        },
    }
    return tomli_w.dumps(record)


def settings_of_table(outcome: TableOutcome) -> dict[str, dict[str, Any]]:
    """The same of a training on a table."""
    settings, raw = outcome.settings, outcome.trial.raw
    return known(
        {
            "data": {
                "source": outcome.source,
                "name": raw.name,
                "task": "classification" if classes_of(raw) else "regression",
                "target": raw.target_name,
                **of_data(settings),
                "tested_from": _tested_from(outcome),
            },
            "learning": {
                "preset": settings.preset or "strong",
                "time_limit": settings.time_limit,
                "folds": settings.folds,
                "baseline": settings.baseline,
                "seed": settings.seed,
            },
        }
    )


def _tested_from(outcome: TableOutcome) -> str | None:
    """Where rows are split in time, the time of the first that is tested."""
    test = outcome.trial.parts.get("test")
    if test is None or outcome.settings.folds:
        return None
    return told_start(outcome.trial.raw, test.rows) or None
