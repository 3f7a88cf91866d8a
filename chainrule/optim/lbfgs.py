"""L-BFGS: Newton's direction from the last few steps, without ever storing a Hessian.

Imports the optimiser's base class, the line search, and the problem they are given. A whole
minimisation is SciPy's L-BFGS-B, which takes less time; but it cannot be left and taken up again,
which the epochs of ``fit`` ask for. Begun anew for each step it needs three times the losses.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, UnsupportedError
from chainrule.optim.arguments import not_negative, whole
from chainrule.optim.chosen import Parameters
from chainrule.optim.line_search import Point, wolfe_search
from chainrule.optim.minimizing import minimize
from chainrule.optim.optimizer import Array, Optimizer
from chainrule.optim.problem import Closure, Place, Problem

# Of a pair, relative to its gradient's square: below it is rounding error.
ENOUGH_CURVATURE = 1e-10
TRIES = 20  # losses of a line search at most: SciPy's own number


class LBFGS(Optimizer):
    """Limited-memory BFGS with a strong Wolfe line search, for losses over the whole data.

    A step computes the loss several times, so it takes a closure: a function without arguments
    that computes the loss from the parameters as they are and returns it (no ``backward()``).
    The line search compares losses; they must come from the same rows each time. Minibatches
    would mislead it, and ``fit`` refuses them.

    Parameters
    ----------
    rate : float, default 1
        The step length that ``step`` tries first, in units of the direction's own; 1 is Newton's.
    history : int, default 10
        Steps remembered; Nocedal and Wright find 3 to 20 useful.

    Source
    ------
    Liu and Nocedal 1989; Nocedal and Wright 2006, "Numerical optimization", algorithm 7.4.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> p = cr.parameter(np.array([-1.2, 1.0]), name="p")
    >>> def rosenbrock():
    ...     return 100 * (p[1] - p[0] ** 2) ** 2 + (1 - p[0]) ** 2
    >>> loss = LBFGS().minimize(rosenbrock, [p], steps=50, tolerance=1e-10)
    >>> p.data.round(6).tolist()
    [1.0, 1.0]
    """

    name = "lbfgs"
    settings = ("rate", "history")
    elementwise = False
    needs_closure = True

    def __init__(self, rate: float = 1.0, history: int = 10) -> None:
        super().__init__(rate)
        self.history = whole("LBFGS", "history", history, least=1)
        self._moves: list[Array] = []  # s: how far the parameters went, oldest first
        self._turns: list[Array] = []  # y: how the gradient changed on the way

    def update(
        self, parameter: Any, gradient: Any, state: tuple[Any, ...], rate: Any, step: Any
    ) -> tuple[Any, tuple[Any, ...]]:
        """L-BFGS has no rule for one parameter."""
        raise UnsupportedError(
            "LBFGS has no rule that updates one parameter from one gradient.",
            do="Call step(parameters, closure=...), minimize(closure, parameters) or cr.fit.",
        )

    def step(
        self,
        parameters: Parameters,
        missing: str = "raise",
        rate: float | None = None,
        closure: Closure | None = None,
    ) -> None:
        """Go once along the direction, as far as the line search finds good.

        Parameters
        ----------
        parameters, missing, rate
            As in :meth:`Optimizer.step`.
        closure : callable
            Returns the loss, a tensor of one number, from the parameters as they are.
        """
        if closure is None:
            raise ArgumentError(
                "a step of LBFGS computes the loss several times, but there is no closure.",
                do="Pass a function that returns the loss: step(parameters, closure=lambda: ...).",
            )
        used = self.rate if rate is None else not_negative("LBFGS", "rate", rate)
        problem = Problem(closure, parameters, missing)
        with np.errstate(all="ignore"):
            self._advance(problem, problem.evaluate(), used)

    def minimize(
        self,
        closure: Closure,
        parameters: Parameters,
        steps: int = 100,
        tolerance: float = 1e-6,
    ) -> float:
        """Follow the loss down until its gradient is flat, by :func:`minimize`; return it there.

        Parameters
        ----------
        closure : callable
            Returns the loss, a tensor of one number, from the parameters as they are.
        parameters : mapping of str to Parameter, or iterable of Parameter
        steps : int, default 100
            Steps at most.
        tolerance : float, default 1e-6
            Stop when no element of the gradient is larger than this.
        """
        whole("LBFGS", "steps", steps)
        not_negative("LBFGS", "tolerance", tolerance)
        problem = Problem(closure, parameters, "raise")
        here = problem.evaluate()
        if not steps:
            return here.loss

        def function(position: Array) -> tuple[float, Array]:
            there = problem.evaluate(position)
            return there.loss, there.gradient

        found = minimize(
            function,
            here.position,
            iterations=steps,
            evaluations=steps * TRIES,
            tolerance=tolerance,
            least_fall=0,
            history=self.history,
        )
        self.steps += found.iterations
        problem.settle(found.position)
        return found.loss

    def state(self) -> dict[str, Array]:
        """Steps made, and the pairs remembered: arrays (pairs, elements of all parameters)."""
        return {
            "steps": np.asarray(self.steps),
            "moves": np.array(self._moves, np.float64),
            "turns": np.array(self._turns, np.float64),
        }

    def load_state(self, arrays: Mapping[str, Any]) -> None:
        """Go on from what ``state()`` returned."""
        if set(arrays) != {"steps", "moves", "turns"}:
            raise ArgumentError(
                "these arrays are not the state of LBFGS.",
                found=[", ".join(sorted(arrays)) or "nothing"],
                do="It keeps steps, moves and turns.",
            )
        self.steps = int(arrays["steps"])
        self._moves = [np.array(move, np.float64) for move in arrays["moves"]]
        self._turns = [np.array(turn, np.float64) for turn in arrays["turns"]]

    def _advance(self, problem: Problem, here: Place, rate: float) -> None:
        """One step; none if the loss falls in no direction that is known."""
        if self._moves and self._moves[0].size != here.gradient.size:
            self._moves, self._turns = [], []  # other parameters than before
        direction = two_loop(here.gradient, self._moves, self._turns)
        slope = float(direction @ here.gradient)
        if not slope < 0:  # rounding has spoilt the pairs: start again downhill
            self._moves, self._turns = [], []
            direction = -here.gradient
            slope = float(direction @ here.gradient)
        self.steps += 1
        if slope == 0 or not np.isfinite(here.loss) or not np.isfinite(slope):
            problem.settle(here.position)
            return
        # Without curvature the gradient's length means nothing: the first step moves about 1.
        first = rate
        if not self._moves:
            first = rate * min(1.0, 1 / float(np.sum(np.abs(here.gradient))))

        def look(length: float) -> Point:
            place = problem.evaluate(here.position + length * direction)
            return Point(length, place.loss, float(direction @ place.gradient), place)

        found = wolfe_search(look, Point(0.0, here.loss, slope, here), first)
        there = here if found is None else found.extra
        problem.settle(there.position)
        if found is None:
            self._moves, self._turns = [], []
        else:
            self._remember(there.position - here.position, there.gradient - here.gradient)

    def _remember(self, move: Array, turn: Array) -> None:
        """Keep the pair if the loss is curved along it; forget the oldest."""
        if move @ turn > ENOUGH_CURVATURE * (turn @ turn):
            self._moves = [*self._moves, move][-self.history :]
            self._turns = [*self._turns, turn][-self.history :]


def two_loop(gradient: Array, moves: Sequence[Array], turns: Sequence[Array]) -> Array:
    """Minus the inverse Hessian times the gradient, from pairs of moves and turns."""
    direction = -gradient
    shares: list[float] = []
    for move, turn in zip(reversed(moves), reversed(turns), strict=True):
        share = float(move @ direction) / float(move @ turn)
        direction = direction - share * turn
        shares.append(share)
    if moves:
        direction = direction * (float(moves[-1] @ turns[-1]) / float(turns[-1] @ turns[-1]))
    for move, turn, share in zip(moves, turns, reversed(shares), strict=True):
        direction = direction + (share - float(turn @ direction) / float(move @ turn)) * move
    return direction
