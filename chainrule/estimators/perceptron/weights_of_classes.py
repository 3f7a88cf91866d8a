"""How much each row counts for its class: what class_weight says, and what is wrong with it.

Imports scikit-learn's door and the rules of the settings. MLPClassifier asks it for the weights of
its rows.
"""

from typing import Any, NoReturn, cast

import numpy as np

from chainrule.estimators.perceptron.setting_rules import OUR_FROM_ZERO
from chainrule.estimators.perceptron.sklearn_door import SettingError, compute_sample_weight

Array = np.ndarray[Any, np.dtype[Any]]
BALANCED = "balanced"
LABELS = [0, 1]  # that a row has a label, or has it not


def weights_by_class(given: Any, codes: Array, classes: list[Any]) -> Array:
    """The weights of rows, (N,).

    Parameters
    ----------
    given : dict, "balanced" or list
    codes : array
        The place of each row's class, (N,); or which labels it has, (N, labels).
    classes : list
        All that the net knows, also those that none of these rows has.

    Raises
    ------
    SettingError
    """
    if isinstance(given, str):
        return compute_sample_weight(BALANCED, codes)
    several = codes.ndim > 1
    if isinstance(given, dict) == several:
        kind = ("a list", "one class"), ("a dict", "perhaps several labels")
        words = "is {}, but a row has {}".format(*kind[several])
        _refuse(given, words, f"Give {kind[not several][0]}, or {BALANCED!r}.")
    if not several:
        weights = _of_every(given, given, classes)[codes]
    else:
        if len(given) != len(classes):
            words = f"has {len(given)} entries, but there are {len(classes)} labels"
            _refuse(given, words, "Give a dict for each label.")
        columns = [_of_label(given, *pair) for pair in zip(given, codes.T, strict=True)]
        weights = np.prod(columns, axis=0)
    if not weights.any():
        _refuse(given, "leaves no row that counts", "Give a class of these rows more than 0.")
    return weights


def _of_label(given: Any, said: Any, has: Array) -> Array:
    if said is None or (isinstance(said, str) and said == BALANCED):
        return compute_sample_weight(said, has)
    if not isinstance(said, dict):
        _refuse(given, f"holds {said!r:.60} for a label", "Give a dict for each label.")
    return _of_every(given, cast("dict[Any, Any]", said), LABELS)[has.astype(int)]


def _of_every(given: Any, said: dict[Any, Any], classes: list[Any]) -> Array:
    """What was said of some classes, with 1 for the others, in the order of the classes."""
    for kind, weight in said.items():
        if not OUR_FROM_ZERO.is_satisfied_by(weight):
            words = f"gives {kind!r:.60} the weight {weight!r:.60}"
            _refuse(given, words, f"A weight is a number from 0 upwards; or give {BALANCED!r}.")
    names = [_name_in(said, kind) for kind in classes]
    unknown = [kind for kind in said if kind not in names]
    # A part of the rows may lack a class: as in scikit-learn, if the others are all named.
    if unknown and not all(name in said for name in names):
        words = f"names {', '.join(f'{kind!r:.60}' for kind in unknown)}, which y has not"
        _refuse(given, words, f"The classes are {classes!r:.200}.")
    return np.array([float(said.get(name, 1.0)) for name in names])


def _name_in(said: dict[Any, Any], kind: Any) -> Any:
    """The key that means a class; scikit-learn has numbers mean texts of digits."""
    if isinstance(kind, str) and kind not in said and kind.isdecimal():
        return int(kind) if int(kind) in said else kind
    return kind


def _refuse(given: Any, what: str, do: str) -> NoReturn:
    raise SettingError(f"class_weight {what}.", found=[f"class_weight   {given!r:.60}"], do=do)
