"""Steadiness: code of a user's is recorded twice, to notice what changes from call to call.

Imports recording, the surroundings and NumPy's random state. The native steps record through it.
"""

import copy
import pickle
import random
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from chainrule.errors import UnsupportedError
from chainrule.optim import ClipNorm, ClipValue
from chainrule.plan.same_flow import same_flow
from chainrule.train.native.guards import Surroundings
from chainrule.train.native.recorded_step import Attributes, Recorded
from chainrule.train.recipe import Recipe

KEY_ADVICE = (
    "Draw with the run's random key: forward(self, x, run) and an op that takes "
    "key=run.key_for(self), such as chainrule.dropout; for a loss, draw in the net. "
    "compiled=False draws anew at every step."
)


def surroundings_of(recipe: Recipe) -> Surroundings:
    """What a step made by this recipe reads beside its inputs."""
    hooks = {
        "clip" if isinstance(hook, ClipNorm | ClipValue) else f"gradient_hooks[{i}]": hook
        for i, hook in enumerate(recipe.hooks)
    }
    return Surroundings(
        {
            "the loss": recipe.loss,
            "the model": recipe.model,
            "the optimiser": recipe.optimizer,
            "the regularization": recipe.regularization,
            **hooks,
        },
        lambda: recipe.model.parameters().values(),
    )


def steady(
    record: Callable[[Attributes], Recorded], surroundings: Surroundings, twice: bool
) -> Recorded:
    """A recording that holds for every call; the second one starts from what the first one left.

    Raises
    ------
    UnsupportedError
        If the function draws random numbers of its own, or does something else at its next call.
    """
    if surroundings.iterators:
        raise UnsupportedError(
            f"the training step can reach an iterator, {surroundings.iterators[0]}: compiled, it "
            "would use one element for ever.",
            do="Let a callback take the elements and set a number that the step reads, or pass "
            "compiled=False.",
        )
    sources = _Sources(surroundings.generators)
    try:
        first = record({})
        if sources.drawn():
            raise UnsupportedError(
                "the training step draws random numbers without a key, from "
                f"{sources.drawn()}: compiled, it would use one draw for ever.",
                do=KEY_ADVICE,
            )
        if twice and surroundings.hold_code_of_others:  # ours does the same every time
            second = record(first.left)
            _compare(first, second)
    finally:
        sources.restore()
    if not surroundings.same():
        found = surroundings.change(numbers=True)
        if found:
            raise UnsupportedError(
                f"the training step changes what it reads: {found}.",
                do="A compiled step computes the same every time. Keep what changes in a buffer "
                "(run.update), or pass compiled=False.",
            )
    return first


class _Sources:
    """Random numbers of NumPy and Python: the global ones, and those that the net can reach."""

    def __init__(self, generators: Iterable[tuple[str, Any]]) -> None:
        self._found = {"np.random": np.random, "random": random} | dict(generators)
        self._states = {name: copy.deepcopy(_state(x)) for name, x in self._found.items()}
        self._marks = self._now()

    def drawn(self) -> str:
        """Which one has been drawn from; "" for none."""
        now = self._now()
        return next((name for name, mark in now.items() if mark != self._marks[name]), "")

    def restore(self) -> None:
        """Let the next draw be the one it would have been."""
        for name, mark in self._now().items():
            if mark != self._marks[name]:
                _set_state(self._found[name], self._states[name])

    def _now(self) -> dict[str, bytes]:
        return {name: pickle.dumps(_state(x)) for name, x in self._found.items()}


def _state(x: Any) -> Any:
    if isinstance(x, np.random.Generator):
        return x.bit_generator.state
    return x.get_state() if hasattr(x, "get_state") else x.getstate()


def _set_state(x: Any, state: Any) -> None:
    if isinstance(x, np.random.Generator):
        x.bit_generator.state = state
    elif hasattr(x, "set_state"):
        x.set_state(state)
    else:
        x.setstate(state)


def _compare(first: Recorded, second: Recorded) -> None:
    for place, value in second.left.items():
        if place not in first.left or repr(first.left[place]) != repr(value):
            path = ".".join(filter(None, ("the model", *place)))
            raise UnsupportedError(
                f"the forward pass changes {path} at every call; it has come to {value!r}.",
                do="A compiled step computes the same every time. Keep a number that changes in a "
                "buffer (run.update), or pass compiled=False.",
            )
    if not same_flow(first.flow, second.flow):
        raise UnsupportedError(
            "recorded twice, the training step computes two different things: random numbers "
            "drawn without a key, a clock, or a counter.",
            do=KEY_ADVICE,
        )
