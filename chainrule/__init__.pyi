"""Made by scripts/make_stub from the catalogue of ops. Do not edit."""

# pyright: reportOverlappingOverload=false
# Arrays give arrays, and anything with a Tensor in it gives a Tensor: the first overload that
# fits is meant.

from collections.abc import Sequence
from typing import Any, overload

import numpy.typing as npt

from chainrule import errors as errors
from chainrule import nn as nn
from chainrule import ops as ops
from chainrule import optim as optim
from chainrule import train as train
from chainrule.differentiate import grad as grad
from chainrule.differentiate import value_and_grad as value_and_grad
from chainrule.graph.graph import Graph as Graph
from chainrule.graph.op import Op as Op
from chainrule.graph.op import op as op
from chainrule.graph.table import ops_table as ops_table
from chainrule.ops.random import fold as fold
from chainrule.ops.random import key as key
from chainrule.settings import no_grad as no_grad
from chainrule.tensors import Parameter as Parameter
from chainrule.tensors import Tensor as Tensor
from chainrule.tensors import backward as backward
from chainrule.tensors import parameter as parameter
from chainrule.tensors import tensor as tensor
from chainrule.train.evaluation import evaluate as evaluate
from chainrule.train.evaluation import predict as predict
from chainrule.train.loop import fit as fit

__version__: str
Array = npt.NDArray[Any] | float | Sequence[Any]
Operand = Tensor | Array

def check_graph(*ends: Any) -> None: ...
def show(*ends: Any) -> str: ...

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
def any_live(live: Array, axis: Any = None) -> npt.NDArray[Any]: ...
@overload
def any_live(live: Operand, axis: Any = None) -> Tensor:
    """Where any element along the axis is True, repeated along that axis."""

@overload
def batch_norm(x: Array, eps: float = 1e-05, scale: Array | None = None, shift: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def batch_norm(x: Operand, eps: float = 1e-05, scale: Operand | None = None, shift: Operand | None = None) -> Tensor:
    """Each column of a batch (axis 0) centred and scaled to a variance of 1: the training form."""

@overload
def binary_cross_entropy(predictions: Array, targets: Array, reduction: str = 'mean', weights: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def binary_cross_entropy(predictions: Operand, targets: Operand, reduction: str = 'mean', weights: Operand | None = None) -> Tensor:
    """-t log s(x) - (1 - t) log s(-x) of scores x (not probabilities) and targets t in 0 ... 1."""

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
def clip(x: Array, lo: Array, hi: Array) -> npt.NDArray[Any]: ...
@overload
def clip(x: Operand, lo: Operand, hi: Operand) -> Tensor:
    """x held between lo and hi; the gradient passes strictly inside, and is 0 at the bounds."""

@overload
def concatenate(parts: Sequence[Array], axis: int | None = 0) -> npt.NDArray[Any]: ...
@overload
def concatenate(parts: Sequence[Operand], axis: int | None = 0) -> Tensor:
    """Several tensors joined along an axis that exists; ``axis=None`` joins them flattened."""

@overload
def cos(x: Array) -> npt.NDArray[Any]: ...
@overload
def cos(x: Operand) -> Tensor:
    """Cosine of an angle in radians."""

@overload
def diagonal_embed(x: Array, unique: str, repeated: str) -> npt.NDArray[Any]: ...
@overload
def diagonal_embed(x: Operand, unique: str, repeated: str) -> Tensor:
    """Zeros with the elements on the diagonal of the letters that repeat."""

@overload
def divide(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def divide(x: Operand, y: Operand) -> Tensor:
    """Quotient of two tensors."""

@overload
def dropout(x: Array, key: Array, rate: float = 0.5) -> npt.NDArray[Any]: ...
@overload
def dropout(x: Operand, key: Operand, rate: float = 0.5) -> Tensor:
    """Each element is dropped with a chance of ``rate``; the others are divided by 1 - rate."""

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
def exp(x: Array) -> npt.NDArray[Any]: ...
@overload
def exp(x: Operand) -> Tensor:
    """e to the power x; its slope is its value."""

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
def floor(x: Array) -> npt.NDArray[Any]: ...
@overload
def floor(x: Operand) -> Tensor:
    """The largest integer not above x; flat wherever it has a slope."""

@overload
def gelu(x: Array, approximate: str = 'none') -> npt.NDArray[Any]: ...
@overload
def gelu(x: Operand, approximate: str = 'none') -> Tensor:
    """x * Phi(x): the input times the chance that a standard normal falls below it."""

@overload
def gelu_tanh(x: Array) -> npt.NDArray[Any]: ...
@overload
def gelu_tanh(x: Operand) -> Tensor:
    """GELU with Phi approximated through tanh, as older models were trained with it."""

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
def hinge(scores: Array, labels: Array, margin: float = 1.0, reduction: str = 'mean', weights: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def hinge(scores: Operand, labels: Operand, margin: float = 1.0, reduction: str = 'mean', weights: Operand | None = None) -> Tensor:
    """Multi-class SVM loss: how far the other scores reach past the label's score minus a margin."""

@overload
def huber(predictions: Array, targets: Array, delta: float = 1.0, reduction: str = 'mean', weights: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def huber(predictions: Operand, targets: Operand, delta: float = 1.0, reduction: str = 'mean', weights: Operand | None = None) -> Tensor:
    """Squared (with 1/2) near the target, absolute beyond ``delta``: outliers pull with one force."""

@overload
def identity(x: Array) -> npt.NDArray[Any]: ...
@overload
def identity(x: Operand) -> Tensor:
    """The tensor itself: a layer without an activation stays linear."""

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
def log1p(x: Array) -> npt.NDArray[Any]: ...
@overload
def log1p(x: Operand) -> Tensor:
    """log(1 + x), accurate for small x."""

@overload
def log_softmax(x: Array, axis: Any = -1) -> npt.NDArray[Any]: ...
@overload
def log_softmax(x: Operand, axis: Any = -1) -> Tensor:
    """The logarithm of softmax, without the loss of digits of taking it afterwards."""

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
def logsumexp(x: Array, axis: Any = None, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def logsumexp(x: Operand, axis: Any = None, keepdims: bool = False) -> Tensor:
    """log(sum(exp(x))) over the axes, without overflow; -inf where all elements are -inf."""

@overload
def matmul(x: Array, w: Array) -> npt.NDArray[Any]: ...
@overload
def matmul(x: Operand, w: Operand) -> Tensor:
    """Matrix product Y = X W; vectors and stacks of matrices as in ``numpy.matmul``."""

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
def multiply(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def multiply(x: Operand, y: Operand) -> Tensor:
    """Product of two tensors; each input receives upstream times the *other* input."""

@overload
def negative(x: Array) -> npt.NDArray[Any]: ...
@overload
def negative(x: Operand) -> Tensor:
    """The tensor with its sign turned."""

@overload
def norm(x: Array, axis: Any = None, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def norm(x: Operand, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Euclidean length over the axes; its gradient at 0 is 0."""

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
def pad(x: Array, pad_width: Any) -> npt.NDArray[Any]: ...
@overload
def pad(x: Operand, pad_width: Any) -> Tensor:
    """With zeros around it."""

@overload
def poisson(predictions: Array, targets: Array, reduction: str = 'mean', weights: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def poisson(predictions: Operand, targets: Operand, reduction: str = 'mean', weights: Operand | None = None) -> Tensor:
    """exp(x) - t x of log-rates x and counts t: minus the log-likelihood of Poisson counts."""

@overload
def power(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def power(x: Operand, y: Operand) -> Tensor:
    """x to the power y."""

@overload
def prod(x: Array, axis: Any = None, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def prod(x: Operand, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Product over the axes: a tree of multiplications, so that zeros need no division."""

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
def random_mask(key: Array, shape: tuple[int, ...], rate: float = 0.5) -> npt.NDArray[Any]: ...
@overload
def random_mask(key: Operand, shape: tuple[int, ...], rate: float = 0.5) -> Tensor:
    """True with probability 1 - rate for each element: a function of key and place alone."""

@overload
def relu(x: Array) -> npt.NDArray[Any]: ...
@overload
def relu(x: Operand) -> Tensor:
    """The positive part of x: max(0, x). The slope at 0 is 0."""

@overload
def reshape(x: Array, shape: tuple[int, ...]) -> npt.NDArray[Any]: ...
@overload
def reshape(x: Operand, shape: tuple[int, ...]) -> Tensor:
    """The same elements, in the same order, in another shape; one length may be -1."""

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
def softmax(x: Array, axis: Any = -1) -> npt.NDArray[Any]: ...
@overload
def softmax(x: Operand, axis: Any = -1) -> Tensor:
    """exp(x) / sum(exp(x)) along an axis (or several): scores become shares that add up to 1."""

@overload
def softmax_cross_entropy(scores: Array, labels: Array, reduction: str = 'mean', weights: Array | None = None) -> npt.NDArray[Any]: ...
@overload
def softmax_cross_entropy(scores: Operand, labels: Operand, reduction: str = 'mean', weights: Operand | None = None) -> Tensor:
    """-log softmax(scores)[label] for each row: how surprised the scores are, in nats."""

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
    """Standard deviation over the axes; its gradient at constant input is 0."""

@overload
def subtract(x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def subtract(x: Operand, y: Operand) -> Tensor:
    """Difference of two tensors; the second input receives the negated upstream gradient."""

@overload
def sum(x: Array, axis: Any = None, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def sum(x: Operand, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Sum over the axes (by default over all), pairwise: float32 keeps its digits."""

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
def tanh(x: Array) -> npt.NDArray[Any]: ...
@overload
def tanh(x: Operand) -> Tensor:
    """Hyperbolic tangent, the activation that is centred at 0."""

@overload
def transpose(x: Array, axes: tuple[int, ...] | None = None) -> npt.NDArray[Any]: ...
@overload
def transpose(x: Operand, axes: tuple[int, ...] | None = None) -> Tensor:
    """The axes in another order; by default all in reverse."""

@overload
def var(x: Array, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> npt.NDArray[Any]: ...
@overload
def var(x: Operand, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Tensor:
    """Variance over the axes: the mean square distance from the mean, in two passes."""

@overload
def where(condition: Array, x: Array, y: Array) -> npt.NDArray[Any]: ...
@overload
def where(condition: Operand, x: Operand, y: Operand) -> Tensor:
    """x where the condition holds, else y; the branch that was not selected receives exactly 0."""

permute = transpose
