"""Words of the gamma function: gammaln, digamma, polygamma and betaln.

Imports special.
"""

from typing import Any

import numpy as np

from chainrule.domain import POSITIVE
from chainrule.errors import ArgumentError
from chainrule.graph.op.operation import op
from chainrule.ops.words.special import OrderedWord, SciPyWord1, SciPyWord2


@op("gammaln", domains=(POSITIVE,))
class GammaLn(SciPyWord1):
    """log |gamma(x)|, the logarithm of the factorial of x - 1; its slope is digamma.

    Infinite at 0 and at the negative integers, a number between them.
    """

    c = scipy = "gammaln"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (digamma(x),)


@op("digamma", domains=(POSITIVE,))
class Digamma(SciPyWord1):
    """The slope of gammaln."""

    c = scipy = "psi"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (polygamma(1, x),)


def _positive(rng: np.random.Generator) -> Any:
    return rng.uniform(0.3, 3, (3, 4))


@op("polygamma", domains=(POSITIVE,), samples=lambda rng: (1, _positive(rng)))
class Polygamma(OrderedWord):
    """The derivative of digamma of order n.

    Parameters
    ----------
    n : int
        How often digamma is differentiated; 0 is digamma itself. It stands before x.
    """

    scipy = "polygamma"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n < 0:
            raise ArgumentError(
                f"polygamma has no order {self.n}.", do="Give an order of 0 (digamma) or more."
            )

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (polygamma(self.n + 1, x),)


@op("betaln", domains=(POSITIVE, POSITIVE))
class BetaLn(SciPyWord2):
    """log |beta(x, y)|, where beta is gamma(x) gamma(y) / gamma(x + y)."""

    c = scipy = "betaln"

    def local_gradients(self, x: Any, y: Any, out: Any) -> Any:
        both = digamma(x + y)
        return lambda: digamma(x) - both, lambda: digamma(y) - both


digamma, polygamma = Digamma.function, Polygamma.function
