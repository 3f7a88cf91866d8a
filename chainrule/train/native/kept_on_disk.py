"""Kept on disk: what a step of our own code was recorded and planned to, for the next process.

Imports the folder of compiled kernels, in which it stands, and plans. Known steps ask here before
they are recorded: to record and plan a small net takes longer than its first hundred steps.

What stands there is trusted as the machine code beside it is: nobody else's file is read, a
damaged one is none, and its key has everything that was looked at, every file of this package,
and the versions of Python and NumPy.
"""

import functools
import pickle
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import numpy as np

from chainrule.native.cache import Entry, digest
from chainrule.native.code_files import written
from chainrule.native.engine import cache_state
from chainrule.plan.plan import Plan
from chainrule.spec import is_tuple
from chainrule.train.native.holdings import CACHED, PLAIN, is_ours
from chainrule.train.native.planned import LARGEST
from chainrule.train.native.recorded_step import Recorded
from chainrule.train.streams import SINGLE

ROOT = Path(__file__).parents[2]
WORDS = frozenset({str, int, bool, float, type(None)})  # what most facts are made of
# What stands above training or beside it, which no step can run; machine code has keys of its own.
OTHERS = frozenset({"cli", "data", "doctor", "inspection", "native", "testing", "tracing"})


def key_of(facts: Any, modules: Iterable[str]) -> bytes | None:
    """Under what a step is kept: equal in every process; None where that cannot be told.

    Parameters
    ----------
    modules : iterable of str
        Where the methods were written that it may run: a user may have put another there.
    """
    files = _files()
    if not files or not all(map(is_ours, modules)):
        return None
    try:
        words = repr(_portable(facts))
    except _NotPortableError:
        return None
    return digest("step", files, sys.version, np.__version__, words)


def read(key: bytes) -> tuple[Recorded, Plan] | None:
    """What was kept under this key, or None."""
    entry = cache_state().get(key)
    if entry is None:
        return None
    try:
        kept: tuple[Recorded, Plan] = pickle.loads(entry.image)  # noqa: S301  trusted as code is
        recorded, plan = kept
        found = replace(recorded, out=SINGLE), plan  # a copy would be another container
    except Exception:  # whatever a file holds that nobody can read, the step is recorded anew
        return None
    return found if isinstance(plan, Plan) else None


def write(key: bytes, recorded: Recorded, plan: Plan) -> None:
    """Keep a step whose outputs stand alone, and which holds nothing that is a user's."""
    if recorded.out is SINGLE and not recorded.left and _is_ours(plan):
        _ = plan.forms  # which are kept with it: to find them out takes longer than to read them
        kept = pickle.dumps((recorded, plan), pickle.HIGHEST_PROTOCOL)
        cache_state().put(key, Entry(kept, ()))


def _is_ours(plan: Plan) -> bool:
    """Whether a plan holds little, and nothing that is the user's."""
    constants = sum(array.nbytes for array in plan.all_constants)
    return constants <= LARGEST and not any(kernel.by_python for kernel in plan.all_kernels)


class _NotPortableError(Exception):
    """Something has no name that another process knows."""


def _portable(fact: Any) -> Any:
    """A fact in words that mean the same in another process."""
    if isinstance(fact, type):
        return f"{fact.__module__}.{fact.__qualname__}"
    if is_tuple(fact):
        if fact and fact[0] in (ModuleType, CACHED):  # and its number in this process
            return _portable(fact[0]), fact[-1]
        return tuple([x if type(x) in WORDS else _portable(x) for x in fact])
    if isinstance(fact, CodeType):
        return fact.co_filename.removeprefix(str(ROOT)), fact.co_qualname, fact.co_firstlineno
    if isinstance(fact, PLAIN):
        return fact
    if hasattr(fact, "shape") and hasattr(fact, "dtype") and not isinstance(fact, np.ndarray):
        return "spec", fact.shape, str(fact.dtype)  # of a batch's array
    raise _NotPortableError


@functools.cache
def _files() -> str:
    """What the files are that a step can run; "" where that cannot be told."""
    return written(str(ROOT), OTHERS)
