"""Regularization by name: parameters whose names fit a pattern have a penalty of their own.

Imports module, tensors and errors. regularization.py asks it which parameters a penalty acts on.
"""

from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from chainrule.errors import ArgumentError
from chainrule.nn.module import Module
from chainrule.tensors import Parameter

Members = frozenset[Parameter]
Several = Callable[[Any], tuple[Any, ...]]  # the penalties of one pattern


def by_name(
    model: Module, given: Mapping[Any, Any], several: Several
) -> Iterator[tuple[Any, Members]]:
    """Each penalty of a mapping of patterns, and the parameters whose first pattern has it.

    Raises
    ------
    ArgumentError
        For what is no pattern, and for one that no name fits: it may be misspelt.
    """
    parameters = model.parameters()
    for pattern in given:
        if not isinstance(pattern, str):
            raise _refused(given)
        if not any(fnmatchcase(name, pattern) for name in parameters):
            raise ArgumentError(
                f"no parameter of this net belongs to the pattern {pattern!r} of regularization=.",
                found=[f"parameters   {', '.join(parameters)}"],
                do='A pattern is a whole name, or one with stars: "*.weight", "layers.0.*".',
            )
    first = {
        p: next((each for each in given if fnmatchcase(name, each)), None)
        for name, p in parameters.items()
    }
    for pattern, penalties in given.items():
        members = frozenset(p for p, own in first.items() if own == pattern)
        for each in several(penalties):
            if not hasattr(each, "acts_on"):
                raise _refused({pattern: each})
            if members and not each.acts_on(model, members):
                raise ArgumentError(
                    f"{type(each).__name__} acts on weights alone, but the pattern {pattern!r} "
                    "of regularization= names none.",
                    found=[
                        f"{name}   {p.shape}" for name, p in parameters.items() if p in members
                    ],
                    do=f"Pass {type(each).__name__}(..., biases=True) if they are meant."
                    if hasattr(each, "biases")
                    else "MaxNorm bounds the weights of units: name those.",
                )
            yield each, members


def _refused(given: Any) -> ArgumentError:
    return ArgumentError(
        f"regularization= was given {given!r:.80}.",
        do='Map patterns of names to L1, L2, ElasticNet or MaxNorm, {"layers.0.*": L1(1e-4)}; '
        "None exempts what fits from the patterns after it.",
    )
