"""Whole plan: the text of its kernels, and what the loop over them is told.

Imports the emitters. The engine compiles the text of kernels that it has not met, and asks for the
program of a plan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from chainrule.native.ir import Module
from chainrule.native.kernel_calls import AGAIN, ASKED, HEAD, LAST, RECORD, SPREAD, TOLD
from chainrule.native.kinds import is_large, write
from chainrule.native.target import Target
from chainrule.plan.blockwise import Blocks
from chainrule.plan.kernel import Kernel
from chainrule.plan.plan import Plan

Words = np.ndarray[Any, np.dtype[np.int64]]
Places = list[tuple[int, int]] | Words
OFTEN = 16  # places that NumPy fills faster than a loop
AS_IT_IS, IN_ARENA, STATUS, CALLBACK, PROGRAM = range(5)  # what is added to a word


class Code(Protocol):
    """Machine code in memory, as the engine loads it."""

    @property
    def addresses(self) -> Mapping[str, int]:
        """Where its functions begin; they are there as long as this object is."""
        ...

    @property
    def units(self) -> Mapping[str, int]:
        """The units of those that are kernels."""
        ...

    @property
    def tier(self) -> int:
        """How cheap it was to make: 0 is the dearest."""
        ...


@dataclass(eq=False)
class Program:
    """The calls of a plan, and the table of addresses with which they run.

    Attributes
    ----------
    calls : ndarray of int64
        The records of kernel_calls.py.
    words, kinds : ndarray of int64
        The table of a run, and the address to be added to each of its words: that of the arena, of
        the status, ...
    places : dict of (str, int) to list of (int, int), or ndarray of int64
        Where in the table the address of an input, output or constant stands, and the bytes that
        are added to it there: an array of pairs where these are many.
    spreads : bool
        Whether a kernel is shared with other threads.
    inner : dict of int to (int, Program)
        Of each kernel that runs a plan of its own: the word for the address of its record, and
        what calls that plan's kernels.
    made : tuple of (str, Code)
        The function of each call. Its address stands in the record when all are ``ready``.
    steps : tuple of ndarray of int64
        Of the calls that run in blocks.
    """

    calls: Words
    words: Words
    kinds: Words
    places: Mapping[tuple[str, int], Places]
    spreads: bool
    made: tuple[tuple[str, Code], ...]
    inner: Mapping[int, "tuple[int, Program]"]
    steps: tuple[Words, ...]
    is_ready: bool = False

    def is_as_good_as(self, tiers: Sequence[int]) -> bool:
        """Whether no kernel's code is of a cheaper tier than the one at this place."""
        return all(code.tier <= tier for (_, code), tier in zip(self.made, tiers, strict=True))

    def ready(self) -> None:
        """Wait until the machine code is there."""
        if not self.is_ready:
            for _, each in self.inner.values():
                each.ready()
            kernels = self.calls[::4] & (AGAIN | LAST) == 0
            self.calls[1::4][kernels] = [code.addresses[name] for name, code in self.made]
            self.is_ready = True


def assemble(kernels: Mapping[str, Kernel], target: Target) -> tuple[Module, dict[str, int]]:
    """The text of kernels, by the names of their functions, and how many units each has."""
    module = Module()
    return module, {name: write(module, name, kernel, target) for name, kernel in kernels.items()}


def program(plan: Plan, made: Sequence[tuple[str, Code]], plans: Mapping[int, Program]) -> Program:
    """What calls the kernels of a plan one after another.

    Parameters
    ----------
    made : sequence of (str, Code)
        The function of each.
    plans : mapping of int to Program
        Of those that run a plan of their own, by their numbers.
    """
    calls: list[int] = []
    words, kinds = [0] * HEAD, [PROGRAM, STATUS, AS_IT_IS]
    places: dict[tuple[str, int], list[tuple[int, int]]] = {}
    inner: dict[int, tuple[int, Program]] = {}
    blocks, steps = list(plan.blocks), list[Words]()
    first = 0
    each = zip(plan.kernels, plan.forms, made, strict=True)
    for number, (kernel, form, (name, code)) in enumerate(each):
        if blocks and number == blocks[0].first:
            first = len(words)
            words.append(0)  # it counts the blocks
            kinds.append(AS_IT_IS)
        units = code.units[name]
        how = SPREAD if units > 1 and is_large(kernel) else 0
        how |= ASKED if kernel.may_end else 0
        how |= TOLD if number in plans else 0
        calls += [how, 0, units, 8 * len(words)]
        words += [number, 0, 0]
        kinds += [AS_IT_IS, STATUS, CALLBACK]
        for which, start in form.buffers:
            buffer = plan.buffers[which]
            in_arena, shift = buffer.place == "arena", start * buffer.itemsize
            if not in_arena:
                places.setdefault((buffer.place, buffer.number), []).append((len(words), shift))
            words.append(buffer.number + shift if in_arena else 0)
            kinds.append(IN_ARENA if in_arena else AS_IT_IS)
        if number in plans:
            inner[number] = len(words), plans[number]
            words.append(0)
            kinds.append(AS_IT_IS)
        if blocks and number == blocks[0].stop - 1:
            steps.append(_steps(plan, blocks.pop(0)))
            back = -8 * RECORD * (number + 2 - plan.blocks[len(steps) - 1].first)
            calls += [AGAIN, back, steps[-1].ctypes.data, 8 * first]
    return Program(
        np.array([*calls, LAST, 0, 0, 0], np.int64),
        np.array(words, np.int64),
        np.array(kinds, np.int64),
        {key: np.array(x, np.int64) if len(x) > OFTEN else x for key, x in places.items()},
        any(how & SPREAD for how in calls[::4]) or any(x.spreads for x in plans.values()),
        tuple(made),
        inner,
        tuple(steps),
    )


def plan_content(plan: Plan) -> str:
    """All that the calls of a plan depend on: constants and Python's ops come later."""
    number = dict[Any, int]()
    kernels = [(number.setdefault(f.key, len(number)), f.buffers) for f in plan.forms]
    blocks = [(b.first, b.stop, b.count, b.steps) for b in plan.blocks]
    steps = [plan_content(each.runs) for each in plan.kernels if each.runs is not None]
    buffers = [(b.size, b.dtype, b.place, b.number) for b in plan.buffers]  # repr is slow
    return repr((buffers, kernels, list(number), blocks, *steps))


def _steps(plan: Plan, blocks: Blocks) -> Words:
    """How many blocks and words, and the bytes that each word goes on by from block to block."""
    found: list[int] = []
    for number, steps in zip(blocks.numbers(), blocks.steps, strict=True):
        found += [0, 0, 0]
        found += [
            steps.get(which, 0) * plan.buffers[which].itemsize
            for which, _ in plan.forms[number].buffers
        ]
        found += [0] * (plan.kernels[number].runs is not None)
    return np.array([blocks.count, len(found), *found], np.int64)
