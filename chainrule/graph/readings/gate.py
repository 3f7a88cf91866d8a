"""Gate: an op as it ran, with the values that went in and came out, and its products.

Imports the graph. local_jacobian and sparsity read the gates of a recorded graph.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.errors import NoGradientError, describe
from chainrule.graph.nodes.node import Node, Output
from chainrule.graph.nodes.walk import alias, derived_pull, on_the_way
from chainrule.graph.op.contract import formula
from chainrule.graph.op.operation import Op
from chainrule.graph.readings.dual import transposed
from chainrule.settings import DEPTH, ON, RECORDING
from chainrule.spec import is_tuple

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Gate:
    """An op as it ran: the values that went in, what came out, and which result is meant."""

    op: Op
    inputs: tuple[Any, ...]
    out: Any
    part: int | None = None

    @classmethod
    def of(cls, node: Node) -> "Gate":
        """The op behind a node; behind one of several results, the op that gave them all."""
        maker, part = node, None
        if isinstance(node.op, Output):
            (bundle,) = node.inputs
            assert bundle is not None
            maker, part = bundle, node.op.position
        if maker.op is None:
            raise NoGradientError(
                "a local jacobian belongs to an op, but no op made this tensor.",
                found=[describe(node.label or "tensor", node)],
                do="Ask the result of an op, recorded from cr.tensor(...) or cr.parameter(...).",
            )
        values = tuple(None if x is None else x.value for x in maker.inputs)
        return cls(maker.op, values, maker.value, part)

    @property
    def result(self) -> Any:
        """The result that is meant."""
        return self.out if self.part is None else self.out[self.part]

    @property
    def nbytes(self) -> int:
        """Bytes of all values."""
        return sum(
            x.nbytes for x in (*self.inputs, *_parts(self.out)) if isinstance(x, np.ndarray)
        )

    def copied(self) -> "Gate":
        """The same with values that nobody else can change."""
        inputs = tuple(np.array(x) if hasattr(x, "nbytes") else x for x in self.inputs)
        results = tuple(np.array(x) for x in _parts(self.out))
        return replace(self, inputs=inputs, out=results if is_tuple(self.out) else results[0])

    def pull(self, i: int, upstream: Array, x: Any = None) -> Any:
        """The gradient of one input; ``x`` stands in for it if given."""
        inputs = list(self.inputs)
        inputs[i] = inputs[i] if x is None else x
        if isinstance(inputs[i], float):  # a rule asks for its shape
            inputs[i] = np.asarray(inputs[i], upstream.dtype)
        given: Any = upstream
        if self.part is not None:
            zeros = [np.zeros(o.shape, o.dtype) for o in self.out]
            given = tuple(upstream if k == self.part else z for k, z in enumerate(zeros))
        rule = self.op.pull if self.op.differentiates else derived_pull(self.op)
        with np.errstate(all="ignore"):  # an infinite slope is an answer, not a warning
            wanted = [j == i for j in range(len(inputs))]
            return rule(given, None, inputs, self.out, wanted)[0][i]

    def push(self, i: int, tangent: Array) -> Any:
        """The tangent of the result, when one input moves."""
        rule = getattr(self.op, "jvp", None) or transposed(self.op, DEPTH.get() + 1)
        tangents = tuple(tangent if j == i else None for j in range(len(self.inputs)))
        with np.errstate(all="ignore"):
            found = rule(tangents, self.inputs, self.out)
        return found if self.part is None else found[self.part]

    def shapes(self, i: int) -> tuple[tuple[int, ...], tuple[int, ...], np.dtype[Any]]:
        """Of the outputs and of one input; and the element type."""
        return np.shape(self.result), self.inputs[i].shape, self.inputs[i].dtype

    def formula(self, i: int) -> tuple[Node | None, Any]:
        """The op's formula as a graph of its own, in one input: its result, and that variable."""
        leaves: list[Any] = [alias(x) if j == i else x for j, x in enumerate(self.inputs)]
        token = RECORDING.set(ON)
        try:
            ends = formula(self.op, leaves)
        finally:
            RECORDING.reset(token)
        end = ends if self.part is None else ends[self.part]
        return end if isinstance(end, Node) and end.wants_gradient else None, leaves[i]


def _parts(results: Any) -> tuple[Any, ...]:
    return results if is_tuple(results) else (results,)


def gates_between(end: Node, leaf: Node) -> list[Node]:
    """The nodes between a variable and a result, oldest first; a bundle is read by its parts."""
    between = on_the_way([end], {leaf})
    return [node for node in between if node is not leaf and not is_tuple(node.value)]


def sources(node: Node) -> tuple[Any, ...]:
    """What the op behind a node read."""
    first = node.inputs[0]
    return first.inputs if first is not None and is_tuple(first.value) else node.inputs
