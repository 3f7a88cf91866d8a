"""No array can be changed unseen between the forward and the backward pass."""

import gc

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.errors import InPlaceError, StaleValueError


class UserView(cr.Op):
    def forward(self, x):
        return x[:1]


SMALL, LARGE = 100, 100_000  # elements of float64: below and above 64 KiB


def test_a_small_array_changed_after_the_forward_pass_gives_the_right_gradient():
    user = np.full(SMALL, 3.0)
    x = cr.tensor(user)
    loss = (x * x).sum()
    user[...] = 100.0
    loss.backward()
    assert_array_equal(x.grad, np.full(SMALL, 6.0))


def test_a_small_array_beside_a_tensor_is_copied_as_well():
    w, user = cr.tensor(np.ones(SMALL)), np.full(SMALL, 3.0)
    loss = (w * user).sum()
    user[...] = 100.0
    loss.backward()
    assert_array_equal(w.grad, np.full(SMALL, 3.0))


@pytest.mark.parametrize("use", [lambda w, a: a @ w, lambda w, a: np.multiply(a, w)])
def test_an_array_on_the_left_is_copied_as_well(use):
    w, user = cr.tensor(np.ones(3)), np.full((2, 3), 3.0)
    loss = use(w, user).sum()
    user[...] = 100.0
    loss.backward()
    assert_array_equal(w.grad, np.full(3, 6.0))


def test_a_large_array_is_locked_while_the_graph_lives():
    user = np.ones(LARGE)
    x = cr.tensor(user)
    loss = (x * x).sum()
    with pytest.raises(ValueError, match="read-only"):
        user[0] = 5.0
    loss.backward()
    assert_array_equal(x.grad[:2], [2, 2])


def test_the_lock_is_lifted_when_the_graph_goes():
    user = np.ones(LARGE)
    loss = (cr.tensor(user) * 2).sum()
    del loss
    gc.collect()
    user[0] = 5.0
    assert user[0] == 5.0


def test_the_second_graph_of_a_large_array_sees_a_change_after_the_first_is_gone():
    user = np.ones(LARGE)
    first, second = cr.tensor(user), cr.tensor(user)
    loss = (second * second).sum()
    del first  # it held the lock; the fingerprint of the second stands
    user[0] = 5.0
    with pytest.raises(StaleValueError):
        loss.backward()


def test_a_large_array_can_be_written_when_both_of_its_graphs_are_gone():
    user = np.ones(LARGE)
    first, second = cr.tensor(user), cr.tensor(user)
    del second
    with pytest.raises(ValueError, match="read-only"):
        user[0] = 5.0
    del first
    user[0] = 5.0


def test_an_array_that_was_read_only_stays_read_only():
    user = np.ones(LARGE)
    user.flags.writeable = False
    x = cr.tensor(user)
    del x
    assert not user.flags.writeable


def test_a_large_array_changed_through_an_older_view_is_an_error():
    user = np.ones(LARGE)
    older = user[:]
    x = cr.tensor(user, name="x")
    loss = (x * x).sum()
    older[1234] = 5.0
    with pytest.raises(StaleValueError, match="x was changed after multiply read it"):
        loss.backward()


@pytest.mark.parametrize("change", [1e-9, -1.0, np.nan])
def test_the_fingerprint_sees_the_smallest_change(change):
    user = np.ones((LARGE // 10, 10))
    older = user[:]
    x = cr.tensor(user)
    loss = (x * x).sum()
    older[-1, -1] += change
    with pytest.raises(StaleValueError):
        loss.backward()


@pytest.mark.parametrize("shape", [(LARGE,), (1000, 100), (100, 1021), (251, 400), (400, 251)])
def test_the_fingerprint_sees_two_swapped_rows(shape):
    user = np.random.default_rng(0).normal(size=shape)
    older = user[:]
    x = cr.tensor(user)
    loss = (x * x).sum()
    older[[3, 7]] = older[[7, 3]]
    with pytest.raises(StaleValueError):
        loss.backward()


def test_the_fingerprint_sees_a_shift_by_one_row():
    user = np.random.default_rng(0).normal(size=(1000, 100))
    older = user[:]
    x = cr.tensor(user)
    loss = (x * x).sum()
    older[...] = np.roll(older, 1, axis=0)
    with pytest.raises(StaleValueError):
        loss.backward()


def test_a_view_of_a_large_array_is_guarded_too():
    user = np.ones((LARGE, 2))
    x = cr.tensor(user[:, 0])
    loss = (x * x).sum()
    user[0, 0] = 5.0
    with pytest.raises(StaleValueError):
        loss.backward()


def test_a_slice_of_a_guarded_array_keeps_its_value():
    user = np.ones(LARGE)
    older = user[:]
    x = cr.tensor(user)
    part = x[:3] * 2
    older[0] = 9.0
    assert_array_equal(part.data, [2, 2, 2])


def test_the_data_of_a_tensor_is_read_only():
    x = cr.tensor(np.ones(3))
    for node in (x, x * 2):
        with pytest.raises(ValueError, match="read-only"):
            node.data[0] = 5.0


def test_an_op_result_cannot_be_written_through_a_view_of_its_data():
    out = cr.tensor(np.ones((2, 3))) * 2
    with pytest.raises(ValueError, match="read-only"):
        out.data.T[0] = 5.0


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.__setitem__(0, 1.0),
        lambda x: x.__setitem__(slice(None), 1.0),
        lambda x: setattr(x, "data", np.zeros(3)),
        lambda x: np.add(x, 1.0, out=np.zeros(3)),
        lambda x: np.add(np.ones(3), 1.0, out=x),
        lambda x: np.sum(x, out=np.zeros(())),
    ],
)
def test_changes_in_place_raise(change):
    with pytest.raises(InPlaceError):
        change(cr.tensor(np.ones(3)))


def test_augmented_assignment_makes_a_new_tensor():
    x = cr.tensor(np.ones(3))
    y = x
    y += 1
    y *= 2
    assert y is not x
    assert_array_equal(x.data, [1, 1, 1])
    y.sum().backward()
    assert_array_equal(x.grad, [2, 2, 2])


def test_an_ndarray_cannot_take_a_tensor_in_place():
    array = np.ones(3)
    with pytest.raises(InPlaceError):
        array += cr.tensor(np.ones(3))


# ------------------------------------------------------------------------------ parameters


def test_a_parameter_is_a_copy_and_aligned_to_64_bytes():
    user = np.ones((3, 5), np.float32)
    w = cr.parameter(user, name="w")
    user[...] = 9
    assert_array_equal(w.data, np.ones((3, 5)))
    assert w.value.ctypes.data % 64 == 0


def test_subtracting_a_step_raises_the_version_and_keeps_the_memory():
    w = cr.parameter(np.ones(3), name="w")
    version, place = w.changed, w.value.ctypes.data
    w.data -= 0.5
    assert w.changed > version
    assert w.value.ctypes.data == place
    assert_array_equal(w.data, [0.5, 0.5, 0.5])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda w: setattr(w, "data", w.data + 1), 3.0),
        (lambda w: setattr(w, "data", w.data * 3), 6.0),
        (lambda w: setattr(w, "data", np.full(3, 7.0)), 7.0),
        (lambda w: setattr(w, "data", np.full(3, 7, int)), 7.0),
    ],
)
def test_assignment_to_data_writes_the_parameter(change, expected):
    w = cr.parameter(np.full(3, 2.0), name="w")
    version = w.changed
    change(w)
    assert w.changed > version
    assert_array_equal(w.data, np.full(3, expected))


def test_backward_through_an_older_version_names_both_places():
    w = cr.parameter(np.ones(3), name="weights")
    loss = (w * w).sum()
    w.data -= 0.1
    with pytest.raises(StaleValueError) as caught:
        loss.backward()
    message = str(caught.value)
    assert message.startswith(
        "weights was changed after multiply read it, so its gradient would be wrong."
    )
    assert "loss.backward()" in message
    assert "w.data -= 0.1" in message
    assert message.count("test_guards.py:") == 2


def test_a_parameter_that_changed_before_the_forward_pass_is_fine():
    w = cr.parameter(np.ones(3), name="w")
    w.data -= 0.5
    (w * w).sum().backward()
    assert_array_equal(w.grad, [1, 1, 1])


def test_a_view_of_a_parameter_keeps_the_values_that_its_readers_saw():
    w = cr.parameter(np.ones((2, 3)), name="w")
    loss = (cr.transpose(w) ** 2).sum()
    w.data -= 0.5
    loss.backward()
    assert_array_equal(w.grad, np.full((2, 3), 2.0))


@pytest.mark.parametrize(
    "view",
    [
        lambda w: w[0],
        lambda w: cr.reshape(w, (6,)),
        lambda w: w.T,
        cr.identity,
        lambda w: cr.broadcast_to(w, (2, 2, 3)),
        cr.flip,
        lambda w: cr.split(w, 3, axis=1)[1],
        lambda w: cr.identity(cr.identity(w)),
        lambda w: cr.reshape(cr.transpose(w), (6,)),
        lambda w: cr.sum_to(w, (2, 3)),
        lambda w: cr.cast(w, np.float64),
        lambda w: cr.einsum("ij->ji", w),
        cr.squeeze,
        lambda w: cr.diagonal_embed(w, "ij", "ij"),
        lambda w: cr.sum(w, axis=()),
        lambda w: cr.prod(w[None], axis=0),
        lambda w: cr.prod(cr.reshape(w, (1, 6)), axis=0),
        UserView(),
    ],
)
def test_a_tensor_made_from_a_parameter_keeps_its_value_when_the_parameter_changes(view):
    w = cr.parameter(np.ones((2, 3)), name="w")
    out = view(w)
    w.data -= 0.5
    assert_array_equal(out.data, np.ones(out.shape))


def test_data_of_a_parameter_cannot_be_written_by_element():
    w = cr.parameter(np.ones(3), name="w")
    with pytest.raises(InPlaceError, match="cannot be written through"):
        w.data[0] = 5.0
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(w.data)[0] = 5.0


@pytest.mark.parametrize("write", [np.negative, np.exp])
def test_data_of_a_parameter_cannot_be_an_out_argument(write):
    w = cr.parameter(np.ones(3), name="w")
    with pytest.raises(ValueError, match="read-only"):
        write(np.ones(3), out=w.data)
    assert_array_equal(w.data, np.ones(3))
