"""The switches of a run, each a ContextVar, so that threads and tasks never see one another's.

Floor 1: imports errors. The recorder, the tensors and the training loop read it.
"""

import copy
import functools
import os
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, ClassVar, Self

from chainrule.errors import ArgumentError


class Recording:
    """What stands in RECORDING: whether ops leave a graph, and whether somebody looks on.

    Attributes
    ----------
    recording : bool
        Whether a graph is left.
    looks : bool
        Whether it is a Watch, which is told of every op; nobody else need be asked.
    """

    looks: ClassVar[bool] = False
    recording: bool = True

    def __bool__(self) -> bool:
        return self.recording

    def quiet(self) -> "Recording":
        """The same over a run that leaves no graph."""
        return OFF

    def with_graph(self) -> "Recording":
        """The same over a run that leaves a graph, whatever is around it."""
        return ON

    def inside(self) -> "Recording":
        """What stands while a rule computes: a graph, which is the rule's own affair."""
        return ON

    def met(self, x: Any) -> Any:
        """What an op, or a derivative, reads in the place of this operand."""
        return x

    def asked(self, x: Any, call: str) -> None:
        """Called before a tensor gives its value away."""

    def module(self, module: Any) -> Any:
        """What runs in the place of a module that is called."""
        return module

    def recorded(self, op: Any, operands: Sequence[Any], value: Any) -> None:
        """Called with every op that a node or a dual read, and its result."""


class Watch(Recording):
    """Looks on while ops are read, whether they leave a graph or not."""

    looks: ClassVar[bool] = True

    def quiet(self) -> Self:
        """The same watch over a run that leaves no graph."""
        return self._copy(recording=False)

    def with_graph(self) -> Self:
        """The same watch over a run that leaves a graph, whatever is around it."""
        return self if self.recording else self._copy(recording=True)

    def _copy(self, recording: bool) -> Self:
        other = copy.copy(self)
        other.recording = recording
        return other

    def pushed(self, op: Any, inputs: Sequence[Any], tangents: Sequence[Any], out: Any) -> None:
        """Called with the tangent of every result, in forward mode."""

    def spelled(self, op: Any, operands: Sequence[Any], out: Any) -> None:
        """Called with every op that a dual read through its formula, and the result."""

    def spelling(self, op: Any, operands: Sequence[Any], formula: Callable[..., Any]) -> Any:
        """A formula read by duals, watched as one op."""
        token = RECORDING.set(ON)
        try:
            out = formula(op, operands)
        finally:
            RECORDING.reset(token)
        self.spelled(op, operands, out)
        return out

    def pushing(self, op: Any, rule: Callable[..., Any]) -> Callable[..., Any]:
        """The forward rule of an op, watched: what it computes on the way is its own affair."""

        def watched(tangents: Any, inputs: Any, out: Any) -> Any:
            token = RECORDING.set(ON)
            try:
                pushed = rule(tangents, inputs, out)
            finally:
                RECORDING.reset(token)
            self.pushed(op, inputs, tangents, pushed)
            return pushed

        return watched

    def around(self, node: Any, pull: Callable[..., Any], nodes: Collection[Any]) -> Any:
        """The rule of a node for the backward walk over ``nodes``: as it is, or watched."""
        return pull

    def pulling(self, pull: Callable[..., Any], told: Callable[..., None]) -> Callable[..., Any]:
        """A rule, watched: ``told(pulled, upstream, inputs, out)`` is called with its answers.

        What it computes on the way is its own affair.
        """

        def watched(upstream: Any, live: Any, inputs: Any, out: Any, wanted: Any) -> Any:
            token = RECORDING.set(ON)
            try:
                pulled, lives = pull(upstream, live, inputs, out, wanted)
            finally:
                RECORDING.reset(token)
            told(pulled, upstream, inputs, out)
            return pulled, lives

        return watched


ON, OFF = Recording(), Recording()
OFF.recording = False
RECORDING: ContextVar[Recording] = ContextVar("chainrule_recording", default=ON)
# How many forward derivatives stand around this point. A derivative taken inside one of them is
# nested in it: its symbols read first, and take those of the outer ones for constants.
DEPTH: ContextVar[int] = ContextVar("chainrule_depth", default=0)
# The user's op whose rule or formula is being read by tensors, or "": there, a tensor that would
# quietly become an array (np.asarray, .data, float) cuts the graph, and raises instead.
RULE: ContextVar[str] = ContextVar("chainrule_rule", default="")
# Whether a fit tries its net and its loss on a row: there a number taken out of the graph raises,
# where it warns elsewhere: training would go on without that part of the gradient.
TRIAL: ContextVar[bool] = ContextVar("chainrule_trial", default=False)
# The losses of the last backward(), each weakly, and the upstream gradients that were given with
# them: what is asked about a gradient without a loss is asked about these.
LAST_BACKWARD: ContextVar[Any] = ContextVar("chainrule_last_backward", default=None)
# How many threads may share a kernel of a compiled function; None: as many as there are CPUs.
THREADS: ContextVar[int | None] = ContextVar("chainrule_threads", default=None)


def recording_on() -> Recording:
    """What to set RECORDING to where a graph is needed."""
    standing = RECORDING.get()
    return standing if standing.recording else standing.inside()


def rules_on() -> Recording:
    """What to set RECORDING to while a rule computes: on, or a watch that looks into rules."""
    return RECORDING.get().inside()


def met(x: Any) -> Any:
    """What is read in the place of x: itself, unless a watch that stands knows better."""
    return RECORDING.get().met(x)


def asked(x: Any, call: str) -> None:
    """Tell a watch that stands that a tensor is about to give its value away."""
    RECORDING.get().asked(x, call)


def watching() -> Watch | None:
    """The watch that stands, if any."""
    standing = RECORDING.get()
    return standing if isinstance(standing, Watch) else None


@contextmanager
def no_grad() -> Generator[None, None, None]:
    """Run without recording a graph: only values, no memory for a backward pass.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> w = cr.parameter(np.ones(3), name="w")
    >>> with cr.no_grad():
    ...     out = cr.relu(w)
    >>> out.wants_gradient
    False
    """
    token = RECORDING.set(RECORDING.get().quiet())
    try:
        yield
    finally:
        RECORDING.reset(token)


def threads(count: int | None = None) -> int:
    """How many threads compiled code may use, for this thread of Python and what it calls.

    Results do not depend on it: the same bits come out for every count.

    Parameters
    ----------
    count : int, optional
        The new number, at least 1. Without it nothing changes. At first it is the number of CPUs
        that this process may use; kernels too small to gain from a second thread never take one.

    Returns
    -------
    int
        The number that holds now.

    Raises
    ------
    ArgumentError
        If the count is not a positive integer.

    Examples
    --------
    >>> import chainrule as cr
    >>> before = cr.settings.threads()
    >>> cr.settings.threads(1)
    1
    >>> cr.settings.threads(before) == before
    True
    """
    if count is None:
        return THREADS.get() or _cpus()
    if isinstance(count, bool) or not hasattr(count, "__index__") or count < 1:
        raise ArgumentError(
            f"threads takes a positive integer, not {count!r}.",
            do="threads(1) runs everything on the calling thread.",
        )
    THREADS.set(int(count))
    return int(count)


@functools.cache
def _cpus() -> int:
    """CPUs that this process may use: its affinity, and the quota of its container."""
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    return max(1, min(count, _quota(Path("/sys/fs/cgroup/cpu.max"), count)))


def _quota(path: Path, count: int) -> int:
    """Whole CPUs of a control group: "150000 100000" are 1.5 of them; "max" is no limit."""
    try:
        quota, period = path.read_text().split()
        return int(quota) // int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return count
