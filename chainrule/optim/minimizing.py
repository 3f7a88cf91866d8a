"""minimize: a smooth function of one vector is followed down, by SciPy's L-BFGS-B.

Imports errors and the checks of numbers; L-BFGS and the training of whole nets use it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, NonFiniteError
from chainrule.graph.op.operands import unmasked
from chainrule.optim.arguments import not_negative, whole

Array = np.ndarray[Any, np.dtype[Any]]
STOPPED = "a callback asked to stop"
LEAST_FALL = 2.220446049250313e-09  # SciPy's own: 1e7 times the rounding error of float64


@dataclass(frozen=True, eq=False)
class Minimum:
    """Where a minimisation stands or has ended, and why.

    Attributes
    ----------
    position : ndarray, (size,)
    loss : float
    iterations : int
        Line searches made.
    evaluations : int
        Losses and gradients computed.
    converged : bool
        Whether the gradient is flat, or the loss falls no more.
    message : str
        SciPy's word on why it ended, or who ended it; "" while it goes on.
    """

    position: Array
    loss: float
    iterations: int
    evaluations: int
    converged: bool = False
    message: str = ""


def minimize(
    function: Callable[[Array], tuple[float, Array]],
    start: Any,
    *,
    iterations: int = 200,
    evaluations: int = 15_000,
    tolerance: float = 1e-4,
    least_fall: float = LEAST_FALL,
    history: int = 10,
    callback: Callable[[Minimum], object] | None = None,
) -> Minimum:
    """Follow a function down from a vector, by SciPy's L-BFGS-B.

    Parameters
    ----------
    function : callable
        Takes a vector of float64 and returns the loss there and its gradient, as
        ``cr.value_and_grad`` and ``cr.compile`` make them.
    start : array, (size,)
    iterations : int, default 200
        Line searches at most.
    evaluations : int, default 15000
        Losses computed at most; the line search in progress is finished.
    tolerance : float, default 1e-4
        Stop where no element of the gradient is larger.
    least_fall : float, default 2.2e-9
        Stop where an iteration lowers the loss by no more than this, relative to the loss (or to
        1, where that is larger). 0: go on while it falls at all.
    history : int, default 10
        Steps remembered for Newton's direction.
    callback : callable, optional
        Is given a :class:`Minimum` after each iteration, and stops the search by returning True.

    Raises
    ------
    NonFiniteError
        If the loss or its gradient is NaN or infinite where the search starts. Elsewhere the
        search steps back from such a place.

    Source
    ------
    Byrd, Lu, Nocedal, Zhu 1995, "A limited memory algorithm for bound constrained optimization".

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> def rosenbrock(p):
    ...     return 100 * (p[1] - p[0] ** 2) ** 2 + (1 - p[0]) ** 2
    >>> found = minimize(cr.value_and_grad(rosenbrock), np.array([-1.2, 1.0]), tolerance=1e-8)
    >>> found.position.round(4).tolist(), found.converged
    ([1.0, 1.0], True)
    """
    whole("minimize", "iterations", iterations, least=1)
    whole("minimize", "evaluations", evaluations, least=1)
    whole("minimize", "history", history, least=1)
    not_negative("minimize", "tolerance", tolerance)
    not_negative("minimize", "least_fall", least_fall)
    first = np.array(unmasked(start), np.float64)
    if first.ndim != 1:
        raise ArgumentError(
            f"a function of one vector is minimised, but the start has shape {first.shape}.",
            do="Give start.ravel(), and reshape it in the function.",
        )
    from scipy import optimize  # noqa: PLC0415  importing SciPy takes longer than NumPy

    scipy: Any = optimize  # which has no types

    counting, made, stopped = _Counting(function), 0, False

    def heard(intermediate_result: Any) -> None:  # SciPy goes by the name of the parameter
        nonlocal made, stopped
        made += 1
        x, loss = intermediate_result.x.copy(), float(intermediate_result.fun)
        if callback is not None and callback(Minimum(x, loss, made, counting.count)):
            stopped = True
            raise StopIteration

    if not first.size:
        loss, _ = counting(first)
        return Minimum(first, loss, 0, 1, True, "there is nothing to change")
    with np.errstate(all="ignore"):  # a trial step may go too far; the search steps back
        found = scipy.minimize(
            counting,
            first,
            method="L-BFGS-B",
            jac=True,
            callback=heard,
            options={
                "maxiter": iterations,
                "maxfun": evaluations,
                "gtol": tolerance,
                "ftol": least_fall,
                "maxcor": history,
            },
        )
    count, converged = counting.count, bool(found.success) and not stopped
    message = STOPPED if stopped else found.message
    return Minimum(found.x, float(found.fun), int(found.nit), count, converged, message)


class _Counting:
    """The function, whose calls are counted; infinity and NaN are answered by a wall.

    SciPy's line search would end at one without a word. A loss that rises as steeply from the
    lowest place seen as it falls there halves the step.
    """

    def __init__(self, function: Callable[[Array], tuple[float, Array]]) -> None:
        self._function = function
        self.count = 0
        self._lowest: tuple[Array, float, Array]

    def __call__(self, position: Array) -> tuple[float, Array]:
        loss, gradient = self._function(position)
        loss, gradient = float(loss), np.asarray(unmasked(gradient), np.float64)
        self.count += 1
        is_number = np.isfinite(loss) and np.isfinite(gradient).all()
        if self.count == 1 and not is_number:
            raise NonFiniteError(
                f"the loss is {loss} where the search for its minimum starts."
                if not np.isfinite(loss)
                else "the gradient is not finite where the search for the loss's minimum starts.",
                do="Start where both are numbers.",
            )
        if is_number:
            if self.count == 1 or loss < self._lowest[1]:
                self._lowest = position.copy(), loss, gradient.copy()
            return loss, gradient
        lowest, least, slope = self._lowest
        return least + abs(float(slope @ (position - lowest))), -slope
