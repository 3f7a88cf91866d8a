"""Words that SciPy computes: it is imported when one is first called.

Imports the families. gamma, entropy, normal and bessel take their base class from here.
"""

import inspect
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.graph.op.families import Word


class SciPyWord(Word):
    """A word whose value is the function of scipy.special that its ``scipy`` fact names."""

    library = "scipy"

    @property
    def reference(self) -> Any:
        """SciPy's function."""
        from scipy import special  # noqa: PLC0415  importing SciPy takes longer than NumPy

        return getattr(special, self.scipy)


class SciPyWord1(SciPyWord):
    """Of one input."""

    def forward(self, x: Any) -> Any:
        """One call of SciPy."""
        return self.reference(x)


class SciPyWord2(SciPyWord):
    """Of two inputs."""

    def forward(self, x: Any, y: Any) -> Any:
        """One call of SciPy, which would make float64 of float32 beside a whole number."""
        return self.reference(_beside(y, x), _beside(x, y))


def _beside(neighbour: Any, x: Any) -> Any:
    """What holds no fractions in the dtype that NumPy gives it beside a neighbour that does."""
    dtype = getattr(neighbour, "dtype", None)
    if dtype is None or dtype.kind != "f":
        return x
    if isinstance(x, int | float):
        return dtype.type(x)
    return x if x.dtype.kind == "f" else x.astype(np.result_type(x.dtype, dtype))


class OrderedWord(SciPyWord):
    """A family of functions of one input, told apart by a whole number that stands before it."""

    n: int

    def given_to_c(self, *operands: Any) -> tuple[Any, ...]:
        """The order first."""
        return np.asarray(float(self.n)), *operands

    def forward(self, x: Any) -> Any:
        """One call of SciPy, which may answer float64, and takes small integers for float32."""
        dtype = x.dtype if x.dtype.kind == "f" else float
        return self.reference(self.n, x.astype(dtype, copy=False)).astype(dtype)

    @classmethod
    def enter(cls) -> None:
        """The order stands in front, as in SciPy."""
        order = list(cls.signature.parameters.values())[::-1]
        cls.signature, cls.places = inspect.Signature(order), (0, 1)
        vars(cls.function)["__signature__"] = cls.signature

    def __post_init__(self) -> None:
        if not isinstance(self.n, int):
            raise ArgumentError(
                f"the order of {self.name} is a whole number, not {self.n!r}.",
                do=f"Write {self.name}(1, x).",
            )
