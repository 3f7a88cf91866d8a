"""NumPy's questions, whose answers carry no gradient by nature: answered on the values."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import UnsupportedError
from chainrule.graph.numpy.protocols import QUESTIONS, TYPE_ONLY

X = np.array([1.0, 2.0, np.nan, np.inf])
Y = np.array([1.0, 2.0 + 1e-9, np.nan, np.inf])
ONE = frozenset(
    {np.isreal, np.iscomplex, np.array2string, np.array_repr, np.array_str, np.iscomplexobj}
    | {np.isrealobj, np.min_scalar_type}
)
CALLS = {f.__name__: f for f in sorted(QUESTIONS | TYPE_ONLY, key=lambda f: f.__name__)}


def answer(function, x):
    if function in ONE:
        return function(x)
    if function is np.can_cast:
        return function(x.dtype, np.float32)
    if function in (np.result_type, np.common_type):
        return function(x, np.ones(2, np.float32))
    return function(x, Y)


@pytest.mark.parametrize("name", CALLS)
def test_a_question_is_answered_as_numpy_answers_it(name):
    function, found = CALLS[name], []
    expected = answer(function, X)

    def asked(x):
        found.append(answer(function, x))
        return x.sum()

    asked(cr.tensor(X))
    cr.grad(asked)(X)
    cr.jvp(asked, (X,), (X,))
    cr.hessian(asked)(X)
    assert len(found) > 3
    for each in found:
        assert type(each) is type(expected)
        np.testing.assert_array_equal(each, expected)


@pytest.mark.parametrize("name", sorted(f.__name__ for f in TYPE_ONLY))
def test_the_element_type_is_known_while_a_function_is_recorded(name):
    function, found = CALLS[name], []
    cr.compile(lambda x: found.append(answer(function, x)) or x.sum())(X)
    assert set(found) == {answer(function, X)}


def test_keywords_are_passed_on():
    t = cr.tensor(X)
    assert np.allclose(t, cr.tensor(Y), equal_nan=True)
    assert not np.allclose(t, b=Y, rtol=0.0, atol=0.0, equal_nan=True)
    assert np.array_equal(a1=t, a2=X, equal_nan=True)


def test_a_value_that_is_asked_for_while_a_function_is_recorded_raises():
    with pytest.raises(UnsupportedError, match="values come later"):
        cr.compile(lambda x: 2 * x if np.allclose(x, Y) else x)(X)


@pytest.mark.parametrize("mask", [X > 1.5, np.eye(2), np.zeros((2, 0))], ids=["bool", "2d", "0"])
def test_where_of_a_condition_alone_gives_the_positions(mask):
    found = np.where(cr.tensor(mask))
    for mine, expected in zip(found, np.where(mask), strict=True):
        assert type(mine) is np.ndarray
        np.testing.assert_array_equal(mine, expected)
    squares = cr.grad(lambda x: (x[np.where(x > 1.5)] ** 2).sum())
    np.testing.assert_array_equal(squares(np.array([1.0, 2.0, 3.0])), [0.0, 4.0, 6.0])


@pytest.mark.parametrize("join", [lambda t: np.r_[t, 1.0], lambda t: np.c_[t, t]], ids=["r", "c"])
def test_r_and_c_name_the_functions_that_stay_in_the_graph(join):
    for call in (
        lambda: join(cr.tensor(Y)),
        lambda: cr.grad(lambda x: join(x).sum())(Y),
        lambda: cr.compile(lambda x: join(x).sum())(Y),
    ):
        with pytest.raises(UnsupportedError, match=r"np\.r_\[x\] or np\.c_\[x\]") as raised:
            call()
        assert "np.concatenate and np.column_stack" in str(raised.value)
    np.testing.assert_array_equal(np.c_[cr.tensor(Y).data, Y], np.c_[Y, Y])
