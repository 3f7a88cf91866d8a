"""class_weights: how much each row counts, by its class.

Imports nodes and errors. ``fit`` multiplies the weights of the rows by these; a loop of one's own
hands them to the loss.
"""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from chainrule.errors import ArgumentError, DataError, ShapeError, describe
from chainrule.graph.nodes.node import Node
from chainrule.spec import is_sequence
from chainrule.train.entering import without_mask

Array = np.ndarray[Any, np.dtype[Any]]
BALANCED = "balanced"
LISTED = 8  # classes in a message
FORMS = 'Pass "balanced", or a weight for each class by its label: {0: 1.0, 1: 5.0}.'


def class_weights(labels: Any, weights: Any = BALANCED) -> Array:
    """A weight for each row, by its class: for ``sample_weight``, or for a loss's ``weights``.

    Parameters
    ----------
    labels : array, (N,) or (N, 1)
        Classes by number or name.
    weights : "balanced" or mapping of label to number, default "balanced"
        "balanced": each class counts as much as any other, whatever its rows; the weights are
        N / (classes * rows of the class), whose mean over the rows is 1. Of a mapping, classes
        that are not in it weigh 1.

    Returns
    -------
    ndarray, (N,) of float64

    Raises
    ------
    DataError
        For labels that are numbers with a fraction, and for a mapping with a class that there is
        not.

    Examples
    --------
    >>> class_weights([0, 0, 0, 1]).round(3).tolist()
    [0.667, 0.667, 0.667, 2.0]
    >>> class_weights(["no", "yes", "no"], {"yes": 3}).tolist()
    [1.0, 3.0, 1.0]
    """
    array = _labels(labels)
    classes, places, rows = np.unique(array, return_inverse=True, return_counts=True)
    if isinstance(weights, str) and weights == BALANCED:
        each = len(array) / (len(classes) * rows)
    elif isinstance(weights, Mapping):
        each = _of_mapping(classes, cast(Any, weights))
    else:
        raise ArgumentError(f"class weights were given as {weights!r:.60}.", do=FORMS)
    return each[places]


def weighed_by_class(data: Any, weights: Any, sample_weight: Any) -> Any:
    """The weights of rows, times those of their classes."""
    y: Any = data[1] if is_sequence(data) and len(data) == 2 else None
    if y is None or isinstance(y, dict | tuple):
        raise ArgumentError(
            "class_weight needs the labels of all rows in one array.",
            do="Give weights by sample_weight: cr.train.class_weights(labels) makes them, for "
            "each block or each output of a net.",
        )
    by_class = class_weights(y, weights)
    if sample_weight is None:
        return by_class
    own = np.asarray(without_mask(sample_weight, "sample_weight"), np.float64)
    if own.shape != by_class.shape:
        raise ShapeError(
            f"class_weight weighs rows, {by_class.shape}, but sample_weight is {own.shape}.",
            found=[describe("sample_weight", own)],
            do="Give one weight per row.",
        )
    return own * by_class


def _labels(given: Any) -> Array:
    array = np.asarray(without_mask(given.value if isinstance(given, Node) else given, "y"))
    if array.shape[1:] == (1,):
        array = array.reshape(-1)
    if array.ndim != 1 or not array.size:
        raise ShapeError(
            f"class weights need one label per row, not labels of shape {array.shape}.",
            found=[describe("labels", array)],
            do="One-hot rows: y.argmax(axis=-1) makes labels of them.",
        )
    if array.dtype.kind == "f" and not np.all(array == np.floor(array)):
        raise DataError(
            f"class weights need class labels, but these are {array.dtype} with a fraction.",
            found=[describe("labels", array)],
            do="Leave class_weight out: numbers have no classes.",
        )
    return array


def _of_mapping(classes: Array, weights: Mapping[Any, Any]) -> Array:
    known = {label: i for i, label in enumerate(classes.tolist())}
    each = np.ones(len(classes))
    for label, weight in weights.items():
        is_number = isinstance(weight, int | float | np.number)
        if not is_number or isinstance(weight, bool) or not 0 <= weight < np.inf:
            raise ArgumentError(
                f"the class {label!r} was given the weight {weight!r:.60}.",
                do="A weight is a number from 0 upwards: 0 leaves the class out.",
            )
        if label not in known:
            shown = ", ".join(map(repr, list(known)[:LISTED]))
            raise DataError(
                f"there is a weight for the class {label!r}, but no row of it.",
                found=[f"classes   {shown}{', ...' if len(known) > LISTED else ''}"],
                do="Leave it out, or correct the label.",
            )
        each[known[label]] = weight
    return each
