"""Activations as modules: the elementwise functions between two layers, by class or by name.

Imports module and ops. Containers look names up; the formulas stand in ops/nonlinearities.py.
"""

from math import prod
from types import MappingProxyType
from typing import Any, ClassVar

from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.graph.op.families import Elementwise
from chainrule.nn.module import Module
from chainrule.nn.op_layer import OperationOf
from chainrule.nn.run import Run
from chainrule.ops import nonlinearities as formulas
from chainrule.ops.letters import logistic


class Activation(Module):
    """An elementwise function without parameters; each element passes through the same gate."""

    operation: ClassVar[Any]  # an op, or an OperationOf
    one_array: ClassVar[bool] = True
    side_by_side: ClassVar[bool] = True

    def forward(self, x: Any, run: Run | None = None) -> Any:
        return self.operation(x)

    def flops(self, inputs: tuple[int, ...], out: tuple[int, ...]) -> int:
        """One per element."""
        return prod(out)


class ReLU(Activation):
    """max(0, x): passes the gradient where x is positive. A unit that never is, is dead."""

    operation = formulas.ReLU()


class LeakyReLU(Activation):
    """max(slope * x, x): a small slope keeps units alive that would be dead.

    Parameters
    ----------
    slope : float, default 0.1
        Slope of the negative side, as in the lecture.
    """

    operation = OperationOf(formulas.LeakyReLU, "slope")

    def __init__(self, slope: float = 0.1) -> None:
        self.slope = slope

    def extra(self) -> str:
        return f"{self.slope}"


class ELU(Activation):
    """x on the positive side, alpha * (exp(x) - 1) on the negative side.

    Parameters
    ----------
    alpha : float, default 1
        The value approached at minus infinity is -alpha.
    """

    operation = OperationOf(formulas.ELU, "alpha")

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def extra(self) -> str:
        return f"{self.alpha}"


class SELU(Activation):
    """ELU with a slope a little above 1: scores drift to mean 0 and variance 1 by themselves."""

    operation = formulas.SELU()


class GELU(Activation):
    """x * Phi(x): the input times the chance that a standard normal falls below it.

    Parameters
    ----------
    approximate : {"none", "tanh"}, default "none"
        Whether Phi is exact or approximated through tanh.
    """

    operation = OperationOf(formulas.GELU.of, "approximate")

    def __init__(self, approximate: str = "none") -> None:
        formulas.GELU.of(approximate)  # which refuses what it does not know
        self.approximate = approximate

    def extra(self) -> str:
        return "" if self.approximate == "none" else f"approximate={self.approximate!r}"


class SiLU(Activation):
    """x * sigmoid(x), also called swish."""

    operation = formulas.SiLU()


class Mish(Activation):
    """x * tanh(softplus(x)): like SiLU, and a little steeper."""

    operation = formulas.Mish()


class Sigmoid(Activation):
    """1 / (1 + exp(-x)): squashes a score into a chance; its gradient fades at both ends."""

    operation = logistic.Sigmoid()


class Tanh(Activation):
    """Hyperbolic tangent: squashes a score into (-1, 1), centred at 0."""

    operation = logistic.Tanh()


class Softplus(Activation):
    """log(1 + exp(x)): a smooth ReLU."""

    operation = formulas.Softplus()


class Identity(Activation):
    """x itself: layers with nothing else between them are together a single linear one."""

    operation = formulas.Identity()
    one_array: ClassVar[bool] = False  # it passes on what it is given

    def flops(self, inputs: tuple[int, ...], out: tuple[int, ...]) -> int:
        """Nothing is computed."""
        return 0


ACTIVATIONS = MappingProxyType[str, type[Activation]](
    {
        op.name: kind
        for op, kind in (
            (formulas.ELU, ELU),
            (formulas.GELU, GELU),
            (formulas.Identity, Identity),
            (formulas.LeakyReLU, LeakyReLU),
            (formulas.Mish, Mish),
            (formulas.ReLU, ReLU),
            (formulas.SELU, SELU),
            (logistic.Sigmoid, Sigmoid),
            (formulas.SiLU, SiLU),
            (formulas.Softplus, Softplus),
            (logistic.Tanh, Tanh),
        )
    }
)
USUAL = formulas.ReLU.name  # the activation of a net that names none


def activation(given: str | Module | type[Module]) -> Module:
    """A module of that name or class, or the module itself.

    Raises
    ------
    UnknownNameError
        If nothing has that name; the message suggests the nearest one.
    """
    if isinstance(given, str):
        if given not in ACTIVATIONS:
            raise UnknownNameError("activation", given, tuple(ACTIVATIONS))
        return ACTIVATIONS[given]()
    if isinstance(given, type) and issubclass(given, Module):
        return given()
    if isinstance(given, Module):
        return given
    raise ArgumentError(
        f"an activation is a name or a module, not {given!r}.",
        do=f"Names: {', '.join(ACTIVATIONS)}; or a module such as LeakyReLU(0.2).",
    )


def activation_op(module: Module) -> Elementwise | None:
    """The op of an activation, which says what it is; None of another module."""
    op = module.operation if isinstance(module, Activation) else None
    return op if isinstance(op, Elementwise) else None
