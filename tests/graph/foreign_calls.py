"""What other people's functions are called with, and how their answer is judged.

A value that carries a gradient may come back in the graph, as a count or a truth value, or not at
all: never as floats without a word.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from chainrule.errors import ChainruleError, GradientLostWarning
from chainrule.graph.nodes.node import Node
from chainrule.graph.nodes.walk import on_the_way
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.readings.dual import Dual

VECTOR = np.array([0.31, 0.52, 0.43, 0.75])
MATRIX = np.array([[2.0, 0.3, 0.1], [0.3, 1.5, 0.2], [0.1, 0.2, 1.2]])

# Each pattern takes a vector t of 4 and a symmetric positive matrix m.
PATTERNS = {
    "(t)": lambda t, m: (t,),
    "(m)": lambda t, m: (m,),
    "([t0, t1])": lambda t, m: ([t[0], t[1]],),
    "([t, t])": lambda t, m: ([t, t],),
    "(t0)": lambda t, m: (t[0],),
    "(t, 2)": lambda t, m: (t, 2),
    "(2, t)": lambda t, m: (2, t),
    "(t0, 2)": lambda t, m: (t[0], 2),
    "(m, 0, 1)": lambda t, m: (m, 0, 1),
    "(t, t)": lambda t, m: (t, t),
    "(m, m)": lambda t, m: (m, m),
    "(m, t)": lambda t, m: (m, t[:3]),
    "(array, t)": lambda t, m: (VECTOR, t),
    "(t, t, t)": lambda t, m: (t, t, t),
    "(t, t, 2)": lambda t, m: (t, t, 2),
    "(2, 3, t)": lambda t, m: (2, 3, t),
    "(2, 0.5, 0.5, t)": lambda t, m: (2, 0.5, 0.5, t),
    "(function, t)": lambda t, m: (identity, t),
    "(text, t, t)": lambda t, m: ("i,i", t, t),
}


def identity(x):
    return x


@dataclass
class Verdict:
    """What became of one call: "graph", "no gradient", "warned", "refused", "failed" or "LOST"."""

    pattern: str
    kind: str
    what: str = ""


def judge(function, args, pattern, given):
    """Call a function and say what became of the gradient of the tensors that were given."""
    with warnings.catch_warnings(record=True) as heard, np.errstate(all="ignore"):
        warnings.simplefilter("always")
        try:
            answer = function(*args)
            leaves = list(_leaves(answer))
        except ChainruleError as error:
            return Verdict(pattern, "refused", str(error))
        except Exception as error:  # the function's own word about arguments it cannot take
            return Verdict(pattern, "failed", f"{type(error).__name__}: {error}")
    if any(w.category is GradientLostWarning for w in heard):
        return Verdict(pattern, "warned")
    lost = [x for x in leaves if _is_lost(x, given)]
    if lost:
        return Verdict(pattern, "LOST", repr(lost[0])[:80])
    carries = any(_carries(x, given) for x in leaves)
    return Verdict(pattern, "graph" if carries else "no gradient")


def _leaves(x, depth=0):
    """The values in an answer: elements of containers, fields of objects."""
    if depth > 4:
        return
    if isinstance(x, Mapping):
        x = list(x.values())
    if isinstance(x, np.ndarray) and x.dtype == object:
        x = x.ravel().tolist()
    if isinstance(x, list | tuple | set | frozenset):
        for part in x:
            yield from _leaves(part, depth + 1)
    elif hasattr(x, "__next__"):
        for part, _ in zip(x, range(8), strict=False):
            yield from _leaves(part, depth + 1)
    elif isinstance(
        x, Symbol | np.ndarray | np.generic | int | float | complex | str | type(None)
    ):
        yield x
    elif hasattr(x, "values") and hasattr(x, "index"):  # of pandas
        yield from _leaves(np.asarray(x.values), depth + 1)
    elif hasattr(x, "__dict__") and not callable(x):
        yield from _leaves(list(vars(x).values()), depth + 1)


def _carries(x, given):
    """Whether a derivative finds its way from this value back to what was given."""
    if isinstance(x, Dual):
        return any(p is not None for p in x.partials)
    if not isinstance(x, Node) or not x.wants_gradient:
        return False
    return any(leaf is each for leaf in on_the_way([x]) for each in given)


def _is_lost(x, given):
    """Whether a value consists of floats that no derivative reaches any more."""
    if isinstance(x, bool | int | str | None) or _carries(x, given):
        return False
    return np.dtype(getattr(x, "dtype", type(x))).kind in "fc" and bool(np.size(x))
