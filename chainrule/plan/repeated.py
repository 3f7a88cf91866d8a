"""Repeated: what a rule wrote for some tensors is written again for others that are like them.

Imports rewrite and steps. A recording has one: a net has many layers that are alike, and an
optimiser's rule for each parameter.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chainrule.plan.rewrite import reads, with_operands
from chainrule.plan.steps import Array, Map, Product, Reduce, Ref, Step
from chainrule.spec import is_tuple

if TYPE_CHECKING:
    from chainrule.plan.recorder import Recorder

PLAIN = Map, Reduce, Product  # steps that depend on nothing but what they read


@dataclass(frozen=True)
class _Written:
    """What a rule read, the steps that it wrote, and what it returned."""

    given: tuple[Ref, ...]
    steps: tuple[Step, ...]
    results: tuple[Ref | None, ...]
    shape: Any  # of the results: tuples of numbers of them


class Repeated:
    """``repeated(rule, *operands)`` is what ``rule(*operands)`` is, for a rule without state.

    A rule that has written nothing but plain steps, and returned what they made or None, is not
    run again for tensors that lie in memory as those before did. One that asked what has been
    checked so far is: the answer may be another one.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, _Written | None] = {}

    def __call__(self, rule: Callable[..., Any], *operands: Any) -> Any:
        flat: list[Any] = []
        shape = _flattened(operands, flat)
        recorder: Any = next((x.recorder for x in flat if hasattr(x, "recorder")), None)
        if recorder is None or not recorder.is_open or not all(_is_of(x, recorder) for x in flat):
            return rule(*operands)
        given = tuple([x.ref for x in flat if x is not None])
        absent = tuple([i for i, x in enumerate(flat) if x is None])
        key = rule, shape, absent, recorder.label, _pattern(given)
        if key not in self._known:
            start, asked = len(recorder.steps), recorder.asked
            results = rule(*operands)
            found = None if recorder.asked > asked else _written(recorder, start, given, results)
            self._known[key] = found
            return results
        known = self._known[key]
        return rule(*operands) if known is None else _again(known, recorder, given)


def _is_of(x: Any, recorder: "Recorder") -> bool:
    return x is None or getattr(x, "recorder", None) is recorder


def _pattern(refs: Sequence[Ref]) -> Hashable:
    """Equal for tensors that lie in their arrays, and share these, in the same way."""
    arrays = [ref.array for ref in refs]
    return tuple(
        [
            (arrays.index(x.array), x.array.shape, x.dtype, x.shape, x.strides, x.offset)
            for x in refs
        ]
    )


def _written(
    recorder: "Recorder", start: int, given: tuple[Ref, ...], results: Any
) -> _Written | None:
    """What can be written again; None if that cannot be."""
    steps, flat = tuple(recorder.steps[start:]), list[Any]()
    shape = _flattened(results, flat)
    if not all(isinstance(step, PLAIN) for step in steps) or not all(
        _is_of(x, recorder) for x in flat
    ):
        return None
    refs: tuple[Ref | None, ...] = tuple([None if x is None else x.ref for x in flat])
    known = {ref.array for ref in given} | {step.out for step in steps if isinstance(step, PLAIN)}
    if not all(ref is None or ref.array in known for ref in refs):
        return None
    return _Written(given, steps, refs, shape)


def _again(known: _Written, recorder: "Recorder", given: Sequence[Ref]) -> Any:
    """The same steps on other tensors; what reads none of these stands already."""
    pairs = zip(known.given, given, strict=True)
    arrays = {a.array: b.array for a, b in pairs if a.array is not b.array}

    def moved(x: Any) -> Any:
        if x.__class__ is Ref and (array := arrays.get(x.array)) is not None:
            return Ref(array, x.shape, x.strides, x.offset)
        return x

    for step in known.steps:
        assert isinstance(step, PLAIN)
        if not any(x.array in arrays for x in reads(step)):
            continue
        out = arrays[step.out] = Array(step.out.shape, step.out.dtype, None, step.out.label)
        if isinstance(step, Map):  # most of what there is
            again: Step = Map(step.letter, tuple([moved(x) for x in step.operands]), out)
        else:
            again = replace(with_operands(step, moved, moved), out=out)
        recorder.steps.append(again)
    leaves = [None if x is None else recorder.symbol(moved(x)) for x in known.results]
    return _filled(known.shape, leaves)


def _flattened(x: Any, found: list[Any]) -> Any:
    """Numbers of the leaves, in tuples as they stood; the leaves go into ``found``."""
    if is_tuple(x):
        return tuple([_flattened(each, found) for each in x])
    found.append(x)
    return len(found) - 1


def _filled(shape: Any, leaves: Sequence[Any]) -> Any:
    return tuple([_filled(x, leaves) for x in shape]) if is_tuple(shape) else leaves[shape]
