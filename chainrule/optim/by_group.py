"""Settings by group: parameters whose names fit a pattern learn at their own rate or decay.

Imports errors and the checks beside it. The optimiser's base class asks it which rule a parameter
follows.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, cast

from chainrule.errors import ArgumentError
from chainrule.optim.arguments import not_negative

RATE = "rate"
Settings = dict[str, dict[str, Any]]


def checked_groups(owner: str, given: Any, known: Iterable[str]) -> Settings:
    """The settings of each group by the pattern of its names; a number is a factor of the rate.

    Raises
    ------
    ArgumentError
        For what is no mapping of patterns, and for a setting that groups cannot have.
    """
    known = tuple(known)
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise _refused(owner, given, known)
    found: Settings = {}
    settings: Any
    for pattern, settings in given.items():  # pyright: ignore[reportUnknownVariableType]  anything
        own = cast(Any, settings if isinstance(settings, Mapping) else {RATE: settings})
        if not isinstance(pattern, str) or any(name not in known for name in own):
            raise _refused(owner, {pattern: settings}, known)
        found[pattern] = {
            name: value
            if callable(value)
            else not_negative(f"the group {pattern!r} of {owner}", name, value)
            for name, value in own.items()
        }
    return found


def group_of(groups: Mapping[str, Any], name: str) -> str | None:
    """The first pattern that a parameter's name fits; None if there is none."""
    return next((pattern for pattern in groups if fnmatchcase(name, pattern)), None)


def check_used(owner: str, groups: Mapping[str, Any], names: Iterable[str]) -> None:
    """Raise where a group has no parameter: its pattern may be misspelt.

    Raises
    ------
    ArgumentError
        The message lists the names.
    """
    names = list(names)
    for pattern in groups:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise ArgumentError(
                f"no parameter of this net belongs to the group {pattern!r} of {owner}.",
                found=[f"parameters   {', '.join(names)}"],
                do='A pattern is a whole name, or one with stars: "*.bias", "layers.0.*".',
            )


def _refused(owner: str, given: Any, known: Iterable[str]) -> ArgumentError:
    return ArgumentError(
        f"{owner} was given groups={given!r:.80}.",
        do='Map patterns of names to factors of the rate, {"*.bias": 0.1}, or to settings by name '
        f"({', '.join(known)}): "
        '{"*.bias": {"rate": 0.1}}.',
    )
