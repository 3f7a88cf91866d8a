"""The hypotheses, in the order in which they are tried: the first that fits names the bug.

Imports elementary, paths and structural. examination.py hands over what is wrong.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.doctor.elementary import (
    Diagnosis,
    constant_factor,
    not_linear_in_upstream,
    sign,
    swapped_inputs,
    transposed,
    upstream_ignored,
)
from chainrule.doctor.evidence import Evidence
from chainrule.doctor.paths import (
    as_if_elementwise,
    missing_fork_sum,
    missing_term,
    wrong_sign_of_a_term,
)
from chainrule.doctor.structural import (
    missing_broadcast_sum,
    one_of_the_copies,
    scatter_last_wins,
    shifted_index,
    transposed_inside,
    wrong_axis,
)

Hypothesis = Callable[[Evidence, int], Diagnosis | None]

OF_SHAPES: tuple[tuple[str, Hypothesis], ...] = (
    ("swapped_inputs", swapped_inputs),
    ("transposed", transposed),
    ("missing_broadcast_sum", missing_broadcast_sum),
)
OF_VALUES: tuple[tuple[str, Hypothesis], ...] = (
    ("upstream_ignored", upstream_ignored),
    ("not_linear_in_upstream", not_linear_in_upstream),
    ("sign", sign),
    ("constant_factor", constant_factor),
    ("wrong_axis", lambda e, i: wrong_axis(e, i) if _reduces(e, i) else None),
    ("transposed", transposed),
    ("swapped_inputs", swapped_inputs),
    ("missing_fork_sum", missing_fork_sum),
    ("missing_broadcast_sum", missing_broadcast_sum),
    ("wrong_axis", wrong_axis),
    ("shifted_index", shifted_index),
    ("missing_term", as_if_elementwise),
    ("missing_broadcast_sum", one_of_the_copies),
    ("scatter_last_wins", scatter_last_wins),
    ("missing_term", missing_term),
    ("sign", wrong_sign_of_a_term),
    ("transposed", transposed_inside),
)


def diagnose(
    hypotheses: Sequence[tuple[str, Hypothesis]], points: Sequence[Evidence], position: int
) -> tuple[str, Diagnosis] | None:
    """The first hypothesis that explains the wrong gradient at every point."""
    for kind, hypothesis in hypotheses:
        first = hypothesis(points[0], position)
        if first is None:
            continue
        others = [hypothesis(e, position) for e in points[1:] if _is_wrong(e, position)]
        if all(other is not None and _same(first.key, other.key) for other in others):
            return kind, first
    return None


def _is_wrong(e: Evidence, position: int) -> bool:
    wrong = e.wrong(position)
    return wrong is None or bool(wrong.any())


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return bool(np.isclose(one, other, rtol=1e-5))
    return one == other


def _reduces(e: Evidence, position: int) -> bool:
    """Whether the result has fewer axes than the input: then a turned gradient is a wrong axis."""
    alone = len(e.subject.moving) == 1
    return alone and all(u.ndim < e.subject.operands[position].ndim for u in e.upstreams)
