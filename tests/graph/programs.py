"""Random programs: straight lines of ops that shrink to a printed formula."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from chainrule.graph.catalogue import CATALOGUE

LEAVES = 3
SHAPE = (2, 3)


@dataclass(frozen=True)
class Step:
    """One line of a random program: an op applied to earlier values."""

    name: str
    places: tuple[int, ...]
    extra: tuple[Any, ...] = ()

    def __str__(self) -> str:
        arguments = [f"v{i}" for i in self.places] + [repr(e) for e in self.extra]
        return f"{self.name}({', '.join(arguments)})"


@dataclass(frozen=True)
class RandomProgram:
    """A straight line of ops on the leaves v0, v1, v2, all of one shape; the result is a sum."""

    steps: tuple[Step, ...]

    def values(self, *leaves: Any) -> list[Any]:
        """All values, leaves first."""
        known = list(leaves)
        for step in self.steps:
            known.append(POOL[step.name](*(known[i] for i in step.places), *step.extra))
        return known

    def __call__(self, *leaves: Any) -> Any:
        known = self.values(*leaves)
        return CATALOGUE.function("sum")(known[-1] * 1.0)

    def __repr__(self) -> str:
        lines = [f"v{i + LEAVES} = {step}" for i, step in enumerate(self.steps)]
        return "\n".join(["RandomProgram:", *lines, "sum of the last"])


def _op(name: str) -> Any:
    return CATALOGUE.function(name)


def _shaped(value: Any) -> Any:
    """Any shape back to that of the leaves, so that every op fits every value."""
    return CATALOGUE.function("broadcast_to")(value, SHAPE)


# Each takes values of SHAPE and returns one; domains are kept by construction.
POOL: dict[str, Any] = {
    **{name: _op(name) for name in ("add", "subtract", "multiply", "maximum", "minimum")},
    **{name: _op(name) for name in ("negative", "square", "abs", "sin", "cos", "tanh", "erf")},
    **{name: _op(name) for name in ("relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid")},
    **{name: _op(name) for name in ("softplus", "identity", "softmax", "log_softmax")},
    "exp": lambda x: _op("exp")(_op("tanh")(x)),
    "log": lambda x: _op("log")(_op("square")(x) + 0.5),
    "sqrt": lambda x: _op("sqrt")(_op("square")(x) + 0.5),
    "divide": lambda x, y: x / (_op("square")(y) + 1.0),
    "power": lambda x, n: x**n,
    "where": lambda x, y: _op("where")(x > y, x, y * 2.0),
    "clip": lambda x: _op("clip")(x, -0.71, 0.83),
    "sum": lambda x, axis: _shaped(_op("sum")(x, axis, True)),
    "mean": lambda x, axis: _shaped(_op("mean")(x, axis, True)),
    "max": lambda x, axis: _shaped(_op("max")(x, axis, True)),
    "prod": lambda x, axis: _shaped(_op("prod")(_op("tanh")(x), axis, True)),
    "var": lambda x, axis: _shaped(_op("var")(x, axis, 0, True)),
    "logsumexp": lambda x, axis: _shaped(_op("logsumexp")(x, axis, True)),
    "norm": lambda x, axis: _shaped(_op("norm")(x + 3.0, axis, True)),
    "transpose": lambda x: _op("transpose")(_op("reshape")(x, (3, 2))),
    "flip": lambda x: _op("flip")(x, 1),
    "matmul": lambda x, y: _op("matmul")(_op("matmul")(x, _op("transpose")(y)), x) * 0.1,
    "row": lambda x, row: _shaped(x[row]),
    "take": lambda x: _op("take")(x, np.array([0, 2, 2]), 1),
    "concatenate": lambda x, y: _op("concatenate")([x, y], 0)[1:3],
    "split": lambda x: _op("split")(x, (1, 2), 1)[1] + x,
    "pad": lambda x: _op("pad")(x, 1)[1:-1, :3],
    "stack": lambda x, y: _op("mean")(_op("stack")([x, y, x], 0), 0),
}
EXTRAS: dict[str, Any] = {
    **dict.fromkeys(("sum", "mean", "max", "prod", "var", "logsumexp", "norm"), (0, 1, None)),
    "power": (0, 1, 2, 3),
    "row": (0, -1),
}
TWO = {"add", "subtract", "multiply", "maximum", "minimum", "divide", "where", "matmul"} | {
    "concatenate",
    "stack",
}


@st.composite
def random_programs(draw: st.DrawFn, most: int = 12) -> RandomProgram:
    """Between 2 and ``most`` steps; later values are read more often, and some twice."""
    steps: list[Step] = []
    for count in range(draw(st.integers(2, most))):
        name = draw(st.sampled_from(sorted(POOL)))
        known = LEAVES + count
        places = tuple(draw(st.integers(0, known - 1)) for _ in range(2 if name in TWO else 1))
        extra = (draw(st.sampled_from(EXTRAS[name])),) if name in EXTRAS else ()
        steps.append(Step(name, places, extra))
    return RandomProgram(tuple(steps))
