"""What is written out in a line: numbers, arrays, settings, indices; none of it is computed.

Imports the grammar. typed_graph.py asks it first, and computes what it does not know.
"""

import ast
from typing import Any

import numpy as np

from chainrule.explorer.closed_grammar import LIBRARIES, GrammarError, Text
from chainrule.explorer.op_words import NUMBERS

ENTRIES = 1024  # of one array
LARGEST_SETTING = 1024  # of whole numbers: axes, orders, lengths
MOST_BITS = 1000  # of a whole number: floats end at 2^1024
LONGEST_WORD = 24  # of a setting
MOST_IN_A_SETTING = 8


class WrittenOut:
    """Reads what a text holds without names and operations."""

    def __init__(self, where: Text) -> None:
        self.where = where

    def literal(self, part: ast.expr) -> np.ndarray[Any, Any] | None:
        """The array that an expression writes out, or None where it computes."""
        if isinstance(part, ast.Call) and self._called(part) in ("array", "asarray"):
            if len(part.args) != 1 or part.keywords:
                raise self.wrong("np.array takes the numbers alone.", part)
            part = part.args[0]
        numbers = self._numbers(part)
        if numbers is None:
            return None
        try:
            array = np.array(numbers, dtype=np.float64)
        except (ValueError, OverflowError):
            raise self.wrong("the rows of this array are of different lengths.", part) from None
        if array.size > ENTRIES:
            raise self.wrong(f"an array has at most {ENTRIES} entries here.", part)
        return array

    def _called(self, part: ast.Call) -> str:
        """The word of a call, with its library in front or without."""
        return part.func.id if isinstance(part.func, ast.Name) else self.library_word(part.func)

    def _numbers(self, part: ast.expr) -> Any:
        if isinstance(part, ast.Constant) and isinstance(part.value, int | float | bool):
            if isinstance(part.value, int) and part.value.bit_length() > MOST_BITS:
                raise self.wrong("this number is too large.", part)
            return float(part.value)
        if isinstance(part, ast.UnaryOp):
            inner = self._numbers(part.operand)
            if isinstance(inner, float):
                return -inner if isinstance(part.op, ast.USub) else inner
            return None
        word = self.library_word(part)
        if word in NUMBERS:
            return NUMBERS[word]
        if isinstance(part, ast.List | ast.Tuple) and part.elts:
            inner = [self._numbers(each) for each in part.elts]
            return None if any(each is None for each in inner) else inner
        return None

    def library_word(self, part: ast.expr) -> str:
        """The ``pi`` of ``np.pi``; "" of anything else."""
        names: list[str] = []
        while isinstance(part, ast.Attribute):
            names.append(part.attr)
            part = part.value
        if not names or not isinstance(part, ast.Name) or part.id not in LIBRARIES:
            return ""
        return names[0] if names[1:] in ([], ["linalg"], ["special"]) else "."

    def key(self, part: ast.expr) -> dict[str, Any]:
        """What stands in the brackets behind an array, as the op takes it."""
        parts = part.elts if isinstance(part, ast.Tuple) else [part]
        return {"key": tuple(map(self._index, parts))}

    def _index(self, part: ast.expr) -> Any:
        if isinstance(part, ast.Slice):
            ends = (part.lower, part.upper, part.step)
            return slice(*(None if each is None else self.setting(each) for each in ends))
        found = self.setting(part)
        if found is not None and (isinstance(found, bool) or not isinstance(found, int)):
            raise self.wrong("an index is a whole number or a slice.", part)
        return found

    def setting(self, part: ast.expr) -> Any:
        """A literal: a number, True, None, a word, or a few of them."""
        if isinstance(part, ast.Constant):
            value = part.value
            if isinstance(value, str) and len(value) <= LONGEST_WORD:
                return value
            if isinstance(value, int) and abs(value) <= LARGEST_SETTING:
                return value
            if value is None or isinstance(value, float):
                return value
        if isinstance(part, ast.UnaryOp):
            value = self.setting(part.operand)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return -value if isinstance(part.op, ast.USub) else value
        if isinstance(part, ast.List | ast.Tuple) and len(part.elts) <= MOST_IN_A_SETTING:
            return tuple(map(self.setting, part.elts))
        raise self.wrong(
            f"a setting is a word, True, None or a number up to {LARGEST_SETTING}.", part
        )

    def wrong(self, what: str, part: ast.AST, do: str | None = None) -> GrammarError:
        """The error for a part of the text."""
        place = self.where.place(part)
        return GrammarError(what, place) if do is None else GrammarError(what, place, do)
