"""Regularization: a preference for small weights, as nodes of the graph beside the data loss.

Imports module, max_norm, families, tensors and the patterns of names beside it. ``fit`` adds the
terms to the loss and projects after a step.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, cast

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.graph.nodes.walk import walk
from chainrule.graph.numpy.leaving import check_settings
from chainrule.graph.op.families import Composite
from chainrule.nn.max_norm import MaxNorm
from chainrule.nn.module import Module
from chainrule.nn.penalties_by_name import Members, by_name
from chainrule.ops.letters.arithmetic import sign, square
from chainrule.ops.reductions import total
from chainrule.spec import is_sequence
from chainrule.tensors import Parameter, Tensor

Array = np.ndarray[Any, np.dtype[Any]]
Term = Callable[[], Tensor]


@dataclass(frozen=True)
class _Penalty:
    """A sum over all weights of a net, times a strength."""

    strength: float
    biases: bool = False
    per_row: bool = False

    def __post_init__(self) -> None:
        _check_strength(self, "strength")

    def __call__(self, model: Module) -> Tensor:
        return self.bound(model)()

    def bound(self, model: Module, only: Members | None = None) -> Term:
        """The penalty of this net, or of some of its parameters, which are looked up once."""
        weights = _chosen(model, self.biases, only)
        penalty = self.operation()
        return lambda: penalty(*weights) if weights else Tensor(np.zeros(()))

    def acts_on(self, model: Module, members: Members) -> bool:
        """Whether there is a weight among these."""
        return bool(_chosen(model, self.biases, members))

    def operation(self) -> "_OfWeights":
        """The op that sums over the weights."""
        raise NotImplementedError  # both kinds below write it


@dataclass(frozen=True)
class L2(_Penalty):
    """(lambda/2) * sum(W**2): weights share the work, none grows large. The gradient is lambda W.

    Parameters
    ----------
    strength : float
        lambda; usual values are 1e-5 to 1e-2. Mind the factor 1/2.
    biases : bool, default False
        Whether biases and normalization parameters are meant too.
    per_row : bool, default False
        In a step, divided by the rows of the batch (by the sum of their weights): the loss is
        then that of all rows together, with one penalty among them, as scikit-learn's ``alpha``
        is meant. Called by itself, it counts as for one row.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import nn
    >>> layer = nn.Linear(2, 1)
    >>> layer.weight.data = np.array([[3.0], [4.0]])
    >>> nn.L2(0.1)(layer).item()
    1.25
    """

    def operation(self) -> "_OfWeights":
        return HalfSquares(self.strength)


@dataclass(frozen=True)
class L1(_Penalty):
    """lambda * sum(abs(W)): many weights become 0. The gradient is lambda sign(W).

    Parameters
    ----------
    strength : float
        lambda.
    biases : bool, default False
        Whether biases and normalization parameters are meant too.
    per_row : bool, default False
        In a step, divided by the rows of the batch (by the sum of their weights): the loss is
        then that of all rows together, with one penalty among them, as scikit-learn's ``alpha``
        is meant. Called by itself, it counts as for one row.
    """

    def operation(self) -> "_OfWeights":
        return AbsoluteValues(self.strength)


@dataclass(frozen=True)
class ElasticNet:
    """L1 and L2 together: l1 * sum(abs(W)) + (l2/2) * sum(W**2).

    Parameters
    ----------
    l1, l2 : float
        The strength of each.
    biases : bool, default False
        Whether biases and normalization parameters are meant too.
    per_row : bool, default False
        In a step, divided by the rows of the batch (by the sum of their weights): the loss is
        then that of all rows together, with one penalty among them, as scikit-learn's ``alpha``
        is meant. Called by itself, it counts as for one row.

    Source
    ------
    Zou and Hastie 2005, "Regularization and variable selection via the elastic net".
    """

    l1: float
    l2: float
    biases: bool = False
    per_row: bool = False

    def __post_init__(self) -> None:
        _check_strength(self, "l1")
        _check_strength(self, "l2")

    def __call__(self, model: Module) -> Tensor:
        return self.bound(model)()

    def bound(self, model: Module, only: Members | None = None) -> Term:
        """The penalty of this net, or of some of its parameters, which are looked up once."""
        first = L1(self.l1, self.biases).bound(model, only)
        second = L2(self.l2, self.biases).bound(model, only)
        return lambda: first() + second()

    def acts_on(self, model: Module, members: Members) -> bool:
        """Whether there is a weight among these."""
        return bool(_chosen(model, self.biases, members))


def regularization_terms(model: Module, regularization: Any = None) -> Tensor | None:
    """The whole net's penalty plus those of single layers, as one number; None if there is none.

    Parameters
    ----------
    model : Module
        Its layers may have a ``regularization`` of their own.
    regularization : callable, sequence of them, or mapping of patterns of names, optional
        For the whole net, as :func:`chainrule.fit` takes it; a MaxNorm has no term.
    """
    return bound_terms(model, regularization)()


def bound_terms(model: Module, regularization: Any = None) -> Callable[..., Tensor | None]:
    """The terms of :func:`regularization_terms`, looked up once: to be called at every step.

    It is given a function that says how many rows the step has, or the sum of their weights. The
    net must keep its layers and parameters; their values may change.
    """
    terms = [
        (
            each.bound(module, only) if hasattr(each, "bound") else partial(each, module),
            getattr(each, "per_row", False),
        )
        for each, module, only in regularizations(model, regularization)
        if not isinstance(each, MaxNorm)
    ]

    def whole(rows: Callable[[], Any] = _one_row) -> Tensor | None:
        value: Tensor | None = None
        for term, per_row in terms:
            own = term() / rows() if per_row else term()
            value = own if value is None else value + own
        return value

    return whole


def _one_row() -> int:
    """Outside of a step."""
    return 1


def project(model: Module, regularization: Any = None) -> None:
    """Apply every MaxNorm, of the net and of single layers; call it after the update."""
    for each, module, only in regularizations(model, regularization):
        if isinstance(each, MaxNorm):
            each.project(module, only)


def projected(model: Module, regularization: Any, values: Mapping[Parameter, Any]) -> Any:
    """What :func:`project` would make of new values of the parameters; a new mapping."""
    found = dict(values)
    for each, module, only in regularizations(model, regularization):
        if isinstance(each, MaxNorm):
            found |= {p: each.projected(found[p], axis) for p, axis in each.targets(module, only)}
    return found


@dataclass(frozen=True)
class LossTerms:
    """The loss by name: what the data says, and what the preference for small weights says."""

    data: Tensor
    regularization: Tensor | None
    parameters: Mapping[str, Parameter]

    @property
    def total(self) -> Tensor:
        """The number that training makes small: data loss plus regularization."""
        return self.data if self.regularization is None else self.data + self.regularization

    def values(self) -> dict[str, float]:
        """Each term and the total, as Python numbers."""
        penalty = 0.0 if self.regularization is None else self.regularization.item()
        return {"data": self.data.item(), "regularization": penalty, "total": self.total.item()}

    def gradients(self) -> dict[str, dict[str, Array]]:
        """Gradient of each term by parameter; ``.grad`` of the parameters is left alone."""
        data, penalty = self._gradients(self.data), self._gradients(self.regularization)
        whole = {path: data[path] + penalty[path] for path in data}
        return {"data": data, "regularization": penalty, "total": whole}

    def _gradients(self, term: Tensor | None) -> dict[str, Array]:
        found: dict[Any, Any] = {}
        if term is not None and term.wants_gradient:
            targets = set(self.parameters.values())
            found = walk([term], [np.ones(term.shape, term.dtype)], targets=targets)
        return {
            path: np.array(found[p]) if p in found else np.zeros(p.shape, p.dtype)
            for path, p in self.parameters.items()
        }


def objective(model: Module, data_loss: Tensor, regularization: Any = None) -> LossTerms:
    """The data loss and the regularization of a net as named terms.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import nn
    >>> layer = nn.Linear(2, 1, bias=False)
    >>> layer.weight.data = np.array([[3.0], [4.0]])
    >>> terms = nn.objective(layer, layer(np.array([1.0, 2.0])).sum(), nn.L2(0.1))
    >>> terms.values()
    {'data': 11.0, 'regularization': 1.25, 'total': 12.25}
    >>> terms.gradients()["data"]["weight"].tolist()
    [[1.0], [2.0]]
    """
    return LossTerms(data_loss, regularization_terms(model, regularization), model.parameters())


class _OfWeights(Composite):
    """A sum over all weights of a net: one node, whatever their number."""

    gate: ClassVar[str] = "gradient scaler"

    strength: float

    def forward(self, *weights: Any) -> Any:
        terms = [self.strength * self.of_one(w) for w in weights]
        return sum(terms[1:], terms[0])

    def of_one(self, w: Any) -> Any:
        """The sum over one tensor."""
        raise NotImplementedError  # both kinds below write it


class HalfSquares(_OfWeights):
    """(lambda/2) * sum(W**2) over several tensors."""

    name: ClassVar[str] = "l2"

    def of_one(self, w: Any) -> Any:
        if type(w) is np.ndarray:
            return 0.5 * np.add.reduce(np.ravel(w * w))  # pairwise, and without a dispatch
        return 0.5 * total(square(w))

    def backward(self, upstream: Any, *weights_and_out: Any) -> Any:
        share = upstream * self.strength
        return [lambda w=w: share * w for w in weights_and_out[:-1]]


class AbsoluteValues(_OfWeights):
    """lambda * sum(abs(W)) over several tensors; the slope at 0 is 0."""

    name: ClassVar[str] = "l1"

    def of_one(self, w: Any) -> Any:
        return total(abs(w))

    def backward(self, upstream: Any, *weights_and_out: Any) -> Any:
        share = upstream * self.strength
        return [lambda w=w: share * sign(w) for w in weights_and_out[:-1]]


def _chosen(model: Module, biases: bool, only: Members | None) -> tuple[Parameter, ...]:
    """The weights that a penalty acts on, of all or of some parameters."""
    return tuple(p for p in model.penalized(biases).values() if only is None or p in only)


def regularizations(
    model: Module, regularization: Any
) -> Iterator[tuple[Any, Module, Members | None]]:
    """Each regularization, the module it acts on, and which parameters there; None for all."""
    own = [(m, m.regularization) for m in model.modules().values() if isinstance(m, Module)]
    for module, given in ((model, regularization), *own):
        for each in _several(given):
            if isinstance(each, Mapping):
                for penalty, members in by_name(module, cast(Any, each), _several):
                    yield penalty, module, members
            else:
                yield each, module, None


def _several(regularization: Any) -> tuple[Any, ...]:
    if regularization is None:
        return ()
    several: tuple[Any, ...] = (regularization,)
    if is_sequence(regularization):
        several = tuple(regularization)
    for each in several:
        if not callable(each) and not isinstance(each, MaxNorm | Mapping):
            raise ArgumentError(
                f"regularization= takes L1, L2, ElasticNet or MaxNorm, not {each!r}.",
                do="Give the strength through one of them: regularization=L2(1e-4).",
            )
    return several


def _check_strength(penalty: Any, name: str) -> None:
    strength = getattr(penalty, name)
    check_settings(type(penalty).__name__, [name], [strength])
    if not 0 <= strength < np.inf:
        raise ArgumentError(
            f"{type(penalty).__name__} takes a strength of at least 0, not {strength}.",
            do="Usual values are 1e-5 to 1e-2; 0 switches it off.",
        )
