"""assert_gradient: the gradient doctor as one line of a test.

Imports the doctor. Tests of a user's own ops call it.
"""

from collections.abc import Callable
from typing import Any

from chainrule.doctor import check
from chainrule.graph.op.operation import Op


def assert_gradient(
    target: Op | type[Op] | Callable[..., Any], *inputs: Any, **options: Any
) -> None:
    """Fail unless the gradient is right; the message is the doctor's page.

    Parameters
    ----------
    target : Op, op class, or function
    *inputs : arrays
        Where to check.
    **options
        Those of :func:`chainrule.check`: ``order``, ``against``, ``gradient``.

    Raises
    ------
    GradientCheckError
        Which is an AssertionError, where the doctor finds something.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> from chainrule.testing import assert_gradient
    >>> assert_gradient(cr.tanh, np.array([-1.0, 0.0, 2.0]))
    """
    check(target, *inputs, **options).raise_if_failed()
