"""A fit as a whole: one that fails, or is interrupted, leaves the estimator as it was.

Imports nothing. The estimators for tables mark what trains them; what they learn of the columns
and the net that reads them would else be of two tables.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
Estimator = TypeVar("Estimator")
Result = TypeVar("Result")


def whole(
    fit: Callable[Concatenate[Estimator, P], Result],
) -> Callable[Concatenate[Estimator, P], Result]:
    """The method, but what stood before stands again if it raises."""

    @wraps(fit)
    def fitting(self: Estimator, *given: P.args, **named: P.kwargs) -> Result:
        facts = vars(self)
        before = dict(facts)
        try:
            return fit(self, *given, **named)
        except BaseException:
            facts.clear()
            facts.update(before)
            raise

    return fitting
