"""The job of `chainrule checkup`: the sanity checks of a finished run, on its training rows.

Imports the checkup, the options and saving. app.py calls it.
"""

import csv
import json
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from math import nan
from pathlib import Path
from typing import Any

from chainrule.cli.folder import CONFIG, HISTORY
from chainrule.cli.options import UNTOLD, TrainSettings
from chainrule.cli.prediction import model_file
from chainrule.cli.reading_data import is_streamed, read
from chainrule.cli.screen import console, counted, say
from chainrule.errors import DataError, MissingDataError
from chainrule.inspection import Checkup, checkup
from chainrule.nn import L2
from chainrule.runs import ESTIMATOR, needs_scikit_learn
from chainrule.train.choices import losses
from chainrule.train.data import Dataset, Preprocessing, names
from chainrule.train.saving import load_model

TASKS = {"classification": "classes", "regression": "numbers"}
LISTS = ("drop", "categorical", "numeric", "missing")
KEPT = (*LISTS, "target", "query", "decimal", "split", "test", "seed", "validation")


def check_up(run: Path, source: str | None, as_json: bool) -> int:
    """Read the run and its rows, ask everything, and show the answers; the exit code."""
    path = model_file(run, source or "")
    found, told = checkup_of(path, source or "")
    if as_json:
        sys.stdout.write(json.dumps(found.to_dict(), indent=2, allow_nan=False) + "\n")
    else:
        _show(found, path, told)
    return 0


def checkup_of(path: Path, source: str = "") -> tuple[Checkup, str]:
    """What there is to say of a run's net, by its file, and which rows it was asked of."""
    record = record_of(path.parent)
    source = source or str(record["data"]["source"])
    if path.suffix == Path(ESTIMATOR).suffix:
        try:
            # Here, not above: scikit-learn takes a second to load, and a plain net goes without.
            from chainrule.cli.table_checkup import table_checkup  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise needs_scikit_learn(error) from error
        return table_checkup(path, source, record["data"])
    return _of_net(path, source, record)


def _of_net(path: Path, source: str, record: dict[str, Any]) -> tuple[Checkup, str]:
    """What there is to say of a plain net, and which rows it was asked of."""
    model, saved = load_model(path)
    dataset = _dataset(source, record, saved.preprocessing)
    parts = ((dataset.x_test, dataset.y_test), (dataset.x_validation, dataset.y_validation))
    strength = float(record.get("learning", {}).get("l2", 0.0))
    found = checkup(
        model,
        dataset.training,
        losses(dataset.task)[saved.architecture.loss],
        validation=next((part for part in parts if len(part[0])), None),
        history=_history(path.parent),
        regularization=L2(strength) if strength else None,
    )
    return found, f"{source}, {counted(found.rows, 'training row')}"


def _show(found: Checkup, path: Path, told: str) -> None:
    say("net", str(path))
    say("data", told)
    screen = console()
    for line in str(found).splitlines()[1:]:
        screen.print(line, style="bold red" if line.startswith("ALARM") else None)


def record_of(folder: Path) -> dict[str, Any]:
    """What config.toml says of the data and the learning."""
    try:
        record = tomllib.loads((folder / CONFIG).read_text(encoding="utf-8"))
        str(record["data"]["source"])
    except FileNotFoundError:
        raise MissingDataError(
            f"{folder} holds no {CONFIG}, which says what the net was trained on.",
            do="Give the folder that chainrule train has written.",
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{folder / CONFIG} does not say what the net was trained on.",
            found=[f"{type(error).__name__}: {error}"[:200]],
            do="Give the folder as chainrule train has written it.",
        ) from None
    return record


def _dataset(source: str, record: dict[str, Any], preprocessing: Preprocessing) -> Dataset:
    """The rows, split and prepared as they were for the training."""
    settings = _settings(source, record["data"])
    dataset = read(source, settings, is_streamed(source, settings))
    if dataset.preprocessing.to_json() != preprocessing.to_json():
        raise DataError(
            f"{source} is not what the net was trained on: its columns would be prepared in "
            "another way now.",
            do="Give the table as it was then: chainrule checkup RUN TABLE; or train again.",
        )
    return dataset


def _settings(source: str, data: dict[str, Any]) -> TrainSettings:
    known = {name: data[name] for name in KEPT if name in data}
    known |= {name: tuple(known[name]) for name in LISTS if name in known}
    if "folder" in data:
        known["folder"] = Path(data["folder"])
    if source in names():  # which knows its own target
        known.pop("target", None)
    else:
        known["task"] = TASKS[data["task"]]
    try:
        return replace(UNTOLD, **known)
    except TypeError as error:
        raise DataError(f"{CONFIG} has a setting of another kind: {error}.") from None


def _history(folder: Path) -> dict[str, Sequence[float]]:
    """Columns of history.csv up to the epoch whose weights were kept; none where it is gone."""
    try:
        with (folder / HISTORY).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        best = int(record_of(folder)["result"]["best_epoch"])
        names = list(rows[0]) if rows else []
        return {name: [float(row[name] or nan) for row in rows[:best]] for name in names}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
