"""The training step as one function of arrays, recorded: forward, loss, backward, update.

Imports nn, optim, the backward walk and the plan's recorder. Program compiles what stands here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from chainrule.errors import NoGradientError, UnsupportedError
from chainrule.graph.node import Node
from chainrule.graph.walk import walk
from chainrule.nn import Module
from chainrule.nn.regularization import projected
from chainrule.nn.substitute import substituted
from chainrule.ops.movement import cast, reshape
from chainrule.optim import Optimizer
from chainrule.plan.record import record
from chainrule.plan.steps import Flow
from chainrule.spec import Spec, spec_of
from chainrule.tensors import Parameter
from chainrule.train.loss_check import one_number
from chainrule.train.penalty import Penalty
from chainrule.train.stand_ins import standing_in
from chainrule.train.step import check_reached

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
class Recipe:
    """What a training step is made of: everything but the data.

    Attributes
    ----------
    scale : float
        Every element of x is multiplied by it: 1/255 for images of bytes.
    trained : tuple of str
        Paths of the parameters that the optimiser changes.
    """

    model: Module
    loss: Callable[[Any, Any], Any]
    optimizer: Optimizer
    regularization: Any
    clip: Callable[[list[Any]], list[Any]] | None
    trained: tuple[str, ...]
    scale: float = 1.0
    behind: tuple[int, ...] = ()  # steps that each trained parameter has missed; (): none


@dataclass(frozen=True, eq=False)
class Recorded:
    """A recorded step, and in which order its arrays stand.

    Inputs: the parameters, the buffers, the optimiser's memory (for each trained parameter one
    flat array per name), x, y, the random key, the learning rate, the number of the step. Outputs:
    the new values of the trained parameters, of the buffers that change and of the memory, all in
    the place of the old ones; the data loss, the regularization loss, and the net's outputs; of a
    watched step also the gradients of the trained parameters, after clipping.
    """

    flow: Flow
    parameters: tuple[str, ...]
    buffers: tuple[str, ...]
    memory: tuple[str, ...]  # "path/name"
    changed: tuple[str, ...] = ()  # the buffers that change, where they are outputs of their own
    left: Attributes = field(default_factory=Attributes)  # what forward has set, see _Step


def recorded_step(
    recipe: Recipe, x: Spec, y: Spec, watched: bool = False, left: Attributes | None = None
) -> Recorded:
    """Record one step on a batch of these shapes and dtypes; a watched one shows its gradients.

    It starts from what another recording has ``left`` in the attributes of the net.

    Raises
    ------
    ChainruleError
        If the step asks for values, or leaves a parameter without a gradient.
    """
    _check_rule(recipe.optimizer)
    parameters, buffers = _arrays_of(recipe.model)
    memory = tuple(f"{path}/{name}" for path in recipe.trained for name in recipe.optimizer.memory)
    flat = {path: Spec((p.size,), p.dtype) for path, p in parameters.items()}
    specs = [
        *(spec_of(p) for p in parameters.values()),
        *map(spec_of, buffers.values()),
        *(flat[place.rpartition("/")[0]] for place in memory),
        *(x, y, KEY, NUMBER, NUMBER),
    ]
    names = [*parameters, *buffers, *memory]
    changed: list[str] = []
    found: Attributes = {}

    def step(*symbols: Any) -> list[Any]:
        values = dict(zip(names, symbols, strict=False))
        x, y, key, rate, number = symbols[len(names) :]
        run = _Step(recipe, values, key, rate, number, left)
        gradients, updates, *rest = run.loss(x, y)
        new = run.updated(gradients, rest[:2]) | updates
        changed[:] = new
        found.update(run.left())
        return [*new.values(), *rest, *(gradients.values() if watched else ())]

    flow = record(step, specs, labels=names)
    places = {path: i for i, path in enumerate(names)}
    flow = replace(flow, updates={i: places[path] for i, path in enumerate(changed)})
    return Recorded(flow, tuple(parameters), tuple(buffers), memory, left=found)


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

    def loss(self, x: Any, y: Any) -> tuple[Any, ...]:
        """Gradients and new buffers by path, then the loss's terms and the outputs."""
        with standing_in(self._recipe.model, self._model, self._leaves):
            return self._read(x, y)

    def _read(self, x: Any, y: Any) -> tuple[Any, ...]:
        recipe = self._recipe
        out, updates = self._model.run(inputs(recipe.model, x, recipe.scale), training=self._key)
        targets = cast(y, out.dtype) if y.dtype.kind == "f" else y
        terms = [one_number(recipe.loss, recipe.loss(out, targets), int(x.shape[0]))]
        penalty = Penalty(self._model, recipe.regularization).term()
        terms += [] if penalty is None else [penalty]
        gradients = self._gradients(terms)
        found = {path: symbol_of(value) for path, value in updates.items()}
        losses = [symbol_of(term) for term in terms] + ([0.0] if penalty is None else [])
        return gradients, found, *losses, symbol_of(out)

    def _gradients(self, terms: Sequence[Any]) -> dict[str, Any]:
        ends = [term for term in terms if isinstance(term, Node)]  # others are constants
        found = walk(ends, [_one(end) for end in ends])
        paths = self._recipe.trained
        missing = [path for path in paths if self._leaves[path] not in found]
        if missing:
            check_reached(missing, len(paths))
            raise UnreachedError(missing)
        gradients = [found[self._leaves[path]] for path in paths]
        if self._recipe.clip is not None:
            gradients = self._recipe.clip(gradients)
        return dict(zip(paths, gradients, strict=True))

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
        for (path, gradient), behind in zip(gradients.items(), missed, strict=True):
            value = values[path]
            places = [f"{path}/{name}" for name in optimizer.memory]
            state = tuple(reshape(values[place], value.shape) for place in places)
            number = self._number - behind if behind else self._number
            numbers = (cast(each, value.dtype) for each in (self._rate, number))
            new, kept = optimizer.update(value, gradient, state, *numbers)
            after[self._leaves[path]] = new
            memory |= {
                place: reshape(array, (-1,)) for place, array in zip(places, kept, strict=True)
            }
        after = projected(self._model, self._recipe.regularization, after)
        return {path: after[self._leaves[path]] for path in gradients} | memory


def recorded_loss(recipe: Recipe, x: Spec, y: Spec, left: Attributes | None = None) -> Recorded:
    """Record the loss of a batch and its gradients, for an optimiser that asks for several.

    Inputs: the parameters, the buffers, x, y and the random key. Outputs: the gradients of the
    trained parameters, new values of the buffers, the data loss, the regularization loss, and the
    net's outputs.
    """
    parameters, buffers = _arrays_of(recipe.model)
    names = [*parameters, *buffers]
    specs = [*map(spec_of, parameters.values()), *map(spec_of, buffers.values()), x, y, KEY]
    changed: list[str] = []
    found: Attributes = {}

    def loss(*symbols: Any) -> list[Any]:
        values = dict(zip(names, symbols, strict=False))
        x, y, key = symbols[len(names) :]
        run = _Step(recipe, values, key, None, None, left)
        gradients, updates, *rest = run.loss(x, y)
        changed[:] = updates
        found.update(run.left())
        return [*gradients.values(), *updates.values(), *rest]

    flow = record(loss, specs, labels=names)
    return Recorded(flow, tuple(parameters), tuple(buffers), (), tuple(changed), found)


def _check_rule(optimizer: Optimizer) -> None:
    """Raise where an optimiser has a step of its own, beside the rule that is recorded."""
    step: Any = optimizer.step
    if getattr(step, "__func__", None) is not Optimizer.step:
        kind = type(optimizer).__name__
        raise UnsupportedError(
            f"{kind} has a step() of its own, of which a compiled step would know nothing.",
            do=f"Write what it does into {kind}.update, or pass compiled=False.",
        )


def _arrays_of(model: Module) -> tuple[dict[str, Parameter], dict[str, Any]]:
    """Parameters and buffers, in element types that machine code computes in."""
    parameters, buffers = model.parameters(), model.buffers()
    for path, p in parameters.items():
        if p.dtype.itemsize not in (4, 8):
            raise UnsupportedError(
                f"machine code computes in float32 and float64, but {path} is {p.dtype}.",
                do='Build the net with dtype="float32"; float16 trains in eager steps, with few '
                "digits.",
            )
    return parameters, buffers


def _one(term: Any) -> Any:
    """The gradient that a loss starts with, as a symbol: rules are given one kind or the other."""
    symbol, one = symbol_of(term), np.ones(term.shape, term.dtype)
    recorder = getattr(symbol, "recorder", None)
    return one if recorder is None else recorder.symbol(recorder.ref(one))


def recorded_outputs(model: Module, x: Spec, scale: float) -> Recorded:
    """Record the evaluation of a net on rows of this shape and dtype."""
    parameters, buffers = _arrays_of(model)
    names = [*parameters, *buffers]

    def evaluate(*symbols: Any) -> list[Any]:
        copy, leaves = substituted(model, dict(zip(names, symbols, strict=False)))
        with standing_in(model, copy, leaves):
            return [symbol_of(copy(inputs(model, symbols[-1], scale)))]

    specs = [*(spec_of(p) for p in parameters.values()), *map(spec_of, buffers.values()), x]
    return Recorded(record(evaluate, specs), tuple(parameters), tuple(buffers), ())


def inputs(model: Module, x: Any, scale: float) -> Any:
    """Rows in the net's element type, scaled; ids stay whole numbers."""
    if any(getattr(module, "takes_indices", False) for module in model.modules().values()):
        return x
    dtype = next((p.dtype for p in model.parameters().values()), np.dtype(np.float32))
    x = cast(x, dtype)
    return x if scale == 1 else x * scale


def symbol_of(x: Any) -> Any:
    """A value of the recording, without the graph of its backward walk."""
    return x.value if isinstance(x, Node) else x
