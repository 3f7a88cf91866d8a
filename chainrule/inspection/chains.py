"""explain: from one entry of a parameter to the loss, along the paths that carry most.

Imports sweep, slopes and the graph. Each entry's gradient is the sum, over the entries that read
it, of local times upstream; the search follows the largest terms and adds up the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf, isfinite, isnan, nan
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, NoGradientError, describe
from chainrule.graph.nodes.node import Node
from chainrule.inspection.dominating import Added, Search
from chainrule.inspection.explanation import Explanation, Path, Rest
from chainrule.inspection.forking import forks
from chainrule.inspection.gate_words import Link, Names
from chainrule.inspection.routes import routes
from chainrule.inspection.slopes import column, index_of
from chainrule.inspection.sweep import Index, Read, Sweep, entry_of, plain_node, sweep

MOST_PATHS = 8  # shown, unless the caller asks for more


def explain(loss: Any, parameter: Any, index: Any = (), *, paths: int = MOST_PATHS) -> Explanation:
    """Say why one entry of a gradient is what it is: the chains of products that make it.

    Parameters
    ----------
    loss : Tensor
        One number; ``backward()`` need not have been called.
    parameter : Tensor
        Any tensor the loss was made from.
    index : int or tuple of int
        The entry: one number for each axis. A tensor of one element needs none.
    paths : int, default 8
        How many paths are followed to the loss; what others add is summed.

    Returns
    -------
    Explanation
        Print it, or show it in a notebook; ``to_latex()`` and ``to_dict()`` give the same.

    Raises
    ------
    NoGradientError
        If the loss does not depend on the parameter; ``why`` says for what reason.

    Notes
    -----
    The numbers are those of the backward walk: a path is 1, the upstream gradient of the loss,
    times the local gradient of every gate on it, and all paths add up to the gradient. Every row
    of a batch is a path of its own. A gate that is closed passes nothing, however steep the others
    are; but where the walk itself met 0 times infinity, and the gradient is NaN, the path is too.

    Examples
    --------
    >>> import chainrule as cr
    >>> x, y = cr.tensor(3.0, name="x"), cr.tensor(-4.0, name="y")
    >>> f = x * y + x
    >>> print(cr.explain(f, x))
    d loss / d x = -3
    <BLANKLINE>
    path 1: 1 × 1 × (-4) = -4, 80 % of all that is added
        loss = n1 + x  d/d n1 = 1          gradient distributor
        n1 = x * y     d/d x  = -4         swap multiplier
    <BLANKLINE>
    path 2: 1 × 1 = 1, 20 % of all that is added
        loss = n1 + x  d/d x = 1          gradient distributor
    <BLANKLINE>
    sum: (-4) + 1 = -3
    <BLANKLINE>
    fork: x is read 2 times, so its gradients are added
        from n1 = x * y     -4
        from loss = n1 + x  1
        together            -3
    """
    end, target = plain_node(loss, "loss"), plain_node(parameter, "parameter")
    if isinstance(paths, bool) or not hasattr(paths, "__index__") or paths < 1:
        raise ArgumentError(
            f"explain follows at least one path, not {paths!r:.60}.", do="Leave it at 8."
        )
    place = entry_of(target, index, target.label or "the parameter")
    found = sweep([end], target)
    if not found.reached:
        raise NoGradientError(
            "there is no chain of products: the loss does not depend on this tensor.",
            found=[describe(target.label or "tensor", target, getattr(target, "origin", ""))],
            do="cr.why(loss, tensor) says for what reason, and one thing to try.",
        )
    names = Names(found)
    search = _searched(found, place, int(paths))
    number, others, size = search.rest()
    gradient = float(np.asarray(found.gradients[target])[place])
    finished = search.finished
    if is_spoiled := not isfinite(gradient):
        finished = [(_walked(found, trail.links), trail) for _, trail in finished]
        finished.sort(key=lambda pair: (not isnan(pair[0]), -abs(pair[0])))
        others = nan if number else 0.0
    shares = [0.0 if is_spoiled else search.share(abs(value)) for value, _ in finished]
    shown = [
        _path(value, trail, share, names)
        for (value, trail), share in zip(finished, shares, strict=True)
    ]
    links = [link for _, trail in finished for link in trail.links]
    return Explanation(
        names.of(end),
        names.of(target),
        place,
        gradient,
        float(np.asarray(target.value)[place]),
        tuple(shown),
        Rest(number, others, 0.0 if is_spoiled else search.share(size)),
        () if is_spoiled else tuple(forks(found, place, names)),
        () if is_spoiled else routes(found, place, int(paths), names),
        names.nodes([target, *(link.result for link in links)]),
    )


@dataclass(frozen=True, eq=False)
class _Trail:
    """The beginning of a path, from the parameter up to an entry."""

    node: Node
    place: Index
    product: float = 1.0
    link: Link | None = None
    below: "_Trail | None" = None

    @property
    def links(self) -> list[Link]:
        """The steps, from the entry that it leads to down to the parameter."""
        found: list[Link] = []
        trail: _Trail | None = self
        while trail is not None and trail.link is not None:
            found.append(trail.link)
            trail = trail.below
        return found

    def longer(self, link: Link) -> "_Trail":
        """One step more; what is closed passes nothing, however steep the rest of the way is."""
        closed = link.local == 0 or self.product == 0
        product = 0.0 if closed else self.product * link.local
        return _Trail(link.result, link.there, product, link, self)

    def times(self, term: float) -> float:
        """What a term adds to the gradient of the parameter."""
        return self.product * term if term else 0.0


def _searched(found: Sweep, place: Index, most: int) -> Search[_Trail]:
    reading = _Reading(found, most)

    def branches(trail: _Trail) -> tuple[list[tuple[float, _Trail]], Added] | None:
        if found.begins_at(trail.node):
            return None
        terms, (number, total, size) = reading.terms(trail.node, trail.place)
        small = number, trail.times(total), abs(trail.times(size))
        return [(trail.times(term), trail.longer(link)) for term, link in terms], small

    search = Search(branches)
    start = _Trail(found.target, place)
    search.run(float(np.asarray(found.gradients[found.target])[place]), start, most)
    return search


@dataclass
class _Reading:
    """The entries that read an entry, each with local times upstream; asked once for each."""

    sweep: Sweep
    most: int
    known: dict[tuple[Node, Index], tuple[list[tuple[float, Link]], Added]] = field(
        default_factory=dict[Any, Any]
    )

    def terms(self, node: Node, place: Index) -> tuple[list[tuple[float, Link]], Added]:
        """The largest terms, the first one ahead; and the others, added up."""
        key = node, place
        if key not in self.known:
            parts = [self._part(r, read, place) for read, r in self._results(node)]
            self.known[key] = self._sorted(node, place, parts)
        return self.known[key]

    def _sorted(
        self, node: Node, place: Index, parts: list[tuple[Node, Any, Any, Any]]
    ) -> tuple[list[tuple[float, Link]], Added]:
        terms = np.concatenate([np.zeros(0), *(part[3] for part in parts)])
        owners = np.repeat(np.arange(len(parts)), [part[3].size for part in parts])
        firsts = np.cumsum([0, *(part[3].size for part in parts)])
        order = np.argsort(-np.where(np.isnan(terms), inf, np.abs(terms)), kind="stable")
        kept: list[tuple[float, Link]] = []
        for i in order[: self.most]:
            result, places, slopes, _ = parts[owners[i]]
            k = i - firsts[owners[i]]
            there = index_of(int(places[k]), result.shape)
            link = Link(node, place, result, there, float(slopes[k]))
            kept.append((float(terms[i]), link))
        small = terms[order[self.most :]]
        if np.any(terms):  # else they are as good as those that are kept, and counted
            small = small[small != 0]
        return kept, (small.size, float(small.sum()), float(np.abs(small).sum()))

    def _results(self, node: Node) -> Iterator[tuple[Read, Node]]:
        for read in self.sweep.readers[node]:
            for result in self.sweep.results(read.gate):
                yield read, result

    def _part(self, result: Node, read: Read, place: Index) -> tuple[Node, Any, Any, Any]:
        """Where a result moves with the entry, how fast, and what comes back from there."""
        x = read.gate.inputs[read.position]
        assert x is not None
        places, slopes = column(result, read.position, place)
        upstream = np.reshape(self.sweep.gradients[result], -1)
        if not places.size and upstream.size:  # a gate that is closed shows its 0
            places = np.reshape(np.abs(upstream).argmax(), 1)
            slopes = np.zeros(1)
        upstream = upstream[places]
        with np.errstate(all="ignore"):
            terms = slopes.astype(np.float64) * upstream.astype(np.float64)
        if np.isfinite(np.asarray(self.sweep.gradients[x])[place]):
            terms = np.where(upstream == 0, 0.0, terms)  # the walk sent nothing, not 0 * inf
        return result, places, slopes, terms


def _walked(found: Sweep, links: list[Link]) -> float:
    """The product as the walk forms it, from the loss down: 0 times infinity is NaN there too.

    Unless what came back along an edge is finite: there the walk sent nothing on.
    """
    value = 1.0
    for link in links:
        value *= link.local
        if not isfinite(value):
            sent = [
                found.flow(read)[link.place]
                for read in found.readers[link.operand]
                if any(result is link.result for result in found.results(read.gate))
            ]
            value = 0.0 if np.isfinite(sent).all() else value
    return value


def _path(value: float, trail: _Trail, share: float, names: Names) -> Path:
    gradients = names.sweep.gradients
    factors = tuple(names.factor(link, gradients) for link in trail.links)
    upstream = float(np.asarray(gradients[trail.node])[trail.place])
    return Path(factors, upstream, value, share)
