"""Dataset: what a net trains on; three parts, already preprocessed.

Imports the preprocessing and outliers.py beside it. `loading.load` makes it; everybody reads it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.train.data.columns import Task
from chainrule.train.data.outliers import outweighing
from chainrule.train.data.preprocessing import Preprocessing


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Training, validation and test rows, standardised from the training rows alone.

    Parameters
    ----------
    name : str
        Name of the data set; the file's name without its ending; "table" for one in memory.
    x_train, x_validation, x_test : ndarray, float32, (N, D)
        Inputs, C-contiguous. A part of share 0 has N = 0.
    y_train, y_validation, y_test : ndarray
        Classification: class indices 0..C-1, int64, (N,). Regression: standardised targets,
        float32, (N, 1); ``preprocessing.original`` gives them back in the target's own unit.
    preprocessing : Preprocessing
        How raw rows become inputs; saved with the model.
    image_shape : (int, int) or None
        Height and width if a row is a picture.
    notes : tuple of str
        What a reader should know of the table: rows left out, a column that gives the answer
        away. What was done with each column is in ``preprocessing.roles``.
    """

    name: str
    x_train: NDArray[np.float32]
    y_train: NDArray[Any]
    x_validation: NDArray[np.float32]
    y_validation: NDArray[Any]
    x_test: NDArray[np.float32]
    y_test: NDArray[Any]
    preprocessing: Preprocessing
    image_shape: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()

    @property
    def task(self) -> Task:
        """The kind of target: "classification" or "regression"."""
        return self.preprocessing.task

    @property
    def training(self) -> Any:
        """The training part, as `fit` takes it."""
        return self.x_train, self.y_train

    @property
    def rows(self) -> int:
        """How many rows the training part has."""
        return len(self.x_train)

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the D columns of x; a one-hot column is called "colour=red"."""
        return self.preprocessing.features

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the C classes; () for regression."""
        return self.preprocessing.classes

    @property
    def targets(self) -> dict[str, NDArray[Any]]:
        """Those of the training, the validation and the test part, by name."""
        return {
            "training": self.y_train,
            "validation": self.y_validation,
            "test": self.y_test,
        }

    @property
    def outweighing(self) -> int:
        """How many rows of a target of numbers outweigh all others, as far as they are at hand."""
        if self.classes:
            return 0
        return len(outweighing(np.concatenate([*self.targets.values()]).ravel()))

    @property
    def inputs(self) -> int:
        """D, the width of the net's input."""
        return self.x_train.shape[1]

    @property
    def outputs(self) -> int:
        """C class scores, or 1 number."""
        return len(self.classes) or 1

    def __repr__(self) -> str:
        answer = f"{self.outputs} classes" if self.classes else "1 number"
        parts = f"{len(self.x_train)} + {len(self.x_validation)} + {len(self.x_test)} rows"
        return f"Dataset({self.name!r}, {self.task}: {self.inputs} inputs -> {answer}, {parts})"
