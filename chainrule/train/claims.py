"""Claims: whoever trains a net says so in its parameters, and nobody else may meanwhile.

Imports tensors, optim and errors. A fit holds a claim from its first step to its last, and a
Program for an epoch.
"""

import os
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager

from chainrule.errors import ArgumentError, describe
from chainrule.optim import Optimizer
from chainrule.tensors import Parameter

FIT = "fit"


@contextmanager
def claimed(parameters: Mapping[str, Parameter], optimizer: Optimizer) -> Generator[None]:
    """Hold parameters and optimiser; a fit in another thread that wants one gets an error.

    The same thread may claim them again: a callback may fit. A claim of the process before a
    fork is void, for its thread does not go on in the new one.
    """
    mine = os.getpid(), threading.get_ident()
    held: list[dict[str, tuple[int, int]]] = []
    try:
        for name, p in [*parameters.items(), ("", optimizer)]:
            owners = p.claims
            if owners.get(FIT, mine)[0] != mine[0]:
                owners.clear()
            new = FIT not in owners
            if owners.setdefault(FIT, mine) != mine:  # one step of the interpreter: no race
                raise _refusal(name, p)
            if new:
                held.append(owners)
        yield
    finally:
        for owners in held:
            owners.pop(FIT, None)


def _refusal(name: str, x: Parameter | Optimizer) -> ArgumentError:
    do = "Train a copy in each thread: copy.deepcopy((model, optimizer))."
    if isinstance(x, Optimizer):
        return ArgumentError(
            f"this {type(x).__name__} is at work in another thread, and two fits at once would "
            "mix what it remembers.",
            do=do,
        )
    return ArgumentError(
        "this net is being trained by another thread, and two fits at once would mix its weights.",
        found=[describe(name, x, x.origin)],
        do=do,
    )
