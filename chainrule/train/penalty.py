"""Penalty: the regularization of a net, ready to be computed at every step.

Imports nn and the graph; the training step uses it. Finding the weights of a net takes longer than
a step of a small one, so the penalty's graph is recorded once and read again at each step.
"""

from collections.abc import Iterator
from typing import Any

from chainrule.graph.graph import Graph
from chainrule.graph.node import Node
from chainrule.nn import L1, L2, ElasticNet, MaxNorm, Module
from chainrule.nn.regularization import project, regularization_terms
from chainrule.spec import is_sequence

PURE = (L1, L2, ElasticNet)  # the same formula of the same weights at each step


class Penalty:
    """The regularization term of the loss, and the projection after the update."""

    def __init__(self, model: Module, regularization: Any) -> None:
        self._model, self._regularization = model, regularization
        kinds: set[Any] = {type(each) for each in _each(model, regularization)}
        self._projects = MaxNorm in kinds
        self._formula: tuple[Node, ...] = ()
        term = regularization_terms(model, regularization)  # also refuses what is no penalty
        self.present = term is not None
        if term is not None and kinds <= {*PURE, MaxNorm}:
            self._formula = Graph.of(term).nodes

    def term(self) -> Any:
        """The term as a tensor; None if there is none."""
        if not self.present:
            return None
        if not self._formula:
            return regularization_terms(self._model, self._regularization)
        read: dict[Node, Any] = {}
        for node in self._formula:
            if node.op is None:
                read[node] = node
            else:
                read[node] = node.op(*[None if x is None else read[x] for x in node.inputs])
        return read[self._formula[-1]]

    def project(self) -> None:
        """Shorten weights that are too long, where a MaxNorm asks for it."""
        if self._projects:
            project(self._model, self._regularization)


def _each(model: Module, regularization: Any) -> Iterator[Any]:
    """Every regularization, of the whole net and of single layers."""
    own = [getattr(module, "regularization", None) for module in model.modules().values()]
    for several in (regularization, *own):
        if is_sequence(several):
            yield from several
        elif several is not None:
            yield several
