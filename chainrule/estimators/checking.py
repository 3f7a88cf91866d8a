"""scikit-learn's checks of what an estimator is given, under one name each and with our errors.

Imports scikit-learn, which ships no types. The estimators call these.
"""

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any

from chainrule.errors import ChainruleError, DataError, DTypeError

MOST_LINES = 12  # of scikit-learn's message, which may show a whole array
ROWS = "Pass rows as a frame, a dict of columns or an array of numbers (N, D), and y as (N,)."
WEIGHTS = "Pass sample_weight as an array (N,) of numbers from 0 upwards, or leave it out."
CLASS_WEIGHT = 'Pass class_weight="balanced", or a dict of a weight for each class.'
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


check_is_fitted = _validation.check_is_fitted
validate_data = _told(_validation.validate_data, ROWS)
check_consistent_length = _told(_validation.check_consistent_length, ROWS)
column_or_1d = _told(_validation.column_or_1d, ROWS)
# Private there, and the ones that estimators use whose frames stay frames.
check_feature_names = _told(_validation._check_feature_names, ROWS)
check_n_features = _told(_validation._check_n_features, ROWS)
check_sample_weight = _told(_validation._check_sample_weight, WEIGHTS)
check_random_state = _told(_utils.check_random_state, SEED)
check_classification_targets = _told(_targets.check_classification_targets, ROWS)
compute_sample_weight = _told(_weights.compute_sample_weight, CLASS_WEIGHT)
