"""cr.compile: what users can rely on, whatever the function holds."""

import threading

import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled.function import KEPT
from chainrule.errors import ArgumentError, RecordingWarning, UnsupportedError

RNG = np.random.default_rng(0)
W, X = RNG.normal(size=(4, 3)), RNG.normal(size=(5, 4))


def close(found, expected, dtype=np.float64):
    tolerance = 64 * np.finfo(dtype).eps
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def loss(w, x):
    return np.mean(np.tanh(x @ w) ** 2)


def test_a_compiled_function_returns_what_the_function_returns():
    close(cr.compile(loss)(W, X), loss(W, X))


def test_a_gradient_can_be_taken_inside():
    step = cr.compile(lambda w, x: w - 0.1 * cr.grad(loss)(w, x))
    close(step(W, X), W - 0.1 * cr.grad(loss)(W, X))


@pytest.mark.parametrize("derivative", ["hessian product", "jvp", "second gradient"])
def test_second_order_and_forward_mode_can_be_taken_inside(derivative):
    functions = {
        "hessian product": lambda w, v: cr.hvp(lambda w: loss(w, X), (w,), (v,)),
        "jvp": lambda w, v: cr.jvp(lambda w: loss(w, X), (w,), (v,)),
        "second gradient": lambda w, v: cr.grad(
            lambda w: (cr.grad(loss)(w, X) * v).sum()
        )(w),
    }  # fmt: skip
    function, v = functions[derivative], RNG.normal(size=W.shape)
    found, expected = cr.compile(function)(W, v), function(W, v)
    for x, y in zip(np.atleast_1d(found), np.atleast_1d(expected), strict=True):
        close(x, y)


def test_containers_come_and_go_as_they_are():
    @cr.compile
    def function(params, scale):
        return {"sum": params["w"] + params["b"][0], "rest": (params["b"][1] * scale, None, "x")}

    found = function({"w": X, "b": [X[:1], X[1]]}, 2.0)
    close(found["sum"], X + X[:1])
    close(found["rest"][0], X[1] * 2)
    assert found["rest"][1:] == (None, "x")


def test_python_values_are_static_and_recorded_anew():
    function = cr.compile(lambda x, power: x**power)
    close(function(X, 2), X**2)
    close(function(X, 3), X**3)


def test_shapes_and_dtypes_that_change_are_recorded_anew_and_said_once():
    function = cr.compile(lambda x: np.exp(x).sum(axis=0))
    for rows in range(1, 4):
        close(function(X[:rows]), np.exp(X[:rows]).sum(axis=0))
    with pytest.warns(RecordingWarning, match="recorded and compiled 4 times"):
        function(X[:4])
    function(X)


@pytest.mark.filterwarnings("ignore::chainrule.errors.RecordingWarning")
def test_the_oldest_recordings_make_room():
    function = cr.compile(lambda x: 2 * x)
    for size in range(KEPT + 6):
        close(function(np.ones(size)), np.full(size, 2.0))
    assert repr(function).endswith(f"{KEPT} recordings>")
    close(function(np.ones(1)), [2.0])


def test_branching_on_a_value_raises_and_shows_the_line():
    def function(x):
        if x.sum() > 0:
            return x
        return -x

    with pytest.raises(UnsupportedError, match=r"if x\.sum\(\) > 0"):
        cr.compile(function)(X)


def test_arrays_closed_over_are_constants_until_they_change():
    closed = np.ones(3)
    function = cr.compile(lambda x: x + closed)
    close(function(X[:, :3]), X[:, :3] + 1)
    closed[:] = 100
    close(function(X[:, :3]), X[:, :3] + 100)


def test_a_donated_argument_is_the_result():
    function = cr.compile(lambda w, g: w - 0.5 * g, donate=0)
    w, g = W.copy(), np.ones_like(W)
    assert function(w, g) is w
    close(w, W - 0.5)


def test_memory_that_is_given_up_and_read_elsewhere_is_read_as_it_was():
    function = cr.compile(lambda a, b: np.cumsum(a) - b[::-1], donate=0)
    x = np.arange(1.0, 2001.0)
    for view in (lambda a: a, lambda a: a[::-1], lambda a: a[1:1001].repeat(2), lambda a: a + 0):
        a = x.copy()
        found = function(a, view(a))
        assert found is a
        close(found, np.cumsum(x) - view(x)[::-1])
    swapped = cr.compile(lambda a, b: (b[::-1] + 1, np.cumsum(a)), donate=(0, 1))
    both = swapped(x[:1000].copy(), x[1000:].copy())
    close(both[0], x[1000:][::-1] + 1)
    close(both[1], np.cumsum(x[:1000]))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (lambda w: (w, w), "given twice"),
        (lambda w: (w, w.reshape(-1).reshape(w.shape)), "given twice"),
        (lambda w: (cr.parameter(w).data, w), "read-only"),
        (lambda w: (np.broadcast_to(w, w.shape), w.copy()), "read-only"),
        (lambda w: (cr.parameter(w), w), "a tensor keeps"),
        (lambda w: (cr.tensor(w), w), "a tensor keeps"),
    ],
)
def test_memory_that_is_not_the_callers_to_give_is_refused(given, why):
    args = given(W.copy())
    before = [np.array(x.data if isinstance(x, cr.Tensor) else x) for x in args]
    with cr.no_grad(), pytest.raises(ArgumentError, match=why):
        cr.compile(lambda a, b: (2 * a, 3 * b), donate=(0, 1))(*args)
    for x, was in zip(args, before, strict=True):
        close(x.data if isinstance(x, cr.Tensor) else x, was)


@pytest.mark.parametrize(
    "x",
    [X[::-1], X[:, ::2], np.asfortranarray(X), X.T, X.astype(">f8"), X[:0], X[0, 0]],
    ids=["reversed", "strided", "fortran", "transposed", "byte-swapped", "empty", "0-d"],
)
def test_every_layout_is_read(x):
    function = lambda x: np.sin(x) * 2 + x.sum()  # noqa: E731
    close(cr.compile(function)(x), function(x))


def test_an_op_of_ones_own_written_with_numpy_is_called_back_and_named_in_the_plan():
    class Odd(cr.Op):
        def forward(self, x):
            return np.sort(np.asarray(x))[::2].copy()

        def backward(self, upstream, x, out):
            raise NotImplementedError

    odd = Odd()
    function = cr.compile(lambda x: odd(x * 2) + 1)
    close(function(X[:, 0]), np.sort(X[:, 0] * 2)[::2] + 1)
    assert "odd" in function.plan(X[:, 0]).show()


def test_an_exception_of_a_called_back_op_reaches_the_caller():
    class Wrong(cr.Op):
        def forward(self, x):
            if np.asarray(x).sum() > 0:
                raise ZeroDivisionError("as it was written")
            return np.negative(np.asarray(x))

    wrong = Wrong()
    function = cr.compile(wrong)
    close(function(-np.ones(3)), np.ones(3))
    with pytest.raises(ZeroDivisionError, match="as it was written"):
        function(np.ones(3))
    close(function(-np.ones(3)), np.ones(3))


def test_verify_compares_every_result_in_ulp():
    function = cr.compile(lambda x: (np.exp(x), x.sum(axis=0)))
    found = function.verify(X.astype(np.float32))
    assert len(found.differences) == 2
    assert found.ulp <= 8
    assert "ulp" in str(found)


def test_a_compiled_function_inside_a_derivative_is_differentiated():
    function = cr.compile(lambda x: np.sin(x).sum())
    close(cr.grad(function)(X), np.cos(X))


def test_eight_threads_may_call_one_function():
    function = cr.compile(lambda x: np.exp(x) @ W)
    expected, wrong = np.exp(X) @ W, []

    def work():
        for _ in range(50):
            if not np.allclose(function(X), expected):
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_an_index_outside_its_axis_raises_and_says_which():
    function = cr.compile(lambda x, i: cr.take(x, i, 0))
    close(function(X, np.array([0, -1])), X[[0, -1]])
    with pytest.raises(cr.errors.IndexRangeError, match="7"):
        function(X, np.array([0, 7]))
