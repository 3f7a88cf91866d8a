"""Contents: what arrays and containers hold, as a part of a key and as a guard.

Imports values. The surroundings write with these rules.
"""

from typing import Any

from chainrule.compiled.values import Bytes, Same, atom, content, kind_of


def of_array(around: Any, x: Any) -> None:
    """An array, which can be written."""
    around.note((x.shape, x.dtype.str))
    _contents(around, x)


def _contents(around: Any, x: Any) -> None:
    mark = content(x)
    around.snapshot.array(x, mark)
    around.note(mark)


def of_buffer(around: Any, x: Any) -> None:
    """Bytes that are no array."""
    around.note(kind_of(x), getattr(x, "typecode", ""))
    _contents(around, Bytes(x))


def of_variable(around: Any, x: Any) -> None:
    """A variable of the context."""
    held = x.get(None)
    around.snapshot.variable(x, held)
    around.note(Same(x))
    around.then(held)


def of_sequence(around: Any, x: Any) -> None:
    """Elements one after another; only those of a tuple stay."""
    held = list(x)
    if not isinstance(x, tuple):
        around.snapshot.holds(x, held)
    around.note(kind_of(x), len(held))
    around.then(*held)


def of_set(around: Any, x: Any) -> None:
    """Elements in no order."""
    held = list(x)
    around.snapshot.holds(x, held)
    around.note(kind_of(x), frozenset(atom(each) or Same(each) for each in held))


def of_dict(around: Any, x: Any) -> None:
    """Names and values, in their order."""
    names, held = list(x.keys()), list(x.values())
    around.snapshot.holds(x.keys(), names)
    around.snapshot.holds(x.values(), held)
    around.note(kind_of(x), len(held))
    around.then(*(part for pair in zip(names, held, strict=True) for part in pair))
