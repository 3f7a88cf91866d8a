"""Metrics of a net with several outputs: one for each by name, or a function of all of them.

Imports metrics, trial and streams. fit and `evaluate` make them where there are several heads.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.train.heads import Head
from chainrule.train.metrics import WAITING_AT_MOST, Custom, Metric, metric_maker
from chainrule.train.streams import Container, outputs_of
from chainrule.train.trial import Trial

Array = np.ndarray[Any, np.dtype[Any]]
Maker = Callable[[], Metric]


class HeadMetrics(Metric):
    """A metric for each of some heads; its own figure is that of the first one."""

    def __init__(self, pairs: list[tuple[Head, Metric]]) -> None:
        super().__init__()
        self._heads = pairs
        self.named = {f"{metric.name}_{head.name}": metric for head, metric in pairs}
        self.name = next(iter(self.named))

    def add(self, out: Any, y: Any) -> None:
        for head, metric in self._heads:
            metric.add(head.of(out), head.of(y))

    def value(self) -> float:
        return self.named[self.name].value()

    def running(self) -> dict[str, Array]:
        return {
            f"{name}/{key}": array
            for name, metric in self.named.items()
            for key, array in metric.running().items()
        }

    def go_on(self, counted: Mapping[str, Array]) -> None:
        for name, metric in self.named.items():
            start = f"{name}/"
            metric.go_on(
                {k.removeprefix(start): v for k, v in counted.items() if k.startswith(start)}
            )


class CustomOfSeveral(Custom):
    """A user's function of all outputs and all targets."""

    def __init__(self, function: Callable[[Any, Any], Any]) -> None:
        super().__init__(function)
        self._containers: tuple[Container, Container] | None = None
        self._parts: list[list[Array]] = []  # the arrays of outputs and targets, batch by batch

    def add(self, out: Any, y: Any) -> None:
        outs, container = outputs_of(out)
        ys, other = outputs_of(y)
        self._containers, self._outs = (container, other), len(outs)
        self._parts.append([*outs, *ys])
        self._elements += sum(each.size for each in outs)
        if self._elements > WAITING_AT_MOST:
            self._count_waiting(whole=True)

    def check_several(self, out: Any, y: Any) -> None:
        """Raise before the first step where the function will not do."""
        self.number(self.function(out, y), len(outputs_of(out)[0][0]))

    def _count_waiting(self, whole: bool = False) -> None:
        """As for one output: in parts of one size, however the batches came."""
        if not self._parts or self._containers is None:
            return
        arrays: list[Array] = [np.concatenate(each) for each in zip(*self._parts, strict=True)]
        outs, rows = arrays[: self._outs], len(arrays[0])
        elements = sum(each.size for each in outs)
        part = max(WAITING_AT_MOST * rows // max(elements, 1), 1)
        end = rows // part * part if whole else rows
        self._parts = [[array[end:] for array in arrays]] if end < rows else []
        self._elements = (rows - end) * elements // rows
        with np.errstate(all="ignore"):
            for start in range(0, end, part):
                some = [array[start : min(start + part, end)] for array in arrays]
                self._count_some(some)

    def _count_some(self, some: list[Array]) -> None:
        containers: Any = self._containers
        out, y = containers[0].of(some[: self._outs]), containers[1].of(some[self._outs :])
        rows = len(some[0])
        self.rows += rows
        self.sum += rows * self.number(self.function(out, y), rows)


def maker_of(metric: Any, trial: Trial) -> Maker | None:
    """How to make a fresh metric for what was tried.

    Raises
    ------
    ArgumentError, UnknownNameError
        For a metric of a head that there is not, or one that does not suit its head.
    """
    heads = trial.heads
    plain: Any = metric
    if len(heads) == 1 and not heads[0].path and not isinstance(metric, dict):
        (head,) = heads
        return metric_maker(metric, head.facts, head.out, trial.sample)
    if metric is None:
        return None
    if callable(plain):
        return _of_function(plain, trial)
    asked = _asked(metric, heads)
    makers = [(head, metric_maker(own, head.facts, head.out, head.of(trial.sample)))
              for head, own in asked]  # fmt: skip
    found = [(head, maker) for head, maker in makers if maker is not None]
    if not found:
        return None
    return lambda: HeadMetrics([(head, maker()) for head, maker in found])


def names_of(metric: Metric | None) -> tuple[str, ...]:
    """The columns that a metric fills in the history."""
    if metric is None:
        return ()
    return tuple(metric.named) if isinstance(metric, HeadMetrics) else (metric.name,)


def values_by_name(metric: Metric | None) -> dict[str, float]:
    """What a metric has counted, by the names of its columns."""
    if isinstance(metric, HeadMetrics):
        return {name: own.value() for name, own in metric.named.items()}
    return {} if metric is None else {metric.name: metric.value()}


def answer_of(metric: Metric) -> Any:
    """The figure of a metric, or those of several by name."""
    return values_by_name(metric) if isinstance(metric, HeadMetrics) else metric.value()


def _of_function(function: Callable[[Any, Any], Any], trial: Trial) -> Maker:
    CustomOfSeveral(function).check_several(trial.out, trial.sample)
    return lambda: CustomOfSeveral(function)


def _asked(metric: Any, heads: tuple[Head, ...]) -> list[tuple[Head, Any]]:
    """Which metric each head has."""
    if not isinstance(metric, dict):
        if not heads and metric != "auto":
            raise ArgumentError(
                f"the metric {metric!r} compares an output with its targets, but the net's "
                "outputs and y are not in the same containers.",
                do="Pass a function of both, or metric=None.",
            )
        return [(head, metric) for head in heads]
    own: dict[Any, Any] = metric  # pyright: ignore[reportUnknownVariableType]  a user's
    by_path = {head.path: head for head in heads if head.path}
    for name in own:
        if (name,) not in by_path:
            known = [str(path[0]) for path in by_path if len(path) == 1]
            raise UnknownNameError("output to measure", str(name), known)
    return [(by_path[(name,)], each) for name, each in own.items()]
