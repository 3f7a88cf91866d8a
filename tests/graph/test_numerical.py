"""Differences for an op of which only the value is known: by name, loud, accurate, first order."""

import numpy as np
import pytest
import scipy.special
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.errors import BackwardRuleError, NumericalGradientWarning
from chainrule.graph.op.numerical import NumericalOp
from tests.graph.test_own_ops import X, second


class NumericalBessel(NumericalOp):
    order: int = 1

    def forward(self, x):
        return scipy.special.jv(self.order, np.asarray(x))


def test_differences_are_asked_for_by_name_and_loud():
    class Loud(NumericalBessel):
        pass

    with pytest.warns(NumericalGradientWarning) as caught:
        cr.grad(lambda x: (Loud()(x) + Loud(2)(x)).sum())(X)
    assert len(caught) == 1
    message = str(caught[0].message)
    assert "4 x 3 = 12 forward runs" in message
    assert "12 digits" in message
    assert caught[0].filename == __file__


@pytest.mark.filterwarnings("ignore::chainrule.errors.NumericalGradientWarning")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_differences_are_accurate_in_both_modes(dtype):
    x, tolerance = X.astype(dtype), 1e-6 if dtype == np.float32 else 1e-10
    slope = scipy.special.jvp(1, x.astype(float))
    found = cr.grad(lambda x: NumericalBessel()(x).sum())(x)
    assert found.dtype == dtype
    assert_allclose(found, slope, rtol=tolerance)
    pushed = cr.jvp(NumericalBessel(), (x,), (np.ones(3, dtype),))[1]
    assert pushed.dtype == dtype
    assert_allclose(pushed, slope, rtol=tolerance)


@pytest.mark.filterwarnings("ignore::chainrule.errors.NumericalGradientWarning")
def test_differences_know_several_inputs_and_results_and_stay_inside_the_domain():
    class LogAndRatio(NumericalOp):
        def forward(self, x, y):
            return np.log(np.asarray(x)), np.asarray(x) / np.asarray(y)

    op, x, y = LogAndRatio(), np.array([[1e-5, 1e-3], [1.0, 3e4]]), np.array([2.0, 3.0])

    def total(x, y):
        log, ratio = op(x, y)
        return (log + 2 * ratio).sum()

    of_x, of_y = cr.grad(total, (0, 1))(x, y)
    assert_allclose(of_x, 1 / x + 2 / y, rtol=1e-5)
    assert_allclose(of_y, (-2 * x / y**2).sum(0), rtol=1e-10)
    assert cr.grad(lambda x: total(x, 1.0))(2.0) == pytest.approx(2.5, rel=1e-10)
    assert cr.grad(total)(np.zeros((0, 2)), y).shape == (0, 2)


@pytest.mark.filterwarnings("ignore::chainrule.errors.NumericalGradientWarning")
def test_differences_have_no_second_order_and_say_so():
    for derive in (
        lambda: second(NumericalBessel(), X),
        lambda: NumericalBessel()(cr.tensor(X)).sum().backward(create_graph=True),
        lambda: cr.hvp(lambda x: NumericalBessel()(x).sum(), (X,), (X,)),
    ):
        with pytest.raises(BackwardRuleError, match="differences, which have no derivative"):
            derive()
