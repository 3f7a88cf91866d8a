"""Clipping: gradients that are too large are made smaller before the step.

Imports ops. The training loop takes one of the two; both are pure functions of gradients.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.graph.numpy.symbol import Symbol
from chainrule.ops.lengths import Norm
from chainrule.ops.letters.arithmetic import Clip, maximum
from chainrule.ops.movement import reshape
from chainrule.ops.parts import concatenate
from chainrule.optim.arguments import positive

SAFE_SQUARES = (1e-30, 1e30)  # a sum of squares between these lost nothing, even in float32


@dataclass(frozen=True)
class ClipNorm:
    """Scale all gradients together so that their global norm is at most ``limit``.

    The direction of the step stays what it was.

    Parameters
    ----------
    limit : float, default 1
        The largest norm that passes: the root of the sum of all squares, over all parameters.

    Source
    ------
    Pascanu, Mikolov and Bengio 2013, "On the difficulty of training recurrent neural networks".

    Examples
    --------
    >>> import numpy as np
    >>> [g.tolist() for g in ClipNorm(1.0)([np.array([3.0]), np.array([4.0])])]
    [[0.6...], [0.8...]]
    """

    limit: float = 1.0

    def __post_init__(self) -> None:
        positive("ClipNorm", "limit", self.limit)

    def __call__(self, gradients: Sequence[Any]) -> list[Any]:
        """The gradients, scaled if their global norm is past the limit."""
        length = global_norm(gradients)
        if isinstance(length, float):
            # A norm that is not finite has no direction to keep: the loss check will name it.
            if length <= self.limit or not math.isfinite(length):
                return list(gradients)
            scale: Any = self.limit / length
        else:
            scale = self.limit / maximum(length, self.limit)
        return [gradient * scale for gradient in gradients]


@dataclass(frozen=True)
class ClipValue:
    """Hold every element of every gradient between -limit and limit.

    Parameters
    ----------
    limit : float, default 1
        The largest absolute value that passes.

    Examples
    --------
    >>> import numpy as np
    >>> [g.tolist() for g in ClipValue(1.0)([np.array([3.0, -0.5]), np.array([-4.0])])]
    [[1.0, -0.5], [-1.0]]
    """

    limit: float = 1.0

    def __post_init__(self) -> None:
        positive("ClipValue", "limit", self.limit)

    def __call__(self, gradients: Sequence[Any]) -> list[Any]:
        """The gradients, each element held within the limits."""
        return [clip(gradient, -self.limit, self.limit) for gradient in gradients]


clip, norm = Clip.function, Norm.function


def global_norm(gradients: Sequence[Any]) -> Any:
    """Root of the sum of the squares of all elements of all gradients.

    A Python float for arrays, one number of the graph for tensors.
    """
    if any(isinstance(g, Symbol) for g in gradients):
        return _recorded_norm(gradients)
    flat = [np.asarray(g).ravel() for g in gradients]
    with np.errstate(all="ignore"):
        squares = sum(float(np.dot(g, g)) for g in flat)
        if SAFE_SQUARES[0] < squares < SAFE_SQUARES[1]:
            return math.sqrt(squares)
        # 1e200**2 overflows and 1e-200**2 vanishes: divide by the largest entry first.
        top = max((float(np.max(np.abs(g), initial=0)) for g in flat), default=0.0)
        if top == 0 or not math.isfinite(top):
            return top
        scaled = [g.astype(np.float64) / top for g in flat]
        return top * math.sqrt(sum(float(np.dot(g, g)) for g in scaled))


def _recorded_norm(gradients: Sequence[Any]) -> Any:
    """The norm of the norms: the op scales by the largest entry itself."""
    norms = [reshape(norm(gradient), (1,)) for gradient in gradients]
    return norm(concatenate(norms, 0))
