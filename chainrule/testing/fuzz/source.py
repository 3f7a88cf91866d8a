"""A program as Python source that a user can paste and run, and that shows the mismatch.

Imports program and judge.
"""

from typing import Any

import numpy as np

from chainrule.graph.op.calls import call
from chainrule.spec import is_list, is_tuple
from chainrule.testing.fuzz.closing import BEHIND
from chainrule.testing.fuzz.closing import COMPILED as OVER_PARAMETERS
from chainrule.testing.fuzz.compiled import COMPILING
from chainrule.testing.fuzz.compiled import KINDS as COMPILED
from chainrule.testing.fuzz.straight_line import Array, Line, Program, Ref, is_array
from chainrule.testing.fuzz.third import ALONG as ORDERS
from chainrule.testing.fuzz.third import STEPPED
from chainrule.testing.fuzz.verdict import Mismatch
from chainrule.testing.fuzz.ways import directions_of, weights_of

WIDTH = 99
ALONG = "along = lambda h: f(*[a + h * b for a, b in zip(x, d)])"
PULLED = "sum(np.sum(a * b) for a, b in zip(cr.grad(f, {n})(*x), d))"
VERIFIED = "print(cr.compile(lambda *x: cr.value_and_grad(f, {n})(*x)).verify(*x))"
SECOND = "cr.grad(lambda *x: sum(cr.sum(a * b) for a, b in zip(cr.grad(f, {n})(*x), d)), {n})(*x)"
HALF = "cr.grad(lambda *x: sum(cr.sum(a * b) for a, b in zip(cr.grad(f, {n})(*x), d[:half])), {n})"
HESSIAN = f"{HALF}(*x)[half:]"
NARROWED = "x = [a.astype(np.float32) for a in x]"
LINE = "line = lambda h: f(*[a + h * b for a, b in zip(x, d)])"
PUSH = "push = lambda g: lambda h: cr.jvp(g, (h,), (1.0,))[1]"
PUSHED = {1: "push(line)", 2: "push(push(line))", 3: "push(push(push(line)))"}
PULLED_BY = {1: "cr.grad(line)", 2: "cr.grad(cr.grad(line))", 3: "cr.grad(cr.grad(cr.grad(line)))"}
HALVES = (
    "half = (len(x) + 1) // 2",
    "own = [cr.parameter(a) for a in x[half:]]",
    "g = lambda *a: f(*a, *own)",
)
DIFFERENCE = "(along(1e-4) - along(-1e-4)) / 2e-4"

# The last lines of a printed program, by the kind of mismatch.
SHOWN: dict[str, tuple[str, ...]] = {
    "reverse is not forward": (f'print({PULLED}, "is not", cr.jvp(f, x, d)[1])',),
    "forward is not the differences": (ALONG, f'print({PULLED}, "is not", {DIFFERENCE})'),
    "forward is not the complex step": (
        ALONG,
        f'print({PULLED}, "is not", np.imag(along(1e-40j)) / 1e-40)',
    ),
    "float32 is not float64": (
        f'print("float64", {PULLED})',
        NARROWED,
        f'print("float32", {PULLED})',
    ),
    **{
        kind: (VERIFIED,) if dtype == "float64" else (NARROWED, VERIFIED)
        for (_, dtype), kind in COMPILED.items()
    },
    COMPILING: (VERIFIED,),
    **{
        kind: (LINE, PUSH, f'print({PULLED_BY[order]}(0.0), "is not", {PUSHED[order]}(0.0))')
        for order, kind in ORDERS.items()
    },
    STEPPED: (
        LINE,
        PUSH,
        f"second = {PUSHED[2]}",
        f'print({PUSHED[3]}(0.0), "is not", (second(1e-3) - second(-1e-3)) / 2e-3)',
    ),
    BEHIND["grad"]: (
        *HALVES,
        "found = cr.grad(g, tuple(range(half)))(*x[:half])",
        "sum(cr.sum(a * b) for a, b in zip(found, d)).backward()",
        f'print([p.grad for p in own], "is not", {HESSIAN})',
    ),
    BEHIND["jvp"]: (
        *HALVES,
        "cr.jvp(g, tuple(x[:half]), tuple(d[:half]))[1].backward()",
        f'print([p.grad for p in own], "is not", {HESSIAN})',
    ),
    OVER_PARAMETERS: (
        *HALVES,
        "run = cr.compile(g)",
        'print(run(*x[:half]), "is not", f(*x))',
        "for p in own: p.data = p.data / 2",
        'print(run(*x[:half]), "is not", f(*x[:half], *[p.data for p in own]))',
    ),
    "second order: reverse is not forward": (
        "gradient = lambda *x: cr.grad(f, {n})(*x)",
        f'print({SECOND}, "is not", cr.jvp(gradient, x, d)[1])',
    ),
    "second order is not the differences": (
        "along = lambda h: cr.grad(f, {n})(*[a + h * b for a, b in zip(x, d)])",
        "slopes = [(a - b) / 2e-4 for a, b in zip(along(1e-4), along(-1e-4))]",
        f'print({SECOND}, "is not", slopes)',
    ),
}


def source(program: Program, mismatch: Mismatch) -> str:
    """Lines of Python; the last one prints both sides."""
    count = len(program.leaves)
    text = [
        "import numpy as np, chainrule as cr",
        *_function(program),
        f"x = ({_listed(program.leaves)},)",
    ]
    last = SHOWN.get(mismatch.kind)
    if last is None:
        return "\n".join([*text, f"print(cr.grad(f, {tuple(range(count))})(*x))"])
    directions = _listed(directions_of(program))
    joined = f"x, d = ({_listed(program.leaves)},), ({directions},)"
    text[-1:] = [joined] if len(joined) <= WIDTH else [text[-1], f"d = ({directions},)"]
    chosen = str(tuple(range(count)))
    return "\n".join([*text, *(line.replace("{n}", chosen) for line in last)])


def _function(program: Program) -> list[str]:
    """``f``: one expression where every value is read once and it fits a line."""
    count = len(program.leaves)
    names = {i: f"v{i}" for i in range(count + len(program.lines))}
    arguments = ", ".join(names[i] for i in range(count))
    with np.errstate(all="ignore"):
        weights = weights_of(program, program.run(program.leaves))
    inline = dict(names)
    for i, line in enumerate(program.lines, start=count):
        inline[i] = _call(line, inline)
    single = f"f = lambda {arguments}: {_loss(program, inline, weights)}"
    reads = [ref.place for line in program.lines for ref in line.refs()]
    once = all(reads.count(place) <= 1 for place in reads if place >= count)
    if once and len(single) <= WIDTH:
        return [single]
    body = [f"    {names[i]} = {_call(e, names)}" for i, e in enumerate(program.lines, count)]
    return [f"def f({arguments}):", *body, f"    return {_loss(program, names, weights)}"]


def _loss(program: Program, names: dict[int, str], weights: list[Array]) -> str:
    terms = [
        f"cr.sum({_value(end, names)})"
        if program.plain
        else f"cr.sum({_value(end, names)} * {_shown(weight)})"
        for end, weight in zip(program.ends, weights, strict=True)
    ]
    return " + ".join(terms)


def _call(line: Line, names: dict[int, str]) -> str:
    args = (_argument(x, names) for x in line.args)
    return call(f"cr.{line.name}", args, {k: _shown(x) for k, x in line.keywords.items()})


def _argument(x: Any, names: dict[int, str]) -> str:
    if type(x) is Ref:
        return _value(x, names)
    if is_list(x):
        return f"[{', '.join(_argument(each, names) for each in x)}]"
    return _shown(x)


def _value(ref: Ref, names: dict[int, str]) -> str:
    return names[ref.place] if ref.part is None else f"{names[ref.place]}[{ref.part}]"


def _listed(arrays: Any) -> str:
    return ", ".join(map(_shown, arrays))


def _shown(x: Any) -> str:
    """A constant as Python writes it."""
    if is_array(x):
        if not x.size:
            return f"np.zeros({x.shape}{_dtype(x.dtype)})"
        return f"np.array({_numpy_names(str(x.tolist()))}{_dtype(x.dtype)})"
    if is_tuple(x):
        return f"({', '.join(map(_shown, x))}{',' * (len(x) == 1)})"
    if type(x) is float:
        return _numpy_names(repr(x))
    if isinstance(x, np.dtype | type):
        return f"np.{np.dtype(x).name}"  # pyright: ignore[reportUnknownArgumentType]  any dtype
    return repr(x)


def _numpy_names(numbers: str) -> str:
    return numbers.replace("inf", "np.inf").replace("nan", "np.nan")


def _dtype(dtype: Any) -> str:
    return "" if dtype in (np.float64, np.int64, np.bool_) else f", np.{np.dtype(dtype).name}"
