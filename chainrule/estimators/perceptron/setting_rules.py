"""What each setting of the estimators may be, in scikit-learn's own terms.

Imports scikit-learn, which checks most of them by these rules and words the refusals itself; the
parts of a net check the entries of lists by them. Everything that reads a setting imports it.
"""

from collections.abc import Sequence
from functools import cache
from inspect import signature
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any, cast

import numpy as np
from sklearn.utils._param_validation import HasMethods, Interval, Options, StrOptions

from chainrule.estimators.perceptron.sklearn_door import get_scorer_names, rule_of
from chainrule.nn import Module
from chainrule.nn.activations import ACTIVATIONS
from chainrule.nn.containers import NORMALIZATIONS
from chainrule.optim import ClipNorm, ClipValue, Optimizer, Schedule, names
from chainrule.train.choices import SPREAD

OTHER_NAMES = {"logistic": "sigmoid"}  # of activations, in scikit-learn
OF_SGD = ("invscaling", "adaptive")
PACES = ("constant", *OF_SGD)  # of the learning rate, in scikit-learn
FLOATS = (float, np.floating, Integral)
LARGEST = float(np.finfo(float).max)
PLATEAU = "plateau"  # a rate that falls where nothing improves, whatever the solver


class Within(Interval):
    """An interval from a number upwards, as scikit-learn has it: True and False are 1 and 0.

    Its own raises for a Fraction, has room for 10**400 and for hours, and takes longer.
    """

    def is_satisfied_by(self, val: Any) -> bool:
        """Whether this value is allowed."""
        rule = cast("Any", self)
        numbers = Integral if rule.type is Integral else FLOATS
        if not isinstance(val, numbers) or isinstance(val, np.timedelta64):
            return False
        enough = val > rule.left if rule.closed == "neither" else val >= rule.left
        if rule.right is not None:
            return bool(enough and val < rule.right)
        return bool(enough and (rule.type is Integral or val <= LARGEST))


class Number(Within):
    """An interval without True and False."""

    def is_satisfied_by(self, val: Any) -> bool:
        """Whether this value is allowed."""
        return not isinstance(val, bool) and super().is_satisfied_by(val)


class Function(HasMethods):
    """What can be called, but no class: its instances are meant.

    Parameters
    ----------
    *but : type
        Whose subclasses may be given all the same.
    """

    def __init__(self, *but: type) -> None:
        super().__init__("__call__")
        self._but = but

    def is_satisfied_by(self, val: Any) -> bool:
        """Whether this value is allowed."""
        return issubclass(val, self._but) if isinstance(val, type) else callable(val)

    def __str__(self) -> str:
        others = "".join(f" but that of a {kind.__name__}" for kind in self._but)
        return f"a function (no class{others})"


POSITIVE = Within(Real, 0, None, closed="neither")
FROM_ZERO = Within(Real, 0, None, closed="left")
SHARE = Within(Real, 0, 1, closed="left")
COUNT = Within(Integral, 1, None, closed="left")
# Of settings that scikit-learn's estimators have not:
OUR_POSITIVE = Number(Real, 0, None, closed="neither")
OUR_FROM_ZERO = Number(Real, 0, None, closed="left")
OUR_SHARE = Number(Real, 0, 1, closed="left")
OUR_COUNT = Number(Integral, 1, None, closed="left")
SCHEDULE_NAMES = {*PACES, PLATEAU, *SPREAD}

# What may be given for all layers, or in a list for each of them:
BY_LAYER: MappingProxyType[str, list[Any]] = MappingProxyType(
    {
        "activation": [StrOptions({*ACTIVATIONS, *OTHER_NAMES}), Module, Function(Module)],
        "dropout": [OUR_SHARE],
        "normalization": [StrOptions(set(NORMALIZATIONS)), None],
        "alpha": [FROM_ZERO],
        "l1": [OUR_FROM_ZERO],
        "max_norm": [OUR_POSITIVE, None],
    }
)
OF_A_LAYER: MappingProxyType[str, tuple[Any, ...]] = MappingProxyType(
    {name: tuple(rule_of(rule) for rule in rules) for name, rules in BY_LAYER.items()}
)

RULES: dict[str, Any] = {
    "hidden_layer_sizes": ["array-like", COUNT],
    "solver": [StrOptions(set(names())), Optimizer],
    "batch_size": [StrOptions({"auto"}), COUNT],
    "learning_rate": [StrOptions(SCHEDULE_NAMES), Schedule, Function()],
    "learning_rate_init": [POSITIVE],
    "power_t": [FROM_ZERO],
    "max_iter": [COUNT],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [FROM_ZERO],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [SHARE],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [SHARE],
    "beta_1": [SHARE],
    "beta_2": [SHARE],
    "epsilon": [POSITIVE],
    "n_iter_no_change": [COUNT, Options(Real, {np.inf})],
    "max_fun": [COUNT],
    "accumulate": [OUR_COUNT],
    "ema": [OUR_SHARE, None],
    "clip": [OUR_POSITIVE, ClipNorm, ClipValue, None],
    "scoring": [StrOptions({"loss", *get_scorer_names()}), Function(), None],
    "dtype": [
        StrOptions({"float32", "float64"}),
        Options(type, {np.float32, np.float64}),
        Options(np.dtype, {np.dtype("f4"), np.dtype("f8")}),
        None,
    ],
    "callbacks": [list, tuple],
    **{name: [*rules, "array-like"] for name, rules in BY_LAYER.items()},
}


def fits(value: Any, rules: Sequence[Any]) -> bool:
    """Whether a value is what one of some rules allows."""
    for rule in rules:  # noqa: SIM110 (any() takes three times as long, in every fit)
        if rule.is_satisfied_by(value):
            return True
    return False


def doubtful(estimator: Any) -> dict[str, Any]:
    """The settings that are no defaults and that no rule allows, or none can be asked about."""
    facts, found = cast("dict[str, Any]", vars(estimator)), dict[str, Any]()
    for name, usual, rules in _rules_of(estimator.__class__):
        if facts.get(name) is not usual:
            value = getattr(estimator, name)
            if not _surely_fits(value, rules):
                found[name] = value
    return found


@cache
def _rules_of(kind: Any) -> tuple[tuple[str, Any, tuple[Any, ...]], ...]:
    """Names, defaults and rules; of a class that somebody derived a default may be none."""
    settings, said = signature(kind.__init__).parameters, kind._parameter_constraints
    found: list[tuple[str, Any, tuple[Any, ...]]] = []
    for name in kind._get_param_names():
        given, usual = said.get(name, ()), settings[name].default
        rules: tuple[Any, ...] = ()
        if not isinstance(given, str):  # which says that it has none
            rules = tuple([rule_of(rule) for rule in given])
        found.append((name, usual if _surely_fits(usual, rules) else _rules_of, rules))
    return tuple(found)


def _surely_fits(value: Any, rules: Sequence[Any]) -> bool:
    try:
        return fits(value, rules)
    except (TypeError, ValueError):  # from a comparison
        return False
