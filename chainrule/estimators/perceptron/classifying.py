"""Classifying: how classes are checked, learned as codes, and scored.

Imports scikit-learn and the files beside it. MLPClassifier inherits it.
"""

from typing import Any, cast

import numpy as np
from sklearn.base import ClassifierMixin

from chainrule.estimators.perceptron.kinds_of_answers import Answers, codes_of, of_classes
from chainrule.estimators.perceptron.perceptron_base import Perceptron
from chainrule.estimators.perceptron.sklearn_door import (
    accuracy_score,
    binarizer,
    check_array,
    column_or_1d,
    type_of_target,
    unique_labels,
    validate_data,
)
from chainrule.estimators.perceptron.weights_of_classes import weights_by_class

Array = np.ndarray[Any, np.dtype[Any]]


class Classifying(ClassifierMixin, Perceptron):
    """What MLPClassifier does with classes."""

    loss: Any
    class_weight: Any
    label_smoothing: float
    classes_: Any
    _label_binarizer: Any

    def _predicted(self, scores: Array) -> Array:
        classes = self.classes_
        if self._label_binarizer.y_type_.startswith("multilabel"):
            labels = (scores > 0).astype(int)
            is_sparse = self._label_binarizer.sparse_input_  # as the labels of training came
            return self._label_binarizer.inverse_transform(labels) if is_sparse else labels
        if scores.shape[1] > 1:
            return classes.take(scores.argmax(axis=1), mode="clip")
        return classes.take((scores[:, 0] > 0).astype(int), mode="clip")

    def _validated(self, x: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Any]:
        x, y = validate_data(
            self,
            x,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        if y.ndim > 1 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if not hasattr(self, "classes_") or not (self.warm_start or incremental):
            self._label_binarizer = binarizer(y)
            self.classes_ = self._label_binarizer.classes_
            return x, y
        classes = unique_labels(y)
        if self.warm_start:
            if set(classes) != set(self.classes_):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in the "
                    f"previous call to fit. Previously got {self.classes_}, `y` has {classes}"
                )
        elif len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. "
                f"'y' has {classes}."
            )
        return x, y

    def _checked_answers(self, y: Any) -> Any:
        """The classes of rows that are watched."""
        y = check_array(y, accept_sparse="csr", ensure_2d=False, dtype=None, input_name="y")
        several = self._label_binarizer.y_type_.startswith("multilabel")
        if several != type_of_target(y).startswith("multilabel"):
            asked = f"(N, {len(self.classes_)}) of 0 and 1" if several else "one class of each row"
            raise ValueError(
                f"validation_data holds {type_of_target(y)} targets; the net learns {asked}."
            )
        y = column_or_1d(y) if y.ndim == 1 or y.shape[1:] == (1,) else y
        unknown = np.setdiff1d(unique_labels(y), self.classes_)
        if len(unknown):
            raise ValueError(f"validation_data has classes that `y` has not: {unknown}.")
        return y

    def _answers(self, y: Any) -> Answers:
        return of_classes(self.loss, self._label_binarizer, self.label_smoothing)

    def _targets(self, y: Any) -> Array:
        codes = codes_of(y, self._label_binarizer)
        outputs = self._answers(y).outputs
        if codes.ndim == 1 and outputs > 1:
            return codes
        codes = codes if codes.ndim > 1 else codes[:, None]
        if not self.label_smoothing:
            return codes.astype(bool)
        return codes * (1 - self.label_smoothing) + self.label_smoothing / 2

    def _weighed(self, y: Any, weights: Any) -> Any:
        if self.class_weight is None:
            return weights
        codes = codes_of(y, self._label_binarizer)
        own = weights_by_class(self.class_weight, codes, self.classes_.tolist())
        return own if weights is None else own * weights

    def _score(self, x: Any, y: Any, weights: Any) -> float:
        return self._score_rows(x, y, weights, accuracy_score)

    def __sklearn_tags__(self) -> Any:
        tags: Any = cast("Any", super()).__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def has_chances(estimator: Any) -> bool:
    """Whether the loss makes chances of scores."""
    return getattr(estimator, "out_activation_", "softmax") in ("softmax", "logistic")


def has_scores_only(estimator: Any) -> bool:
    """Whether it does not."""
    return not has_chances(estimator)
