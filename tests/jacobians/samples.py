"""Jacobians of every structure, each with the matrix it stands for, made by other means."""

from math import prod

import numpy as np
from hypothesis import strategies as st
from scipy import sparse
from scipy.linalg import block_diag

from chainrule.jacobians import (
    BlockDiagonal,
    Broadcast,
    Dense,
    Diagonal,
    Identity,
    Implicit,
    Kronecker,
    Product,
    Scatter,
    Selection,
    Sparse,
    Summation,
    Zero,
)

F64 = np.dtype(np.float64)
SHAPES = ((), (0,), (1,), (4,), (2, 3), (1, 4), (3, 0), (2, 1, 3))
shapes = st.sampled_from(SHAPES)


def zero(rng, outputs, inputs):
    return Zero(outputs, inputs, F64), np.zeros((prod(outputs), prod(inputs)))


def identity(rng, shape):
    return Identity(shape, (prod(shape),), F64), np.eye(prod(shape))


def diagonal(rng, shape):
    values = rng.normal(size=shape)
    return Diagonal(shape, shape, F64, values), np.diag(values.reshape(-1))


def selection(rng, outputs, inputs):
    index = rng.integers(-1, prod(inputs), prod(outputs))
    matrix = np.array([[float(j == k) for j in range(prod(inputs))] for k in index])
    return Selection(outputs, inputs, F64, index), matrix.reshape(prod(outputs), prod(inputs))


def scatter(rng, outputs, inputs):
    picked, matrix = selection(rng, inputs, outputs)
    return Scatter(outputs, inputs, F64, picked.index), matrix.T


def broadcast(rng, shape):
    narrow = tuple(1 if rng.random() < 0.5 else n for n in shape)
    units = np.eye(prod(narrow)).reshape(prod(narrow), *narrow)
    repeated = np.broadcast_to(units, (prod(narrow), *shape)).reshape(prod(narrow), prod(shape))
    return Broadcast(shape, narrow, F64, narrow, shape, 0.5), 0.5 * repeated.T


def summation(rng, shape):
    repeated, matrix = broadcast(rng, shape)
    return Summation(repeated.inputs, shape, F64, repeated.narrow, shape, 0.5), matrix.T


def block_diagonal(rng, count, height, width):
    blocks = rng.normal(size=(count, height, width))
    matrix = block_diag(*blocks) if count else np.zeros((0, 0))
    return BlockDiagonal((count, height), (count * width,), F64, blocks), matrix


def kronecker(rng, stack, left, right):
    """A number for a factor stands for an identity."""
    factors = [
        size if isinstance(size, int) else rng.normal(size=(*stack, *size))
        for size in (left, right)
    ]
    wholes = [
        np.broadcast_to(np.eye(f), (*stack, f, f)) if isinstance(f, int) else f for f in factors
    ]
    (p, q), (r, s) = (w.shape[-2:] for w in wholes)
    flat = [w.reshape(prod(stack), *w.shape[-2:]) for w in wholes]
    matrix = block_diag(*(np.kron(a, b) for a, b in zip(*flat, strict=True)))
    return Kronecker((*stack, p, r), (*stack, q, s), F64, *factors), matrix


def dense(rng, outputs, inputs):
    matrix = rng.normal(size=(prod(outputs), prod(inputs)))
    return Dense(outputs, inputs, F64, matrix), matrix


def sparse_one(rng, outputs, inputs):
    matrix = rng.normal(size=(prod(outputs), prod(inputs)))
    matrix *= rng.random(matrix.shape) < 0.4
    return Sparse(outputs, inputs, F64, sparse.csr_array(matrix)), matrix


def implicit(rng, outputs, inputs):
    matrix = rng.normal(size=(prod(outputs), prod(inputs)))
    forward = lambda v: (matrix @ v.reshape(-1)).reshape(outputs)  # noqa: E731
    backward = lambda u: (matrix.T @ u.reshape(-1)).reshape(inputs)  # noqa: E731
    return Implicit(outputs, inputs, F64, forward, backward, (outputs, inputs)), matrix


def product(rng, outputs, inputs):
    (a, m), (b, n) = sparse_one(rng, outputs, (3,)), selection(rng, (3,), inputs)
    return Product.of((a, b)), m @ n


FREE = (zero, selection, scatter, dense, sparse_one, implicit, product)
SQUARE = (identity, diagonal, broadcast, summation)


@st.composite
def jacobians(draw):
    """A Jacobian of any structure and any shape, and its matrix."""
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    make = draw(st.sampled_from((*FREE, *SQUARE, block_diagonal, kronecker)))
    sizes = st.integers(0, 3)
    if make is block_diagonal:
        return make(rng, draw(st.integers(1, 3)), draw(sizes), draw(sizes))
    if make is kronecker:
        left, right = draw(sizes), (draw(sizes), draw(sizes))
        factors = draw(st.permutations([left, right]))
        if draw(st.booleans()):
            factors = [(draw(sizes), draw(sizes)), right]
        return make(rng, draw(st.sampled_from([(), (2,), (2, 1)])), *factors)
    if make in SQUARE:
        return make(rng, draw(shapes))
    return make(rng, draw(shapes), draw(shapes))


def square(rng, n):
    """One of every structure, n by n."""
    free = [make(rng, (n,), (n,)) for make in FREE]
    made = [*free, *(make(rng, (n,)) for make in (identity, diagonal))]
    made += [kronecker(rng, (), 1, (n, n)), kronecker(rng, (), n, (1, 1))]
    made += [kronecker(rng, (), (1, 1), (n, n)), block_diagonal(rng, 1, n, n)]
    if n % 2 == 0:
        made += [block_diagonal(rng, 2, n // 2, n // 2), kronecker(rng, (), (2, 2), n // 2)]
        made += [kronecker(rng, (), 2, (n // 2, n // 2))]
    return made
