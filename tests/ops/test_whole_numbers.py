"""A mask or a count beside what wants a gradient is worth what the same numbers are as fractions.

Every op of the catalogue of several inputs, every place, eager and forward.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.operation import apply
from chainrule.testing import case_of
from tests.ops.test_every_op import called
from tests.together import for_each_op

WHOLE = {
    "a mask": lambda x: x > 0.5,
    "ones": lambda x: np.ones(x.shape, bool),
    "True": lambda x: True,
    "counts": lambda x: (1.5 * np.abs(x)).astype(np.uint8),
    "small": lambda x: (2 * x).astype(np.int8),
}
TOLERANCE = {np.float32: 2e-4, np.float64: 1e-12}
INVERTED = {("solve", 0), ("cofactors_slope", 0)}  # few matrices of ones and zeros can be


def mixed():
    """The ops with several inputs that a gradient flows into."""
    samples = ((name, case_of(CATALOGUE[name], 1)) for name in CATALOGUE.names())
    for name, case in (*samples, *called()):
        if len(case.differentiable) > 1 and not case.op.flat:
            yield name, case


@for_each_op(mixed(), few=2)
def test_a_whole_number_beside_a_fraction_is_worth_the_same_as_a_fraction(case):
    for dtype, tolerance in TOLERANCE.items():
        for place in case.differentiable:
            if (case.op.name, place) in INVERTED:
                continue
            for name, whole in WHOLE.items():
                given, each = whole(case.operands[place]), case.with_dtype(dtype)
                if given is True and not fits(each, place):
                    continue
                number = np.asarray(given, dtype)
                found, wanted = (derivatives(each, place, x) for x in (given, number))
                for a, b in zip(found, wanted, strict=True):
                    says = f"operand {place} is {name}"
                    assert_allclose(a, b, rtol=tolerance, atol=tolerance, err_msg=says)


def fits(case, place):
    """Whether one number may stand there."""
    try:
        apply(case.op, tuple(replaced(case, place, np.asarray(1.0))))
    except (cr.errors.ChainruleError, AttributeError, IndexError, ValueError):
        return False
    return True


def replaced(case, place, x):
    return [x if i == place else operand for i, operand in enumerate(case.operands)]


def derivatives(case, place, x):
    """Values, gradients and tangents, where one operand is this."""
    operands = replaced(case, place, x)
    moving = [i for i in case.differentiable if i != place]
    rng = np.random.default_rng(3)

    def of(*values):
        given = dict(zip(moving, values, strict=True))
        return apply(case.op, tuple(given.get(i, y) for i, y in enumerate(operands)))

    points = [operands[i] for i in moving]
    with np.errstate(all="ignore"):
        out, pull = cr.vjp(of, *points)
        pulled = pull(like(out, rng))
        tangents = tuple(like(point, rng) for point in points)
        _, pushed = cr.jvp(of, tuple(points), tangents)
    gradients = pulled if isinstance(pulled, tuple) else (pulled,)
    for gradient, point in zip(gradients, points, strict=True):
        assert gradient.dtype == point.dtype
    return [*several(out), *gradients, *several(pushed)]


def like(x, rng):
    if isinstance(x, tuple):
        return tuple(like(part, rng) for part in x)
    return np.asarray(rng.normal(size=np.shape(x)), x.dtype)


def several(x):
    return x if isinstance(x, tuple) else (x,)


@pytest.mark.parametrize("loss", [cr.squared_error, cr.binary_cross_entropy, cr.hinge])
def test_the_loss_of_rows_under_a_mask_keeps_float32(loss):
    scores = cr.parameter(np.ones((4, 3), np.float32))
    labels = loss is cr.hinge
    targets = np.zeros(4, int) if labels else np.zeros((4, 3), np.float32)
    mask = np.arange(targets.size).reshape(targets.shape) < 2
    found = loss(scores, targets, weights=mask)
    found.backward()
    wanted = loss(scores.data, targets, weights=mask.astype(np.float32))
    assert found.dtype == scores.grad.dtype == np.float32
    assert found.item() == wanted


def test_a_count_of_0_is_no_power_of_255():
    x = cr.parameter(np.array([20.0, 20.0]))
    cr.sum(x ** np.array([0, 2], np.uint8)).backward()
    assert x.grad.tolist() == [0, 40]


def test_scores_of_uint8_have_the_loss_of_these_numbers():
    scores, labels = np.array([[1, 3, 0]], np.uint8), np.array([0])
    found = cr.softmax_cross_entropy(scores, labels)
    assert found == cr.softmax_cross_entropy(scores.astype(float), labels)
