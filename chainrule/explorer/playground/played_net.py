"""The net of a playground, trained epoch by epoch in machine code, and measured.

Imports nn, train and the inspection. ``play_session.py`` runs it in a thread of its own; a script
that is left behind trains the same net with the same calls.
"""

from typing import Any

import numpy as np

from chainrule.explorer.playground.layer_outputs import LayerOutputs
from chainrule.explorer.playground.moment import Moment
from chainrule.explorer.playground.play_settings import PlaySettings
from chainrule.explorer.playground.play_task import PlayTask
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.inspection.layer_health import health_of
from chainrule.nn import L2, MLP, Linear
from chainrule.nn.activations import activation_op
from chainrule.ops.random import key
from chainrule.optim import global_norm
from chainrule.train.checks import trained_parameters
from chainrule.train.native.loss_and_gradients import NativeLoss
from chainrule.train.program import Program
from chainrule.train.recipe import Recipe
from chainrule.train.streams import Rows
from chainrule.train.watch import Watch

Array = np.ndarray[Any, np.dtype[Any]]


class PlayedNet:
    """A net in training.

    Parameters
    ----------
    settings : PlaySettings
    task : PlayTask

    Attributes
    ----------
    epoch : int
        How many are over.
    sees : LayerOutputs
        What its layers say, with parameters of any moment.
    """

    def __init__(self, settings: PlaySettings, task: PlayTask) -> None:
        self._task, self._seed, self.epoch = task, settings.seed, 0
        self.layers = tuple(settings.layers)
        sizes = [2, *settings.layers, task.outputs]
        self.model = MLP(sizes, settings.activation, seed=settings.seed)
        self._size = settings.batch
        x, y = task.entered(task.points.x), task.targets
        self._x, self._y = x[~task.held].copy(), y[~task.held].copy()
        self._all, self._targets = x, y
        loss, optimizer = CATALOGUE.function(task.loss), settings.make_optimizer()
        penalty = L2(settings.strength) if settings.strength else None
        self._program = Program(self.model, loss, optimizer, penalty)
        trained = trained_parameters(self.model)
        self._recipe = Recipe(self.model, loss, optimizer, penalty, (), tuple(trained))
        self._parameters = self.model.parameters()
        self._watch = Watch(self._parameters)
        self.sees = LayerOutputs(self.model)
        ops = map(activation_op, self.model.layers)
        self._ops = [op for op in ops if op is not None]
        self._whole: NativeLoss | None = None

    @property
    def steps(self) -> int:
        """How many have been made."""
        return self._program.steps

    def compile(self) -> None:
        """Make the machine code, which takes a moment; nothing is learned."""
        rows = len(self._x)
        for count in {min(self._size, rows), rows % self._size} - {0}:
            self._program.plan(self._x[:count], self._y[:count])
        self._whole = NativeLoss(self._recipe, self._parameters, Rows((self._x, self._y)))

    def train(self, watched: bool) -> None:
        """One epoch; of a watched one the last step's update is measured.

        Raises
        ------
        NonFiniteError
            If a loss or a gradient is; the parameters are those from before that step.
        """
        rows = len(self._x)
        order = np.random.default_rng((self._seed, self.epoch + 1)).permutation(rows)
        last = (rows - 1) // self._size * self._size  # where the last batch begins
        parts = (order[:last], order[last:]) if watched and last else (order,)
        for part in parts:
            if watched and part is parts[-1]:
                self._watch.before_step()
            self._program.epoch(self._x, self._y, self._size, part)
        if watched:
            self._watch.after_step("")
        self.epoch += 1

    def moment(self) -> Moment:
        """Where it stands."""
        task, held = self._task, self._task.held
        parameters = tuple(p.value.copy() for p in self._parameters.values())
        with np.errstate(all="ignore"):
            *hidden, outputs = self.sees(parameters, self._all)
            parts = {"train": ~held, "test": held}
            whole = self._whole
            assert whole is not None
            found = whole((self._x, self._y), key(0))
            health = [
                health_of(op, out[~held], "") for op, out in zip(self._ops, hidden, strict=True)
            ]
            return Moment(
                self.epoch,
                self.steps,
                {k: task.loss_of(outputs[part], self._targets[part]) for k, part in parts.items()},
                {
                    k: task.accuracy(outputs[part], task.points.label[part])
                    for k, part in parts.items()
                },
                found.loss,
                tuple(
                    global_norm([found.gradients[p] for p in layer.parameters().values()])
                    for layer in self._linear()
                ),
                tuple(
                    self._watch.update_ratio.get(f"{path}.weight", float("nan"))
                    for path in self._paths()
                ),
                tuple(each.dead for each in health),
                tuple(each.saturated for each in health),
                parameters,
            )

    def _linear(self) -> list[Linear]:
        return [layer for layer in self.model.layers if isinstance(layer, Linear)]

    def _paths(self) -> list[str]:
        named = zip(self.model.names, self.model.layers, strict=True)
        return [name for name, layer in named if isinstance(layer, Linear)]
