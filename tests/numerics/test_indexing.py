"""An element picked twice is a fork; an index outside its axis is an error, never an answer."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.errors import IndexRangeError
from tests.numerics.everywhere import everywhere
from tests.numerics.rows import Row, row

TWICE = np.array([0, 0, -1, 2])  # of an axis of 3: -1 is 2
X = [1.0, 2.0, 3.0]
WEIGHTS = np.array([1.0, 10.0, 100.0, 1000.0])
PICKS = {
    "take": lambda x: cr.take(x, TWICE),
    "take along an axis": lambda x: cr.take(x, TWICE, axis=0),
    "np.take": lambda x: np.take(x, TWICE),
    "getitem": lambda x: x[TWICE],
    "getitem of a list": lambda x: x[[0, 0, -1, 2]],
    "take_along_axis": lambda x: np.take_along_axis(x, TWICE, axis=0),
}


@row(Row.DUPLICATES)
@pytest.mark.parametrize("pick", PICKS)
def test_an_element_picked_twice_receives_both_gradients(pick):
    f = PICKS[pick]
    everywhere(lambda x: f(x) * WEIGHTS, X, [11, 0, 1100], 0.0)
    everywhere(lambda x: f(x) ** 2 * WEIGHTS, X, [22, 0, 6600], [22, 0, 2200])


@row(Row.DUPLICATES)
def test_a_row_picked_twice_receives_both_gradients():
    x = np.arange(6.0).reshape(3, 2)
    counts = np.array([[2.0], [0.0], [2.0]])
    everywhere(lambda x: cr.take(x, TWICE, axis=0) ** 2, x, 2 * x * counts, 2 * counts)
    everywhere(lambda x: x[TWICE] ** 2, x, 2 * x * counts, 2 * counts)
    everywhere(lambda x: x[:, [1, 1]] ** 2, x, 2 * x * [0, 2], [0, 4])
    everywhere(
        lambda x: x[TWICE, [0, 0, 1, 1]] ** 2,
        x,
        2 * x * [[2, 0], [0, 0], [0, 2]],
        [[4, 0], [0, 0], [0, 4]],
    )


@row(Row.DUPLICATES)
def test_a_scatter_adds_where_two_elements_meet():
    rows = np.array([1, 1, -1])
    everywhere(lambda x: cr.put_rows(x, rows, 3) * [1.0, 10.0, 100.0], X, [10, 10, 100], 0.0)
    # (x0 + x1)**2 + x2**2
    everywhere(lambda x: cr.put_rows(x, rows, 3) ** 2, X, [6, 6, 6], [4, 4, 2])


@row(Row.DUPLICATES)
def test_the_same_slice_twice_is_a_fork():
    everywhere(lambda x: x[:2] * x[:2] + x[1:] * x[:2], X, [4, 8, 2], [3, 4, 1])


# -------------------------------------------------------------------------------- out of range


def modes():
    """The ways a function of scores can be run."""
    return {
        "arrays": lambda f, x: f(x),
        "tensors": lambda f, x: f(cr.tensor(x)),
        "grad": lambda f, x: cr.grad(lambda z: cr.sum(f(z)))(x),
        "jvp": lambda f, x: cr.jvp(f, (x,), (np.ones_like(x),)),
        "grad of grad": lambda f, x: cr.grad(lambda y: cr.sum(cr.grad(lambda z: cr.sum(f(z)))(y)))(
            x
        ),
    }


@row(Row.OUT_OF_RANGE)
@pytest.mark.parametrize("mode", modes())
@pytest.mark.parametrize("label", [3, -1, 100])
def test_a_label_outside_the_classes_raises_and_names_row_value_and_classes(mode, label):
    labels = np.array([0, label])
    with pytest.raises(IndexRangeError) as raised:
        modes()[mode](lambda x: cr.softmax_cross_entropy(x, labels), np.zeros((2, 3)))
    message = str(raised.value)
    assert str(label) in message
    assert "1" in message
    assert "3" in message


@row(Row.OUT_OF_RANGE)
@pytest.mark.parametrize("mode", modes())
@pytest.mark.parametrize("index", [3, -4])
@pytest.mark.parametrize(
    "pick",
    [
        lambda x, i: cr.take(x, np.array([0, i])),
        lambda x, i: np.take(x, np.array([0, i]), axis=0),
        lambda x, i: x[i],
        lambda x, i: x[np.array([0, i])],
        lambda x, i: np.take_along_axis(x, np.array([0, i]), axis=0),
        lambda x, i: cr.put_rows(x, np.array([0, 1, i]), 3),
    ],
    ids=["take", "np.take", "integer", "index array", "take_along_axis", "put_rows"],
)
def test_an_index_outside_its_axis_raises(mode, index, pick):
    with pytest.raises(IndexError):
        modes()[mode](lambda x: pick(x, index), np.zeros(3))


@row(Row.OUT_OF_RANGE)
def test_the_first_and_the_last_index_are_inside():
    for index in (-3, 2):
        assert_array_equal(cr.take(np.arange(3.0), np.array([index])), [(index + 3) % 3])
