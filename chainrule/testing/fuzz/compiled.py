"""The fourth witness: a program as a plan, interpreted by NumPy and run as machine code.

Imports program, agreement, the plan and the engine. judge.py asks it for values and gradients.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from chainrule.differentiate import vjp
from chainrule.errors import ChainruleError
from chainrule.graph.numpy.symbol import Symbol
from chainrule.native.engine import compile_plan
from chainrule.plan.interpret import interpret
from chainrule.plan.make import make
from chainrule.plan.plan import Plan
from chainrule.plan.record import record
from chainrule.spec import is_list, is_tuple, spec_of
from chainrule.testing.agreement import Expected, disagreement, expected
from chainrule.testing.fuzz.straight_line import Array, Program, call, pick

LEVEL = 0  # of LLVM: at 2, most of the time would go into code that runs once
RUNS = 6
NOISE = {"float32": 2.0**-22, "float64": 2.0**-48}  # on every value, relative and absolute
SPREAD = {"float32": 8.0, "float64": 1.0}  # how far outside the noisy runs a result may lie
KINDS = {
    (way, dtype): f"{way} is not eager in {dtype}"
    for way in ("the interpreted plan", "machine code")
    for dtype in NOISE
}

COMPILING = "an error when compiled"
Shake = Callable[[Any], Any]


def against_compiled(
    program: Program, weights: Sequence[Array], tally: Any
) -> tuple[str, int, Any, Any] | None:
    """The first disagreement of values or gradients; even programs in float64, odd in float32."""
    dtype = "float32" if program.seed % 2 else "float64"
    both = {name: function_of(program.as_type(np.dtype(name))) for name in NOISE}
    arrays = [x.astype(dtype) for x in (*program.leaves, *weights)]
    other = both["float64" if dtype == "float32" else "float32"]
    flow = record(both[dtype], [spec_of(x) for x in arrays])
    wanted, plan = expected(both[dtype], flow, arrays, other), make(flow)
    room: list[float] | None = None
    for way, run in (("the interpreted plan", interpret), ("machine code", run_natively)):
        found = run(plan, arrays)
        wrong = disagreement(found, wanted)
        if wrong and room is None:
            room = _room(program, weights, wanted, dtype)
            tally.add("compiled = eager within noise", 1)
        if wrong and room is not None:
            wrong = disagreement(found, wanted, room)
        if wrong:
            return KINDS[way, dtype], 0, wrong, "the eager run"
        tally.add(f"{way} = eager", 1)
    return None


def run_natively(plan: Plan, arrays: Sequence[Array]) -> list[Array]:
    """Results of the machine code of a plan."""
    outputs = [np.empty(spec.shape, spec.dtype) for spec in plan.outputs]
    with np.errstate(all="ignore"):  # ops that Python computes
        compile_plan(plan, LEVEL).run_object()(arrays, outputs)
    return outputs


def function_of(program: Program, shake: Shake = lambda x: x) -> Callable[..., list[Any]]:
    """Leaves and upstream gradients to the ends' values and the leaves' gradients."""
    count = len(program.leaves)

    def ends(*leaves: Any) -> tuple[Any, ...]:
        values: list[Any] = list(leaves)
        for line in program.lines:
            out = call(line, values)
            several = is_tuple(out) or is_list(out)
            values.append(tuple(map(shake, out)) if several else shake(out))
        return tuple(pick(end, values) for end in program.ends)

    def run(*arrays: Any) -> list[Any]:
        out, pull = vjp(ends, *arrays[:count])
        return [*out, *pull(tuple(arrays[count:]))]

    return run


def _room(program: Program, weights: Sequence[Array], wanted: Expected, dtype: str) -> list[float]:
    """How far each result moves when every value is off in one of its last bits."""
    largest = [0.0] * len(wanted.exact)
    for found in _noisy_runs(program, weights, dtype):
        for i, (x, exact) in enumerate(zip(found, wanted.exact, strict=True)):
            moved = np.abs(np.asarray(x) - exact)
            same = (np.asarray(x) == exact) | (np.isnan(x) & np.isnan(exact))
            most = float(np.where(same, 0.0, moved).max(initial=0))
            largest[i] = max(largest[i], most if np.isfinite(most) else np.inf)
    return [SPREAD[dtype] * x for x in largest]


def _noisy_runs(program: Program, weights: Sequence[Array], dtype: str) -> Iterator[list[Any]]:
    rng = np.random.default_rng(program.seed)
    width = NOISE[dtype]

    def shake(x: Any) -> Any:
        if not isinstance(x, Symbol) or x.dtype.kind != "f":
            return x
        relative, absolute = rng.uniform(-width, width, (2, *x.shape))
        return x * (1 + relative) + absolute

    with np.errstate(all="ignore"):
        for _ in range(RUNS):
            try:
                yield function_of(program, shake)(*program.leaves, *weights)
            except ChainruleError:  # the point lies at the edge of what an op takes
                yield [np.full(np.shape(x), np.inf) for x in (*_ends(program), *program.leaves)]


def _ends(program: Program) -> list[Any]:
    values = program.run(program.leaves)
    return [pick(end, values) for end in program.ends]
