"""Lanes: values of LLVM's under Python's operators, so that a formula reads as in its paper.

Imports ir. All letters are written with it; scalars and vectors of any width look the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from chainrule.native.ir import Builder, Value, floating, integer, vector

WORD = {"float": "i32", "double": "i64"}


@dataclass(frozen=True, slots=True, eq=False)
class Lanes:
    """Floats, signed integers or booleans, one per lane; a Python number stands in every lane.

    ``==`` and the other comparisons answer booleans per lane: false where a NaN is compared,
    but ``!=`` is true.
    """

    b: Builder
    value: Value

    @property
    def floats(self) -> bool:
        """Whether these are floats."""
        return self.value.scalar in WORD

    def like(self, number: "Number") -> "Lanes":
        """A number in lanes of this type."""
        if isinstance(number, Lanes):
            return number
        kind = self.value.type
        constant = floating(float(number), kind) if self.floats else integer(int(number), kind)
        return Lanes(self.b, constant)

    def __add__(self, other: "Number") -> "Lanes":
        return self.binary("fadd" if self.floats else "add", other)

    def __radd__(self, other: "Number") -> "Lanes":
        return self.like(other) + self

    def __sub__(self, other: "Number") -> "Lanes":
        return self.binary("fsub" if self.floats else "sub", other)

    def __rsub__(self, other: "Number") -> "Lanes":
        return self.like(other) - self

    def __mul__(self, other: "Number") -> "Lanes":
        return self.binary("fmul" if self.floats else "mul", other)

    def __rmul__(self, other: "Number") -> "Lanes":
        return self.like(other) * self

    def __truediv__(self, other: "Number") -> "Lanes":
        return self.binary("fdiv", other)

    def __rtruediv__(self, other: "Number") -> "Lanes":
        return self.like(other) / self

    def __neg__(self) -> "Lanes":
        if not self.floats:
            return self.like(0) - self
        return Lanes(self.b, self.b.emit(self.value.type, f"fneg {self.value}"))

    def __and__(self, other: "Number") -> "Lanes":
        return self.binary("and", other)

    def __or__(self, other: "Number") -> "Lanes":
        return self.binary("or", other)

    def __xor__(self, other: "Number") -> "Lanes":
        return self.binary("xor", other)

    def __invert__(self) -> "Lanes":
        return self ^ (1 if self.value.scalar == "i1" else -1)

    def __lshift__(self, other: "Number") -> "Lanes":
        return self.binary("shl", other)

    def __rshift__(self, other: "Number") -> "Lanes":
        return self.binary("lshr", other)

    def __lt__(self, other: "Number") -> "Lanes":
        return self.compare("lt", other)

    def __le__(self, other: "Number") -> "Lanes":
        return self.compare("le", other)

    def __gt__(self, other: "Number") -> "Lanes":
        return self.compare("gt", other)

    def __ge__(self, other: "Number") -> "Lanes":
        return self.compare("ge", other)

    def __eq__(self, other: "Number") -> "Lanes":  # type: ignore[override]  # per lane
        return self.compare("eq", other)

    def __ne__(self, other: "Number") -> "Lanes":  # type: ignore[override]  # per lane
        return self.compare("ne", other)

    __hash__ = object.__hash__

    def binary(self, name: str, other: "Number") -> "Lanes":
        """An instruction of two operands."""
        return Lanes(self.b, self.b.binary(name, self.value, self.like(other).value))

    def compare(self, how: str, other: "Number") -> "Lanes":
        """An ordered comparison of floats, a signed one of integers."""
        if self.floats:
            name = "une" if how == "ne" else "o" + how
        else:
            name = how if how in ("eq", "ne") else "s" + how
        return Lanes(self.b, self.b.compare(name, self.value, self.like(other).value))

    def times_plus(self, factor: "Number", summand: "Number") -> "Lanes":
        """Self * factor + summand, rounded once where the machine is quick at it, else twice."""
        return self.call("fmuladd", self.like(factor), self.like(summand))

    def call(self, name: str, *others: "Number") -> "Lanes":
        """An intrinsic of LLVM."""
        operands = [self.like(other).value for other in others]
        return Lanes(self.b, self.b.intrinsic(name, self.value, *operands))

    def cast(self, how: str, scalar: str) -> "Lanes":
        """A conversion, lane by lane."""
        return Lanes(self.b, self.b.convert(how, self.value, scalar))

    def bits(self) -> "Lanes":
        """The bits of floats as integers, and of integers as floats."""
        scalar = self.value.scalar
        other = WORD.get(scalar) or ("float" if scalar == "i32" else "double")
        return self.cast("bitcast", other)

    def magnitude(self) -> "Lanes":
        """Absolute value of floats: the sign bit cleared."""
        return self.call("fabs")

    def at_least(self, bound: float) -> "Lanes":
        """The larger of self and a number; NaN stays NaN. One instruction on x86."""
        return pick(self.like(bound) > self, bound, self)

    def at_most(self, bound: float) -> "Lanes":
        """The smaller of self and a number; NaN stays NaN."""
        return pick(self.like(bound) < self, bound, self)

    def with_sign_of(self, other: "Lanes") -> "Lanes":
        """The magnitude of self under the sign of other."""
        return self.call("copysign", other)


Number: TypeAlias = Lanes | float


def pick(condition: Lanes, x: Number, y: Number) -> Lanes:
    """X in the lanes where the condition holds, else y; one of them may be a Python number."""
    known = x if isinstance(x, Lanes) else y
    assert isinstance(known, Lanes)
    chosen = condition.b.select(condition.value, known.like(x).value, known.like(y).value)
    return Lanes(condition.b, chosen)


def horner(x: Lanes, coefficients: Sequence[float]) -> Lanes:
    """A polynomial, the coefficient of the highest power first."""
    total: Number = coefficients[0]
    for coefficient in coefficients[1:]:
        total = x.times_plus(total, coefficient)
    return x.like(total)


def lane_by_lane(function: str, returns: str, operands: Sequence[Lanes], *rest: Value) -> Lanes:
    """A C function of scalars, called once per lane; ``rest`` are further arguments."""
    b, count = operands[0].b, operands[0].value.lanes
    result = Value("poison", vector(returns, count))
    for lane in range(count):
        arguments = [b.extract(x.value, lane) for x in operands]
        answer = b.call(returns, function, *arguments, *rest)
        result = answer if count == 1 else b.insert(result, answer, lane)
    return Lanes(b, result)
