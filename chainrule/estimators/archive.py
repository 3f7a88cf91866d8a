"""Trained estimators as files: one archive of arrays and a text, and nothing that could run.

Imports NumPy, the estimators and files.py. ``estimator.save(path)`` writes it, ``load`` reads it.
"""

import io
import json
import os
import zipfile
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, cast

import numpy as np

from chainrule.errors import ChainruleError, DataError, MissingDataError
from chainrule.estimators.features import Features
from chainrule.estimators.intervals import LEVEL
from chainrule.estimators.presets import PRESETS, RECIPES
from chainrule.estimators.table_reading import Reading
from chainrule.estimators.tabular import TabularClassifier, TabularRegressor
from chainrule.nn import Ensemble
from chainrule.train.data import Preprocessing
from chainrule.train.files import write_atomically

Array = np.ndarray[Any, np.dtype[Any]]
FORMAT = "chainrule estimator 3"
KINDS = {kind.__name__: kind for kind in (TabularClassifier, TabularRegressor)}
PARAMETERS = ("time_limit", "n_jobs", "verbose")
NAMES = ("drop", "categorical", "numeric", "missing")


def save(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Write a trained estimator; a file that stood there is replaced in one step."""
    classes = hasattr(estimator, "classes_")
    recipe, presets = estimator.recipe_, PRESETS["classes" if classes else "numbers"]
    # The setting may be another one by now.
    named = isinstance(estimator.preset, str) and presets.get(estimator.preset) == recipe
    preparation, wanted = estimator.table_.preprocessing, estimator.wanted("auto")
    parameters: dict[str, Any] = {name: getattr(estimator, name) for name in PARAMETERS}
    parameters |= {name: getattr(wanted, name) for name in NAMES}
    about: dict[str, Any] = {
        "format": FORMAT,
        "kind": type(estimator).__name__,
        "preset": estimator.preset if named else None,
        "recipe": asdict(recipe),
        "recipe_kind": type(recipe).__name__,
        "parameters": parameters | {"decimal": wanted.decimal or None},
        "preparation": preparation.to_json() if preparation else None,
        "notes": list(estimator.table_.notes),
        "names": list(getattr(estimator, "feature_names_in_", [])),
        "takes_any_order": estimator.takes_any_order_,
        "features": int(estimator.n_features_in_),
        "score": float(estimator.validation_score_),
        "epochs": list(estimator.epochs_),
    }
    arrays = {f"net/{path}": array for path, array in estimator.ensemble_.state().items()}
    arrays |= {
        f"features/{f.name}": getattr(estimator.features_, f.name) for f in fields(Features)
    }
    if classes:
        arrays["classes"] = _plain(estimator.classes_)
        weight: Any = estimator.class_weight
        if isinstance(weight, dict):  # JSON has no keys that are numbers
            pairs: Any = cast("dict[Any, Any]", weight).items()
            weight = [[np.asarray(key).item(), float(value)] for key, value in pairs]
        about["class_weight"] = weight
    else:
        about["numbers"] = [estimator.mean_, estimator.scale_, *estimator.range_]
        arrays["misses"] = estimator.misses_
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, about=np.array(json.dumps(about)), **arrays)
    write_atomically(path, file.getvalue())


def load(path: str | os.PathLike[str]) -> TabularClassifier | TabularRegressor:
    """The estimator that ``save`` wrote, ready to answer.

    Raises
    ------
    MissingDataError
        If there is no such file.
    DataError
        If it is anything else than a whole estimator.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from sklearn.datasets import load_iris
    >>> from chainrule.estimators import TabularClassifier, load
    >>> X, y = load_iris(return_X_y=True)
    >>> model = TabularClassifier(preset="fast", random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(pathlib.Path(folder) / "iris.npz")
    ...     again = load(pathlib.Path(folder) / "iris.npz")
    >>> bool((again.predict(X) == model.predict(X)).all())
    True
    """
    path = Path(path)
    try:
        # Of the bytes: where the archive is damaged NumPy leaves a file open.
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
            arrays: dict[str, Array] = dict(archive.items())
        about: Any = json.loads(arrays.pop("about").item())
        if about["format"] != FORMAT:
            raise ValueError(f"its format is {about['format']!r}")
        return _estimator(about, arrays)
    except FileNotFoundError:
        raise MissingDataError(
            f"there is no file {path}.", do="Give the path that estimator.save(path) wrote."
        ) from None
    except (
        OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, LookupError,
        zipfile.BadZipFile, ChainruleError,
    ) as error:  # fmt: skip
        raise DataError(
            f"{path} is not an estimator that chainrule saved, or it is damaged.",
            found=[f"{type(error).__name__}: {error}"[:200]],
            do="Give the path that estimator.save(path) wrote.",
        ) from None


def _estimator(about: Any, arrays: dict[str, Array]) -> TabularClassifier | TabularRegressor:
    record = about["recipe"]
    recipe = RECIPES[about["recipe_kind"]](**record | {"widths": tuple(record["widths"])})
    parameters = about["parameters"]
    parameters |= {name: tuple(parameters.get(name, ())) for name in NAMES}
    made: Any = KINDS[about["kind"]](preset=about["preset"] or recipe, **parameters)
    made.recipe_ = recipe
    made.n_features_in_, preparation = about["features"], about["preparation"]
    made.table_ = (
        Reading.of_matrix(made.n_features_in_)
        if preparation is None
        else Reading.of(Preprocessing.from_json(preparation), tuple(about["notes"]))
    )
    made.features_ = Features(**{f.name: arrays[f"features/{f.name}"] for f in fields(Features)})
    # Files of before say it by having no names.
    made.takes_any_order_ = about.get("takes_any_order", bool(preparation and not about["names"]))
    if made.takes_any_order_:
        made.name_columns()
    elif about["names"]:
        made.feature_names_in_ = np.array(about["names"], object)
    outputs, link = 1, ""
    if isinstance(made, TabularClassifier):
        made.classes_, link = arrays["classes"], "softmax"
        weight: Any = about["class_weight"]
        made.class_weight = dict(cast("list[Any]", weight)) if isinstance(weight, list) else weight
        outputs = len(made.classes_)
    else:
        made.mean_, made.scale_, *ends = about["numbers"]
        made.range_, made.misses_ = tuple(ends), arrays["misses"]
        made.margin_ = made.margin_of(LEVEL)
    layout, members = made.features_.layout(), len(about["epochs"])
    ensemble = Ensemble(lambda: recipe.net(layout, outputs), members, link)
    ensemble.load_state(
        {name.removeprefix("net/"): x for name, x in arrays.items() if name.startswith("net/")}
    )
    made.keep(ensemble, tuple(about["epochs"]))
    made.validation_score_ = about["score"]
    return made


def _plain(classes: Array) -> Array:
    """Classes as an array without objects: texts, where they are such."""
    if classes.dtype.kind != "O":
        return classes
    found = np.array(classes.tolist())
    if found.dtype.kind == "O":
        raise DataError(
            "these classes are of several kinds, and cannot be written.",
            found=[f"classes   {classes.tolist()!r:.80}"],
            do="Train with classes that are all texts or all numbers.",
        )
    return found
