"""The contract of a user's op: it changes nothing it is given, and answers for every input.

Imports breaches (its errors), settings, spec and symbol. Op calls it for every op that is defined
outside this package: the arrays it receives are read-only looks, and what it returns is its own.
"""

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.errors import ArgumentError, ChainruleError, UnsupportedError
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op import breaches
from chainrule.settings import RULE
from chainrule.spec import is_array, is_list, is_sequence, is_tuple, spec_of

if TYPE_CHECKING:
    from chainrule.graph.op.operation import Op

_ndarray: Any = np.ndarray
NUDGES = (1e-3, 2.0, -2.0)  # steps that a None is tried with: near, far, and to the other side
MOST_SHAPES = 256  # for which an op remembers that an input does not matter; then it forgets them


def run(op: "Op", values: Sequence[Any]) -> Any:
    """``forward`` on arrays that it cannot write into; a result that is one of them is copied."""
    try:
        out = op.forward(*map(look, values))
    except ValueError as error:
        out = _on_copies(op, "forward", op.forward, values, breaches.names(op, values), error)
    return _own(out)


def gradients(
    op: "Op", upstream: Any, inputs: Sequence[Any], out: Any, wanted: Sequence[bool]
) -> list[Any]:
    """What ``backward`` answers, one entry per input, each array a copy that nobody shares."""
    found = _answers(op, "backward", (upstream, *inputs, out), inputs, wanted)
    for i, (gradient, x) in enumerate(zip(found, inputs, strict=True)):
        left = isinstance(gradient, _ndarray) and isinstance(x, Symbol) and not np.any(gradient)
        if left and not _always_zero(op, inputs, i):  # 0 here, and its own slope is not
            raise breaches.outside_graph(op, gradient, x)
    return [x.copy() if isinstance(x, _ndarray) else x for x in found]


def slopes(op: "Op", inputs: Sequence[Any], out: Any, wanted: Sequence[bool]) -> list[Any]:
    """What ``local_gradients`` answers, one entry per input."""
    return _answers(op, "local_gradients", (*inputs, out), inputs, wanted)


def formula(op: "Op", operands: Sequence[Any]) -> Any:
    """``forward`` read by symbols, or an error that says why it is not a formula."""
    if not op.guarded:
        try:
            return op.formula(*operands)
        except ChainruleError as error:
            breaches.tell_origins(error, op, operands)
            raise
    token = RULE.set(op.name)
    try:
        return op.formula(*operands)
    except (TypeError, AttributeError, ValueError) as error:  # not with arrays, so with symbols
        raise breaches.no_formula(op, error) from error
    finally:
        RULE.reset(token)


def look(x: Any) -> Any:
    """A view that cannot be written through; symbols and numbers as they are."""
    if isinstance(x, _ndarray):
        view: Any = x.view()
        view.setflags(write=False)
        return view
    return tuple(map(look, x)) if is_tuple(x) else x


def _own(out: Any) -> Any:
    """Results that the caller may keep and change: a look that came back is copied."""
    if is_sequence(out):
        return tuple(map(_own, out))
    if is_array(out) and not out.flags.writeable:
        return out.copy()
    return out


def _answers(
    op: "Op", name: str, given: Sequence[Any], inputs: Sequence[Any], wanted: Sequence[bool]
) -> list[Any]:
    """What a rule answers; one that cannot be recorded is called back when values are there."""
    later = next((s for s in map(_innermost, inputs) if hasattr(s, "call_back")), None)
    if later is None:
        return _answers_now(op, name, given, inputs, wanted)
    try:
        return _answers_now(op, name, given, inputs, wanted)
    except Exception:  # a rule written with NumPy fails on symbols in many ways
        return later.call_back(op, name, given, wanted)


def _innermost(x: Any) -> Any:
    """The symbol inside all others, which holds an array or nothing yet."""
    while isinstance(x, Symbol) and x.wraps:
        inner: Any = x
        x = inner.value
    return x


def _answers_now(
    op: "Op", name: str, given: Sequence[Any], inputs: Sequence[Any], wanted: Sequence[bool]
) -> list[Any]:
    """Call a rule with looks; check the count, and every None, of what it answers.

    While a rule is given nodes, leaving the graph is an error.
    """

    def answer(*arguments: Any) -> list[Any]:
        entries: Any = getattr(op, name)(*arguments)
        entries = entries if is_sequence(entries) else (entries,)
        if len(entries) != len(inputs):
            raise breaches.wrong_count(op, name, len(entries), inputs)
        pairs = zip(entries, wanted, strict=True)
        return [(rule() if callable(rule) else rule) if want else None for rule, want in pairs]

    node = None
    for x in inputs:
        if isinstance(x, Symbol):
            node = x
    token = None if node is None else RULE.set(op.name)
    try:
        found = answer(*map(look, given))
    except UnsupportedError as error:
        if node is None:
            raise
        raise breaches.outside_graph(op, None, node, error) from error
    except ValueError as error:
        first = ["upstream"] if name == "backward" else []
        names = [*first, *breaches.names(op, inputs), "out"]
        found = _on_copies(op, name, answer, given, names, error)
    finally:
        if token is not None:
            RULE.reset(token)
    for i, gradient in enumerate(found):
        if gradient is None and wanted[i] and _depends(op, inputs, i):
            raise breaches.none_returned(op, name, inputs, i)
    return found


def _depends(op: "Op", inputs: Sequence[Any], position: int) -> bool:
    """Whether the result changes with an input: found by changing it, once per op and shapes."""
    if any(hasattr(_innermost(x), "call_back") for x in inputs):
        return False  # no values are known that could be changed
    values = [_plain(x) for x in inputs]
    key = (position, *[spec_of(x) for x in values])
    if key in op.independent:
        return False
    with np.errstate(all="ignore"):
        before = _results(op, values)
        if not _same(before, _results(op, values)):
            return False  # random: a change would show nothing
        for step in NUDGES:
            moved = _moved(values[position], step)
            try:
                after = _results(op, [*values[:position], moved, *values[position + 1 :]])
            except (ValueError, ArithmeticError, LookupError):
                continue  # outside the domain
            if not _same(before, after):
                return True
    if len(op.independent) >= MOST_SHAPES:
        op.independent.clear()
    op.independent.add(key)
    return False


def _always_zero(op: "Op", inputs: Sequence[Any], position: int) -> bool:
    """Whether the gradient of an input is 0 at other numbers too, so that its slope is 0."""
    if any(hasattr(_innermost(x), "call_back") for x in inputs):
        return True  # no values are known: a gradient that does not depend on them is as it is
    values = [_plain(x) for x in inputs]
    with np.errstate(all="ignore"):
        for step in NUDGES:
            moved = [_moved(x, step) if np.asarray(x).dtype.kind == "f" else x for x in values]
            try:
                out = run(op, moved)
                ones = tuple(map(np.ones_like, out)) if is_tuple(out) else np.ones_like(out)
                entries: Any = op.backward(ones, *moved, out)
                entry = (entries if is_sequence(entries) else (entries,))[position]
                entry = entry() if callable(entry) else entry
            except (ValueError, ArithmeticError, LookupError):
                continue  # outside the domain
            if entry is not None and np.any(entry):
                return False
    return True


def _moved(values: Any, step: float) -> Any:
    """An array with every entry moved by a step of its own size, to either side."""
    x: Any = np.asarray(values)
    spread = np.maximum(np.abs(np.where(np.isfinite(x), x, 1)), 1)
    signs = np.random.default_rng(0).choice([-1.0, 1.0], x.shape)
    return np.asarray(x + step * signs * spread, x.dtype)


def _plain(x: Any) -> Any:
    """The array that stands inside symbols of any depth."""
    while isinstance(x, Symbol):
        inner: Any = x
        x = inner.value
    return x


def _results(op: "Op", values: Sequence[Any]) -> list[Any]:
    out = run(op, values)
    return [np.asarray(part) for part in (out if is_tuple(out) else (out,))]


def _same(before: Sequence[Any], after: Sequence[Any]) -> bool:
    return len(before) == len(after) and all(
        np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        for a, b in zip(before, after, strict=True)
    )


def _on_copies(
    op: "Op",
    name: str,
    method: Callable[..., Any],
    given: Sequence[Any],
    names: Sequence[str],
    error: ValueError,
) -> Any:
    """Call again with copies where a look was refused, and see whether they are changed.

    Compiled code often asks for a writable buffer although it only reads.
    """
    if "read-only" not in str(error):
        raise error
    copies: list[Any] = [_copy(x) for x in given]
    answer = method(*copies)
    triples = zip(names, given, copies, strict=True)
    changed = {which: x for which, x, copy in triples if _bytes(x) != _bytes(copy)}
    if changed:
        raise breaches.writes(op, name, changed) from error
    return answer


def _copy(x: Any) -> Any:
    if is_tuple(x):
        return tuple(map(_copy, x))
    return x.copy() if is_array(x) else x


def _bytes(x: Any) -> Any:
    if is_tuple(x):
        return tuple(map(_bytes, x))
    return x.tobytes() if is_array(x) else None


def freeze_attributes(cls: "type[Op]") -> None:
    """Let no list or array among the attributes change between forward and backward."""
    init: Any = cls.__init__

    @functools.wraps(init)
    def __init__(self: "Op", *args: Any, **keywords: Any) -> None:
        init(self, *args, **keywords)
        for name in cls.attributes:
            object.__setattr__(self, name, _frozen(getattr(self, name)))

    open_class: Any = cls
    open_class.__init__ = __init__


def _frozen(value: Any) -> Any:
    if is_list(value):
        return tuple(map(_frozen, value))
    if is_array(value):
        kept = value.copy()
        kept.flags.writeable = False
        return kept
    return value


def refuse_init(cls: "type[Op]") -> None:
    """An op's fields are all it is made with."""
    if "__init__" in cls.__dict__:
        raise ArgumentError(
            f"{cls.__name__} is an op and has an __init__, but an op keeps no state of its own.",
            do="Declare what it is made with as fields of the class, such as alpha: float = 1.0.",
        )
