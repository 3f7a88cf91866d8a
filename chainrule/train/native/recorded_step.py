"""The training step as one function of arrays, recorded: forward, loss, backward, update.

Imports nn, optim, the backward walk and the plan's recorder. Program compiles what stands here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.errors import NoGradientError, UnsupportedError
from chainrule.graph.nodes.node import Node
from chainrule.graph.nodes.walk import walk
from chainrule.nn.regularization import projected
from chainrule.nn.substitute import substituted
from chainrule.ops.movement import cast, reshape
from chainrule.optim import Optimizer
from chainrule.plan.record import record
from chainrule.plan.repeated import Repeated
from chainrule.plan.steps import Flow
from chainrule.spec import Spec, spec_of
from chainrule.train.eager_step import check_reached
from chainrule.train.hooks import hooked
from chainrule.train.loss_check import one_number
from chainrule.train.native.entering_symbols import arrays_of, inputs, one_of, symbol_of
from chainrule.train.native.found import Found, together
from chainrule.train.native.stand_ins import standing_in
from chainrule.train.objective import losses_of_heads, objective_of, rows_in
from chainrule.train.penalty import Penalty
from chainrule.train.pieces import key_of_piece, scaled, shares_of, spans_of, weighed
from chainrule.train.recipe import Recipe
from chainrule.train.streams import PLAIN, SINGLE, Container, Form, outputs_of

KEY = Spec((2,), np.dtype(np.uint64))
NUMBER = Spec((), np.dtype(np.float64))
SETTINGS = (bool, int, float, complex, str, bytes)
Attributes = dict[tuple[str, str], Any]  # by the path of a module and a name
END = object()


class UnreachedError(NoGradientError):
    """Parameters that are to be trained, and that the recorded loss does not reach.

    Parameters
    ----------
    paths : sequence of str
    """

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(
            f"no gradient reaches {', '.join(paths)} in the recorded step.",
            do="Use what the net computes from it in the loss, or set its wants_gradient to "
            "False.",
        )
        self.paths = tuple(paths)


@dataclass(frozen=True, eq=False)
class Recorded:
    """A recorded step, and in which order its arrays stand.

    Inputs: the parameters, the buffers, the optimiser's memory (for each trained parameter one
    flat array per name), the streams of a batch, the random key, the learning rate, the number of
    the step. Outputs: the new values of the trained parameters, of the buffers that change and of
    the memory, all in the place of the old ones; the data loss, the regularization loss, and the
    net's outputs; of a watched step also the gradients of the trained parameters, after the hooks.
    """

    flow: Flow
    parameters: tuple[str, ...]
    buffers: tuple[str, ...]
    memory: tuple[str, ...]  # "path/name"
    changed: tuple[str, ...] = ()  # the buffers that change, where they are outputs of their own
    left: Attributes = field(default_factory=Attributes)  # what forward has set, see _Step
    out: Container = SINGLE  # in which the net's outputs stand


def recorded_step(
    recipe: Recipe,
    streams: Sequence[Spec],
    form: Form = PLAIN,
    watched: bool = False,
    left: Attributes | None = None,
) -> Recorded:
    """Record one step on a batch of these streams; a watched one shows its gradients.

    It starts from what another recording has ``left`` in the attributes of the net.

    Raises
    ------
    ChainruleError
        If the step asks for values, or leaves a parameter without a gradient.
    """
    _check_rule(recipe.optimizer)
    parameters, buffers = arrays_of(recipe.model)
    memory = tuple(f"{path}/{name}" for path in recipe.trained for name in recipe.optimizer.memory)
    flat = {path: Spec((p.size,), p.dtype) for path, p in parameters.items()}
    specs = [
        *(spec_of(p) for p in parameters.values()),
        *map(spec_of, buffers.values()),
        *(flat[place.rpartition("/")[0]] for place in memory),
        *(*streams, KEY, NUMBER, NUMBER),
    ]
    names = [*parameters, *buffers, *memory]
    changed: list[str] = []
    found: Attributes = {}
    containers: list[Container] = []

    def step(*symbols: Any) -> list[Any]:
        values = dict(zip(names, symbols, strict=False))
        *batch, key, rate, number = symbols[len(names) :]
        run = _Step(recipe, values, key, rate, number, left)
        gradients, updates, losses, outs, container = run.loss(form, batch)
        new = run.updated(gradients, losses) | updates
        changed[:], containers[:] = new, [container]
        found.update(run.left())
        return [*new.values(), *losses, *outs, *(gradients.values() if watched else ())]

    flow = record(step, specs, labels=names)
    places = {path: i for i, path in enumerate(names)}
    flow = replace(flow, updates={i: places[path] for i, path in enumerate(changed)})
    return Recorded(flow, tuple(parameters), tuple(buffers), memory, (), found, containers[0])


class _Step:
    """One step on symbols."""

    def __init__(
        self,
        recipe: Recipe,
        values: dict[str, Any],
        key: Any,
        rate: Any,
        number: Any,
        left: Attributes | None = None,
    ) -> None:
        self._recipe, self._values, self._key = recipe, values, key
        self._rate, self._number = rate, number
        self._model, self._leaves = substituted(recipe.model, values)
        self._whole: Sequence[Any] = ()  # the batch of which a piece is read
        for (path, name), value in (left or {}).items():
            vars(self._model.modules()[path])[name] = value

    def left(self) -> Attributes:
        """Attributes that forward has set to a number or a text: eager steps would see them."""
        before, after = self._recipe.model.modules(), self._model.modules()
        return {
            (path, name): value
            for path, twin in after.items()
            if path in before
            for name, value in vars(twin).items()
            if type(value) in SETTINGS and vars(before[path]).get(name, END) is not value
        }

    def loss(self, form: Form, batch: Sequence[Any]) -> Found:
        """What the forward and the backward pass find, piece by piece where that is asked for."""
        recipe, values = self._recipe, dict(self._values)
        spans = spans_of(int(batch[0].shape[0]), recipe.piece)
        if len(spans) == 1:
            return self._hooked(self._read(form, batch))
        shares = shares_of(recipe.loss, form, batch, spans)
        found: list[Found] = []
        for number, ((start, stop), own) in enumerate(zip(spans, shares, strict=True)):
            key, run = key_of_piece(self._key, number), self
            if number:  # each starts from the buffers that the one before it has left
                run = _Step(recipe, values, key, None, None, self.left())
            piece, run._whole = [x[start:stop] for x in batch], batch
            found.append(run._read(form, piece, own, number == len(spans) - 1))
            values |= found[-1].updates
        return self._hooked(together(found))

    def _read(
        self,
        form: Form,
        batch: Sequence[Any],
        shares: Sequence[Any] | None = None,
        penalised: bool = True,
    ) -> Found:
        with standing_in(self._recipe.model, self._model, self._leaves):
            return self._found(form, batch, shares, penalised)

    def _found(
        self, form: Form, batch: Sequence[Any], shares: Sequence[Any] | None, penalised: bool
    ) -> Found:
        recipe = self._recipe
        x = [inputs(recipe.model, x, recipe.scale, form) for x in batch[: form.inputs]]
        out, updates = self._model.run(form.inputs_of(x), training=self._key)
        outs, container = outputs_of(out)
        rest = [cast(y, outs[0].dtype) if y.dtype.kind == "f" else y for y in batch[len(x) :]]
        batch, rows = [*x, *rest], int(x[0].shape[0])
        given = out, form.targets_of(batch), form.weights_of(batch)
        if shares is None:
            terms = [one_number(recipe.loss, objective_of(recipe.loss)(*given), rows)]
        else:
            losses = losses_of_heads(recipe.loss, *given)
            terms = [one_number(recipe.loss, loss, rows) for loss in losses]
        penalty = self._penalty_of(form, batch) if penalised else None
        ends = terms if penalty is None else [*terms, penalty]
        gradients = self._walked(ends, shares or ())
        found = {path: symbol_of(value) for path, value in updates.items()}
        data = [symbol_of(term) for term in terms]
        if shares is not None:
            data = [weighed(data, shares)]
        losses = [*data, 0.0 if penalty is None else symbol_of(penalty)]
        return Found(gradients, found, losses, [symbol_of(out) for out in outs], container)

    def _penalty_of(self, form: Form, batch: Sequence[Any]) -> Any:
        """The regularization term of a step on these rows, or on those they are a piece of."""
        penalty = Penalty(self._model, self._recipe.regularization)
        return penalty.term(partial(rows_in, form, self._whole or batch))

    def _walked(self, ends: Sequence[Any], shares: Sequence[Any]) -> dict[str, Any]:
        """The gradients of the trained parameters that these terms of the loss reach."""
        ones = list(map(one_of, ends))
        ones[: len(shares)] = map(scaled, ones, shares)
        pairs = [pair for pair in zip(ends, ones, strict=True) if isinstance(pair[0], Node)]
        found = walk(*map(list, zip(*pairs, strict=True))) if pairs else {}  # others are constants
        leaves = self._leaves
        paths = [path for path in self._recipe.trained if leaves[path] in found]
        return {path: found[leaves[path]] for path in paths}

    def _hooked(self, found: Found) -> Found:
        """What was found, with the gradients after the hooks; all parameters are to have one."""
        paths = self._recipe.trained
        missing = [path for path in paths if path not in found.gradients]
        if missing:
            check_reached(missing, len(paths))
            raise UnreachedError(missing)
        gradients = hooked(self._recipe.hooks, [found.gradients[path] for path in paths])
        return found._replace(gradients=dict(zip(paths, gradients, strict=True)))

    def updated(self, gradients: dict[str, Any], losses: Sequence[Any]) -> dict[str, Any]:
        """The optimiser's rule for every parameter, and the projections after it.

        Nothing is written where one of the losses is not finite.
        """
        for term in losses:
            if hasattr(term, "recorder"):  # else it is a constant
                term.recorder.require_finite(term.ref)
        optimizer, values = self._recipe.optimizer, self._values
        after: dict[Any, Any] = {leaf: leaf.value for leaf in self._leaves.values()}
        memory: dict[str, Any] = {}
        missed = self._recipe.behind or (0,) * len(gradients)
        repeated = Repeated()
        casts: dict[Any, Any] = {}  # of a rate or a number of steps, once for all parameters
        for (path, gradient), behind in zip(gradients.items(), missed, strict=True):
            value = values[path]
            places = [f"{path}/{name}" for name in optimizer.memory]
            state = tuple([values[place] for place in places])
            number = self._number - behind if behind else self._number
            rule, factor = optimizer.rule_of(path)
            rate = self._rate if factor == 1 else self._rate * factor
            numbers = (_once_cast(casts, each, value.dtype) for each in (rate, number))
            apply = repeated if _is_ours(rule) else _once
            new, kept = apply(_OnFlat(rule), value, gradient, state, *numbers)
            after[self._leaves[path]] = new
            memory |= zip(places, kept, strict=True)
        after = projected(self._model, self._recipe.regularization, after)
        return {path: after[self._leaves[path]] for path in gradients} | memory


@dataclass(frozen=True)
class _OnFlat:
    """An optimiser's rule on memory that lies flat."""

    rule: Any

    def __call__(self, value: Any, gradient: Any, state: tuple[Any, ...], *numbers: Any) -> Any:
        shaped = tuple([reshape(x, value.shape) for x in state])
        new, kept = self.rule(value, gradient, shaped, *numbers)
        return new, tuple([reshape(x, (-1,)) for x in kept])


def _once_cast(casts: dict[Any, Any], x: Any, dtype: Any) -> Any:
    """A symbol cast, or what it was cast to before."""
    _, found = casts.get((id(x), dtype), (None, None))
    if found is None:
        _, found = casts[id(x), dtype] = x, cast(x, dtype)  # x is kept: ids are used again
    return found


def _is_ours(rule: Any) -> bool:
    """Whether a rule is known to depend on nothing but its arguments and settings."""
    owner = getattr(rule, "__self__", None)
    inner = getattr(owner, "optimizer", owner)  # whose rule it is, where weights are averaged
    return all(type(x).__module__.startswith("chainrule.optim.") for x in (owner, inner))


def _once(rule: Any, *operands: Any) -> Any:
    return rule(*operands)


def recorded_loss(
    recipe: Recipe,
    streams: Sequence[Spec],
    form: Form = PLAIN,
    left: Attributes | None = None,
) -> Recorded:
    """Record the loss of a batch and its gradients, for an optimiser that asks for several.

    Inputs: the parameters, the buffers, the streams and the random key. Outputs: the gradients of
    the trained parameters, new values of the buffers, the data loss, the regularization loss, and
    the net's outputs.
    """
    parameters, buffers = arrays_of(recipe.model)
    names = [*parameters, *buffers]
    specs = [*map(spec_of, parameters.values()), *map(spec_of, buffers.values()), *streams, KEY]
    changed: list[str] = []
    found: Attributes = {}
    containers: list[Container] = []

    def loss(*symbols: Any) -> list[Any]:
        values = dict(zip(names, symbols, strict=False))
        *batch, key = symbols[len(names) :]
        run = _Step(recipe, values, key, None, None, left)
        gradients, updates, losses, outs, container = run.loss(form, batch)
        changed[:], containers[:] = updates, [container]
        found.update(run.left())
        return [*gradients.values(), *updates.values(), *losses, *outs]

    flow = record(loss, specs, labels=names)
    paths = tuple(parameters), tuple(buffers)
    return Recorded(flow, *paths, (), tuple(changed), found, containers[0])


def _check_rule(optimizer: Optimizer) -> None:
    """Raise where an optimiser has a step of its own, beside the rule that is recorded."""
    step: Any = optimizer.step
    if getattr(step, "__func__", None) is not Optimizer.step:
        kind = type(optimizer).__name__
        raise UnsupportedError(
            f"{kind} has a step() of its own, of which a compiled step would know nothing.",
            do=f"Write what it does into {kind}.update, or pass compiled=False.",
        )
