"""LLVM's language, written as text: instructions, loops, functions.

Imports operands. All emitters write through a Builder; the engine hands the module's
text to LLVM. Text, because building it is several times faster than building objects.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from chainrule.native.llvm_text import INDEX as INDEX
from chainrule.native.llvm_text import POINTER as POINTER
from chainrule.native.llvm_text import Value as Value
from chainrule.native.llvm_text import floating as floating
from chainrule.native.llvm_text import integer as integer
from chainrule.native.llvm_text import lanes_of as lanes_of
from chainrule.native.llvm_text import repeated as repeated
from chainrule.native.llvm_text import scalar_of as scalar_of
from chainrule.native.llvm_text import vector as vector


@dataclass
class Module:
    """The text of functions, and the declarations and tables that they need."""

    declarations: dict[str, str] = field(default_factory=dict[str, str])
    functions: list[str] = field(default_factory=list[str])

    def declare(self, name: str, text: str) -> None:
        """A line such as ``declare float @llvm.fma.f32(float, float, float)``; once."""
        self.declarations.setdefault(name, text)

    def __str__(self) -> str:
        return "\n".join([*self.declarations.values(), *self.functions])


@dataclass
class Loop:
    """What stands inside ``with builder.loop(...)``.

    Attributes
    ----------
    index : Value
    carried : list of Value
        The values of this round; assign the next round's before the block ends. After the block
        they are the last ones.
    """

    index: Value
    carried: list[Value]


@dataclass
class Nest:
    """What stands inside ``with builder.nest(...)``: as Loop, with an index for every axis."""

    indices: list[Value]
    carried: list[Value]


class Builder:
    """Writes one function, instruction by instruction."""

    def __init__(
        self,
        module: Module,
        name: str,
        parameters: Sequence[tuple[str, str]],
        returns: str = "void",
        attributes: str = "nounwind",
    ) -> None:
        """Begin a function; parameters are (type with attributes, name)."""
        self.module = module
        self.name = name
        self.arguments = [Value(f"%{n}", t.split()[0]) for t, n in parameters]
        head = ", ".join(f"{t} %{n}" for t, n in parameters)
        self._lines = [f"define {returns} @{name}({head}) {attributes} {{", "entry:"]
        self._count = 0
        self.block = "entry"

    def finish(self, result: Value | None = None) -> None:
        """Return, and add the function to the module."""
        self.line(f"ret {result}" if result else "ret void")
        self._lines.append("}")
        self.module.functions.append("\n".join(self._lines))

    def line(self, text: str) -> None:
        """An instruction without a result."""
        self._lines.append("  " + text)

    def emit(self, kind: str, text: str) -> Value:
        """An instruction with a result of this type."""
        self._count += 1
        name = f"%v{self._count}"
        self._lines.append(f"  {name} = {text}")
        return Value(name, kind)

    # Blocks
    def fresh(self, hint: str = "b") -> str:
        """The name of a new block."""
        self._count += 1
        return f"{hint}{self._count}"

    def begin(self, block: str) -> None:
        """Write into this block from now on."""
        self._lines.append(f"{block}:")
        self.block = block

    def jump(self, block: str) -> None:
        """Go on there."""
        self.line(f"br label %{block}")

    def branch(self, condition: Value, then: str, otherwise: str) -> None:
        """Go on at one of two."""
        self.line(f"br {condition}, label %{then}, label %{otherwise}")

    def phi(self, kind: str, incoming: Sequence[tuple[Value, str]]) -> Value:
        """The value that belongs to the block one came from."""
        pairs = ", ".join(f"[ {v.text}, %{block} ]" for v, block in incoming)
        return self.emit(kind, f"phi {kind} {pairs}")

    @contextmanager
    def loop(
        self,
        begin: Value,
        end: Value,
        step: int = 1,
        carried: Sequence[Value] = (),
        sure: bool = False,
    ) -> Generator[Loop]:
        """for index in range(begin, end, step), handing ``carried`` from round to round.

        The body may run zero times, unless it is ``sure`` to run: such a loop asks at its end
        only, one jump less per round. begin and end are i64.
        """
        before, head, body, done = self.block, *map(self.fresh, ("head", "body", "done"))
        self.jump(head)
        self.begin(head)
        place = len(self._lines)
        index = Value(f"%i{self._count}", INDEX)
        now = [Value(f"%c{self._count}.{i}", v.type) for i, v in enumerate(carried)]
        if not sure:
            self.branch(self.compare("slt", index, end), body, done)
            self.begin(body)
        inside = Loop(index, list(now))
        yield inside
        following = self.add(index, integer(step))
        last = self.block
        if sure:
            self.branch(self.compare("slt", following, end), head, done)
        else:
            self.jump(head)
        rounds = [(index, begin, following), *zip(now, carried, inside.carried, strict=True)]
        self._lines[place:place] = [
            f"  {v.text} = phi {v.type} [ {first.text}, %{before} ], [ {after.text}, %{last} ]"
            for v, first, after in rounds
        ]
        self.begin(done)
        inside.carried = inside.carried if sure else now

    @contextmanager
    def nest(self, shape: Sequence[int], carried: Sequence[Value] = ()) -> Generator[Nest]:
        """Loops over all places of a shape in C order; one round for no axes."""
        if not shape:
            yield Nest([], list(carried))
            return
        with self.loop(integer(0), integer(shape[0]), carried=carried) as outer:
            with self.nest(shape[1:], outer.carried) as inner:
                inner.indices.insert(0, outer.index)
                yield inner
            outer.carried = inner.carried
        inner.carried = outer.carried

    @contextmanager
    def when(self, condition: Value) -> Generator[None]:
        """Run the block only if the condition (i1) holds."""
        then, done = self.fresh("then"), self.fresh("done")
        self.branch(condition, then, done)
        self.begin(then)
        yield
        self.jump(done)
        self.begin(done)

    # Arithmetic: operands of one type, scalar or vector.
    def binary(self, name: str, x: Value, y: Value) -> Value:
        """fadd, fsub, fmul, fdiv, and, or, xor, shl, lshr, ashr, sdiv, ..."""
        return self.emit(x.type, f"{name} {x.type} {x.text}, {y.text}")

    def add(self, x: Value, y: Value) -> Value:
        """Sum of integers."""
        if y.text == "0":
            return x
        return y if x.text == "0" else self.binary("add", x, y)

    def mul(self, x: Value, y: Value) -> Value:
        """Product of integers."""
        if x.text == "1" or y.text == "0":
            return y
        return x if y.text == "1" or x.text == "0" else self.binary("mul", x, y)

    def fadd(self, x: Value, y: Value) -> Value:
        """Sum of floats."""
        return self.binary("fadd", x, y)

    def fsub(self, x: Value, y: Value) -> Value:
        """Difference of floats."""
        return self.binary("fsub", x, y)

    def fmul(self, x: Value, y: Value) -> Value:
        """Product of floats."""
        return self.binary("fmul", x, y)

    def fdiv(self, x: Value, y: Value) -> Value:
        """Quotient of floats."""
        return self.binary("fdiv", x, y)

    def fma(self, x: Value, y: Value, z: Value) -> Value:
        """X * y + z, rounded once."""
        return self.intrinsic("fma", x, y, z)

    def compare(self, how: str, x: Value, y: Value) -> Value:
        """Compare integers (slt, eq, ...) or floats (olt, une, ...)."""
        name = "fcmp" if x.scalar in ("float", "double", "half") else "icmp"
        return self.emit(vector("i1", x.lanes), f"{name} {how} {x.type} {x.text}, {y.text}")

    def select(self, condition: Value, x: Value, y: Value) -> Value:
        """X where the condition holds, else y."""
        return self.emit(x.type, f"select {condition}, {x}, {y}")

    def convert(self, how: str, x: Value, scalar: str) -> Value:
        """Sext, zext, trunc, sitofp, uitofp, fptosi, fpext, bitcast, ... to a scalar type."""
        kind = vector(scalar, x.lanes)
        return x if kind == x.type else self.emit(kind, f"{how} {x} to {kind}")

    def intrinsic(self, name: str, *operands: Value) -> Value:
        """An overloaded intrinsic of LLVM whose result has the type of its first operand."""
        kind = operands[0].type
        scalar = scalar_of(kind)
        scalar = {"float": "f32", "double": "f64", "half": "f16"}.get(scalar, scalar)
        suffix = scalar if operands[0].lanes == 1 else f"v{operands[0].lanes}{scalar}"
        return self.call(kind, f"llvm.{name}.{suffix}", *operands)

    def call(self, returns: str, name: str, *operands: Value) -> Value:
        """Call a function of another module, an intrinsic, or one of this module."""
        if name.startswith("llvm."):
            kinds = ", ".join(x.type for x in operands)
            self.module.declare(name, f"declare {returns} @{name}({kinds})")
        text = f"call {returns} @{name}({', '.join(map(str, operands))})"
        if returns == "void":
            self.line(text)
            return Value("", "void")
        return self.emit(returns, text)

    # Memory
    def at(self, pointer: Value, index: Value, scalar: str) -> Value:
        """The address of an element, counted in elements."""
        if index.text == "0":
            return pointer
        return self.emit(POINTER, f"getelementptr inbounds {scalar}, ptr {pointer.text}, {index}")

    def load(self, pointer: Value, kind: str, align: int) -> Value:
        """A scalar or vector in memory."""
        return self.emit(kind, f"load {kind}, ptr {pointer.text}, align {align}")

    def store(self, value: Value, pointer: Value, align: int) -> None:
        """Write a scalar or vector to memory."""
        self.line(f"store {value}, ptr {pointer.text}, align {align}")

    # Vectors
    def splat(self, x: Value, lanes: int) -> Value:
        """A scalar in every lane."""
        if lanes == 1:
            return x
        kind = vector(x.type, lanes)
        if x.text[0] != "%":
            return repeated(x.text, kind)
        one = self.emit(kind, f"insertelement {kind} poison, {x}, i64 0")
        zeros = f"<{lanes} x i32> zeroinitializer"
        return self.emit(kind, f"shufflevector {one}, {kind} poison, {zeros}")

    def extract(self, x: Value, lane: int) -> Value:
        """One lane of a vector."""
        return x if x.lanes == 1 else self.emit(x.scalar, f"extractelement {x}, i64 {lane}")

    def insert(self, x: Value, element: Value, lane: int) -> Value:
        """A vector with one lane replaced."""
        return self.emit(x.type, f"insertelement {x}, {element}, i64 {lane}")

    def shuffle(self, x: Value, y: Value, lanes: Sequence[int]) -> Value:
        """Lanes of x, then of y, by number; the numbers are known."""
        mask = ", ".join(f"i32 {lane}" for lane in lanes)
        kind = vector(x.scalar, len(lanes))
        return self.emit(kind, f"shufflevector {x}, {y}, <{len(lanes)} x i32> <{mask}>")
