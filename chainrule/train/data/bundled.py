"""scikit-learn's bundled sets: the one door to scikit-learn in this package.

Imports tables.py, and scikit-learn when a set is asked for. sources.py uses it.
"""

import importlib.util
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import MissingLibraryError
from chainrule.train.data.tables import RawData, Table, Text

DIGITS = "digits"
DIGITS_FILE = ("datasets", "data", "digits.csv.gz")
DIGIT_ROWS, DIGIT_SIDE = 1797, 8  # pictures, and pixels

# What each set asks for.
TARGETS = (
    (DIGITS, "digit"),
    ("iris", "species"),
    ("wine", "cultivar"),
    ("breast_cancer", "diagnosis"),
    ("diabetes", "progression"),
)
NAMES = tuple(name for name, _ in TARGETS)


def bundled(name: str) -> RawData:
    """One of scikit-learn's sets, in its original units."""
    found = _digits_file() if name == DIGITS else None
    if found is not None:
        return found
    datasets = _scikit_learn_datasets()
    options = {"scaled": False} if name == "diabetes" else {}
    bunch = getattr(datasets, f"load_{name}")(**options)
    features = [str(feature) for feature in bunch.feature_names]
    table = Table.of_numbers(name, features, np.asarray(bunch.data, np.float64))
    if name == "diabetes":
        target = np.asarray(bunch.target, np.float64)
    else:
        classes = tuple(str(each) for each in bunch.target_names)
        target = Text(classes, np.asarray(bunch.target, np.int64))
    shape = (DIGIT_SIDE, DIGIT_SIDE) if name == DIGITS else None
    return RawData(name, table, dict(TARGETS)[name], target, image_shape=shape)


def _digits_file() -> RawData | None:
    """The digits from their file in scikit-learn's folder, without importing scikit-learn.

    It is what a newcomer trains first, and the import takes longer than the training. None if
    the file is not there, or not as it was up to now: then scikit-learn itself is asked.
    """
    package = importlib.util.find_spec("sklearn")
    for folder in (package and package.submodule_search_locations) or ():
        try:
            rows = np.loadtxt(Path(folder, *DIGITS_FILE), delimiter=",")
        except (OSError, ValueError, EOFError, zlib.error):
            continue
        if rows.shape != (DIGIT_ROWS, DIGIT_SIDE**2 + 1):
            continue
        places = range(DIGIT_SIDE)
        pixels = [f"pixel_{row}_{column}" for row in places for column in places]
        table = Table.of_numbers(DIGITS, pixels, np.ascontiguousarray(rows[:, :-1]))
        target = Text(tuple("0123456789"), rows[:, -1].astype(np.int64))
        shape = (DIGIT_SIDE, DIGIT_SIDE)
        return RawData(DIGITS, table, dict(TARGETS)[DIGITS], target, image_shape=shape)
    return None


def _scikit_learn_datasets() -> Any:
    try:
        # Here, not above: scikit-learn takes a second to import, and only these sets need it.
        import sklearn.datasets as datasets  # noqa: PLC0415
    except ImportError as error:
        raise MissingLibraryError(
            "this data set comes with scikit-learn, which cannot be imported.",
            found=[str(error)],
            do='Install it: pip install "chainrule[app]"',
        ) from error
    return datasets
