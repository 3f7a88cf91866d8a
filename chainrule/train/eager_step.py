"""TrainingStep: forward, loss, backward, update; once per batch.

Imports nn, optim, the backward walk and the graph's catalogue. The training loop calls it.
"""

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import inf
from typing import Any

import numpy as np

from chainrule.errors import NoGradientError, UnreachedWarning, frames_of_ours
from chainrule.graph.nodes.node import Node
from chainrule.graph.nodes.walk import walk
from chainrule.ops.random import Key
from chainrule.optim import global_norm
from chainrule.optim.problem import LossAndGradients
from chainrule.tensors import Parameter
from chainrule.train.hooks import hooked
from chainrule.train.loss_check import one_number
from chainrule.train.loss_not_finite import non_finite_gradient, non_finite_loss
from chainrule.train.objective import losses_of_heads, objective_of, rows_in
from chainrule.train.penalty import Penalty
from chainrule.train.pieces import Span, joined, key_of_piece, scaled, shares_of, spans_of, summed
from chainrule.train.recipe import Recipe
from chainrule.train.streams import SINGLE, Arrays, Form, outputs_of, values_of

Array = np.ndarray[Any, np.dtype[Any]]
vdot = np.vdot
LISTED = 8  # names in a message


class TrainingStep:
    """One step of learning for one batch.

    Attributes
    ----------
    data_loss, regularization_loss : float
        The terms of the last step's loss.
    out : ndarray, or a container of some
        The last step's outputs, for the metric.
    native_loss : callable or None
        Loss and gradients of a batch as machine code, for an optimiser that asks several times.
    """

    def __init__(
        self,
        recipe: Recipe,
        parameters: Mapping[str, Parameter],
        penalty: Penalty,
        form: Form,
    ) -> None:
        self.data_loss = self.regularization_loss = 0.0
        self.native_loss: Callable[[Arrays, Key], LossAndGradients] | None = None
        self.out: Any = np.empty(0)
        self._recipe, self._form = recipe, form
        self._model, self._optimizer = recipe.model, recipe.optimizer
        self._objective = objective_of(recipe.loss)
        self._parameters = dict(parameters)
        self._members = list(self._parameters.values())
        self._penalty, self._hooks = penalty, recipe.hooks
        self._one = np.ones((), np.float32)
        self._left_out: set[str] = set()
        self._whole: Arrays = ()  # the batch whose pieces are gathered

    def renewed(self, parameters: Mapping[str, Parameter], penalty: Penalty) -> "TrainingStep":
        """The same step for other parameters; those that nothing reaches were named already."""
        other = TrainingStep(self._recipe, parameters, penalty, self._form)
        other._left_out = self._left_out
        return other

    def __call__(self, batch: Arrays, key: Key, rate: float, place: tuple[int, int]) -> None:
        """Run the batch forward and back, and update the parameters.

        Parameters
        ----------
        batch : tuple of ndarray
            Its streams: arrays of its own, which nobody changes while the step lasts.
        key : Key
            Of the step's random numbers.
        rate : float
            Learning rate.
        place : (int, int)
            Epoch and batch, for messages.
        """
        with np.errstate(all="ignore"):  # an overflow shows as a loss that is not finite
            if self._optimizer.needs_closure:
                updates = self._search(batch, key, rate, place)
            else:
                updates = self._descend(batch, key, rate, place)
            if updates:
                self._model.write_buffers(updates)
            self._penalty.project()

    def _descend(self, batch: Arrays, key: Key, rate: float, place: tuple[int, int]) -> Any:
        updates = self._gather(batch, key, in_words(place))
        self._check_gradients(place)
        self._optimizer.step(self._parameters, "skip", rate)
        return updates

    def gradients(self, batch: Arrays, key: Key, place: str) -> Any:
        """Leave the gradients at the parameters, shown to be finite; new values for buffers."""
        with np.errstate(all="ignore"):
            updates = self._gather(batch, key, place)
            self._check_gradients(place)
        return updates

    def examine(self, batch: Arrays, key: Key, place: str) -> None:
        """Raise where the loss of a batch is not finite."""
        spans = spans_of(len(batch[0]), self._recipe.piece)
        if len(spans) == 1:
            self.forward(batch, key, place)
            return
        shares = shares_of(self._recipe.loss, self._form, batch, spans)
        for number, (piece, own) in enumerate(zip(_cut(batch, spans), shares, strict=True)):
            self.forward(piece, key_of_piece(key, number), place, own)

    def _gather(self, batch: Arrays, key: Key, place: str) -> Any:
        """Leave the gradients of a batch at the parameters, gathered from those of its pieces.

        Buffers hold what the last piece but one has made of them.
        """
        spans = spans_of(len(batch[0]), self._recipe.piece)
        if len(spans) == 1:
            terms, updates = self.forward(batch, key, place)
            self._backward(terms)
            return updates
        before = {name: np.array(array) for name, array in self._model.buffers().items()}
        self._whole = batch
        try:
            return self._gather_pieces(batch, key, place, spans)
        except BaseException:
            self._model.write_buffers(before)
            raise
        finally:
            self._whole = ()

    def _gather_pieces(self, batch: Arrays, key: Key, place: str, spans: Sequence[Span]) -> Any:
        outs: list[list[Any]] = []
        found, updates, container, losses = dict[Any, Any](), None, SINGLE, [0.0, 0.0]
        shares = shares_of(self._recipe.loss, self._form, batch, spans)
        for number, (piece, own) in enumerate(zip(_cut(batch, spans), shares, strict=True)):
            if updates:
                self._model.write_buffers(updates)
            own_key, last = key_of_piece(key, number), number == len(spans) - 1
            more, updates = self._piece(piece, own_key, place, own, last)
            found = summed(found, more)
            losses = [losses[0] + self.data_loss, self.regularization_loss]
            leaves, container = outputs_of(self.out)
            outs.append(leaves)
        self.data_loss, self.regularization_loss = losses
        self.out = container.of(joined(outs))
        self._leave(found)
        return updates

    def _check_gradients(self, place: tuple[int, int] | str) -> None:
        for name, p in self._parameters.items():
            gradient: Any = p.gradient
            # The square of a number overflows long before the number does.
            if gradient is None or vdot(gradient, gradient) < inf or np.isfinite(gradient).all():
                continue
            words = place if isinstance(place, str) else in_words(place)
            raise non_finite_gradient(name, p, global_norm([gradient]), words)

    def _search(self, batch: Arrays, key: Key, rate: float, place: tuple[int, int]) -> Any:
        """A step of an optimiser that computes the loss several times, with the same key."""
        _, updates = self.forward(batch, key, in_words(place))
        out = self.out
        searching: Any = self._optimizer  # its step takes a closure: needs_closure says so
        searching.step(self._parameters, "skip", rate, self.closure(batch, key))
        self._check_gradients(place)  # where one is not finite, nothing was moved
        missing = [name for name, p in self._parameters.items() if p.gradient is None]
        if missing:
            self.leave_out(missing)
        self.out = out  # of the loss that is reported, not of the last point searched
        return updates

    def closure(self, batch: Arrays, key: Key) -> Callable[[], Any]:
        """What computes the loss of a batch from the parameters as they are."""

        def closure() -> Any:
            if self.native_loss is not None:
                return self.native_loss(batch, key)
            terms, _ = self._terms(batch, key)
            if self._hooks:
                return self._found(terms)
            return terms[0] if len(terms) == 1 else terms[0] + terms[1]

        return closure

    def _found(self, terms: list[Any]) -> LossAndGradients:
        """The loss where the parameters are, and its gradients after the hooks."""
        self._backward(terms)
        gradients: Any = {p: p.gradient for p in self._members if p.gradient is not None}
        return LossAndGradients(sum(float(term.value) for term in terms), gradients)

    def _piece(
        self, piece: Arrays, key: Key, place: str, shares: Sequence[Any], penalised: bool
    ) -> tuple[Mapping[Any, Any], Any]:
        """The gradients of a piece, and new values for buffers; its graph ends here."""
        terms, updates = self.forward(piece, key, place, shares)
        ends = terms if penalised else terms[: len(shares)]
        ones = [self._upstream(end.value) for end in ends]
        ones[: len(shares)] = map(scaled, ones, shares)
        return walk(ends, ones), updates

    def forward(
        self, batch: Arrays, key: Key, place: str, shares: Sequence[Any] | None = None
    ) -> tuple[Any, Any]:
        """The terms of the loss, shown to be finite, and new values for buffers.

        Of a piece of a batch they are one for each head, and their ``shares`` make the loss.
        """
        terms, updates = self._terms(batch, key, shares is not None)
        if shares is None:
            self.data_loss = total = float(terms[0].value)
        else:
            pairs = zip(terms, shares, strict=False)
            self.data_loss = total = sum([float(term.value) * float(own) for term, own in pairs])
        if len(terms) > len(shares or (1,)):
            self.regularization_loss = float(terms[-1].value)
            total += self.regularization_loss
        if not math.isfinite(total):
            raise non_finite_loss(terms, total, place)
        return terms, updates

    def _terms(self, batch: Arrays, key: Key, by_head: bool = False) -> tuple[list[Any], Any]:
        # A leaf made here is neither copied nor guarded: the batch belongs to this step.
        form = self._form
        out, updates = self._model.run(form.leaves_of(batch), training=key)
        self.out = values_of(out)
        given = out, form.targets_of(batch), form.weights_of(batch)
        if by_head:
            losses = losses_of_heads(self._recipe.loss, *given)
            terms = [one_number(self._recipe.loss, loss, len(batch[0])) for loss in losses]
        else:
            loss = self._objective(*given)
            if not isinstance(loss, Node) or loss.value.shape:
                loss = one_number(self._recipe.loss, loss, len(batch[0]))
            terms = [loss]
        whole = self._whole or batch  # of which this may be a piece
        penalty = self._penalty.term(partial(rows_in, form, whole))
        return terms if penalty is None else [*terms, penalty], updates

    def _backward(self, terms: list[Any]) -> None:
        """One walk from all terms; only the parameters keep their gradients."""
        self._leave(walk(terms, [self._upstream(term.value) for term in terms]))

    def _leave(self, found: Mapping[Any, Any]) -> None:
        """Leave gradients at the parameters, after the hooks."""
        members, missing = self._members, False
        for p in members:
            p.gradient = gradient = found.get(p)
            if gradient is None:
                missing = True
        if missing:
            self.leave_out([name for name, p in self._parameters.items() if p not in found])
        if self._hooks:
            self._run_hooks()

    def _run_hooks(self) -> None:
        reached = [p for p in self._members if p.gradient is not None]
        gradients = hooked(self._hooks, [p.gradient for p in reached])
        for p, gradient in zip(reached, gradients, strict=True):
            p.gradient = np.asarray(gradient)

    def leave_out(self, names: Sequence[str]) -> None:
        """Say once which parameters no gradient reaches; they are not trained.

        Raises
        ------
        NoGradientError
            If there is none left to train.
        """
        check_reached(names, len(self._members))
        for name in names:
            self._parameters[name].gradient = None
        say_left_out(names, self._left_out)

    def _upstream(self, value: Array) -> Array:
        """The gradient that a loss starts with: 1, in its own shape and element type."""
        if self._one.dtype != value.dtype or self._one.shape != value.shape:
            self._one = np.ones(value.shape, value.dtype)
        return self._one


def _cut(batch: Arrays, spans: Sequence[Span]) -> list[Arrays]:
    return [tuple([array[start:stop] for array in batch]) for start, stop in spans]


def check_reached(missing: Sequence[str], count: int) -> None:
    """Raise where the loss reaches none of so many parameters."""
    if len(missing) == count:
        raise NoGradientError(
            f"the loss reaches none of the net's parameters: {listed(missing)}.",
            do="Compute the loss from what the net returns, with chainrule's functions or "
            "NumPy's; .data and stop_gradient leave the graph.",
        )


def say_left_out(names: Sequence[str], said: set[str]) -> None:
    """Warn of parameters that are not trained, as no gradient reaches them; of each one once."""
    new = [name for name in names if name not in said]
    if not new:
        return
    said.update(new)
    are = "are" if len(new) > 1 else "is"
    warnings.warn(
        f"the loss does not reach {listed(new)}: {are} not trained. Use what the net computes "
        "from it in the loss, or set its wants_gradient to False.",
        UnreachedWarning,
        stacklevel=frames_of_ours(),
    )


def listed(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    shown, more = names[:LISTED], len(names) - LISTED
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def in_words(place: tuple[int, int]) -> str:
    """Epoch and batch, for messages."""
    return f"epoch {place[0]}, batch {place[1]}"
