"""The families of ops, told apart by base class: what is common to a kind is written once here.

Imports what an op stands on, and dual. Every file in ops/ chooses a family; readers ask for it.

    Elementwise   a formula over letters; its Jacobian is diagonal and never stored
      Letter      the closed alphabet; writes its local gradients
      Word        a scalar function without a formula; open
    Structured    one NumPy call that knows its axes
      LinearOp, Bilinear, Reduction, Movement, Indexing
    Composite     a formula over ops
"""

from collections.abc import Sequence
from math import inf
from typing import Any, ClassVar

import numpy as np

from chainrule.graph.op import breaches, contract
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.downstream import alive_part, downstream, select, sum_broadcast
from chainrule.graph.op.operands import ARRAYS, as_fractions
from chainrule.graph.op.operation import Op, Pulled
from chainrule.graph.readings.dual import chain_rule, local_times
from chainrule.spec import Spec, is_tuple, normalize_axes


class Elementwise(Op):
    """A scalar formula applied to every element, with NumPy's broadcasting.

    ``local_gradients(self, *inputs, out)`` returns one entry per input: an array or number (the
    slope), a boolean array (a gate: the gradient passes where it is True), None, or a function
    without arguments that returns one. Left out, it follows from the formula by the chain rule.
    """

    gate: ClassVar[str] = "gradient scaler"
    scipy: ClassVar[str] = ""  # its name in scipy.special
    spells_out: ClassVar[bool] = True
    views: ClassVar[bool] = False
    writes_slopes: ClassVar[bool] = False  # else they follow from the formula
    # Of an activation: where its results lie; what a unit is that is never positive, "dead" (no
    # gradient reaches it) or "faint" (a small one does); by what it shrinks a mean square.
    bounds: ClassVar[tuple[float, float]] = (-inf, inf)
    silent: ClassVar[str] = ""
    gain: ClassVar[float] = 1.0
    steadier: ClassVar[str] = ""  # what to write instead where it makes a number infinite

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        written = cls.local_gradients is not Elementwise.local_gradients
        cls.writes_slopes = written
        cls.spells_out = not (written or cls.writes_backward)
        if cls.flat:
            cls.gate = ""  # nothing passes: it has no role in the backward pass

    def local_gradients(self, *inputs_and_out: Any, **_: Any) -> Sequence[Any]:
        """Slope of the formula in each input."""
        return chain_rule(self, inputs_and_out[:-1])

    def pull(
        self, upstream: Any, live: Any, inputs: Sequence[Any], out: Any, wanted: Sequence[bool]
    ) -> Pulled:
        """Local times upstream, summed over the axes that were broadcast."""
        gradients: list[Any] = []
        lives: list[Any] | None = None
        if self.writes_backward:
            locals_: Sequence[Any] = self.rules(upstream, inputs, out, wanted)
        elif self.guarded and self.writes_slopes:
            locals_ = contract.slopes(self, inputs, out, wanted)
        else:
            locals_ = self.local_gradients(*inputs, out)
        for i, (local, x) in enumerate(zip(locals_, inputs, strict=True)):
            if local is None or not wanted[i]:
                gradients.append(None)
                continue
            if self.writes_backward:
                local = self.in_graph(local, x)
            elif callable(local):
                local = local()
                if local is None:
                    gradients.append(None)
                    continue
            gradient, alive = (
                (alive_part(local, live), live)
                if self.writes_backward
                else downstream(upstream, local, live, self.router)
            )
            shape = x.shape
            if gradient.shape != shape:
                if gradient.shape != out.shape:
                    raise breaches.wrong_shape(self, i, gradient, x)
                gradient, alive = sum_broadcast(gradient, alive, shape)
            if gradient.dtype != x.dtype:
                if self.guarded and gradient.dtype != out.dtype:
                    raise breaches.wrong_dtype(self, i, gradient, x)
                gradient = CATALOGUE.function("cast")(gradient, x.dtype)
            gradients.append(gradient)
            if alive is not None:
                lives = lives or [None] * len(inputs)
                lives[i] = alive
        return gradients, lives

    def branch(self, *operands: Any) -> Any:
        """Of a router: which of its two operands is ahead."""
        return np.sign(np.subtract(*operands)) if self.router else None

    def jvp(self, tangents: Sequence[Any], inputs: Sequence[Any], out: Any) -> Any:
        """The sum of local times tangent over the inputs."""
        if self.guarded and self.writes_slopes:
            wanted = [tangent is not None for tangent in tangents]
            local: Sequence[Any] = contract.slopes(self, inputs, out, wanted)
        else:
            local = self.local_gradients(*inputs, out)
        total: Any = None
        for slope, tangent in zip(local, tangents, strict=True):
            if slope is None or tangent is None:
                continue
            slope = slope() if callable(slope) else slope
            term = None if slope is None else local_times(slope, tangent)
            if term is not None:
                if self.router:  # what was not selected may be infinite
                    term = select(slope != 0, term)
                total = term if total is None else total + term
        if total is None:
            return np.zeros(out.shape, out.dtype)
        if getattr(total, "dtype", out.dtype) != out.dtype:  # where(c, 1.0, 0.5) is float64
            total = CATALOGUE.function("cast")(total, out.dtype)
        return total if np.shape(total) == out.shape else total + np.zeros(out.shape, out.dtype)

    def spec(self, *specs: Any) -> Spec:
        """Broadcast shapes; the dtype is that of a one-element run. A Python number is weak."""
        shapes = [s.shape for s in specs if isinstance(s, Spec)]
        ones = [np.ones((1,) * len(s.shape), s.dtype) if isinstance(s, Spec) else s for s in specs]
        with np.errstate(all="ignore"):
            dtype = np.asarray(self.forward(*ones)).dtype
        try:
            return Spec(np.broadcast_shapes(*shapes), dtype)
        except ValueError as error:
            raise self.explain(error, specs) from error


class Letter(Elementwise):
    """One of the closed alphabet: NumPy computes it, and it writes its local gradients."""

    spells_out: ClassVar[bool] = False
    primitive: ClassVar[str] = "letter"
    whole: ClassVar[str] = ""  # the letter that it is on whole numbers, where that is another

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        cls.spells_out = False

    def forward(self, *operands: Any, **_: Any) -> Any:
        """One NumPy call."""
        return _numpy_function(self)(*operands)

    @classmethod
    def enter(cls) -> None:
        """Put NumPy's own function in the place of forward: one Python call less."""
        if cls.forward is Letter.forward:
            cls.forward = staticmethod(_numpy_function(cls))


class Word(Letter):
    """A scalar function without a formula of letters; the alphabet of words is open."""

    primitive: ClassVar[str] = "word"
    c: ClassVar[str] = ""  # the function that native code calls lane by lane, on float64
    library: ClassVar[str] = "c"  # where it is: libm, or "scipy", which is cython_special

    def pull(self, upstream: Any, live: Any, inputs: Any, out: Any, wanted: Any) -> Pulled:
        """The rule; of whole numbers the slopes are computed as of fractions."""
        return super().pull(upstream, live, as_fractions(inputs, out.dtype), out, wanted)

    def jvp(self, tangents: Sequence[Any], inputs: Sequence[Any], out: Any) -> Any:
        """With the same slopes."""
        return super().jvp(tangents, as_fractions(inputs, out.dtype), out)

    def given_to_c(self, *operands: Any) -> tuple[Any, ...]:
        """The arguments of the C function."""
        return operands

    def mended(self, out: Any, *operands: Any) -> Any:
        """The result, where the library's function loses its digits."""
        return out


class Structured(Op):
    """An op whose forward is one NumPy call that knows its axes."""

    gate: ClassVar[str] = "gradient mixer"
    takes: ClassVar[frozenset[type]] = ARRAYS

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        # What a family does to a gradient is no rule yet: without one the formula is walked.
        of_its_own = cls.pull is not Op.pull and cls.pull.__module__ != __name__
        cls.differentiates = cls.writes_backward or of_its_own
        cls.spells_out = not cls.differentiates


class LinearOp(Structured):
    """Linear in its first input, which is the only one with a gradient."""

    def jvp(self, tangents: Sequence[Any], inputs: Sequence[Any], out: Any) -> Any:
        """The op itself, applied to the tangent."""
        return self(tangents[0], *inputs[1:])


class Bilinear(Structured):
    """Linear in each of its two inputs: the swap multiplier for whole matrices."""

    gate: ClassVar[str] = "swap multiplier"
    views: ClassVar[bool] = False

    def jvp(self, tangents: Sequence[Any], inputs: Sequence[Any], out: Any) -> Any:
        """The product rule."""
        (x, y), (dx, dy) = inputs, tangents
        if dx is None:
            return self(x, dy)
        return self(dx, y) if dy is None else self(dx, y) + self(x, dy)


class Movement(Structured):
    """Moves or copies elements and computes nothing: the live mask moves along."""

    gate: ClassVar[str] = "gradient copier"

    def pull(
        self, upstream: Any, live: Any, inputs: Sequence[Any], out: Any, wanted: Sequence[bool]
    ) -> Pulled:
        """Move the gradient back, and its live mask the same way."""
        gradients, _ = super().pull(upstream, None, inputs, out, wanted)
        if live is None:
            return gradients, None
        return gradients, self.rules(live, inputs, out, wanted)

    def jvp(self, tangents: Sequence[Any], inputs: Sequence[Any], out: Any) -> Any:
        """The op itself, applied to the tangents."""
        filled = [
            np.zeros(np.shape(x), getattr(x, "dtype", None)) if t is None else t
            for t, x in zip(tangents, inputs, strict=True)
        ]
        return self(*filled)


class Reshaping(Movement):
    """The same numbers in the same order: a formula reads the same without it."""

    changes_only: ClassVar[str] = "shape"


class Turning(Movement):
    """The same numbers with the axes in another order: a transposition."""

    changes_only: ClassVar[str] = "axes"


class Indexing(Structured):
    """Picks elements: those that were not picked are dead."""

    gate: ClassVar[str] = "gradient router"

    def pull(
        self, upstream: Any, live: Any, inputs: Sequence[Any], out: Any, wanted: Sequence[bool]
    ) -> Pulled:
        """Put the gradient back where it was picked, and start a live mask there."""
        gradients, _ = super().pull(upstream, None, inputs, out, wanted)

        def picked() -> Any:
            mask = np.ones(out.shape, bool) if live is None else live
            return self.rules(mask, inputs, out, (True, *[False] * (len(inputs) - 1)))[0]

        return gradients, [picked, *[None] * (len(inputs) - 1)]

    def jvp(self, tangents: Sequence[Any], inputs: Sequence[Any], out: Any) -> Any:
        """The same elements of the tangent."""
        return self(tangents[0], *inputs[1:])


class Reduction(Structured):
    """Takes many elements along ``axis`` to one: an input is dead where its result is."""

    axis: Any = None
    keepdims: bool = False
    views: ClassVar[bool] = False
    bounded: ClassVar[bool] = False  # its local gradients are finite, so 0 stays 0
    combines: ClassVar[str] = ""  # how: "sum", "max", "argmin" ...; where it is a primitive
    numbers_are_rows: ClassVar[bool] = False  # a number counts as a row of one

    def reduced_axes(self, ndim: int) -> tuple[int, ...]:
        """``axis`` as places from 0 on, all of them where it is None."""
        if ndim == 0 and self.numbers_are_rows and self.axis in (0, -1):
            return ()
        return normalize_axes(self.axis, ndim)

    def kept_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the result where it keeps its axes, with length 1."""
        axes = self.reduced_axes(len(shape))
        return tuple(1 if i in axes else n for i, n in enumerate(shape))

    def pull(
        self, upstream: Any, live: Any, inputs: Sequence[Any], out: Any, wanted: Sequence[bool]
    ) -> Pulled:
        """The rule, exactly 0 where the result was dead."""
        gradients, _ = super().pull(upstream, None, inputs, out, wanted)
        if live is None or gradients[0] is None:
            return gradients, None
        below = self.spread(live, inputs[0].shape)
        if not self.bounded:
            gradients[0] = select(below, gradients[0])
        return gradients, [below, *[None] * (len(inputs) - 1)]

    def spread(self, reduced: Any, shape: tuple[int, ...]) -> Any:
        """Undo the change of shape: put the reduced axes back and repeat along them."""
        kept = self.kept_shape(shape)
        if reduced.shape != kept:
            reduced = CATALOGUE.function("reshape")(reduced, kept)
        return CATALOGUE.function("broadcast_to")(reduced, shape)


class Composite(Op):
    """A formula over ops; it writes ``backward`` only for stability or speed."""

    gate: ClassVar[str] = "gradient mixer"
    takes: ClassVar[frozenset[type]] = ARRAYS
    spells_out: ClassVar[bool] = True
    by_rows: ClassVar[bool] = False  # elements mix along ``axis`` alone

    def pull(
        self, upstream: Any, live: Any, inputs: Sequence[Any], out: Any, wanted: Sequence[bool]
    ) -> Pulled:
        """The rule; a row whose results are all dead gets exactly 0."""
        gradients, _ = super().pull(upstream, None, inputs, out, wanted)
        several = isinstance(live, tuple)
        if live is None or several or not self.by_rows or gradients[0] is None:
            return gradients, None
        row = CATALOGUE.function("any_live")(live, getattr(self, "axis", None))
        gradients[0] = select(row, gradients[0])
        return gradients, [row, *[None] * (len(inputs) - 1)]

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        cls.differentiates = cls.writes_backward  # pull alone is no rule
        cls.spells_out = not cls.writes_backward


def _numpy_function(op: Any) -> Any:
    return op.numpy[0] if is_tuple(op.numpy) else op.numpy
