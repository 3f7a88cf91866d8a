"""Misuse: what is said when an op is called with arguments that do not fit its signature.

Imports errors. op.py asks when a call cannot be bound.
"""

import difflib
import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chainrule.errors import CallError, ChainruleError, describe

if TYPE_CHECKING:
    from chainrule.graph.op.operation import Op

# What other libraries call it.
ELSEWHERE = {"dim": "axis", "dims": "axis", "axes": "axis", "axis": "axes", "keepdim": "keepdims"}


def misuse(cls: "type[Op]", args: Any, keywords: dict[str, Any], error: Exception) -> Exception:
    """The error for a call that cannot be bound, in our words where its arguments are wrong."""
    try:
        cls.signature.bind(*args, **keywords)
    except TypeError:
        wrong = not isinstance(error, ChainruleError)
        return _misfit(cls.name, cls.signature, args, keywords) if wrong else error
    return error


def _misfit(
    name: str, signature: inspect.Signature, args: Sequence[Any], keywords: dict[str, Any]
) -> CallError:
    known, call = list(signature.parameters), f"{name}{_shown(signature)}"
    unknown = [key for key in keywords if key not in known]
    if unknown:
        free = [key for key in known[len(args) :] if key not in keywords]
        right = _nearest(unknown[0], free)
        return CallError(
            f"{name} has no argument {unknown[0]!r}" + (f"; it is {right!r}." if right else "."),
            found=[_given(key, keywords[key]) for key in unknown],
            do=(f"Write {right}= instead. " if right else "") + f"Its arguments: {call}.",
        )
    if len(args) > len(known):
        what = f"{name} takes {_counted(len(known))}, not {len(args)} positional ones."
    else:
        twice = [key for key in known[: len(args)] if key in keywords]
        missing = [
            key
            for key, parameter in list(signature.parameters.items())[len(args) :]
            if parameter.default is parameter.empty and key not in keywords
        ]
        what = (
            f"{name} is given {twice[0]!r} twice: by position and by name."
            if twice
            else f"{name} needs the argument {', '.join(map(repr, missing))}."
        )
    return CallError(what, do=f"Its arguments: {call}.")


def _nearest(key: str, known: Sequence[str]) -> str:
    """The argument that was meant, if one is near."""
    if ELSEWHERE.get(key) in known:
        return ELSEWHERE[key]
    return next(iter(difflib.get_close_matches(key, known, n=1, cutoff=0.6)), "")


def _given(key: str, value: Any) -> str:
    return describe(key, value) if hasattr(value, "shape") else f"{key}={value!r}"


def _counted(count: int) -> str:
    return f"{count} argument" + "s" * (count != 1)


def _shown(signature: inspect.Signature) -> str:
    """The names and defaults, without types."""
    plain = [each.replace(annotation=each.empty) for each in signature.parameters.values()]
    return str(inspect.Signature(plain))
