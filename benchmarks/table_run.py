"""One model on one split of one table: a process that prints its figures.

    python -m benchmarks.table_run MODEL TABLE SEED [FOLDER]

Imports pandas, scikit-learn and the model's library. The section `tables` runs it. It prints JSON:
accuracy, or R2, and RMSE for numbers, on a fifth of the rows; and CPU seconds of the fit.
"""

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sklearn.datasets
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

# Of R's packages mlbench and kernlab: file and target.
OF_R = {
    "letter": ("LetterRecognition", "lettr"), "satellite": ("Satellite", "classes"),
    "spam": ("spam", "type"), "income": ("income", "INCOME"), "vowel": ("Vowel", "Class"),
    "vehicle": ("Vehicle", "Class"), "dna": ("DNA", "Class"),
    "pima": ("PimaIndiansDiabetes", "diabetes"), "shuttle": ("Shuttle", "Class"),
    "boston": ("BostonHousing", "medv"), "ozone": ("Ozone", "V4"),
}  # fmt: skip
NUMBERS = ("boston", "ozone", "diabetes")
TEST = 0.2


def main(model: str, table: str, seed: int, folder: str = "") -> None:
    """Split, fit, judge and print."""
    warnings.simplefilter("ignore")
    x, y = rows(table, folder)
    classes = None if table in NUMBERS else y
    x, x_test, y, y_test = train_test_split(
        x, y, test_size=TEST, random_state=seed, stratify=classes
    )
    fitted, form = MODELS[model](x, table in NUMBERS, seed)
    x, x_test = form(x), form(x_test)
    started = time.process_time()
    fitted.fit(x, y)
    seconds = time.process_time() - started
    found = np.asarray(fitted.predict(x_test)).ravel()
    print(json.dumps({"seconds": seconds} | judged(found, y_test, table in NUMBERS)))


def judged(found: Any, y: Any, is_number: bool) -> dict[str, float]:
    """Figures on the test rows."""
    if is_number:
        rmse = float(np.sqrt(np.mean((found - y) ** 2)))
        return {"score": float(r2_score(y, found)), "rmse": rmse}
    return {"score": float(np.mean(found.astype(str) == y.astype(str)))}


def rows(table: str, folder: str) -> tuple[pd.DataFrame, pd.Series]:
    """A table and its target, without the rows that have none."""
    if table not in OF_R:
        load = getattr(sklearn.datasets, f"load_{table}")
        return load(return_X_y=True, as_frame=True)
    import pyreadr

    file, target = OF_R[table]
    path = next(Path(folder).rglob(f"{file}.rda"))
    frame = next(iter(pyreadr.read_r(str(path)).values())).dropna(subset=[target])
    y = frame.pop(target)
    return frame, y.astype(float) if table in NUMBERS else y.astype(str)


def texts(x: pd.DataFrame) -> list[str]:
    """The columns that hold no numbers."""
    return [name for name in x if x[name].dtype.kind not in "biuf"]


def as_categories(x: pd.DataFrame) -> pd.DataFrame:
    """Texts as categories; the same frame but for that."""
    return x.assign(**{name: x[name].astype("category") for name in texts(x)})


def without_gaps(x: pd.DataFrame) -> pd.DataFrame:
    """Numbers with the median in a gap."""
    x = as_categories(x)
    return x.assign(**{n: x[n].fillna(x[n].median()) for n in x if n not in set(texts(x))})


def unchanged(x: pd.DataFrame) -> pd.DataFrame:
    """The frame as it is."""
    return x


def ours(preset: str) -> Any:
    """A preset of chainrule's estimators."""

    def make(x: pd.DataFrame, is_number: bool, seed: int) -> Any:
        import chainrule
        from chainrule.estimators import TabularClassifier, TabularRegressor

        chainrule.settings.threads(1)
        kind = TabularRegressor if is_number else TabularClassifier
        return kind(preset, random_state=seed), unchanged

    return make


def mlp(x: pd.DataFrame, is_number: bool, seed: int) -> Any:
    """scikit-learn's net, on scaled columns."""
    words = texts(x)
    scaled = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()),
         [name for name in x if name not in words]),
        (OneHotEncoder(handle_unknown="ignore"), words),
    )  # fmt: skip
    kind = MLPRegressor if is_number else MLPClassifier
    return make_pipeline(scaled, kind(random_state=seed)), unchanged


def boosted(x: pd.DataFrame, is_number: bool, seed: int) -> Any:
    """scikit-learn's boosted trees."""
    kind = HistGradientBoostingRegressor if is_number else HistGradientBoostingClassifier
    return kind(random_state=seed, categorical_features="from_dtype"), as_categories


def catboost(x: pd.DataFrame, is_number: bool, seed: int) -> Any:
    """CatBoost with its defaults."""
    import catboost as library

    kind = library.CatBoostRegressor if is_number else library.CatBoostClassifier
    words = texts(x)
    made = kind(random_seed=seed, thread_count=1, verbose=0, cat_features=words,
                allow_writing_files=False)  # fmt: skip
    return made, lambda given: given.assign(**{name: given[name].astype(str) for name in words})


def realmlp(name: str) -> Any:
    """RealMLP of its authors' package."""

    def make(x: pd.DataFrame, is_number: bool, seed: int) -> Any:
        import pytabkit
        import torch

        torch.set_num_threads(1)
        kind = getattr(pytabkit, f"{name}_{'Regressor' if is_number else 'Classifier'}")
        return kind(random_state=seed, n_threads=1, device="cpu", verbosity=0), without_gaps

    return make


MODELS = {
    "strong": ours("strong"), "fast": ours("fast"), "realmlp": ours("realmlp"),
    "scikit-learn's MLP": mlp, "HistGradientBoosting": boosted, "CatBoost": catboost,
    "RealMLP-TD": realmlp("RealMLP_TD"), "RealMLP-TD-S": realmlp("RealMLP_TD_S"),
}  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
