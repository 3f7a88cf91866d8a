"""Sparsity: which outputs of a recorded function can depend on which inputs.

Imports local_jacobian and walk. jacobian colors these patterns, so that a few products suffice.

A pattern is conservative: what it leaves out is 0 by structure, whatever the values.
"""

from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from chainrule.graph.nodes.node import Node
from chainrule.graph.readings.gate import Gate, gates_between, sources
from chainrule.graph.readings.local_jacobian import structure_of
from chainrule.jacobians import Identity, Jacobian, Kronecker, Product, Zero

WORK = 5_000_000  # entries that may be listed to find a pattern: about a second, 200 MB


@dataclass
class Patterns:
    """The patterns of the nodes between a leaf and some ends; gives up beyond a limit of work.

    A pattern is a scipy.sparse array of booleans (elements of the node by elements of the leaf),
    or None for one element each in the same place.
    """

    leaf: Node
    limit: float = WORK
    found: dict[Node, Any] = field(default_factory=dict[Node, Any])

    def of(self, end: Node) -> Any:
        """The pattern of a node.

        Raises
        ------
        TooDense
            If it cannot be found within the limit.
        """
        self.found[self.leaf] = None
        for node in gates_between(end, self.leaf):
            if node not in self.found:
                self.found[node] = self._joined(node)
        return self.found[end]

    def _joined(self, node: Node) -> Any:
        """The union over the inputs: local pattern times pattern of the input."""
        gate = Gate.of(node)
        whole: Any = ()
        for i, x in enumerate(sources(node)):
            if x in self.found:
                here = self._product(self._local(gate, i), self.found[x])
                whole = here if isinstance(whole, tuple) else self._union(whole, here, node)
        return whole

    def _local(self, gate: Gate, i: int) -> Any:
        """The pattern of one op: by its structure, by its formula, or full."""
        known = structure_of(gate, i)
        if known is None and not gate.op.differentiates:
            return self._by_formula(gate, i)
        if known is None:
            outputs, inputs, dtype = gate.shapes(i)
            known = Kronecker(outputs, inputs, dtype, 1, _ones(prod(outputs), prod(inputs)))
        whole: Any = None
        for factor in known.factors if isinstance(known, Product) else (known,):
            whole = self._product(whole, self._listed(factor))
        return whole

    def _listed(self, known: Jacobian) -> Any:
        if isinstance(known, Identity):
            return None
        self._spend(known.entries)
        return known.pattern()

    def _by_formula(self, gate: Gate, i: int) -> Any:
        """The pattern of a formula over ops: that of its own graph."""
        end, leaf = gate.formula(i)
        if end is None:
            return Zero(*gate.shapes(i)).pattern()
        inside = Patterns(leaf, self.limit)
        pattern = inside.of(end)
        self.limit = inside.limit
        return pattern

    def _product(self, local: Any, inner: Any) -> Any:
        if local is None:
            return inner
        if inner is None:
            return local
        lengths = np.diff(inner.indptr)
        self._spend(int(lengths[local.indices].sum()))
        return local @ inner

    def _union(self, a: Any, b: Any, node: Node) -> Any:
        if a is None and b is None:
            return None
        size = prod(node.shape)
        same = Identity(node.shape, self.leaf.shape, self.leaf.dtype)
        a, b = (same.pattern() if p is None else p for p in (a, b))
        self._spend(size)
        return a + b

    def _spend(self, entries: int) -> None:
        self.limit -= entries
        if self.limit < 0:
            raise TooDense


class TooDense(Exception):
    """A pattern has too many entries to be worth finding."""


def _ones(rows: int, columns: int) -> Any:
    return np.broadcast_to(np.ones(()), (rows, columns))
