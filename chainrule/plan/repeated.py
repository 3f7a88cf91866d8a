"""Repeated: what a rule wrote for some tensors is written again for others that are like them.

Imports the recorder and rewrite. The training step has an optimiser's rule for each parameter.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chainrule.plan.recorder import Recorded, Recorder
from chainrule.plan.rewrite import reads, with_operands
from chainrule.plan.steps import Array, Map, Product, Reduce, Ref, Step
from chainrule.spec import is_tuple

PLAIN = Map, Reduce, Product  # steps that depend on nothing but what they read


@dataclass(frozen=True)
class _Written:
    """What a rule read, the steps that it wrote, and what it returned."""

    given: tuple[Ref, ...]
    steps: tuple[Step, ...]
    results: tuple[Ref, ...]
    shape: Any  # of the results: tuples of numbers of them


class Repeated:
    """``repeated(rule, *operands)`` is what ``rule(*operands)`` is, for a rule without state.

    A rule that has written nothing but plain steps, and returned what they made, is not run again
    for tensors that lie in memory as those before did.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, _Written | None] = {}

    def __call__(self, rule: Callable[..., Any], *operands: Any) -> Any:
        flat: list[Any] = []
        shape = _flattened(operands, flat)
        if not all(type(x) is Recorded for x in flat):
            return rule(*operands)
        recorder: Recorder = flat[0].recorder
        given = tuple([x.ref for x in flat])
        key = rule, shape, _pattern(given)
        if key not in self._known:
            start = len(recorder.steps)
            results = rule(*operands)
            self._known[key] = _written(recorder, start, given, results)
            return results
        known = self._known[key]
        return rule(*operands) if known is None else _again(known, recorder, given)


def _pattern(refs: Sequence[Ref]) -> Hashable:
    """Equal for tensors that lie in their arrays, and share these, in the same way."""
    arrays = [ref.array for ref in refs]
    return tuple(
        (arrays.index(x.array), x.array.shape, x.dtype, x.shape, x.strides, x.offset) for x in refs
    )


def _written(
    recorder: Recorder, start: int, given: tuple[Ref, ...], results: Any
) -> _Written | None:
    """What can be written again; None if that cannot be."""
    steps, flat = tuple(recorder.steps[start:]), list[Any]()
    shape = _flattened(results, flat)
    known = {ref.array for ref in given} | {step.out for step in steps if isinstance(step, PLAIN)}
    plain = all(isinstance(step, PLAIN) for step in steps)
    if not plain or not all(type(x) is Recorded and x.ref.array in known for x in flat):
        return None
    return _Written(given, steps, tuple([x.ref for x in flat]), shape)


def _again(known: _Written, recorder: Recorder, given: Sequence[Ref]) -> Any:
    """The same steps on other tensors; what reads none of these stands already."""
    pairs = zip(known.given, given, strict=True)
    arrays = {a.array: b.array for a, b in pairs if a.array is not b.array}

    def moved(x: Any) -> Any:
        if isinstance(x, Ref) and (array := arrays.get(x.array)) is not None:
            return Ref(array, x.shape, x.strides, x.offset)
        return x

    for step in known.steps:
        assert isinstance(step, PLAIN)
        if not any(x.array in arrays for x in reads(step)):
            continue
        out = arrays[step.out] = Array(step.out.shape, step.out.dtype, label=step.out.label)
        if isinstance(step, Map):  # most of what there is
            again: Step = Map(step.letter, tuple([moved(x) for x in step.operands]), out)
        else:
            again = replace(with_operands(step, moved, moved), out=out)
        recorder.steps.append(again)
    return _filled(known.shape, [recorder.symbol(moved(x)) for x in known.results])


def _flattened(x: Any, found: list[Any]) -> Any:
    """Numbers of the leaves, in tuples as they stood; the leaves go into ``found``."""
    if is_tuple(x):
        return tuple([_flattened(each, found) for each in x])
    found.append(x)
    return len(found) - 1


def _filled(shape: Any, leaves: Sequence[Any]) -> Any:
    return tuple([_filled(x, leaves) for x in shape]) if is_tuple(shape) else leaves[shape]
