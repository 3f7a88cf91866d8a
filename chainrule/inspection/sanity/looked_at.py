"""Subject: everything that the checks look at. They work on a copy: the user's net stays as it is.

Imports train, which checks the data, and layer_health. The checkup makes one.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, DataError, describe
from chainrule.inspection.layer_health import CHUNK, Observation, watched
from chainrule.inspection.sanity.sample_graph import Sample, sample_of
from chainrule.inspection.sanity.worth import Worth, worth_of
from chainrule.nn import Module
from chainrule.nn.linear import Weights
from chainrule.ops.losses.loss import LossFacts, facts_of
from chainrule.optim import Optimizer
from chainrule.optim.arguments import whole
from chainrule.spec import is_sequence
from chainrule.tensors import Tensor
from chainrule.train.blocks import is_blocks
from chainrule.train.checks import Task, check_model, checked_inputs, columns_known, rows_of
from chainrule.train.evaluation import measure
from chainrule.train.loss_check import facts_in
from chainrule.train.objective import Objective, losses_by_head, objective_of
from chainrule.train.recipe import reads_indices
from chainrule.train.streams import Rows

Array = np.ndarray[Any, np.dtype[Any]]
Curves = Mapping[str, Sequence[float]]  # columns of a history
SAMPLE = 512  # rows whose gradients are looked at: their mean is within 5 % of that of all
DATA = "the data"


@dataclass(eq=False)
class Subject:
    """A net with its data and its loss.

    Attributes
    ----------
    model : Module
        A copy.
    rows : Rows
        Checked, in the net's element type.
    loss
        As the user gave it; None where only the inputs are known.
    held_out : Rows or None
        Rows that training has not seen.
    regularization
        As :func:`chainrule.fit` takes it.
    optimizer : Optimizer or None
    curves : mapping of str to sequence
        Columns of the history of the training; empty where nobody knows.
    best_epoch : int or None
        Whose weights were kept.
    untouched : bool
        Whether no weight was changed since it was drawn.
    chunk : int
        Rows evaluated together.
    """

    model: Module
    rows: Rows
    loss: Any
    held_out: Rows | None
    regularization: Any
    optimizer: Optimizer | None
    curves: Curves
    best_epoch: int | None
    untouched: bool
    chunk: int = CHUNK

    @cached_property
    def objective(self) -> Objective:
        """The loss as a function of outputs, targets and weights."""
        return objective_of(self.loss)

    @cached_property
    def single(self) -> bool:
        """Whether the net has one array of outputs, which one array of targets is compared to."""
        form = self.rows.form
        return form.targets - form.inputs == 1 and losses_by_head(self.loss) is None

    @cached_property
    def facts(self) -> LossFacts:
        """What the loss says about itself, or those in its graph."""
        stated = facts_of(self.loss)
        if stated.targets or self.sample.loss is None or not self.single:
            return stated
        return facts_in(self.sample.loss)

    @cached_property
    def inputs(self) -> Array | None:
        """The one array of inputs, as numbers; None for several, or for ids."""
        form = self.rows.form
        x = self.rows.arrays[0]
        return None if form.inputs != 1 or x.dtype.kind != "f" else x

    @property
    def targets(self) -> Array:
        """The one array of targets."""
        return self.rows.arrays[self.rows.form.inputs]

    @cached_property
    def classes(self) -> int:
        """How many classes there are, where the targets are labels, one for each row; else 0."""
        if self.loss is None or not self.single:
            return 0
        y, out = self.targets, self.observed.outputs
        labelled = y.dtype.kind in "iu" and y.ndim == 1 and out.ndim == 2 and out.shape[1] > 1
        return out.shape[1] if labelled else 0

    @cached_property
    def observed(self) -> Observation:
        """Every row once through the net."""
        rows, form = self.rows, self.rows.form

        def parts() -> Any:
            for start in range(0, rows.count, self.chunk):
                arrays = rows.part(start, start + self.chunk).arrays[: form.inputs]
                yield form.x.of([leaf_of(array) for array in arrays])

        return watched(self.model, parts())

    @cached_property
    def sample(self) -> Sample:
        """The graph of some rows with a gradient at every node."""
        return sample_of(self.model, self.some(SAMPLE), self.loss and self.objective)

    @cached_property
    def data_loss(self) -> float:
        """The loss of all rows, without regularization."""
        return measure(self.model, self.rows, self.loss, self.chunk, None)

    @cached_property
    def penalty_inside(self) -> float:
        """What the loss adds by itself, whatever the outputs are."""
        _, penalties = self.sample.terms
        return sum(float(np.asarray(each.value).item()) for each in penalties)

    @cached_property
    def worth(self) -> Worth:
        """What the outputs are worth, between a constant answer and a perfect one."""
        return worth_of(self.objective, self.facts, self.observed.outputs, self.targets)

    @cached_property
    def trained(self) -> bool:
        """Whether anything has been learned: a training is known, or a bias has moved.

        Biases start alike and are moved by the first step, whatever was done to the weights
        before it; where a net has none, weights that are no longer those that were drawn.
        """
        if len(self.curves.get("loss", ())):
            return True
        if self.untouched:
            return False
        vectors = [p.value for p in self.model.parameters().values() if p.ndim == 1 and p.size > 1]
        return any((v != v.flat[0]).any() for v in vectors) if vectors else True

    def some(self, count: int) -> Rows:
        """So many rows, evenly spaced: data sorted by class give some of each."""
        whole = self.rows.count
        places = np.unique(np.linspace(0, whole - 1, min(count, whole)).round().astype(np.int64))
        return Rows(tuple(array[places] for array in self.rows.arrays), self.rows.form)


def leaf_of(array: Array) -> Tensor:
    """An input as a leaf; what is computed from it is in the graph, frozen layers too."""
    return Tensor(array, wants_gradient=array.dtype.kind == "f")


def subject_of(
    model: Any,
    data: Any,
    loss: Any,
    validation: Any,
    regularization: Any,
    optimizer: Any,
    curves: Curves,
    best_epoch: int | None,
    chunk: int = CHUNK,
) -> Subject:
    """Check what the user gave, and copy the net.

    Raises
    ------
    ChainruleError
        As :func:`chainrule.fit` does; and where all labels are of one class.
    """
    check_model(model)
    if is_blocks(data):
        raise ArgumentError(
            "a checkup looks at rows several times, and takes no data that come in blocks.",
            do="Give (X, y) of some of them: a few thousand rows tell enough.",
        )
    chunk = whole("checkup", "chunk", chunk, least=1)
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise ArgumentError(
            f"optimizer= takes one of chainrule.optim, but this is {optimizer!r:.60}.",
            do="Pass the one that training uses, such as chainrule.optim.Adam(1e-3).",
        )
    twin, optimizer = copy.deepcopy((model, optimizer))  # together: it knows its parameters
    columns = columns_known(twin)
    held_out = None
    if loss is None:
        _refuse_pair(data)
        rows = rows_of(data, np.zeros(len(data)), None, DATA, lambda x, _: checked(twin, x))
        if not rows.count:
            raise _empty(rows)
    else:
        size = 32
        rows = Task.of(twin, data, loss, None, DATA, size, True, columns).rows
        if validation is not None:
            part = "the validation data"
            held_out = Task.of(twin, validation, loss, None, part, size, False, columns).rows
    weights = [m for m in model.modules().values() if isinstance(m, Weights)]
    untouched = bool(weights) and all(m.untouched for m in weights)
    found = Subject(
        *(twin, rows, loss, held_out, regularization, optimizer),
        *(curves, best_epoch, untouched, chunk),
    )
    if found.classes and len(np.unique(found.targets)) == 1:
        raise DataError(
            f"every label of {DATA} is {found.targets[0]}: of one class there is nothing to tell.",
            found=[describe("y", found.targets)],
            do="Give rows of all classes.",
        )
    return found


def checked(model: Module, x: Any) -> Array:
    """Inputs without targets."""
    return checked_inputs(model, x, f"X of {DATA}", columns_known(model).get("X"))


def indices(subject: Subject) -> bool:
    """Whether the net reads ids rather than numbers."""
    return reads_indices(subject.model)


def _refuse_pair(data: Any) -> None:
    if is_sequence(data) and len(data) == 2 and not np.isscalar(data[0]):
        raise ArgumentError(
            "a checkup of (X, y) needs the loss that compares outputs with y.",
            do="Pass it: cr.checkup(model, (X, y), cr.softmax_cross_entropy); or X alone.",
        )


def _empty(rows: Rows) -> ArgumentError:
    return ArgumentError(
        "a checkup needs rows to look at.",
        found=[describe("x", rows.arrays[0])],
        do="Give the rows the net was trained on.",
    )
