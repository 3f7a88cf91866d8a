"""config.toml: every setting of a run with its value, defaults included, and what came out.

Imports tomli_w. training.py writes it; prediction.py reads which data a run has seen.
"""

import platform
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from chainrule.cli.folder import CONFIG
from chainrule.cli.options import TrainSettings
from chainrule.cli.outcome import Outcome
from chainrule.train.data.split_keys import RANDOM
from chainrule.train.saving import installed_version


def settings_record(outcome: Outcome) -> dict[str, dict[str, Any]]:
    """Sections of settings, nothing left out or open; what has no value is not in it."""
    settings, plan, net = outcome.settings, outcome.plan, outcome.plan.architecture
    data, dataset = of_data(settings), outcome.dataset
    record: dict[str, dict[str, Any]] = {
        "data": {
            "source": outcome.source,
            "name": dataset.name,
            "task": dataset.task,
            "target": dataset.preprocessing.target.name,
            **data,
            "validation": settings.watched,
        },
        "net": {
            "kind": "mlp",
            "sizes": list(net.sizes),
            "activation": net.activation,
            "dropout": net.dropout,
            "normalization": net.normalization,
            "dtype": net.dtype,
        },
        "learning": {
            "loss": net.loss,
            "optimizer": plan.optimizer,
            "learning_rate": plan.rate,
            "schedule": plan.schedule,
            "l2": plan.l2,
            "clip": plan.clip,
            "epochs": plan.epochs,
            "batch_size": plan.batch_size,
            "patience": plan.patience,
            "seed": plan.seed,
        },
    }
    return known(record)


def of_data(settings: TrainSettings) -> dict[str, Any]:
    """What was said of the data."""
    return {
        "query": settings.query,
        **{
            option: list(getattr(settings, option)) or None
            for option in ("drop", "categorical", "numeric", "missing")
        },
        "decimal": settings.decimal,
        "split": settings.split if settings.split != RANDOM else None,
        "test": settings.test,
        "folder": None if settings.folder is None else str(settings.folder),
        "seed": settings.seed,
    }


def known(record: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Without what has no value."""
    return {
        section: {key: value for key, value in entries.items() if value is not None}
        for section, entries in record.items()
    }


def numbers_of(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Those of metrics.json that are one number each; TOML knows no others."""
    return {name: x for name, x in figures.items() if isinstance(x, int | float)}


def versions() -> dict[str, str]:
    """What it ran on."""
    return {
        "chainrule": installed_version(),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def config_text(outcome: Outcome) -> str:
    """The whole file as TOML text."""
    history = outcome.history
    record: dict[str, Any] = {
        "versions": versions(),
        **settings_record(outcome),
        "result": {
            "epochs": len(history),
            "best_epoch": history.best_epoch or len(history),
            "stopped": history.stopped,
            "seconds": round(outcome.seconds, 3),
            **{
                part.part: {"rows": part.rows, "loss": part.loss, **numbers_of(part.judged)}
                for part in outcome.parts
            },
        },
    }
    return tomli_w.dumps(record)


def trained_on(run: Path) -> str:
    """The data set or file that a run was trained on; "" if its config.toml does not tell."""
    try:
        record = tomllib.loads((run / CONFIG).read_text(encoding="utf-8"))
        return str(record["data"]["source"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
