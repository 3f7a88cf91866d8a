"""What of scikit-learn the perceptrons are made of, under its own names, with types.

Imports scikit-learn, which ships none; some of it is private there, and what its own estimators
use. The words and the classes of the errors are scikit-learn's.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from functools import wraps
from importlib import import_module
from inspect import signature
from types import MappingProxyType
from typing import Any, TypeVar, cast

import numpy as np

from chainrule.errors import ArgumentError, ChainruleError

Method = TypeVar("Method", bound=Callable[..., Any])
CALLS = MappingProxyType(  # of the settings that are functions
    {
        "activation": "activation(x), of one array",
        "learning_rate": "learning_rate(step), of the number of a step from 0 on",
        "scoring": "scoring(estimator, X, y), with sample_weight= where rows are weighed",
    }
)
SEEN = 4  # rows of each class: of fewer than two, scikit-learn warns that these are no classes

_sklearn: Any = import_module("sklearn")
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
get_scorer_names = _metrics.get_scorer_names
train_test_split = _selection.train_test_split
check_array, check_random_state = _utils.check_array, _utils.check_random_state
column_or_1d, compute_sample_weight = _utils.column_or_1d, _utils.compute_sample_weight
check_consistent_length = _validation.check_consistent_length
check_is_fitted, validate_data = _validation.check_is_fitted, _validation.validate_data
check_sample_weight = _validation._check_sample_weight
check_scoring = _metrics.check_scoring
check_partial_fit_first_call = _multiclass._check_partial_fit_first_call
type_of_target, unique_labels = _multiclass.type_of_target, _multiclass.unique_labels
rule_of = _param_validation.make_constraint
validate_by_rules = _param_validation.validate_parameter_constraints


class SettingError(ArgumentError, _param_validation.InvalidParameterError):
    """A setting that scikit-learn's own check lets pass, refused in words of ours.

    It is of the class that scikit-learn raises for any other setting, so that one ``except`` has
    both.
    """


@contextmanager
def of_setting(name: str, given: Any) -> Generator[None]:
    """Something is made from a setting: whoever refuses it has met a bad setting.

    Raises
    ------
    SettingError
        With the words of the refusal, and the name of the setting.
    """
    try:
        yield
    except _param_validation.InvalidParameterError:
        raise
    except ChainruleError as error:
        raise refusal(error, f"{name}   {given!r:.60}") from error
    except (ValueError, TypeError, LookupError, OverflowError) as error:
        found = [f"{name}   {given!r:.60}"]
        raise SettingError(f"{name} cannot be used: {error}", found=found) from error


def refusal(error: ChainruleError, *found: str) -> SettingError:
    """The same words, with what else was found, about a setting."""
    found = (*found, *error.found)
    return SettingError(error.what, found=found, do=error.do, where=error.where)


def refuse_other_calls(name: str, function: Any, *given: Any, **named: Any) -> None:
    """Raise unless a function that is a setting can be called with this.

    Raises
    ------
    SettingError
    """
    try:
        asked = signature(function)
    except (TypeError, ValueError):  # written in C, and without a signature
        return
    try:
        asked.bind(*given, **named)
    except TypeError as error:
        words = [f"{len(given)} argument{'s' if len(given) > 1 else ''}", *named]
        raise SettingError(
            f"{name} cannot be called with {' and '.join(words)}: {error}.",
            found=[f"{name}   {function!r:.60}"],
            do=f"The call is {CALLS[name]}.",
        ) from None


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
    """Check every setting by its rule before the method runs.

    scikit-learn leaves those of a partial_fit alone that goes on; here it follows every change.
    """
    checked: Any = _base._fit_context(prefer_skip_nested_validation=True)(method)
    if method.__name__ != "partial_fit":
        return checked

    @wraps(method)
    def going_on(estimator: Any, *given: Any, **named: Any) -> Any:
        if not _sklearn.get_config()["skip_parameter_validation"]:
            estimator._validate_params()
        return checked(estimator, *given, **named)

    return cast("Any", going_on)


def with_callbacks(method: Method) -> Method:
    """End scikit-learn's callbacks when the method ends, however it does."""
    return _callback.with_callbacks(method)


def available_if(question: Callable[[Any], Any]) -> Callable[[Method], Method]:
    """A method that is there only where the question is answered with yes."""
    return _metaestimators.available_if(question)
