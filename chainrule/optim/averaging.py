"""Averaging: an average of the weights beside the weights that an optimiser trains.

Imports the optimiser's base class, letters and errors. The training loop evaluates the net with
the average, and leaves it there. The average is one more array that the rule remembers, so that it
is computed within the step, compiled or eager, saved and gone on from like the others.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.ops.letters.arithmetic import Floor, maximum
from chainrule.ops.letters.logic import where
from chainrule.optim.arguments import flag, share, whole
from chainrule.optim.by_group import Settings
from chainrule.optim.chosen import Parameters, named
from chainrule.optim.groups import Rule, Slot
from chainrule.optim.optimizer import Array, Optimizer
from chainrule.tensors import Parameter

floor = Floor.function
RAMP = 10  # steps; of TensorFlow's ExponentialMovingAverage


class Averaging(Optimizer):
    """An optimiser, and an average of the weights that it makes: see EMA and SWA.

    Its settings can be read and set here too; they are those of ``optimizer``.

    Attributes
    ----------
    optimizer : Optimizer
        Whose rule changes the weights.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = _averageable(type(self).__name__, optimizer)
        groups = optimizer.groups
        super().__init__(optimizer.rate)
        self.groups = groups  # which were checked when the optimiser was made
        self._remembers = len(self.memory)

    @property
    def rate(self) -> float:  # pyright: ignore[reportIncompatibleVariableOverride]  one for both
        """Learning rate of the optimiser."""
        return self.optimizer.rate

    @rate.setter
    def rate(self, new: float) -> None:
        self.optimizer.rate = new

    @property
    def groups(self) -> Settings:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Groups of the optimiser."""
        return self.optimizer.groups

    @groups.setter
    def groups(self, new: Settings) -> None:
        self.optimizer.groups = new

    @property
    def memory(self) -> tuple[str, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The average, and what the optimiser remembers."""
        return "average", *self.optimizer.memory

    def __getattr__(self, name: str) -> Any:
        inner = vars(self).get("optimizer")
        if inner is None or name not in inner.settings:
            raise AttributeError(f"{type(self).__name__} has no {name}")
        return getattr(inner, name)

    def __setattr__(self, name: str, value: Any) -> None:
        inner = vars(self).get("optimizer")
        if inner is not None and name in inner.settings and name not in self.settings:
            setattr(inner, name, value)
        else:
            super().__setattr__(name, value)

    def init(self, array: Array) -> tuple[Array, ...]:
        """The average starts at the parameter itself."""
        return np.array(array), *self.optimizer.init(array)

    def update(
        self, parameter: Any, gradient: Any, state: tuple[Any, ...], rate: Any, step: Any
    ) -> tuple[Any, tuple[Any, ...]]:
        """The optimiser's rule, and average + share * (w - average)."""
        average, *rest = state
        new, kept = self.optimizer.update(parameter, gradient, tuple(rest), rate, step)
        return new, (average + self.share_of(step) * (new - average), *kept)

    def share_of(self, step: Any) -> Any:
        """How much the weights after a step, counted from 1, are worth in the average."""
        raise NotImplementedError(f"{type(self).__name__} has no average")

    @contextmanager
    def averaged(self, parameters: Parameters) -> Generator[None]:
        """The parameters hold their averages within the ``with`` block.

        Those that were never updated stay as they are.
        """
        found = self._averages(parameters)
        before = [(p, p.value.copy()) for p, _ in found]
        self._write(found)
        try:
            yield
        finally:
            self._write(before)

    def settle(self, parameters: Parameters) -> None:
        """Let the parameters hold their averages for good."""
        self._write(self._averages(parameters))

    def slots(self, parameters: Parameters) -> tuple[Slot, ...]:
        """What is remembered about these parameters."""
        self._follow()
        return super().slots(parameters)

    def _choose(self, parameters: Parameters, missing: str) -> None:
        self._follow()
        super()._choose(parameters, missing)

    def _follow(self) -> None:
        """The optimiser may have come to remember more."""
        if len(self.memory) != self._remembers:
            self._remembers, self._identities, self._given = len(self.memory), (), None

    def _rule(self, group: str | None) -> tuple[Rule, float]:
        rule, factor = self.optimizer._rule(group)
        inner: Any = getattr(rule, "__self__", self.optimizer)
        if inner is self.optimizer:
            return self.update, factor
        own = object.__new__(type(self))
        vars(own).update(vars(self) | {"optimizer": inner})
        return own.update, factor

    def _averages(self, parameters: Parameters) -> list[tuple[Parameter, Array]]:
        slots = self._slots
        given = dict.fromkeys(p for _, p in named(parameters))
        return [(p, slots[p].state[0].reshape(p.shape)) for p in given if p in slots]

    def _write(self, pairs: list[tuple[Parameter, Array]]) -> None:
        for p, array in pairs:
            p.value[...] = array
            p.touch(f"{type(self).__name__}.averaged()")


class EMA(Averaging):
    """An exponential moving average of the weights, taken at every step.

    average = average + share * (w - average), where share is 1 - decay; a ramp makes it larger at
    first, so that the weights of the start are soon forgotten.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rule changes the weights.
    decay : float, default 0.999
        Share of the average kept at each step; 0.999 remembers about 1000 steps.
    ramp : bool, default True
        Whether step t, counted from 1, keeps no more than (1 + t) / (10 + t), as TensorFlow's
        ``num_updates``: about the last tenth of all steps counts, until that is less than
        ``decay`` remembers. False: ``decay`` from the first step on.

    Notes
    -----
    In ``fit`` the average is what validation and early stopping see and what the net holds at the
    end; the weights that go on being trained stand in ``history.state``. Buffers, such as the
    statistics of a BatchNorm, are those of training. Elsewhere ``with optimizer.averaged(
    model.parameters()):`` puts the average into the net for a while, and ``settle`` for good.

    Source
    ------
    Polyak and Juditsky 1992, "Acceleration of stochastic approximation by averaging"; the ramp is
    that of TensorFlow's ``tf.train.ExponentialMovingAverage``.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> x = np.random.default_rng(0).normal(size=(200, 2))
    >>> optimizer = EMA(cr.optim.Adam(0.01), decay=0.99)
    >>> history = cr.fit(cr.nn.MLP([2, 16, 2]), (x, (x[:, 0] > x[:, 1]).astype(int)),
    ...     loss=cr.softmax_cross_entropy, optimizer=optimizer, epochs=20)
    >>> optimizer.rate
    0.01
    """

    name = "ema"
    settings = ("optimizer", "decay", "ramp")

    def __init__(self, optimizer: Optimizer, decay: float = 0.999, ramp: bool = True) -> None:
        super().__init__(optimizer)
        self.decay = share("EMA", "decay", decay)
        self.ramp = flag("EMA", "ramp", ramp)

    def share_of(self, step: Any) -> Any:
        """1 - min(decay, (1 + t) / (10 + t))."""
        least = 1 - self.decay
        if not self.ramp:
            return least
        ramp = (RAMP - 1) / (step + RAMP)
        return max(ramp, least) if isinstance(ramp, float) else maximum(ramp, least)


class SWA(Averaging):
    """The plain mean of the weights from some step on: stochastic weight averaging.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rule changes the weights.
    start : int, default 0
        Steps before the first weights that count; until then the average is the weights
        themselves. The source starts after three quarters of the training.
    every : int, default 1
        Steps from one set of weights that counts to the next; those of an epoch in the source.

    Notes
    -----
    As of :class:`EMA`. It goes with a constant learning rate, or one that cycles.

    Source
    ------
    Izmailov, Podoprikhin, Garipov, Vetrov and Wilson 2018, "Averaging weights leads to wider
    optima and better generalization".
    """

    name = "swa"
    settings = ("optimizer", "start", "every")

    def __init__(self, optimizer: Optimizer, start: int = 0, every: int = 1) -> None:
        super().__init__(optimizer)
        self.start = whole("SWA", "start", start)
        self.every = whole("SWA", "every", every, least=1)

    def share_of(self, step: Any) -> Any:
        """1 until the start; then 1 / n at the n-th set of weights that counts, else 0."""
        since = step - self.start - 1
        if isinstance(step, int):
            number, between = divmod(max(since, 0), self.every)
            return 0.0 if between else 1 / (number + 1)
        number = maximum(since, 0.0) / self.every
        done = floor(number)
        return where(number == done, 1 / (done + 1), 0.0)


def _averageable(owner: str, optimizer: Any) -> Optimizer:
    """An optimiser with a rule for each element, of which an average can be taken."""
    if not isinstance(optimizer, Optimizer) or isinstance(optimizer, Averaging):
        shown = optimizer.__name__ if isinstance(optimizer, type) else repr(optimizer)
        raise ArgumentError(
            f"{owner} averages what another optimiser makes, but was given {shown:.80}.",
            do=f"Pass for example {owner}(chainrule.optim.Adam(1e-3)).",
        )
    kind = type(optimizer)
    if optimizer.needs_closure or not optimizer.elementwise or kind.step is not Optimizer.step:
        raise ArgumentError(
            f"{owner} averages after a rule for each element, but {kind.__name__} has a step of "
            "its own.",
            do="Pass Adam, SGD or another optimiser that has an update().",
        )
    return optimizer
