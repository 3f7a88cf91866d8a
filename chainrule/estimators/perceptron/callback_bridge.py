"""scikit-learn's callbacks, told of each epoch of a fit: progress bars, monitors of scores.

Imports scikit-learn's door to them and train's callbacks.
"""

from collections.abc import Generator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any, cast

from chainrule.estimators.perceptron.hidden_layers import Forward
from chainrule.train import Callback

KEPT = ("_random_state",)  # ends like a fitted attribute, and is none


@contextmanager
def telling(estimator: Any, incremental: bool, x: Any, y: Any, weights: Any) -> Generator[None]:
    """While a fit lasts its epochs are told to scikit-learn's callbacks, if there are some."""
    estimator._bridges = ()
    if incremental or not hasattr(estimator, "_skl_callbacks"):
        yield
        return
    context = estimator._init_callback_context(max_subtasks=estimator.max_iter)
    bridge = Bridge(estimator, context, x, y, weights)
    context.call_on_fit_task_begin(estimator=estimator, **bridge.given)
    estimator._bridges = (bridge,)
    try:
        yield
    finally:
        estimator._bridges = ()
    context.call_on_fit_task_end(
        estimator=estimator, **bridge.given, reconstruction_attributes=bridge.attributes
    )


class Bridge(Callback):
    """Tells the callbacks of ``estimator.set_callbacks`` when an epoch begins and ends.

    Parameters
    ----------
    estimator : estimator
    context : sklearn.callback.CallbackContext
        Of the whole fit.
    x, y : array-like
        What fit was given.
    weights : array-like, optional
    """

    def __init__(self, estimator: Any, context: Any, x: Any, y: Any, weights: Any) -> None:
        self._estimator, self._context = estimator, context
        metadata = None if weights is None else {"sample_weight": weights}
        self.given = {"X": x, "y": y, "metadata": metadata}
        self._epoch: Any = None

    def on_epoch_start(self, state: Any) -> None:
        self.begins()

    def on_epoch_end(self, state: Any) -> None:
        with state.averaged():
            ends = self.ends()
        if ends:
            state.stop("callback")

    def begins(self) -> None:
        """Another epoch, or another iteration of a search."""
        self._epoch = self._context.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(estimator=self._estimator, **self.given)

    def ends(self) -> bool:
        """It is done; whether somebody asks to stop."""
        return self._epoch.call_on_fit_task_end(
            estimator=self._estimator, **self.given, reconstruction_attributes=self.attributes
        )

    def attributes(self) -> dict[str, Any]:
        """What an estimator needs that answers with the weights of now."""
        facts = cast("dict[str, Any]", vars(self._estimator))
        ours = {name for name in facts if name.endswith("_") and not name.startswith("__")}
        kept = deepcopy({name: facts[name] for name in ours - {*KEPT}})
        return kept | {"_forward": Forward(kept["model_"])}
