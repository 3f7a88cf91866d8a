"""Op: one frozen class is one operation; its public function, its facts and its default reading.

Imports errors, domain, catalogue and symbol. The families in families.py inherit from Op; every
file in ops/ and every user enters classes with ``@op``.
"""

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, ClassVar, TypeVar, dataclass_transform

import numpy as np

from chainrule.domain import REAL, Domain
from chainrule.errors import BackwardRuleError, ChainruleError, ShapeError, describe
from chainrule.graph.catalogue import CATALOGUE
from chainrule.graph.signature import read_signature
from chainrule.graph.symbol import Symbol
from chainrule.spec import is_list, is_plain, is_sequence

OpClass = TypeVar("OpClass", bound="type[Op]")
Samples = Callable[[np.random.Generator], tuple[Any, ...]]
_ndarray = np.ndarray
Pulled = tuple[list[Any], list[Any] | None]


@dataclass_transform(frozen_default=True)
class Op:
    """One operation of the graph: ``forward`` computes it, ``backward`` sends the gradient back.

    A subclass is a frozen dataclass: its annotated fields are the op's attributes, the parameters
    of ``forward`` are its inputs. ``backward(self, upstream, *inputs, out)`` is written with ops
    and returns one entry per input: a gradient of the input's shape, None, or a function without
    arguments that returns it and is called only if that gradient is wanted. An op that leaves
    ``backward`` out is differentiated through its formula.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> class Cube(cr.Op):
    ...     def forward(self, x):
    ...         return x ** 3
    ...     def backward(self, upstream, x, out):
    ...         return (upstream * 3 * x ** 2,)
    >>> cube = Cube()
    >>> cr.grad(lambda x: cube(x).sum())(np.array([1.0, 2.0]))
    array([ 3., 12.])
    """

    name: ClassVar[str] = "op"
    symbol: ClassVar[str] = ""  # how a formula shows it, where it has a sign
    onnx: ClassVar[str] = ""  # the operator of the same meaning in ONNX
    gate: ClassVar[str] = ""  # its pattern of gradient flow
    domains: ClassVar[tuple[Domain, ...]] = (REAL,)  # one per input; the last one repeats
    samples: ClassVar[Samples | None] = None
    numpy: ClassVar[Any] = None  # the NumPy function (or functions) it stands for
    flat: ClassVar[bool] = False  # its derivative is 0 wherever it exists
    router: ClassVar[bool] = False  # a slope of 0 means "not selected", not "flat"
    views: ClassVar[bool] = True  # its result may share memory with an input
    edges: ClassVar[bool] = False  # its formula meets inf - inf or 0 * inf on purpose

    inputs: ClassVar[tuple[str, ...]] = ()
    attributes: ClassVar[tuple[str, ...]] = ()
    variadic: ClassVar[bool] = False
    arity: ClassVar[tuple[int, float]] = (0, inf)  # fewest and most operands
    signature: ClassVar[inspect.Signature]
    defaults: ClassVar[tuple[Any, ...]] = ()  # one per argument, in the order of the signature
    required: ClassVar[int] = 0  # arguments without a default
    places: ClassVar[tuple[int, int]] = (0, 0)  # where the attributes stand among the arguments
    function: ClassVar[Callable[..., Any]]
    writes_backward: ClassVar[bool] = False
    differentiates: ClassVar[bool] = False  # has a rule of its own; else its formula is walked
    spells_out: ClassVar[bool] = True  # is read through its formula, having no rule of its own

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        dataclass(frozen=True)(cls)
        if "name" not in cls.__dict__:
            cls.name = cls.__name__.lower()
        read_signature(cls)
        cls.writes_backward = cls.backward is not Op.backward
        cls.differentiates = cls.writes_backward or cls.pull is not Op.pull
        cls.spells_out = not cls.differentiates
        cls.function = staticmethod(_public_function(cls))

    def forward(self, *operands: Any, **_: Any) -> Any:
        """Compute the result; the operands decide how the formula is read."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def backward(self, upstream: Any, *inputs_and_out: Any, **_: Any) -> Sequence[Any]:
        """Return one gradient per input, given the gradient of the output."""
        raise NotImplementedError(f"{type(self).__name__} has no backward")

    @classmethod
    def enter(cls) -> None:
        """Called once the facts stand: a family may complete the class."""

    @classmethod
    def of(cls, *values: Any) -> "Op":
        """The instance with these attributes; instances are frozen and shared."""
        return cls(**dict(zip(cls.attributes, values, strict=False)))

    @classmethod
    def bind(cls, args: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[Any, Any]:
        """Split a call into operands and attribute values, as the signature says."""
        if keywords or len(args) < cls.required:
            bound = cls.signature.bind(*args, **keywords)
            bound.apply_defaults()
            args = tuple(bound.arguments.values())
        else:  # the hot path: inspect's binding takes 15 us
            if len(args) > len(cls.defaults):
                cls.signature.bind(*args)  # raises, and says which argument is one too many
            args += cls.defaults[len(args) :]
        first, last = cls.places
        operands, values = args[:first] + args[last:], args[first:last]
        if cls.variadic:
            operands = tuple(operands[0])
        return operands, tuple([tuple(v) if is_list(v) else v for v in values])

    def __call__(self, *operands: Any) -> Any:
        return apply(self, operands)

    def pull(
        self, upstream: Any, live: Any, inputs: Sequence[Any], out: Any, wanted: Sequence[bool]
    ) -> Pulled:
        """Gradients of the wanted inputs, and where each of them is alive (None: everywhere).

        ``live`` is False where the upstream gradient belongs to a branch that was not selected;
        it is exactly 0 there. A family that can pass the mask on overrides this method.
        """
        gradients = self.rules(upstream, inputs, out, wanted)
        for i, gradient in enumerate(gradients):
            if gradient is not None:
                x = inputs[i]
                plain = type(gradient) is _ndarray and type(x) is _ndarray
                if not plain or gradient.shape != x.shape or gradient.dtype is not x.dtype:
                    gradients[i] = self.checked(gradient, x, i)
        return gradients, None

    def rules(
        self, upstream: Any, inputs: Sequence[Any], out: Any, wanted: Sequence[bool]
    ) -> list[Any]:
        """What ``backward`` returns, counted, with the entries nobody wants left out."""
        entries: Any = self.backward(upstream, *inputs, out)
        if entries.__class__ is not tuple and not is_sequence(entries):
            entries = (entries,)
        if len(entries) != len(inputs):
            raise BackwardRuleError(
                f"backward of {self.name} returned {len(entries)} gradients for "
                f"{len(inputs)} inputs.",
                found=[describe(name, x) for name, x in zip(self.inputs, inputs, strict=False)],
                do="Return a tuple with one entry per input of forward; None means no gradient.",
            )
        gradients: list[Any] = []
        for rule, want in zip(entries, wanted, strict=True):
            if not want:
                rule = None
            elif callable(rule):
                rule = rule()
            gradients.append(rule)
        return gradients

    def checked(self, gradient: Any, x: Any, position: int) -> Any:
        """The gradient in the input's dtype, once its shape is shown to be the input's."""
        gradient = self.in_graph(gradient, x)
        if not hasattr(gradient, "shape"):
            gradient = np.asarray(gradient)
        if gradient.shape != x.shape:
            names = self.inputs
            which = names[min(position, len(names) - 1)]
            raise BackwardRuleError(
                f"backward of {self.name} returned a gradient of shape {gradient.shape} "
                f"for {which} of shape {x.shape}.",
                found=[describe(which, x), describe("gradient", gradient)],
                do="A gradient has the shape of its input: sum over the axes that were broadcast.",
            )
        return (
            gradient
            if gradient.dtype == x.dtype
            else CATALOGUE.function("cast")(gradient, x.dtype)
        )

    def in_graph(self, gradient: Any, x: Any) -> Any:
        """The gradient, once it is shown to be a symbol where the input is one."""
        if isinstance(gradient, Symbol) or not isinstance(x, Symbol):
            return gradient
        raise BackwardRuleError(
            f"backward of {self.name} was given tensors and returned a "
            f"{type(gradient).__name__}, so second derivatives would miss it.",
            found=[describe("upstream", x), describe("gradient", gradient)],
            do="Write it with ops or NumPy's functions, without np.asarray or .data.",
        )

    def explain(self, error: Exception, operands: Sequence[Any]) -> Exception:
        """Turn NumPy's complaint into an error that names the operands."""
        names = (*self.inputs, *(f"input {i}" for i in range(len(self.inputs), len(operands))))
        found = [describe(n, x) for n, x in zip(names, operands, strict=False) if x is not None]
        if len(found) < 2:
            return ShapeError(
                f"{self.name} cannot take this tensor: {error}.",
                found=found,
                do=f"Arguments: {', '.join(self.signature.parameters)}.",
            )
        return ShapeError(
            f"{self.name} cannot join these tensors: {error}.",
            found=found,
            do="Shapes are compared from the last axis; each pair must be equal or contain a 1.",
        )


def op(
    name: str,
    *,
    numpy: Any = None,
    symbol: str = "",
    onnx: str = "",
    gate: str = "",
    domains: tuple[Domain, ...] = (REAL,),
    samples: Samples | None = None,
    flat: bool = False,
    router: bool = False,
    views: bool | None = None,
    edges: bool = False,
) -> Callable[[OpClass], OpClass]:
    """Enter an op class into the catalogue under its public name.

    The keywords are the facts about it; the class attributes of :class:`Op` say what each means.

    Raises
    ------
    ArgumentError
        If the name belongs to a built-in op.
    """
    facts = {"symbol": symbol, "onnx": onnx, "gate": gate, "domains": domains, "numpy": numpy}
    asserted = {"flat": flat, "router": router, "edges": edges}  # what a family set stays set
    facts |= {fact: True for fact, holds in asserted.items() if holds}

    def enter(cls: OpClass) -> OpClass:
        for fact, value in facts.items():
            setattr(cls, fact, value)
        if samples is not None:
            cls.samples = staticmethod(samples)
        if views is not None:
            cls.views = views
        cls.name = name
        cls.enter()
        cls.function.__name__ = cls.function.__qualname__ = name
        CATALOGUE.enter(name, cls, numpy)
        if cls.required == cls.places[0]:  # every attribute has a default
            CATALOGUE.standard[name] = cls.of()
        return cls

    return enter


def apply(operation: Op, operands: tuple[Any, ...]) -> Any:
    """Read an op with whatever flows through it: the first Symbol reads, arrays are computed."""
    for x in operands:
        if isinstance(x, Symbol):
            return x.read(operation, operands)
    return compute(operation, operands)


def compute(operation: Op, values: Sequence[Any]) -> Any:
    """Run ``forward`` on plain values."""
    try:
        if operation.edges:
            with np.errstate(all="ignore"):
                return operation.forward(*values)
        return operation.forward(*values)
    except ChainruleError:
        raise
    except (ValueError, IndexError) as error:
        raise operation.explain(error, values) from error
    except (AttributeError, TypeError):
        arrays = [np.asarray(x) if is_plain(x) else x for x in values]
        if all(x is y for x, y in zip(arrays, values, strict=True)):
            raise
        return compute(operation, arrays)  # lists and numbers where the formula needs arrays


def _public_function(cls: type[Op]) -> Callable[..., Any]:
    """The function a user calls: bind the arguments, then read the op."""
    count, plain = len(cls.inputs), not cls.attributes and not cls.variadic
    shared = functools.lru_cache(maxsize=512, typed=True)(cls.of)
    standard: Op | None = shared() if plain else None

    def function(*args: Any, **keywords: Any) -> Any:
        if standard is not None and len(args) == count and not keywords:
            for x in args:
                if isinstance(x, Symbol):
                    return x.read(standard, args)
            return compute(standard, args)
        operands, values = cls.bind(args, keywords)
        try:
            operation = shared(*values)
        except TypeError:  # an attribute that cannot be hashed
            operation = cls.of(*values)
        return apply(operation, operands)

    function.__name__ = function.__qualname__ = cls.name
    function.__doc__ = cls.__doc__
    vars(function)["__signature__"] = cls.signature  # what help() shows
    return function
