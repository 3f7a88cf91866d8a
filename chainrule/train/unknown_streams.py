"""Misnamed: a net or a loss that asks for an array by a name or at a place that there is not.

Imports streams and errors. The trial, the recordings and `predict` ask here when it fails.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from chainrule.errors import ArgumentError, ChainruleError, UnknownNameError
from chainrule.nn import Module
from chainrule.train.streams import Container, Rows


class NotGivenError(ArgumentError):
    """A net or a loss asks a container for what it does not have."""


def answer(model: Module, rows: Rows) -> Any:
    """What the net makes of some rows.

    Raises
    ------
    UnknownNameError, NotGivenError
        If its forward asks for an input that there is not.
    """
    with asked(model, rows.form.x):
        return model(rows.form.leaves_of(rows.arrays))


@contextmanager
def asked(model: Module, x: Container) -> Generator[None, None, None]:
    """Say it in our words where a forward asks for an input that there is not."""
    try:
        yield
    except (LookupError, TypeError, AttributeError) as error:
        found = misnamed(error, type(model).__name__, {"inputs": x})
        if found is None:
            raise
        raise found from None


def misnamed(error: Exception, who: str, given: dict[str, Container]) -> Exception | None:
    """The error for a name or a place that is not in some containers; None for other errors."""
    if isinstance(error, ChainruleError) or all(x.structure is None for x in given.values()):
        return None
    paths = {what: [str(path[0]) for path in x.paths() if path] for what, x in given.items()}
    if isinstance(error, KeyError) and error.args:
        name = str(error.args[0])
        wrong = {what: names for what, names in paths.items() if name not in names}
        if wrong:
            known = dict.fromkeys(name for names in wrong.values() for name in names)
            return UnknownNameError(
                f"array among the {' or the '.join(wrong)} that {who} is given", name, [*known]
            )
    if isinstance(error, IndexError) and str(error) == "tuple index out of range":
        counts = ", ".join(f"{what} {len(set(names)) or 1}" for what, names in paths.items())
        return NotGivenError(
            f"{who} asks for more arrays than it is given.",
            found=[f"given     {counts}"],
            do="Tuples of arrays are counted from 0.",
        )
    by_name = isinstance(error, TypeError) and str(error).startswith("tuple indices must be")
    by_dot = isinstance(error, AttributeError) and isinstance(error.obj, dict | tuple)
    if by_name or by_dot:
        return NotGivenError(
            f"{who} asks for an array by a name that its container does not have: {error}.",
            found=[f"{what:<9} {x.structure}" for what, x in given.items()],
            do="Give the arrays in the containers that it was written for.",
        )
    return None
