"""Members trained one after the other by one compiled step, each judged on the rows it left out.

Imports the recipe, nn, optim and train.Program. The estimators call it with arrays.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.estimators.member_task import Task
from chainrule.estimators.table_recipe import FEWEST_EPOCHS, Recipe
from chainrule.nn import Ensemble, Module
from chainrule.train import Program

Array = np.ndarray[Any, np.dtype[Any]]
Say = Callable[[str], None]
Watch = Callable[["Stand"], bool | None]  # True: the members that are done are enough
DECIDING = 3  # members that are trained through all waves; the others as far as those needed
SHARE = 0.9  # of the time limit that is planned; the rest is for what was not foreseen


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a training left.

    Attributes
    ----------
    ensemble : Ensemble
    held_out : ndarray, (N, outputs)
        Outputs of each row by the member that has not seen it; NaN where all have.
    epochs : tuple of int
        Passes over the rows that each member was trained for.
    """

    ensemble: Ensemble
    held_out: Array
    epochs: tuple[int, ...]


@dataclass(frozen=True)
class Stand:
    """Where a training stands, after each pass over the rows.

    Attributes
    ----------
    member, members, epoch, epochs : int
        Counted from 1, and how many there are.
    score : float
        Accuracy or R2 of the members that are done, on rows that they have not seen; NaN before
        the first.
    """

    member: int
    members: int
    epoch: int
    epochs: int
    score: float

    @property
    def share(self) -> float:
        """How much of it is done, from 0 to 1."""
        return (self.member - 1 + self.epoch / self.epochs) / self.members


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A member at the end of a wave of the learning rate.

    Attributes
    ----------
    epoch : int
    state : dict of ndarray
        Its parameters.
    outputs : ndarray, (rows, outputs)
        Of the rows that it has not seen.
    """

    epoch: int
    state: dict[str, Array]
    outputs: Array


class Unfinished(KeyboardInterrupt):
    """Somebody who watches wants no further members, and none is done."""


class Enough(Exception):
    """Somebody who watches wants no further members."""


def parts_of(
    y: Array,
    parts: int,
    classes: int,
    rng: np.random.Generator,
    groups: Array | None = None,
    origins: Array | None = None,
) -> Array:
    """The part of each row, all of about one size and with the same mix of classes.

    -1 for the rows of a class with a single row, which no member may miss. Rows of one group, a
    code for each row, are in one part, if there are several groups; shares of one row, with the
    same origin, in different ones.
    """
    if groups is not None and len(np.unique(groups)) > 1:
        _, group = np.unique(groups, return_inverse=True)
        return (rng.permutation(int(group.max()) + 1) % parts)[group]
    order = rng.permutation(len(y))
    if classes:
        order = order[np.argsort(y[order], kind="stable")]
    found = np.empty(len(y), np.int64)
    found[order] = np.arange(len(y)) % min(parts, max(len(y), 1))
    if classes:
        found[np.bincount(y, minlength=classes)[y] < 2] = -1
    if origins is not None:
        shares = np.bincount(origins)
        begins = (np.cumsum(shares) - shares)[origins]
        dealt = shares[origins] > 1
        found[dealt] = ((found[begins] + np.arange(len(y)) - begins) % parts)[dealt]
    return found


def fitted(
    task: Task, recipe: Recipe, seed: int, limit: float | None, say: Say, watch: Watch
) -> Fitted:
    """Train the members of a recipe, within a time limit in seconds if there is one."""
    started = time.monotonic()
    rng = np.random.default_rng(seed)
    part = parts_of(task.y, recipe.parts, task.classes, rng, task.groups, task.origins)
    fewest = len(part) - max(int((part == each).sum()) for each in range(recipe.parts))
    trainer = _Trainer(task, recipe, seed, recipe.rows_of_a_step(fewest))
    members: list[list[Snapshot]] = []
    reached = np.nan  # by the members so far, on rows not seen
    waves: int | None = None  # that the members are trained for
    for member in range(recipe.members):
        used = np.flatnonzero(part != member % recipe.parts)
        left = None if limit is None else SHARE * limit - (time.monotonic() - started)
        epochs = trainer.epochs(used, left, recipe.members - member)
        if member and not epochs:
            say(f"the time limit ends the training after {member} of {recipe.members} members")
            break
        watched = np.flatnonzero(part == member % recipe.parts)
        stand = Stand(member + 1, recipe.members, 0, max(epochs, 1), reached)
        try:
            members.append(trainer.member(member, used, watched, stand, waves, watch))
        except Enough:
            if not members:
                raise Unfinished from None
            break
        last = members[-1][-1]
        score = task.score(last.outputs, watched) if len(watched) else np.nan
        reached = _reached(task, _held_out(task, part, recipe, members))
        is_enough = watch(replace(stand, epoch=stand.epochs, score=reached))
        say(
            f"member {member + 1} of {recipe.members}: {last.epoch} epochs, score {score:.4f} on "
            f"{len(watched):,} rows it has not seen"
        )
        if is_enough:
            break
        if len(members) == DECIDING:
            waves = _worthwhile_waves(task, _held_out(task, part, recipe, members))
    held_out = _held_out(task, part, recipe, members)
    end = _best_wave(task, held_out)
    chosen = [snapshots[end] for snapshots in members]
    ensemble = ensemble_of(task, recipe, [snapshot.state for snapshot in chosen])
    return Fitted(ensemble, held_out[end], tuple(snapshot.epoch for snapshot in chosen))


def _reached(task: Task, held_out: list[Array]) -> float:
    """Accuracy, or R2, at the best wave: 1 minus the mean square error, standardised."""
    outputs = held_out[_best_wave(task, held_out)]
    known = np.flatnonzero(~np.isnan(outputs[:, 0]))
    if not len(known):
        return np.nan
    return (0.0 if task.classes else 1.0) + task.score(outputs[known], known)


def _best_wave(task: Task, held_out: list[Array]) -> int:
    """The one with the smallest loss on rows not seen; the later of two alike."""
    losses = [errors.mean() if len(errors) else 0.0 for errors in _errors(task, held_out)]
    return min(range(len(losses)), key=lambda place: (losses[place], -place))


def _worthwhile_waves(task: Task, held_out: list[Array]) -> int:
    """How many waves the other members need: to the best so far, and one more that may be better.

    It may not where it was worse on the rows not seen by more than one standard error of the mean:
    further ones only learn the noise of the rows. Asked of nine tables of classes and two of
    numbers, that costs no score and up to a third of the passes.
    """
    best = _best_wave(task, held_out)
    if best + 1 == len(held_out):
        return best + 1
    errors = _errors(task, held_out)
    worse = errors[best + 1] - errors[best]
    certain = len(worse) > 1 and worse.mean() > worse.std() / np.sqrt(len(worse))
    return best + (1 if certain else 2)


def _errors(task: Task, held_out: list[Array]) -> list[Array]:
    """For each wave: those of the rows that somebody has not seen."""
    known = np.flatnonzero(~np.isnan(held_out[0][:, 0]))
    return [task.errors_of(outputs[known], known) for outputs in held_out]


def _held_out(
    task: Task, part: Array, recipe: Recipe, members: list[list[Snapshot]]
) -> list[Array]:
    """For each wave of the learning rate: of each row the outputs of who has not seen it."""
    waves = min(map(len, members))
    found = np.full((waves, len(task.x), task.outputs), np.nan, np.float32)
    for member, snapshots in enumerate(members):
        rows = part == member % recipe.parts
        for wave, snapshot in enumerate(snapshots[:waves]):
            found[wave, rows] = snapshot.outputs
    return list(found)


def ensemble_of(task: Task, recipe: Recipe, states: list[dict[str, Array]]) -> Ensemble:
    """The members, side by side."""
    waiting = iter(states)

    def make() -> Module:
        net = recipe.net(task.layout, task.outputs)
        net.load_state(next(waiting))
        return net

    return Ensemble(make, len(states), link="softmax" if task.classes else "")


class _Trainer:
    """One net, one optimiser and one compiled step, with which every member begins anew."""

    def __init__(self, task: Task, recipe: Recipe, seed: int, batch: int) -> None:
        self._task, self._recipe, self._seed, self._batch = task, recipe, seed, batch
        self._rates: Callable[[int], float] = lambda step: recipe.rate
        self._begun = 0  # how many steps of the program were made for other members
        self._pace = 0.0  # seconds of a pass over one row
        weights = task.weights
        self._weights = None if (weights == weights[0]).all() else weights
        self._build(1)

    def _build(self, steps: int) -> None:
        """A net, an optimiser and a program for trainings of so many steps."""
        task, recipe = self._task, self._recipe
        self._net = recipe.net(task.layout, task.outputs, steps=steps)
        self._optimizer = recipe.optimizer(self._net, steps)
        self._program = Program(
            self._net,
            task.loss(recipe),
            self._optimizer,
            schedule=lambda step: self._rates(step - self._begun),
        )

    def epochs(self, used: Array, left: float | None, members: int) -> int:
        """How many passes this member may have, if so many members share the time that is left."""
        full = self._recipe.passes(len(used))
        if left is None:
            return full
        if not self._pace:
            self._measure(used)
            left -= self._pace * 4 * len(used)
        fit = left / max(self._pace * len(used), 1e-9)
        own = int(fit / members)
        if own >= FEWEST_EPOCHS or members == 1:
            return min(full, max(own, 0))
        return min(full, FEWEST_EPOCHS) if fit >= FEWEST_EPOCHS else 0

    def member(
        self,
        number: int,
        used: Array,
        watched: Array,
        stand: Stand,
        waves: int | None,
        watch: Watch,
    ) -> list[Snapshot]:
        """Train from other first weights; how the net was at the end of each of so many waves."""
        task, recipe, epochs = self._task, self._recipe, stand.epochs
        rng = np.random.default_rng((self._seed, number))
        batch = self._batch
        whole = len(used) // batch * batch
        steps = whole // batch * epochs
        self._begin(int(rng.integers(2**31)), used, steps)
        schedule, program = recipe.schedule(steps), self._program
        self._rates = lambda step: float(schedule(step))
        ends = recipe.ends(epochs)[:waves]
        found: list[Snapshot] = []
        rows = np.ascontiguousarray(task.x[watched])
        best = -np.inf
        for epoch in range(1, ends[-1] + 1):
            began = time.perf_counter()
            program.epoch(
                task.x, task.y, batch, rng.permutation(used)[:whole], sample_weight=self._weights
            )
            pace = (time.perf_counter() - began) / len(used)
            self._pace = pace if epoch == 1 else 0.5 * (pace + self._pace)
            if epoch < ends[-1] and watch(replace(stand, epoch=epoch)):  # the last has a score
                raise Enough
            if epoch not in ends:
                continue
            outputs: Array = np.empty((0, task.outputs), np.float32)
            outputs = np.array(program.predict(rows)) if len(rows) else outputs
            if recipe.keeps_best:
                score = task.score(outputs, watched) if len(rows) else 0.0
                if score < best:
                    continue
                best = score
                found.clear()
            found += ends.count(epoch) * [Snapshot(epoch, self._net.state(), outputs)]
        return found

    def _begin(self, seed: int, used: Array, steps: int) -> None:
        task, recipe = self._task, self._recipe
        if recipe.is_timed:
            self._build(steps)
        fresh = recipe.net(task.layout, task.outputs, seed)
        recipe.begin(fresh, task.x[used], seed)
        self._net.load_state(fresh.state())
        self._optimizer.load_state({"steps": np.asarray(0)})
        self._begun = self._program.steps

    def _measure(self, used: Array) -> None:
        """A few steps, to see how long one takes once it is compiled."""
        batch = self._batch
        rows = used[: len(used) // batch * batch][: 4 * batch]
        for _ in range(2):
            began = time.perf_counter()
            self._program.epoch(self._task.x, self._task.y, batch, rows, self._weights)
            self._pace = (time.perf_counter() - began) / len(rows)
