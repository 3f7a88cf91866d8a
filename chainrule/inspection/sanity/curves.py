"""Update ratios, overfitting and underfitting: by the curves of a training, or by other rows.

Imports the subject, ratios, the second opinion and result. Without a history and without rows
that were held out, what only they can tell is left out, and says so.
"""

import copy
import math
from typing import Any

import numpy as np

from chainrule.graph.nodes.walk import walk
from chainrule.inspection.ratios import LOWEST, Ratio, read_ratios
from chainrule.inspection.result import ERRORS, GAP
from chainrule.inspection.sanity.check import Check, alarm, fine, left_out
from chainrule.inspection.sanity.looked_at import Curves, Subject
from chainrule.inspection.sanity.second_opinion import Opinion
from chainrule.inspection.sanity.worth import Worth, worth_of
from chainrule.settings import ON, RECORDING
from chainrule.tensors import Tensor
from chainrule.train.evaluation import predict

Array = np.ndarray[Any, np.dtype[Any]]
RATIO = "update_ratio/"
WILD = 0.1  # update:weight: after ten steps nothing is left of what was learned
LONG = 0.05  # too long where training has come to little: five times the highest healthy one
TOSSED = 5.0  # an epoch's loss over that of equal scores, of one who knows nothing
STUCK = 0.5  # what is left to learn where slow or long steps have done harm
STEPS, BATCH = 10, 32  # tried with an optimiser where no history tells

APART = 0.5  # of the way to a constant answer, that held-out rows lie above those of training
RISEN, BY = 0.15, 0.25  # of that way, and of the lowest validation loss, by which it has risen

BEHIND, FALLEN = 0.2, 0.15  # of that way, if accuracy or R^2 fall behind by so much, too
WATCHED = "validation_"

BETTER = 1.5  # times the errors of a plain learner, and ...
LABELS, NUMBERS = 0.08, 0.2  # ... so much more of the rows, or of the spread
NOTHING = 0.9  # of the way that is left after training
FALLING, END = 0.1, 0.2  # a loss still falls that loses a tenth in the last fifth of the epochs


def ratios_in(curves: Curves) -> tuple[Ratio, ...]:
    """The readings of a history's columns."""
    found = {name[len(RATIO) :]: x for name, x in curves.items() if name.startswith(RATIO)}
    return read_ratios(found)


def curve_checks(
    subject: Subject, ratios: tuple[Ratio, ...], opinion: Opinion | None, astray: bool
) -> list[Check]:
    """How the training went, and what it came to; of one that went astray, it is not asked."""
    under = left_out("underfitting", "what is worse than a constant answer is told there")
    if not astray:
        under = _underfitted(subject, opinion)
    return [_updates(subject, ratios), under, _overfitted(subject)]


def _left(subject: Subject) -> float:
    """What is left to learn; NaN where nobody can say."""
    return subject.worth.left if subject.loss is not None and subject.single else math.nan


def _updates(subject: Subject, ratios: tuple[Ratio, ...]) -> Check:
    known = [each for each in ratios if math.isfinite(each.typical)]
    if not known:
        return left_out("update_ratio", "it needs history= of a training, or optimizer=")
    left = _left(subject)
    learned = left < STUCK
    low, high = min(known, key=_typical), max(known, key=_typical)
    numbers = {"lowest": low.typical, "highest": high.typical, "layers": [r.name for r in known]}
    said = f"an update changes weights by {low.typical:.0e} to {high.typical:.0e} of their size"
    tossed = _tossed(subject)
    if tossed:
        return alarm(
            "update_ratio",
            high.name,
            f"{tossed}; {said}",
            "the steps are so long that the loss rises before it falls",
            "Lower the learning rate by a factor of 10",
            **numbers,
        )
    if high.typical > (LONG if subject.trained and not learned else WILD):
        return alarm(
            "update_ratio",
            high.name,
            f"an update changes it by {high.typical:.0e} of its size, where 1e-3 is healthy",
            "the learning rate is too high: each step undoes what those before it have learned",
            "Lower the learning rate by a factor of 10",
            **numbers,
        )
    if low.typical < LOWEST and not learned:
        return alarm(
            "update_ratio",
            low.name,
            f"an update changes it by {low.typical:.0e} of its size, where 1e-3 is healthy, and "
            "there is much left to learn",
            "the learning rate is too low, or hardly a gradient arrives there",
            "Raise the learning rate by a factor of 10",
            **numbers,
        )
    return fine("update_ratio", said, **numbers)


def _tossed(subject: Subject) -> str:
    """Whether the loss of an epoch was far above that of outputs of 0; in words."""
    losses = np.asarray(subject.curves.get("data_loss", ()), float)
    if not len(losses) or subject.loss is None or not subject.single:
        return ""
    even, worst = subject.worth.even - subject.penalty_inside, int(np.nanargmax(losses))
    if not even > 0 or losses[worst] <= TOSSED * even:
        return ""
    return (
        f"in epoch {worst + 1} the loss was {losses[worst]:.4g}, and outputs of 0 have {even:.4g}"
    )


def _typical(ratio: Ratio) -> float:
    return ratio.typical


def tried_ratios(subject: Subject) -> tuple[Ratio, ...]:
    """Of some steps that a copy of the net makes with a copy of the optimiser."""
    if subject.optimizer is None or subject.optimizer.needs_closure or subject.loss is None:
        return ()
    model, optimizer = copy.deepcopy((subject.model, subject.optimizer))
    parameters = {path: p for path, p in model.parameters().items() if p.wants_gradient}
    if not parameters:
        return ()
    found: dict[str, list[float]] = {path: [] for path, p in parameters.items() if p.ndim > 1}
    rows = subject.sample.rows
    for step in range(STEPS):
        places = (np.arange(BATCH) * STEPS + step) % rows.count
        part = [array[places] for array in rows.arrays]
        token = RECORDING.set(ON)
        try:
            with np.errstate(all="ignore"):
                out = model(rows.form.x.of([Tensor(x) for x in part[: rows.form.inputs]]))
                loss: Any = subject.objective(out, rows.form.targets_of(part), None)
                ones = np.ones(loss.shape, loss.dtype)
                gradients = walk([loss], [ones], targets=set(parameters.values()))
        finally:
            RECORDING.reset(token)
        for p in parameters.values():
            p.gradient = gradients.get(p)
        before = {path: np.array(parameters[path].value, np.float64) for path in found}
        if all(p.gradient is None for p in parameters.values()):
            return ()
        optimizer.step(parameters, missing="skip")
        for path, old in before.items():
            size, moved = np.linalg.norm(old), np.linalg.norm(parameters[path].value - old)
            found[path].append(float(moved / size) if size else math.nan)
    return read_ratios(found)


def _underfitted(subject: Subject, opinion: Opinion | None) -> Check:
    name = "underfitting"
    if subject.loss is None or not subject.single or not math.isfinite(subject.worth.left):
        return left_out(name, "it needs one array of outputs, and a loss of numbers or labels")
    worth = subject.worth
    if not subject.trained:
        return left_out(name, "nothing is learned yet")
    said = f"{worth.left:.0%} of the loss of a constant answer is left"
    falls = _falls(subject)
    numbers: dict[str, Any] = {"left": worth.left, "errors": worth.errors}
    if opinion is not None and math.isfinite(worth.errors):
        numbers["plain"] = opinion.errors
        least = LABELS if opinion.of_labels else NUMBERS
        spare = max(least, ERRORS * _chance(opinion.errors, subject.rows.count))
        if worth.errors > max(BETTER * opinion.errors, opinion.errors + spare):
            return alarm(
                name,
                "",
                f"on rows that it was trained on the net misses {worth.errors:.1%}, a plain "
                f"learner {opinion.errors:.1%} on rows that it has not seen",
                "there is more in the inputs than this net has learned: too few steps, too low a "
                "rate, too strong a penalty, or too few units",
                "Train longer; the loss still falls at the end"
                if falls
                else "Raise the learning rate or the number of hidden units, one at a time",
                **numbers,
            )
    if worth.left > NOTHING or (falls and worth.left > STUCK):
        return alarm(
            name,
            "",
            f"after training {said}" + (", and the loss still falls" if falls else ""),
            "the net has learned little: too few steps, too low a rate, too strong a penalty, or "
            "inputs that do not tell",
            "Train longer" if falls else "Raise the learning rate, or lower the penalty",
            **numbers,
        )
    return fine(name, said, **numbers)


def _chance(share: float, rows: int) -> float:
    return math.sqrt(max(share * (1 - share), 0.0) / rows)


def _falls(subject: Subject) -> bool:
    losses = np.asarray(subject.curves.get("data_loss", subject.curves.get("loss", ())), float)
    if len(losses) < 1 / END or not np.isfinite(losses).all():
        return False
    before = losses[-1 - max(int(END * len(losses)), 1)]
    return bool(before - losses[-1] > FALLING * abs(before))


def _overfitted(subject: Subject) -> Check:
    name = "overfitting"
    if subject.loss is None or not subject.single or not math.isfinite(subject.worth.left):
        return left_out(name, "it needs one array of outputs, and a loss of numbers or labels")
    if subject.held_out is not None:
        return _beside(subject, subject.held_out)
    watched = np.asarray(subject.curves.get("validation_loss", ()), float)
    seen = np.asarray(subject.curves.get("data_loss", subject.curves.get("loss", ())), float)
    if not len(watched) or len(watched) != len(seen) or not np.isfinite(watched).all():
        return left_out(name, "it needs validation=(X, y), or history= with a validation part")
    kept = (subject.best_epoch or len(watched)) - 1
    way = subject.worth.constant - subject.worth.perfect
    apart = float(watched[kept] - seen[kept]) / way
    lowest = int(watched[: kept + 1].argmin())
    risen = float(watched[kept] - watched[lowest])
    said = (
        f"the validation loss ends at {watched[kept]:.4g}, its lowest is {watched[lowest]:.4g} in "
        f"epoch {lowest + 1}; the training loss ends at {seen[kept]:.4g}"
    )
    numbers = {"apart": apart, "risen": risen / way, "epoch": lowest + 1}
    rises = risen > RISEN * way and risen > BY * watched[lowest] and seen[kept] < seen[lowest]
    falls_behind = apart > BEHIND and _metric_gap(subject, kept) > FALLEN
    if not rises and not falls_behind and apart <= APART:
        return fine(name, said, **numbers)
    return _by_heart(said, numbers)


def _metric_gap(subject: Subject, epoch: int) -> float:
    """By how much a metric of the validation part falls behind; accuracy or R^2, 0 if unknown."""
    gaps = [
        float(column[epoch] - subject.curves[f"{WATCHED}{name}"][epoch])
        for name, column in subject.curves.items()
        if f"{WATCHED}{name}" in subject.curves and name != "loss"
    ]
    return gaps[0] if len(gaps) == 1 and math.isfinite(gaps[0]) else 0.0


def _beside(subject: Subject, rows: Any) -> Check:
    """The net on rows that were held out."""
    form = rows.form
    out = predict(subject.model, form.inputs_of(rows.arrays))
    there: Worth = worth_of(
        subject.objective, subject.facts, np.asarray(out), rows.arrays[form.inputs]
    )
    here = subject.worth
    is_share = bool(subject.classes) or subject.facts.targets == "shares"
    usual = GAP["accuracy"] if is_share else GAP["R^2"]
    chance = ERRORS * _chance(there.errors, rows.count) if is_share else 0.0
    more, apart = there.errors - here.errors, here.left_of(there.loss) - here.left
    said = (
        f"the loss is {here.loss:.4g} on these rows and {there.loss:.4g} on held-out ones; "
        f"{here.errors:.1%} and {there.errors:.1%} are missed"
    )
    numbers = {"loss": here.loss, "held_out": there.loss, "apart": apart, "more_errors": more}
    if not more > max(usual, chance) and apart <= APART:
        return fine("overfitting", said, **numbers)
    return _by_heart(said, numbers)


def _by_heart(said: str, numbers: dict[str, Any]) -> Check:
    return alarm(
        "overfitting",
        "",
        said,
        "the net has learned its rows by heart: it has more freedom than the rows have to tell",
        "Keep the weights of the best epoch: early_stopping=10; or a stronger L2, or more rows",
        **numbers,
    )
