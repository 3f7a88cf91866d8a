"""FlatStep: the user's function of one step, over flat sequences of tensors.

Imports the trees of arrays and what is said of bad input. scanning.py records it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.differentiate.tree import flatten, unflatten
from chainrule.loops import bad_input as bad
from chainrule.loops.body import Body, Slot
from chainrule.spec import is_tuple, spec_of


class FlatStep:
    """Takes the tensors of the carry and of an entry, gives those of the carry and the outputs.

    Attributes
    ----------
    outputs : structure
        The container of what the last run gave beside the carry.
    """

    def __init__(self, f: Callable[..., Any], carry: Any, entry: Any) -> None:
        self._f, self._carry, self._entry = f, carry, entry
        self.outputs: Any = None

    def __call__(self, *given: Any) -> list[Any]:
        """One run of the function."""
        count = self._carry.num_leaves
        answer = self._f(
            unflatten(self._carry, given[:count]), unflatten(self._entry, given[count:])
        )
        if not is_tuple(answer) or len(answer) != 2:
            raise bad.no_pair(answer)
        after, found = flatten(answer[0])
        if found != self._carry:
            raise bad.other_container(self._carry, found)
        outputs, self.outputs = flatten(answer[1])
        for x in (*after, *outputs):
            bad.tensor(x, "what the body returned")
        return [*map(_alike, after, given[:count]), *outputs]

    def check_carry(self, body: Body) -> None:
        """Raise unless a step gives the carry in the shapes and dtypes in which it takes it."""
        names = ["".join(f"[{part!r}]" for part in path) for path in self._carry.paths()]
        count = self._carry.num_leaves
        pairs = zip(names, body.inputs[:count], body.results[:count], strict=True)
        for name, before, x in pairs:
            after = body.specs[x.number] if isinstance(x, Slot) else spec_of(x)
            bad.check_carry(name, before, after)


def _alike(x: Any, before: Any) -> Any:
    """A number of Python's own takes the dtype of the carry, where NumPy would let it."""
    weak = type(x) in (bool, int, float) and hasattr(before, "dtype")
    if weak and np.result_type(before.dtype, x) == before.dtype:
        return np.full(before.shape, x, before.dtype)
    return x
