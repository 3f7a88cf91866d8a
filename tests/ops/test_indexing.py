"""Indexing: every key of NumPy, duplicates add up, and what is outside raises."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.errors import IndexRangeError
from chainrule.graph.readings.dual import Dual
from chainrule.testing.strategies import index_keys

SHAPES = st.sampled_from([(5,), (3, 4), (2, 3, 4), (1, 3), (3, 1, 2)])


@settings(max_examples=300)
@given(data=st.data(), shape=SHAPES)
def test_any_key_gives_numpys_value_and_scatters_the_gradient_back(data, shape):
    key = data.draw(index_keys(shape))
    x = np.arange(np.prod(shape), dtype=float).reshape(shape)
    leaf = cr.tensor(x)
    try:
        expected = x[key]
    except IndexError:  # a mask beside index arrays of another length
        with pytest.raises(IndexRangeError):
            leaf[key]
        return
    out = leaf[key]
    assert_array_equal(out.data, expected)
    upstream = np.random.default_rng(0).normal(size=expected.shape)
    out.backward(upstream=upstream)
    scattered = np.zeros(shape)
    np.add.at(scattered, key, upstream)
    assert_allclose(leaf.grad, scattered, rtol=1e-15, atol=1e-15)


@settings(max_examples=100)
@given(data=st.data(), shape=SHAPES)
def test_any_key_works_in_forward_mode_and_in_the_second_order(data, shape):
    key = data.draw(index_keys(shape))
    x = np.random.default_rng(0).normal(size=shape)
    v = np.random.default_rng(1).normal(size=shape)
    assume(is_legal(x, key))
    out = Dual(x, (v,))[key]
    assert_array_equal(np.asarray(out.partials[0]), v[key])
    second = cr.grad(lambda x: cr.sum(cr.grad(lambda y: cr.sum(y[key] ** 3))(x) * v))(x)
    count = np.zeros(shape)
    np.add.at(count, key, np.ones(x[key].shape))
    assert_allclose(second, 6 * x * v * count, rtol=1e-13, atol=1e-13)


def is_legal(x, key):
    try:
        x[key]
    except IndexError:
        return False
    return True


@settings(max_examples=50)
@given(data=st.data(), shape=SHAPES)
def test_indices_may_be_tensors(data, shape):
    x = np.arange(np.prod(shape), dtype=float).reshape(shape)
    rows = data.draw(st.lists(st.integers(-shape[0], shape[0] - 1), min_size=1, max_size=4))
    leaf = cr.tensor(x)
    out = leaf[cr.tensor(np.array(rows))]
    assert_array_equal(out.data, x[rows])
    out.sum().backward()
    scattered = np.zeros(shape)
    np.add.at(scattered, rows, 1.0)
    assert_array_equal(leaf.grad, scattered)


@pytest.mark.parametrize(
    ("pick", "expected"),
    [
        (lambda x: x[np.array([0, 0, 3])], [2, 0, 0, 1]),
        (lambda x: x[np.array([3, -1, -4])], [1, 0, 0, 2]),
        (lambda x: x[[1, 1, 1, 1]], [0, 4, 0, 0]),
        (lambda x: cr.take(x, np.array([0, -1, 3, 3])), [1, 0, 0, 3]),
        (lambda x: cr.take(x, np.array([[2, 2], [2, -2]])), [0, 0, 4, 0]),
        (lambda x: cr.take(x, 2), [0, 0, 1, 0]),
        (lambda x: cr.take_along_axis(x, np.array([1, 1, -1]), 0), [0, 2, 0, 1]),
        (lambda x: x[x > 1.5], [0, 0, 1, 1]),
        (lambda x: x[True], [1, 1, 1, 1]),
        (lambda x: x[False], [0, 0, 0, 0]),
        (lambda x: x[np.int64(2)], [0, 0, 1, 0]),
        (lambda x: x[np.array(2)], [0, 0, 1, 0]),
        (lambda x: x[np.array([], int)], [0, 0, 0, 0]),
        (lambda x: x[[]], [0, 0, 0, 0]),
        (lambda x: x[10:], [0, 0, 0, 0]),
    ],
)
def test_an_element_that_is_picked_twice_receives_both_gradients(pick, expected):
    x = cr.tensor(np.arange(4.0))
    pick(x).sum().backward()
    assert_array_equal(x.grad, expected)


@pytest.mark.parametrize(
    ("pick", "message"),
    [
        (lambda x: x[7], "index 7 is out of bounds"),
        (lambda x: x[np.array([0, 4])], "index 4 is out of bounds"),
        (lambda x: x[-5], "index -5 is out of bounds"),
        (lambda x: x[0, 0], "too many indices"),
        (lambda x: x[np.array([True, False])], "boolean index did not match"),
        (lambda x: cr.take(x, np.array([0, 4])), "index 4 at (1,) is outside an axis of length 4"),
        (lambda x: cr.take(x, np.array([[0, -5]])), "index -5 at (0, 1) is outside an axis"),
        (lambda x: cr.take(x, np.array([0.0])), "positions are integers, but these are float64"),
        (lambda x: cr.take_along_axis(x, np.array([4]), 0), "index 4 at (0,) is outside"),
        (lambda x: x[1.5], "only integers, slices"),
        (lambda x: x["name"], "only integers, slices"),
    ],
)
def test_an_index_outside_its_axis_raises(pick, message):
    with pytest.raises(IndexRangeError) as caught:
        pick(cr.tensor(np.arange(4.0)))
    assert message in str(caught.value)


@pytest.mark.parametrize("places", [[0, 4], [0, -5]])
def test_a_row_put_outside_the_table_raises_the_same_error_compiled(places):
    def put(rows):
        return cr.put_rows(rows, np.array(places), 4)

    messages = []
    for run in (put, cr.compile(put)):
        with pytest.raises(IndexRangeError) as caught:
            run(np.ones((2, 3)))
        messages.append(caught.value.args[0].splitlines()[0])
    assert messages[0] == messages[1]


LABELS = [
    (np.array([0, 3, 1]), "label 3 in row 1 is outside the 3 classes"),
    (np.array([0, 1, -1]), "label -1 in row 2 is outside the 3 classes"),
    (np.array([0.0, 1.0, 2.0]), "class labels are integers, but these are float64"),
    (np.array([0, 1, 200], np.uint8), "label 200 in row 2 is outside the 3 classes"),
]


@pytest.mark.parametrize(("labels", "message"), LABELS)
@pytest.mark.parametrize("loss", [cr.softmax_cross_entropy, cr.hinge])
def test_a_label_outside_the_classes_raises_with_row_and_value(loss, labels, message):
    with pytest.raises(IndexRangeError) as caught:
        loss(cr.tensor(np.ones((3, 3))), labels)
    assert message in str(caught.value)
    assert "Labels run from 0 to 2" in str(caught.value) or "Convert" in str(caught.value)


@pytest.mark.parametrize("dtype", ["<i8", ">i8", ">i4", "i1", "u1", "<u2", ">u2", "u8"])
@pytest.mark.parametrize("loss", [cr.softmax_cross_entropy, cr.hinge])
def test_labels_of_any_integer_type_work(loss, dtype):
    scores = np.random.default_rng(0).normal(size=(3, 3))
    labels = np.array([0, 2, 1])
    expected = cr.tensor(scores)
    loss(expected, labels).backward()
    found = cr.tensor(scores)
    loss(found, labels.astype(dtype)).backward()
    assert_array_equal(found.grad, expected.grad)


def test_labels_may_be_a_strided_view():
    scores = np.random.default_rng(0).normal(size=(3, 3))
    labels = np.array([0, 9, 2, 9, 1, 9])[::2]
    expected = cr.softmax_cross_entropy(scores, labels.copy())
    assert cr.softmax_cross_entropy(scores, labels) == expected
    assert cr.softmax_cross_entropy(scores, labels[::-1]) != expected


@pytest.mark.parametrize("loss", [cr.softmax_cross_entropy, cr.hinge])
def test_integer_scores_are_taken_as_numbers(loss):
    scores, labels = np.array([[-1, 2], [3, 0]]), np.array([0, 1])
    assert_allclose(loss(scores, labels), loss(scores.astype(float), labels))


def test_the_residual_of_softmax_checks_its_labels_too():
    with pytest.raises(IndexRangeError, match="label 4 in row 1"):
        cr.softmax_residual(np.ones((3, 4)), np.array([0, 4, 2]))
    assert_array_equal(
        cr.softmax_residual(np.zeros((1, 2)), [1]), cr.softmax([[0.0, 0.0]]) - [[0, 1]]
    )


def test_what_is_repeated_to_fill_the_places_receives_the_sum():
    x = cr.tensor(np.array([[1.0], [2.0], [3.0]]))
    places = np.array([[0, 1], [2, 0], [1, 1]])
    upstream = np.arange(12.0).reshape(3, 4)
    cr.put_along_axis(x, places, 4, 1).backward(upstream=upstream)
    assert_array_equal(x.grad[:, 0], np.take_along_axis(upstream, places, 1).sum(axis=1))
    row = cr.tensor(np.ones((1, 4)))
    cr.putitem(row, (("slice", None, None, 2),), (3, 4)).backward(upstream=upstream)
    assert_array_equal(row.grad[0], upstream[::2].sum(axis=0))


def test_a_row_taken_by_several_rows_of_indices_receives_the_sum():
    x = cr.tensor(np.arange(5.0)[None])
    places = np.array([[0], [1], [4], [4]])
    out = cr.take_along_axis(x, places, axis=1)
    assert_array_equal(out.data, np.take_along_axis(np.arange(5.0)[None], places, 1))
    out.backward(upstream=np.array([[1.0], [2.0], [3.0], [4.0]]))
    assert_array_equal(x.grad, [[1, 2, 0, 0, 7]])
