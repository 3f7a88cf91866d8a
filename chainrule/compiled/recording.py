"""Recording: a function run once on symbols, with its parameters and buffers as inputs.

Imports the plan's recorder and the nets' substitution. A signature is made of one.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.compiled.places import Place, state_of
from chainrule.errors import UnsupportedError
from chainrule.native.whole_plan import plan_content
from chainrule.nn.module import Module
from chainrule.nn.substitute import with_buffers
from chainrule.plan.closed_over import ClosedOver
from chainrule.plan.make import make
from chainrule.plan.plan import Plan
from chainrule.plan.record import record
from chainrule.plan.same_flow import same_flow
from chainrule.plan.steps import Flow
from chainrule.spec import Spec


class Inputs(ClosedOver):
    """Also makes inputs of the buffers of nets: a net with some is run as a copy."""

    def __init__(self, buffers: bool) -> None:
        super().__init__()
        self._buffers = buffers
        self._twins: dict[int, Any] = {}
        self._originals: list[Any] = []  # kept, since ids are used again

    def module(self, module: Any) -> Any:
        """A copy of a net whose buffers are inputs; one without buffers is read as it is."""
        if not self._buffers:
            return module
        known = self._twins.get(id(module))
        if known is not None:
            return known
        values = {path: self._place(module, path) for path in module.buffers()}
        copy = with_buffers(module, values) if values else module
        pairs = zip(module.modules().values(), copy.modules().values(), strict=True)
        for original, twin in pairs:
            self._twins[id(original)] = self._twins[id(twin)] = twin
            self._originals += [original, twin]
        return copy

    def _place(self, module: Module, path: str) -> Any:
        owner, _, name = path.rpartition(".")
        place = Place(module.modules()[owner], name)
        return self.stand_in(place, place.value, path)


def recorded(
    function: Callable[..., Sequence[Any]],
    specs: Sequence[Spec],
    finish: Callable[[Flow], Flow],
    inputs: Callable[[], ClosedOver],
    dice: Sequence[Any],
    stands: Callable[[], bool],
    beside: Callable[[], Any],
) -> tuple[Plan, list[Any]]:
    """The plan of a function, and what its inputs after the first ones stand for.

    It is recorded twice, unless it changes what it reads itself (``stands`` tells): the next call
    notices that, and makes a recording of its own. ``beside`` is what it has returned beside
    symbols.

    Raises
    ------
    UnsupportedError
        If the two differ: a random draw or a clock would be the same for ever.
    """
    before = _states(dice)
    flow, sources = _once(function, specs, finish, inputs())
    left = beside()
    plan = make(flow)
    draws = _states(dice) != before  # perhaps it was another thread
    if draws or stands():
        again, _ = _once(function, specs, finish, inputs())
        same = beside() == left and (same_flow(flow, again) or _content(plan) == _made(again))
        if not same and (draws or stands()):
            raise _unsteady(draws)
    return plan, sources


def _unsteady(draws: bool) -> UnsupportedError:
    if draws:
        return UnsupportedError(
            "this function draws random numbers, which a recording would repeat for ever.",
            do=(
                "Draw outside and pass the numbers as an argument, or draw from a key that "
                "is one: model(x, training=key)."
            ),
        )
    return UnsupportedError(
        "recorded twice, this function computes two different things, of which a recording would "
        "repeat one for ever: it draws random numbers, or reads a clock, a file or an iterator.",
        do="Do this outside, and pass what comes of it as an argument: np.asarray(time.time()).",
    )


def _once(
    function: Callable[..., Sequence[Any]],
    specs: Sequence[Spec],
    finish: Callable[[Flow], Flow],
    inputs: ClosedOver,
) -> tuple[Flow, list[Any]]:
    flow = record(function, specs, closed_over=inputs)
    return finish(flow), inputs.sources


def _states(dice: Sequence[Any]) -> Any:
    """Where these generators stand, and those that everybody shares."""
    shared: Any = np.random.get_state()  # noqa: NPY002  to see whether somebody else draws
    return shared[1].tobytes(), shared[2:], random.getstate(), list(map(state_of, dice))


def _made(flow: Flow) -> Any:
    """What is left of it in a plan, without the steps that nobody needs."""
    return _content(make(flow))


def _content(plan: Plan) -> Any:
    return plan_content(plan), [constant.tobytes() for constant in plan.all_constants]
