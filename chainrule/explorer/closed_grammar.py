"""Which lines a reader may type, and where a line leaves the grammar.

Imports errors and what a reader may have meant. The lines are parsed by Python's own parser and
never executed: typed_graph.py walks the tree that is checked here and calls ops of the catalogue.

    line        name = expression | name op= expression | expression
    expression  number | array | name | expression op expression | - expression
                | op(expression, ..., setting=literal) | expression.T | expression.method(...)
                | expression[literal, ...] | expression > expression
    op          + - * / @ **
"""

import ast
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType

from chainrule.errors import ArgumentError
from chainrule.explorer.meant_lines import choice, power, product, word_of_python

LONGEST_TEXT = 8_000  # characters
MOST_LINES = 200
MOST_PARTS = 2_000  # of the tree: names, numbers, operations
DEEPEST = 40  # brackets in brackets, and operations in operations
LONGEST_NAME = 60
TRIES = 20
LIBRARIES = frozenset({"np", "numpy", "cr", "chainrule"})

OPERATIONS: Mapping[type[ast.AST], str] = MappingProxyType(
    {
        ast.Add: "add",
        ast.Sub: "subtract",
        ast.Mult: "multiply",
        ast.Div: "divide",
        ast.MatMult: "matmul",
        ast.Pow: "power",
        ast.Gt: "greater",
        ast.GtE: "greater_equal",
        ast.Lt: "less",
        ast.LtE: "less_equal",
        ast.Eq: "equal",
        ast.NotEq: "not_equal",
    }
)
DOT = "\N{MIDDLE DOT}"
NUMBER = re.compile(r"(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)([eE][+-]?\d+)?")
WORD = re.compile(r"(?<![\w.])(?:\d|\.\d)[\w.]*(?:(?<=[eE])[+-]\d+)?")

# What else Python has, in a reader's words.
REFUSED: Mapping[type[ast.AST], str] = MappingProxyType(
    {
        ast.Lambda: "a lambda",
        ast.IfExp: "an if",
        ast.If: "an if",
        ast.For: "a loop",
        ast.While: "a loop",
        ast.FunctionDef: "a function of your own",
        ast.AsyncFunctionDef: "a function of your own",
        ast.ClassDef: "a class",
        ast.Import: "an import",
        ast.ImportFrom: "an import",
        ast.ListComp: "a comprehension",
        ast.SetComp: "a comprehension",
        ast.DictComp: "a comprehension",
        ast.GeneratorExp: "a comprehension",
        ast.Dict: "a dict",
        ast.Set: "a set",
        ast.JoinedStr: "a text",
        ast.BoolOp: "and or or",
        ast.NamedExpr: "an assignment inside an expression",
        ast.Starred: "a star",
        ast.Await: "await",
        ast.Yield: "yield",
        ast.With: "with",
        ast.Try: "try",
        ast.Delete: "del",
        ast.Assert: "assert",
        ast.Raise: "raise",
        ast.Global: "global",
    }
)
KNOWS = "Lines hold names, numbers, arrays, + - * / @ **, comparisons and calls of ops."


@dataclass(frozen=True)
class Place:
    """Where something stands in a text: the line, and its first and last column, from 1 and 0."""

    line: int = 1
    column: int = 0
    end: int = 0


class GrammarError(ArgumentError):
    """A line that leaves the grammar, with the place where it does."""

    def __init__(self, what: str, place: Place, do: str = KNOWS) -> None:
        super().__init__(what, do=do, where="")
        self.place = place


class Text:
    """A text with its lines: columns of a tree count bytes, those of a reader characters."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")

    def place(self, node: ast.AST) -> Place:
        """Where a part of the tree stands; of one that goes over lines, its first one."""
        first: int = getattr(node, "lineno", 1)
        last: int = getattr(node, "end_lineno", None) or first
        line = self.line(first)
        start = self._characters(line, getattr(node, "col_offset", 0))
        same = last == first
        end = self._characters(line, getattr(node, "end_col_offset", 0)) if same else len(line)
        return Place(first, start, max(end, start))

    def line(self, number: int) -> str:
        """A line, counted from 1."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def source(self, part: ast.expr) -> str:
        """The characters of a part, on one line; brackets around it are not of it."""
        start, end = self.span(part)
        return " ".join(self.text[start:end].split())

    def span(self, node: ast.expr) -> tuple[int, int]:
        """The first and the last character of a part, counted through the whole text."""
        ends = ((node.lineno, node.col_offset), (node.end_lineno or 1, node.end_col_offset or 0))
        start, end = (self._through(line, column) for line, column in ends)
        return start, end

    def _through(self, line: int, column: int) -> int:
        before = sum(len(each) + 1 for each in self.lines[: line - 1])
        return before + self._characters(self.lines[line - 1], column)

    @staticmethod
    def _characters(line: str, offset: int) -> int:
        return len(line.encode()[:offset].decode(errors="ignore"))


def checked(text: str) -> tuple[Text, list[ast.stmt]]:
    """The lines of a text as trees.

    Raises
    ------
    GrammarError
        If anything in it is not of the grammar; before any of it is computed.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    _check_characters(text)
    where = Text(text)
    try:
        body = _parsed(text)
    except SyntaxError as error:
        place = Place(error.lineno or 1, max((error.offset or 1) - 1, 0), error.offset or 1)
        word = word_of_python(where.line(place.line))
        if word:
            do = f"Choose another name, such as {word}_."
            raise GrammarError(f"{word} is a word of Python.", place, do) from None
        raise GrammarError(f"this is no formula: {error.msg}.", place) from None
    except (ValueError, MemoryError, RecursionError):
        raise GrammarError("this is too deep to be read.", Place()) from None
    if not body:
        raise GrammarError(
            "there is no line yet.", Place(), do="Type a formula, such as (x + y) * z."
        )
    lines = [line for line in body if not _is_usual_import(line)]
    for line in lines:
        _check_line(line, where)
    return where, lines


def _parsed(text: str) -> list[ast.stmt]:
    """The lines as Python's parser reads them."""
    for _ in range(TRIES):
        # A parser that another thread runs meanwhile upsets the depth that CPython counts for all
        # of them; what it then raises says nothing of these lines.
        with suppress(SystemError):
            # To quote a line that it cannot read, Python opens the file of that name: none.
            return ast.parse(text, filename="").body
    raise RecursionError


def _check_characters(text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise GrammarError(f"the text is longer than {LONGEST_TEXT} characters.", Place())
    for number, line in enumerate(text.split("\n"), start=1):
        if number > MOST_LINES:
            raise GrammarError(f"there are more than {MOST_LINES} lines.", Place(number))
        for column, character in enumerate(line):
            if character == "\\" or (not character.isprintable() and character != "\t"):
                raise GrammarError(
                    f"{character!r} belongs to no formula.", Place(number, column, column + 1)
                )
        bare = line.partition("#")[0]
        if DOT in bare:  # Python takes it for a letter: w·x would be one name
            column = bare.index(DOT)
            do = "Write * for a product, and @ for that of matrices."
            raise GrammarError(f"{DOT} is no sign here.", Place(number, column, column + 1), do)
        for word in WORD.finditer(bare):
            if not NUMBER.fullmatch(word.group()):
                place = Place(number, word.start(), word.end())
                do = product(word.group()) or KNOWS
                raise GrammarError(f"{word.group()} is no number.", place, do)
    depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if depth > DEEPEST:
            raise GrammarError(f"brackets go deeper than {DEEPEST}.", Place())


def _is_usual_import(line: ast.stmt) -> bool:
    """``import numpy as np`` and ``import chainrule as cr``: pasted with the lines, and obeyed."""
    if not isinstance(line, ast.Import):
        return False
    usual = {("numpy", "np"), ("chainrule", "cr"), ("numpy", None), ("chainrule", None)}
    return all((each.name, each.asname) in usual for each in line.names)


def _check_line(line: ast.stmt, where: Text) -> None:
    if not isinstance(line, ast.Assign | ast.AugAssign | ast.Expr):
        raise _refused(line, where)
    targets = line.targets if isinstance(line, ast.Assign) else []
    targets = [line.target] if isinstance(line, ast.AugAssign) else targets
    if len(targets) > 1:
        raise GrammarError("a line gives one name.", where.place(targets[1]))
    for target in targets:
        if not isinstance(target, ast.Name):
            raise GrammarError(
                "what is left of = is one name.",
                where.place(target),
                do="Write hidden = relu(x @ w); entries of an array are not assigned.",
            )
        if target.id in LIBRARIES:
            raise GrammarError(f"{target.id} stands for the library.", where.place(target))
    for parts, (part, depth) in enumerate(_parts(line)):
        if depth > DEEPEST or parts > MOST_PARTS:
            raise GrammarError(
                "this line is too large for one.",
                where.place(part),
                do="Give parts of it names, on lines of their own.",
            )
        _check_part(part, where)


def _parts(line: ast.AST) -> Iterator[tuple[ast.AST, int]]:
    """Everything in a line with its depth, without recursion."""
    stack = [(line, 0)]
    while stack:
        part, depth = stack.pop()
        yield part, depth
        stack += [(child, depth + 1) for child in ast.iter_child_nodes(part)]


ALLOWED = (
    ast.Assign, ast.AugAssign, ast.Expr, ast.Name, ast.Constant, ast.BinOp, ast.UnaryOp,
    ast.Compare, ast.Call, ast.keyword, ast.Attribute, ast.Subscript, ast.Slice, ast.List,
    ast.Tuple, ast.expr_context, ast.operator, ast.unaryop, ast.cmpop,
)  # fmt: skip


def _check_part(part: ast.AST, where: Text) -> None:
    if not isinstance(part, ALLOWED):
        raise _refused(part, where)
    if isinstance(part, ast.Name) and (part.id.startswith("__") or len(part.id) > LONGEST_NAME):
        raise GrammarError(f"{part.id[:LONGEST_NAME]} is no name here.", where.place(part))
    if isinstance(part, ast.Attribute) and part.attr.startswith("_"):
        raise GrammarError(f".{part.attr[:LONGEST_NAME]} is not known here.", where.place(part))
    if isinstance(part, ast.BinOp | ast.AugAssign) and type(part.op) not in OPERATIONS:
        if isinstance(part.op, ast.BitXor):
            do = power(where.line(where.place(part).line))
            raise GrammarError("^ is no power here.", where.place(part), do)
        raise GrammarError("this operation is not known here.", where.place(part))
    if isinstance(part, ast.UnaryOp) and not isinstance(part.op, ast.USub | ast.UAdd):
        raise GrammarError("of signs there are + and -.", where.place(part))
    if isinstance(part, ast.Compare):
        if len(part.ops) > 1:
            raise GrammarError("compare two at a time.", where.place(part))
        if type(part.ops[0]) not in OPERATIONS:
            raise GrammarError("this comparison is not known here.", where.place(part))
    if isinstance(part, ast.keyword) and part.arg is None:
        raise GrammarError("a star is not part of the grammar.", where.place(part))
    if isinstance(part, ast.Constant) and isinstance(part.value, bytes | complex):
        raise GrammarError("numbers are real.", where.place(part))


def _refused(part: ast.AST, where: Text) -> GrammarError:
    name = REFUSED.get(type(part), "this")
    if isinstance(part, ast.IfExp):
        do = choice(part, where.source)
        return GrammarError(f"{name} is not part of the grammar.", where.place(part), do)
    return GrammarError(f"{name} is not part of the grammar.", where.place(part))
