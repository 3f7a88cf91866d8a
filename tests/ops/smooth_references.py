"""What the smooth ops compute, in mpmath: their derivatives are taken from these, in many digits.

SCALARS take numbers; ARRAYS take an op and object arrays of mpmath's numbers. An op of the
catalogue that says that it is smooth and stands in neither fails test_smoothness.py.
"""

from dataclasses import dataclass
from typing import Any

import mpmath as mp
import numpy as np

mp.mp.dps = 50


@dataclass(frozen=True)
class Scalar:
    """A function of numbers, the attributes of the op that it stands for, and more points."""

    function: Any
    attributes: tuple[Any, ...] = ()
    beside: tuple[float, ...] = (0.7,)  # what the inputs that rest hold, the moving one left out
    points: tuple[float, ...] = ()  # where the op's own code switches unseen


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def density(x):
    return sigmoid(x) * sigmoid(-x)


def softplus(x):
    return mp.log1p(mp.exp(x))


def sinc(x):
    return mp.sinc(mp.pi * x) if x else mp.mpf(1)


def sinc_slope(x):
    t = mp.pi * x
    if abs(t) > 0.1:
        return mp.pi * (mp.cos(t) - mp.sin(t) / t) / t
    terms = ((-1) ** k * 2 * k * t ** (2 * k - 1) / mp.factorial(2 * k + 1) for k in range(1, 30))
    return mp.pi * sum(terms)


def cbrt(x):
    return mp.cbrt(x) if x > 0 else -mp.cbrt(-x)


def xlogy(x, y):
    return x * mp.log(y)


def leg(w, x, y):
    return w * x / mp.sqrt(x * x + y * y)


def gelu_tanh(x):
    return x * sigmoid(2 * mp.sqrt(2 / mp.pi) * (x + mp.mpf(0.044715) * x**3))


def elu(x):
    return x if x > 0 else mp.expm1(x)


def selu(x):
    scale, alpha = mp.mpf(1.0507009873554805), mp.mpf(1.6732632423543772)
    return scale * x if x > 0 else scale * alpha * mp.expm1(x)


SCALARS: dict[str, Any] = {
    "exp": Scalar(mp.exp),
    "log": Scalar(mp.log),
    "log1p": Scalar(mp.log1p),
    "expm1": Scalar(mp.expm1),
    "sin": Scalar(mp.sin),
    "cos": Scalar(mp.cos),
    "tanh": Scalar(mp.tanh),
    "erf": Scalar(mp.erf, points=(30.0, -30.0)),
    "erfc": Scalar(mp.erfc, points=(30.0, -30.0)),
    "add": Scalar(lambda x, y: x + y),
    "subtract": Scalar(lambda x, y: x - y),
    "multiply": Scalar(lambda x, y: x * y),
    "divide": Scalar(lambda x, y: x / y),
    "negative": Scalar(lambda x: -x),
    "power": Scalar(lambda x, y: x**y),
    "sqrt": Scalar(mp.sqrt),
    "square": Scalar(lambda x: x * x),
    "abs": Scalar(abs),
    "relu": Scalar(lambda x: max(x, mp.mpf(0))),
    "leaky_relu": Scalar(lambda x: x if x > 0 else mp.mpf(0.1) * x),
    "elu": Scalar(elu),
    "gelu": Scalar(lambda x: x * mp.ncdf(x), points=(-0.5, 40.0, -40.0)),
    "gelu_tanh": Scalar(gelu_tanh, points=(30.0, -30.0)),
    "sigmoid": Scalar(sigmoid),
    "logistic_density": Scalar(density),
    "silu": Scalar(lambda x: x * sigmoid(x), points=(1000.0, -1000.0, -708.0)),
    "selu": Scalar(selu),
    "mish": Scalar(
        lambda x: x * mp.tanh(softplus(x)), points=(1000.0, -1000.0, -708.0, -87.0, 22.0)
    ),
    "softplus": Scalar(softplus),
    "identity": Scalar(lambda x: x),
    "j0": Scalar(lambda x: mp.besselj(0, x)),
    "j1": Scalar(lambda x: mp.besselj(1, x)),
    "i0": Scalar(lambda x: mp.besseli(0, x)),
    "i1": Scalar(lambda x: mp.besseli(1, x)),
    "jv": Scalar(lambda x: mp.besselj(2, x), (2,)),
    "iv": Scalar(lambda x: mp.besseli(2, x), (2,)),
    "nan_to_num": Scalar(lambda x: x),
    "copysign": Scalar(lambda x, y: abs(x) * mp.sign(y)),
    "tan": Scalar(mp.tan),
    "arcsin": Scalar(mp.asin),
    "arccos": Scalar(mp.acos),
    "arctan": Scalar(mp.atan),
    "arctan2": Scalar(mp.atan2),
    "hypot": Scalar(mp.hypot),
    "leg": Scalar(leg),
    "moved_leg": Scalar(leg),
    "deg2rad": Scalar(mp.radians),
    "rad2deg": Scalar(mp.degrees),
    "sinc": Scalar(sinc, points=tuple((n + 1) / np.pi for n in range(1, 6))),
    "sinc_derivative": Scalar(sinc_slope, (1,), points=tuple(n / np.pi for n in range(2, 8))),
    "xlogy": Scalar(xlogy),
    "xlog1py": Scalar(lambda x, y: x * mp.log1p(y)),
    "entr": Scalar(lambda x: -xlogy(x, x)),
    "rel_entr": Scalar(lambda x, y: xlogy(x, x / y)),
    "kl_div": Scalar(lambda x, y: xlogy(x, x / y) - x + y),
    "logit": Scalar(lambda x: mp.log(x / (1 - x))),
    "exp2": Scalar(lambda x: mp.mpf(2) ** x),
    "log2": Scalar(lambda x: mp.log(x, 2)),
    "log10": Scalar(mp.log10),
    "cbrt": Scalar(cbrt),
    "reciprocal": Scalar(lambda x: 1 / x),
    "logaddexp": Scalar(lambda x, y: x + softplus(y - x), points=(0.7,)),
    "logaddexp2": Scalar(
        lambda x, y: x + softplus((y - x) * mp.log(2)) / mp.log(2), points=(0.7,)
    ),
    "gammaln": Scalar(mp.loggamma),
    "digamma": Scalar(mp.digamma),
    "polygamma": Scalar(lambda x: mp.polygamma(1, x), (1,)),
    "betaln": Scalar(lambda x, y: mp.loggamma(x) + mp.loggamma(y) - mp.loggamma(x + y)),
    "sinh": Scalar(mp.sinh),
    "cosh": Scalar(mp.cosh),
    "arcsinh": Scalar(mp.asinh),
    "arccosh": Scalar(mp.acosh),
    "arctanh": Scalar(mp.atanh),
    "ndtr": Scalar(mp.ncdf, points=(40.0, -40.0)),
    "ndtri": Scalar(lambda x: mp.sqrt(2) * mp.erfinv(2 * x - 1)),
    "erfinv": Scalar(mp.erfinv),
    "erfcinv": Scalar(lambda x: mp.erfinv(1 - x)),
}


def each(function):
    """A function of numbers, for object arrays."""
    return np.vectorize(function, otypes=[object])


exp, log, sqrt = each(mp.exp), each(mp.log), each(mp.sqrt)


def root(x, p):
    return each(lambda s: s ** (1 / mp.mpf(p)))(x)


def sums(op, x, values):
    return np.sum(values, axis=op.axis, keepdims=op.keepdims)


def power_norm(p):
    def norm(op, x):
        return root(sums(op, x, abs(x) ** p), p)

    return norm


def centred(x, axis):
    return x - np.mean(x, axis=axis, keepdims=True)


def std(op, x):
    far = centred(x, op.axis)
    whole = np.sum(far * far, axis=op.axis, keepdims=op.keepdims)
    return sqrt(whole * (np.size(whole) / mp.mpf(x.size)))


def normalized(op, x, scale=None, shift=None):
    far = centred(x, op.axis)
    out = far / sqrt(np.mean(far * far, axis=op.axis, keepdims=True) + mp.mpf(op.eps))
    out = out if scale is None else out * scale
    return out if shift is None else out + shift


def with_statistics(op, x, *others):
    far = centred(x, 0)
    return normalized(op, x, *others), np.mean(x, axis=0), np.mean(far * far, axis=0)


def softmax(op, x, mask=None):
    return exp(x) / np.sum(exp(x), axis=getattr(op, "axis", -1), keepdims=True)


def log_softmax(op, x):
    return log(softmax(op, x))


def residual(op, scores, labels):
    return softmax(op, scores) - np.eye(scores.shape[-1], dtype=int)[labels]


def cross_entropy(op, scores, labels, weights=None):
    return -np.mean(np.take_along_axis(log_softmax(op, scores), labels[:, None], -1))


def binary(op, x, t, weights=None):
    return np.mean(each(softplus)(x) - t * x)


def log_cosh(op, x, t, weights=None):
    return np.mean(each(lambda r: mp.log(mp.cosh(r)))(x - t))


def gaussian(op, x, t, weights=None):
    count = t.shape[-1]
    variance = exp(x[..., count:]) + op.eps
    return np.mean(((t - x[..., :count]) ** 2 / variance + log(variance)) / 2)


def focused(op, x):
    """(1 - p)**gamma of the surprises -log p, times these."""
    return (1 - exp(-x)) ** op.gamma * x


def focal(op, scores, labels, weights=None):
    surprises = -np.take_along_axis(log_softmax(op, scores), labels[:, None], -1)
    return np.mean(focused(op, surprises))


def binary_focal(op, x, t, weights=None):
    positive, negative = (focused(op, each(softplus)(side)) for side in (-x, x))
    return np.mean(t * positive + (1 - t) * negative)


def of_matrices(function):
    """A function of one matrix of mpmath, of the last two axes of object arrays."""

    def of(op, a, *rest):
        stacked = a.reshape(-1, *a.shape[-2:])
        found = [function(mp.matrix(m.tolist()), *rest) for m in stacked]
        shape = np.shape(found[0].tolist()) if isinstance(found[0], mp.matrix) else ()
        values = [m.tolist() if isinstance(m, mp.matrix) else m for m in found]
        return np.array(values, object).reshape((*a.shape[:-2], *shape))

    return of


def solve(op, a, b):
    columns = b.reshape(len(b), -1).T
    found = [np.array(list(mp.lu_solve(mp.matrix(a.tolist()), c.tolist()))) for c in columns]
    return np.array(found, object).T.reshape(b.shape)


def lower(m):
    return mp.cholesky((m + m.T) / 2)


def cofactors(m):
    return mp.det(m) * (m**-1).T


def cofactors_slope(op, a, w):
    def of(m, w):
        turned = (m**-1).T
        both = sum(x * y for x, y in zip(w, turned, strict=True))
        return mp.det(m) * (both * turned - turned * w.T * turned)

    return np.array(of(mp.matrix(a.tolist()), mp.matrix(w.tolist())).tolist(), object)


def slogdet(op, a):
    found = of_matrices(mp.det)(op, a)
    return each(mp.sign)(found), log(abs(found))


def radial(op, w, x):
    return w * x / sqrt(np.sum(x * x, axis=op.axis, keepdims=True))


def radial_part(op, v, x):
    products = np.sum(v * x, axis=op.axis, keepdims=True)
    return products / sqrt(np.sum(x * x, axis=op.axis, keepdims=True))


def by_numpy(op, *operands):
    """NumPy's own function, which adds and multiplies whatever it is given."""
    numpy = type(op).numpy
    function = numpy[0] if isinstance(numpy, tuple) else numpy
    return function(*operands, **{name: getattr(op, name) for name in op.attributes})


def itself(op, *operands):
    """The op's own formula: sums and products alone, in more digits."""
    return op.forward(*operands)


ARRAYS: dict[str, Any] = {
    "prod": by_numpy,
    "sum": by_numpy,
    "mean": by_numpy,
    "var": by_numpy,
    "std": std,
    "logsumexp": lambda op, x, mask=None: log(sums(op, x, exp(x))),
    "softmax": softmax,
    "log_softmax": log_softmax,
    "softmax_residual": residual,
    "softmax_cross_entropy": cross_entropy,
    "squared_error": lambda op, x, t, weights=None: np.mean((x - t) ** 2),
    "binary_cross_entropy": binary,
    "log_cosh": log_cosh,
    "gaussian_likelihood": gaussian,
    "softmax_focal": focal,
    "binary_focal": binary_focal,
    "poisson": lambda op, x, t, weights=None: np.mean(exp(x) - t * x),
    "layer_norm": normalized,
    "batch_norm": normalized,
    "batch_norm_with_statistics": with_statistics,
    "norm": power_norm(2),
    "vector_norm": power_norm(2),
    "matrix_norm": lambda op, x: sqrt(np.sum(x * x)),
    "radial": radial,
    "radial_part": radial_part,
    "inv": of_matrices(lambda m: m**-1),
    "det": of_matrices(mp.det),
    "cofactors": of_matrices(cofactors),
    "cofactors_slope": cofactors_slope,
    "cholesky": of_matrices(lower),
    "slogdet": slogdet,
    "solve": solve,
    "nansum": by_numpy,
    "nanmean": lambda op, x: np.mean(x, axis=op.axis, keepdims=op.keepdims),
}
ARRAYS |= dict.fromkeys(
    ("where", "fliplr", "flipud", "moveaxis", "ravel", "tile", "repeat", "linear", "einsum",
     "diagonal", "trace", "diag", "tril", "triu", "matrix_transpose", "atleast_1d", "atleast_2d",
     "atleast_3d", "vstack", "hstack", "dstack", "column_stack", "array_split", "select",
     "average", "outer", "inner", "dot", "vdot", "vecdot", "tensordot", "kron", "cumsum",
     "cumprod", "recurrence", "diff"),
    itself,
)  # fmt: skip
