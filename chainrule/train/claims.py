"""Claims: whoever trains a net says so in its parameters, and nobody else may meanwhile.

Imports tensors and errors. A fit holds a claim from its first step to its last.
"""

import os
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager

from chainrule.errors import ArgumentError, describe
from chainrule.tensors import Parameter

FIT = "fit"


@contextmanager
def claimed(parameters: Mapping[str, Parameter]) -> Generator[None]:
    """Hold the parameters; a fit in another thread that wants one of them gets an error.

    The same thread may claim them again: a callback may fit. A claim of the process before a
    fork is void, for its thread does not go on in the new one.
    """
    mine = os.getpid(), threading.get_ident()
    held: list[Parameter] = []
    try:
        for name, p in parameters.items():
            owners = p.claims
            if owners.get(FIT, mine)[0] != mine[0]:
                owners.clear()
            new = FIT not in owners
            if owners.setdefault(FIT, mine) != mine:  # one step of the interpreter: no race
                raise ArgumentError(
                    "this net is being trained by another thread, and two fits at once would mix "
                    "its weights.",
                    found=[describe(name, p, p.origin)],
                    do="Train a copy in each thread: copy.deepcopy((model, optimizer)).",
                )
            if new:
                held.append(p)
        yield
    finally:
        for p in held:
            p.claims.pop(FIT, None)
