"""What each setting of the estimators may be, in scikit-learn's own terms.

Imports scikit-learn, which checks them by these rules and words the refusals itself.
"""

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval, Options, StrOptions

from chainrule.estimators.perceptron.hidden_layers import OTHER_NAMES
from chainrule.estimators.perceptron.optimiser_settings import PACES, PLATEAU
from chainrule.estimators.perceptron.sklearn_door import get_scorer_names
from chainrule.nn import Module
from chainrule.nn.activations import ACTIVATIONS
from chainrule.nn.containers import NORMALIZATIONS
from chainrule.optim import ClipNorm, ClipValue, Optimizer, Schedule, names
from chainrule.train.choices import SPREAD

POSITIVE = Interval(Real, 0, None, closed="neither")
FROM_ZERO = Interval(Real, 0, None, closed="left")
SHARE = Interval(Real, 0, 1, closed="left")
COUNT = Interval(Integral, 1, None, closed="left")
SCHEDULE_NAMES = {*PACES, PLATEAU, *SPREAD}

RULES: dict[str, Any] = {
    "hidden_layer_sizes": ["array-like", COUNT],
    "activation": [StrOptions({*ACTIVATIONS, *OTHER_NAMES}), "array-like", callable, Module],
    "solver": [StrOptions(set(names())), Optimizer],
    "alpha": [FROM_ZERO, "array-like"],
    "batch_size": [StrOptions({"auto"}), COUNT],
    "learning_rate": [StrOptions(SCHEDULE_NAMES), Schedule, callable],
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
    "dropout": [SHARE, "array-like"],
    "normalization": [StrOptions(set(NORMALIZATIONS)), "array-like", None],
    "l1": [FROM_ZERO, "array-like"],
    "max_norm": [POSITIVE, "array-like", None],
    "accumulate": [COUNT],
    "ema": [SHARE, None],
    "clip": [POSITIVE, ClipNorm, ClipValue, None],
    "scoring": [StrOptions({"loss", *get_scorer_names()}), callable, None],
    "dtype": [
        StrOptions({"float32", "float64"}),
        Options(type, {np.float32, np.float64}),
        Options(np.dtype, {np.dtype("f4"), np.dtype("f8")}),
        None,
    ],
    "callbacks": [list, tuple],
}
