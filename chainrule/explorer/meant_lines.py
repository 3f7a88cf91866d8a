"""What a reader meant whose line is none of the grammar's: the same, as the grammar writes it.

Imports what is written out's numbers. closed_grammar.py and typed_graph.py ask for the words.
"""

import ast
import keyword
import re
from collections.abc import Callable, Sequence
from types import MappingProxyType

from chainrule.errors import ChainruleError
from chainrule.explorer.op_words import NUMBERS

LONGEST_QUOTE = 60  # characters of a line that are said again
POWER = re.compile(r"\s*\^\s*")
FACTORS = re.compile(r"((?!0[xXbBoO])\d[\d_]*\.?[\d_]*|\.\d[\d_]*)([^\W\d][\w.]*)")
AFTER_A_NAME = r"\s*(?:=(?!=)|[-+*/@<>,)]|$)"
# Words of Python that may stand before a sign or at the end of a line that is in order.
JOINTS = frozenset({"and", "or", "not", "if", "else", "in", "is", "for", "True", "False", "None"})
KINDS = MappingProxyType({"second": 1, "first": 0})


def power(line: str) -> str:
    """A line with ``^`` for a power, with ``**`` instead."""
    meant = POWER.sub("**", line.partition("#")[0].strip().replace("^=", "^"))
    return f"A power is x**2, not x^2{_quoted(meant)}."


def product(word: str) -> str:
    """A number and a name without the sign between them, as ``2x``; "" of anything else."""
    found = FACTORS.fullmatch(word)
    if not found:
        return ""
    name = f"np.{found[2]}" if found[2] in NUMBERS else found[2]
    return f"Write {found[1]}*{name}."


def bracket_product(call: str) -> str:
    """A number and a bracket without the sign between them, as ``2(x + 1)``."""
    depth, start = 0, len(call)
    for at in reversed(range(len(call))):  # the bracket at the end, and where it begins
        depth += (call[at] == ")") - (call[at] == "(")
        if depth == 0:
            start = at
            break
    return f"A product has its sign{_quoted(f'{call[:start]}*{call[start:]}')}."


def choice(part: ast.IfExp, source: Callable[[ast.expr], str]) -> str:
    """Python's ``x if c else y``, which chooses once for the whole array."""
    meant = f"where({', '.join(map(source, (part.test, part.body, part.orelse)))})"
    return f"Choose with where(c, x, y){_quoted(meant)}."


def word_of_python(line: str) -> str:
    """A word of Python that a line uses as a name; "" where there is none."""
    line = line.partition("#")[0]
    for word in re.findall(r"[^\W\d]\w*", line):
        after = r"\s*=(?!=)" if word in JOINTS else AFTER_A_NAME
        if keyword.iskeyword(word) and re.search(rf"(?<![\w.]){word}{after}", line):
            return word
    return ""


def with_names(error: ChainruleError, names: Sequence[str], shapes: Sequence[str]) -> list[str]:
    """What was wrong with operands and what to do, by the names that the reader wrote."""
    what, do = error.what, error.do
    if not names or len(error.found) != len(names):
        return [what, "\n".join([*error.found, do])]
    what = what.replace("these tensors", " and ".join(names))
    for word, place in KINDS.items():
        if len(names) == 2:
            do = re.sub(rf"\bthe {word}( tensor)?(?= \d)", names[place], do)
    width = max(map(len, names))
    found = [f"{name:<{width}}  {shape}" for name, shape in zip(names, shapes, strict=True)]
    return [what, "\n".join([*found, do])]


def _quoted(meant: str) -> str:
    meant = " ".join(meant.split())
    return f": {meant}" if len(meant) <= LONGEST_QUOTE else ""
