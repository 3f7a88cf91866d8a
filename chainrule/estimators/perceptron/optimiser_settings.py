"""How an estimator learns: the optimiser, the schedule and the penalties of its settings.

Imports optim, nn and train. An estimator keeps one between calls of partial_fit.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from numbers import Real
from typing import Any

from chainrule.estimators.perceptron.hidden_layers import linears, per_layer
from chainrule.nn import L1, L2, MaxNorm, Sequential
from chainrule.optim import EMA, SGD, Adam, Optimizer, by_name
from chainrule.train import Program, ReduceOnPlateau
from chainrule.train.choices import SPREAD

PACES = ("constant", "invscaling", "adaptive")  # of the learning rate, in scikit-learn
PLATEAU = "plateau"  # a rate that falls where nothing improves, whatever the solver


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
    """

    def __init__(self, estimator: Any) -> None:
        pace, solver = estimator.learning_rate, estimator.solver
        self.schedule: Any = _schedule(pace)
        self.reducing = (ReduceOnPlateau(),) if pace == PLATEAU else ()
        self.optimizer = _optimizer(estimator)
        if estimator.ema is not None:
            self.optimizer = EMA(self.optimizer, float(estimator.ema))
        self.scales = solver == "sgd" and pace == "invscaling"
        self.adapts = solver == "sgd" and pace == "adaptive"
        self._program: Program | None = None

    @property
    def learning_rate(self) -> float:
        """Of the next step."""
        return self.optimizer.rate

    def epoch_ends(self, estimator: Any) -> None:
        """Inverse scaling: rate / (rows seen + 1)**power_t."""
        if self.scales:
            scale = (estimator.t_ + 1) ** estimator.power_t
            self.optimizer.rate = float(estimator.learning_rate_init) / scale

    def program(self, make: Callable[[], Program]) -> Program:
        """The compiled step, which is kept from one call of partial_fit to the next."""
        if self._program is None:
            self._program = make()
        return self._program

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_program": None}  # machine code belongs to one process

    def __deepcopy__(self, memo: dict[int, Any]) -> "Learning":
        other: Learning = object.__new__(Learning)
        other.__dict__.update(deepcopy(self.__getstate__(), memo))
        return other


def penalties(estimator: Any, net: Sequential) -> Sequence[Any]:
    """The penalties of the whole net; those of single layers are placed at the layers."""
    whole: list[Any] = []
    layers = linears(net)
    for layer in layers:
        layer.regularization = None
    for name, kind in (("alpha", L2), ("l1", L1), ("max_norm", MaxNorm)):
        given = getattr(estimator, name)
        if given is None:
            continue
        strengths = per_layer(name, given, len(layers), Real)
        if len(set(strengths)) == 1:
            whole += _penalty(kind, strengths[0])
            continue
        for layer, strength in zip(layers, strengths, strict=True):
            own = _penalty(kind, strength)
            layer.regularization = [*(layer.regularization or ()), *own]
    return whole


def _penalty(kind: Any, strength: Any) -> list[Any]:
    if strength is None or (kind is not MaxNorm and not strength):
        return []
    per_row = {} if kind is MaxNorm else {"per_row": True}
    return [kind(float(strength), **per_row)]


def _optimizer(estimator: Any) -> Optimizer:
    solver, rate = estimator.solver, float(estimator.learning_rate_init)
    if isinstance(solver, Optimizer):
        return deepcopy(solver)
    if solver == "adam":  # as scikit-learn computes both, to the bit
        betas = estimator.beta_1, estimator.beta_2
        return Adam(rate, *betas, estimator.epsilon, epsilon_hat=True)
    if solver == "sgd":
        nesterov = bool(estimator.nesterovs_momentum and estimator.momentum)
        return SGD(rate, estimator.momentum, nesterov, velocity="steps")
    return by_name(solver, rate)


def _schedule(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    return None if given in (*PACES, PLATEAU) else SPREAD[given]()
