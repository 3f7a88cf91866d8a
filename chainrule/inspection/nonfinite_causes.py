"""Where a gradient becomes NaN or infinite: the first gate on the way back, and what fed it.

Imports sweep, reason and the graph.
"""

from collections.abc import Callable
from math import isinf
from typing import Any

import numpy as np

from chainrule.graph.nodes.graph import Graph
from chainrule.graph.nodes.node import Node
from chainrule.graph.op.families import Elementwise
from chainrule.inspection.gate_words import Names, maker_of
from chainrule.inspection.reachable import Masks
from chainrule.inspection.reason import Reason
from chainrule.inspection.slopes import index_of
from chainrule.inspection.spoken import entry_name
from chainrule.inspection.sweep import Array, Read, Sweep
from chainrule.spec import is_tuple
from chainrule.tensors import Parameter

KEEP_AWAY = "Keep its inputs away from there, or choose with where() before computing"
TRACE = "cr.trace_nonfinite() around the run names your line"


def non_finite_cause(found: Sweep, masks: Masks, names: Names) -> Reason | None:
    """The first gate that sends back what is not finite; None if none on the way does."""
    for gate in sorted(found.sent, key=lambda node: -node.serial):
        for i, x in enumerate(gate.inputs):
            if x is None or x not in found.gradients:
                continue
            sent = np.where(masks[x], found.flow(Read(gate, i)), 0)
            if _finite(sent):
                continue
            values = [y for y in gate.inputs if y is not None]
            if not all(_finite(y.value) for y in (*values, gate)):
                return _forward(gate, names)
            return _backward(found, gate, i, sent, names)
    spoiled = next((end for end in found.ends if not _finite(end.value)), None)
    return None if spoiled is None else _forward(spoiled, names)


def _forward(gate: Node, names: Names) -> Reason:
    """The oldest value behind a gate that spoils it; an infinity may be meant, as in a mask."""
    behind = [node for node in Graph.of(gate).nodes if not _finite(node.value)]
    leaves = [node for node in behind if node.op is None]
    spoiled = [x for x in leaves if _has_nan(x.value) or isinstance(x, Parameter)]
    made = [node for node in behind if node.op is not None and _fed(node, _finite)]
    mixed = [node for node in behind if _has_nan(node.value) and _fed(node, _without_nan)]
    first = (spoiled or made or mixed or behind)[0]
    place, value = _where(first.value)
    numbers = {"value": value, "not_finite": float(_count(first.value))}
    entry = entry_name(names.of(first), place)
    if first.op is None:
        what = "a parameter" if isinstance(first, Parameter) else "an input"
        sentence = f"{entry} is {value}, and it is {what}: everything made from it is spoiled."
        advice = (
            "Set it to finite numbers, and lower the learning rate that took it there."
            if isinstance(first, Parameter)
            else "Clean the data: fill or leave out what is missing before the net sees it."
        )
        return Reason("non_finite", names.of(first), numbers, advice, sentence)
    op = maker_of(first).op
    assert op is not None
    sentence = (
        f"in the forward pass {op.name} made {entry} {value} out of finite numbers, and the "
        "loss or the gradient meets it."
    )
    steadier = op.steadier if isinstance(op, Elementwise) and isinf(value) else ""
    advice = f"{steadier or KEEP_AWAY}; {TRACE}."
    return Reason("non_finite", names.of(first), numbers, advice, sentence, op=op.name)


def _backward(found: Sweep, gate: Node, position: int, sent: Array, names: Names) -> Reason:
    """A local gradient that is infinite, or a product that is too large."""
    x = gate.inputs[position]
    assert x is not None
    assert gate.op is not None
    place, value = _where(sent)
    numbers = {"gradient": value, "not_finite": float(_count(sent))}
    there = ""
    if not is_tuple(gate.value) and np.size(x.value):
        numbers["input"] = float(np.asarray(x.value)[place])
        there = f", where its input is {numbers['input']:.4g}"
    result = (found.results(gate) or [gate])[0]
    return Reason(
        "non_finite",
        names.of(result),
        numbers,
        f"{KEEP_AWAY}, or add a small number; {TRACE}.",
        f"the values are finite, but what {gate.op.name} sends back to "
        f"{entry_name(names.of(x), place)} is {value}{there}.",
        op=gate.op.name,
    )


def _fed(node: Node, well: Callable[[Any], bool]) -> bool:
    return all(x is None or well(x.value) for x in node.inputs)


def _without_nan(x: Any) -> bool:
    return not _has_nan(x)


def _has_nan(x: Any) -> bool:
    parts = [np.asarray(part) for part in (x if is_tuple(x) else (x,))]
    return any(part.dtype.kind == "f" and bool(np.isnan(part).any()) for part in parts)


def _finite(x: Any) -> bool:
    if x is None:
        return True
    if is_tuple(x):
        return all(map(_finite, x))
    array = np.asarray(x)
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


def _where(x: Any) -> tuple[tuple[int, ...], float]:
    """The first entry that is not finite, and its value."""
    array = next(np.asarray(part) for part in (x if is_tuple(x) else (x,)) if not _finite(part))
    index = index_of(int(np.argmin(np.isfinite(array))), array.shape)
    return index, float(array[index])


def _count(x: Any) -> int:
    parts = [np.asarray(part) for part in (x if is_tuple(x) else (x,))]
    return sum(int(np.sum(~np.isfinite(p))) for p in parts if p.dtype.kind == "f")
