"""The words: values and slopes against mpmath, their hard points, NumPy's and SciPy's names."""

import pickle

import mpmath
import numpy as np
import pytest
import scipy.special
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.errors import ArgumentError, InPlaceError, UnsupportedError
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import Word
from chainrule.graph.readings.dual import Dual
from tests.together import together

INF, NAN = np.inf, np.nan


def slope(f, x, dtype=np.float64):
    """f'(x) element by element, found backward and forward alike."""
    x = np.asarray(x, dtype)
    t = cr.tensor(x)
    out = f(t)
    out.backward(upstream=np.ones(out.shape, dtype))
    forward = f(Dual(x, [np.ones_like(x)])).partials[0]
    assert_allclose(np.zeros_like(x) if forward is None else forward, t.grad, rtol=1e-6)
    return t.grad


def second_slope(f, x):
    return cr.grad(lambda x: cr.grad(lambda x: f(x).sum())(x).sum())(np.asarray(x, float))


def slopes(f, *operands):
    """Both slopes of a function of two inputs."""
    leaves = [cr.tensor(np.asarray(x, float)) for x in operands]
    out = f(*leaves)
    out.backward(upstream=np.ones(out.shape))
    return [leaf.grad for leaf in leaves]


# ------------------------------------------------------------------ against arbitrary precision

UNIT = (-0.999, -0.5, -1e-9, 0.25, 0.99)
POSITIVE = (1e-8, 0.3, 1.0, 2.5, 40.0, 1e6)
REAL = (-3.0, -0.7, -1e-9, 0.0, 1e-5, 0.5, 2.0, 7.0)
CHANCES = (1e-100, 1e-12, 0.2, 0.5, 0.8, 1 - 1e-12)
EXACT = [
    ("tan", mpmath.tan, (-1.5, -0.3, 1e-9, 1.57, 100.0)),
    ("arcsin", mpmath.asin, UNIT),
    ("arccos", mpmath.acos, UNIT),
    ("arctan", mpmath.atan, (*REAL, 1e10)),
    ("sinh", mpmath.sinh, (*REAL, 700.0)),
    ("cosh", mpmath.cosh, (*REAL, -700.0)),
    ("arcsinh", mpmath.asinh, (*REAL, 1e10, -1e10)),
    ("arccosh", mpmath.acosh, (1 + 1e-9, 1.5, 10.0, 1e10)),
    ("arctanh", mpmath.atanh, UNIT),
    ("exp2", lambda x: mpmath.mpf(2) ** x, (*REAL, 1000.0, -1000.0)),
    ("log2", lambda x: mpmath.log(x, 2), POSITIVE),
    ("log10", mpmath.log10, POSITIVE),
    ("reciprocal", lambda x: 1 / x, (-2.0, 1e-5, 3.0)),
    ("cbrt", mpmath.cbrt, POSITIVE),
    ("sinc", mpmath.sincpi, (*REAL, 1e-3, 0.3, 0.63, 0.64, -0.7, 1.0, 20.5)),
    ("gammaln", mpmath.loggamma, POSITIVE),
    ("digamma", mpmath.digamma, POSITIVE),
    ("erfinv", mpmath.erfinv, UNIT),
    ("ndtr", mpmath.ncdf, (*REAL, -5.0, -20.0)),
    ("logit", lambda x: mpmath.log(x / (1 - x)), CHANCES),
    ("entr", lambda x: -x * mpmath.log(x), (1e-300, *POSITIVE)),
    ("j0", mpmath.j0, REAL),
    ("j1", mpmath.j1, REAL),
    ("i0", lambda x: mpmath.besseli(0, x), (*REAL, -30.0)),
    ("i1", lambda x: mpmath.besseli(1, x), (*REAL, -30.0)),
]


@pytest.mark.parametrize(("name", "exact", "places"), EXACT, ids=lambda each: str(each)[:8])
def test_value_and_two_derivatives_against_mpmath(name, exact, places):
    f, x = getattr(cr, name), np.array(places)
    with mpmath.workdps(60):
        for order, found in enumerate((f(x), slope(f, x), second_slope(f, x))):
            truth = [
                mpmath.diff(
                    exact, mpmath.mpf(each), order, h=mpmath.mpf(10) ** -20 * (abs(each) or 1)
                )
                for each in places
            ]
            worst = (1e-13, 1e-11, 1e-9)[order]
            assert_allclose(
                found, [float(t) for t in truth], rtol=worst, atol=worst, err_msg=f"order {order}"
            )


@pytest.mark.parametrize("order", [0, 1, 2, 3, 4])
def test_polygamma_of_every_order(order):
    x = np.array([0.3, 1.0, 2.5, 40.0, -0.5, -3.3])
    truth = [float(mpmath.polygamma(order, each)) for each in x]
    assert_allclose(cr.polygamma(order, x), truth, rtol=1e-12)
    truth = [float(mpmath.polygamma(order + 1, each)) for each in x]
    assert_allclose(slope(lambda x: cr.polygamma(order, x), x), truth, rtol=1e-12)


def test_gammaln_between_the_negative_integers():
    x = np.array([-0.5, -1.5, -2.7, -10.1])
    truth = [float(mpmath.digamma(each)) for each in x]
    assert_allclose(slope(cr.gammaln, x), truth, rtol=1e-12)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_every_derivative_of_sinc_keeps_its_digits_near_0(order):
    x = np.array([0.0, 1e-12, -1e-4, 0.05, 0.4, -0.9, 1.3, 1.92, 3.0, 50.25])
    with mpmath.workdps(60):
        truth = [float(mpmath.diff(mpmath.sincpi, mpmath.mpf(each), order)) for each in x]
    found = cr.sinc_derivative(x, order)
    assert_allclose(found, truth, rtol=1e-12, atol=1e-13)
    with mpmath.workdps(60):
        truth = [float(mpmath.diff(mpmath.sincpi, mpmath.mpf(each), order + 1)) for each in x]
    assert_allclose(
        slope(lambda x: cr.sinc_derivative(x, order), x), truth, rtol=1e-12, atol=1e-12
    )


PAIRS = [
    ("hypot", mpmath.hypot, ((3.0, 4.0), (1e-9, 2.0), (1e200, 1e200))),
    ("arctan2", mpmath.atan2, ((1.0, 2.0), (-1.0, -1e-3), (1e200, -1e200))),
    ("betaln", lambda a, b: mpmath.log(mpmath.beta(a, b)), ((0.3, 2.0), (50.0, 0.7))),
    ("xlogy", lambda x, y: x * mpmath.log(y), ((0.3, 2.0), (-1.0, 1e-9))),
    ("xlog1py", lambda x, y: x * mpmath.log1p(y), ((0.3, 2.0), (-1.0, 1e-9))),
    ("rel_entr", lambda x, y: x * mpmath.log(x / y), ((0.3, 2.0), (1e-300, 1e10))),
    ("kl_div", lambda x, y: x * mpmath.log(x / y) - x + y, ((0.3, 2.0), (5.0, 0.1))),
    (
        "logaddexp",
        lambda x, y: mpmath.log(mpmath.exp(x) + mpmath.exp(y)),
        ((0.3, 2.0), (1e3, 3.0)),
    ),
    ("mod", lambda x, y: x - y * mpmath.floor(x / y), ((7.5, 2.0), (-7.5, 2.0), (7.5, -2.0))),
    ("fmod", mpmath.fmod, ((7.5, 2.0), (7.7, 3.0))),
]


@pytest.mark.parametrize(("name", "exact", "places"), PAIRS, ids=lambda each: str(each)[:8])
def test_a_word_of_two_inputs_against_mpmath(name, exact, places):
    f = getattr(cr, name)
    x, y = np.array(places).T
    with mpmath.workdps(400):
        step = mpmath.mpf(10) ** -30
        truth = [
            [
                float(mpmath.diff(exact, tuple(map(mpmath.mpf, place)), n, h=step * abs(place[0])))
                for place in places
            ]
            for n in ((0, 0), (1, 0), (0, 1))
        ]
    for found, wanted in zip((f(x, y), *slopes(f, x, y)), truth, strict=True):
        assert_allclose(found, wanted, rtol=1e-12)


# ------------------------------------------------------------------------------ hard points


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (cr.arcsin, [-1.0, 1.0], [INF, INF]),
        (cr.arccos, [-1.0, 1.0], [-INF, -INF]),
        (cr.arccosh, [1.0, 1e200, INF], [INF, 1e-200, 0]),
        (cr.arcsinh, [0.0, 1e200, -1e200, INF], [1, 1e-200, 1e-200, 0]),
        (cr.arctan, [0.0, 1e100, -INF, INF], [1, 1e-200, 0, 0]),
        (cr.cbrt, [0.0, 8.0, -8.0], [INF, 1 / 12, 1 / 12]),
        (cr.sinc, [0.0, -0.0], [0, 0]),
        (cr.nan_to_num, [NAN, INF, -INF, 2.0], [0, 0, 0, 1]),
        (cr.entr, [0.0, 1.0], [0, -1]),
        (cr.logit, [0.0, 0.5, 1.0], [INF, 4, INF]),
        (cr.erfinv, [-1.0, 0.0, 1.0], [INF, np.sqrt(np.pi) / 2, INF]),
        (cr.i0, [-800.0, 0.0, 800.0], [-INF, 0, INF]),
        (cr.i1, [0.0], [0.5]),
        (cr.j1, [0.0], [0.5]),
        (cr.gammaln, [INF], [INF]),
        (cr.deg2rad, [180.0], [np.pi / 180]),
        (lambda x: cr.copysign(x, -1.0), [-2.0, 0.0, 2.0], [1, 0, -1]),
        (lambda x: cr.fmax(x, NAN), [1.0], [1]),
        (lambda x: cr.fmin(x, x), [1.0], [1]),
        (lambda x: cr.fmax(x, 1.0), [0.0, 1.0, 2.0, NAN], [0, 0.5, 1, 0]),
        (lambda x: cr.mod(x, 2.0), [-3.0, 0.0, 4.0], [1, 1, 1]),
        (lambda x: cr.heaviside(0.0, x), [0.3], [1]),
    ],
)
def test_the_slope_at_a_hard_point(f, x, expected):
    assert_allclose(slope(f, x), expected, rtol=1e-12)


@pytest.mark.parametrize("f", [cr.arctan, cr.arctan2, cr.erf, cr.erfc, cr.ndtr, cr.arccosh])
def test_far_out_a_word_is_flat_in_every_order(f):
    x = np.array([INF]) if f is cr.arccosh else np.array([-INF, INF])
    g = (lambda x: cr.arctan2(x, 1.0)) if f is cr.arctan2 else f
    assert_array_equal(slope(g, x), np.zeros_like(x))
    assert_array_equal(second_slope(g, x), np.zeros_like(x))


def test_hypot_and_arctan2_at_the_origin_and_at_infinity():
    x, y = [0.0, 1e-310, INF, 3.0], [0.0, 0.0, 2.0, -INF]
    assert_array_equal(slopes(cr.hypot, x, y), [[0, 1, 1, 0], [0, 0, 0, -1]])
    y, x = [0.0, INF, INF, 1.0], [0.0, 1.0, INF, -INF]
    assert_array_equal(slopes(cr.arctan2, y, x), [[0] * 4, [0] * 4])
    norm = cr.grad(lambda v: cr.hypot(v[0], v[1]) ** 2)(np.zeros(2))
    assert_array_equal(norm, [0, 0])


@pytest.mark.parametrize("f", [cr.logaddexp, cr.logaddexp2])
def test_a_sum_in_the_logarithm_with_infinities(f):
    x, y = [-INF, INF, INF, -INF, 1.0], [-INF, INF, 0.0, 1.0, 1.0]
    with np.errstate(invalid="ignore"):
        assert_array_equal(f(np.array(x), np.array(y))[:4], [-INF, INF, INF, 1])
        second = second_slope(lambda x: f(x, np.array(y)), x)
    assert_array_equal(slopes(f, x, y), [[0, 0.5, 1, 0, 0.5], [0, 0.5, 0, 1, 0.5]])
    assert_array_equal(second[:4], [0, 0, 0, 0])
    assert_allclose(second[4], np.log(2) / 4 if f is cr.logaddexp2 else 0.25)


def test_logaddexp_of_large_float32_scores_shares_equally():
    x = cr.tensor(np.float32([1e6]))
    cr.logaddexp(x, np.float32([1e6])).sum().backward()
    assert_array_equal(x.grad, [0.5])


def test_0_times_log_0_is_0_and_sends_nothing_back():
    zero = [0.0]
    for f in (cr.xlogy, cr.rel_entr):
        assert f(np.zeros(1), np.zeros(1)) == 0
        assert_array_equal(slopes(f, zero, zero), [[0], [0]])
    assert_array_equal(slopes(cr.xlogy, zero, [2.0]), [[np.log(2.0)], [0]])
    assert_array_equal(slopes(cr.xlog1py, zero, [-1.0]), [[0], [0]])
    assert_array_equal(slopes(cr.kl_div, zero, [2.0]), [[0], [1]])
    assert_array_equal(slope(lambda x: cr.xlogy(x, x), [0.0, 1.0]), [0, 1])
    assert_array_equal(second_slope(cr.entr, [0.0, 0.5]), [0, -2])


def test_mod_and_fmod_count_the_steps_that_numpy_took():
    x, y = np.array([1.0, -1.0, 7.0, 1e15]), np.array([0.1, 0.1, -2.0, 0.1])
    by_steps = slopes(cr.mod, x, y)[1]
    assert_array_equal(by_steps, -np.floor_divide(x, y))
    assert_allclose(x + by_steps * y, np.mod(x, y), atol=1e-15 * np.abs(x).max())
    assert_array_equal(slopes(cr.fmod, x[:3], y[:3])[1], [-9, 9, 3])


def test_outside_their_domain_words_are_nan():
    with np.errstate(invalid="ignore"):
        for f in (cr.arcsin, cr.arccos, cr.arctanh, cr.logit, cr.erfinv):
            assert np.isnan(f(np.array(1.5))), f
        for f in (cr.arccosh, cr.log2, cr.log10):
            assert np.isnan(f(np.array(-2.0))), f


# ------------------------------------------------------------------------- names and operators

X = np.random.default_rng(0).uniform(0.2, 0.8, (2, 3))
SPECIAL = sorted(name for name in CATALOGUE.by_scipy if name != "polygamma")
ORDERED = ("jv", "iv")


@pytest.mark.parametrize("name", SPECIAL)
def test_a_function_of_scipy_on_a_tensor_stays_in_the_graph(name):
    function, op = getattr(scipy.special, name), CATALOGUE[CATALOGUE.by_scipy[name]]
    rest = (2,) if name in ORDERED else ()
    operands = [X + i for i in range(len(op.inputs))]
    t = cr.tensor(operands[0])
    out = function(*rest, t, *operands[1:])
    assert isinstance(out, cr.Tensor)
    assert_allclose(out.data, function(*rest, *operands), rtol=1e-14)
    out.sum().backward()
    assert t.grad.any()


def test_a_function_of_scipy_without_an_op_raises_by_its_name():
    t = cr.tensor(X)
    with pytest.raises(UnsupportedError, match=r"^scipy\.special\.exp10 has no op"):
        scipy.special.exp10(t)
    with pytest.raises(UnsupportedError, match=r"^scipy\.special\.zeta has no op"):
        scipy.special.zeta(t, 2.0)
    with pytest.raises(InPlaceError, match=r"^scipy\.special\.i0 cannot write"):
        scipy.special.i0(t, out=np.empty((2, 3)))


@pytest.mark.parametrize(
    "call",
    [
        np.radians,
        np.degrees,
        np.fix,
        np.i0,
        np.nan_to_num,
        lambda x: np.nan_to_num(x, nan=1.0, posinf=2.0),
        lambda x: np.round(x, 1),
        lambda x: np.remainder(x, 0.3),
        lambda x: round(x * 100, -1) if isinstance(x, cr.Tensor) else np.round(x * 100, -1),
        lambda x: round(x) if isinstance(x, cr.Tensor) else np.round(x),
        lambda x: x % 0.3 + 2 % x,
        lambda x: x // 0.3 + 2 // x,
        lambda x: divmod(x, 0.3)[0] + divmod(2, x)[1],
    ],
)
def test_other_names_and_operators_give_numpys_value(call):
    assert_allclose(call(cr.tensor(X)).data, call(X), rtol=1e-14)


def test_an_order_is_a_whole_number():
    with pytest.raises(ArgumentError, match="the order of jv is a whole number"):
        cr.jv(0.5, X)
    with pytest.raises(ArgumentError, match="polygamma has no order -1"):
        cr.polygamma(-1, X)


def test_a_word_that_native_code_calls_names_a_function():
    named = [op for op in map(CATALOGUE.__getitem__, CATALOGUE) if issubclass(op, Word) and op.c]
    assert {"atan2", "psi", "hypot"} <= {op.c for op in named}


@together("name", CATALOGUE.names())
def test_a_function_can_be_sent_to_another_process(name):
    function = getattr(cr, name)
    assert pickle.loads(pickle.dumps(function)) is function
