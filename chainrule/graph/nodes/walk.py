"""The backward walk: from the loss to the leaves, multiplying upstream by local gradients.

Imports node and errors. Tensor.backward, grad and the derived rules call it. It is iterative, goes
from the youngest node to the oldest, and touches every node and edge once.

A gradient may carry a *live* mask: False where it belongs to a branch that was not selected. There
it is exactly 0, and stays so even where a local gradient is infinite.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import StaleValueError, describe, user_place
from chainrule.graph.nodes.node import Node, Output, results_of, taped
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.contract import formula
from chainrule.graph.op.operation import Op, Pulled
from chainrule.graph.readings.probe import needs
from chainrule.settings import RECORDING, rules_on, watching
from chainrule.spec import is_tuple

_by_age = attrgetter("serial")


def walk(
    ends: Sequence[Node],
    upstreams: Sequence[Any],
    *,
    targets: Collection[Node] | None = None,
    graph: bool = False,
    live: Any = None,
    lives: dict[Node, Any] | None = None,
    zeros: bool = False,
) -> dict[Node, Any]:
    """Gradients of the sum of ``ends`` (each times its upstream) for every node on the way.

    Parameters
    ----------
    ends : sequence of Node
        Where the walk starts.
    upstreams : sequence of ndarray (or Node, when ``graph``)
        The gradient of each end, of the end's shape.
    targets : collection of Node, optional
        Walk only towards these. Default: towards every node that wants a gradient.
    graph : bool
        Whether the rules receive nodes, so that the gradients are graphs themselves.
    live : bool array or tuple of them, optional
        Where the upstream gradient of ``ends[0]`` (or of each end) is alive.
    lives : dict, optional
        Filled with the mask of every target that has one.
    zeros : bool
        Whether a node on the way that receives nothing gets zeros rather than no entry.

    Returns
    -------
    dict of Node to ndarray (or Node, when ``graph``)
    """
    nodes = on_the_way(ends, targets)
    watch = watching()
    gradients: dict[Node, Any] = {}
    masks: dict[Node, Any] = {}
    bundles: list[Node] = []
    alive = live if is_tuple(live) else (live, *[None] * len(ends))[: len(ends)]
    for end, upstream, mask in zip(ends, upstreams, alive, strict=True):
        if end.wants_gradient:
            _add(gradients, masks, end, upstream, mask)
    for node in reversed(nodes):
        upstream, inputs, op = gradients.get(node), node.inputs, node.op
        if upstream is None or op is None or (targets is not None and node in targets):
            continue
        if type(op) is Output:
            _collect(gradients, masks, node, inputs[0], op.position)
            continue
        mask = masks.pop(node, None) if masks else None
        if upstream.__class__ is list:
            bundles.append(node)
            upstream, mask = _complete(upstream, mask, node, graph)
        if callable(mask):
            mask = mask()
        pull = own = op.pull if op.differentiates else derived_pull(op)
        if watch is not None:
            pull = watch.around(node, pull, nodes)
        wanted = [x in nodes for x in inputs]
        if graph:
            out = results_of(node) if is_tuple(node.value) else node
            pulled, lives_ = pull(upstream, mask, inputs, out, wanted)
        else:
            values = [None if x is None else x.value for x in inputs]
            if mask is None and pull is own and op.stateless and isinstance(upstream, Symbol):
                rule = _Pull(pull, op, tuple(wanted))
                pulled, lives_ = upstream.by_rule(rule, upstream, tuple(values), node.value)
            else:
                pulled, lives_ = pull(upstream, mask, values, node.value, wanted)
        for i, gradient in enumerate(pulled):
            if gradient is None:
                continue
            x: Any = inputs[i]
            if lives_ or x in gradients:
                _add(gradients, masks, x, gradient, lives_[i] if lives_ else None)
            else:
                gradients[x] = gradient
    for bundle in bundles:
        del gradients[bundle]
    if lives is not None:
        lives.update(masks)
    if zeros and len(gradients) < len(nodes):
        return zeros_like(nodes) | gradients
    return gradients


@dataclass(frozen=True)
class _Pull:
    """The backward rule of an op of ours for these inputs, which a recording may know."""

    pull: Callable[..., Pulled] = field(compare=False)
    op: Op
    wanted: tuple[bool, ...]

    def __call__(self, upstream: Any, inputs: tuple[Any, ...], out: Any) -> Any:
        gradients, lives = self.pull(upstream, None, inputs, out, self.wanted)
        return tuple(gradients), None if lives is None else tuple(lives)


def zeros_like(nodes: Iterable[Node]) -> dict[Node, Any]:
    """A gradient of zeros for each node; of several results, each is a node of its own."""
    return {node: np.zeros(node.shape, node.dtype) for node in nodes if not is_tuple(node.value)}


def on_the_way(ends: Iterable[Node], targets: Collection[Node] | None = None) -> dict[Node, None]:
    """The nodes that want a gradient between the ends and the targets, oldest first.

    Every array that the rules are about to read is shown to be unchanged since the forward pass.
    """
    stack = [end for end in ends if end.wants_gradient]
    found = dict.fromkeys(stack)
    guarded: dict[Node, list[Node]] = {}
    suspects: list[tuple[Node, Node]] = []
    while stack:
        node = stack.pop()
        if targets is not None and node in targets:
            continue
        for x in node.inputs:
            if x is None:
                continue
            if x.changed > node.serial:
                suspects.append((node, x))
            if x.guard is not None:
                guarded.setdefault(x, []).append(node)
            if x.wants_gradient and x not in found:
                found[x] = None
                stack.append(x)
    for x, readers in guarded.items():
        if x.guard is not None and not x.guard.intact():
            suspects += [(node, x) for node in readers]
    ordered = dict.fromkeys(sorted(found, key=_by_age))
    ordered = ordered if targets is None else _towards(ordered, targets)
    for node, x in suspects:
        if node in ordered and _reads(node, x, ordered):
            raise _stale(node, x)
    return ordered


def _reads(node: Node, x: Node, ordered: Collection[Node]) -> bool:
    """Whether the rule of a node reads the values of an input, on the way to others."""
    if node.op is None or type(node.op) is Output:
        return False
    values = [None if each is None else each.value for each in node.inputs]
    wanted = [each in ordered for each in node.inputs]
    read = needs(node.op, values, node.value, wanted).inputs
    return any(node.inputs[i] is x for i in read)


def _towards(nodes: Iterable[Node], targets: Collection[Node]) -> dict[Node, None]:
    """Only the nodes that depend on a target, which stand before them."""
    kept: dict[Node, None] = {}
    for node in nodes:
        if node in targets:
            kept[node] = None
            continue
        for x in node.inputs:
            if x in kept:
                kept[node] = None
                break
    return kept


def _add(
    gradients: dict[Node, Any], masks: dict[Node, Any], node: Any, gradient: Any, live: Any
) -> None:
    """A fork in the graph is an adder: gradients that meet are summed."""
    before = gradients.get(node)
    if before is None:
        gradients[node] = gradient
        if live is not None:
            masks[node] = live
        return
    gradients[node] = before + gradient
    other = masks.pop(node, None) if masks else None
    if live is not None and other is not None:
        masks[node] = lambda: _resolved(live) | _resolved(other)


def _either(mask: Any, other: Any) -> Any:
    if mask is True or other is True:
        return True
    return lambda: _resolved(mask) | _resolved(other)


def _resolved(mask: Any) -> Any:
    return mask() if callable(mask) else mask


def _collect(
    gradients: dict[Node, Any], masks: dict[Node, Any], part: Node, bundle: Any, position: int
) -> None:
    """Keep the gradient of one of several results until the op itself is reached."""
    count = len(bundle.value)
    parts = gradients.setdefault(bundle, [None] * count)
    alive = masks.setdefault(bundle, [False] * count)
    before, live = parts[position], masks.pop(part, True)
    parts[position] = gradients[part] if before is None else before + gradients[part]
    alive[position] = live if before is None else _either(alive[position], live)


def _complete(parts: list[Any], alive: Any, bundle: Node, graph: bool) -> tuple[Any, Any]:
    """Results that nobody used have the gradient 0, and are dead; None where an op knows that."""
    if bundle.op is not None and bundle.op.takes_none:
        masks = tuple(None if isinstance(mask, bool) else _resolved(mask) for mask in alive)
        return tuple(parts), None if all(mask is None for mask in masks) else masks
    values, kind = bundle.value, type(bundle)
    zeros = (np.zeros(value.shape, value.dtype) for value in values)
    upstream = tuple(
        (kind(zero) if graph else zero) if part is None else part
        for part, zero in zip(parts, zeros, strict=True)
    )
    if all(mask is True for mask in alive):
        return upstream, None
    return upstream, tuple(
        np.full(value.shape, mask) if isinstance(mask, bool) else _resolved(mask)
        for mask, value in zip(alive, values, strict=True)
    )


def derived_pull(op: Any) -> Callable[..., Any]:
    """The rule of an op that wrote none: walk back through its formula."""

    def pull(
        upstream: Any, live: Any, inputs: Sequence[Any], out: Any, wanted: Sequence[bool]
    ) -> tuple[list[Any], list[Any]]:
        graph = isinstance(upstream, Node) or any(isinstance(x, Node) for x in inputs)
        leaves = [alias(x) if want else x for x, want in zip(inputs, wanted, strict=True)]
        token = RECORDING.set(rules_on())
        try:
            ends = formula(op, leaves)
        finally:
            RECORDING.reset(token)
        targets = {x for x, want in zip(leaves, wanted, strict=True) if want}
        found: dict[Node, Any] = {}
        parts = zip(_several(ends), _several(upstream), _masks(live, ends), strict=True)
        reached = [part for part in parts if isinstance(part[0], Node)]  # others are constants
        gradients: dict[Node, Any] = {}
        if reached:
            starts, upstreams, lives = zip(*reached, strict=True)
            gradients = walk(
                starts, upstreams, targets=targets, graph=graph, live=lives, lives=found
            )
        return (
            [gradients.get(x) if want else None for x, want in zip(leaves, wanted, strict=True)],
            [found.get(x) if want else None for x, want in zip(leaves, wanted, strict=True)],
        )

    return pull


def _several(results: Any) -> tuple[Any, ...]:
    return results if is_tuple(results) else (results,)


def _masks(live: Any, ends: Any) -> tuple[Any, ...]:
    """One live mask for each result."""
    return live if is_tuple(live) else (live, *[None] * (len(_several(ends)) - 1))


def alias(x: Any) -> Node:
    """A new node of the same value: differentiating with respect to it leaves x itself alone."""
    if isinstance(x, Node):
        return type(x).result(x.value, ALIAS, (x,), True)
    if isinstance(x, Symbol):
        return taped(Node, x.depth)(x, wants_gradient=True)
    return Node(np.asarray(x), wants_gradient=True)


class Alias(Op):
    """The value itself; a gate that passes the gradient on."""

    gate: ClassVar[str] = "gradient copier"

    def forward(self, x: Any) -> Any:
        """Pass the value on."""
        return x

    def pull(
        self, upstream: Any, live: Any, inputs: Sequence[Any], out: Any, wanted: Sequence[bool]
    ) -> Pulled:
        """Pass the gradient and its live mask on."""
        return [upstream], [live]


ALIAS = Alias()


def _stale(node: Node, x: Node) -> StaleValueError:
    reader = node.op.name if node.op else "the graph"
    name = x.label or "array"
    changed = getattr(x, "changed_where", "")
    code, place = user_place()
    return StaleValueError(
        f"{name} was changed after {reader} read it, so its gradient would be wrong.",
        where=f"{code:<48} {place}" if code else "",
        found=[
            describe(name, x, f"read by {reader}"),
            *([f"changed at {changed}"] if changed else []),
        ],
        do="Run the forward pass again after changing it, or change a copy.",
    )
