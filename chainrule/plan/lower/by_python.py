"""Opaque: ops that Python computes when the plan runs.

Imports the spec reading and the recorder. Rules fall back to ``call``.
"""

from typing import Any

from chainrule.graph.readings.specs import infer
from chainrule.plan.kinds.opaque import Opaque
from chainrule.plan.recorder import Recorded, Recorder, several
from chainrule.plan.steps import Ref
from chainrule.spec import is_tuple, spec_of


def call(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """A call of the whole op; shapes and dtypes of its results by its own rule, or a trial run."""
    found = infer(op, *(spec_of(x) if isinstance(x, Recorded) else x for x in operands))
    outs = tuple(recorder.array(s.shape, s.dtype) for s in several(found))
    given = tuple(_given(recorder, x) for x in operands)
    recorder.steps.append(Opaque(op, given, tuple(out.ref() for out in outs)))
    results = tuple(recorder.symbol(out.ref()) for out in outs)
    return results if is_tuple(found) else results[0]


def _given(recorder: Recorder, x: Any) -> Ref | float | int | bool | None:
    return recorder.ref(x) if hasattr(x, "shape") else x


RULES = {"call": call}
