"""Reductions: how the elements of a row become one, in vectors, with sums that keep their digits.

Imports ir and frame's literals. Rows take a Reducer for each of their reductions.

A state is a list of vectors. A narrow state gathers a block of the row, a wide one all blocks:
blocks of float64 are added together with the rounding errors of these additions. float32 is added
in float64, but for neighbours, which are added in fours first. Every order is fixed, so equal rows
give equal bits.
"""

from math import inf

from chainrule.native.frame import REGISTER, literal
from chainrule.native.ir import Builder, Value, integer, vector
from chainrule.native.target import BITS
from chainrule.plan.kinds.row import Reduction

State = list[Value]


class Reducer:
    """A sum, product, maximum, minimum, any or all; other kinds override what differs.

    Parameters
    ----------
    builder : Builder
    reduction : Reduction
    source : str
        Dtype of the elements, and of the states.
    """

    blocked = False  # whether wide states differ from narrow ones
    size = wide_size = 1
    position = "i64"

    def __init__(self, builder: Builder, reduction: Reduction, source: str) -> None:
        self.builder, self.reduction, self.dtype = builder, reduction, source
        self.floating = source.startswith("float")

    def lift(self, value: Value, position: Value | None) -> State:
        """The state of the element in each lane."""
        return [value]

    def identity(self, lanes: int) -> State:
        """The state of no elements."""
        neutral = _neutral(self.reduction.kind, self.dtype)
        if self.floating and self.reduction.kind == "sum":
            neutral = -0.0  # so that a sum of -0 is -0
        return [literal(neutral, self.dtype, lanes)]

    def join(self, x: State, y: State) -> State:
        """Of the elements of both; those of y stand later, lane by lane."""
        kind, (p,), (q,) = self.reduction.kind, x, y
        if kind in ("max", "min"):
            return [self._extreme(p, q)]
        name = {"sum": "add", "product": "mul", "any": "or", "all": "and"}[kind]
        if self.dtype == "bool" and kind in ("sum", "product"):
            name = {"sum": "or", "product": "and"}[kind]
        return [self.builder.binary(f"f{name}" if self.floating else name, p, q)]

    def _extreme(self, x: Value, y: Value) -> Value:
        b, largest = self.builder, self.reduction.kind == "max"
        beyond = b.compare(_beyond(self.dtype, largest), y, x)
        found = b.select(beyond, y, x)
        return b.select(b.compare("uno", y, y), y, found) if self.floating else found

    def gather(self, states: list[State]) -> State:
        """Several elements of one row: neighbours joined, then neighbours of these."""
        while len(states) > 1:
            pairs = zip(states[::2], states[1::2], strict=False)
            odd = states[-1:] if len(states) % 2 else []
            states = [self.join(x, y) for x, y in pairs] + odd
        return states[0]

    def across(self, x: State) -> State:
        """One lane, joined from all in halves."""
        while x[0].lanes > 1:
            half = 1 << (x[0].lanes - 1).bit_length() - 1
            x = self.join(*_halves(self.builder, self.padded(x, 2 * half), half))
        return x

    def padded(self, x: State, lanes: int) -> State:
        """With neutral elements in further lanes."""
        b, have = self.builder, x[0].lanes
        if have == lanes:
            return x
        if have == 1:
            return [b.insert(n, v, 0) for v, n in zip(x, self.identity(lanes), strict=True)]
        order = [*range(have), *[have] * (lanes - have)]
        return [b.shuffle(v, n, order) for v, n in zip(x, self.identity(have), strict=True)]

    def wide(self, lanes: int) -> State:
        """The wide state of no elements."""
        return self.identity(lanes)

    def absorb(self, wide: State, narrow: State) -> State:
        """Add a block to a wide state."""
        return self.join(wide, narrow)

    def wide_across(self, wide: State) -> State:
        """One lane of a wide state."""
        return self.across(wide)

    def result(self, x: State) -> Value:
        """What the elements became, from a narrow or a wide state."""
        return x[0]

    def nothing(self, lanes: int) -> Value:
        """What no elements become."""
        return (
            literal(0, self.dtype, lanes)
            if self.reduction.kind == "sum"
            else self.identity(lanes)[0]
        )


class Sum32(Reducer):
    """Sum of float32: four elements in float32, by pairs, and their sums in float64.

    An element is rounded twice among its four and once in the end: the result is within 2 units
    in the last place of the sum of the magnitudes.
    """

    def gather(self, states: list[State]) -> State:
        """Fours in float32; widening costs as much as four additions."""
        fours = [self._four([x for (x,) in states[i : i + 4]]) for i in range(0, len(states), 4)]
        return super().gather([[x] for x in fours])

    def _four(self, values: list[Value]) -> Value:
        b = self.builder
        while len(values) > 1:
            pairs = zip(values[::2], values[1::2], strict=False)
            odd = values[-1:] if len(values) % 2 else []
            values = [b.fadd(x, y) for x, y in pairs] + odd
        return b.convert("fpext", values[0], "double")

    def identity(self, lanes: int) -> State:
        """A float64 in each lane: an accumulator, not an element."""
        return [literal(-0.0, "float64", lanes)]

    def join(self, x: State, y: State) -> State:
        """In float64."""
        b = self.builder
        return [b.fadd(*(b.convert("fpext", v, "double") for (v,) in (x, y)))]

    def padded(self, x: State, lanes: int) -> State:
        """With zeros of the same width."""
        (value,), b = x, self.builder
        if value.lanes == lanes:
            return x
        dtype = "float64" if value.scalar == "double" else "float32"
        if value.lanes == 1:
            return [b.insert(literal(-0.0, dtype, lanes), value, 0)]
        order = [*range(value.lanes), *[value.lanes] * (lanes - value.lanes)]
        return [b.shuffle(value, literal(-0.0, dtype, value.lanes), order)]

    def result(self, x: State) -> Value:
        """Rounded once."""
        return self.builder.convert("fptrunc", x[0], "float") if x[0].scalar == "double" else x[0]

    def nothing(self, lanes: int) -> Value:
        """0."""
        return literal(0, "float32", lanes)


class Sum64(Reducer):
    """Sum of float64: the sums of blocks are added together with the errors of adding them."""

    blocked = True
    wide_size = 2

    def wide(self, lanes: int) -> State:
        """A sum and its error in each lane."""
        return [*self.identity(lanes), *self.identity(lanes)]

    def absorb(self, wide: State, narrow: State) -> State:
        """TwoSum: Knuth, The Art of Computer Programming 2, section 4.2.2, theorem B."""
        b, (total, error), y = self.builder, wide, narrow[0]
        after = b.fadd(total, y)
        added = b.fsub(after, total)
        lost = b.fadd(b.fsub(total, b.fsub(after, added)), b.fsub(y, added))
        return [after, b.fadd(error, lost)]

    def wide_across(self, wide: State) -> State:
        """One lane: sums and errors each with their like."""
        b, (total, error) = self.builder, wide
        while total.lanes > 1:
            low, high = _two(b, _even(b, total))
            errors = b.fadd(*_two(b, _even(b, error)))
            total, error = self.absorb([low, errors], [high])
        return [total, error]

    def result(self, x: State) -> Value:
        """The sum and what was lost: nothing where it is -0, NaN where it is infinite."""
        if len(x) == 1:
            return x[0]
        b, (total, error) = self.builder, x
        lost = b.compare("one", error, literal(0.0, "float64", error.lanes))
        return b.select(lost, b.fadd(total, error), total)


class Place(Reducer):
    """argmax, argmin: the extreme element so far and where it stands, the first one of equals."""

    size = wide_size = 2

    def __init__(self, builder: Builder, reduction: Reduction, source: str, length: int) -> None:
        super().__init__(builder, reduction, source)
        self.position = "i32" if length < 2**31 else "i64"

    def lift(self, value: Value, position: Value | None) -> State:
        """The element and its place."""
        assert position is not None
        return [value, position]

    def identity(self, lanes: int) -> State:
        """An element that any other one precedes, since its place is the last possible."""
        kind = "max" if self.reduction.kind == "argmax" else "min"
        last = 2**31 - 1 if self.position == "i32" else 2**63 - 1
        worst = literal(_neutral(kind, self.dtype), self.dtype, lanes)
        return [worst, integer(last, vector(self.position, lanes))]

    def join(self, x: State, y: State) -> State:
        """The better element; of equal ones, or two NaN, the one that stands first."""
        b, (p, i), (q, j) = self.builder, x, y
        better = b.compare(_beyond(self.dtype, self.reduction.kind == "argmax"), q, p)
        equal = b.compare("oeq" if self.floating else "eq", q, p)
        if self.floating:
            p_nan, q_nan = b.compare("uno", p, p), b.compare("uno", q, q)
            equal = b.binary("or", equal, b.binary("and", p_nan, q_nan))
            number = b.compare("ord", p, p)
            better = b.binary("or", better, b.binary("and", q_nan, number))
        first = b.binary("and", equal, b.compare("slt", j, i))
        take = b.binary("or", better, first)
        return [b.select(take, q, p), b.select(take, j, i)]

    def result(self, x: State) -> Value:
        """The place."""
        return self.builder.convert("sext", x[1], REGISTER["int64"])


def reducer(builder: Builder, reduction: Reduction, source: str, length: int) -> Reducer:
    """The Reducer of a reduction over rows of a length, of elements of a dtype."""
    if reduction.kind in ("argmax", "argmin"):
        return Place(builder, reduction, source, length)
    if reduction.kind == "sum" and source in ("float32", "float64"):
        return (Sum32 if source == "float32" else Sum64)(builder, reduction, source)
    return Reducer(builder, reduction, source)


def _neutral(kind: str, dtype: str) -> float | int:
    if kind in ("sum", "any"):
        return 0
    if kind in ("product", "all"):
        return 1
    largest = kind == "min"  # of which the minimum is the other one
    if dtype.startswith("float"):
        return inf if largest else -inf
    if dtype == "bool" or dtype.startswith("u"):
        bits = 1 if dtype == "bool" else BITS[dtype]
        return (1 << bits) - 1 if largest else 0
    return (1 << BITS[dtype] - 1) - 1 if largest else -(1 << BITS[dtype] - 1)


def _beyond(dtype: str, largest: bool) -> str:
    kind = "o" if dtype.startswith("float") else "u" if dtype[0] in "ub" else "s"
    return kind + ("gt" if largest else "lt")


def _halves(b: Builder, x: State, half: int) -> tuple[State, State]:
    pairs = [_split(b, v, half) for v in x]
    return [low for low, _ in pairs], [high for _, high in pairs]


def _split(b: Builder, x: Value, half: int) -> tuple[Value, Value]:
    if half == 1:
        return b.extract(x, 0), b.extract(x, 1)
    return b.shuffle(x, x, range(half)), b.shuffle(x, x, range(half, 2 * half))


def _two(b: Builder, x: Value) -> tuple[Value, Value]:
    return _split(b, x, x.lanes // 2)


def _even(b: Builder, x: Value) -> Value:
    """With zeros up to a power of two."""
    lanes = 1 << (x.lanes - 1).bit_length()
    if lanes == x.lanes:
        return x
    zeros = literal(-0.0, "float64", x.lanes)
    return b.shuffle(x, zeros, [*range(x.lanes), *[x.lanes] * (lanes - x.lanes)])
