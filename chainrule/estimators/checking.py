"""scikit-learn's checks of what an estimator is given, under one name each.

Imports scikit-learn, which ships no types. The estimators call these.
"""

from importlib import import_module
from typing import Any

_validation: Any = import_module("sklearn.utils.validation")
_utils: Any = import_module("sklearn.utils")

validate_data = _validation.validate_data
check_consistent_length = _validation.check_consistent_length
check_is_fitted = _validation.check_is_fitted
column_or_1d = _validation.column_or_1d
# Private there, and the ones that estimators use whose frames stay frames.
check_feature_names = _validation._check_feature_names
check_n_features = _validation._check_n_features
check_sample_weight = _validation._check_sample_weight
check_random_state = _utils.check_random_state
check_classification_targets = import_module(
    "sklearn.utils.multiclass"
).check_classification_targets
compute_sample_weight: Any = import_module("sklearn.utils.class_weight").compute_sample_weight
