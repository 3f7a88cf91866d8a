"""Burgers' equation as the loss of a net: first and second derivatives inside the loss.

Imports the cases. The workers hand in their library's functions.
"""

from typing import Any

import numpy as np

from benchmarks.cases import Case, data

VISCOSITY = 0.01


def points(case: Case) -> tuple[list[Any], Any, Any]:
    """Weights and biases, and times and places as columns."""
    given = data(case)
    t, x = np.ascontiguousarray(given.x[:, :1]), np.ascontiguousarray(given.x[:, 1:])
    return [each for layer in given.layers for each in layer], t, x


def residual(library: Any, grad: Any) -> Any:
    """The mean square of u_t + u u_x - 0.01 u_xx, as a function of (weights and biases, t, x)."""

    def net(layers: Any, t: Any, x: Any) -> Any:
        h = library.concatenate([t, x], axis=1)
        for i in range(0, len(layers) - 2, 2):
            h = library.tanh(h @ layers[i] + layers[i + 1])
        return h @ layers[-2] + layers[-1]

    def loss(layers: Any, t: Any, x: Any) -> Any:
        def total(t: Any, x: Any) -> Any:
            return net(layers, t, x).sum()

        slope = grad(total, argnums=1)
        u, u_t, u_x = net(layers, t, x), grad(total, argnums=0)(t, x), slope(t, x)
        u_xx = grad(lambda x: slope(t, x).sum())(x)
        return ((u_t + u * u_x - VISCOSITY * u_xx) ** 2).mean()

    return loss
