"""Initialization: the first values of weights, chosen so that no layer's scores grow or fade.

Imports errors, the families of ops and ops.random. Layers call an initializer with a generator, a
shape (D, C) and an element type; which one follows from the activation behind the layer.
"""

from collections.abc import Callable
from functools import partial
from math import isfinite, prod, sqrt
from types import MappingProxyType
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.graph.op.families import Elementwise
from chainrule.ops.random import Key, philox

Array = np.ndarray[Any, np.dtype[Any]]
Initializer = Callable[[np.random.Generator, tuple[int, ...], Any], Array]


def xavier_uniform(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Array:
    """Uniform with variance 2 / (D + C): for tanh and sigmoid.

    Source
    ------
    Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural
    networks", equation 16.
    """
    return _uniform(rng, shape, dtype, 2 / sum(_fans(shape)))


def xavier_normal(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Array:
    """Normal with variance 2 / (D + C): Glorot and Bengio 2010, equation 12."""
    return _normal(rng, shape, dtype, 2 / sum(_fans(shape)))


def he_uniform(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Array:
    """Uniform with variance 2 / D: He, Zhang, Ren, Sun 2015; see :func:`he_normal`."""
    return _uniform(rng, shape, dtype, 2 / _fans(shape)[0])


def he_normal(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Array:
    """Normal with variance 2 / D: for the ReLU family, which silences half of its inputs.

    Source
    ------
    He, Zhang, Ren, Sun 2015, "Delving deep into rectifiers", equation 10.
    """
    return _normal(rng, shape, dtype, 2 / _fans(shape)[0])


def lecun_uniform(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Array:
    """Uniform with variance 1 / D: LeCun, Bottou, Orr, Müller 1998; see :func:`lecun_normal`."""
    return _uniform(rng, shape, dtype, 1 / _fans(shape)[0])


def lecun_normal(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Array:
    """Normal with variance 1 / D: scores keep the variance of their inputs; for no activation.

    Source
    ------
    LeCun, Bottou, Orr, Müller 1998, "Efficient backprop", section 4.6.
    """
    return _normal(rng, shape, dtype, 1 / _fans(shape)[0])


def orthogonal(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Array:
    """A matrix with orthonormal rows or columns: it keeps lengths, however deep the net.

    Source
    ------
    Saxe, McClelland, Ganguli 2014, "Exact solutions to the nonlinear dynamics of learning".
    """
    rows, columns = prod(shape[:-1]), shape[-1]
    tall = rng.standard_normal((max(rows, columns), min(rows, columns)))
    basis, triangle = np.linalg.qr(tall)
    # A triangle with a positive diagonal makes the draw uniform over all orthogonal matrices.
    basis = basis * np.where(np.diagonal(triangle) < 0, -1.0, 1.0)
    return (basis if rows >= columns else basis.T).reshape(shape).astype(dtype)


def zeros(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Array:
    """All 0: for biases. Weights of 0 would leave all units of a layer alike."""
    return np.zeros(shape, dtype)


def normal(deviation: float = 0.01) -> Initializer:
    """An initializer: normal numbers of this standard deviation, whatever the shape.

    Small random weights (0.01) make the first loss of a classifier ln C.
    """
    return partial(_normal, variance=deviation * deviation)  # which a net can be pickled with


INITIALIZERS = MappingProxyType[str, Initializer](
    {
        "glorot_normal": xavier_normal,
        "glorot_uniform": xavier_uniform,
        "he_normal": he_normal,
        "he_uniform": he_uniform,
        "lecun_normal": lecun_normal,
        "lecun_uniform": lecun_uniform,
        "orthogonal": orthogonal,
        "xavier_normal": xavier_normal,
        "xavier_uniform": xavier_uniform,
        "zeros": zeros,
    }
)


def suited(activation: Elementwise | None) -> Initializer:
    """The initializer for weights before an activation, by what it says about itself.

    Between two bounds the gradient fades as the scores do, so that both ways count: Xavier.
    Elsewhere scores keep the variance that the activation takes from them: He, where it takes
    half, LeCun, where it takes nothing, or where there is none.
    """
    if activation is None:
        return lecun_normal
    if all(map(isfinite, activation.bounds)):
        return xavier_uniform

    def draw(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Array:
        return _normal(rng, shape, dtype, activation.gain / _fans(shape)[0])

    return draw


def initializer(
    given: Initializer | str | None, activation: Elementwise | None = None
) -> Initializer:
    """The initializer of that name, the given function, or the one for the activation."""
    if given is None:
        return suited(activation)
    if isinstance(given, str):
        if given not in INITIALIZERS:
            raise UnknownNameError("initializer", given, tuple(INITIALIZERS))
        return INITIALIZERS[given]
    if not callable(given):
        raise ArgumentError(
            f"init= takes a function (rng, shape, dtype) or a name, not {given!r}.",
            do=f"Names: {', '.join(INITIALIZERS)}.",
        )
    return given


def generator(key: Key) -> np.random.Generator:
    """NumPy's generator over the random words of a key."""
    return np.random.Generator(philox(key))


def _fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Inputs and outputs of a unit: (D, C); an empty axis counts as 1."""
    return max(prod(shape[:-1]), 1), max(shape[-1], 1)


def _uniform(
    rng: np.random.Generator, shape: tuple[int, ...], dtype: Any, variance: float
) -> Array:
    limit = sqrt(3 * variance)  # a uniform number between -a and a has the variance a**2 / 3
    return rng.uniform(-limit, limit, shape).astype(dtype)


def _normal(
    rng: np.random.Generator, shape: tuple[int, ...], dtype: Any, variance: float
) -> Array:
    return (rng.standard_normal(shape) * sqrt(variance)).astype(dtype)
