"""trace_nonfinite: stops at the first op that makes NaN or infinity out of finite numbers.

Imports the graph, settings and errors. It stands in the place of the recording while it is active,
and costs nothing otherwise.
"""

import weakref
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from chainrule.errors import CODE_COLUMN, NonFiniteError, describe, user_place
from chainrule.graph.nodes.node import Node
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.breaches import input_name
from chainrule.graph.op.calls import named
from chainrule.graph.op.families import Elementwise
from chainrule.graph.op.operation import Op
from chainrule.settings import RECORDING, Watch
from chainrule.spec import is_array, is_tuple

Array = np.ndarray[Any, np.dtype[Any]]


@contextmanager
def trace_nonfinite() -> Generator[None, None, None]:
    """Stop at the first op, forward or backward, whose result is not finite while its inputs are.

    For the hunt after a loss of NaN: the error names the op, the element, the inputs' values
    there and the line of your program, and says what to write instead. Every op that a tensor
    flows through is watched, in this thread: under ``backward()``, ``grad``, ``jvp``, ``no_grad``.
    Infinities that stand in the inputs already are not the op's fault, and pass.

    Raises
    ------
    NonFiniteError
        At the first such op.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> x = cr.tensor(np.array([4.0, 0.0]), name="x")
    >>> try:
    ...     with cr.trace_nonfinite():
    ...         cr.sqrt(x).sum().backward()
    ... except cr.errors.NonFiniteError as error:
    ...     print(error.what.partition(": ")[0])
    the gradient of x in sqrt became inf at element (1,), while all that its rule reads is finite
    """
    watch = NonFiniteWatch()
    token = RECORDING.set(watch if RECORDING.get().recording else watch.quiet())
    try:
        with np.errstate(all="ignore"):  # the error says more than NumPy's warning
            yield
    finally:
        RECORDING.reset(token)


class NonFiniteWatch(Watch):
    """Looks at every value and gradient, and remembers where each value was made."""

    def __init__(self) -> None:
        self._lines: dict[int, tuple[weakref.ref[Array], str]] = {}

    def recorded(self, op: Any, operands: Sequence[Any], value: Any) -> None:
        """Look at the result of an op, unless it is a symbol: then its reader has looked."""
        parts = _parts(value)
        if any(isinstance(part, Symbol) for part in parts):
            return
        self._remember(parts)
        wrong = _wrong(parts, _arrays(operands))
        if wrong is not None:
            raise _forward(op, [_plain(x) for x in operands], wrong)

    def around(self, node: Any, pull: Callable[..., Any], nodes: Collection[Any]) -> Any:
        """Look at the gradients that a rule sends back."""

        def looked_at(pulled: Any, upstream: Any, inputs: Any, out: Any) -> None:
            given = _arrays((*_parts(upstream), *inputs, *_parts(out)))
            for i, gradient in enumerate(pulled):
                wrong = _wrong(_arrays((gradient,)), given)
                if wrong is not None:
                    line = self._line(node.value)
                    ups = [_plain(part) for part in _parts(upstream)]
                    raise _backward(node, i, [_plain(x) for x in inputs], ups, wrong, line, nodes)

        return self.pulling(pull, looked_at)

    def spelled(self, op: Any, operands: Sequence[Any], out: Any) -> None:
        """Look at the value of a formula and at its tangents."""
        wrong = _wrong(_arrays(_parts(out)), _arrays(operands))
        if wrong is not None:
            raise _forward(op, [_plain(x) for x in operands], wrong)

    def pushed(self, op: Any, inputs: Sequence[Any], tangents: Sequence[Any], out: Any) -> None:
        """Look at the tangent of a result."""
        wrong = _wrong(_arrays(_parts(out)), _arrays((*inputs, *tangents)))
        if wrong is not None:
            raise _forward(op, [_plain(x) for x in inputs], wrong, "the tangent of ")

    def _remember(self, parts: Sequence[Any]) -> None:
        code, place = user_place()
        for part in parts:
            key = id(part)
            if is_array(part):
                gone = weakref.ref(part, lambda _, key=key: self._lines.pop(key, None))
                self._lines[key] = gone, f"{code:<{CODE_COLUMN}} {place}".strip()

    def _line(self, value: Any) -> str | None:
        """The user's line on which a value was made, if that was watched."""
        reference, line = self._lines.get(id(_parts(value)[0]), (None, ""))
        return line if reference is not None and reference() is not None else None


def _forward(op: Op, inputs: Sequence[Any], out: Array, which: str = "") -> NonFiniteError:
    index = _first(out)
    names = [input_name(op, i) for i in range(len(inputs))]
    count = int(np.sum(~np.isfinite(out)))
    return NonFiniteError(
        f"{which}{op.name} became {out[index]} at element {_written(index)}, while its inputs are "
        "finite: the first such op, and in the forward pass.",
        found=[
            *_lines(op, names, inputs, index, out.shape),
            describe("out", out, f"{out[index]} there; {count} of {out.size} are not finite"),
        ],
        do=_cure(op, names, inputs, index, out),
    )


def _backward(
    node: Node,
    position: int,
    inputs: Sequence[Any],
    upstreams: Sequence[Any],
    gradient: Array,
    line: str | None,
    nodes: Collection[Node],
) -> NonFiniteError:
    op, index = node.op, _first(gradient)
    assert op is not None
    names = [input_name(op, i) for i in range(len(inputs))]
    dirty = [x for x in nodes if not all(_is_finite(_plain(part)) for part in _parts(x.value))]
    before = (
        "The forward pass was clean."
        if not dirty
        else f"The forward pass was not clean: {_origin(dirty[0])} is not finite."
    )
    out = np.asarray(_plain(_parts(node.value)[0]))
    cure = _cure(op, names, inputs, index, gradient)
    return NonFiniteError(
        f"the gradient of {names[position]} in {op.name} became {gradient[index]} at element "
        f"{_written(index)}, while all that its rule reads is finite: the first of the backward "
        f"pass. {before}",
        found=[
            *_lines(op, names, inputs, index, gradient.shape),
            *_lines(op, ["out", "upstream"], [out, upstreams[0]], index, gradient.shape),
            describe("gradient", gradient, f"{gradient[index]} there"),
        ],
        do=cure,
        where=line,
    )


def _cure(op: Op, names: Sequence[str], inputs: Sequence[Any], index: Any, result: Array) -> str:
    """What to write instead: safe operands where one left the domain, else a smaller number."""
    for i, (name, x) in enumerate(zip(names, inputs, strict=True)):
        there = _at(x, index, result.shape)
        condition, inside = _legal(op, i, name, there)
        if condition:
            safe = [f"where({condition}, {n}, {inside})" if n == name else n for n in names]
            return (
                f"{op.name} stays finite where {condition}. A where() that discards this "
                "element afterwards comes too late, since both of its branches are computed; "
                f"choose before computing: where({condition}, {named(op, safe)}, 0)."
            )
    if np.isinf(result[_first(result)]):
        largest = np.finfo(result.dtype).max
        return (
            f"It overflows {result.dtype}, which ends at {largest:.2g}. Scale or shift the inputs "
            "first, as softmax and logsumexp do, or compute in float64."
        )
    return "Keep the inputs away from this point, or choose with where() before computing."


def _legal(op: Op, position: int, name: str, there: Any) -> tuple[str, str]:
    """The condition that an operand breaks (or stands on the edge of), and a legal value."""
    if there is None:
        return "", ""
    domain = op.domains[min(position, len(op.domains) - 1)]
    if there <= domain.low:
        return f"{name} > {domain.low:g}", f"{domain.low + 1:g}"
    if there >= domain.high:
        return f"{name} < {domain.high:g}", f"{domain.high - 1:g}"
    if there in domain.poles:
        return f"{name} != {there:g}", f"{there + 1:g}"
    return "", ""


def _lines(
    op: Op, names: Sequence[str], values: Sequence[Any], index: Any, shape: tuple[int, ...]
) -> list[str]:
    """An operand a line: its value at the element, or its range where elements do not match."""
    lines: list[str] = []
    for name, x in zip(names, values, strict=True):
        array = np.asarray(x)
        there = _at(x, index, shape) if isinstance(op, Elementwise) else None
        if x is None or array.dtype.kind not in "biuf":
            continue
        if there is not None:
            note = f"{there} there"
        else:
            note = f"from {array.min()} to {array.max()}" if array.size else "empty"
        lines.append(describe(name, array, note))
    return lines


def _at(x: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """The element of an operand that meets an element of the result; None if none does."""
    array = np.asarray(x)
    if x is None or array.dtype.kind not in "biuf":
        return None
    try:
        return np.broadcast_to(array, shape)[index]
    except ValueError:
        return None


def _origin(node: Node) -> str:
    if node.op is not None:
        return f"the result of {node.op.name}"
    return node.label or "an input"


def _written(index: tuple[int, ...]) -> str:
    return str(index) if index else "() (its only one)"


def _first(array: Array) -> tuple[int, ...]:
    """The first element that is not finite."""
    flat = int(np.argmin(np.isfinite(array)))
    return tuple(int(i) for i in np.unravel_index(flat, array.shape))


def _wrong(results: Sequence[Any], given: Sequence[Any]) -> Array | None:
    """The first result that is not finite, if all that was given is."""
    wrong = next((x for x in results if not _is_finite(x)), None)
    return None if wrong is None or not all(map(_is_finite, given)) else np.asarray(wrong)


def _is_finite(x: Any) -> bool:
    if x is None:
        return True
    array = np.asarray(x)
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


def _arrays(values: Sequence[Any]) -> list[Any]:
    """All arrays inside symbols of any depth: values, and the tangents of duals."""
    found: list[Any] = []
    stack = list(reversed(values))
    while stack:
        x = stack.pop()
        if is_tuple(x):
            stack += reversed(x)
        elif isinstance(x, Symbol):
            inner: Any = x
            stack += reversed([inner.value, *getattr(inner, "partials", ())])
        else:
            found.append(x)
    return found


def _plain(x: Any) -> Any:
    """The array inside symbols of any depth."""
    while isinstance(x, Symbol):
        inner: Any = x
        x = inner.value
    return x


def _parts(value: Any) -> tuple[Any, ...]:
    return value if is_tuple(value) else (value,)
