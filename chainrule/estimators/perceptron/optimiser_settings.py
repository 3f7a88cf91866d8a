"""How an estimator learns: the optimiser, the schedule and the penalties of its settings.

Imports optim, nn, train and the rules of the settings. An estimator keeps one between calls of
partial_fit.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.estimators.perceptron.hidden_layers import linears, per_layer
from chainrule.estimators.perceptron.setting_rules import OF_SGD, OUR_FROM_ZERO, PACES, PLATEAU
from chainrule.estimators.perceptron.sklearn_door import (
    SettingError,
    of_setting,
    refuse_other_calls,
)
from chainrule.nn import L1, L2, MaxNorm, Sequential
from chainrule.optim import EMA, SGD, Adam, Optimizer, Schedule, by_name
from chainrule.train import Program, ReduceOnPlateau
from chainrule.train.choices import SPREAD
from chainrule.train.learning_settings import rates_of

PENALTIES = ("alpha", "l1", "max_norm")
SKLEARNS = ("adam", "sgd", "lbfgs")  # which all take them, and all but one ignore them


class Learning:
    """An optimiser with what surrounds it, for as long as one net is trained.

    Attributes
    ----------
    optimizer : Optimizer
    schedule : Schedule, callable or None
    reducing : tuple of Callback
        What makes the rate smaller during a fit.
    adapts : bool
        Whether the stopping rule makes it smaller, as scikit-learn's does.
    seed : int
        Of dropout.
    """

    def __init__(self, estimator: Any, seed: int = 0) -> None:
        self.seed = seed
        pace, solver = estimator.learning_rate, estimator.solver
        if pace in OF_SGD and (isinstance(solver, Optimizer) or solver not in SKLEARNS):
            raise SettingError(
                f'learning_rate={pace!r} is made for solver="sgd", not for {solver!r:.60}.',
                do='Take learning_rate="plateau", or a schedule such as "cosine".',
            )
        self.schedule: Any = _schedule(pace)
        self.reducing = (ReduceOnPlateau(),) if pace == PLATEAU else ()
        self.optimizer = _optimizer(estimator)
        if estimator.ema is not None:
            self.optimizer = EMA(self.optimizer, float(estimator.ema))
        self.scales = solver == "sgd" and pace == "invscaling"
        self.adapts = solver == "sgd" and pace == "adaptive"
        self._program: Program | None = None
        self._made_for: tuple[Any, ...] = ()

    @property
    def learning_rate(self) -> float:
        """Of the next step."""
        return self.optimizer.rate

    def epoch_ends(self, estimator: Any) -> None:
        """Inverse scaling: rate / (rows seen + 1)**power_t."""
        if self.scales:
            scale = (estimator.t_ + 1) ** estimator.power_t
            self.optimizer.rate = float(estimator.learning_rate_init) / scale

    def seed_after(self, passes: int) -> int:
        """Of the dropout of a fit that goes on with a net after so many passes over rows."""
        if not passes:
            return self.seed
        return int(np.random.SeedSequence((self.seed, passes)).generate_state(1)[0])

    def program(self, make: Callable[[], Program], settings: tuple[Any, ...]) -> Program:
        """The compiled step, which is kept while net and settings are those it was made for."""
        if self._program is None or self._made_for != settings:
            self._program, self._made_for = make(), settings
        return self._program

    def schedule_on(self) -> Any:
        """The schedule as it goes on after the steps that have been made.

        Raises
        ------
        SettingError
            For a schedule over a whole fit: nobody knows how many parts will come.
        """
        schedule, done = self.schedule, self.optimizer.steps
        if schedule is None:
            return None
        with of_setting("learning_rate", schedule):
            rates: Any = rates_of(schedule, self.optimizer, None, "partial_fit")

        def later(step: int) -> float:
            return rates(step + done, 1)[0]

        return later

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_program": None, "_made_for": ()}  # machine code stays in a process

    def __deepcopy__(self, memo: dict[int, Any]) -> "Learning":
        other: Learning = object.__new__(Learning)
        other.__dict__.update(deepcopy(self.__getstate__(), memo))
        return other


def penalties(estimator: Any, net: Sequential) -> Sequence[Any]:
    """The penalties of the whole net; those of single layers are placed at the layers."""
    whole: list[Any] = []
    layers = linears(net)
    all_strengths = strengths(estimator, len(layers))
    for layer in layers:
        layer.regularization = None
    for kind, by_layer in zip((L2, L1, MaxNorm), all_strengths, strict=True):
        if len(set(by_layer)) == 1:
            whole += _penalty(kind, by_layer[0])
            continue
        for layer, strength in zip(layers, by_layer, strict=True):
            own = _penalty(kind, strength)
            layer.regularization = [*(layer.regularization or ()), *own]
    return whole


def strengths(estimator: Any, layers: int) -> list[tuple[float | None, ...]]:
    """The strengths of L2, L1 and max-norm at each of so many layers of weights."""
    given = [per_layer(name, getattr(estimator, name), layers) for name in PENALTIES]
    return [tuple(x if x is None else float(x) for x in by_layer) for by_layer in given]


def step_settings(estimator: Any, layers: int) -> tuple[Any, ...]:
    """What a compiled step is made for, beside its net."""
    smoothing = getattr(estimator, "label_smoothing", 0)
    return estimator.loss, smoothing, estimator.clip, *strengths(estimator, layers)


def _penalty(kind: Any, strength: float | None) -> list[Any]:
    if strength is None or (kind is not MaxNorm and not strength):
        return []
    per_row = {} if kind is MaxNorm else {"per_row": True}
    return [kind(strength, **per_row)]


def _optimizer(estimator: Any) -> Optimizer:
    solver, rate = estimator.solver, float(estimator.learning_rate_init)
    if isinstance(solver, Optimizer):
        return _without_memory(deepcopy(solver))
    if solver == "adam":  # as scikit-learn computes both, to the bit
        betas = float(estimator.beta_1), float(estimator.beta_2)  # which may be False
        return Adam(rate, *betas, float(estimator.epsilon), epsilon_hat=True)
    if solver == "sgd":
        nesterov = bool(estimator.nesterovs_momentum and estimator.momentum)
        return SGD(rate, float(estimator.momentum), nesterov, velocity="steps")
    with of_setting("learning_rate_init", rate):
        return by_name(solver, rate)


def _without_memory(optimizer: Optimizer) -> Optimizer:
    """As before its first step: what it remembers may be of another net with the same names."""
    whole = {name: x for name, x in optimizer.state().items() if "/" not in name}
    optimizer.load_state({name: x[:0] if x.shape else np.asarray(0) for name, x in whole.items()})
    return optimizer


def _schedule(given: Any) -> Any:
    if isinstance(given, str):
        return None if given in (*PACES, PLATEAU) else SPREAD[given]()
    return given if isinstance(given, Schedule) else _ByStep(given)


@dataclass(frozen=True)
class _ByStep:
    """A function of the user's, which is asked for the rate of each step."""

    function: Callable[[int], Any]

    def __call__(self, step: int) -> float:
        try:
            rate = self.function(step)
        except TypeError:
            refuse_other_calls("learning_rate", self.function, step)
            raise
        number = rate.item() if getattr(rate, "shape", None) == () else rate
        if not OUR_FROM_ZERO.is_satisfied_by(number):
            raise SettingError(
                f"learning_rate returned {rate!r:.60} for step {step}.",
                found=[f"learning_rate   {self.function!r:.60}"],
                do="Return the learning rate of that step: a finite number from 0 upwards.",
            )
        return float(number)
