"""Pieces: a batch whose gradients are gathered piece by piece, before one update.

Imports streams, the objective and ops. The eager step and the recorded one read it: `fit` cuts
the rows of a step into so many batches as ``accumulate`` says.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.ops.movement import cast
from chainrule.ops.parts import concatenate
from chainrule.ops.random import Key, fold
from chainrule.ops.reductions import total
from chainrule.train.objective import terms_of, weights_of_head
from chainrule.train.streams import Form, outputs_of

Span = tuple[int, int]


def spans_of(rows: int, most: int) -> list[Span]:
    """Where each piece of a batch begins and ends; one piece where nobody asked for several."""
    if not most or rows <= most:
        return [(0, rows)]
    return [(start, min(start + most, rows)) for start in range(0, rows, most)]


def shares_of(
    loss: Any, form: Form, batch: Sequence[Any], spans: Sequence[Span]
) -> list[list[Any]]:
    """For each piece, what its mean of each term of the loss counts in that of the whole batch.

    It is the piece's share of the rows, or of their weights, of which each head may have its own.
    """
    weights, rows = form.weights_of(batch), spans[-1][1]
    terms: list[list[Any]] = []
    for head, _ in terms_of(loss):
        own = weights if weights is None or head is None else weights_of_head(weights, head)
        if own is None:
            terms.append([(stop - start) / rows for start, stop in spans])
        else:
            terms.append(_shares(outputs_of(own)[0], spans))
    return [list(shares) for shares in zip(*terms, strict=True)]


def _shares(weights: Sequence[Any], spans: Sequence[Span]) -> list[Any]:
    """The shares of the pieces in these weights; 0 where all weights are."""
    amounts = [_sum([total(each[start:stop]) for each in weights]) for start, stop in spans]
    whole = _sum(amounts)
    whole = whole + cast(whole == 0, whole.dtype)
    return [amount / whole for amount in amounts]


def _sum(several: Sequence[Any]) -> Any:
    first, *rest = several
    for each in rest:
        first = first + each
    return first


def key_of_piece(key: Key, number: int) -> Key:
    """A random key for each piece; the first one has that of the batch."""
    return fold(key, number) if number else key


def joined(pieces: Sequence[Sequence[Any]]) -> list[Any]:
    """The outputs of a batch from those of its pieces, each of which has as many arrays."""
    if len(pieces) == 1:
        return list(pieces[0])
    return [concatenate(list(each), 0) for each in zip(*pieces, strict=True)]


def scaled(one: Any, share: Any) -> Any:
    """The gradient that a term of a piece starts with, from that of a loss, which is 1."""
    if isinstance(share, float):
        return one * np.asarray(share, one.dtype)
    return one * cast(share, one.dtype)


def weighed(terms: Sequence[Any], shares: Sequence[Any]) -> Any:
    """What the terms of a piece add to the loss of its batch."""
    ones = [np.ones((), term.dtype) for term in terms]
    weights = [scaled(one, share) for one, share in zip(ones, shares, strict=True)]
    return _sum([term * weight for term, weight in zip(terms, weights, strict=True)])


def summed(gathered: Mapping[Any, Any], found: Mapping[Any, Any]) -> dict[Any, Any]:
    """Gradients of the pieces so far, and those of one more."""
    more = {key: gathered[key] + x if key in gathered else x for key, x in found.items()}
    return {**gathered, **more}
