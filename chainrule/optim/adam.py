"""Adam: momentum, divided by the recent size of the gradient, both corrected for their start at 0.

Imports the optimiser's base class and letters. AdamW stands on it; NAdam and RAdam use its parts.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.graph.numpy.symbol import Symbol
from chainrule.ops.letters.arithmetic import maximum, sqrt
from chainrule.ops.letters.transcendental import expm1
from chainrule.optim.arguments import flag, positive, share
from chainrule.optim.optimizer import Optimizer

LARGEST = "largest_mean_square"  # what AMSGrad remembers


class Adam(Optimizer):
    """Adaptive moments: the step is rate * mean / (sqrt(mean square) + epsilon), both debiased.

    Parameters
    ----------
    rate : float, default 0.001
        Learning rate: about the size of each element's step, whatever the scale of the loss.
    beta1 : float, default 0.9
        Share of the mean gradient kept at each step.
    beta2 : float, default 0.999
        Share of the mean square kept at each step.
    epsilon : float, default 1e-8
        Keeps the quotient finite. All four defaults are those of the source.
    groups : mapping of str, optional
        Settings of their own for some parameters, see :class:`Optimizer`.
    amsgrad : bool, default False
        Divide by the largest mean square so far (debiased as usual), so that no element's rate
        rises again.
    epsilon_hat : bool, default False
        Add epsilon to the root of the mean square before that is debiased: the form in front of
        section 2.1 of the source, which scikit-learn, Keras and TensorFlow compute. It weighs
        epsilon 32 times as much at the first step, and the same after some thousand.

    Source
    ------
    Kingma and Ba 2015, "Adam: a method for stochastic optimization", algorithm 1; Reddi, Kale and
    Kumar 2018, "On the convergence of Adam and beyond", algorithm 2 (AMSGrad).

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> w = cr.parameter(np.array([1.0, -2.0]), name="w")
    >>> optimizer = Adam(rate=0.1)
    >>> for _ in range(3):
    ...     (w * w).sum().backward()
    ...     optimizer.step({"w": w})
    >>> w.data.round(3).tolist()
    [0.702, -1.701]
    """

    name = "adam"
    memory = ("mean", "mean_square")
    settings = ("rate", "beta1", "beta2", "epsilon", "amsgrad", "epsilon_hat")
    by_group = ("rate", "beta1", "beta2", "epsilon")

    def __init__(
        self,
        rate: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        groups: Mapping[str, Any] | None = None,
        *,
        amsgrad: bool = False,
        epsilon_hat: bool = False,
    ) -> None:
        super().__init__(rate, groups)
        owner = type(self).__name__
        self.beta1 = share(owner, "beta1", beta1)
        self.beta2 = share(owner, "beta2", beta2)
        self.epsilon = positive(owner, "epsilon", epsilon)
        self.amsgrad = amsgrad
        self.epsilon_hat = flag(owner, "epsilon_hat", epsilon_hat)

    @property
    def amsgrad(self) -> bool:
        """Whether the largest mean square counts; once it has been so, it is remembered."""
        return self._amsgrad

    @amsgrad.setter
    def amsgrad(self, new: bool) -> None:
        self._amsgrad = flag(type(self).__name__, "amsgrad", new)
        if new:
            self._add_memory(LARGEST)

    def update(
        self, parameter: Any, gradient: Any, state: tuple[Any, ...], rate: Any, step: Any
    ) -> tuple[Any, tuple[Any, ...]]:
        """w - rate * (m / c1) / (sqrt(s / c2) + epsilon), c = 1 - beta**step."""
        after = mean, divisor = moments(self, gradient, state)
        if LARGEST in self.memory:
            largest = maximum(state[2], divisor)
            after, divisor = (*after, largest), largest if self.amsgrad else divisor
        # Both corrections are numbers: moved out of the quotient they cost no pass of their own.
        root = root_of(filled(self.beta2, step))
        pace = rate * root / filled(self.beta1, step)
        epsilon = self.epsilon if self.epsilon_hat else self.epsilon * root
        move = pace * mean / (sqrt(divisor) + epsilon)
        return parameter - move, after


def moments(rule: Any, gradient: Any, state: tuple[Any, ...]) -> tuple[Any, Any]:
    """The mean gradient and the mean square after this one, by a rule's beta1 and beta2."""
    mean = rule.beta1 * state[0] + (1 - rule.beta1) * gradient
    return mean, rule.beta2 * state[1] + (1 - rule.beta2) * (gradient * gradient)


def filled(beta: float, step: Any) -> Any:
    """1 - beta**step: how far a mean that started at 0 has filled up."""
    if beta == 0:
        return 1.0
    # expm1, because 1 - 0.999 keeps only four digits in float32.
    exponent = step * math.log(beta)
    return -expm1(exponent) if is_array(step) else -math.expm1(exponent)


def root_of(x: Any) -> Any:
    """Square root that leaves a Python number weak, so that float32 stays float32."""
    return sqrt(x) if is_array(x) else math.sqrt(x)


def is_array(x: Any) -> bool:
    """Whether a rate or a number of a step is an array or a tensor, not one of Python's."""
    return isinstance(x, Symbol | np.ndarray)
