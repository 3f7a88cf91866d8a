"""The libraries that are measured, one file each; a file is imported only in a worker process.

A peer's file has FORMS: by name, a function from a case to a Task.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PEERS = ("chainrule", "jax", "torch", "numpy", "sklearn", "onnxruntime")


@dataclass(frozen=True)
class Task:
    """What a worker runs again and again.

    Attributes
    ----------
    call : callable
        One unit of work: an epoch, or one prediction. Returns whatever `value` reads.
    value : callable
        From what the call returned to the number that all peers must agree on: the mean loss of
        an epoch, or the mean absolute score of a prediction.
    steps : int
        Training steps, or predictions, in a call.
    """

    call: Callable[[], Any]
    value: Callable[[Any], float]
    steps: int = 1


def task(peer: str, form: str, case: Any) -> Task:
    """Build the task that a peer calls by this name."""
    return importlib.import_module(f"benchmarks.peers.{peer}").FORMS[form](case)
