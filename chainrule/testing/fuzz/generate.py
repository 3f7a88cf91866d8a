"""Random programs over the whole catalogue; program i depends on the seed and i alone.

Imports build and the catalogue. Every op is applied from its facts (inputs, domains, samples), so
a new op joins without a line here.
"""

import random
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import Composite, Elementwise, Movement, Reduction
from chainrule.graph.op.operation import Op
from chainrule.spec import is_list, is_tuple
from chainrule.testing.cases import domain_of, is_float_array
from chainrule.testing.fuzz.build import NEAR, Builder, CannotApply
from chainrule.testing.fuzz.straight_line import Array, Program, Ref, is_array

SHAPES = ((), (1,), (2,), (3,), (4,), (1, 1), (2, 3), (3, 1), (1, 4), (3, 4), (2, 1, 3), (2, 3, 2))
EMPTY = ((0,), (2, 0), (0, 3))
FEWEST, MOST = 2, 80  # lines of a program
FREE = 0.4  # share of calls that take earlier values as they are
GUARDED = 0.06  # share of calls that leave infinities in a branch that is not selected
MOVED = 0.7  # chance that an operand of a sample moves with earlier values
TIED = 0.2  # share of leaves that hold small integers, whose extremes are tied
AT_KINKS = 0.12  # share of leaves that hold zeros of both signs and kinks of ops
EMPTIES = 0.04  # share of programs with a leaf that has no elements
RANGE = 1.5  # leaves are drawn from -RANGE to RANGE

# Other values of attributes, by their name; an op that cannot take one is given its sample's.
OPTIONS: dict[str, tuple[Any, ...]] = {
    "axis": (None, 0, 1, -1, -2, (0, 1), (-1,), ()),
    "keepdims": (False, True),
    "ddof": (0, 1),
    "reduction": ("mean", "sum", "none"),
    "approximate": ("none", "tanh"),
    "alpha": (0.5, 1.0, 2.0),
    "key": (0, -1, slice(None, None, -1), Ellipsis, np.array([0, 0, -1])),
}
# What a call says when its operands do not suit it: not a finding here, where the operands are
# drawn blindly; a call on the op's own samples must not say it.
UNSUITED = (ChainruleError, CannotApply, ValueError, TypeError, IndexError, ArithmeticError)


def generate(seed: int, number: int) -> Program:
    """Program ``number`` of the programs of a seed."""
    whole = seed * 2**32 + number
    choose, rng = random.Random(whole), np.random.default_rng(whole)
    builder = Builder(choose, _leaves(choose, rng))
    names = CATALOGUE.names()
    length = round(FEWEST * (MOST / FEWEST) ** choose.random() ** 1.5)  # short ones are likelier
    with np.errstate(all="ignore"):
        apply(builder, CATALOGUE[names[number % len(names)]], rng)
        while len(builder.lines) < length:
            if choose.random() < GUARDED:
                _attempt(builder, lambda: _guarded(builder))
            else:
                apply(builder, CATALOGUE[choose.choice(names)], rng)
    return builder.program(whole)


def apply(builder: Builder, op: type[Op], rng: np.random.Generator) -> bool:
    """Add a call of an op; False if nothing at hand suits it."""
    ways: list[Callable[[], None]] = []
    if op.samples is None:
        ways = [lambda: _elementwise(builder, op, rng)]
    else:
        near = [lambda far=far: _near_sample(builder, op, rng, far) for far in (NEAR, NEAR / 50)]
        free: Callable[[], None] = lambda: _freely(builder, op, rng)  # noqa: E731  a list of ways
        ways = [free, *near] if _free(op) and builder.choose.random() < FREE else near
    return any(_attempt(builder, way) for way in ways)


def _free(op: type[Op]) -> bool:
    """Whether a call on blind operands that runs is a call that users may make."""
    return op.numpy is not None or issubclass(op, Composite | Reduction | Movement)


def _leaves(choose: random.Random, rng: np.random.Generator) -> list[Array]:
    shapes = [choose.choice(SHAPES) for _ in range(choose.randint(1, 4))]
    if choose.random() < EMPTIES:
        shapes.append(choose.choice(EMPTY))
    if not any(0 not in shape for shape in shapes):
        shapes.append((2,))
    return [_leaf(choose, rng, shape) for shape in shapes]


def _leaf(choose: random.Random, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    kind = choose.random()
    if kind < TIED:
        return rng.integers(-2, 3, shape).astype(float)
    if kind < TIED + AT_KINKS:
        return np.asarray(rng.choice(_kinks(), shape))
    x = np.asarray(rng.uniform(-RANGE, RANGE, shape))
    return x.astype(np.float32).astype(float)  # the float32 run starts at the same point


def _kinks() -> list[float]:
    """Zero of both signs, and every point at which an op of the catalogue has a kink."""
    places = {
        kink
        for name in CATALOGUE.names()
        for domain in CATALOGUE[name].domains
        for kink in domain.kinks
        if abs(kink) <= RANGE
    }
    return [0.0, -0.0, *sorted(places)]


def _attempt(builder: Builder, way: Callable[[], None]) -> bool:
    mark = builder.mark()
    try:
        way()
    except UNSUITED:
        builder.back_to(mark)
        return False
    return True


def _elementwise(builder: Builder, op: type[Op], rng: np.random.Generator) -> None:
    """Earlier values that broadcast, inside the op's domains; some inputs are constants."""
    choose, count = builder.choose, len(op.inputs)
    first = builder.any_float()
    place = choose.randrange(count)
    operands: list[Any] = []
    for i in range(count):
        domain = domain_of(op, i)
        kind = choose.random()
        if i == place:
            operands.append(builder.squashed(first, domain))
        elif kind < 0.7:
            operands.append(builder.squashed(builder.partner(first), domain))
        elif kind < 0.85:
            operands.append(round(rng.uniform(domain.sample_low, domain.sample_high), 2))
        else:
            shape = builder.shape(first)
            operands.append(rng.uniform(domain.sample_low, domain.sample_high, shape))
    builder.shared(op.name, *operands, **_options(builder, op, 0.3))


def _near_sample(builder: Builder, op: type[Op], rng: np.random.Generator, far: float) -> None:
    """The op's own sample, where earlier values move the operands a little."""
    choose = builder.choose
    assert op.samples is not None
    left = 1  # the first operand moves for certain

    def placed(x: Any) -> Any:
        nonlocal left
        if _holds_floats(x):
            return [placed(each) for each in x]
        if is_float_array(x) and (left or choose.random() < MOVED):
            left = 0
            return builder.near(x, far)
        if is_array(x) and x.dtype == bool and choose.random() < MOVED:
            return builder.mask(x.shape)
        return x

    builder.shared(op.name, *[placed(x) for x in op.samples(rng)])


def _freely(builder: Builder, op: type[Op], rng: np.random.Generator) -> None:
    """Earlier values as they are, whatever their shape, and other attributes."""
    assert op.samples is not None
    first = builder.any_float(nonempty=True)

    def placed(x: Any) -> Any:
        if _holds_floats(x):
            return [placed(each) for each in x]
        return _like(builder, first) if is_float_array(x) else x

    args = [placed(x) for x in op.samples(rng)]
    options = _options(builder, op, 0.8)
    if builder.shape(first) == () and "axis" in options:
        options["axis"] = None  # a number has no axes
    if options:  # attributes by name, so those after an operand cannot be given twice
        bound = op.signature.bind(*args).arguments
        operands = [bound.pop(name) for name in list(bound) if name not in op.attributes]
        if (
            tuple(op.signature.parameters)[: len(operands)]
            != tuple(name for name in op.signature.parameters if name not in op.attributes)[
                : len(operands)
            ]
        ):
            raise CannotApply
        if "key" in options:
            operands.append(options.pop("key"))
            bound.pop("key", None)
        builder.shared(op.name, *operands, **{**bound, **options})
    else:
        builder.shared(op.name, *args)


def _holds_floats(x: Any) -> bool:
    return (is_list(x) or is_tuple(x)) and any(is_float_array(each) for each in x)


def _like(builder: Builder, first: Ref) -> Ref:
    """The first value or another of its shape."""
    same = [r for r in builder.floats if builder.shape(r) == builder.shape(first)]
    return builder.choose.choice(same)


def _options(builder: Builder, op: type[Op], chance: float) -> dict[str, Any]:
    choose = builder.choose
    several = issubclass(op, Composite | Reduction)  # others take one axis at a time
    return {
        name: choose.choice([x for x in OPTIONS[name] if several or not is_tuple(x)])
        for name in op.attributes
        if name in OPTIONS and choose.random() < chance
    }


def _guarded(builder: Builder) -> None:
    """where(inside, f(x), y): f is infinite or NaN where it was not selected."""
    choose = builder.choose
    x = builder.any_float(nonempty=True)
    op = CATALOGUE[choose.choice(_bordered())]
    domain = op.domains[0]
    inside = builder.line("greater", x, domain.sample_low)
    if domain.high < np.inf:
        below = builder.line("less", x, domain.sample_high)
        inside = builder.line("logical_and", inside, below)
    raw = builder.line(op.name, x)
    other = choose.choice([0.0, 1, x, _like(builder, x)])
    branches = (inside, raw, other)
    if choose.random() < 0.3:
        branches = (builder.line("logical_not", inside), other, raw)
    builder.shared("where", *branches)


def _bordered() -> list[str]:
    """Elementwise functions of one number that are not defined everywhere."""
    return [
        name
        for name in CATALOGUE.names()
        if issubclass(CATALOGUE[name], Elementwise)
        and len(CATALOGUE[name].inputs) == 1
        and CATALOGUE[name].domains[0].low > -np.inf
        and not CATALOGUE[name].flat
    ]
