"""Events: what happens during a fit, and how a callback listens.

Imports the state of a fit. The training loop calls the hooks; progress reporters, early stopping
and users' own callbacks are Callbacks.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.train.fit_state import FitState


class Callback:
    """Listens to a fit. Override the hooks you want; those left alone cost nothing.

    A hook may also be set on an instance: ``callback.on_epoch_end = function``, a function of the
    state; set during a fit, it is heard from the next epoch on. Names that begin with ``on_`` are
    kept for hooks, so that a misspelt one is an error. A callback that remembers something across
    ``fit(..., after=history)`` writes `remembered` and `recall`.

    Examples
    --------
    >>> class StopAtZero(Callback):
    ...     def on_epoch_end(self, state):
    ...         if state.history["loss"][-1] < 1e-6:
    ...             state.stop("the loss is 0")
    """

    def remembered(self) -> dict[str, Any]:
        """What a later fit needs to go on: arrays by name, which `recall` is given back."""
        return {}

    def recall(self, remembered: Mapping[str, Any], state: FitState) -> None:
        """Go on from what was `remembered`; called after ``on_fit_start``."""

    def waits_for(self, what: str) -> None:
        """Say what the fit is doing before its first step; called after a second, in a thread."""

    def on_fit_start(self, state: FitState) -> None:
        """Before the first epoch, once all arguments are known to be good."""

    def on_epoch_start(self, state: FitState) -> None:
        """Before the first batch of an epoch."""

    def on_batch_start(self, state: FitState) -> None:
        """Before a step."""

    def on_batch_end(self, state: FitState) -> None:
        """After a step: the parameters have been updated."""

    def on_validation_start(self, state: FitState) -> None:
        """After the last batch of an epoch, before the validation rows are evaluated."""

    def on_epoch_end(self, state: FitState) -> None:
        """After an epoch: its figures, validation included, are ``state.history.epochs[-1]``."""

    def on_interrupt(self, state: FitState) -> None:
        """After Ctrl-C or SIGTERM, when the step in progress is done."""

    def on_fit_end(self, state: FitState) -> None:
        """At the end, also if an error ends the fit."""


HOOKS = tuple(name for name in vars(Callback) if name.startswith("on_"))


class Hooks:
    """The hooks of several callbacks: only those that somebody overrode or set are called."""

    def __init__(self, callbacks: Sequence[Callback]) -> None:
        self._callbacks = tuple(callbacks)
        self._heard: dict[str, tuple[Callable[[FitState], None], ...]] = {}
        self._seen: list[Any] = []
        self.listen()

    def listen(self) -> None:
        """Look up who listens; a hook may have been set on a callback since the last time."""
        seen = list(map(_seen_of, self._callbacks))
        if self._heard and seen == self._seen:
            return
        for callback in self._callbacks:
            _check(callback)
        self._seen = seen
        self._heard = {
            hook: tuple(
                getattr(callback, hook) for callback in self._callbacks if hook in _own(callback)
            )
            for hook in HOOKS
        }
        for listeners in self._heard.values():
            for listener in listeners:
                _check_call(listener)

    def remembered(self) -> list[tuple[str, dict[str, Any]]]:
        """What the callbacks remember, with their classes; those that do not are left out."""
        pairs = ((type(callback).__name__, callback.remembered()) for callback in self._callbacks)
        return [(kind, arrays) for kind, arrays in pairs if arrays]

    def recall(self, kept: Sequence[tuple[str, Mapping[str, Any]]], state: FitState) -> None:
        """Give each callback back what one of its class remembered, in their order."""
        left = list(kept)
        for callback in self._callbacks:
            kinds = [kind for kind, _ in left]
            if type(callback).__name__ in kinds:
                _, arrays = left.pop(kinds.index(type(callback).__name__))
                callback.recall(arrays, state)

    def waiting(self) -> list[Callable[[str], None]]:
        """Those who say what a fit waits for."""
        silent = Callback.waits_for
        return [one.waits_for for one in self._callbacks if type(one).waits_for is not silent]

    def listeners(self, hook: str) -> tuple[Callable[[FitState], None], ...]:
        """The methods to call for a hook."""
        return self._heard[hook]

    def call(self, hook: str, state: FitState) -> None:
        """Call a hook of everybody who listens."""
        for listener in self._heard[hook]:
            listener(state)

    def call_all(self, hook: str, state: FitState) -> None:
        """Call a hook of everybody who listens, even if one of them fails: the end is for all."""
        failed: BaseException | None = None
        for listener in self._heard[hook]:
            try:
                listener(state)
            except BaseException as error:
                failed = failed or error
        if failed is not None:
            raise failed


def _seen_of(callback: Any) -> list[Any]:
    """The names of a callback's attributes, and what those that are hooks hold."""
    facts: dict[str, Any] = getattr(callback, "__dict__", {})
    return [*facts, *(value for name, value in facts.items() if name in HOOKS)]


def _own(callback: Callback) -> set[str]:
    """The hooks that a callback overrides in its class, or that were set on it."""
    kind = type(callback)
    return {
        hook
        for hook in HOOKS
        if hook in vars(callback) or getattr(kind, hook) is not getattr(Callback, hook)
    }


def _check(callback: Any) -> None:
    """Raise unless this is a callback, all of whose ``on_...`` names are hooks."""
    if not isinstance(callback, Callback):
        kind = callback.__name__ if isinstance(callback, type) else type(callback).__name__
        raise ArgumentError(
            f"a callback is an instance of chainrule.train.Callback, but {kind} is not.",
            do="Inherit from Callback, override the hooks you want, and pass an instance.",
        )
    plain = {hook.replace("_", ""): hook for hook in HOOKS}
    names = [*vars(callback), *(name for kind in type(callback).__mro__ for name in vars(kind))]
    for name in names:
        other_case = plain.get(name.replace("_", "").lower())
        if name not in HOOKS and (name.startswith("on_") or other_case is not None):
            raise UnknownNameError(
                f"hook of {type(callback).__name__}",
                name,
                HOOKS,
                do="Names that begin with on_ are kept for hooks; rename what is none.",
            )


def _check_call(listener: Callable[..., Any]) -> None:
    """Raise unless a hook can be called with the state of the fit, and runs when it is."""
    name = getattr(listener, "__name__", type(listener).__name__)
    if not callable(listener):
        raise ArgumentError(
            f"a hook is a function of the state, but this is {listener!r:.60}.",
            do="Write def on_epoch_end(self, state), or set a function of one argument.",
        )
    try:
        signature = inspect.signature(listener)
    except (TypeError, ValueError):  # written in C, and without a signature
        return
    try:
        signature.bind(None)
    except TypeError:
        raise ArgumentError(
            f"{name}{signature} cannot be called with one argument, the state of the fit.",
            do="In a class: def on_epoch_end(self, state). Set on an instance: a function of "
            "the state.",
        ) from None
    if inspect.iscoroutinefunction(listener) or inspect.isgeneratorfunction(listener):
        raise ArgumentError(
            f"{name} is a coroutine or a generator, of which a call runs nothing.",
            do="Write a plain function: no async def, no yield.",
        )
