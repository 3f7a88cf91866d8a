"""Op: one frozen class is one operation; its public function, its facts and its default reading.

Imports contract, catalogue and symbol. The families inherit from Op; ``@op`` enters classes.
"""

import inspect
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import FrozenInstanceError, dataclass, fields
from math import inf
from typing import Any, ClassVar, TypeVar, dataclass_transform

import numpy as np

from chainrule.domain import REAL, Domain
from chainrule.errors import ChainruleError
from chainrule.graph.numpy.leaving import check_settings, remembered
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op import breaches, contract
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.class_signature import read_signature
from chainrule.graph.op.facts import Facts, Samples
from chainrule.graph.op.misuse import misuse
from chainrule.graph.op.operands import as_arrays, explain_missing
from chainrule.spec import is_list

OpClass = TypeVar("OpClass", bound="type[Op]")
_ndarray = np.ndarray
Pulled = tuple[list[Any], list[Any] | None]
PACKAGE = __name__.partition(".")[0]


@dataclass_transform(frozen_default=True)
@dataclass(frozen=True, eq=False, repr=False)
class Op(Facts):
    """One operation of the graph: ``forward`` computes it, ``backward`` sends the gradient back.

    A subclass is a frozen dataclass: its annotated fields are the op's attributes, the parameters
    of ``forward`` are its inputs. ``backward(self, upstream, *inputs, out)`` receives them by
    position and returns one entry per input: a gradient of the input's shape and dtype, None
    where the result does not depend on it, or a function without arguments that returns it and
    is called only if that gradient is wanted. Where forward returns a tuple, upstream and out
    are tuples. Written with ops or NumPy's functions, backward can be differentiated again. An op
    that leaves it out is differentiated through its formula; see NumericalOp where there is none.

    Raises
    ------
    BackwardRuleError
        Where backward answers with another count, shape or dtype, writes into its arguments,
        returns None for an input that matters, or leaves the graph in a second derivative.

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
    guarded: ClassVar[bool] = False  # a user's op: its contract is enforced at every call
    special: ClassVar[bool] = False  # runs under its contract, or with NumPy's warnings off
    independent: ClassVar[set[Any]] = set()  # inputs shown not to matter, by position and shapes

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        cls.guarded = cls.__module__.partition(".")[0] != PACKAGE
        cls.stateless = cls.__module__.startswith(f"{PACKAGE}.ops.")
        cls.special, cls.independent = cls.guarded or cls.edges, set()
        if cls.guarded:
            contract.refuse_init(cls)
        if "__annotations__" in cls.__dict__:  # fields, perhaps; else those of the base stand
            dataclass(frozen=True, eq=False, repr=False)(cls)
        if "name" not in cls.__dict__:
            cls.name = cls.__name__.lower()
        read_signature(cls)
        if cls.guarded or "formula" in cls.__dict__:  # what a base was, this one need not be
            cls.primitive = ""
        cls.writes_backward = cls.backward is not Op.backward
        cls.differentiates = cls.writes_backward or cls.pull is not Op.pull
        cls.spells_out = not cls.differentiates
        cls.function = staticmethod(_public_function(cls))
        if cls.guarded and cls.attributes:
            contract.freeze_attributes(cls)

    def forward(self, *operands: Any, **_: Any) -> Any:
        """Compute the result; the operands decide how the formula is read."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def formula(self, *operands: Any, **_: Any) -> Any:
        """The result in terms of other ops, for symbols: ``forward``, or where that is NumPy's."""
        return self.forward(*operands)

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

    def __call__(self, *operands: Any, **keywords: Any) -> Any:
        if keywords or (self.guarded and len(operands) < len(self.inputs)):
            operands = self._in_order(operands, keywords)
        return apply(self, operands)

    def _in_order(self, operands: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[Any, ...]:
        """All inputs of forward by position, its defaults included: backward counts on them."""
        bound = inspect.signature(self.forward).bind(*operands, **keywords)
        bound.apply_defaults()
        return bound.args

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
        """What ``backward`` returns, with the entries nobody wants left out."""
        if self.guarded:
            return contract.gradients(self, upstream, inputs, out, wanted)
        entries: Any = self.backward(upstream, *inputs, out)
        gradients: list[Any] = []
        for rule, want in zip(entries, wanted, strict=True):
            if not want:
                rule = None
            elif callable(rule):
                rule = rule()
            gradients.append(rule)
        return gradients

    def checked(self, gradient: Any, x: Any, position: int) -> Any:
        """The gradient, once it is shown to be the input's: its graph, its shape, its dtype.

        Our own rules may compute in the wider dtype of another input, and are cast back.
        """
        gradient = self.in_graph(gradient, x)
        if not hasattr(gradient, "shape"):
            weak = isinstance(gradient, int | float)  # a Python number has no dtype of its own
            gradient = np.asarray(gradient, x.dtype if weak else None)
        if gradient.shape != x.shape:
            raise breaches.wrong_shape(self, position, gradient, x)
        if gradient.dtype == x.dtype:
            return gradient
        if self.guarded:
            raise breaches.wrong_dtype(self, position, gradient, x)
        return CATALOGUE.function("cast")(gradient, x.dtype)

    def in_graph(self, gradient: Any, x: Any) -> Any:
        """The gradient, once it is shown to be a symbol where the input is one."""
        if isinstance(gradient, Symbol) or not isinstance(x, Symbol):
            return gradient
        if not np.any(gradient):  # zeros say that no gradient flows: their derivative is 0 too
            nowhere = np.zeros(x.shape, bool)
            return CATALOGUE.function("where")(nowhere, x, np.zeros_like(gradient))
        raise breaches.outside_graph(self, gradient, x)

    def explain(self, error: Exception, operands: Sequence[Any]) -> Exception:
        """Turn NumPy's complaint into an error that names the operands."""
        return breaches.misfit(self, error, operands)

    # Written here once: a dataclass writes and compiles all three anew for each of a hundred ops.
    def __eq__(self, other: object) -> bool:
        return _identity(self) == _identity(other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(_identity(self))

    def __repr__(self) -> str:
        shown = (f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if f.repr)
        return f"{type(self).__qualname__}({', '.join(shown)})"


def _identity(op: Any) -> tuple[Any, ...]:
    return tuple(getattr(op, f.name) for f in fields(op) if f.compare)


def _refuse_state(self: Op, name: str, value: Any = None) -> None:
    raise FrozenInstanceError(f"cannot assign to {name!r}: an op keeps no state of its own")


# What dataclass writes guards only the class that it decorates, and most ops add no field.
setattr(Op, "__setattr__", _refuse_state)  # noqa: B010  dataclass lets no class write it itself
setattr(Op, "__delattr__", _refuse_state)  # noqa: B010


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
    smooth: bool = True,
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
    facts = {"symbol": symbol, "onnx": onnx, "domains": domains, "numpy": numpy}
    asserted = {"flat": flat, "router": router, "edges": edges}  # what a family set stays set
    facts |= {fact: True for fact, holds in asserted.items() if holds}
    facts["smooth"] = smooth and not flat and not router

    def enter(cls: OpClass) -> OpClass:
        for fact, value in facts.items():
            setattr(cls, fact, value)
        if samples is not None:
            cls.samples = staticmethod(samples)
        if views is not None:
            cls.views = views
        cls.gate = gate or ("" if cls.flat else "gradient router" if cls.router else cls.gate)
        cls.name = name
        cls.special = cls.guarded or cls.edges
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
        if operation.special:
            return _run_specially(operation, values)
        return operation.forward(*values)
    except ChainruleError:
        raise
    except (ValueError, IndexError) as error:
        raise operation.explain(error, values) from error
    except (AttributeError, TypeError) as error:
        arrays = as_arrays(operation, values)
        if all(x is y for x, y in zip(arrays, values, strict=True)):
            raise (explain_missing(operation, values) or error) from error
        return compute(operation, arrays)  # lists and numbers where the formula needs arrays


def _run_specially(operation: Op, values: Sequence[Any]) -> Any:
    """Under the contract of a user's op, or without NumPy's warnings, or both."""
    with np.errstate(all="ignore") if operation.edges else nullcontext():
        if operation.guarded:
            return contract.run(operation, values)
        return operation.forward(*values)


def _public_function(cls: type[Op]) -> Callable[..., Any]:
    """The function a user calls: bind the arguments, then read the op."""
    count, plain = len(cls.inputs), not cls.attributes and not cls.variadic
    shared = remembered(cls.of)
    standard: Op | None = shared() if plain else None

    def function(*args: Any, **keywords: Any) -> Any:
        if standard is not None and len(args) == count and not keywords:
            for x in args:
                if isinstance(x, Symbol):
                    return x.read(standard, args)
            return compute(standard, args)
        try:
            operands, values = cls.bind(args, keywords)
        except TypeError as error:
            raise misuse(cls, args, keywords, error) from error
        try:
            operation = shared(*values)
        except TypeError:  # an attribute that cannot be hashed, or may want a gradient
            check_settings(cls.name, cls.attributes, values)
            operation = cls.of(*values)
        return apply(operation, operands)

    function.__name__ = function.__qualname__ = cls.name
    function.__module__ = cls.__module__ if cls.guarded else PACKAGE  # where pickle looks it up
    function.__doc__ = cls.__doc__
    vars(function)["__signature__"] = cls.signature  # what help() shows
    vars(function)["op"] = cls  # whose facts it has
    return function
