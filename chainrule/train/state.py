"""TrainingState: where a fit stands, whole, in plain arrays and numbers.

Imports errors, nn and optim. A fit leaves one at its history, and ``fit(after=history)`` goes on
from it; what writes checkpoints writes this.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, with_article
from chainrule.nn import Module
from chainrule.nn.state_check import checked
from chainrule.optim import Optimizer

Array = np.ndarray[Any, np.dtype[Any]]
Arrays = Mapping[str, Array]
NUMBERS = ("epoch", "batch", "step", "seed", "batch_size", "rows")


def part_of(arrays: Arrays, part: str) -> dict[str, Array]:
    """The arrays whose names begin with "part/", without it."""
    return {
        name.removeprefix(f"{part}/"): array
        for name, array in arrays.items()
        if name.startswith(f"{part}/")
    }


@dataclass(frozen=True, eq=False)
class TrainingState:
    """Where a fit stands: with the same data and arguments, the next step has the same bits.

    The order of the rows, the masks of dropout and the learning rate are functions of the seed
    and of these numbers, so that they need no arrays.

    Attributes
    ----------
    epoch : int
        Epochs that are complete.
    batch : int
        Batches of the next epoch that are done: 0, unless the fit ended within an epoch, or
        before its validation.
    step : int
        Steps made in all.
    seed, batch_size, rows : int
        Of the fit; another one cannot go on from here.
    optimizer_kind : str
        The optimiser's class.
    model : dict of str to ndarray
        Parameters and buffers, as training left them: not the best ones of early stopping.
    optimizer : dict of str to ndarray
        The optimiser's memory.
    running : dict of str to ndarray
        The sums of an epoch that is not complete: rows, losses and those of the metric.
    callbacks : tuple of (str, dict of str to ndarray)
        The class of each callback that remembers something, and what.
    """

    epoch: int
    batch: int
    step: int
    seed: int
    batch_size: int
    rows: int
    optimizer_kind: str
    model: Arrays
    optimizer: Arrays
    running: Arrays = field(default_factory=dict[str, Array])
    callbacks: Sequence[tuple[str, Arrays]] = ()

    def to_arrays(self) -> dict[str, Array]:
        """Everything as arrays by name, for a file; the arrays are not copied."""
        found = {name: np.asarray(getattr(self, name)) for name in NUMBERS}
        found["optimizer_kind"] = np.asarray(self.optimizer_kind)
        for part in ("model", "optimizer", "running"):
            found |= {f"{part}/{name}": array for name, array in getattr(self, part).items()}
        for i, (kind, arrays) in enumerate(self.callbacks):
            found |= {f"callbacks/{i}/{kind}/{name}": array for name, array in arrays.items()}
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> "TrainingState":
        """The state that `to_arrays` took apart.

        Raises
        ------
        ArgumentError
            If these arrays are not a state.
        """
        missing = [name for name in (*NUMBERS, "optimizer_kind") if name not in arrays]
        if missing:
            raise ArgumentError(
                f"these arrays are not the state of a training: they lack {', '.join(missing)}.",
                do="Pass what TrainingState.to_arrays() returned.",
            )
        parts: dict[str, dict[str, Array]] = {"model": {}, "optimizer": {}, "running": {}}
        callbacks: dict[str, tuple[str, dict[str, Array]]] = {}
        for path, array in arrays.items():
            part, _, name = path.partition("/")
            if part in parts:
                parts[part][name] = np.asarray(array)
            elif part == "callbacks":
                number, kind, name = name.split("/", 2)
                callbacks.setdefault(number, (kind, {}))[1][name] = np.asarray(array)
        number = {name: int(arrays[name]) for name in NUMBERS}
        return cls(
            epoch=number["epoch"],
            batch=number["batch"],
            step=number["step"],
            seed=number["seed"],
            batch_size=number["batch_size"],
            rows=number["rows"],
            optimizer_kind=str(np.asarray(arrays["optimizer_kind"])),
            model=parts["model"],
            optimizer=parts["optimizer"],
            running=parts["running"],
            callbacks=tuple(callbacks[place] for place in sorted(callbacks, key=int)),
        )

    def check(self, seed: int, batch_size: int, rows: int, optimizer: Optimizer) -> None:
        """Raise unless a fit with these arguments can go on from here."""
        given = {"seed": seed, "batch_size": batch_size, "rows": rows}
        for name, value in given.items():
            own = getattr(self, name)
            if value != own:
                do = "Pass the same data" if name == "rows" else f"Pass {name}={own}"
                raise ArgumentError(
                    f"the fit to go on from had {name}={own}, but this one has {name}={value}: "
                    "its rows would come in another order.",
                    do=f"{do}, or start a fit of its own, without after=.",
                )
        if type(optimizer).__name__ != self.optimizer_kind:
            raise ArgumentError(
                f"the fit to go on from was made by {self.optimizer_kind}, but this one has "
                f"{type(optimizer).__name__}, which remembers other things.",
                do=f"Pass {with_article(self.optimizer_kind)}, or start a fit of its own, "
                "without after=.",
            )

    def restore(self, model: Module, optimizer: Optimizer) -> None:
        """Bring a net and its optimiser to where they stood; nothing changes unless both fit."""
        places = {path: p.value for path, p in model.parameters().items()} | model.buffers()
        checked(self.model, places)
        optimizer.load_state(self.optimizer)
        model.load_state(self.model)
