"""Claims: whoever trains a net says so in its parameters, and nobody else may meanwhile.

Imports tensors, optim and errors. A fit holds a claim from its first step to its last, and a
Program for an epoch.
"""

import os
import threading
from collections.abc import Mapping

from chainrule.errors import ArgumentError, describe
from chainrule.optim import Optimizer
from chainrule.tensors import Parameter

Owners = dict[int, int]  # threads by process


class Claimed:
    """Holds parameters and optimiser in a ``with`` block, which may come again and again.

    A fit in another thread that wants one of them gets an error. The same thread may claim them
    again: a callback may fit. A claim of the process before a fork is void, for its thread does
    not go on in the new one.
    """

    __slots__ = ("_claims", "_held", "_optimizer", "_parameters", "_process")

    def __init__(self, parameters: Mapping[str, Parameter], optimizer: Optimizer) -> None:
        self._parameters, self._optimizer = parameters, optimizer
        self._claims = [*[p.claims for p in parameters.values()], optimizer.claims]
        self._held: list[Owners] = []
        self._process = 0

    def __enter__(self) -> None:
        mine, held = threading.get_ident(), self._held
        process = self._process = os.getpid()
        for owners in self._claims:
            owner = owners.setdefault(process, mine)  # one step of the interpreter: no race
            if owner is mine:
                held.append(owners)
            elif owner != mine:
                self.__exit__()
                raise self._refusal(owners)

    def __exit__(self, *_: object) -> None:
        for owners in self._held:
            owners.pop(self._process, None)
        self._held.clear()

    def _refusal(self, owners: Owners) -> ArgumentError:
        do = "Train a copy in each thread: copy.deepcopy((model, optimizer))."
        if owners is self._optimizer.claims:
            return ArgumentError(
                f"this {type(self._optimizer).__name__} is at work in another thread, and two "
                "fits at once would mix what it remembers.",
                do=do,
            )
        taken = [(name, p) for name, p in self._parameters.items() if p.claims is owners]
        return ArgumentError(
            "this net is being trained by another thread, and two fits at once would mix its "
            "weights.",
            found=[describe(name, p, p.origin) for name, p in taken],
            do=do,
        )
