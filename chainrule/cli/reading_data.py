"""Reading the data of a plain net: into memory, or block by block where they do not fit.

Imports the bar, the options and data. train_job.py calls it.
"""

import os
from typing import Any

from chainrule.cli.bar import reading
from chainrule.cli.options import TrainSettings
from chainrule.cli.screen import say
from chainrule.errors import ArgumentError
from chainrule.train.data import Dataset, load, stream
from chainrule.train.data.free_memory import fits
from chainrule.train.data.opening import PARQUET, start_of
from chainrule.train.data.sources import resolve

SMALL = 64 << 20  # bytes of a file that nobody needs to ask about


def is_streamed(source: str, settings: TrainSettings) -> bool:
    """Whether a table is read block by block: it was asked for, or it does not fit into memory.

    Raises
    ------
    ArgumentError
        For options that speak of all rows at once.
    """
    if not (settings.stream or _is_too_large(source, settings)):
        return False
    others = settings.of_an_estimator
    others += [f"--split {settings.split}"] if settings.split != "random" else []
    if others:
        why = "--stream reads it" if settings.stream else "the table does not fit: it is read"
        raise ArgumentError(
            f"{others[0]} needs all rows of a table in memory, but {why} block by block.",
            do=f"Leave {others[0].split()[0]} out; or take some of the rows, "
            "such as by a query of a DuckDB file.",
        )
    return True


def _is_too_large(source: str, settings: TrainSettings) -> bool:
    found = resolve(source, settings.folder)
    if isinstance(found, str) or not found.paths or any(map(os.path.isdir, found.paths)):
        return False
    try:
        if sum(path.stat().st_size for path in found.paths) < SMALL:
            return False
        is_text = any(not start_of(path).startswith(PARQUET) for path in found.paths)
    except OSError:  # reading it tells what is wrong
        return False
    return not (is_text and settings.query) and not fits(found.paths)


def read(source: str, settings: TrainSettings, streams: bool) -> Dataset:
    """The data, split and standardised."""
    columns: dict[str, Any] = {
        "target": settings.target,
        "seed": settings.seed,
        "validation": settings.watched,
        "test": settings.test,
        **settings.of_columns,
        "query": settings.query,
    }
    with reading(source) as progress:
        if streams:
            dataset = stream(source, **columns, progress=progress)
        else:
            return load(
                source, **columns, split=settings.split, folder=settings.folder, progress=progress
            )
    say("reading", "block by block in each epoch; one plain net learns from it")
    say("training", f"the figures of that part are those of {len(dataset.x_train):,} of its rows")
    return dataset
