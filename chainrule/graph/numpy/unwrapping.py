"""Unwrapping: an error of ours that NumPy has put behind one of its own comes out again.

Imports errors. Whoever calls the user's function with symbols does it inside ``unwrapped``.
"""

from collections.abc import Generator
from contextlib import contextmanager

from chainrule.errors import ChainruleError, UnsupportedError


@contextmanager
def unwrapped() -> Generator[None]:
    """Raise what a symbol raised, where NumPy says "setting an array element with a sequence".

    ``a[i] = x[i]`` asks the symbol for a float; NumPy answers its refusal by a ValueError.
    """
    try:
        yield
    except ValueError as error:
        cause = error.__cause__
        if isinstance(error, ChainruleError) or not isinstance(cause, ChainruleError):
            raise
        raise UnsupportedError(
            "an element of an array was set to a value of the graph, and the gradient would miss "
            "this path.",
            found=[*cause.found],
            where=cause.where,
            do="An array holds plain numbers. Join the values by np.stack or np.concatenate, or "
            "choose with np.where(mask, new, x); where no gradient is meant, set it to "
            "cr.stop_gradient(x).data.",
        ) from None
