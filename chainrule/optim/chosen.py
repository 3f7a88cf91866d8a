"""Which parameters a step changes: their names, and whether a fresh gradient stands at each.

Imports tensors and errors. The optimisers ask it before they change anything.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chainrule.errors import ArgumentError, NoGradientError, a_kind, describe
from chainrule.tensors import Parameter

Parameters = Mapping[str, Parameter] | Iterable[Parameter]
Named = list[tuple[str, Parameter]]
LISTED_AT_MOST = 6  # names in a message


LASTING = (dict, list)


def lasting(parameters: Any) -> Any:
    """A dict or list of what was given, which may be an iterator that can be read only once."""
    return dict(parameters) if _has_names(parameters) else list(parameters)


def members(parameters: Any) -> list[Any]:
    """The parameters without their names."""
    return list(parameters.values()) if _has_names(parameters) else parameters


def thawed(pairs: Named, owner: str) -> Named:
    """Those that are not frozen; an error if all are."""
    found = [(name, p) for name, p in pairs if p.wants_gradient]
    if pairs and not found:
        names = ", ".join(name for name, _ in pairs[:LISTED_AT_MOST])
        raise NoGradientError(
            f"every parameter given to {owner} is frozen: {names}.",
            found=[describe(name, p, "wants no gradient") for name, p in pairs[:LISTED_AT_MOST]],
            do="Call module.unfreeze(), or set p.wants_gradient = True.",
        )
    return found


def named(parameters: Parameters) -> Named:
    """Parameters with the names of their mapping, or their own, or their positions."""
    given: Any = parameters
    if _has_names(given):
        pairs: list[tuple[str, Any]] = list(given.items())
    else:
        owners: list[Any] = list(given)
        pairs = [(getattr(p, "label", "") or f"parameter {i}", p) for i, p in enumerate(owners)]
    found: dict[str, Parameter] = {}
    for i, (name, p) in enumerate(pairs):
        if not isinstance(p, Parameter):
            raise ArgumentError(
                f"an optimiser changes parameters, but {name} is {a_kind(p)}.",
                found=[describe(name, p)],
                do="Make it with cr.parameter(array), or pass model.parameters().",
            )
        found[name if name not in found else f"{name} at {i}"] = p
    return list(found.items())


def _has_names(parameters: Any) -> bool:
    return type(parameters) is dict or isinstance(parameters, Mapping)


def fresh(pairs: Named, missing: str, owner: str) -> Named:
    """The parameters with a fresh gradient; an error if the others may not be skipped."""
    stale = [(name, p) for name, p in pairs if not p.fresh]
    if stale and missing != "skip":
        raise _no_gradient(stale, owner)
    return [(name, p) for name, p in pairs if p.fresh]


def _no_gradient(stale: Sequence[tuple[str, Parameter]], owner: str) -> NoGradientError:
    shown, more = stale[:LISTED_AT_MOST], len(stale) - LISTED_AT_MOST
    names = ", ".join(name for name, _ in shown) + (f" and {more} more" if more > 0 else "")
    have, them = ("have", "them") if len(stale) > 1 else ("has", "it")
    return NoGradientError(
        f"{names} {have} no fresh gradient, so {owner} cannot update {them}.",
        found=[
            describe(name, p, "no gradient" if p.gradient is None else "gradient already used")
            for name, p in shown
        ],
        do='Call loss.backward() before each step, or pass missing="skip" if it is meant.',
    )
