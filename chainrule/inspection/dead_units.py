"""Units with a silent side: where one is silent, and where its silence is a factor of 0.

Imports probing, reason and the graph. zero_causes.py asks it first.
"""

import numpy as np

from chainrule.graph.nodes.node import Node
from chainrule.graph.op.families import Elementwise
from chainrule.inspection.gate_words import Names, maker_of
from chainrule.inspection.probing import Probe
from chainrule.inspection.reason import Reason
from chainrule.inspection.spoken import said
from chainrule.inspection.sweep import Array

REVIVE = (
    "Lower the learning rate, raise the bias in front of it, or choose an activation with a slope "
    "on both sides, such as cr.leaky_relu."
)


def dead_unit(probe: Probe, names: Names) -> Reason | None:
    """A unit with a silent side, on that side wherever something arrives."""
    op = probe.gate.op
    if not isinstance(op, Elementwise) or op.silent != "dead":
        return None
    assert probe.slopes is not None
    of = int(probe.depends.sum())
    silent = int((probe.depends & (probe.slopes == 0)).sum())
    x = np.broadcast_to(np.asarray(probe.gate.inputs[probe.position]), probe.depends.shape)
    highest = float(x[probe.depends].max())
    numbers = {"silent": float(silent), "of": float(of), "highest_input": highest}
    where = _rows(probe, silent, of)
    return probe.reason(
        names,
        "dead_unit",
        numbers | _row_numbers(probe, silent, of),
        f"{op.name} is silent on {where}: its highest input is {said(highest)}, so its slope is 0 "
        "there and nothing passes.",
        REVIVE,
    )


def _rows(probe: Probe, silent: int, of: int) -> str:
    rows, units = _shape_of(probe)
    if rows and of == rows * units:
        unit = "its unit" if units == 1 else f"its {units:,} units"
        if silent == of:
            return f"{rows:,} of {rows:,} rows, for {unit}"
    return f"{silent:,} of {of:,} elements that depend on it"


def _row_numbers(probe: Probe, silent: int, of: int) -> dict[str, float]:
    rows, units = _shape_of(probe)
    return {"rows": float(rows), "units": float(units)} if rows and of == rows * units else {}


def _shape_of(probe: Probe) -> tuple[int, int]:
    """How many rows, and how many units of each, depend on the entry; 0 where it has no rows."""
    if probe.depends.ndim < 2:
        return 0, 0
    flat = probe.depends.reshape(-1, probe.depends.shape[-1])
    return int(flat.any(axis=1).sum()), int(flat.any(axis=0).sum())


def silent_source(x: Node, met: Array, names: Names) -> Reason | None:
    """A silent unit whose outputs, all 0, are the factor; ops in between may pass them on."""
    while True:
        op = maker_of(x).op
        if isinstance(op, Elementwise) and op.silent == "dead":
            break
        below = [y for y in x.inputs if y is not None and y.shape == x.shape]
        zero = [y for y in below if not np.any(np.asarray(y.value)[met])]
        if not zero:
            return None
        x = zero[0]
    rows = int(met.reshape(-1, met.shape[-1]).any(axis=1).sum()) if met.ndim > 1 else 0
    of = float(met.sum())
    numbers = {"silent": of, "of": of} | ({"rows": float(rows)} if rows else {})
    where = f"all {rows:,} rows" if rows else f"all {int(of):,} elements"
    if rows and rows < met.size // met.shape[-1]:
        where = f"the {rows:,} of {met.size // met.shape[-1]:,} rows that a gradient arrives at"
    return Reason(
        "dead_unit",
        names.of(x),
        numbers,
        REVIVE,
        f"it is multiplied by a unit of {op.name} that is silent on {where}, so by 0.",
        op=op.name,
    )
