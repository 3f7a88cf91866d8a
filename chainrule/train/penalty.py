"""Penalty: the regularization of a net, ready to be computed at every step.

Imports nn; the training step uses it. Finding the weights of a net takes longer than a step of a
small one, so they are looked up once.
"""

from typing import Any

from chainrule.nn import MaxNorm, Module
from chainrule.nn.regularization import bound_terms, project, regularizations


class Penalty:
    """The regularization term of the loss, and the projection after the update."""

    def __init__(self, model: Module, regularization: Any) -> None:
        self._model, self._regularization = model, regularization
        self._projects = has_projection(model, regularization)
        self.term = bound_terms(model, regularization)  # also refuses what is no penalty

    def project(self) -> None:
        """Shorten weights that are too long, where a MaxNorm asks for it."""
        if self._projects:
            project(self._model, self._regularization)


def has_projection(model: Module, regularization: Any) -> bool:
    """Whether weights are changed after the update, beside the term of the loss."""
    return any(isinstance(each, MaxNorm) for each, *_ in regularizations(model, regularization))
