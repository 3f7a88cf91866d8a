"""Typed lines become a graph of the engine; nothing of them is executed.

Imports the grammar, the catalogue and tensors. Every operation of the lines is a call of an op of
the catalogue, on arrays of at most ENTRIES entries. Where a line fails, the graph of the lines
before it is kept.
"""

import ast
import inspect
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError, UnknownNameError
from chainrule.explorer.closed_grammar import (
    LIBRARIES,
    OPERATIONS,
    GrammarError,
    Place,
    Text,
    checked,
)
from chainrule.explorer.meant_lines import bracket_product, with_names
from chainrule.explorer.op_words import METHODS, WHOLE_NUMBERS, is_op, op_named, op_words
from chainrule.explorer.written_out import ENTRIES, WrittenOut
from chainrule.graph.nodes.node import Node
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.inspection.given_graph import Given
from chainrule.settings import ON, RECORDING
from chainrule.spec import is_list
from chainrule.tensors import Tensor, tensor

ROOM = 1024 * ENTRIES  # entries that one op may touch on its way
MOST_OPS = 2_000
SECONDS = 3.0
MOST_IN_A_LIST = 32
START = "Write sum({end})."  # where the last line is several numbers
LISTS = ("parts", "operands")  # inputs that are several


@dataclass(frozen=True)
class Leaf:
    """An input of the lines: its node, and the characters where its numbers stand, if they do."""

    node: Tensor
    span: tuple[int, int] | None


@dataclass(frozen=True)
class Typed:
    """What came of some lines.

    Attributes
    ----------
    text : str
    given : Given or None
        The graph; None where nothing was computed.
    leaves : mapping of str to Leaf
    error : GrammarError or None
        Why the lines behind it were not read.
    """

    text: str
    given: Given | None
    leaves: Mapping[str, Leaf]
    error: GrammarError | None = None


def typed_graph(text: str) -> Typed:
    """The graph of some lines."""
    try:
        where, lines = checked(text)
    except GrammarError as error:
        return Typed(text, None, {}, error)
    writer = _Writer(where)
    token = RECORDING.set(ON)
    error: GrammarError | None = None
    try:
        with np.errstate(all="ignore"):
            for line in lines:
                writer.line(line)
    except GrammarError as found:
        error = found
    finally:
        RECORDING.reset(token)
    ends = writer.ends(partial=error is not None)
    if not ends and error is None:
        error = GrammarError(
            "nothing is computed from an input yet.",
            where.place(lines[-1]) if lines else Place(),
            do="A number is an input once it has a name: x = [1, 2], and then f = sum(x * x).",
        )
    given = Given(ends, start=START) if ends else None
    return Typed(where.text, given, writer.leaves, error)


class _Writer:
    """Reads lines one by one; ``names`` holds what each name stands for."""

    def __init__(self, where: Text) -> None:
        self.where = where
        self.out = WrittenOut(where)
        self.names: dict[str, Any] = {}
        self.leaves: dict[str, Leaf] = {}
        self.begun: dict[str, int] = {}  # in which line a name without a value was first read
        self.made: list[Tensor] = []
        self.last: Any = None
        self.calls = 0
        self.until = time.monotonic() + SECONDS

    def line(self, line: ast.stmt) -> None:
        """Read one line."""
        if isinstance(line, ast.AugAssign) and isinstance(line.target, ast.Name):
            name = ast.Name(line.target.id, ast.Load())
            ast.copy_location(name, line.target)
            value = self.called(
                OPERATIONS[type(line.op)], [self.read(name), self.read(line.value)], {}, line
            )
            self._name(line.target.id, value)
        elif isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            name = line.targets[0].id
            self._check_order(name, line)
            numbers = self.out.literal(line.value)
            if numbers is None:
                self._name(name, self.read(line.value))
            else:
                leaf = tensor(numbers, name)
                self.names[name] = leaf
                self.leaves[name] = Leaf(leaf, self.where.span(line.value))
        elif isinstance(line, ast.Expr):
            self.last = self.read(line.value)

    def _check_order(self, name: str, line: ast.Assign) -> None:
        """Refuse a value that comes too late: the name was read as an input that has none."""
        read = {part.id for part in ast.walk(line.value) if isinstance(part, ast.Name)}
        begun = self.begun.pop(name, line.lineno)
        if begun < line.lineno and name not in read:
            raise self.out.wrong(
                f"line {line.lineno} gives {name} a value after line {begun} has read it.",
                line.targets[0],
                "Move it up.",
            )

    def _name(self, name: str, value: Any) -> None:
        if isinstance(value, Tensor) and value.op is not None and not value.label:
            value.name = name
        self.names[name] = self.last = value

    def ends(self, partial: bool) -> tuple[Node, ...]:
        """The last result; after a failure, everything that nobody has read."""
        if not partial and isinstance(self.last, Tensor):
            return (self.last,)
        read = {x for node in self.made for x in node.inputs}
        ends: list[Node] = [node for node in self.made if node not in read]
        if partial:
            ends += [leaf.node for leaf in self.leaves.values() if leaf.node not in read]
        return tuple(ends)

    def read(self, part: ast.expr) -> Any:
        """The value of an expression: a tensor, or a number of the formula."""
        if isinstance(part, ast.Name):
            return self._named(part)
        numbers = self.out.literal(part)
        if numbers is not None:
            return numbers if numbers.ndim else float(numbers)
        if isinstance(part, ast.BinOp):
            pair = [self.read(part.left), self.read(part.right)]
            return self.called(OPERATIONS[type(part.op)], pair, {}, part)
        if isinstance(part, ast.Compare):
            pair = [self.read(part.left), self.read(part.comparators[0])]
            return self.called(OPERATIONS[type(part.ops[0])], pair, {}, part)
        if isinstance(part, ast.UnaryOp):
            x = self.read(part.operand)
            return x if isinstance(part.op, ast.UAdd) else self.called("negative", [x], {}, part)
        if isinstance(part, ast.Call):
            return self._call(part)
        if isinstance(part, ast.Attribute):
            return self._attribute(part)
        if isinstance(part, ast.Subscript):
            return self.called("getitem", [self.read(part.value)], self.out.key(part.slice), part)
        if isinstance(part, ast.List | ast.Tuple):
            raise self.out.wrong(
                "an array holds numbers only.", part, "Join others: stack([x, y]), or hstack."
            )
        raise self.out.wrong("this is no number.", part)

    def _named(self, part: ast.Name) -> Any:
        name = part.id
        if name in self.names:
            return self.names[name]
        if name in LIBRARIES or is_op(name):
            raise self.out.wrong(f"{name} is no number.", part, f"Call an op: {name}(x).")
        value = 1.0 + sum(leaf.span is None for leaf in self.leaves.values())
        leaf = tensor(value, name)
        self.names[name] = leaf
        self.leaves[name] = Leaf(leaf, None)
        self.begun[name] = part.lineno
        return leaf

    def _attribute(self, part: ast.Attribute) -> Any:
        if self.out.library_word(part):
            raise self.out.wrong(f"{part.attr} is not known here.", part)
        if part.attr != "T":
            raise self.out.wrong(
                f".{part.attr} is not known here.", part, "Of attributes there is .T alone."
            )
        return self.called("transpose", [self.read(part.value)], {}, part)

    # ------------------------------------------------------------------------ calls

    def _call(self, part: ast.Call) -> Any:
        word = self.out.library_word(part.func)
        arguments = list(part.args)
        if word:
            name = op_named(word)
        elif isinstance(part.func, ast.Name):
            word = part.func.id
            name = op_named(word)
            if word in ("max", "min") and len(arguments) == 2:  # Python's, of two numbers
                name = {"max": "maximum", "min": "minimum"}[word]
        elif isinstance(part.func, ast.Attribute):
            word = part.func.attr
            name = word if word in METHODS else ""
            if name == "reshape" and len(arguments) > 1:
                lengths = ast.Tuple(arguments, ast.Load())
                arguments = [ast.copy_location(lengths, part)]
            arguments = [part.func.value, *arguments]
        else:
            raise self._not_called(part)
        if isinstance(part.func, ast.Name) and not name and word in self.names:
            raise self._not_called(part)
        if not name:
            known = UnknownNameError("op", word, op_words())
            raise self.out.wrong(known.what, part.func, "See the list of ops under the text.")
        function = CATALOGUE.function(name)
        try:
            bound = inspect.signature(function).bind(
                *arguments, **{each.arg or "": each.value for each in part.keywords}
            )
        except TypeError as error:
            takes = f"It takes {name}{inspect.signature(function)}."
            raise self.out.wrong(f"{name}: {error}.", part, takes) from None
        inputs = {*CATALOGUE[name].inputs, *LISTS}
        for key, value in bound.arguments.items():
            read = self._operand(value, key) if key in inputs else self.out.setting(value)
            bound.arguments[key] = read
        return self.called(name, bound.args, bound.kwargs, part)

    def _not_called(self, part: ast.Call) -> GrammarError:
        """What stands before a bracket is no op: the sign of a product may be missing."""
        start, end = self.where.span(part)
        return self.out.wrong(
            "only ops are called.", part, bracket_product(self.where.text[start:end])
        )

    def _operand(self, part: ast.expr, key: str) -> Any:
        if isinstance(part, ast.Constant) and part.value is None:
            return None
        if key in LISTS and isinstance(part, ast.List | ast.Tuple):
            return [self.read(each) for each in part.elts[:MOST_IN_A_LIST]]
        value = self.read(part)
        if key not in WHOLE_NUMBERS:
            return value
        whole = np.asarray(value.data if isinstance(value, Tensor) else value)
        computed = isinstance(value, Tensor) and value.op is not None
        if computed or np.any(whole != np.rint(whole)):
            raise self.out.wrong(f"{key} are whole numbers, written out.", part)
        name = part.id if isinstance(part, ast.Name) else ""
        return tensor(whole.astype(np.int64), name)

    def _name_of(self, part: ast.expr) -> str:
        """What a reader calls an operand: its name, or what was written for it."""
        source = self.where.source(part)
        return f"({source})" if isinstance(part, ast.BinOp | ast.Compare) else source

    def called(
        self, name: str, operands: Sequence[Any], settings: Mapping[str, Any], part: ast.AST
    ) -> Any:
        """Call an op, if its arrays are small enough and there is time left."""
        self.calls += 1
        if self.calls > MOST_OPS or time.monotonic() > self.until:
            raise self.out.wrong("this takes too long.", part, "Make the lines fewer.")
        shapes = [np.shape(x) for x in _flat([*operands, *settings.values()]) if _is_array(x)]
        if _room(shapes) > ROOM:
            raise self.out.wrong(
                "these arrays together are too large.", part, "Take smaller ones."
            )
        try:
            found = CATALOGUE.function(name)(*operands, **settings)
        except ChainruleError as error:
            names = [self._name_of(each) for each in _operands(part)]
            what, do = with_names(error, names, [str(np.shape(x)) for x in operands])
            raise self.out.wrong(what, part, do) from None
        except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
            raise self.out.wrong(f"{name}: {error}", part, "") from None
        if isinstance(found, tuple | list):
            raise self.out.wrong(
                f"{name} returns several results.", part, "Use one that returns one."
            )
        if np.size(found.data if isinstance(found, Tensor) else found) > ENTRIES:
            raise self.out.wrong(f"an array has at most {ENTRIES} entries here.", part)
        if isinstance(found, Tensor):
            if found.op is not None:
                self.made.append(found)
            return found
        array = np.asarray(found)
        return array if array.ndim else array.item()


def _operands(part: ast.AST) -> list[ast.expr]:
    """The two sides of an operation; of a call, what stands in its brackets."""
    if isinstance(part, ast.BinOp):
        return [part.left, part.right]
    if isinstance(part, ast.AugAssign):
        return [part.target, part.value]
    if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and not part.keywords:
        return part.args
    return []


def _is_array(x: Any) -> bool:
    return isinstance(x, Symbol | np.ndarray)


def _flat(values: Sequence[Any]) -> list[Any]:
    return [x for value in values for x in (value if is_list(value) else [value])]


def _room(shapes: Sequence[tuple[int, ...]]) -> int:
    """What a broadcast of all of them would take; pairs make at most ENTRIES times ENTRIES."""
    deepest = max(map(len, shapes), default=0)
    padded = [(1,) * (deepest - len(shape)) + shape for shape in shapes]
    return math.prod(max(lengths) for lengths in zip(*padded, strict=True))
