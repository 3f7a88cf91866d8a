"""Whole functions with a faulty op inside: all that shows is the gradient of the whole."""

import numpy as np

import chainrule as cr
from tests.doctor.corpus.elementwise import DifferenceAsASum, Log2WithTheSlopeOfLog, Relu
from tests.doctor.corpus.entry import Bug, Right, normal, positive
from tests.doctor.corpus.matrices import Affine, GramReadsItsInputOnce
from tests.doctor.corpus.reductions import MeanWithoutItsCount


def bits():
    return lambda chances: -np.sum(Log2WithTheSlopeOfLog()(chances))


def half_squared_distance():
    return lambda x, y: 0.5 * np.sum(DifferenceAsASum()(x, y) ** 2)


def mean_of_sines():
    return lambda x: MeanWithoutItsCount()(np.sin(x))


def weighted_gram():
    return lambda x, weights: np.sum(GramReadsItsInputOnce()(x) * weights)


def two_layers():
    affine, relu = Affine(), Relu()
    return lambda x, w, b, v, c: np.mean(affine(relu(affine(x, w, b)), v, c) ** 2)


def built_in_ops():
    return lambda x, w: cr.mean(cr.softplus(cr.layer_norm(cr.matmul(x, w))))


def ties_and_kinks():
    return lambda x: cr.sum(cr.max(x, axis=0) + cr.relu(x[0]) * cr.abs(x[1]))


X, Y, W = normal(101, 3, 2), normal(102, 3, 2), normal(103, 2, 4)
TIES = np.array([[0.0, 1.0, -1.0, 2.0], [0.0, 1.0, 0.0, -2.0]])

BUGS = [
    Bug(bits, (positive(104, 5),), "constant_factor"),
    Bug(half_squared_distance, (X, Y), "sign", (1,)),
    Bug(mean_of_sines, (X,), "constant_factor"),
    Bug(weighted_gram, (X, normal(105, 3, 3)), "missing_fork_sum"),
]

RIGHT = [
    Right(two_layers, (X, W, normal(106, 4), normal(107, 4, 1), normal(108, 1))),
    Right(built_in_ops, (X, W)),
    Right(ties_and_kinks, (TIES,), "all at once"),
]
