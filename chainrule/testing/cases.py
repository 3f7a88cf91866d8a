"""Cases: an op with operands and attributes on which its properties can be shown.

Imports the graph and the doctor's draws. properties.py takes a Case; tests make them with
``cases``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from chainrule.doctor.draw import domain_of, draw
from chainrule.graph.op.operation import Op

Array = np.ndarray[Any, Any]
DTYPES: tuple[Any, ...] = (np.float32, np.float64)


@dataclass(frozen=True)
class Case:
    """One op (with its attributes) and the operands it is run on."""

    op: Op
    operands: tuple[Any, ...]
    call: tuple[tuple[Any, ...], dict[str, Any]] | None = field(default=None, compare=False)

    @classmethod
    def of(cls, op: type[Op], operands: tuple[Any, ...], *attributes: Any) -> "Case":
        """An op class, its operands and its attributes."""
        return cls(op.of(*attributes), tuple(map(_as_array, operands)))

    @classmethod
    def of_call(cls, op: type[Op], *args: Any, **keywords: Any) -> "Case":
        """The case of the call ``op.function(*args, **keywords)``."""
        operands, attributes = op.bind(args, dict(keywords))
        return replace(cls.of(op, operands, *attributes), call=(args, keywords))

    @property
    def differentiable(self) -> tuple[int, ...]:
        """Positions of the operands that a gradient flows into."""
        return tuple(i for i, x in enumerate(self.operands) if is_float_array(x))

    def with_operands(self, new: dict[int, Any]) -> "Case":
        """The same op with some operands replaced."""
        operands = tuple(new.get(i, x) for i, x in enumerate(self.operands))
        return replace(self, operands=tuple(map(_as_array, operands)), call=None)

    def with_dtype(self, dtype: Any) -> "Case":
        """The same case in another floating-point type."""
        return self.with_operands({i: self.operands[i].astype(dtype) for i in self.differentiable})

    def changed(self, change: Callable[[Array], Array]) -> "Case":
        """The same case with every differentiable operand changed."""
        return self.with_operands({i: change(self.operands[i]) for i in self.differentiable})

    def __str__(self) -> str:
        shapes = ", ".join(str(getattr(x, "shape", x)) for x in self.operands)
        return f"{self.op}({shapes})"


def case_of(op: type[Op], seed: int) -> Case:
    """The case that the op's own class declares: its samples, or draws from its domains."""
    rng = np.random.default_rng(seed)
    if op.samples is not None:
        case = Case.of_call(op, *op.samples(rng))
    elif op.variadic or op.required > len(op.inputs):
        raise AssertionError(f"{op.name} cannot be exercised: give @op a samples= fact.")
    else:
        case = Case.of(op, tuple(draw(rng, domain_of(op, i)) for i in range(len(op.inputs))))
    if not op.flat and not case.differentiable:
        raise AssertionError(f"no gradient flows into the samples of {op.name}: {case}")
    return case


def broadcast_cases(op: type[Op], seed: int) -> Iterator[Case]:
    """An elementwise op with sizes 0 and 1, without axes, and with axes that are repeated."""
    rng = np.random.default_rng(seed)
    count = len(op.inputs)
    plain = [(), (1,), (0,), (1, 1), (2, 0, 3), (5,)]
    mixed = [((3, 1), (1, 4)), ((), (3, 2)), ((2, 3), ()), ((1,), (0,)), ((4,), (2, 1, 4))]
    shapes = [(shape,) * count for shape in plain]
    if count > 1:
        shapes += [(pair * count)[:count] for pair in mixed]
    for each in shapes:
        operands = tuple(draw(rng, domain_of(op, i), shape) for i, shape in enumerate(each))
        yield Case.of(op, operands)


def is_float_array(x: Any) -> bool:
    """Whether a gradient can flow into this operand."""
    return type(x) is np.ndarray and x.dtype.kind == "f"


def _as_array(x: Any) -> Any:
    """A floating-point number becomes an array, so that its gradient is looked at as well."""
    return np.asarray(x) if isinstance(x, float | np.floating) else x
