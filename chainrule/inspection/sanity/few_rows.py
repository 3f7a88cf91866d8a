"""Whether a copy of the net can learn a handful of rows by heart.

Imports the subject and Adam. The lecture's third check: a net that cannot is broken, whatever the
data; its loss is compared with that of a constant answer and of a perfect one on those rows.
"""

import copy
import math
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.graph.nodes.walk import walk
from chainrule.inspection.sanity.check import Check, alarm, fine, left_out
from chainrule.inspection.sanity.looked_at import Subject
from chainrule.inspection.sanity.worth import Worth, worth_of
from chainrule.optim import Adam
from chainrule.settings import ON, RECORDING
from chainrule.tensors import Tensor
from chainrule.train.streams import Rows

Array = np.ndarray[Any, np.dtype[Any]]
ROWS = 20  # Stanford CS231n, "Neural networks part 3", before learning: sanity checks
CANDIDATES = 300  # among which they are chosen
PER_COLUMN = 3  # rows for each column, and one more: on a line, many rows ask for many bends
PER_ROW = 3  # parameters for each row and output: fewer can hold no rows by heart
STEPS, FEWEST = 1000, 100
WORK = 30_000_000  # parameters times steps, beyond which there are fewer steps
RATES = (1e-2, 1e-1, 1e-3)  # tried in turn: for nets of usual scale, of large, of small ones
DEAF = 1e-3  # share of a constant answer's loss that the best outputs take away
ENOUGH = 0.1  # what may be left of the way from the constant answer to the perfect one


def overfit_check(subject: Subject) -> Check:
    """Train a copy on a few rows, without regularization and dropout."""
    if subject.loss is None:
        return left_out("cannot_overfit", "without a loss there is nothing to learn")
    if not subject.single:
        return left_out("cannot_overfit", "it is asked of one array of outputs")
    trained = [p for p in subject.model.parameters().values() if p.wants_gradient]
    if not trained:
        return _failed("every parameter is frozen", 1.0, 0)
    outputs = max(math.prod(subject.observed.outputs.shape[1:]), 1)
    most = sum(p.size for p in trained) // (PER_ROW * outputs)
    rows = _distinct(subject, min(ROWS, max(most, 2)))
    if rows is None:
        return left_out("cannot_overfit", "there are no two rows with different answers")
    if _deaf(subject.worth):
        return _failed(
            "the loss of a perfect answer is that of a constant one: it hardly depends on the "
            "outputs",
            1.0,
            0,
        )
    best = _best(subject, rows)
    if math.isnan(best):
        return left_out("cannot_overfit", "nobody knows the least loss that there can be")
    count = rows.count
    if best <= ENOUGH:
        return fine(
            "cannot_overfit",
            f"a copy learns {count} rows by heart: {max(best, 0.0):.1%} of the loss of a "
            "constant answer is left",
            left=best,
            rows=count,
        )
    return _failed(
        f"after {_steps(subject)} steps on {count} rows a copy has {best:.0%} of the loss of a "
        "constant answer left",
        best,
        count,
    )


def _failed(said: str, left: float, rows: int) -> Check:
    return alarm(
        "cannot_overfit",
        "",
        said,
        "something between the inputs and the loss is broken: an activation on the outputs that "
        "cannot reach the targets, units that are dead, layers that are frozen or cut off, inputs "
        "that are lost on the way, or a loss that does not fit",
        "Leave out everything behind the last layer of weights, and train on these rows until "
        "the loss is near its least",
        left=left,
        rows=rows,
    )


def _deaf(worth: Worth) -> bool:
    """Whether even the best outputs leave the loss where it is."""
    return 0 < worth.constant - worth.perfect < DEAF * abs(worth.constant)


def _distinct(subject: Subject, count: int) -> Rows | None:
    """Rows that lie far from each other, not all with the same target.

    Each next one is the farthest from those that are taken: near rows with different targets
    would ask for a sharp bend, which takes long however sound the net is.
    """
    some = subject.some(CANDIDATES)
    x = np.concatenate(
        [
            each.reshape(some.count, -1).astype(np.float64)
            for each in some.arrays[: some.form.inputs]
        ],
        axis=1,
    )
    spread = x.std(axis=0)
    x = x[:, spread > 0] / spread[spread > 0]
    y = some.arrays[some.form.inputs].reshape(some.count, -1)
    taken, nearest = [0], np.square(x - x[0]).sum(axis=1)
    while len(taken) < min(count, PER_COLUMN * (x.shape[1] + 1)) and nearest.max() > 0:
        left = nearest
        if len(taken) + 1 == count and (y[taken] == y[taken[0]]).all():
            left = np.where((y != y[taken[0]]).any(axis=1), nearest, 0.0)  # another target, last
        taken.append(int(left.argmax()))
        nearest = np.minimum(nearest, np.square(x - x[taken[-1]]).sum(axis=1))
    if (y[taken] == y[taken[0]]).all():
        return None
    return Rows(tuple(array[taken] for array in some.arrays), some.form)


def _best(subject: Subject, rows: Rows) -> float:
    """What is left at the best of the rates; the first one that does well ends it."""
    best = math.inf
    for rate in RATES:
        left = _left(subject, rows, rate)
        if not left > ENOUGH:  # NaN: there is no way from a constant answer to a perfect one
            return left
        best = min(best, left)
    return best


def _left(subject: Subject, rows: Rows, rate: float) -> float:
    """What is left to learn after some steps at a rate; 1 where nothing could be learned."""
    model = copy.deepcopy(subject.model)
    parameters = model.parameters()
    wanted = set(parameters.values())
    optimizer, form = Adam(rate), rows.form
    y: Any = form.targets_of(rows.arrays)
    worth: Worth | None = None
    best = 1.0
    steps = _steps(subject)
    with np.errstate(all="ignore"):
        for step in range(steps + 1):
            token = RECORDING.set(ON)
            try:
                out = model(form.x.of([Tensor(x) for x in rows.arrays[: form.inputs]]))
                loss: Any = subject.objective(out, y, None)
            finally:
                RECORDING.reset(token)
            if worth is None:
                worth = worth_of(subject.objective, subject.facts, out.value, y)
                if math.isnan(worth.left_of(worth.constant)):
                    return math.nan
            left = worth.left_of(float(np.asarray(loss.value).item()))
            best = min(best, left) if math.isfinite(left) else best
            if best <= ENOUGH or not math.isfinite(left) or not loss.wants_gradient:
                break
            if step == steps:
                break
            gradients = walk([loss], [np.ones(loss.shape, loss.dtype)], targets=wanted)
            for p in wanted:
                p.gradient = gradients.get(p)
            try:
                optimizer.step(parameters, missing="skip")
            except ChainruleError:  # nothing flows into any parameter
                break
    return best


def _steps(subject: Subject) -> int:
    size = sum(p.size for p in subject.model.parameters().values())
    return min(STEPS, max(FEWEST, WORK // size))
