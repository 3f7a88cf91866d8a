"""Foreign: which function of another library the user called, on the way into this package.

Imports errors. Only errors and warnings look here: walking the frames takes microseconds.
"""

import inspect
import sys
from collections.abc import Iterator, Mapping
from types import FrameType, FunctionType, ModuleType
from typing import Any

from chainrule.errors import foreign_frames

UNKNOWN = ""


def foreign_call() -> str:
    """The public name of the function: "scipy.special.softmax"; "" where the user called ours.

    Between the user's line and this package stand the frames of the other library; the outermost
    one that runs something public is what the user called.
    """
    # Frame 0 is this function's own.
    frames = foreign_frames(sys._getframe(0))  # pyright: ignore[reportPrivateUsage]
    for frame in reversed(frames):
        found = next(filter(None, _candidates(frame)), UNKNOWN)
        if found:
            return _short(found)
    return _short(_plain_name(frames[-1])) if frames else UNKNOWN


def _candidates(frame: FrameType) -> Iterator[str]:
    """Public names of what a frame runs: a method, a function, or what a decorator wraps."""
    name, values = frame.f_code.co_name, frame.f_locals
    module = str(frame.f_globals.get("__name__", ""))
    if _is_private(name):
        yield _wrapped(values, module)
        return
    if "self" in values:
        yield _of_method(values["self"], name)
    yield _public(module, name)
    yield _public(module, frame.f_code.co_qualname)
    yield _wrapped(values, module)


def _of_method(owner: object, name: str) -> str:
    """A method by its object, if that has a public name (scipy.stats.norm), or by its class."""
    kind = type(owner)
    if not hasattr(kind, name):
        return UNKNOWN
    for place in _public_places(kind.__module__):
        # Statically: the object may be half built, and its own __getattr__ would run.
        known = str(inspect.getattr_static(owner, "name", UNKNOWN))
        if _within(place, known) is owner:
            return f"{place.__name__}.{known}.{name}"
    found = _public(kind.__module__, kind.__qualname__)
    return f"{found}.{name}" if found else UNKNOWN


def _wrapped(values: Mapping[str, Any], module: str) -> str:
    """The public function of the same library that a decorator's inner function holds."""
    root = module.partition(".")[0]
    for value in values.values():
        if isinstance(value, FunctionType) and str(value.__module__).partition(".")[0] == root:
            found = _of_method(values["self"], value.__name__) if "self" in values else UNKNOWN
            found = found or _public(value.__module__, value.__qualname__)
            if found:
                return found
    return UNKNOWN


def _public(module: str, name: str) -> str:
    """Where a function defined in a module is found by users; "" if nowhere."""
    for place in _public_places(module):
        first, *others = name.split(".")
        found = _within(place, first)
        for part in others:
            found = None if _is_private(part) else getattr(found, part, None)
        if callable(found) and not _is_private(first):
            return f"{place.__name__}.{name}"
    return UNKNOWN


def _within(place: ModuleType, name: str) -> Any:
    """What stands in a module under a name, without asking its ``__getattr__``, which may warn."""
    return place.__dict__.get(name)


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def _public_places(module: str) -> Iterator[ModuleType]:
    """The public modules around a module, the innermost first."""
    parts = module.split(".")
    while parts:
        place = sys.modules.get(".".join(parts))
        if place is not None and not any(part.startswith("_") for part in parts):
            yield place
        parts.pop()


def _short(name: str) -> str:
    """As users write it: np.vectorize."""
    name = name.removesuffix(".__call__").removesuffix(".__init__")
    return name.replace("numpy.", "np.", 1) if name.startswith("numpy.") else name


def _plain_name(frame: FrameType) -> str:
    module = str(frame.f_globals.get("__name__", ""))
    return f"{module}.{frame.f_code.co_qualname}"
