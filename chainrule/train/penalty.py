"""Penalty: the regularization of a net, ready to be computed at every step.

Imports nn; the training step uses it. Finding the weights of a net takes longer than a step of a
small one, so they are looked up once.
"""

from collections.abc import Iterator
from typing import Any

from chainrule.nn import MaxNorm, Module
from chainrule.nn.regularization import bound_terms, project
from chainrule.spec import is_sequence


class Penalty:
    """The regularization term of the loss, and the projection after the update."""

    def __init__(self, model: Module, regularization: Any) -> None:
        self._model, self._regularization = model, regularization
        self._projects = any(
            isinstance(x, MaxNorm) for x in each_regularization(model, regularization)
        )
        self.term = bound_terms(model, regularization)  # also refuses what is no penalty

    def project(self) -> None:
        """Shorten weights that are too long, where a MaxNorm asks for it."""
        if self._projects:
            project(self._model, self._regularization)


def each_regularization(model: Module, regularization: Any) -> Iterator[Any]:
    """Every regularization, of the whole net and of single layers."""
    own = [getattr(module, "regularization", None) for module in model.modules().values()]
    for several in (regularization, *own):
        if is_sequence(several):
            yield from several
        elif several is not None:
            yield several
