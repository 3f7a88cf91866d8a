"""scikit-learn's bundled sets: the one door to scikit-learn in this package.

Imports tables.py, and scikit-learn when a set is asked for. sources.py uses it.
"""

from typing import Any

import numpy as np

from chainrule.errors import MissingLibraryError
from chainrule.train.data.tables import RawData, Table, Text

# What each set asks for.
TARGETS = (
    ("digits", "digit"),
    ("iris", "species"),
    ("wine", "cultivar"),
    ("breast_cancer", "diagnosis"),
    ("diabetes", "progression"),
)
NAMES = tuple(name for name, _ in TARGETS)
DIGIT_SIDE = 8  # pixels


def bundled(name: str) -> RawData:
    """One of scikit-learn's sets, in its original units."""
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
    shape = (DIGIT_SIDE, DIGIT_SIDE) if name == "digits" else None
    return RawData(name, table, dict(TARGETS)[name], target, image_shape=shape)


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
