"""Letters of choice: comparisons, logic, and where.

Imports the families. All but where answer booleans, which no gradient flows into.
"""

from typing import Any

import numpy as np

from chainrule.domain import KINK_AT_ZERO
from chainrule.graph.op.families import Letter
from chainrule.graph.op.operation import op


class _Question(Letter):
    """A letter whose answer is a boolean tensor: flat everywhere."""

    def local_gradients(self, *inputs_and_out: Any, **_: Any) -> Any:
        return (None,) * (len(inputs_and_out) - 1)


class _Question1(_Question):
    def forward(self, x: Any) -> Any:
        return self.numpy(x)


class _Question2(_Question):
    def forward(self, x: Any, y: Any) -> Any:
        return self.numpy(x, y)


class _Comparison(_Question2):
    primitive = "comparison"


@op("greater", symbol=">", numpy=np.greater, onnx="Greater", flat=True)
class Greater(_Comparison):
    """Whether x is larger than y."""


@op("greater_equal", symbol=">=", numpy=np.greater_equal, onnx="GreaterOrEqual", flat=True)
class GreaterEqual(_Comparison):
    """Whether x is at least y."""


@op("less", symbol="<", numpy=np.less, onnx="Less", flat=True)
class Less(_Comparison):
    """Whether x is smaller than y."""


@op("less_equal", symbol="<=", numpy=np.less_equal, onnx="LessOrEqual", flat=True)
class LessEqual(_Comparison):
    """Whether x is at most y."""


@op("equal", symbol="==", numpy=np.equal, onnx="Equal", flat=True)
class Equal(_Comparison):
    """Whether x and y are the same number."""


@op("not_equal", symbol="!=", numpy=np.not_equal, flat=True)
class NotEqual(_Comparison):
    """Whether x and y are different numbers."""


@op("logical_and", symbol="&", numpy=np.logical_and, onnx="And", flat=True)
class LogicalAnd(_Question2):
    """Whether both are true (not 0)."""

    primitive = "logic"


@op("logical_or", symbol="|", numpy=np.logical_or, onnx="Or", flat=True)
class LogicalOr(_Question2):
    """Whether at least one is true (not 0)."""

    primitive = "logic"


@op("logical_not", symbol="~", numpy=np.logical_not, onnx="Not", flat=True)
class LogicalNot(_Question1):
    """Whether x is false (0)."""

    primitive = "logic"


@op("isnan", numpy=np.isnan, onnx="IsNaN", flat=True)
class IsNaN(_Question1):
    """Whether x is not a number."""

    primitive = "question"


@op("isfinite", numpy=np.isfinite, flat=True)
class IsFinite(_Question1):
    """Whether x is neither infinite nor NaN."""

    primitive = "question"


@op(
    "where",
    numpy=np.where,
    onnx="Where",
    gate="gradient router",
    domains=(KINK_AT_ZERO,),
    samples=lambda rng: (rng.normal(size=(3, 4)) > 0, rng.normal(size=(3, 4)), rng.normal(size=4)),
)
class Where(Letter):
    """x where the condition holds, else y; the branch that was not selected receives exactly 0.

    Two Python numbers give float64, as in NumPy; one takes the dtype of the other branch.
    """

    primitive = "where"

    def forward(self, condition: Any, x: Any, y: Any) -> Any:
        if type(y) is int and y == 0 and type(condition) is np.ndarray:
            word = WORDS.get(getattr(x, "dtype", bool))
            if word is not None and condition.dtype == bool and condition.shape == x.shape:
                # Bits, not a product: inf * False would be NaN. Twelve times np.where on 1 MB.
                all_or_none = np.negative(condition.view(np.int8)).astype(word)
                return (x.view(word) & all_or_none).view(x.dtype)
        return np.where(condition, x, y)

    def local_gradients(self, condition: Any, x: Any, y: Any, out: Any) -> Any:
        return None, lambda: truth(condition), lambda: logical_not(condition)


WORDS: dict[Any, Any] = {np.dtype(np.float32): np.int32, np.dtype(np.float64): np.int64}


def truth(condition: Any) -> Any:
    """The condition as booleans."""
    condition = condition if hasattr(condition, "dtype") else np.asarray(condition)
    return condition if condition.dtype == bool else not_equal(condition, 0)


greater, greater_equal, less, equal, not_equal = (
    Greater.function,
    GreaterEqual.function,
    Less.function,
    Equal.function,
    NotEqual.function,
)
logical_and, logical_not, where = LogicalAnd.function, LogicalNot.function, Where.function
isfinite, isnan = IsFinite.function, IsNaN.function
