"""One fit of an estimator of scikit-learn's name, in a process that prints its figures.

    python -m benchmarks.estimator_run LIBRARY CASE [FOLDER]

LIBRARY is chainrule or sklearn; FOLDER has the tables of R. The section `estimators` runs it. It
prints JSON: wall and CPU seconds of the fit (imports apart), a score on rows that it has not
seen, and microseconds of one row's prediction.
"""

import gzip
import json
import sys
import time
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.preprocessing import StandardScaler

MODULES = {"chainrule": "chainrule.estimators", "sklearn": "sklearn.neural_network"}
FASHION = Path("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz")
SETTINGS: dict[str, dict[str, Any]] = {
    "digits": {"hidden_layer_sizes": (64,), "batch_size": 32, "max_iter": 20},
    "digits, float32": {"hidden_layer_sizes": (64,), "batch_size": 32, "max_iter": 20},
    "letter": {"hidden_layer_sizes": (100,), "batch_size": 200, "max_iter": 20},
    "fashion-mnist": {"hidden_layer_sizes": (128,), "batch_size": 128, "max_iter": 3},
    "lbfgs": {"solver": "lbfgs"},
    "search": {"max_iter": 20},
    "search, 2 processes": {"max_iter": 20},
}
GRID = {
    "hidden_layer_sizes": [(32,), (64,), (64, 32)], "alpha": [1e-4, 1e-2],
    "learning_rate_init": [1e-3, 1e-2], "activation": ["relu", "tanh"],
}  # fmt: skip
TURNS = 300  # single rows predicted; the fastest counts


def main(library: str, case: str, folder: str = "") -> None:
    """Fit, judge and print."""
    warnings.simplefilter("ignore")
    module: Any = import_module(MODULES[library])
    if library == "chainrule":
        import chainrule

        _ = chainrule.fit  # what a fit needs is loaded with it
    x, y = rows(case.partition(",")[0], folder)
    x = x.astype(np.float32) if case.endswith("float32") else x
    x, x_test, y, y_test = train_test_split(x, y, test_size=0.2, random_state=0, stratify=y)
    model = module.MLPClassifier(random_state=0, **SETTINGS[case])
    if case.startswith("search"):
        jobs = 2 if case.endswith("2 processes") else 1
        model = GridSearchCV(model, GRID, cv=5, n_jobs=jobs)
    wall, cpu = time.perf_counter(), time.process_time()
    model.fit(x, y)
    found = {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "score": float(model.score(x_test, y_test)),
        "row": one_row(model, x_test[:1]),
    }
    print(json.dumps(found))


def one_row(model: Any, row: Any) -> float:
    """Microseconds."""
    best = float("inf")
    for _ in range(TURNS):
        began = time.perf_counter()
        model.predict(row)
        best = min(best, time.perf_counter() - began)
    return 1e6 * best


def rows(case: str, folder: str) -> tuple[Any, Any]:
    """Numbers and classes."""
    if case == "lbfgs":
        x, y = load_breast_cancer(return_X_y=True)
        return StandardScaler().fit_transform(x), y
    if case == "letter":
        from benchmarks.table_run import rows as table

        x, y = table("letter", folder)
        return StandardScaler().fit_transform(np.asarray(x, np.float64)), np.asarray(y)
    if case == "fashion-mnist":
        labels = FASHION.with_name("train-labels-idx1-ubyte.gz")
        pixels, classes = (
            np.frombuffer(gzip.decompress(file.read_bytes())[header:], np.uint8)
            for file, header in ((FASHION, 16), (labels, 8))
        )
        return pixels.reshape(-1, 784).astype(np.float32) / 255, classes
    x, y = load_digits(return_X_y=True)
    return x / 16, y


if __name__ == "__main__":
    main(*sys.argv[1:])
