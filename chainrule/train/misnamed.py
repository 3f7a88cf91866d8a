"""Misnamed: a net or a loss that asks for an array by a name or at a place that there is not.

Imports streams and errors. The trial and `predict` ask here when a KeyError comes.
"""

from typing import Any

from chainrule.errors import ArgumentError, ChainruleError, UnknownNameError
from chainrule.nn import Module
from chainrule.train.streams import Container, Rows


def answer(model: Module, rows: Rows) -> Any:
    """What the net makes of some rows.

    Raises
    ------
    UnknownNameError
        If its forward asks for an input that there is not.
    """
    form = rows.form
    try:
        return model(form.leaves_of(rows.arrays))
    except (KeyError, IndexError) as error:
        found = misnamed(error, type(model).__name__, {"inputs": form.x})
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
        return ArgumentError(
            f"{who} asks for more arrays than it is given.",
            found=[f"given     {counts}"],
            do="Tuples of arrays are counted from 0.",
        )
    return None
