"""why: the cause of a gradient that is zero, small, large, NaN or missing, found in the graph.

Imports the files beside it that look for causes. Every cause is found by the gates' own rules, at
the numbers of the graph and beside them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, overload

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.graph.nodes.graph import Graph
from chainrule.graph.nodes.node import Node
from chainrule.graph.nodes.stops import stopped_by
from chainrule.inspection.asking import (
    NOT_GIVEN,
    Question,
    names_an_entry,
    question,
    several,
)
from chainrule.inspection.behind import also_closed, zero_causes
from chainrule.inspection.gate_words import Names
from chainrule.inspection.nonfinite_causes import non_finite_cause
from chainrule.inspection.reachable import reach
from chainrule.inspection.reason import Reason
from chainrule.inspection.reasons import Reasons
from chainrule.inspection.size_causes import size_cause
from chainrule.inspection.spoken import entry_name, said
from chainrule.inspection.sweep import Array, Sweep, entry_of, sweep
from chainrule.inspection.zero_groups import with_zeros
from chainrule.nn import Module
from chainrule.tensors import Parameter

UNASKED = " backward() has not been called, so its grad is None."


@overload
def why(  # pyright: ignore[reportOverlappingOverload]  a model is asked for first
    loss: Any, parameter: Module | Mapping[str, Any], index: None = None
) -> Reasons: ...
@overload
def why(loss: Any, parameter: Any = ..., index: Any = None) -> Reason: ...
def why(loss: Any, parameter: Any = NOT_GIVEN, index: Any = None) -> Reason | Reasons:
    """Say why a gradient is what it is: why it is zero, small, large, NaN, or missing.

    Parameters
    ----------
    loss : Tensor
        One number; ``backward()`` need not have been called. Left out, ``why(parameter)`` asks the
        graph of the last ``backward()`` of this thread, as long as somebody holds its loss.
    parameter : Tensor, str, Module or dict
        Any tensor, or its name in the graph: that of a parameter, or one of ``cr.show``. Of a
        model each parameter is asked about, and of a dictionary each of its tensors.
    index : int or tuple of int, optional
        One entry: a number for each axis. Default: the whole gradient, which is zero only if all
        of its entries are; where only some are, they are told by their causes. Without a loss
        it may come second: ``why(w, (0, 1))``.

    Returns
    -------
    Reason or Reasons
        Its ``cause``, ``node``, ``numbers``, ``sentence`` and ``advice``; print it. Of a model one
        line for each parameter.

    Raises
    ------
    NoGradientError
        Without a loss, if no backward pass ran or nobody holds its loss any more.
    StaleValueError
        If a parameter was changed after the forward pass: ask before the optimiser's step.
    UnsupportedError
        Inside of a function that is compiled or differentiated, where no numbers are known.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> x = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> w = cr.parameter([[-1.0, 1.0], [-1.0, 1.0]], name="w")
    >>> loss = cr.relu(x @ w).sum()
    >>> reason = cr.why(loss, w, (0, 0))
    >>> reason.cause, reason.op, reason.numbers["silent"], reason.numbers["rows"]
    ('dead_unit', 'relu', 2.0, 2.0)
    >>> cr.why(loss, w, (0, 1)).cause
    'healthy'
    """
    if index is None and names_an_entry(loss, parameter):
        parameter, index = NOT_GIVEN, parameter
    many = several(loss if parameter is NOT_GIVEN else parameter)
    if many is None:
        return _why(question(loss, parameter), index)
    if index is not None:
        raise ArgumentError(
            "an index names one entry of one tensor, and a model has several.",
            do="Name the tensor: cr.why(loss, 'layers.0.weight', (0, 1)).",
        )
    whole = parameter is NOT_GIVEN
    asked = {k: question(x, NOT_GIVEN) if whole else question(loss, x) for k, x in many.items()}
    return Reasons({name: _why(each, None) for name, each in asked.items()})


def _why(asked: Question, index: Any) -> Reason:
    ends, target, called = asked.ends, asked.target, asked.called
    place = None if index is None else entry_of(target, index, called)
    entry = called if place is None else entry_name(called, place)
    reason = _missing(ends, target)
    if reason is None:
        found = sweep(ends, target, asked.starts)
        names = Names(found)
        reason = _missing_on_the_way(found, asked) or _found(found, _wanted(target, place), names)
        reason = replace(reason, id=names.id_of(reason.node))
    return replace(reason, parameter=entry, sentence=_told(entry, target, reason))


def _wanted(target: Node, place: tuple[int, ...] | None) -> Array:
    mask = np.full(target.shape, place is None)
    if place is not None:
        mask[place] = True
    return mask


def _told(entry: str, target: Node, reason: Reason) -> str:
    """The sentence, with what it speaks about, and why a healthy gradient may be missing."""
    unasked = target.gradient is None and reason.cause == "healthy"
    return f"{entry}: {reason.sentence}{UNASKED if unasked else ''}"


def _found(found: Sweep, wanted: Array, names: Names) -> Reason:
    """The reason of a gradient that there is."""
    gradient = np.asarray(found.gradients[found.target])[wanted]
    if not gradient.size:
        return Reason("healthy", "", {"entries": 0.0}, "", "it has no entries.")
    with np.errstate(all="ignore"):
        masks = reach(found, wanted)
        if not all(np.isfinite(x).all() for x in (gradient, *(e.value for e in found.ends))):
            return non_finite_cause(found, masks, names) or _healthy(gradient)
        if not gradient.any():
            ends = zero_causes(found, masks, names)
            causes = [end.reason for end in ends]
            reason = causes[0] if causes else _healthy(gradient)
            numbers = {"gradient": 0.0, **reason.numbers, "places": float(len(causes))}
            second = also_closed(ends[0], found, masks, names) if ends else ""
            return replace(reason, numbers=numbers, sentence=_zero(reason, causes) + second)
        if not found.readers[found.target]:
            return _beginning(gradient)
        reason = size_cause(found, masks, names) or _healthy(gradient)
        return with_zeros(reason, found, names) if wanted.all() else reason


def _zero(reason: Reason, causes: Sequence[Reason]) -> str:
    others = [f"{each.op or each.node} ({each.cause})" for each in causes[1:]]
    also = f" Other ways end too: at {', '.join(dict.fromkeys(others))}." if others else ""
    return f"the gradient is 0: {reason.sentence}{also}"


def _healthy(gradient: Array) -> Reason:
    largest = float(np.abs(gradient.astype(np.float64)).max())
    zeros = int(np.count_nonzero(gradient == 0))
    numbers = {"gradient": largest, "entries": float(gradient.size), "zeros": float(zeros)}
    sentence = f"the gradient is {said(float(gradient[0]))}"
    if gradient.size > 1:
        sentence = f"the largest of {gradient.size:,} gradients is {said(largest)} in size"
    sentence += "." if zeros else ", and no gate on the way is closed, flat or steep."
    return Reason("healthy", "", numbers, "", sentence)


def _beginning(gradient: Array) -> Reason:
    """The reason of a gradient that was given: 1, for a loss."""
    largest = float(np.abs(gradient.astype(np.float64)).max())
    numbers = {"gradient": largest, "entries": float(gradient.size)}
    size = "the gradient is" if gradient.size == 1 else "the largest gradient is, in size,"
    start = "the backward walk starts with it. A parameter is asked about by cr.why(loss, w)."
    return Reason("healthy", "", numbers, "", f"{size} {said(largest)}: {start}")


def _missing(ends: Sequence[Node], target: Node) -> Reason | None:
    """The reason of a gradient that cannot be, as the leaves of the graph tell."""
    if target.wants_gradient and any(target is end for end in ends):
        return None
    if not target.wants_gradient:
        kind = "it was made to want no gradient: a constant, or a result of constants"
        if target.dtype.kind != "f":
            kind = f"its elements are {target.dtype}, and only floating-point numbers have one"
        elif isinstance(target, Parameter):
            kind = "it is frozen, since its wants_gradient is False"
        return Reason(
            "not_reached",
            "",
            {},
            "Make it with cr.parameter(...), of floats: array.astype(np.float32).",
            f"no gradient flows into it: {kind}.",
        )
    if any(end.wants_gradient for end in ends):
        return None
    return _stopped(ends, target) or Reason(
        "not_reached",
        "",
        {},
        "Make the loss from the parameters themselves, outside of cr.no_grad(), and without "
        ".data, float(...), comparisons or argmax on the way.",
        "the loss has no graph: nothing it was made from wants a gradient.",
    )


def _missing_on_the_way(found: Sweep, asked: Question) -> Reason | None:
    if found.reached:
        return None
    return _stopped(found.ends, found.target) or _made_anew(asked) or _not_read(found)


def _made_anew(asked: Question) -> Reason | None:
    """The reason of a tensor that is made while asking, such as ``w[0, 1]``."""
    made = asked.made_anew()
    if made is None:
        return None
    return Reason(
        "not_reached",
        "",
        {},
        f"Ask about what the loss was made from: {made[1]}.",
        f"this is a new tensor, {made[0]}, that the loss was not made from.",
    )


def _stopped(ends: Sequence[Node], target: Node) -> Reason | None:
    """The op that let no gradient through, left in the graph where one did."""
    for leaf in Graph.of(*ends).nodes:
        constant = leaf.op is None and not leaf.wants_gradient
        op = stopped_by(leaf.stopped, target) if constant and leaf.stopped else None
        if op is None:
            continue
        decree = f"{op.name} lets no gradient through"
        return Reason(
            "stopped",
            leaf.label,
            {"stopped_elements": float(np.size(leaf.value))},
            f"If a gradient is meant, leave {op.name} away, or use a smooth op in its place.",
            f"the loss depends on it through {op.name} alone, and {decree}.",
            op=op.name,
        )
    return None


def _not_read(found: Sweep) -> Reason:
    graph = Graph.of(*found.ends)
    others = [x for x in graph.leaves if isinstance(x, Parameter)]
    twin = next((x for x in others if x.label and x.label == found.target.label), None)
    listed = ", ".join(dict.fromkeys(x.label or "without a name" for x in others[:4]))
    more = ", ..." if len(others) > 4 else ""
    hint = f"; it was made from {listed}{more}" if others else ""
    if twin is not None:
        hint = f"; it was made from another one that is also called {twin.label!r}"
    return Reason(
        "not_reached",
        "",
        {"nodes": float(len(graph)), "parameters": float(len(others))},
        "Use it in the forward pass, or leave it out of the net. Did .data, float(...) or "
        "cr.no_grad() take it out of the graph?",
        f"the loss was not made from it{hint}. Its gradient stays as it was.",
    )
