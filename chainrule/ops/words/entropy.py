"""Words of entropy and chances: xlogy, xlog1py, entr, rel_entr, kl_div and logit.

Imports special and letters. 0 * log(0) is 0, and so are the slopes where they would not exist.
"""

from typing import Any

from chainrule.domain import POSITIVE, REAL, Domain
from chainrule.graph.op.operation import op
from chainrule.ops.letters.logic import equal, logical_and, where
from chainrule.ops.letters.transcendental import log, log1p
from chainrule.ops.words.special import SciPyWord1, SciPyWord2


@op("xlogy", domains=(REAL, POSITIVE))
class XLogY(SciPyWord2):
    """x * log(y), and 0 where x is 0; at x = y = 0 both slopes are 0."""

    c = scipy = "xlogy"

    def local_gradients(self, x: Any, y: Any, out: Any) -> Any:
        bare = logical_and(equal(x, 0), equal(y, 0))
        return lambda: where(bare, 0, log(y)), lambda: where(bare, 0, x / y)


@op("xlog1py", domains=(REAL, Domain(low=-1.0, sample_low=-0.7)))
class XLog1pY(SciPyWord2):
    """x * log(1 + y), and 0 where x is 0; at x = 0, y = -1 both slopes are 0."""

    c = scipy = "xlog1py"

    def local_gradients(self, x: Any, y: Any, out: Any) -> Any:
        bare = logical_and(equal(x, 0), equal(y, -1))
        return lambda: where(bare, 0, log1p(y)), lambda: where(bare, 0, x / (1 + y))


@op("entr", domains=(POSITIVE,))
class Entr(SciPyWord1):
    """-x * log(x), one term of an entropy in nats; 0 at 0, where its slope counts as 0."""

    c = scipy = "entr"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (where(equal(x, 0), 0, -1 - log(x)),)


@op("rel_entr", domains=(POSITIVE, POSITIVE))
class RelEntr(SciPyWord2):
    """x * log(x / y), one term of a relative entropy in nats; value and slopes at x = 0 are 0."""

    c = scipy = "rel_entr"

    def local_gradients(self, x: Any, y: Any, out: Any) -> Any:
        empty = equal(x, 0)
        return (
            lambda: where(empty, 0, log(x) - log(y) + 1),  # x / y may overflow
            lambda: where(empty, 0, -x / y),
        )


@op("kl_div", domains=(POSITIVE, POSITIVE))
class KLDiv(SciPyWord2):
    """x * log(x / y) - x + y: a relative entropy whose every term is at least 0.

    At x = 0 the value is y, and the slope in x counts as 0.
    """

    c = scipy = "kl_div"

    def local_gradients(self, x: Any, y: Any, out: Any) -> Any:
        empty = equal(x, 0)
        return lambda: where(empty, 0, log(x) - log(y)), lambda: 1 - where(empty, 0, x / y)


@op("logit", domains=(Domain(low=0.0, high=1.0, sample_low=0.1, sample_high=0.9),))
class Logit(SciPyWord1):
    """log(x / (1 - x)): the score of a chance, the inverse of sigmoid."""

    c = scipy = "logit"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (1 / (x * (1 - x)),)
