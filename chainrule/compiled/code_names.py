"""Names: what a piece of code reads by name, found without running it.

Imports the standard library. The surroundings look only at globals and attributes that some code
could read.
"""

import dis
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

# Code that names one of these may read any attribute.
ANY = frozenset({"getattr", "vars", "__dict__", "asdict", "astuple", "fields", "replace"})
GLOBAL = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
LOCAL = ("LOAD_FAST", "LOAD_DEREF", "LOAD_CLOSURE", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF")


@dataclass(frozen=True)
class Reads:
    """What a function reads.

    Attributes
    ----------
    globals : tuple of str
    names : frozenset of str
        Of attributes; text counts, since ``getattr(x, "rate")`` reads one by it.
    modules : tuple of str
        That it imports itself.
    """

    globals: tuple[str, ...]
    names: frozenset[str]
    modules: tuple[str, ...]


@functools.lru_cache(maxsize=4096)
def reads(code: CodeType) -> Reads:
    """What a function's code reads, with that of the functions inside."""
    globals_: dict[str, None] = {}
    names: set[str] = set()
    modules: dict[str, None] = {}
    for part in _parts(code):
        names.update(x for x in part.co_consts if isinstance(x, str) and x.isidentifier())
        for step in dis.get_instructions(part):
            name: Any = step.argval
            if step.opname == "MATCH_CLASS":  # a pattern: any attribute, by place
                names.add("__dict__")
            if not isinstance(name, str) or step.opname == "LOAD_CONST":
                continue
            if step.opname == "IMPORT_NAME":
                modules[name] = None
            elif step.opname in GLOBAL:
                globals_[name] = None
                names.update(ANY.intersection([name]))
            elif step.opname == "IMPORT_FROM" or (
                step.opname.startswith("LOAD_") and not step.opname.startswith(LOCAL)
            ):
                names.add(name)
    return Reads(tuple(globals_), frozenset(names), tuple(modules))


@functools.lru_cache(maxsize=256)
def reads_of_class(kind: type) -> frozenset[str]:
    """The attributes that the methods of a class read, without those of its bases."""
    found: set[str] = set()
    for x in vars(kind).values():
        function = getattr(x, "__func__", getattr(x, "fget", x))
        if isinstance(function, FunctionType):
            found |= reads(function.__code__).names
    return frozenset(found)


def _parts(code: CodeType) -> Iterator[CodeType]:
    yield code
    for x in code.co_consts:
        if isinstance(x, CodeType):
            yield from _parts(x)
