"""The doctor asks an op for its facts: one of the user's own is treated like ours."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.doctor import kinks, repairs
from chainrule.doctor.subject import subject_of
from chainrule.domain import Domain
from chainrule.errors import NonFiniteError
from chainrule.graph.op.families import Elementwise, Structured, Turning
from chainrule.tracing.nonfinite import trace_nonfinite

X = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


class Plus(cr.Op):
    symbol = "+"

    def forward(self, x, y):
        return x + y

    def backward(self, upstream, x, y, out):
        return upstream, upstream


class Backwards(Turning):
    def forward(self, x):
        return np.transpose(x)

    def backward(self, upstream, x, out):
        return (np.transpose(upstream),)


class Nearest(Structured):
    """The element of x that is nearest to 0."""

    def forward(self, x):
        return x.ravel()[np.argmin(np.abs(x))]

    def backward(self, upstream, x, out):
        return (upstream * (x == out),)

    def branch(self, x):
        return np.argmin(np.abs(x))


def values(changes):
    return [change().tolist() for change in changes]


def test_a_sum_of_the_users_own_is_tried_with_the_other_sign():
    found = values(repairs.another_sign(Plus(), (X, X / 2)))
    assert found == [(X / 2).tolist(), (-X / 2).tolist()]


def test_a_transposition_of_the_users_own_is_left_away():
    assert values(repairs.another_transposition(Backwards(), (X,))) == [X.tolist()]
    assert values(repairs.another_transposition(cr.matrix_transpose.op(), (X,))) == [X.tolist()]


def test_a_choice_of_the_users_own_is_watched_for_kinks():
    near = np.array([[3.0, -1.0], [1.0 + 1e-9, 2.0]])
    subject = subject_of(lambda x: Nearest()(x * 1.0), (near,))
    assert kinks.crossed(subject, 0, (0, 1)) == ("nearest",)
    assert kinks.crossed(subject, 0, (0, 0)) == ()


@pytest.mark.parametrize(
    "function",
    [
        lambda x: cr.clip(x, 1.0, 2.0),
        lambda x: cr.quantile(x, np.ones((1, 1))),
        lambda x: np.mod(x, 1.0),
        lambda x: np.median(x, axis=0),
        lambda x: np.fmax(x, 1.0),
    ],
)
def test_every_choice_of_ours_is_watched_for_kinks(function):
    subject = subject_of(function, (np.array([[1.0]]),))
    assert kinks.sides(subject)


class Pole(Elementwise):
    """1 / (x - 2)."""

    domains = (Domain(poles=(2.0,)),)

    def forward(self, x):
        return 1 / (x - 2)


def test_a_pole_of_the_users_own_is_named_with_a_legal_value():
    x = cr.tensor(np.array([1.0, 2.0]), name="x")
    with pytest.raises(NonFiniteError) as caught, trace_nonfinite():
        Pole()(x)
    assert "x != 2" in str(caught.value)
    assert "where(x != 2, x, 3)" in str(caught.value)
