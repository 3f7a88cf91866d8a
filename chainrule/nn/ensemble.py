"""Ensemble: several nets of one kind, trained side by side in one step, that answer together.

Imports module, run, substitute and the losses. Nets for tables are trained as one.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, ShapeError, describe
from chainrule.nn.linear import positive
from chainrule.nn.member_paths import Tree
from chainrule.nn.module import Module
from chainrule.nn.run import CURRENT, Run
from chainrule.nn.substitute import with_parameters
from chainrule.ops.letters.logistic import Sigmoid
from chainrule.ops.letters.transcendental import Exp
from chainrule.ops.losses.loss import facts_of
from chainrule.ops.losses.members import LossOfMembers
from chainrule.ops.movement import swapaxes
from chainrule.ops.nonlinearities import softplus
from chainrule.ops.random import Key, fold, key
from chainrule.ops.reductions import mean
from chainrule.ops.softmax import Softmax, log_softmax, logsumexp
from chainrule.tensors import Parameter

LINKS = (Softmax.name, Sigmoid.name, Exp.name, "")  # those of losses; see LossFacts


class Ensemble(Module):
    """Nets of one kind that are trained at once, and whose mean chances or numbers are the answer.

    In training its outputs are those of all members, (N, members, ...), for the loss that
    :meth:`loss` makes; every member has gradients, dropout masks and first weights of its own.
    Evaluated it answers with outputs (N, ...) of the same meaning as a single net's: scores whose
    softmax is the mean of the members' chances, numbers that are their mean.

    Parameters
    ----------
    make : callable
        ``make()`` returns a net; it is called once per member. Nets whose weights come from the
        seed are drawn anew for each.
    members : int, default 8
    link : {"softmax", "sigmoid", "exp", ""}, default "softmax"
        What turns outputs into what is averaged: scores of classes into chances, scores of yes or
        no, logarithms of rates; "" for numbers as they are.
    seed : int, default 0
        Of the members' weights.

    Notes
    -----
    Nets of this library's layers (without BatchNorm) are stacked: each parameter has an axis of
    members in front, weights (members, D, C) and vectors (members, 1, D), and one product serves
    all. Their input is one array of rows, (N, D). Layers of your own join in with a class
    attribute ``side_by_side = True``, if their forward works on such parameters and on rows
    (members, N, D). Other nets stand one beside the other in ``nets``, and the step takes them in
    turn.

    Source
    ------
    Lakshminarayanan, Pritzel, Blundell 2017, "Simple and scalable predictive uncertainty
    estimation using deep ensembles", section 2.4.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(256, 2)).astype(np.float32)
    >>> y = (x[:, 0] * x[:, 1] > 0).astype(int)
    >>> net = cr.nn.Ensemble(lambda: cr.nn.MLP([2, 16, 2]), members=4)
    >>> net.net[0].weight.shape
    (4, 2, 16)
    >>> history = cr.fit(net, (x, y), loss=net.loss(cr.softmax_cross_entropy), epochs=20,
    ...                  optimizer=cr.optim.Adam(0.02))
    >>> net(x).shape, bool((net(x).data.argmax(axis=1) == y).mean() > 0.95)
    ((256, 2), True)
    """

    def __init__(
        self,
        make: Callable[[], Module],
        members: int = 8,
        link: str = Softmax.name,
        seed: int = 0,
    ) -> None:
        self.count, self.link, self.seed = positive(members, "members"), link, seed
        if link not in LINKS:
            raise ArgumentError(
                f"an ensemble knows no link {link!r}.",
                do=f"Choose one of {', '.join(map(repr, LINKS))}: that of the loss.",
            )
        nets = tuple(_made(make) for _ in range(self.count))
        self.net: Module | None = None
        self.nets: tuple[Module, ...] | None = nets
        for member, net in enumerate(nets):
            net.draw_tree(fold(key(seed), member))
        self.shapes = {path: p.shape for path, p in nets[0].parameters().items()}
        if all(_stands_beside(module) for module in nets[0].modules().values()):
            self.nets, self.net = None, _stacked(nets)

    def loss(self, loss: Callable[..., Any]) -> LossOfMembers:
        """The loss to train with: the sum of the members' losses, each the mean over its rows.

        Parameters
        ----------
        loss : callable
            As a single net would be trained with. It takes weights (N,), or (N, members), which
            say how often each member sees a row: with 0 not at all.

        Raises
        ------
        ArgumentError
            If the loss has another link than the ensemble.
        """
        facts = facts_of(loss)
        if facts.targets and facts.link != self.link:
            raise ArgumentError(
                f"this loss turns outputs by {facts.link!r}, and the ensemble averages them by "
                f"{self.link!r}.",
                do=f"Build it with Ensemble(make, members, link={facts.link!r}).",
            )
        return LossOfMembers(loss, self.count)

    def takes_one_array(self) -> bool:
        """Whether a member does."""
        net: Any = self.net if self.nets is None else self.nets[0]
        return net.takes_one_array()

    def forward(self, x: Any, run: Run) -> Any:
        outs = self.members_of(x, run)
        if run.training:
            return swapaxes(outs, 0, 1)
        return self._mean(outs)

    def members_of(self, x: Any, run: Run) -> Any:
        """The outputs of all members, (members, N, ...)."""
        if self.nets is not None:
            return np.stack([net.advance(x, run) for net in self.nets])
        net: Any = self.net
        if len(x.shape) != 2:
            raise ShapeError(
                f"the members of an ensemble take rows (N, D), but x is {x.shape}.",
                found=[describe("x", x)],
                do="Flatten the axes of a row: x.reshape(len(x), -1).",
            )
        inside = replace(run, members=self.count)
        token = CURRENT.set(inside)
        try:
            out = net.advance(x, inside)
        finally:
            CURRENT.reset(token)
        if len(out.shape) < 3 or out.shape[0] != self.count:
            raise ShapeError(
                f"{self.count} members answer with ({self.count}, N, ...), but this net's output "
                f"is {out.shape}.",
                found=[describe("x", x), describe("outputs", out)],
                do="A layer with side_by_side = True keeps the axis of members in front.",
            )
        return out

    def _mean(self, outs: Any) -> Any:
        count = float(np.log(self.count))
        if self.link == Softmax.name:
            return logsumexp(log_softmax(outs, -1), 0) - count
        if self.link == Sigmoid.name:  # the score whose sigmoid is the mean
            return logsumexp(-softplus(-outs), 0) - logsumexp(-softplus(outs), 0)
        return logsumexp(outs, 0) - count if self.link == Exp.name else mean(outs, 0)

    def draw_tree(self, stream: Key, force: bool = False) -> None:
        """Draw the members' weights anew; they follow the ensemble's seed, wherever it stands."""
        if not force:
            return
        if self.nets is not None:
            for member, net in enumerate(self.nets):
                net.draw_tree(fold(stream, member), True)
            return
        net: Any = self.net
        parameters = net.parameters()
        drawn = {path: np.array(p.value) for path, p in parameters.items()}
        for member in range(self.count):
            own = {
                path: Parameter(array[member].reshape(self.shapes[path]))
                for path, array in drawn.items()
            }
            twin = with_parameters(net, {p: own[path] for path, p in parameters.items()})
            twin.draw_tree(fold(stream, member), True)
            for path, array in drawn.items():
                array[member] = own[path].value.reshape(array.shape[1:])
        for path, p in parameters.items():
            p.write(drawn[path], "its initialization")

    def extra(self) -> str:
        return f"{self.count}"


def _made(make: Callable[[], Module]) -> Module:
    net: Any = make()
    if not isinstance(net, Module):
        raise ArgumentError(
            f"make() returns a net, but this is {net!r:.60}.",
            do="Pass a function without parameters: Ensemble(lambda: nn.MLP([4, 8, 3]), 8).",
        )
    return net


def _stands_beside(module: Tree) -> bool:
    """Whether a module works with an axis of members in front of its parameters."""
    buffers = any(isinstance(x, np.ndarray) for x in vars(module).values())
    return isinstance(module, Module) and module.side_by_side and not buffers


def _stacked(nets: tuple[Module, ...]) -> Module:
    """The first net with the parameters of all, an axis of members in front."""
    found = [net.parameters() for net in nets]
    shapes = [{path: p.shape for path, p in each.items()} for each in found]
    if any(each != shapes[0] for each in shapes):
        raise ArgumentError(
            "make() returned nets with other parameters at its second call.",
            do="Let each call build the same layers; their first weights may differ.",
        )
    leaves: dict[Any, Parameter] = {}
    for path, p in found[0].items():
        values = np.stack([each[path].value for each in found])
        values = values.reshape(len(nets), *[1] * (3 - values.ndim), *values.shape[1:])
        leaves[p] = Parameter(values, path)
    return with_parameters(nets[0], leaves)
