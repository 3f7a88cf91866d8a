"""Made by scripts/make_stub from the catalogue of ops. Do not edit."""

# pyright: reportOverlappingOverload=false
# Arrays give arrays, and anything with a Tensor in it gives a Tensor: the first overload that
# fits is meant.

from collections.abc import Sequence
from typing import Any, overload

import numpy.typing as npt

from chainrule import testing as testing
from chainrule import errors as errors
from chainrule import extend as extend
from chainrule import inspection as inspection
from chainrule import jacobians as jacobians
from chainrule import nn as nn
from chainrule import ops as ops
from chainrule import optim as optim
from chainrule import settings as settings
from chainrule import train as train
from chainrule.compiled.function import compile as compile
from chainrule.differentiate.custom import checkpoint as checkpoint
from chainrule.differentiate.custom import custom_gradient as custom_gradient
from chainrule.differentiate.custom import stop_gradient as stop_gradient
from chainrule.differentiate.forward import hvp as hvp
from chainrule.differentiate.forward import jvp as jvp
from chainrule.differentiate.forward import linearize as linearize
from chainrule.differentiate.jacobian_and_hessian import hessian as hessian
from chainrule.differentiate.jacobian_and_hessian import jacobian as jacobian
from chainrule.differentiate.reverse import elementwise_grad as elementwise_grad
from chainrule.differentiate.reverse import grad as grad
from chainrule.differentiate.reverse import value_and_grad as value_and_grad
from chainrule.differentiate.reverse import vjp as vjp
from chainrule.doctor.examination import check as check
from chainrule.explorer.showing import show as show
from chainrule.graph.nodes.graph import Graph as Graph
from chainrule.graph.op.families import Elementwise as Elementwise
from chainrule.graph.op.numerical import NumericalOp as NumericalOp
from chainrule.graph.op.operation import Op as Op
from chainrule.graph.op.operation import op as op
from chainrule.graph.op.table import ops_table as ops_table
from chainrule.inspection.chains import explain as explain
from chainrule.inspection.checkup import checkup as checkup
from chainrule.inspection.drawing import draw as draw
from chainrule.inspection.flow import flow as flow
from chainrule.inspection.ledger import ledger as ledger
from chainrule.inspection.unit_templates import templates as templates
from chainrule.inspection.why import why as why
from chainrule.loops.scanning import fori as fori
from chainrule.loops.scanning import scan as scan
from chainrule.ops.random import fold as fold
from chainrule.ops.random import key as key
from chainrule.runs import load_run as load_run
from chainrule.settings import no_grad as no_grad
from chainrule.tensors import Parameter as Parameter
from chainrule.tensors import Tensor as Tensor
from chainrule.tensors import backward as backward
from chainrule.tensors import parameter as parameter
from chainrule.tensors import tensor as tensor
from chainrule.tracing.audit import audit_precision as audit_precision
from chainrule.tracing.nonfinite import trace_nonfinite as trace_nonfinite
from chainrule.train.evaluation import evaluate as evaluate
from chainrule.train.evaluation import predict as predict
from chainrule.train.loop import fit as fit

__version__: str
Array = npt.NDArray[Any] | float | Sequence[Any]
Operand = Tensor | Array

def check_graph(*ends: Any) -> None: ...

@overload
def abs(x: Array) -> npt.NDArray[Any]: ...
@overload
def abs(x: Operand) -> Tensor:
    """Absolute value; the slope at 0 is 0."""

@overload
def absolute_error(predictions: Array, targets: Array, reduction: str = 'mean', weights: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def absolute_error(predictions: Operand, targets: Operand, reduction: str = 'mean', weights: Operand | None = None) -> Tensor:
    """|prediction - target|; the slope at 0 is 0."""

@overload
def add(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def add(x: Operand, y: Operand) -> Tensor:
    """Sum of two tensors; both inputs receive the upstream gradient."""

@overload
def all(a: Array, axis: Any = None, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def all(a: Operand, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Whether all elements over the axes are true (not 0)."""

@overload
def any(a: Array, axis: Any = None, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def any(a: Operand, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Whether any element over the axes is true (not 0)."""

@overload
def any_live(live: Array, axis: Any = None) -> npt.NDArray[Any]: ...
@overload
def any_live(live: Operand, axis: Any = None) -> Tensor:
    """Where any element along the axis is True, repeated along that axis."""

@overload
def arccos(x: Array) -> npt.NDArray[Any]: ...
@overload
def arccos(x: Operand) -> Tensor:
    """The angle whose cosine is x; its slope at -1 and 1 is minus infinity."""

@overload
def arccosh(x: Array) -> npt.NDArray[Any]: ...
@overload
def arccosh(x: Operand) -> Tensor:
    """The number from 0 up whose hyperbolic cosine is x; its slope at 1 is infinite."""

@overload
def arcsin(x: Array) -> npt.NDArray[Any]: ...
@overload
def arcsin(x: Operand) -> Tensor:
    """The angle whose sine is x; its slope at -1 and 1 is infinite."""

@overload
def arcsinh(x: Array) -> npt.NDArray[Any]: ...
@overload
def arcsinh(x: Operand) -> Tensor:
    """The number whose hyperbolic sine is x."""

@overload
def arctan(x: Array) -> npt.NDArray[Any]: ...
@overload
def arctan(x: Operand) -> Tensor:
    """The angle whose tangent is x, between -pi/2 and pi/2."""

@overload
def arctan2(y: Array, x: Array) -> npt.NDArray[Any]: ...
@overload
def arctan2(y: Operand, x: Operand) -> Tensor:
    """The angle of the point (x, y), in radians from -pi to pi."""

@overload
def arctanh(x: Array) -> npt.NDArray[Any]: ...
@overload
def arctanh(x: Operand) -> Tensor:
    """The number whose hyperbolic tangent is x; its slope at -1 and 1 is infinite."""

@overload
def argmax(a: Array, axis: Any = None, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def argmax(a: Operand, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The position of the largest element along an axis; the first of several."""

@overload
def argmin(a: Array, axis: Any = None, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def argmin(a: Operand, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The position of the smallest element along an axis; the first of several."""

@overload
def argsort(a: Array, axis: int | None = -1, kind: str | None = None, stable: bool | None = None) -> npt.NDArray[Any]: ...
@overload
def argsort(a: Operand, axis: int | None = -1, kind: str | None = None, stable: bool | None = None) -> Tensor:
    """The positions that would sort a tensor along an axis; equal elements keep their order."""

@overload
def array_split(ary: Array, indices_or_sections: Any, axis: int = 0) -> npt.NDArray[Any]: ...
@overload
def array_split(ary: Operand, indices_or_sections: Any, axis: int = 0) -> tuple[Tensor, ...]:
    """Cut along an axis into parts of nearly equal length, or at given places: several results."""

@overload
def atleast_1d(a: Array) -> npt.NDArray[Any]: ...
@overload
def atleast_1d(a: Operand) -> Tensor:
    """With one axis if it has none."""

@overload
def atleast_2d(a: Array) -> npt.NDArray[Any]: ...
@overload
def atleast_2d(a: Operand) -> Tensor:
    """With at least two axes; new ones stand in front."""

@overload
def atleast_3d(a: Array) -> npt.NDArray[Any]: ...
@overload
def atleast_3d(a: Operand) -> Tensor:
    """With at least three axes: a vector becomes (1, n, 1), a matrix (m, n, 1)."""

@overload
def average(a: Array, axis: Any = None, weights: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def average(a: Operand, axis: Any = None, weights: Operand | None = None) -> Tensor:
    """Mean over the axes, in which each element counts by its weight."""

@overload
def batch_norm(x: Array, eps: float = 1e-05, scale: Array | None = None, shift: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def batch_norm(x: Operand, eps: float = 1e-05, scale: Operand | None = None, shift: Operand | None = None) -> Tensor:
    """Each column of a batch (axis 0) centred and scaled to a variance of 1: the training form."""

@overload
def batch_norm_with_statistics(x: Array, eps: float = 1e-05, scale: Array | None = None, shift: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def batch_norm_with_statistics(x: Operand, eps: float = 1e-05, scale: Operand | None = None, shift: Operand | None = None) -> tuple[Tensor, ...]:
    """batch_norm with three results: the batch, and its mean and variance (divided by N)."""

@overload
def betaln(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def betaln(x: Operand, y: Operand) -> Tensor:
    """log |beta(x, y)|, where beta is gamma(x) gamma(y) / gamma(x + y)."""

@overload
def binary_cross_entropy(predictions: Array, targets: Array, reduction: str = 'mean', pos_weight: Any = 1.0, weights: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def binary_cross_entropy(predictions: Operand, targets: Operand, reduction: str = 'mean', pos_weight: Any = 1.0, weights: Operand | None = None) -> Tensor:
    """-t log s(x) - (1 - t) log s(-x) of scores x (not probabilities) and targets t in 0 ... 1."""

@overload
def binary_focal(predictions: Array, targets: Array, reduction: str = 'mean', gamma: float = 2.0, alpha: float | None = None, weights: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def binary_focal(predictions: Operand, targets: Operand, reduction: str = 'mean', gamma: float = 2.0, alpha: float | None = None, weights: Operand | None = None) -> Tensor:
    """binary_cross_entropy in which what is classified well already counts little."""

@overload
def broadcast_to(x: Array, shape: tuple[int, ...]) -> npt.NDArray[Any]: ...
@overload
def broadcast_to(x: Operand, shape: tuple[int, ...]) -> Tensor:
    """Repeated along axes of length 1, and along new axes in front."""

@overload
def cast(x: Array, dtype: Any) -> npt.NDArray[Any]: ...
@overload
def cast(x: Operand, dtype: Any) -> Tensor:
    """The same numbers with another element type."""

@overload
def cbrt(x: Array) -> npt.NDArray[Any]: ...
@overload
def cbrt(x: Operand) -> Tensor:
    """Cube root, of negative numbers too; its slope at 0 is infinite."""

@overload
def ceil(x: Array) -> npt.NDArray[Any]: ...
@overload
def ceil(x: Operand) -> Tensor:
    """The smallest integer not below x."""

@overload
def cholesky(a: Array, upper: bool = False) -> npt.NDArray[Any]: ...
@overload
def cholesky(a: Operand, upper: bool = False) -> Tensor:
    """The lower triangular L with L L^T = a, for symmetric positive definite matrices."""

@overload
def clip(x: Array, lo: Array, hi: Array) -> npt.NDArray[Any]: ...
@overload
def clip(x: Operand, lo: Operand, hi: Operand) -> Tensor:
    """x held between lo and hi: minimum(maximum(x, lo), hi)."""

@overload
def cofactors(a: Array) -> npt.NDArray[Any]: ...
@overload
def cofactors(a: Operand) -> Tensor:
    """det(a) times the transposed inverse, for singular matrices as well: the slope of det."""

@overload
def cofactors_slope(a: Array, w: Array) -> npt.NDArray[Any]: ...
@overload
def cofactors_slope(a: Operand, w: Operand) -> Tensor:
    """How the cofactors of a move when a moves along w: the second derivative of det."""

@overload
def column_stack(parts: Sequence[Array]) -> npt.NDArray[Any]: ...
@overload
def column_stack(parts: Sequence[Operand]) -> Tensor:
    """Tensors joined side by side; a vector is a column."""

@overload
def concatenate(parts: Sequence[Array], axis: int | None = 0) -> npt.NDArray[Any]: ...
@overload
def concatenate(parts: Sequence[Operand], axis: int | None = 0) -> Tensor:
    """Several tensors joined along an axis that exists; ``axis=None`` joins them flattened."""

@overload
def copysign(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def copysign(x: Operand, y: Operand) -> Tensor:
    """|x| with the sign of y; the slope at x = 0 is 0."""

@overload
def cos(x: Array) -> npt.NDArray[Any]: ...
@overload
def cos(x: Operand) -> Tensor:
    """Cosine of an angle in radians."""

@overload
def cosh(x: Array) -> npt.NDArray[Any]: ...
@overload
def cosh(x: Operand) -> Tensor:
    """Hyperbolic cosine, (exp(x) + exp(-x)) / 2: the curve of a hanging chain."""

@overload
def count_nonzero(a: Array, axis: Any = None, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def count_nonzero(a: Operand, axis: Any = None, keepdims: bool = False) -> Tensor:
    """How many elements over the axes are not 0."""

@overload
def cumprod(a: Array, axis: int | None = None) -> npt.NDArray[Any]: ...
@overload
def cumprod(a: Operand, axis: int | None = None) -> Tensor:
    """Running product along an axis; by default of the flattened tensor."""

@overload
def cumsum(a: Array, axis: int | None = None) -> npt.NDArray[Any]: ...
@overload
def cumsum(a: Operand, axis: int | None = None) -> Tensor:
    """Running sum along an axis; by default of the flattened tensor."""

@overload
def deg2rad(x: Array) -> npt.NDArray[Any]: ...
@overload
def deg2rad(x: Operand) -> Tensor:
    """Degrees to radians."""

@overload
def det(a: Array) -> npt.NDArray[Any]: ...
@overload
def det(a: Operand) -> Tensor:
    """The determinant of each matrix; its gradient is the matrix of cofactors."""

@overload
def diag(v: Array, k: int = 0) -> npt.NDArray[Any]: ...
@overload
def diag(v: Operand, k: int = 0) -> Tensor:
    """A matrix with a vector on its k-th diagonal; or the k-th diagonal of a matrix."""

@overload
def diagonal(a: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> npt.NDArray[Any]: ...
@overload
def diagonal(a: Operand, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The diagonals of matrices, along a new last axis."""

@overload
def diagonal_embed(x: Array, unique: str, repeated: str) -> npt.NDArray[Any]: ...
@overload
def diagonal_embed(x: Operand, unique: str, repeated: str) -> Tensor:
    """Zeros with the elements on the diagonal of the letters that repeat."""

@overload
def diff(a: Array, n: int = 1, axis: int = -1, prepend: Array | None = None, append: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def diff(a: Operand, n: int = 1, axis: int = -1, prepend: Operand | None = None, append: Operand | None = None) -> Tensor:
    """Differences of neighbours along an axis."""

@overload
def digamma(x: Array) -> npt.NDArray[Any]: ...
@overload
def digamma(x: Operand) -> Tensor:
    """The slope of gammaln."""

@overload
def divide(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def divide(x: Operand, y: Operand) -> Tensor:
    """Quotient of two tensors."""

@overload
def dot(a: Array, b: Array) -> npt.NDArray[Any]: ...
@overload
def dot(a: Operand, b: Operand) -> Tensor:
    """Sum of products over the last axis of a and the last but one of b; a number multiplies."""

@overload
def dropout(x: Array, key: Array, rate: float = 0.5) -> npt.NDArray[Any]: ...
@overload
def dropout(x: Operand, key: Operand, rate: float = 0.5) -> Tensor:
    """Each element is dropped with a chance of ``rate``; the others are divided by 1 - rate."""

@overload
def dstack(parts: Sequence[Array]) -> npt.NDArray[Any]: ...
@overload
def dstack(parts: Sequence[Operand]) -> Tensor:
    """Tensors joined along the third axis."""

@overload
def einsum(subscripts: str, *operands: Array) -> npt.NDArray[Any]: ...
@overload
def einsum(subscripts: str, *operands: Operand) -> Tensor:
    """Einstein's sum over the letters that are missing on the right."""

@overload
def elu(x: Array, alpha: float = 1.0) -> npt.NDArray[Any]: ...
@overload
def elu(x: Operand, alpha: float = 1.0) -> Tensor:
    """x on the positive side, alpha * (exp(x) - 1) on the negative side."""

@overload
def entr(x: Array) -> npt.NDArray[Any]: ...
@overload
def entr(x: Operand) -> Tensor:
    """-x * log(x), one term of an entropy in nats; 0 at 0, where its slope counts as 0."""

@overload
def equal(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def equal(x: Operand, y: Operand) -> Tensor:
    """Whether x and y are the same number."""

@overload
def erf(x: Array) -> npt.NDArray[Any]: ...
@overload
def erf(x: Operand) -> Tensor:
    """Error function: twice the chance that a normal of variance 1/2 falls in (0, x)."""

@overload
def erfc(x: Array) -> npt.NDArray[Any]: ...
@overload
def erfc(x: Operand) -> Tensor:
    """1 - erf(x), accurate in the right tail."""

@overload
def erfcinv(x: Array) -> npt.NDArray[Any]: ...
@overload
def erfcinv(x: Operand) -> Tensor:
    """The number whose erfc is x; accurate where x is small."""

@overload
def erfinv(x: Array) -> npt.NDArray[Any]: ...
@overload
def erfinv(x: Operand) -> Tensor:
    """The number whose erf is x; infinite at -1 and 1, and so is its slope."""

@overload
def exp(x: Array) -> npt.NDArray[Any]: ...
@overload
def exp(x: Operand) -> Tensor:
    """e to the power x; its slope is its value."""

@overload
def exp2(x: Array) -> npt.NDArray[Any]: ...
@overload
def exp2(x: Operand) -> Tensor:
    """2 to the power x."""

@overload
def expand_dims(x: Array, axis: int | tuple[int, ...]) -> npt.NDArray[Any]: ...
@overload
def expand_dims(x: Operand, axis: int | tuple[int, ...]) -> Tensor:
    """With new axes of length 1."""

@overload
def expm1(x: Array) -> npt.NDArray[Any]: ...
@overload
def expm1(x: Operand) -> Tensor:
    """exp(x) - 1, accurate for small x."""

@overload
def flip(x: Array, axis: int | tuple[int, ...] | None = None) -> npt.NDArray[Any]: ...
@overload
def flip(x: Operand, axis: int | tuple[int, ...] | None = None) -> Tensor:
    """Reversed along the axes (by default along all)."""

@overload
def fliplr(m: Array) -> npt.NDArray[Any]: ...
@overload
def fliplr(m: Operand) -> Tensor:
    """Columns in reverse order: axis 1 flipped."""

@overload
def flipud(m: Array) -> npt.NDArray[Any]: ...
@overload
def flipud(m: Operand) -> Tensor:
    """Rows in reverse order: axis 0 flipped."""

@overload
def floor(x: Array) -> npt.NDArray[Any]: ...
@overload
def floor(x: Operand) -> Tensor:
    """The largest integer not above x; flat wherever it has a slope."""

@overload
def floor_divide(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def floor_divide(x: Operand, y: Operand) -> Tensor:
    """The largest integer not above x / y; flat wherever it has a slope."""

@overload
def fmax(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def fmax(x: Operand, y: Operand) -> Tensor:
    """The larger of two tensors, where a NaN loses; ties share the gradient."""

@overload
def fmin(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def fmin(x: Operand, y: Operand) -> Tensor:
    """The smaller of two tensors, where a NaN loses; ties share the gradient."""

@overload
def fmod(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def fmod(x: Operand, y: Operand) -> Tensor:
    """What is left of x after whole steps of y, with the sign of x: x - y * trunc(x / y)."""

@overload
def fold_key(key: Array, number: int) -> npt.NDArray[Any]: ...
@overload
def fold_key(key: Operand, number: int) -> Tensor:
    """A new key from a key and a number; ``random.fold`` for keys that are not known yet."""

@overload
def gammaln(x: Array) -> npt.NDArray[Any]: ...
@overload
def gammaln(x: Operand) -> Tensor:
    """log |gamma(x)|, the logarithm of the factorial of x - 1; its slope is digamma."""

@overload
def gaussian_likelihood(outputs: Array, targets: Array, eps: float = 1e-06, reduction: str = 'mean', weights: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def gaussian_likelihood(outputs: Operand, targets: Operand, eps: float = 1e-06, reduction: str = 'mean', weights: Operand | None = None) -> Tensor:
    """Minus the log-likelihood of targets around means, with a variance for each that is learned."""

@overload
def gelu(x: Array, approximate: str = 'none') -> npt.NDArray[Any]: ...
@overload
def gelu(x: Operand, approximate: str = 'none') -> Tensor:
    """x * Phi(x): the input times the chance that a standard normal falls below it."""

@overload
def gelu_tanh(x: Array) -> npt.NDArray[Any]: ...
@overload
def gelu_tanh(x: Operand) -> Tensor:
    """GELU with Phi(x) approximated by (1 + tanh(u)) / 2, as older models were trained with it."""

@overload
def getitem(x: Array, key: tuple[Any, ...]) -> npt.NDArray[Any]: ...
@overload
def getitem(x: Operand, key: tuple[Any, ...]) -> Tensor:
    """Elements by NumPy's keys: numbers, slices, ..., None, integer and boolean arrays."""

@overload
def greater(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def greater(x: Operand, y: Operand) -> Tensor:
    """Whether x is larger than y."""

@overload
def greater_equal(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def greater_equal(x: Operand, y: Operand) -> Tensor:
    """Whether x is at least y."""

@overload
def heaviside(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def heaviside(x: Operand, y: Operand) -> Tensor:
    """0 below 0, 1 above it, and y at x = 0."""

@overload
def hinge(scores: Array, labels: Array, margin: float = 1.0, reduction: str = 'mean', weights: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def hinge(scores: Operand, labels: Operand, margin: float = 1.0, reduction: str = 'mean', weights: Operand | None = None) -> Tensor:
    """Multi-class SVM loss: how far the other scores reach past the label's score minus a margin."""

@overload
def hstack(parts: Sequence[Array]) -> npt.NDArray[Any]: ...
@overload
def hstack(parts: Sequence[Operand]) -> Tensor:
    """Tensors joined side by side; vectors end to end."""

@overload
def huber(predictions: Array, targets: Array, delta: float = 1.0, reduction: str = 'mean', weights: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def huber(predictions: Operand, targets: Operand, delta: float = 1.0, reduction: str = 'mean', weights: Operand | None = None) -> Tensor:
    """Squared (with 1/2) near the target, absolute beyond ``delta``: outliers pull with one force."""

@overload
def hypot(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def hypot(x: Operand, y: Operand) -> Tensor:
    """sqrt(x**2 + y**2), the length of the vector (x, y), without overflow of the squares."""

@overload
def i0(x: Array) -> npt.NDArray[Any]: ...
@overload
def i0(x: Operand) -> Tensor:
    """Modified Bessel function of order 0; beyond 713 it is infinite in float64."""

@overload
def i1(x: Array) -> npt.NDArray[Any]: ...
@overload
def i1(x: Operand) -> Tensor:
    """Modified Bessel function of order 1."""

@overload
def identity(x: Array) -> npt.NDArray[Any]: ...
@overload
def identity(x: Operand) -> Tensor:
    """The tensor itself: a layer without an activation stays linear."""

@overload
def inner(a: Array, b: Array) -> npt.NDArray[Any]: ...
@overload
def inner(a: Operand, b: Operand) -> Tensor:
    """Sum of products over the last axes of both; a number multiplies."""

@overload
def inv(a: Array) -> npt.NDArray[Any]: ...
@overload
def inv(a: Operand) -> Tensor:
    """The inverse of each matrix. The gradient is -out^T upstream out^T."""

@overload
def isfinite(x: Array) -> npt.NDArray[Any]: ...
@overload
def isfinite(x: Operand) -> Tensor:
    """Whether x is neither infinite nor NaN."""

@overload
def isnan(x: Array) -> npt.NDArray[Any]: ...
@overload
def isnan(x: Operand) -> Tensor:
    """Whether x is not a number."""

@overload
def iv(n: int, x: Array) -> npt.NDArray[Any]: ...
@overload
def iv(n: int, x: Operand) -> Tensor:
    """Modified Bessel function of the first kind."""

@overload
def j0(x: Array) -> npt.NDArray[Any]: ...
@overload
def j0(x: Operand) -> Tensor:
    """Bessel function of the first kind of order 0: the shape of a drum that was struck."""

@overload
def j1(x: Array) -> npt.NDArray[Any]: ...
@overload
def j1(x: Operand) -> Tensor:
    """Bessel function of the first kind of order 1."""

@overload
def jv(n: int, x: Array) -> npt.NDArray[Any]: ...
@overload
def jv(n: int, x: Operand) -> Tensor:
    """Bessel function of the first kind."""

@overload
def kl_div(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def kl_div(x: Operand, y: Operand) -> Tensor:
    """x * log(x / y) - x + y: a relative entropy whose every term is at least 0."""

@overload
def kron(a: Array, b: Array) -> npt.NDArray[Any]: ...
@overload
def kron(a: Operand, b: Operand) -> Tensor:
    """Kronecker product: a block of b for every element of a, times that element."""

@overload
def layer_norm(x: Array, eps: float = 1e-05, scale: Array | None = None, shift: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def layer_norm(x: Operand, eps: float = 1e-05, scale: Operand | None = None, shift: Operand | None = None) -> Tensor:
    """Each row (the last axis) centred and scaled to a variance of 1, then scaled and shifted."""

@overload
def leaky_relu(x: Array, slope: float = 0.1) -> npt.NDArray[Any]: ...
@overload
def leaky_relu(x: Operand, slope: float = 0.1) -> Tensor:
    """max(slope * x, x): a small slope keeps units alive that would be dead. At 0: ``slope``."""

@overload
def leg(w: Array, x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def leg(w: Operand, x: Operand, y: Operand) -> Tensor:
    """w * x / hypot(x, y), where w is the gradient of the length; 0 at the origin."""

@overload
def less(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def less(x: Operand, y: Operand) -> Tensor:
    """Whether x is smaller than y."""

@overload
def less_equal(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def less_equal(x: Operand, y: Operand) -> Tensor:
    """Whether x is at most y."""

@overload
def linear(x: Array, weight: Array, bias: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def linear(x: Operand, weight: Operand, bias: Operand | None = None) -> Tensor:
    """The score function of a layer, X W + b: one node, and one pass over the scores."""

@overload
def log(x: Array) -> npt.NDArray[Any]: ...
@overload
def log(x: Operand) -> Tensor:
    """Natural logarithm."""

@overload
def log10(x: Array) -> npt.NDArray[Any]: ...
@overload
def log10(x: Operand) -> Tensor:
    """Logarithm to the base 10."""

@overload
def log1p(x: Array) -> npt.NDArray[Any]: ...
@overload
def log1p(x: Operand) -> Tensor:
    """log(1 + x), accurate for small x."""

@overload
def log2(x: Array) -> npt.NDArray[Any]: ...
@overload
def log2(x: Operand) -> Tensor:
    """Logarithm to the base 2."""

@overload
def log_cosh(predictions: Array, targets: Array, reduction: str = 'mean', weights: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def log_cosh(predictions: Operand, targets: Operand, reduction: str = 'mean', weights: Operand | None = None) -> Tensor:
    """log cosh(prediction - target): half the square near the target, absolute far from it."""

@overload
def log_softmax(x: Array, axis: Any = -1, where: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def log_softmax(x: Operand, axis: Any = -1, where: Operand | None = None) -> Tensor:
    """The logarithm of softmax, without the loss of digits of taking it afterwards."""

@overload
def logaddexp(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def logaddexp(x: Operand, y: Operand) -> Tensor:
    """log(exp(x) + exp(y)) without overflow."""

@overload
def logaddexp2(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def logaddexp2(x: Operand, y: Operand) -> Tensor:
    """The logarithm to the base 2 of 2**x + 2**y, without overflow; see logaddexp."""

@overload
def logical_and(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def logical_and(x: Operand, y: Operand) -> Tensor:
    """Whether both are true (not 0)."""

@overload
def logical_not(x: Array) -> npt.NDArray[Any]: ...
@overload
def logical_not(x: Operand) -> Tensor:
    """Whether x is false (0)."""

@overload
def logical_or(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def logical_or(x: Operand, y: Operand) -> Tensor:
    """Whether at least one is true (not 0)."""

@overload
def logistic_density(x: Array) -> npt.NDArray[Any]: ...
@overload
def logistic_density(x: Operand) -> Tensor:
    """s(x) s(-x), where s is the sigmoid: its slope, and the density of the logistic distribution."""

@overload
def logit(x: Array) -> npt.NDArray[Any]: ...
@overload
def logit(x: Operand) -> Tensor:
    """log(x / (1 - x)): the score of a chance, the inverse of sigmoid."""

@overload
def logsumexp(x: Array, axis: Any = None, keepdims: bool = False, where: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def logsumexp(x: Operand, axis: Any = None, keepdims: bool = False, where: Operand | None = None) -> Tensor:
    """log(sum(exp(x))) over the axes, without overflow; -inf where there is nothing to add."""

@overload
def matmul(x: Array, w: Array) -> npt.NDArray[Any]: ...
@overload
def matmul(x: Operand, w: Operand) -> Tensor:
    """Matrix product Y = X W; vectors and stacks of matrices as in ``numpy.matmul``."""

@overload
def matrix_norm(x: Array, keepdims: bool = False, ord: Any = 'fro') -> npt.NDArray[Any]: ...
@overload
def matrix_norm(x: Operand, keepdims: bool = False, ord: Any = 'fro') -> Tensor:
    """Norm of each matrix, whose rows and columns are the last two axes."""

@overload
def matrix_transpose(x: Array) -> npt.NDArray[Any]: ...
@overload
def matrix_transpose(x: Operand) -> Tensor:
    """The last two axes exchanged: every matrix of a stack transposed."""

@overload
def max(x: Array, axis: Any = None, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def max(x: Operand, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The largest element along the axes, which receives the upstream gradient; ties share it."""

@overload
def maximum(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def maximum(x: Operand, y: Operand) -> Tensor:
    """The larger of two tensors, which receives the whole upstream gradient; ties share it."""

@overload
def mean(x: Array, axis: Any = None, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def mean(x: Operand, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Mean over the axes (by default over all)."""

@overload
def median(a: Array, axis: Any = None, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def median(a: Operand, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The middle element over the axes (by default over all), or the mean of the two middle ones."""

@overload
def min(x: Array, axis: Any = None, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def min(x: Operand, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The smallest element along the axes, which receives the upstream gradient; ties share it."""

@overload
def minimum(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def minimum(x: Operand, y: Operand) -> Tensor:
    """The smaller of two tensors, which receives the whole upstream gradient; ties share it."""

@overload
def mish(x: Array) -> npt.NDArray[Any]: ...
@overload
def mish(x: Operand) -> Tensor:
    """x * tanh(softplus(x)): like SiLU, and a little steeper."""

@overload
def mod(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def mod(x: Operand, y: Operand) -> Tensor:
    """What is left of x after whole steps of y, with the sign of y: x - y * floor(x / y)."""

@overload
def moveaxis(a: Array, source: Any, destination: Any) -> npt.NDArray[Any]: ...
@overload
def moveaxis(a: Operand, source: Any, destination: Any) -> Tensor:
    """Axes moved to new places; the others keep their order."""

@overload
def moved_leg(w: Array, x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def moved_leg(w: Operand, x: Operand, y: Operand) -> Tensor:
    """w * x / hypot(x, y), where w is how far x moves: the length moves by it; 0 at the origin."""

@overload
def multiply(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def multiply(x: Operand, y: Operand) -> Tensor:
    """Product of two tensors; each input receives upstream times the *other* input."""

@overload
def nan_to_num(x: Array, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> npt.NDArray[Any]: ...
@overload
def nan_to_num(x: Operand, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
    """x with NaN and the infinities replaced by numbers, which send no gradient back."""

@overload
def nanmean(a: Array, axis: Any = None, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def nanmean(a: Operand, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Mean of the elements that are not NaN; NaN receives no gradient."""

@overload
def nansum(a: Array, axis: Any = None, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def nansum(a: Operand, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Sum of the elements that are not NaN; NaN receives no gradient."""

@overload
def ndtr(x: Array) -> npt.NDArray[Any]: ...
@overload
def ndtr(x: Operand) -> Tensor:
    """The chance that a standard normal falls below x."""

@overload
def ndtri(x: Array) -> npt.NDArray[Any]: ...
@overload
def ndtri(x: Operand) -> Tensor:
    """The number that a standard normal falls below with chance x; the inverse of ndtr."""

@overload
def negative(x: Array) -> npt.NDArray[Any]: ...
@overload
def negative(x: Operand) -> Tensor:
    """The tensor with its sign turned."""

@overload
def norm(x: Array, ord: Any = None, axis: Any = None, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def norm(x: Operand, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Euclidean length over the axes, or another norm."""

@overload
def norm_of_order(x: Array, ord: Any, axis: Any = None, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def norm_of_order(x: Operand, ord: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """A norm by its order: of vectors along one axis, of matrices over two."""

@overload
def not_equal(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def not_equal(x: Operand, y: Operand) -> Tensor:
    """Whether x and y are different numbers."""

@overload
def one_hot(labels: Array, classes: int, dtype: Any = ...) -> npt.NDArray[Any]: ...
@overload
def one_hot(labels: Operand, classes: int, dtype: Any = ...) -> Tensor:
    """Rows with a single 1 at the label's place."""

@overload
def outer(a: Array, b: Array) -> npt.NDArray[Any]: ...
@overload
def outer(a: Operand, b: Operand) -> Tensor:
    """Every element of a times every element of b, both flattened."""

@overload
def pad(x: Array, pad_width: Any) -> npt.NDArray[Any]: ...
@overload
def pad(x: Operand, pad_width: Any) -> Tensor:
    """With zeros around it."""

@overload
def percentile(a: Array, q: Any, axis: Any = None, keepdims: bool = False, method: str = 'linear') -> npt.NDArray[Any]: ...
@overload
def percentile(a: Operand, q: Any, axis: Any = None, keepdims: bool = False, method: str = 'linear') -> Tensor:
    """The value that q percent of the elements lie below; see ``sample_quantile``."""

@overload
def poisson(predictions: Array, targets: Array, reduction: str = 'mean', weights: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def poisson(predictions: Operand, targets: Operand, reduction: str = 'mean', weights: Operand | None = None) -> Tensor:
    """exp(x) - t x of log-rates x and counts t: minus the log-likelihood of Poisson counts."""

@overload
def polygamma(n: int, x: Array) -> npt.NDArray[Any]: ...
@overload
def polygamma(n: int, x: Operand) -> Tensor:
    """The derivative of digamma of order n."""

@overload
def power(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def power(x: Operand, y: Operand) -> Tensor:
    """x to the power y."""

@overload
def power_norm(x: Array, p: float = 2.0, axis: Any = None, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def power_norm(x: Operand, p: float = 2.0, axis: Any = None, keepdims: bool = False) -> Tensor:
    """(sum |x|^p)^(1/p) over the axes."""

@overload
def prod(x: Array, axis: Any = None, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def prod(x: Operand, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Product over the axes: a tree of multiplications, so that zeros need no division."""

@overload
def ptp(a: Array, axis: Any = None, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def ptp(a: Operand, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The largest element minus the smallest, over the axes."""

@overload
def put_along_axis(x: Array, indices: Array, length: int, axis: int = -1) -> npt.NDArray[Any]: ...
@overload
def put_along_axis(x: Operand, indices: Operand, length: int, axis: int = -1) -> Tensor:
    """Zeros with elements added along an axis: the way back of take_along_axis."""

@overload
def put_rows(x: Array, indices: Array, rows: int) -> npt.NDArray[Any]: ...
@overload
def put_rows(x: Operand, indices: Operand, rows: int) -> Tensor:
    """Zeros with rows added at the given positions: the gradient of an embedding table."""

@overload
def putitem(x: Array, key: tuple[Any, ...], shape: tuple[int, ...]) -> npt.NDArray[Any]: ...
@overload
def putitem(x: Operand, key: tuple[Any, ...], shape: tuple[int, ...]) -> Tensor:
    """Zeros with the elements added where a key points: the way back of indexing."""

@overload
def quantile(predictions: Array, targets: Array, q: float = 0.5, reduction: str = 'mean', weights: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def quantile(predictions: Operand, targets: Operand, q: float = 0.5, reduction: str = 'mean', weights: Operand | None = None) -> Tensor:
    """Pinball loss, least when a share q of the targets lies below the predictions."""

@overload
def rad2deg(x: Array) -> npt.NDArray[Any]: ...
@overload
def rad2deg(x: Operand) -> Tensor:
    """Radians to degrees."""

@overload
def radial(w: Array, x: Array, p: float = 2.0, axis: Any = None) -> npt.NDArray[Any]: ...
@overload
def radial(w: Operand, x: Operand, p: float = 2.0, axis: Any = None) -> Tensor:
    """w times the unit vector along x: what a length sends back; 0 where x is 0."""

@overload
def radial_part(v: Array, x: Array, p: float = 2.0, axis: Any = None) -> npt.NDArray[Any]: ...
@overload
def radial_part(v: Operand, x: Operand, p: float = 2.0, axis: Any = None) -> Tensor:
    """The part of v along x, <v, x> / |x|: how a length moves along v; 0 where x is 0."""

@overload
def random_mask(key: Array, shape: tuple[int, ...], rate: float = 0.5) -> npt.NDArray[Any]: ...
@overload
def random_mask(key: Operand, shape: tuple[int, ...], rate: float = 0.5) -> Tensor:
    """True with probability 1 - rate for each element: a function of key and place alone."""

@overload
def ravel(a: Array) -> npt.NDArray[Any]: ...
@overload
def ravel(a: Operand) -> Tensor:
    """All elements in one axis, the last index fastest."""

@overload
def reciprocal(x: Array) -> npt.NDArray[Any]: ...
@overload
def reciprocal(x: Operand) -> Tensor:
    """1 / x."""

@overload
def recurrence(a: Array, b: Array, axis: int = -1) -> npt.NDArray[Any]: ...
@overload
def recurrence(a: Operand, b: Operand, axis: int = -1) -> Tensor:
    """s[i] = a[i] * s[i-1] + b[i] along an axis, from s[0] = b[0]; a[0] has no effect."""

@overload
def rel_entr(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def rel_entr(x: Operand, y: Operand) -> Tensor:
    """x * log(x / y), one term of a relative entropy in nats; value and slopes at x = 0 are 0."""

@overload
def relu(x: Array) -> npt.NDArray[Any]: ...
@overload
def relu(x: Operand) -> Tensor:
    """The positive part of x: max(0, x). The slope at 0 is 0."""

@overload
def repeat(a: Array, repeats: Any, axis: int | None = None) -> npt.NDArray[Any]: ...
@overload
def repeat(a: Operand, repeats: Any, axis: int | None = None) -> Tensor:
    """Each element (or row) several times, one copy beside the other."""

@overload
def reshape(x: Array, shape: tuple[int, ...]) -> npt.NDArray[Any]: ...
@overload
def reshape(x: Operand, shape: tuple[int, ...]) -> Tensor:
    """The same elements, in the same order, in another shape; one length may be -1."""

@overload
def rint(x: Array) -> npt.NDArray[Any]: ...
@overload
def rint(x: Operand) -> Tensor:
    """The nearest integer; a half goes to the even one."""

@overload
def roll(a: Array, shift: Any, axis: Any = None) -> npt.NDArray[Any]: ...
@overload
def roll(a: Operand, shift: Any, axis: Any = None) -> Tensor:
    """Elements moved along the axes; those that leave at one end return at the other."""

@overload
def rot90(m: Array, k: int = 1, axes: tuple[int, int] = (0, 1)) -> npt.NDArray[Any]: ...
@overload
def rot90(m: Operand, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Tensor:
    """Turned k times by 90 degrees, from the first of two axes towards the second."""

@overload
def round(x: Array, decimals: int = 0) -> npt.NDArray[Any]: ...
@overload
def round(x: Operand, decimals: int = 0) -> Tensor:
    """x rounded to so many decimals; a half goes to the even digit."""

@overload
def sample_quantile(a: Array, q: Any, axis: Any = None, keepdims: bool = False, method: str = 'linear') -> npt.NDArray[Any]: ...
@overload
def sample_quantile(a: Operand, q: Any, axis: Any = None, keepdims: bool = False, method: str = 'linear') -> Tensor:
    """The value that a share q of the elements lies below; several q stand along a new first axis."""

@overload
def select(condlist: Sequence[Operand], choicelist: Sequence[Operand], default: Operand = 0) -> npt.NDArray[Any]: ...
@overload
def select(condlist: Sequence[Operand], choicelist: Sequence[Operand], default: Operand = 0) -> Tensor:
    """The choice of the first condition that holds; the choices not selected receive exactly 0."""

@overload
def selu(x: Array) -> npt.NDArray[Any]: ...
@overload
def selu(x: Operand) -> Tensor:
    """ELU with a slope a little above 1, under which scores drift to mean 0 and variance 1."""

@overload
def sigmoid(x: Array) -> npt.NDArray[Any]: ...
@overload
def sigmoid(x: Operand) -> Tensor:
    """1 / (1 + exp(-x)): squashes a score into a chance."""

@overload
def sign(x: Array) -> npt.NDArray[Any]: ...
@overload
def sign(x: Operand) -> Tensor:
    """-1, 0 or 1; flat wherever it has a slope."""

@overload
def silu(x: Array) -> npt.NDArray[Any]: ...
@overload
def silu(x: Operand) -> Tensor:
    """x * sigmoid(x), also called swish."""

@overload
def sin(x: Array) -> npt.NDArray[Any]: ...
@overload
def sin(x: Operand) -> Tensor:
    """Sine of an angle in radians."""

@overload
def sinc(x: Array) -> npt.NDArray[Any]: ...
@overload
def sinc(x: Operand) -> Tensor:
    """sin(pi x) / (pi x), and 1 at 0."""

@overload
def sinc_derivative(x: Array, order: int = 1) -> npt.NDArray[Any]: ...
@overload
def sinc_derivative(x: Operand, order: int = 1) -> Tensor:
    """The derivative of sinc of any order, with its digits near 0."""

@overload
def sinh(x: Array) -> npt.NDArray[Any]: ...
@overload
def sinh(x: Operand) -> Tensor:
    """Hyperbolic sine, (exp(x) - exp(-x)) / 2."""

@overload
def slogdet(a: Array) -> npt.NDArray[Any]: ...
@overload
def slogdet(a: Operand) -> tuple[Tensor, ...]:
    """Sign and logarithm of the absolute determinant of each matrix: two results."""

@overload
def softmax(x: Array, axis: Any = -1, where: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def softmax(x: Operand, axis: Any = -1, where: Operand | None = None) -> Tensor:
    """exp(x) / sum(exp(x)) along an axis (or several): scores become shares that add up to 1."""

@overload
def softmax_cross_entropy(scores: Array, labels: Array, reduction: str = 'mean', ignore_index: int | None = None, label_smoothing: float = 0.0, weights: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def softmax_cross_entropy(scores: Operand, labels: Operand, reduction: str = 'mean', ignore_index: int | None = None, label_smoothing: float = 0.0, weights: Operand | None = None) -> Tensor:
    """-log softmax(scores)[label] for each row: how surprised the scores are, in nats."""

@overload
def softmax_focal(scores: Array, labels: Array, reduction: str = 'mean', ignore_index: int | None = None, gamma: float = 2.0, weights: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def softmax_focal(scores: Operand, labels: Operand, reduction: str = 'mean', ignore_index: int | None = None, gamma: float = 2.0, weights: Operand | None = None) -> Tensor:
    """(1 - p)**gamma * -log p of the chance p that softmax(scores) gives to each row's label."""

@overload
def softmax_residual(scores: Array, labels: Array) -> npt.NDArray[Any]: ...
@overload
def softmax_residual(scores: Operand, labels: Operand) -> Tensor:
    """softmax(scores) minus 1 at the label: the gradient of softmax cross-entropy."""

@overload
def softplus(x: Array) -> npt.NDArray[Any]: ...
@overload
def softplus(x: Operand) -> Tensor:
    """log(1 + exp(x)): a smooth ReLU, whose slope is the sigmoid."""

@overload
def solve(a: Array, b: Array) -> npt.NDArray[Any]: ...
@overload
def solve(a: Operand, b: Operand) -> Tensor:
    """The solution x of a x = b; b is one vector if it has one axis, else a stack of matrices."""

@overload
def sort(a: Array, axis: int | None = -1, kind: str | None = None, stable: bool | None = None) -> npt.NDArray[Any]: ...
@overload
def sort(a: Operand, axis: int | None = -1, kind: str | None = None, stable: bool | None = None) -> Tensor:
    """Elements in rising order along an axis, NaN last; equal elements keep their order."""

@overload
def split(x: Array, indices_or_sections: Any, axis: int = 0) -> npt.NDArray[Any]: ...
@overload
def split(x: Operand, indices_or_sections: Any, axis: int = 0) -> tuple[Tensor, ...]:
    """Cut along an axis, into equal parts or at the given places: several results."""

@overload
def sqrt(x: Array) -> npt.NDArray[Any]: ...
@overload
def sqrt(x: Operand) -> Tensor:
    """Square root; its slope at 0 is infinite."""

@overload
def square(x: Array) -> npt.NDArray[Any]: ...
@overload
def square(x: Operand) -> Tensor:
    """The tensor times itself."""

@overload
def squared_error(predictions: Array, targets: Array, reduction: str = 'mean', weights: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def squared_error(predictions: Operand, targets: Operand, reduction: str = 'mean', weights: Operand | None = None) -> Tensor:
    """(prediction - target)**2, without a factor 1/2."""

@overload
def squeeze(x: Array, axis: int | tuple[int, ...] | None = None) -> npt.NDArray[Any]: ...
@overload
def squeeze(x: Operand, axis: int | tuple[int, ...] | None = None) -> Tensor:
    """Without the axes of length 1 (or without those named)."""

@overload
def stack(parts: Sequence[Array], axis: int = 0) -> npt.NDArray[Any]: ...
@overload
def stack(parts: Sequence[Operand], axis: int = 0) -> Tensor:
    """Several tensors of one shape, joined along a new axis."""

@overload
def std(x: Array, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def std(x: Operand, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Tensor:
    """Standard deviation over the axes: the length of the distances from the mean."""

@overload
def subtract(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def subtract(x: Operand, y: Operand) -> Tensor:
    """Difference of two tensors; the second input receives the negated upstream gradient."""

@overload
def sum(x: Array, axis: Any = None, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def sum(x: Operand, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Sum over the axes (by default over all)."""

@overload
def sum_to(x: Array, shape: tuple[int, ...]) -> npt.NDArray[Any]: ...
@overload
def sum_to(x: Operand, shape: tuple[int, ...]) -> Tensor:
    """Summed down to a shape that broadcasts to this one: the way back of broadcasting."""

@overload
def swapaxes(x: Array, axis1: int, axis2: int) -> npt.NDArray[Any]: ...
@overload
def swapaxes(x: Operand, axis1: int, axis2: int) -> Tensor:
    """Two axes exchanged."""

@overload
def take(x: Array, indices: Array, axis: int | None = None) -> npt.NDArray[Any]: ...
@overload
def take(x: Operand, indices: Operand, axis: int | None = None) -> Tensor:
    """Elements along one axis by their positions; ``axis=None`` counts the flattened tensor."""

@overload
def take_along_axis(x: Array, indices: Array, axis: int = -1) -> npt.NDArray[Any]: ...
@overload
def take_along_axis(x: Operand, indices: Operand, axis: int = -1) -> Tensor:
    """One element per row by its position; the indices have as many axes as x."""

@overload
def tan(x: Array) -> npt.NDArray[Any]: ...
@overload
def tan(x: Operand) -> Tensor:
    """Tangent of an angle in radians."""

@overload
def tanh(x: Array) -> npt.NDArray[Any]: ...
@overload
def tanh(x: Operand) -> Tensor:
    """Hyperbolic tangent, the activation that is centred at 0."""

@overload
def tensordot(a: Array, b: Array, axes: Any = 2) -> npt.NDArray[Any]: ...
@overload
def tensordot(a: Operand, b: Operand, axes: Any = 2) -> Tensor:
    """Sum of products over pairs of axes."""

@overload
def tile(a: Array, reps: Any) -> npt.NDArray[Any]: ...
@overload
def tile(a: Operand, reps: Any) -> Tensor:
    """The whole tensor repeated along its axes."""

@overload
def trace(a: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> npt.NDArray[Any]: ...
@overload
def trace(a: Operand, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Sum along a diagonal; the arguments are those of ``diagonal``."""

@overload
def transpose(x: Array, axes: tuple[int, ...] | None = None) -> npt.NDArray[Any]: ...
@overload
def transpose(x: Operand, axes: tuple[int, ...] | None = None) -> Tensor:
    """The axes in another order; by default all in reverse."""

@overload
def tril(m: Array, k: int = 0) -> npt.NDArray[Any]: ...
@overload
def tril(m: Operand, k: int = 0) -> Tensor:
    """The lower triangle up to the k-th diagonal; 0 above, which receives no gradient."""

@overload
def triu(m: Array, k: int = 0) -> npt.NDArray[Any]: ...
@overload
def triu(m: Operand, k: int = 0) -> Tensor:
    """The upper triangle from the k-th diagonal on; 0 below, which receives no gradient."""

@overload
def trunc(x: Array) -> npt.NDArray[Any]: ...
@overload
def trunc(x: Operand) -> Tensor:
    """The integer between 0 and x that is nearest to x."""

@overload
def var(x: Array, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def var(x: Operand, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Tensor:
    """Variance over the axes: the mean square distance from the mean, in two passes."""

@overload
def vdot(a: Array, b: Array) -> npt.NDArray[Any]: ...
@overload
def vdot(a: Operand, b: Operand) -> Tensor:
    """Inner product of both tensors, flattened."""

@overload
def vecdot(x1: Array, x2: Array, axis: int = -1) -> npt.NDArray[Any]: ...
@overload
def vecdot(x1: Operand, x2: Operand, axis: int = -1) -> Tensor:
    """Inner products of the vectors along an axis; the other axes broadcast."""

@overload
def vector_norm(x: Array, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> npt.NDArray[Any]: ...
@overload
def vector_norm(x: Operand, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Tensor:
    """Norm of the vector that the elements along the axes form."""

@overload
def vstack(parts: Sequence[Array]) -> npt.NDArray[Any]: ...
@overload
def vstack(parts: Sequence[Operand]) -> Tensor:
    """Tensors joined one below the other; a vector is a row."""

@overload
def where(condition: Array, x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def where(condition: Operand, x: Operand, y: Operand) -> Tensor:
    """x where the condition holds, else y; the branch that was not selected receives exactly 0."""

@overload
def xlog1py(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def xlog1py(x: Operand, y: Operand) -> Tensor:
    """x * log(1 + y), and 0 where x is 0; at x = 0, y = -1 both slopes are 0."""

@overload
def xlogy(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def xlogy(x: Operand, y: Operand) -> Tensor:
    """x * log(y), and 0 where x is 0; at x = y = 0 both slopes are 0."""

permute = transpose
