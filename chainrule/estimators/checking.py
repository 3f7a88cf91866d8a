"""scikit-learn's checks of what an estimator is given, under one name each and with our errors.

Imports scikit-learn, which ships no types. The estimators call these.
"""

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from numbers import Integral, Real
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, ChainruleError, DataError, DTypeError
from chainrule.train.data.frames import with_gaps

MOST_LINES = 12  # of scikit-learn's message, which may show a whole array
ROWS = "Pass rows as a frame, a dict of columns or an array of numbers (N, D), and y as (N,)."
ANSWERS = "Pass y as an array (N,); leave out the rows whose answer is not known."
NAMES = (
    "Pass a frame with the columns of training, in their order: frame[model.feature_names_in_].\n"
    "A dict of columns may have more, in any order."
)
WEIGHTS = "Pass sample_weight as an array (N,) of numbers from 0 upwards, or leave it out."
CLASS_WEIGHT = 'Pass class_weight="balanced", or a dict of a weight for each class.'
CPUS = "Pass n_jobs as a whole number of threads from 1 upwards, or -1 for all; or leave it out."
SEED = "Pass random_state as a whole number from 0 upwards, or leave it out."

_validation: Any = import_module("sklearn.utils.validation")
_utils: Any = import_module("sklearn.utils")
_targets: Any = import_module("sklearn.utils.multiclass")
_weights: Any = import_module("sklearn.utils.class_weight")


def _told(check: Callable[..., Any], do: str) -> Callable[..., Any]:
    """The check, but what it raises says in our form what to do; the words are scikit-learn's."""

    @wraps(check)
    def checked(*args: Any, **keywords: Any) -> Any:
        try:
            return check(*args, **keywords)
        except ChainruleError:
            raise
        except (TypeError, ValueError) as error:
            kind = DTypeError if isinstance(error, TypeError) else DataError
            raise kind("\n".join(str(error).splitlines()[:MOST_LINES]), do=do) from None

    return checked


def check_settings(time_limit: Any, n_jobs: Any) -> None:
    """Raise an ArgumentError for a time limit or a number of threads that is none."""
    if time_limit is not None and not (is_real(time_limit) and time_limit > 0):
        raise ArgumentError(
            f"time_limit is a number of seconds above 0, not {time_limit!r}.",
            do="Leave it out for a training without a limit.",
        )
    if n_jobs is not None and (not isinstance(n_jobs, Integral) or n_jobs == 0):
        raise ArgumentError(f"n_jobs is a number of threads, not {n_jobs!r}.", do=CPUS)


def is_real(value: Any) -> bool:
    """Whether this is a number, and no truth value."""
    return isinstance(value, Real) and not isinstance(value, bool)


check_is_fitted = _validation.check_is_fitted
validate_data = _told(_validation.validate_data, ROWS)
validate_answers = _told(_validation.validate_data, ANSWERS)
check_consistent_length = _told(_validation.check_consistent_length, ROWS)
column_or_1d = _told(_validation.column_or_1d, ANSWERS)
# Private there, and the ones that estimators use whose frames stay frames.
check_feature_names = _told(_validation._check_feature_names, NAMES)
check_n_features = _told(_validation._check_n_features, NAMES)
_check_sample_weight = _told(_validation._check_sample_weight, WEIGHTS)
check_random_state = _told(_utils.check_random_state, SEED)
check_classification_targets = _told(_targets.check_classification_targets, ANSWERS)
compute_sample_weight = _told(_weights.compute_sample_weight, CLASS_WEIGHT)


def check_sample_weight(given: Any, *rest: Any, **named: Any) -> Any:
    """The weights of rows; one that a mask hides is NaN, and refused."""
    return _check_sample_weight(with_gaps(given), *rest, **named)


def class_weights(given: Any, y: Any) -> Any:
    """The weight of each row's class; a DataError for one that no row can have."""
    found = compute_sample_weight(given, y)
    wrong = ~(np.isfinite(found) & (found >= 0))
    if wrong.any():
        raise DataError(
            f"class_weight gives the class {y[wrong][0]!s} the weight {found[wrong][0]}.",
            do='Weights are from 0 upwards; class_weight="balanced" finds them.',
        )
    return found
