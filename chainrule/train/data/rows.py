"""read_rows: rows for a net that is already trained, read the way its training rows were.

Imports the other files of this package. `chainrule predict` uses it.
"""

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.train.data.columns import Classes, Numeric
from chainrule.train.data.inference import numbers_of, texts_of, typed
from chainrule.train.data.preprocessing import Preprocessing, refuse_missing_columns
from chainrule.train.data.sheet import Sheet, read_sheet
from chainrule.train.data.sources import open_named, resolve
from chainrule.train.data.tables import Text


def read_rows(
    source: str | PathLike[str],
    preprocessing: Preprocessing,
    folder: str | PathLike[str] | None = None,
) -> tuple[NDArray[np.float32], NDArray[Any] | None]:
    """Inputs, and targets if the source has them.

    Parameters
    ----------
    source : str or path
        A CSV file, or the name of a data set (all its rows). Columns are found by name, in any
        order; those the net does not read are ignored, whatever they hold.
    preprocessing : Preprocessing
        That of the training data.
    folder : str or path, optional
        Where fashion-mnist is, as for `load`.

    Returns
    -------
    x : ndarray, float32, (N, D)
    y : ndarray or None
        As in a Dataset; None if the source has no column named like the target.
    """
    found = resolve(source, folder)
    if isinstance(found, Path):
        return _rows_of_sheet(read_sheet(found), preprocessing)
    raw = open_named(found, folder)
    x = preprocessing.apply(raw.table)
    if raw.target_name != preprocessing.target.name:
        return x, None
    return x, preprocessing.labels(raw.target, raw.table.places)


def _rows_of_sheet(
    sheet: Sheet, preprocessing: Preprocessing
) -> tuple[NDArray[np.float32], NDArray[Any] | None]:
    refuse_missing_columns(preprocessing, sheet.header, sheet.source)
    kinds = {column.name: isinstance(column, Numeric) for column in preprocessing.columns}
    target = preprocessing.target
    has_target = target.name in sheet.header
    sheet.refuse_empty_cells([*kinds, target.name] if has_target else list(kinds))
    x = preprocessing.apply(typed(sheet, kinds))
    if not has_target:
        return x, None
    values: Text | NDArray[np.float64] = (
        texts_of(sheet, target.name)
        if isinstance(target, Classes)
        else numbers_of(sheet, target.name)
    )
    return x, preprocessing.labels(values, sheet.places)
