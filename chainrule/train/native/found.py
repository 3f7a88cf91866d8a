"""Found: what a recorded step knows before its update.

Imports streams and pieces. The recorded step makes one for each piece of a batch.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from chainrule.train.pieces import joined, summed
from chainrule.train.streams import Container


class Found(NamedTuple):
    """What a recorded step knows before its update.

    Attributes
    ----------
    gradients, updates : dict
        Of the trained parameters, and new values for buffers, by path.
    losses : list
        The data loss and the regularization loss.
    outs : list
        The net's outputs, which stand in ``out``.
    """

    gradients: dict[str, Any]
    updates: dict[str, Any]
    losses: list[Any]
    outs: list[Any]
    out: Container


def together(pieces: Sequence[Found]) -> Found:
    """What a batch has found, from what its pieces have; the last one has the penalty."""
    last, gradients = pieces[-1], pieces[0].gradients
    data, penalty = last.losses
    for piece in pieces[1:]:
        gradients = summed(gradients, piece.gradients)
    for piece in pieces[:-1]:
        data = data + piece.losses[0]
    outs = joined([piece.outs for piece in pieces])
    return last._replace(gradients=gradients, losses=[data, penalty], outs=outs)
