"""The net that stands: made anew by a fit, or gone on with, and left alone by a fit that fails.

Imports the net's layers. The estimators' base inherits from it.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

import numpy as np

from chainrule.errors import ArgumentError, ShapeError
from chainrule.estimators.perceptron.hidden_layers import (
    Between,
    Forward,
    draw,
    linears,
    net_again,
    net_of,
)
from chainrule.estimators.perceptron.sklearn_door import SettingError
from chainrule.nn import Sequential

Array = np.ndarray[Any, np.dtype[Any]]
SKLEARNS_OWN = ("_skl_", "_callback_", "_parent_callback_")  # while a fit runs
OF_A_FIT = ("coefs_", "intercepts_", "model_", "history_", "_optimizer", "_best_state")


@contextmanager
def unharmed(estimator: Any) -> Generator[None]:
    """What stood before a fit stands again, if it fails before an epoch has been learned."""
    facts = cast("dict[str, Any]", vars(estimator))
    before, rng = dict(facts), estimator.random_state
    drawn: Any = rng.get_state() if isinstance(rng, np.random.RandomState) else None
    estimator.n_iter_ = 0
    try:
        yield
    except BaseException:
        if not estimator.n_iter_:
            for name in [name for name in facts if not name.startswith(SKLEARNS_OWN)]:
                del facts[name]
            facts.update(before)
            if drawn is not None:
                rng.set_state(drawn)
        raise


class StandingNet:
    """The net of an estimator, whose arrays are its coefficients."""

    activation: Any
    solver: Any
    dtype: Any
    model_: Sequential
    coefs_: Any
    intercepts_: Any
    _forward: Forward
    _between: Between
    _random_state: Any

    def _begin(self, sizes: list[int], wanted: Between, dtype: Any) -> None:
        """A net with first weights, of which nothing has been told."""
        facts = vars(self)
        for name in OF_A_FIT:
            facts.pop(name, None)
        self._place(sizes, wanted, dtype)
        draw(self.model_, self.activation, self._random_state)

    def _go_on(self, sizes: list[int], wanted: Between) -> None:
        """The net that stands, with the settings of now.

        Raises
        ------
        SettingError, ArgumentError
            Where they, or the data, ask for other sizes or for another type.
        """
        weights = [np.asarray(w) for w in self.coefs_]
        stood = [weights[0].shape[0], *(w.shape[-1] for w in weights)]
        kind = weights[0].dtype
        if stood != sizes or (self.dtype is not None and np.dtype(self.dtype) != kind):
            same_data = (stood[0], stood[-1]) == (sizes[0], sizes[-1])
            raise (SettingError if same_data else ArgumentError)(
                "training cannot go on: another net is asked for than the one that stands.",
                found=[
                    f"it stands   {_row(stood)}  {kind}",
                    f"asked for   {_row(sizes)}  {self.dtype or kind}",
                ],
                do="Train a new one with fit and warm_start=False.",
            )
        if not hasattr(self, "model_"):  # somebody has set the coefficients
            self._place(sizes, wanted, kind)
            return
        if wanted != self._between:
            self.model_ = net_again(self.model_, self._between, wanted)
            self._between, self._forward = wanted, Forward(self.model_)

    def _place(self, sizes: list[int], wanted: Between, dtype: Any) -> None:
        """A net of these sizes, whose coefficients are those that stand, if there are some."""
        self.n_layers_ = len(sizes)
        self._between = wanted
        net = net_of(sizes, self._between, dtype)
        self.model_, self._forward = net, Forward(net)
        if "coefs_" not in vars(self):
            self.coefs_ = [layer.weight.value for layer in linears(net)]
            self.intercepts_ = [_bias(layer).value for layer in linears(net)]

    def _hold(self) -> None:
        """The arrays of the net are the coefficients, and what was put in their places enters."""
        if self._forward.of is not self.model_:
            raise ArgumentError(
                "model_ is another net than the one that was trained.",
                do="Give it other weights, model_.load_state(...), or leave the estimator out.",
            )
        layers = linears(self.model_)
        for name in ("coefs_", "intercepts_"):
            held = self._listed(name, len(layers))
            for i, layer in enumerate(layers):
                p = layer.weight if name == "coefs_" else _bias(layer)
                if held[i] is p.value:
                    continue
                given: Array = np.asarray(held[i])
                if given.shape != p.shape:
                    raise ShapeError(
                        f"{name}[{i}] is {given.shape}, but the net's own is {p.shape}.",
                        do="Assign arrays of the shapes that stand, or fit a net of other sizes.",
                    )
                p.write(given, "coefs_ or intercepts_")
                held[i] = p.value

    def _listed(self, name: str, layers: int) -> list[Any]:
        given: Any = getattr(self, name)
        arrays = cast("list[Any]", given if isinstance(given, list) else list(given))
        if len(arrays) != layers:
            raise ShapeError(
                f"{name} has {len(arrays)} arrays, but the net has {layers} layers of weights.",
                do="Assign one for each of them, or fit a net of other sizes.",
            )
        if arrays is not given:
            setattr(self, name, arrays)
        return arrays


def _bias(layer: Any) -> Any:
    return layer.bias


def _row(sizes: list[int]) -> str:
    return "-".join(map(str, sizes))
