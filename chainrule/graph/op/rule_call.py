"""RuleCall: the backward rule of a user's op as an op of its own, for rules that want arrays.

Imports the graph's op and contract. Recorded falls back to it: the plan then calls Python.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.graph.op import contract
from chainrule.graph.op.operation import Op, apply
from chainrule.spec import is_tuple


class RuleCall(Op):
    """What ``backward`` or ``local_gradients`` of an op answers, as arrays.

    Parameters
    ----------
    op : Op
        Whose rule it is.
    rule : {"backward", "local_gradients"}
    wanted : tuple of bool
        Which inputs want a gradient: there is one result for each of them.
    several : int
        How many results the op has, if it returns a tuple; else 0.
    """

    primitive = "call"
    op: Op
    rule: str
    wanted: tuple[bool, ...]
    several: int = 0

    def forward(self, *given: Any) -> Any:
        """Take the operands apart, and ask the rule."""
        count = self.several or 1
        out = given[-count:] if self.several else given[-1]
        if self.rule == "backward":
            upstream, inputs = given[:count], given[count:-count]
            start = upstream if self.several else upstream[0]
            found = contract.gradients(self.op, start, inputs, out, self.wanted)
            shapes = [np.shape(x) for x in inputs]
        else:
            inputs = given[:-count]
            found = contract.slopes(self.op, inputs, out, self.wanted)
            shapes = [np.shape(given[-1])] * len(inputs)
        return tuple(
            np.zeros(shape, given[-1].dtype) if x is None else np.broadcast_to(x, shape)
            for x, shape, want in zip(found, shapes, self.wanted, strict=True)
            if want
        )


def called_back(op: Op, rule: str, given: Sequence[Any], wanted: Sequence[bool]) -> list[Any]:
    """The rule applied as an op: a gradient for each input that wants one, else None."""
    several = len(given[-1]) if is_tuple(given[-1]) else 0
    found = iter(apply(RuleCall(op, rule, tuple(wanted), several), _flat(given)))
    return [next(found) if want else None for want in wanted]


def _flat(given: Sequence[Any]) -> tuple[Any, ...]:
    """The arguments of a rule, with tuples of several results taken apart."""
    return tuple(x for each in given for x in (each if is_tuple(each) else (each,)))
