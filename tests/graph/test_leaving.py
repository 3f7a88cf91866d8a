"""Where a value would leave the graph: who says so, in which words, and what stays free."""

import json
import math
import struct
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.integrate
import scipy.linalg
import scipy.optimize
import scipy.special
import scipy.stats
import sklearn.linear_model
import sklearn.metrics
import sklearn.preprocessing
from matplotlib.figure import Figure
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.errors import GradientLostWarning, UnsupportedError

X = np.array([0.5, 1.5, 2.5])
M = np.array([[2.0, 0.5, 0.0], [0.5, 1.5, 0.1], [0.0, 0.1, 1.0]])


def assigned(value):
    a = np.zeros(3)
    a[:] = value
    return a


def fitted():
    return sklearn.linear_model.LinearRegression().fit(X[:, None], X)


TO_ARRAYS = {
    "np.asarray": np.asarray,
    "np.array": np.array,
    "a list": lambda t: np.array([t[0], t[1]]),
    "a list of lists": lambda t: np.array([[t[0], 1.0], [2.0, t[1]]]),
    "item assignment": lambda t: assigned(t**2),
    "ndarray.dot": X.dot,
    "np.vectorize": np.vectorize(lambda v: 2 * v),
    "DLPack": np.from_dlpack,
    "a random generator": lambda t: np.random.default_rng(0).normal(t),
}
TO_NUMBERS = {
    "float": lambda t: float(t[0]),
    "int": lambda t: int(t[0]),
    "complex": lambda t: complex(t[0]),
    "math.exp": lambda t: math.exp(t[0]),
    "a.fill": lambda t: np.zeros(3).fill(t[0]),
    "np.fromiter": lambda t: np.fromiter(t, float),
    "struct.pack": lambda t: struct.pack("d", t[0]),
    "percent": lambda t: "%f" % t[0],  # noqa: UP031  what is tried
}
FREE = {
    "data": lambda t: t.data,
    "item": lambda t: t[0].item(),
    "format": lambda t: f"{t[0]:.2f} {t[0]:>8.3f}",
    "str": lambda t: f"{t} {t!r}",
    "bool": lambda t: bool(t[0]),
    "round": lambda t: round(t, 2),
    "comparison": lambda t: np.asarray(t > 1),
    "positions": lambda t: np.asarray(t.argsort()),
    "constants": lambda t: np.asarray(cr.stop_gradient(t)),
}
NAMED = {
    "scipy.special.softmax": (scipy.special.softmax, "cr.softmax(x)"),
    "scipy.special.log_softmax": (scipy.special.log_softmax, "cr.log_softmax(x)"),
    "scipy.special.logsumexp": (scipy.special.logsumexp, "cr.logsumexp(x)"),
    "scipy.special.polygamma": (lambda t: scipy.special.polygamma(1, t), "cr.polygamma(x)"),
    "scipy.special.multigammaln": (lambda t: scipy.special.multigammaln(t, 2), ""),
    "scipy.linalg.inv": (lambda t: scipy.linalg.inv(t * M), "cr.inv(x)"),
    "scipy.linalg.det": (lambda t: scipy.linalg.det(t * M), "cr.det(x)"),
    "scipy.linalg.solve": (lambda t: scipy.linalg.solve(M, t), "cr.solve(x)"),
    "scipy.linalg.cholesky": (lambda t: scipy.linalg.cholesky(t * M), "the lower factor"),
    "scipy.linalg.norm": (scipy.linalg.norm, "cr.norm(x)"),
    "scipy.linalg.expm": (lambda t: scipy.linalg.expm(t * M), ""),
    "scipy.stats.norm.logpdf": (scipy.stats.norm.logpdf, ""),
    "scipy.stats.zscore": (scipy.stats.zscore, ""),
    "scipy.integrate.simpson": (scipy.integrate.simpson, ""),
    "scipy.interpolate.CubicSpline": (lambda t: scipy.interpolate.CubicSpline(X, t), ""),
    "scipy.optimize.minimize": (lambda t: scipy.optimize.minimize(np.sum, t), ""),
    "np.vectorize": (np.vectorize(lambda v: 2 * v), ""),
    "pandas.Series": (pd.Series, ""),
    "pandas.Series.__mul__": (lambda t: pd.Series(X) * t, ""),
    "pandas.DataFrame": (lambda t: pd.DataFrame({"a": t}), ""),
    "matplotlib.axes.Axes.imshow": (lambda t: Figure().subplots().imshow(t * M), ""),
    "sklearn.metrics.r2_score": (lambda t: sklearn.metrics.r2_score(X, t), ""),
    "sklearn.linear_model.LinearRegression.score": (lambda t: fitted().score(X[:, None], t), ""),
    "sklearn.preprocessing.StandardScaler.fit_transform": (
        lambda t: sklearn.preprocessing.StandardScaler().fit_transform(t * M),
        "",
    ),
}


def in_grad(look):
    return cr.grad(lambda x: [look(x), x.sum()][1])(X)


def in_jvp(look):
    return cr.jvp(lambda x: [look(x), x.sum()][1], (X,), (X,))


def in_a_hessian(look):
    return cr.hvp(lambda x: [look(x), x.sum()][1], (X,), (X,))


DERIVATIVES = pytest.mark.parametrize("derivative", [in_grad, in_jvp, in_a_hessian])


@pytest.mark.parametrize("call", TO_ARRAYS.values(), ids=TO_ARRAYS)
def test_a_tensor_that_wants_a_gradient_does_not_become_an_array(call):
    with pytest.raises(UnsupportedError) as caught:
        call(cr.tensor(X))
    for word in ("x.data", "cr.stop_gradient(x)", "cr.stack", "test_leaving.py:"):
        assert word in str(caught.value)


@DERIVATIVES
@pytest.mark.parametrize("call", [*TO_ARRAYS.values(), *TO_NUMBERS.values()])
def test_a_value_of_a_derivative_becomes_neither_an_array_nor_a_number(call, derivative):
    with pytest.raises((UnsupportedError, AttributeError, ValueError, struct.error)):
        derivative(call)


@pytest.mark.parametrize("call", TO_NUMBERS.values(), ids=TO_NUMBERS)
def test_a_number_taken_from_the_graph_is_a_warning_at_the_users_line(call):
    with pytest.warns(GradientLostWarning, match=r"x\.item\(\) and x\.data say so") as heard:
        call(cr.tensor(X))
    assert {w.filename for w in heard} == {__file__}


def test_a_line_warns_once_and_another_line_again():
    t = cr.tensor(X)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("default")
        for _ in range(3):
            math.exp(t[0])
        math.exp(t[0])
    assert [w.lineno for w in heard] == [heard[0].lineno, heard[0].lineno + 1]


@pytest.mark.parametrize("call", FREE.values(), ids=FREE)
def test_what_says_that_it_means_the_value_is_free(call):
    call(cr.tensor(X))


@DERIVATIVES
@pytest.mark.parametrize("name", ["data", "format", "str", "bool", "round", "comparison"])
def test_looking_at_a_value_of_a_derivative_is_free(name, derivative):
    derivative(FREE[name])


@pytest.mark.parametrize("call", [*TO_ARRAYS.values(), *TO_NUMBERS.values()])
def test_everything_is_free_where_nothing_is_recorded(call):
    with cr.no_grad():
        call(cr.tensor(X))
    call(cr.tensor(X, wants_gradient=False))


@pytest.mark.parametrize("name", ["__array_interface__", "__array_struct__"])
def test_the_memory_itself_is_not_shown(name):
    with pytest.raises(UnsupportedError, match=r"np\.asarray\(x\) would leave the graph"):
        getattr(cr.tensor(X), name)
    with pytest.raises(UnsupportedError):
        in_grad(lambda x: getattr(x, name))
    assert not hasattr(cr.tensor([1, 2]), name)  # NumPy goes on to ask for a copy


def test_without_recording_the_values_of_a_derivative_are_free_too():
    def look(x):
        with cr.no_grad():
            assert_array_equal(np.asarray(x), X)
            assert float(x[0]) == X[0]
            assert x[0].item() == X[0]

    in_grad(look)
    in_jvp(look)


def test_labels_and_results_convert_freely():
    assert_array_equal(np.asarray(cr.tensor([1, 2])), [1, 2])
    assert [10, 20, 30][cr.tensor(2)] == 30
    assert list(range(cr.tensor(3))) == [0, 1, 2]
    assert_array_equal(np.from_dlpack(cr.tensor(X, wants_gradient=False)), X)
    assert math.floor(cr.tensor(7)) == 7
    with cr.no_grad():
        assert_array_equal(np.asarray(cr.relu(cr.parameter(X))), X)


def test_a_format_shows_the_number_in_every_reading():
    assert f"{cr.tensor(1.256):.2f}" == "1.26"
    seen = []
    in_grad(lambda x: seen.append(f"{x[0]:.1f}"))
    in_jvp(lambda x: seen.append(f"{x[0]:.1f}"))
    in_a_hessian(lambda x: seen.append(f"{x[0]:.1f}"))
    assert seen == ["0.5"] * 3
    with pytest.raises(TypeError, match="__format__"):
        f"{cr.tensor(X):.2f}"
    with pytest.raises(UnsupportedError, match="formatting x asks for a value"):
        cr.compile(lambda x: [f"{x[0]:.2f}", x][1])(X)


def test_what_cannot_be_written_as_json_says_so():
    with pytest.raises(TypeError, match="not JSON serializable"):
        json.dumps({"loss": cr.tensor(1.0)})


@pytest.mark.parametrize("name", NAMED)
def test_the_function_that_the_user_called_is_named_with_its_op(name):
    call, instead = NAMED[name]
    with pytest.raises(UnsupportedError) as caught:
        call(cr.tensor(X))
    message = str(caught.value)
    assert message.startswith(f"{name}(x) would leave the graph")
    assert instead in message
    assert "test_leaving.py:" in message


@pytest.mark.parametrize("name", ["scipy.special.softmax", "scipy.stats.norm.logpdf"])
def test_it_is_named_in_every_reading(name):
    call, instead = NAMED[name]
    for read in (in_grad, in_jvp, in_a_hessian, lambda f: cr.compile(f)(X)):
        with pytest.raises(UnsupportedError) as caught:
            read(call)
        assert str(caught.value).startswith(f"{name}(x) ")
        assert instead in str(caught.value)


def test_an_integral_warns_by_its_name():
    t = cr.tensor(X)
    with pytest.warns(GradientLostWarning, match=r"^scipy\.integrate\.quad\(x\) makes"):
        scipy.integrate.quad(lambda v: v, 0, t[0])


def test_a_list_of_tensors_is_joined_in_the_graph():
    t = cr.tensor(X)
    for joined, shape in [
        (cr.tensor([t[0], t[1]]), (2,)),
        (cr.tensor([[t[0], 1.0], [2, t[1]]]), (2, 2)),
        (cr.tensor((t, X, [t[2], 1.0, 0.0])), (3, 3)),
        (cr.stack([t[0], t[1]]), (2,)),
        (np.stack([t, X]), (2, 3)),
        (np.concatenate([t, X]), (6,)),
    ]:
        assert joined.shape == shape
        joined.sum().backward()
        assert t.grad[0] == 1
    assert_array_equal(cr.grad(lambda x: (cr.tensor([x[0], x[1] ** 2]) * 2).sum())(X), [2, 6, 0])
    assert cr.compile(lambda x: cr.tensor([x[0], 3.0]))(X).tolist() == [0.5, 3.0]
    assert_array_equal(cr.jvp(lambda x: cr.tensor([x[0], x[0]]), (X,), (X,))[1], [0.5, 0.5])


def test_numbers_beside_tensors_take_their_type():
    t = cr.tensor(np.float32([1, 2]))
    assert cr.tensor([t[0], 1.5]).dtype == np.float32
    assert cr.tensor([[cr.tensor(1), cr.tensor(2)]]).dtype == int


def test_a_tensor_made_of_tensors_keeps_their_wishes():
    t = cr.tensor(X)
    assert cr.tensor([t[0]], name="first").name == "first"
    with pytest.raises(cr.errors.ArgumentError, match=r"stays in their graph"):
        cr.tensor([t[0], t[1]], wants_gradient=False)


@pytest.mark.parametrize("made", [lambda t: [t[0], t[1]], lambda t: t, lambda t: [[t[0], 1.0]]])
def test_a_parameter_is_not_made_of_tensors_that_want_a_gradient(made):
    with pytest.raises(UnsupportedError, match="a parameter is a leaf") as caught:
        cr.parameter(made(cr.tensor(X)))
    assert "x.data" in str(caught.value)
    with cr.no_grad():
        assert cr.parameter(made(cr.tensor(X))).wants_gradient


def test_an_op_that_a_library_reached_without_one_names_the_library():
    with pytest.raises(UnsupportedError, match=r"has no op") as caught:
        scipy.special.zeta(cr.tensor(X))
    assert "test_leaving.py:" in str(caught.value)


SETTINGS = {
    "slope": lambda a, x: cr.leaky_relu(x, slope=a),
    "alpha": lambda a, x: cr.elu(x, a),
    "margin": lambda a, x: cr.hinge(x, np.array(1), margin=a),
    "delta": lambda a, x: cr.huber(x, X, delta=a),
    "q": lambda a, x: np.quantile(x, a),
    "eps": lambda a, x: cr.layer_norm(x, eps=a),
    "ord": lambda a, x: np.linalg.norm(x, ord=a),
    "rate": lambda a, x: cr.dropout(x, cr.key(0), a),
    "shift": lambda a, x: cr.roll(x, a),
    "shape": lambda a, x: cr.broadcast_to(x, (a, 3)),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_of_an_op_is_no_place_for_a_gradient(name):
    call = SETTINGS[name]
    for given in (cr.tensor(X), X):
        if name in ("q", "ord") and given is X:  # NumPy's own function on arrays
            continue
        with pytest.raises(UnsupportedError, match=f"{name} is a setting of .*: no gradient"):
            call(cr.tensor(0.5), given)
        with pytest.raises(UnsupportedError, match=f"{name} is a setting of"):
            cr.grad(lambda a, given=given: call(a, given).sum())(0.5)
        with pytest.raises(UnsupportedError, match=f"{name} is a setting of"):
            cr.jvp(lambda a, given=given: call(a, given).sum(), (0.5,), (1.0,))


def test_a_setting_without_a_gradient_is_a_number():
    slope = cr.tensor(0.5)
    with cr.no_grad():
        assert_array_equal(cr.leaky_relu(-X, slope).data, -X / 2)
    with pytest.raises(UnsupportedError):  # and is asked again where one is recorded
        cr.leaky_relu(-X, slope)
    assert_array_equal(cr.roll(X, cr.tensor(1)), np.roll(X, 1))


def test_an_op_does_not_compute_with_a_tensor_that_it_was_not_given():
    w = cr.tensor(X)

    class Closed(cr.Op):
        def forward(self, x):
            return x * w

        def backward(self, upstream, x, out):
            return (upstream * w,)

    with pytest.raises(UnsupportedError, match="closed computes with a tensor that it was not"):
        Closed()(cr.tensor(X))


def test_pictures_of_a_graph_are_free_inside_of_derivatives():
    shown = []
    for derivative in (in_grad, in_a_hessian):
        derivative(lambda x: shown.append(cr.show(x * 2)))
    assert all("multiply" in each for each in shown)


def test_a_state_may_be_made_of_parameters():
    one, other = cr.nn.Linear(3, 2), cr.nn.Linear(3, 2)
    other.load_state(one.parameters())
    assert_array_equal(other.weight.data, one.weight.data)
