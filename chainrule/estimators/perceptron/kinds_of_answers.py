"""What the nets learn and answer: classes as codes, labels as 0 and 1, numbers as they are.

Imports nn, ops, losses and scikit-learn's door, for its class of error. Both estimators have one;
it says which loss fits, how many outputs there are and what they mean.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from chainrule.estimators.perceptron.scored_losses import PoissonDeviance, Scaled
from chainrule.estimators.perceptron.sklearn_door import SettingError
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.nn import Module
from chainrule.ops.letters.logistic import sigmoid
from chainrule.ops.losses.loss import Loss, facts_of
from chainrule.ops.nonlinearities import softplus
from chainrule.ops.softmax import log_softmax

Array = np.ndarray[Any, np.dtype[Any]]
LINKS = {"": "identity", "softmax": "softmax", "sigmoid": "logistic", "exp": "exp"}
BOTH = 2  # classes
HALF = 0.5  # of squared errors: scikit-learn's loss
binary_cross_entropy = CATALOGUE.function("binary_cross_entropy")
softmax_cross_entropy = CATALOGUE.function("softmax_cross_entropy")
squared_error = CATALOGUE.function("squared_error")


@dataclass(frozen=True)
class Answers:
    """How targets enter the net, and its outputs leave it.

    Attributes
    ----------
    loss : callable
        loss(outputs, targets, weights=None), a mean over the rows.
    outputs : int
    link : str
        scikit-learn's word for what follows the last layer.
    shown : float
        What the data's loss is multiplied by before it is shown.
    columns : int
        Outputs for each answer: a mean, and how far around it.
    """

    loss: Callable[..., Any]
    outputs: int
    link: str
    shown: float = 1.0
    columns: int = 1


def of_classes(given: Any, binarizer: Any, label_smoothing: float) -> Answers:
    """The loss for classes, or for several labels of a row."""
    classes, kind = len(binarizer.classes_), str(binarizer.y_type_)
    several = kind.startswith("multilabel")
    if given == "log_loss":
        if several:
            loss = binary_cross_entropy
            return Answers(loss if classes == 1 else Scaled(loss, classes), classes, "logistic")
        if kind != "multiclass":
            return Answers(binary_cross_entropy, 1, "logistic")
        loss = softmax_cross_entropy
        if label_smoothing:
            loss = partial(loss, label_smoothing=label_smoothing)
        return Answers(loss, classes, "softmax")
    loss = _found(given, "labels" if not several else "shares")
    if label_smoothing and given != "softmax_cross_entropy":
        raise SettingError(
            f"label_smoothing={label_smoothing} was given with loss={given!r:.60}.",
            do='Leave loss="log_loss", or smooth the labels inside your loss.',
        )
    facts = facts_of(loss)
    if facts.link == "sigmoid" and not several:  # one output says how likely the second class is
        if classes > BOTH:
            raise SettingError(
                f"loss={given!r:.60} asks whether or not, but there are {classes} classes.",
                do='Take loss="log_loss" or "softmax_focal", or class_weight for rare classes.',
            )
        return Answers(loss, 1, "logistic")
    outputs = classes if several else max(classes, BOTH)
    return Answers(
        loss, outputs, LINKS.get(facts.link, "identity") if facts.targets else "softmax"
    )


def of_numbers(given: Any, columns: int) -> Answers:
    """The loss for numbers, one column or several."""
    if given == "squared_error":
        shown = 1 / columns  # scikit-learn adds the gradients of the outputs, and shows a mean
        return Answers(Scaled(squared_error, HALF * columns), columns, "identity", shown)
    if given == "poisson":
        deviance = PoissonDeviance()
        return Answers(deviance if columns == 1 else Scaled(deviance, columns), columns, "exp")
    loss = _found(given, "numbers")
    facts = facts_of(loss)
    link = LINKS.get(facts.link, "identity")
    return Answers(loss, columns * facts.columns, link, columns=facts.columns)


def _found(given: Any, targets: str) -> Callable[..., Any]:
    """A loss by its name, or a function of one's own."""
    if isinstance(given, Module):
        raise SettingError(
            f"loss={given!r:.60} is a layer, which knows no targets.",
            do="Give loss(outputs, targets, weights), a function that returns a mean.",
        )
    if not isinstance(given, str):
        return given
    op = CATALOGUE.ops.get(given)
    if op is None or not issubclass(op, Loss) or op.targets not in (targets, "shares"):
        fitting = [
            kind.name
            for kind in map(CATALOGUE.__getitem__, CATALOGUE.names())
            if issubclass(kind, Loss) and kind.targets in (targets, "shares")
        ]
        raise SettingError(
            f"loss={given!r} is not known for these targets.",
            found=[f"targets   {targets}"],
            do=f"Choose one of {', '.join(fitting)}; or give loss(outputs, targets, weights).",
        )
    return op.function


def codes_of(y: Array, binarizer: Any) -> Array:
    """Targets as the net learns them.

    Returns
    -------
    ndarray of int64, (N,)
        The place of each row's class, where one row has one class.
    ndarray of bool, (N, classes)
        Which labels a row has, where it may have several.
    """
    if binarizer.y_type_.startswith("multilabel"):
        return binarizer.transform(y).astype(bool)
    classes = binarizer.classes_
    if len(classes) == 1:
        return np.zeros(len(y), np.int64)
    if y.dtype.kind == "O":  # to compare texts takes longer than to look them up
        places = {name: place for place, name in enumerate(classes.tolist())}
        return np.fromiter(map(places.__getitem__, y.tolist()), np.int64, len(y))
    return np.searchsorted(classes, y).astype(np.int64)


def chances_of(scores: Array, link: str) -> Array:
    """Scores as chances, rates or numbers: what scikit-learn calls the output activation."""
    with np.errstate(over="ignore"):
        if link == "softmax":
            shares = np.exp(scores - scores.max(axis=1, keepdims=True))
            shares /= shares.sum(axis=1, keepdims=True)
            return shares
        if link == "logistic":
            return sigmoid(scores)
        return np.exp(scores) if link == "exp" else scores


def log_chances_of(scores: Array, link: str) -> Array:
    """Logarithms of chances; where a chance itself is too small for a number, of the scores."""
    chances = chances_of(scores, link)
    exact = log_softmax(scores) if link == "softmax" else -softplus(-scores)
    with np.errstate(divide="ignore"):
        return np.where(chances >= np.finfo(chances.dtype).tiny, np.log(chances), exact)
