"""Leaving: the error and the warning where a value would leave the graph, with what to write.

Imports foreign, the catalogue and errors. Every kind of symbol raises here when foreign code asks
it for an array or a number.
"""

import functools
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.errors import GradientLostWarning, UnsupportedError, describe, user_frame
from chainrule.graph.numpy.foreign import foreign_call
from chainrule.graph.numpy.stacked import symbols_in
from chainrule.graph.op.catalogue import CATALOGUE

SPECIAL, LINALG = "scipy.special.", "scipy.linalg."
ALL = "over the last axis by default, where SciPy's goes over all elements"
# What the op does by default, where SciPy's function of the same name does another thing.
OTHER_DEFAULTS = {
    "cholesky": "the lower factor, where SciPy's is the upper one",
    "softmax": ALL,
    "log_softmax": ALL,
}


# How a formula is written in which the setting learns.
LEARNED = {
    "leaky_relu": ": cr.where(x > 0, x, slope * x)",
    "LeakyReLU": ": cr.where(x > 0, x, slope * x)",
    "elu": ": cr.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))",
    "ELU": ": cr.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))",
    "huber": ": cr.where(abs(r) < delta, r**2 / 2, delta * (abs(r) - delta / 2)) of r = x - y",
    "L2": ": loss + strength / 2 * (w**2).sum()",
    "L1": ": loss + strength * abs(w).sum()",
}


def leaves_the_graph(call: str, x: Any, origin: str = "") -> UnsupportedError:
    """The error for a call by which a value would escape from the graph or the derivative.

    Parameters
    ----------
    call : str
        What the caller did, if no function of another library stands between: "np.asarray(x)".
    x : Symbol
    origin : str, optional
        Where x comes from, in words.
    """
    asked, instead = asked_by(call)
    return UnsupportedError(
        f"{asked} would leave the graph, and the gradient would miss this path.",
        found=[describe("x", x, origin)],
        do=instead + ADVICE,
    )


ADVICE = (
    "Stay with ops and NumPy's functions on x; cr.stack joins a list of tensors. Where only the "
    "value is meant, pass x.data, or say so by cr.stop_gradient(x) or cr.no_grad()."
)


def asked_by(call: str) -> tuple[str, str]:
    """What the user called, and a sentence that names the op for it or is empty.

    ``call`` is what our method stands for, if no function of another library stands between.
    """
    foreign = foreign_call()
    if not foreign:
        return call, ""
    if ".AxisConcatenator." in foreign:
        return "np.r_[x] or np.c_[x]", "np.concatenate and np.column_stack stay in it. "
    instead = instead_of(foreign)
    return f"{foreign}(x)", f"{instead} " if instead else ""


def instead_of(foreign: str) -> str:
    """The op that stands for a function of SciPy, as a sentence; "" where there is none."""
    home, _, name = foreign.rpartition(".")
    op: str | None = None
    if home + "." == SPECIAL:
        op = CATALOGUE.by_scipy.get(name, name if name in CATALOGUE else None)
    elif home + "." == LINALG:
        op = CATALOGUE.by_numpy.get(getattr(np.linalg, name, getattr(np, name, None)))
    if op is None:
        return ""
    other = OTHER_DEFAULTS.get(name)
    return f"cr.{op}(x) stays in it{f' ({other})' if other else ''}."


def remembered(make: Callable[..., Any]) -> Callable[..., Any]:
    """A function of settings that remembers its results; with a symbol among them a TypeError."""

    @functools.lru_cache(maxsize=512, typed=True)
    def shared(*values: Any) -> Any:
        if symbols_in(values):
            raise TypeError  # what wants a gradient now, and none tomorrow, is no key
        return make(*values)

    return shared


def check_settings(op: str, names: Sequence[str], values: Sequence[Any]) -> None:
    """Raise where a setting of an op or a layer is a tensor whose gradient would be lost."""
    for name, value in zip(names, values, strict=False):
        x = next((x for x in symbols_in(value) if x.leaves()), None)
        if x is not None:
            raise UnsupportedError(
                f"{name} is a setting of {op}: no gradient flows into it.",
                found=[describe(name, x, getattr(x, "origin", ""))],
                do=f"Pass the value, {name}.item(), or write the formula with {name} as an operand"
                f"{LEARNED.get(op, '')}.",
            )


def warn_lost(call: str) -> None:
    """Warn, at the user's line, that a number was taken out of the graph."""
    asked, _ = asked_by(call)
    frame = user_frame(sys._getframe(1))  # pyright: ignore[reportPrivateUsage]  documented
    warnings.warn_explicit(
        f"{asked} makes a Python number of a tensor that wants a "
        "gradient: what is computed from it has none. Stay with ops and NumPy's functions on x; "
        "where only the value is meant, x.item() and x.data say so.",
        GradientLostWarning,
        frame.f_code.co_filename,
        frame.f_lineno,
        module=str(frame.f_globals.get("__name__", "")),
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )
