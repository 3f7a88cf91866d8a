"""The questions that native code is asked of every op: samples, calls, sizes, layouts, tails."""

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import Elementwise
from chainrule.testing import Case, broadcast_cases, case_of
from tests.native.case_functions import LAYOUTS, Question
from tests.ops.more_calls import CALLS as FIRST_CALLS
from tests.ops.more_calls_structured import STRUCTURED_CALLS

CALLS = {**FIRST_CALLS, **STRUCTURED_CALLS}
FLOATS = np.float32, np.float64
INTEGERS = "bool", "int8", "uint8", "int32", "int64"
MIXED = ("float32", "float64"), ("float32", "int32"), ("int64", "float32"), ("bool", "float32")
TAILS = np.array([np.inf, -np.inf, np.nan, 0.0, -0.0, 1e4, -1e4, 1.0, -1.0, 0.5, 1e-30, 88.5])
SIZES = (), (1,), (0,), (2, 0), (1, 1), (2, 1, 4)


def samples(name):
    """The op's own samples, to second order."""
    for dtype in FLOATS:
        yield Question(case_of(CATALOGUE[name], 1).with_dtype(dtype))


def calls(name):
    """Other attributes, axes and ranks; first order in float32, second in float64."""
    for call in CALLS.get(name, ()):
        args, keywords = call(np.random.default_rng(1))
        case = Case.of_call(CATALOGUE[name], *args, **keywords)
        for order, dtype in enumerate(FLOATS, start=1):
            yield Question(case.with_dtype(dtype), order)


def sizes(name):
    """Elementwise: sizes 0 and 1, no axes, axes that are repeated."""
    op = CATALOGUE[name]
    if not issubclass(op, Elementwise):
        return
    if op.samples is None:
        cases = list(broadcast_cases(op, 1))
    else:
        case = case_of(op, 1)
        cases = [Case(case.op, tuple(resized(x, s) for x in case.operands)) for s in SIZES]
    for case in cases:
        for dtype in FLOATS:
            yield Question(case.with_dtype(dtype), 1)


def layouts(name):
    """Operands that are views: strided, reversed, transposed."""
    case = case_of(CATALOGUE[name], 2)
    for layout in LAYOUTS if case.differentiable else ():
        for dtype in FLOATS:
            yield Question(case.with_dtype(dtype), 1, layout)


def tails(name):
    """NaN, infinities, both zeros, and numbers of 1e4."""
    for case in tail_cases(CATALOGUE[name]):
        for dtype in FLOATS:
            yield from taken(case.with_dtype(dtype), 1)


def large(name):
    """Lengths that fill vectors and tiles several times, and leave a rest."""
    case, rng = case_of(CATALOGUE[name], 2), np.random.default_rng(6)
    tiled = case.with_operands(
        {i: tile(rng, x) for i, x in enumerate(case.operands) if isinstance(x, np.ndarray)}
    )
    for dtype in FLOATS if case.differentiable else ():
        yield from taken(tiled.with_dtype(dtype), 1)


def tile(rng, x):
    """Many copies side by side; of floats, no two quite the same."""
    whole = np.tile(x, (13 if x.ndim < 3 else 5,) * x.ndim)
    return whole * rng.uniform(0.98, 1.0, whole.shape) if x.dtype.kind == "f" else whole


def taken(case, order):
    """The question, if the op takes these operands at all, as does its derivative."""
    try:
        question = Question(case, order)
        with np.errstate(all="ignore"):
            question(*question.arrays)
    except (ChainruleError, TypeError, ValueError, OverflowError, np.linalg.LinAlgError):
        return
    yield question


def tail_cases(op):
    case = case_of(op, 3)
    if issubclass(op, Elementwise) and op.samples is None:
        grids = np.meshgrid(*[TAILS] * len(op.inputs), indexing="ij")
        if len(grids) > 2:  # not all pairs
            grids = [np.random.default_rng(i).choice(TAILS, 200) for i in range(len(grids))]
        yield Case(case.op, tuple(np.array(x) for x in grids))
        return
    rng = np.random.default_rng(4)
    if case.differentiable:
        yield case.changed(lambda x: 1e4 * x)
        yield case.changed(lambda x: -1e4 * x)
        for special in ((np.inf,), (-np.inf,), (np.nan,), (np.inf, -np.inf, np.nan)):
            yield case.changed(lambda x, special=special: with_some(rng, x, special))


def with_some(rng, x, special):
    """Some elements replaced."""
    x = np.array(x)
    for number in special if x.size else ():
        x.reshape(-1)[rng.integers(x.size)] = number
    return x


def integers(name):
    """Integers and booleans where floats stand, and two dtypes at once."""
    op = CATALOGUE[name]
    case, asked = case_of(op, 1), []
    for dtype in INTEGERS:
        for low in (0, 1, -3):
            if low >= 0 or np.dtype(dtype).kind == "i":
                asked.append(drawn(case, [dtype] * 9, low))
    if issubclass(op, Elementwise) and len(op.inputs) == 2:
        asked += [drawn(case, pair, 1) for pair in MIXED]
    for each in asked:
        yield from taken(each, 0)


def drawn(case, dtypes, low):
    rng = np.random.default_rng(5)
    new = {}
    for i, dtype in zip(case.differentiable, dtypes, strict=False):
        x = rng.integers(low, 4, case.operands[i].shape)
        new[i] = np.asarray(x + (0.25 if dtype.startswith("float") else 0), dtype)
    return case.with_operands(new)


def resized(x, shape):
    return np.resize(x, shape) if isinstance(x, np.ndarray) and np.size(x) > 1 else x


KINDS = samples, calls, sizes, large, layouts, tails, integers
