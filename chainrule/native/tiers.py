"""Tiers: how much is spent on the code of a kernel, by the work that it will do.

Imports the kinds of kernels and the plan. The engine asks; the bits are the same in every tier.

Fast code of a kernel takes LLVM some 20 ms, short code 4 ms, and short code written without haste
1 ms. A fit of a small net runs each of its kernels for less time than that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any
from weakref import WeakKeyDictionary

from chainrule.native.kinds import microseconds
from chainrule.plan.plan import Plan

SPEED = 2  # LLVM's level for choosing instructions and registers; 3 gives the same code
# Microseconds of work, as it is estimated, from which the dearer code pays; measured.
UNROLLED, CHOSEN = 15_000.0, 2_000.0


@dataclass(frozen=True)
class Tier:
    """A way to make code.

    Attributes
    ----------
    brief : bool
        Whether loops are not unrolled.
    speed : int
        LLVM's level.
    """

    brief: bool
    speed: int


TIERS = Tier(False, SPEED), Tier(True, SPEED), Tier(True, 0)  # the dearest first


class Ledger:
    """The work that has been planned for each kernel: what comes again earns better code."""

    def __init__(self) -> None:
        self._planned: dict[bytes, float] = {}
        self._times: WeakKeyDictionary[Plan, dict[str, float | None]] = WeakKeyDictionary()

    def tiers(self, plan: Plan, keys: Mapping[Any, bytes], runs: float) -> dict[bytes, int]:
        """The place of a tier for each kernel of a plan that will be run so often.

        ``keys`` are those under which they are known, by the keys of their forms.
        """
        if runs == inf:
            return dict.fromkeys(keys.values(), 0)
        planned, times = self._planned, [runs] * len(plan.kernels)
        for block in plan.blocks:
            times[block.first : block.stop] = [runs * block.count] * (block.stop - block.first)
        took = self._took(plan)
        for form, count in zip(plan.forms, times, strict=True):
            each, key = took[form.key], keys[form.key]
            work = inf if each is None else count * each
            planned[key] = planned.get(key, 0.0) + work
        return {key: _place(planned[key]) for key in keys.values()}

    def _took(self, plan: Plan) -> dict[str, float | None]:
        """Microseconds of a plan's kernels, by the keys of their forms; fits come back to it."""
        took = self._times.get(plan)
        if took is None:
            took = self._times[plan] = {}
            for form, kernel in zip(plan.forms, plan.kernels, strict=True):
                if form.key not in took:  # alike ones take the same time
                    took[form.key] = microseconds(kernel)
        return took


def _place(work: float) -> int:
    return 0 if work >= UNROLLED else 1 if work >= CHOSEN else 2
