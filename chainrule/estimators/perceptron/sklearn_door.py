"""What of scikit-learn the perceptrons are made of, under its own names, with types.

Imports scikit-learn, which ships none; some of it is private there, and what its own estimators
use. The words and the classes of the errors are scikit-learn's.
"""

from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any, TypeVar

import numpy as np

from chainrule.errors import ArgumentError

Method = TypeVar("Method", bound=Callable[..., Any])
SEEN = 4  # rows of each class: of fewer than two, scikit-learn warns that these are no classes

_base: Any = import_module("sklearn.base")
_callback: Any = import_module("sklearn.callback")
_metaestimators: Any = import_module("sklearn.utils.metaestimators")
_metrics: Any = import_module("sklearn.metrics")
_multiclass: Any = import_module("sklearn.utils.multiclass")
_param_validation: Any = import_module("sklearn.utils._param_validation")
_preprocessing: Any = import_module("sklearn.preprocessing")
_selection: Any = import_module("sklearn.model_selection")
_utils: Any = import_module("sklearn.utils")
_validation: Any = import_module("sklearn.utils.validation")

is_classifier: Callable[[Any], bool] = _base.is_classifier
accuracy_score, r2_score = _metrics.accuracy_score, _metrics.r2_score
get_scorer, get_scorer_names = _metrics.get_scorer, _metrics.get_scorer_names
train_test_split = _selection.train_test_split
check_array, check_random_state = _utils.check_array, _utils.check_random_state
column_or_1d, compute_sample_weight = _utils.column_or_1d, _utils.compute_sample_weight
check_consistent_length = _validation.check_consistent_length
check_is_fitted, validate_data = _validation.check_is_fitted, _validation.validate_data
check_sample_weight = _validation._check_sample_weight
check_partial_fit_first_call = _multiclass._check_partial_fit_first_call
type_of_target, unique_labels = _multiclass.type_of_target, _multiclass.unique_labels


class SettingError(ArgumentError, _param_validation.InvalidParameterError):
    """A setting that scikit-learn's own check lets pass, refused in words of ours.

    It is of the class that scikit-learn raises for any other setting, so that one ``except`` has
    both.
    """


def binarizer(y: Any) -> Any:
    """A LabelBinarizer that has seen these answers.

    It sorts them twice, which for names takes as long as an epoch: where there are few classes of
    many rows, it sees each class a few times and finds the same.
    """
    classes = _names_in(y)
    enough = 0 < SEEN * len(classes) <= len(y)
    return _preprocessing.LabelBinarizer().fit(np.repeat(classes, SEEN) if enough else y)


def _names_in(y: Any) -> Any:
    """The classes among answers that are texts, in order; none where they are anything else."""
    if type(y) is not np.ndarray or y.ndim != 1 or y.dtype.kind not in "OU":
        return ()
    found: set[Any] = set()
    with suppress(TypeError):  # lists, for one, are in no set
        found.update(y.tolist())
    return np.array(sorted(found), y.dtype) if {*map(type, found)} == {str} else ()


def checks_settings(method: Method) -> Method:
    """Check every setting by its rule before the method runs."""
    return _base._fit_context(prefer_skip_nested_validation=True)(method)


def with_callbacks(method: Method) -> Method:
    """End scikit-learn's callbacks when the method ends, however it does."""
    return _callback.with_callbacks(method)


def available_if(question: Callable[[Any], Any]) -> Callable[[Method], Method]:
    """A method that is there only where the question is answered with yes."""
    return _metaestimators.available_if(question)
